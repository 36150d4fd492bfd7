# Which certificate a handshake gets: several in one server by SNI, a static
# one until the first managed one exists, the placeholder else, or none if so
# wished; TLS 1.2 and 1.3, HTTP/2, RSA keys.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new;
my $ca = $t->start_ca(start => 0);
my $static = AcmeTest::Pebble::test_ca();

$t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    ssl_protocols TLSv1.2 TLSv1.3;
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl http2;
        server_name several.example;
        acme_domain a.several.example b.several.example;
        acme_domain c.several.example key=rsa:2048;
        location / { return 200; }
    }
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name rsa.example;
        acme_domain rsa.example key=rsa:2048;
    }
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name p384.example;
        acme_pending reject;
        acme_domain p384.example key=ecdsa:384;
    }
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name localhost;
        acme_domain localhost key=rsa:2048;
        ssl_certificate $static/localhost.pem;
        ssl_certificate_key $static/localhost.key;
    }
}
END
$t->start;

ok($t->wait_log(qr/\[warn\].*acme: reading the directory .*: .*; next attempt at/, 10),
    'the CA is down: one line says so');

my %static = (ca => "$static/ca.pem");
for my $version ('TLSv1.2', 'TLSv1.3') {
    my $pending = $t->tls_connect('a.several.example', %static,
        version => $version);
    ok($pending->{ok} && !$pending->{verified}, "$version: a placeholder");
    is_deeply($pending->{names}, ['acme-domain.invalid'], 'that says so');
    my $rejected = $t->tls_connect('p384.example', %static,
        version => $version);
    like($rejected->{ok} ? 'none' : $rejected->{error}, qr/alert/,
        "$version: an alert where no placeholder is wanted");
    my $fallback = $t->tls_connect('localhost', %static, version => $version);
    ok($fallback->{verified}, "$version: the static certificate");
}

# A reload makes no difference, a restart of the helper neither: the back-off
# is remembered. So the state of the issuer is cleared by hand.
$t->stop;
$ca->start;
unlink glob $t->state_dir . '/jobs/*';
$t->start;

my %type = (
    'a.several.example' => 'ecdsa:256', 'b.several.example' => 'ecdsa:256',
    'c.several.example' => 'rsa:2048', 'rsa.example' => 'rsa:2048',
    'p384.example' => 'ecdsa:384', 'localhost' => 'rsa:2048',
);
my %serial;
for my $name (sort keys %type) {
    my $seen = $t->wait_certificate($name, seconds => 30);
    ok($seen, "$name is served");
    is($seen->{key_type}, $type{$name}, "with a key of type $type{$name}");
    $serial{$name} = $seen->{serial};
}
is($serial{'a.several.example'}, $serial{'b.several.example'},
    'two names of one line share a certificate');
isnt($serial{'a.several.example'}, $serial{'c.several.example'},
    'two lines do not');

my %asked = (
    'C.Several.EXAMPLE' => [ 'c', 'upper case' ],
    'c.several.example.' => [ 'c', 'a trailing dot' ],
    'several.example' => [ 'a', 'a name of the server without a certificate' ],
);
for my $name (sort keys %asked) {
    my ($certificate, $what) = @{ $asked{$name} };
    is($t->tls_connect($name)->{serial},
        $serial{"$certificate.several.example"}, $what);
}
is($t->tls_connect(undef)->{serial}, $serial{'a.several.example'}, 'no SNI');

for my $version ('TLSv1.2', 'TLSv1.3') {
    my $name = 'c.several.example';
    my $seen = $t->tls_connect($name, version => $version,
        alpn => ['h2', 'http/1.1']);
    ok($seen->{verified}, "$version and HTTP/2: verified");
    is($seen->{alpn}, 'h2', 'h2 is spoken');
    my $first = $t->tls_get($name, '/', version => $version);
    my $again = $t->tls_connect($name, version => $version,
        session => $first->{session});
    ok($again->{reused}, "$version: sessions are resumed");
}

# The key type of a static certificate or of the placeholder must be gone.
for my $name ('localhost', 'rsa.example', 'c.several.example') {
    my $other = $t->tls_connect($name, version => 'TLSv1.2',
        ciphers => 'ECDHE-ECDSA-AES128-GCM-SHA256');
    ok(!$other->{ok}, "$name: nothing of another key type is left");
}

$t->done;
