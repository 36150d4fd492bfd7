# The state directory: one that cannot be written is found before a CA is
# bothered; what is damaged is moved away, never deleted, and replaced.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new(log_level => 'info');
my $ca = $t->start_ca;
my $config = <<'END';
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    acme_state_path %%DIR%%/closed/state;
    %%ISSUER%%
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name api.pium.life;
        acme_domain api.pium.life;
    }
}
END

SKIP: {
    skip 'only root has a worker user of its own', 6 if $> != 0;
    my $closed = $t->dir . '/closed';
    mkdir $closed;
    chmod 0700, $closed;
    $t->write_config($config);
    my $tested = $t->test_config;
    is($tested->{code}, 0, 'nginx -t passes: nginx must start');
    like($tested->{output},
        qr/\[warn\].*worker user cannot enter "\Q$closed\E".*"acme_state_path"/,
        'but warns of a directory below one that cannot be entered');
    $t->start;
    ok($t->wait_log(qr/\[error\].*acme: .*\Q$closed\E.*/, 10),
        'the helper says it too');
    is($ca->orders + $ca->accounts, 0, 'and does not bother the CA');
    ok($t->tls_connect('api.pium.life')->{ok}, 'nginx serves');
    chmod 0755, $closed;
    $t->kill_helper;
    ok($t->wait_certificate('api.pium.life'), 'mended, it works');
    $t->stop;
}

$config =~ s/%%DIR%%\/closed\/state/%%STATE%%/;
$t->write_config($config);
$t->start;
my $state = $t->state_dir;
my $seen = $t->wait_certificate('api.pium.life');
ok($t->wait_for(sub { !(() = glob "$state/jobs/*") }, 5, 'the job to end'),
    'issued, nothing is pending');
my %file = %{ $t->listing($state) };
my @loose = grep { $file{$_} !~ /^(040700|100600) / } keys %file;
is("@loose", '', 'folders are 0700, files 0600');

my $bundle = "$state/certificates/api.pium.life.pem";
my $good = $t->read_file($bundle);
my %damage = (
    'truncated' => substr($good, 0, length($good) / 2),
    'empty' => '',
    'zeroed' => "\0" x length $good,
    'of another key' => $good =~ s/.*?(?=-----BEGIN CERT)/
        $t->read_file(AcmeTest::Pebble::test_ca() . '\/localhost.key')/ser,
);
for my $how (sort keys %damage) {
    $t->stop;
    my $orders = $ca->orders;
    $t->write_file($bundle, $damage{$how});
    $t->mark_log;
    $t->start;
    my $next = $t->wait_certificate('api.pium.life',
        serial_not => $seen->{serial});
    ok($next, "$how: a new one is obtained");
    is($ca->orders, $orders + 1, 'by one order');
    my ($line) = $t->log_lines(qr/\[error\].*acme:.*(damaged|cannot be used).*quarantine.*api\.pium\.life/);
    ok($line, 'the log says what and why') or diag($t->log_lines(qr/acme:/));
    $seen = $next;
}
is(scalar(my @kept = glob "$state/quarantine/*"), scalar keys %damage,
    'what was damaged is kept');

# A damaged account or job file costs a new account or order, not the site.
$t->stop;
my ($account) = glob "$state/accounts/*";
$t->write_file($account, '{"version":');
$t->write_file("$state/jobs/api.pium.life.json", "\0\0\0");
$t->start;
is($t->wait_certificate('api.pium.life')->{serial}, $seen->{serial},
    'the certificate is served with a damaged account and job');
ok($t->wait_log(qr/\[error\].*jobs.*quarantine/, 5), 'the job is moved away');

$t->done;
