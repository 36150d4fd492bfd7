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
my $unit = '/usr/lib/systemd/system/nginx.service';
my $log = '/var/log/nginx/error.log';
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
as_the_unit('ExecReload');
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
    unlink '/etc/nginx/sites-enabled/default', $site, $log;
    system("apt-get -y -q purge $name >/dev/null 2>&1");
    remove_tree($state);
    symlink $log, $t->dir . '/error.log' or die $!;
}

sub apt {
    my ($verb, @rest) = @_;
    my $said = `DEBIAN_FRONTEND=noninteractive apt-get -y -q $verb @rest 2>&1`;
    is($?, 0, "apt-get $verb") or diag($said);
}

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
    as_the_unit($_) for qw(ExecStartPre ExecStart);
}

# The commands of Debian's unit, without systemd.
sub as_the_unit {
    my ($what) = @_;
    my @commands = AcmeTest::Nginx::slurp($unit) =~ /^\Q$what\E=-?(.+)/mg;
    ok(@commands, "the unit has $what");
    is(system($_), 0, $_) for @commands;
}

# That command waits as long as systemd would before it kills.
sub stop {
    my $pid = AcmeTest::Nginx::slurp('/run/nginx.pid') + 0;
    as_the_unit('ExecStop');
    ok(!kill(0, $pid), 'ended');
    unlink $site;
}
