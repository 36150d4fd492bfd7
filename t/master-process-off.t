# With master_process off there is no helper: the one process does it all.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new(master_process => 'off', log_level => 'info');
my $ca = $t->start_ca(validity => 20);
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
my $first = $t->wait_certificate('api.pium.life');
ok($first, 'issued');
my $second = $t->wait_certificate('api.pium.life',
    serial_not => $first->{serial}, seconds => 20);
ok($second, 'renewed');

# No reload: nginx itself does not survive one without a master process.
$t->restart;
is($t->tls_connect('api.pium.life')->{serial}, $second->{serial},
    'a restart serves it');
is($ca->accounts, 1, 'with the same account');

$t->done;
