# The harness itself, with an nginx that has none of our code: a test that
# cannot see a fault proves nothing.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::Checks;

my $t = AcmeTest->new(module => 0, workers => 2);
my $ca = $t->start_ca(validity => 60);
my $tls = AcmeTest::Pebble::test_ca();

$t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    proxy_cache_path %%DIR%%/cache keys_zone=z:1m;
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl http2;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_certificate $tls/localhost.pem;
        ssl_certificate_key $tls/localhost.key;
        location / { return 200 "hello \$host"; }
    }
}
END

my $tested = $t->test_config;
is($tested->{code}, 0, 'nginx -t') or diag($tested->{output});
is_deeply($tested->{after}, { %{ $tested->{before} },
    '/cache' => $tested->{after}{'/cache'} }, 'nginx -t makes its paths only');
isnt($t->test_config('bad;')->{code}, 0, 'nginx -t refuses a bad file');

$t->start;
is(scalar(my @workers = $t->workers), 2, 'two workers');
ok($t->wait_for(sub { $t->helper }, 5, 'the helper'), 'a helper');

subtest 'HTTP' => sub {
    my $answer = $t->http_get('/', host => 'a.example');
    is($answer->{status}, 200, 'status');
    is($answer->{body}, 'hello a.example', 'body');
    like($t->tls_get('localhost', '/', ca => "$tls/ca.pem")->{body},
        qr/hello localhost/, 'over TLS');
};

subtest 'TLS' => sub {
    my %ca = (ca => "$tls/ca.pem");
    my $good = $t->tls_connect('localhost', %ca);
    ok($good->{verified}, 'verified') or diag(explain($good));
    is($good->{protocol}, 'TLSv1.3', 'protocol');
    ok((grep { $_ eq 'localhost' } @{ $good->{names} }), 'names');
    like($good->{key_type}, qr/^ecdsa:256$/, 'key type');
    ok($good->{not_after} > time, 'not after');
    my $old = $t->tls_connect('localhost', %ca, version => 'TLSv1.2',
        alpn => ['h2', 'http/1.1']);
    is($old->{protocol}, 'TLSv1.2', 'TLS 1.2');
    is($old->{alpn}, 'h2', 'ALPN');
    my $wrong = $t->tls_connect('other.example', %ca);
    ok($wrong->{ok} && !$wrong->{verified}, 'a wrong name is seen');
    ok(!$t->tls_connect('localhost')->{verified}, 'a wrong root is seen');
    for my $version ('TLSv1.2', 'TLSv1.3') {
        my $first = $t->tls_get('localhost', '/', %ca, version => $version);
        my $again = $t->tls_connect('localhost', %ca, version => $version,
            session => $first->{session});
        ok(!$first->{reused} && $again->{reused}, "$version is resumed");
    }
};

subtest 'processes' => sub {
    my $master = $t->master;
    ok($t->kill_worker, 'a worker killed and replaced');
    ok($t->kill_helper, 'the helper killed and replaced');
    my $load = $t->tls_load('localhost', ca => "$tls/ca.pem");
    $t->reload;
    is($t->master, $master, 'reload keeps the master');
    $t->upgrade;
    isnt($t->master, $master, 'an upgrade does not');
    my $result = $load->stop;
    cmp_ok($result->{handshakes}, '>', 10, 'handshakes under load');
    is($result->{failures}, 0, 'none failed')
        or diag(explain($result->{errors}));
    $t->restart;
    is($t->http_get('/')->{status}, 200, 'restarted');
};

subtest 'the CA' => sub {
    is($ca->orders, 0, 'no order');
    is($ca->requests('directory'), 0, 'no request');
    system('curl', '-s', '-o', '/dev/null', '--cacert', $ca->ca_file, $ca->url);
    is($ca->requests('directory'), 1, 'a request is counted');
    like($t->replacement('ISSUER'), qr/^acme_issuer pebble/, 'issuer block');
    ok(defined $t->dns->manage('set-servfail', { host => 'dead.example' }),
        'DNS is told');
};

subtest 'faults are seen' => sub {
    my ($dir, $state) = ($t->dir, $t->state_dir);
    my $clean = sub { scalar AcmeTest::Checks::leaks($t,
        AcmeTest::Checks::log_files($dir)) };
    mkdir $state;
    my $key = $t->read_file("$tls/localhost.key");
    $t->write_file("$state/key.pem", $key);
    is($clean->(), 0, 'no leak');
    my ($line) = ($key =~ /\n(.*)\n---/);
    $t->write_file('leak.log', "2026 [debug] $line\n");
    is($clean->(), 1, 'a key in a log is seen');
    $t->write_file('leak.log', "x.cpp:1:2: runtime error: bad\n");
    is(scalar AcmeTest::Checks::reports("$dir/leak.log"), 1,
        'a sanitizer report is seen');
    unlink "$dir/leak.log";
    is(scalar AcmeTest::Checks::unexpected($t, qr/exited on signal/), 0,
        'processes killed by the test are not alerts');
    kill 'ABRT', ($t->workers)[0];
    $t->wait_log(qr/exited on signal 6/, 5);
    is(scalar AcmeTest::Checks::unexpected($t, qr/\[alert\]/), 1,
        'a crash is seen');
    unlink glob "$dir/core*";
    $t->allow(qr/exited on signal 6/);
};

$t->done;
