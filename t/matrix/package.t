# What ./build.sh deb made is installed, used, removed and purged. That changes
# the system, so it is for the root file systems of ./build.sh matrix alone.

use strict;
use warnings;

use File::Copy qw(copy);
use File::Path qw(remove_tree);
use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::Paths qw(root);

my $name = 'libnginx-mod-http-acme-domain';
my $site = '/etc/nginx/conf.d/package.conf';
my $state = '/var/lib/nginx/acme';
my $snippet = '/etc/nginx/modules-enabled/50-mod-http-acme-domain.conf';

plan skip_all => 'not in a root file system of ./build.sh matrix'
    unless $ENV{ACME_MATRIX};
my ($package) = glob root() . "/build/deb/${name}_*.deb";
my $t = AcmeTest->new(module => 0);
my $ca = $t->start_ca(no_sleep => 1);
as_before();

apt('install', $package);
my $abi = `dpkg-query -W -f '\${Depends}' $name`;
like($abi, qr/\bnginx-abi-\d/, 'it depends on the ABI of its nginx');
ok(-l $snippet && -e $snippet, 'the module is enabled');
ok(!-e $state, 'there is no state yet');

start();
my $first = $t->wait_certificate('api.pium.life', seconds => 30);
ok($first, 'used: a certificate');
reload();
stop();

apt('install', '--reinstall', $package);
is(scalar(() = glob '/etc/nginx/modules-enabled/*acme-domain*'), 1,
    'installed again: enabled once');

apt('remove', $name);
ok(!-l $snippet, 'removed: not enabled any more');
ok(!-e '/usr/lib/nginx/modules/ngx_http_acme_domain_module.so', 'and gone');
ok(-d "$state/certificates", 'the state is still there');
is(system('nginx -t -q'), 0, 'nginx works without it');

apt('install', $package);
start();
is($t->wait_certificate('api.pium.life', seconds => 30)->{serial},
    $first->{serial}, 'back again: the same certificate');
stop();
is($ca->orders, 1, 'one order in all');

apt('purge', $name);
ok(!-e $state, 'purged: the state is gone');
is(join(' ', glob '/etc/nginx/modules-enabled/*acme-domain*'), '',
    'nothing is left in the configuration');
is(system('nginx -t -q'), 0, 'nginx works without it');
$t->done;

# --- pieces ----------------------------------------------------------------

# Also after a run that ended early.
sub as_before {
    unlink '/etc/nginx/sites-enabled/default', $site;
    system("apt-get -y -q purge $name >/dev/null 2>&1");
    remove_tree($state);
}

sub apt {
    my ($verb, @rest) = @_;
    my $said = `DEBIAN_FRONTEND=noninteractive apt-get -y -q $verb @rest 2>&1`;
    is($?, 0, "apt-get $verb") or diag($said);
}

# As Debian's unit does.
sub start {
    my $file = $t->write_config(<<"END", 'package.conf');
acme_preflight off;
%%ISSUER%%
server {
    listen 127.0.0.1:%%HTTP%%;
    listen 127.0.0.1:%%TLS%% ssl;
    server_name api.pium.life;
    acme_domain api.pium.life;
}
END
    copy($file, $site) or die $!;
    my $log = 'error_log ' . $t->dir . '/error.log debug;';
    is(system(nginx => '-g', "daemon on; master_process on; $log"), 0, 'start');
}

sub reload { is(system(nginx => '-s', 'reload'), 0, 'reload') }

sub stop {
    my $pid = AcmeTest::Nginx::slurp('/run/nginx.pid') + 0;
    is(system(nginx => '-s', 'quit'), 0, 'stop');
    ok($t->wait_for(sub { !kill 0, $pid }, 30, 'the end of nginx'), 'ended');
    unlink $site;
}
