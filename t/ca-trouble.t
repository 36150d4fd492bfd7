# A CA that cannot be used: nginx starts and serves, one line says what is
# wrong and when it is tried again, nothing loops, and the next start does not
# try earlier than was said.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $ca_tls = AcmeTest::Pebble::test_ca();

# What the CA is like => what the log must say.
my @trouble = (
    [ 'nothing listens', 'https://localhost:%%PORT_NONE%%/dir', 1,
        qr/localhost:\d+\/dir: .*(refused|connect)/i ],
    [ 'its certificate is not trusted', 'https://localhost:%%PORT_FAKE%%/dir',
        0, qr/localhost:\d+\/dir: .*certificate/i ],
    [ 'it is called otherwise', 'https://127.0.0.2:%%PORT_FAKE%%/dir', 1,
        qr/127\.0\.0\.2:\d+\/dir: .*(certificate|subject)/i ],
    [ 'HTML instead of JSON', 'https://localhost:%%PORT_FAKE%%/html', 1,
        qr/JSON/ ],
    [ 'no such directory', 'https://localhost:%%PORT_FAKE%%/none', 1,
        qr/HTTP 404/ ],
    [ 'out of order', 'https://localhost:%%PORT_FAKE%%/busy', 1,
        qr/HTTP 503/ ],
    [ 'endpoints without TLS', 'https://localhost:%%PORT_FAKE%%/plain', 1,
        qr/newNonce.*http/ ],
    [ 'a directory without end', 'https://localhost:%%PORT_FAKE%%/long', 1,
        qr/longer than it may be/ ],
);

for my $case (@trouble) {
    my ($what, $url, $trusted, $expected) = @$case;
    subtest $what => sub { try_ca($url, $trusted, $expected) };
}

done_testing();

sub try_ca {
    my ($url, $trusted, $expected) = @_;
    my $t = AcmeTest->new(log_level => 'info');
    my $trust = $trusted ? "ssl_trusted_certificate $ca_tls/ca.pem;" : '';
    mkdir $t->dir . '/html';
    $t->write_file('html/long', '{' . ' ' x 2_000_000 . '}');
    my $plain = '{"newNonce":"http://a.example/","newAccount":"https://a/",'
        . '"newOrder":"https://a/"}';
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    acme_state_path %%STATE%%;
    acme_issuer broken { uri $url; $trust }
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name api.pium.life;
        acme_domain api.pium.life;
        acme_domain www.pium.life;
        location / { return 200 fine; }
    }
    server {
        listen 127.0.0.1:%%PORT_FAKE%% ssl;
        listen 127.0.0.2:%%PORT_FAKE%% ssl;
        ssl_certificate $ca_tls/localhost.pem;
        ssl_certificate_key $ca_tls/localhost.key;
        root %%DIR%%/html;
        location /html { return 200 "<html>It works!</html>"; }
        location /busy { return 503; }
        location /plain { return 200 '$plain'; }
    }
}
END
    $t->start;
    my $line = $t->wait_log(qr/acme: reading the directory .*: /, 15);
    like($line, qr/\[warn\].*$expected/, 'the log says what is wrong');
    like($line, qr/; next attempt at 20\d\d-\d\d-\d\dT.*, issuer "broken"/,
        'and when it is tried again');
    is($t->http_get('/')->{body}, 'fine', 'the site is up');
    ok($t->tls_connect('api.pium.life')->{ok}, 'also over TLS');

    $t->restart;
    $t->reload;
    $t->kill_helper;
    $t->tls_connect('api.pium.life') for 1 .. 50;
    is(scalar $t->log_lines(qr/acme: reading the directory/), 1,
        'said once, and neither restart nor reload tries earlier');
    $t->done;
}
