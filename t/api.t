# acme_api: commands to the helper, and who may not give any.

use strict;
use warnings;

use IO::Socket::UNIX;
use JSON::PP;
use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::Http qw(parse_response);
use AcmeTest::Schema qw(schema_errors);

my $t = AcmeTest->new(workers => 2);
my $ca = $t->start_ca(no_sleep => 1);
my $twin = $t->start_ca(no_sleep => 1, name => 'twin');
my $dir = $t->dir;
my $issuers = "acme_state_path " . $t->state_dir . ";\n"
    . $ca->issuer_block(more => 'staging twin;') . $twin->issuer_block;
$t->write_file('users', "ops:{PLAIN}secret\n");
$t->dns->manage('add-a', { host => 'away.pium.life.',
    addresses => ['127.0.0.99'] });
$t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    $issuers
    acme_preflight off;
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen unix:$dir/socket;
        server_name localhost admin.pium.life;
        location /acme/ { acme_api; allow 127.0.0.1; deny all; }
        location /open/ { acme_api; }
        location /half/ { acme_api; allow 127.0.0.1; }
        location /four/ { acme_api; allow 127.0.0.1; deny 0.0.0.0/0; }
        location /user/ {
            acme_api;
            auth_basic "ops";
            auth_basic_user_file $dir/users;
        }
        location /either/ {
            acme_api;
            satisfy any;
            allow all;
            auth_basic "ops";
            auth_basic_user_file $dir/users;
        }
        location /asked/ { acme_api; auth_request /may; }
        location = /may { return 204; }
        location /denied/ { acme_api; deny all; }
    }
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name www.pium.life away.pium.life;
        acme_domain www.pium.life;
        acme_domain away.pium.life issuer=twin;
    }
}
END
my $checked = $t->test_config;
is($checked->{code}, 0, 'nginx -t') or diag($checked->{output});
unlike($checked->{output}, qr/lets everybody in/,
    'a unix socket is a restriction');
$t->allow(qr/away\.pium\.life/);
$t->start;
my $first = $t->wait_certificate('www.pium.life');
ok($t->wait_log(qr/acme: .*away\.pium\.life.*next attempt at/), 'started');

subtest 'who may not come' => sub {
    my %is = (
        '/open/' => 403, '/half/' => 403, '/four/' => 403,
        '/user/' => 401, '/either/' => 403, '/denied/' => 403,
        '/acme/' => 200, '/asked/' => 200,
    );
    is($t->http_get($_)->{status}, $is{$_}, "GET $_") for sort keys %is;
    like($t->http_get('/open/')->{body}, qr/lets everybody in/, 'says why');
    is($t->http_get('/user/', headers =>
        ['Authorization: Basic b3BzOnNlY3JldA=='])->{status}, 200,
        'a user who says who he is');
    is(by_socket('/open/')->{status}, 200, 'who comes by the socket');
};

subtest 'what is no command' => sub {
    my $good = '/acme/certificates/www.pium.life/renew';
    is($t->http_get($good)->{status}, 405, 'GET');
    is(post('/acme/')->{status}, 404, 'no command');
    is(post('/acme/certificates/www.pium.life')->{status}, 404, 'no action');
    is(post('/acme/certificates/www.pium.life/destroy')->{status}, 404,
        'an unknown action');
    is(post('/acme/certificates/other.pium.life/renew')->{status}, 404,
        'an unknown certificate');
    is(post('/acme/certificates/..%2F..%2Fetc/renew')->{status}, 404,
        'a path that leads elsewhere');
    is(post('/acme/certificates/www.pium.life/revoke?reason=because')
        ->{status}, 400, 'an unknown reason');
    is(post('/acme/certificates/away.pium.life/revoke')->{status}, 409,
        'nothing to revoke');
    is(post('/acme/certificates/away.pium.life/rehearse')->{status}, 409,
        'no twin to rehearse at');
    is(post('/open/certificates/www.pium.life/renew')->{status}, 403,
        'where everybody may come');
    my %forged = (
        'Sec-Fetch-Site: cross-site' => 'localhost',
        'Sec-Fetch-Site: same-site' => 'localhost',
        'Origin: https://evil.example' => 'localhost',
        'Origin: null' => 'localhost',
        'Referer: http://evil.example/localhost' => 'localhost',
        'X-None: 1' => 'evil.example',
        'Sec-Fetch-Site: same-origin' => 'evil.example',
    );
    for my $header (sort keys %forged) {
        my $r = post($good, host => $forged{$header}, headers => [$header]);
        is($r->{status}, 403, "from another site: $header");
    }
    is($t->tls_connect('www.pium.life')->{serial}, $first->{serial},
        'nothing has changed');
};

