# Under valgrind: issue, renew, reload, restart, bad handshakes. No invalid
# access, no use of uninitialised memory, nothing lost.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new(log_level => 'info');
my $ca = $t->start_ca(validity => 90);
$t->dns->manage('set-servfail', { host => 'dead.example' });
$t->write_config(<<'END');
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    ssl_protocols TLSv1.2 TLSv1.3;
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name api.pium.life;
        acme_domain api.pium.life;
    }
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name two.example one.two.example;
        acme_domain one.two.example;
        acme_domain two.example key=rsa:2048;
        acme_domain dead.example;
    }
}
END
$t->start(valgrind => 1);

my $first = $t->wait_certificate('api.pium.life', seconds => 10);
ok($first, 'issued');
ok($t->wait_certificate($_), $_) for 'one.two.example', 'two.example';
ok($t->wait_log(qr/failure 1 in a row/), 'a failure');
$t->tls_connect('two.example', version => $_) for 'TLSv1.2', 'TLSv1.3';
$t->tls_connect('nobody.example');
ok($t->wait_certificate('api.pium.life', serial_not => $first->{serial},
    seconds => 10), 'renewed');
$t->reload;
ok($t->tls_connect('api.pium.life')->{verified}, 'reloaded');
$t->stop;
my @reports = glob $t->dir . '/valgrind.*';
cmp_ok(scalar @reports, '>', 2, 'valgrind looked at several processes');

$t->done;
