#!/bin/sh
# For acme_dns { type exec; exec /bin/sh /etc/nginx/dns-hook.sh HOOK; }: calls a
# hook that was written for dehydrated (HOOK deploy_challenge DOMAIN TOKEN VALUE)
# or, with "certbot" before it, one for certbot (CERTBOT_DOMAIN and
# CERTBOT_VALIDATION in the environment, once for adding, once for removing).
set -eu

domain=${ACME_NAME#_acme-challenge.}
if [ "$1" = certbot ]; then
    # certbot AUTH_HOOK CLEANUP_HOOK
    [ "$ACME_ACTION" = add ] && hook=$2 || hook=$3
    CERTBOT_DOMAIN=$domain CERTBOT_VALIDATION=$ACME_VALUE exec "$hook"
fi
[ "$ACME_ACTION" = add ] && step=deploy_challenge || step=clean_challenge
exec "$1" "$step" "$domain" - "$ACME_VALUE"
