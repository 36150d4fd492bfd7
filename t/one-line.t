# The promise: one acme_domain line is a complete configuration. nginx obtains
# the certificate, answers the CA's validation, and serves it.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new(workers => 2);

my $ca = $t->start_ca(no_sleep => 1);
$t->write_config(<<'END');
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name api.pium.life;
        acme_domain api.pium.life;
    }
}
END
$t->start;

my $seen = $t->wait_certificate('api.pium.life', seconds => 10);
ok($seen, 'a certificate of the CA is served');
is_deeply($seen->{names}, ['api.pium.life'], 'for the name');
ok($t->wait_log(qr/\[notice\].*acme: issued, valid until .*, certificate "api\.pium\.life", issuer "/),
    'and the log says so');
is($ca->orders, 1, 'one order was placed');

$t->done;