subtest 'renew' => sub {
    my $r = post('/acme/certificates/www.pium.life/renew');
    is($r->{status}, 202, 'accepted');
    is_deeply(decode_json($r->{body}),
        { queued => { id => 'www.pium.life', action => 'renew' } },
        'and what');
    my $next = $t->wait_certificate('www.pium.life',
        serial_not => $first->{serial});
    ok($next, 'another certificate is served');
    is($ca->orders, 2, 'by one order');
    $first = $next;
    ok(wait_event('www.pium.life', 'renewed'), 'the history tells');
};

subtest 'by a page' => sub {
    my $r = post('/acme/certificates/www.pium.life/renew',
        host => 'admin.pium.life', headers => ['Accept: text/html',
            'Sec-Fetch-Site: same-origin',
            'Origin: http://admin.pium.life']);
    is($r->{status}, 303, 'a button leads back');
    like($r->{headers}{location}, qr{/acme/$}, 'to the page');
    my $next = $t->wait_certificate('www.pium.life',
        serial_not => $first->{serial});
    ok($next, 'and does its work');
    $first = $next;
    like($t->http_get('/acme/')->{body}, qr{/acme/certificates/},
        'the page has buttons');
};

subtest 'revoke' => sub {
    is(post('/acme/certificates/www.pium.life/revoke?reason=superseded')
        ->{status}, 202, 'accepted');
    my $next = $t->wait_certificate('www.pium.life',
        serial_not => $first->{serial});
    ok($next, 'another certificate is served');
    ok($t->wait_log(qr/\[warn\].*was revoked, as was asked for.*"www\.pium\.life"/),
        'it is in the log');
    like($ca->manage("/cert-status-by-serial/$first->{serial}")->{body},
        qr/Revoked/, 'the CA knows');
    ok(wait_event('www.pium.life', 'revoked'), 'and the history');
    $first = $next;
};

subtest 'rehearse' => sub {
    my $orders = $ca->orders;
    is(post('/acme/certificates/www.pium.life/rehearse')->{status}, 202,
        'accepted');
    ok(wait_event('www.pium.life', 'rehearsed'), 'it passes');
    is($twin->issued, 1, 'at the twin');
    is($ca->orders, $orders, 'the CA itself is not asked');
    is($t->tls_connect('www.pium.life')->{serial}, $first->{serial},
        'nothing is installed');
    ok(entry('www.pium.life')->{rehearsal}{passed}, 'the status says so');
    $twin->stop;
    is(post('/acme/certificates/www.pium.life/rehearse')->{status}, 202,
        'once more');
    ok(wait_event('www.pium.life', 'rehearsal failed'),
        'it fails where the twin is down');
    is(entry('www.pium.life')->{state}, 'valid', 'which harms nothing');
    $twin->start;
};

subtest 'retry' => sub {
    my $was = entry('away.pium.life');
    is($was->{state}, 'failing', 'one that fails');
    $t->dns->manage('clear-a', { host => 'away.pium.life.' });
    is(post('/acme/certificates/away.pium.life/retry')->{status}, 202,
        'accepted');
    ok($t->wait_for(sub { entry('away.pium.life')->{state} eq 'valid' }, 15,
        'a certificate for away.pium.life'), 'is tried at once');
};

is(schema_errors($t->dir, $t->http_get('/acme/?format=json')->{body}), '',
    'after all this the status is still as the schema has it');

$t->done;

sub post {
    my ($path, %o) = @_;
    return $t->http_get($path, method => 'POST', %o);
}

sub entry {
    my ($id) = @_;
    my $r = $t->http_get('/acme/?format=json');
    my ($found) = grep { $_->{id} eq $id }
        @{ decode_json($r->{body})->{certificates} };
    return $found;
}

sub wait_event {
    my ($id, $event) = @_;
    return $t->wait_for(sub {
        return grep { $_->{event} eq $event } @{ entry($id)->{history} };
    }, 15, "$event of $id");
}

sub by_socket {
    my ($path) = @_;
    my $socket = IO::Socket::UNIX->new(Peer => "$dir/socket")
        or die "socket: $!";
    $socket->print("GET $path HTTP/1.1\r\nHost: localhost\r\n"
        . "Connection: close\r\n\r\n");
    local $/;
    return parse_response(scalar <$socket>);
}
