# A thousand certificates are swapped in under handshakes on every worker:
# full ones, resumed ones, and HTTP/2 connections that outlive many swaps. No
# handshake fails, each shows the right certificate, and neither the memory of
# a process nor the shared one grows.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $warm = 100;
my $swaps = 1000;

my $t = AcmeTest->new(workers => 2, log_level => 'info');
my $ca = $t->start_ca(validity => 40, retry_after => { authz => 0, order => 0 },
    env => { PEBBLE_CHAIN_LENGTH => 3 });

my @own = map { "own$_.example" } 1 .. 112;
my @sharing = map { my $n = $_; map { "c$_.s$n.example" } 1 .. 8 } 1 .. 4;
my @names = ('default.example', @own, @sharing);

sub server {
    my ($names, @certificates) = @_;
    my $lines = join ' ', map { "acme_domain $_;" } @certificates;
    return <<"END";
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl http2;
        server_name $names;
        $lines
        return 200 \$pid;
    }
END
}

my $servers = join '', (map { server($_, $_) } @own), map { my $n = $_;
    server("*.s$n.example", grep { /\.s$n\./ } @sharing) } 1 .. 4;

# Chains of three make each bundle as large as the smallest zone allows for:
# half a page lost at each swap, and it is full before the end.
my $zone = 129 + int(@names * (10 + 1 / 8));

$t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    acme_zone ${zone}k;
    log_format seen '\$pid \$ssl_protocol \$ssl_session_reused';
    access_log %%DIR%%/seen.log seen;
    ssl_protocols TLSv1.2 TLSv1.3;
    keepalive_requests 1000000;
    server {
        listen 127.0.0.1:%%TLS%% ssl http2 reuseport default_server;
        server_name _;
        acme_domain default.example;
        return 200 \$pid;
    }
$servers
}
END
$t->start;
my @missing = grep {
    !$t->wait_certificate($_, any_time => 1, seconds => 90) } @names;
is("@missing", '', 'all are there')
    or diag($t->log_lines(qr/in a row/)), $t->done, exit;

my %full = (any_time => 1, request => "GET / HTTP/1.0\r\n\r\n");
my %load = (
    'full handshakes' => $t->tls_load(\@names, %full),
    'more of them' => $t->tls_load([reverse @names], %full),
    'resumed sessions' => $t->tls_load([@own[0 .. 3]], %full, resume => 1),
    'long connections, TLS 1.2' => $t->http2_load([@names[0 .. 11]],
        any_time => 1, version => 'TLSv1.2'),
    'long connections, TLS 1.3' => $t->http2_load([@names[-12 .. -1]],
        any_time => 1, version => 'TLSv1.3'),
);
my @workers = sort $t->workers;

my ($renewed, $read_to) = (0, 0);

sub renewed {
    my ($count) = @_;
    return $t->wait_for(sub {
        my $new = $t->read_log($read_to);
        $read_to = $t->{read_to};
        $renewed += () = $new =~ /acme: renewed/g;
        return $renewed >= $count;
    }, 600, "$count renewals");
}

my %process = ((map { ("worker $_" => $_) } @workers), helper => $t->helper);
ok(renewed($warm), "$warm certificates swapped in") or $t->done, exit;
my %before = map { $_ => AcmeTest::Process::memory_of($process{$_}) }
    keys %process;
ok(renewed($swaps), "$swaps certificates swapped in")
    or diag("$renewed of them");

for my $who (sort keys %process) {
    my $after = AcmeTest::Process::memory_of($process{$who});
    note("$who: $before{$who} kB, $after kB");
    cmp_ok($after, '<', $before{$who} * 1.1 + 256, "the $who has not grown");
}

my %result = map { $_ => $load{$_}->stop } keys %load;
for my $what (sort keys %result) {
    is($result{$what}{failures}, 0, "$what: none failed")
        or diag(explain($result{$what}{errors}));
}

# Verified means: the chain leads to the CA's root, the name is the one asked.
my %seen = map { %{ $result{$_}{serials} } }
    'full handshakes', 'more of them';
my %issued = map { lc $_ => 1 }
    $ca->log_text =~ /Issued certificate serial (\w+)/g;
my @foreign = grep { !$issued{$_} } keys %seen;
is("@foreign", '', 'each certificate seen is one that the CA issued');
note(scalar keys %seen, ' of ', scalar keys %issued, ' certificates seen');
cmp_ok(scalar keys %seen, '>', $swaps / 2, 'the clients saw most of them');

cmp_ok($result{'resumed sessions'}{serials}{resumed}, '>', 100,
    'sessions were resumed');
my $seen = $t->read_file('seen.log');
my %long = map { %{ $result{$_}{bodies} } } grep { /^long/ } keys %result;
for my $worker (@workers) {
    for my $version ('TLSv1.2', 'TLSv1.3') {
        my $full = () = $seen =~ /^$worker $version \.$/mg;
        my $resumed = () = $seen =~ /^$worker $version r$/mg;
        cmp_ok($full, '>', 100, "worker $worker, $version");
        cmp_ok($resumed, '>', 0, 'and resumed');
    }
    ok($long{$worker}, 'and long connections');
}

is_deeply([sort $t->workers], \@workers, 'the workers are the same');
is($t->helper, $process{helper}, 'the helper, too');
is(scalar $t->log_lines(qr/shared memory is full|no memory/), 0,
    'the zone holds it');

$t->done;
