#!/bin/sh
# For acme_deploy: `exec /bin/sh /etc/nginx/deploy-hook.sh SERVICE ...` reloads
# these services when there is a new certificate. Exit code 0 says that it is
# taken; after any other one it is called again, after growing pauses.
#
# ACME_EVENT and its like are in the README; hooks written for certbot find
# RENEWED_LINEAGE and RENEWED_DOMAINS.
set -eu

for service; do
    sudo -n systemctl reload "$service"
    echo "$service has $ACME_ID, valid until $ACME_NOT_AFTER"
done
