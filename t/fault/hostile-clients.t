# Clients that mean harm, or are merely broken, on both ports, while the CA's
# answers are on the board and after: they get the site's own answer or one of
# nginx's, and never a key authorization that is not theirs to have. No worker
# dies, the log is not flooded, and the certificates are obtained all the same.

use strict;
use warnings;

use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_LINGER);
use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::ClientHello qw(client_hello record vector server_name
    server_names alpn send_hello);
use AcmeTest::Gate;

my $t = AcmeTest->new(workers => 2, log_level => 'info');
my $gate = AcmeTest::Gate->new;

# The CA says "look again in a minute" of each authorization: for so long the
# answers stay on the board, unless nginx is reloaded before.
my $ca = $t->start_ca(http_port => $gate->port, nonce_reject => 0,
    retry_after => { authz => 60, order => 0 });
$t->write_config(<<'END');
%%GLOBALS%%
error_log %%DIR%%/default.log;
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    ssl_protocols TLSv1.2 TLSv1.3;
    server {
        listen 127.0.0.1:%%HTTP%% default_server;
        listen 127.0.0.1:%%TLS%% ssl default_server;
        server_name one.example two.example;
        acme_domain one.example two.example;
        return 200 "the site's own";
    }
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name three.example;
        acme_domain three.example;
        return 200 "the site's own";
    }
}
END
$t->start;
my @names = qw(one.example two.example three.example);
my @workers = sort $t->workers;

ok($t->wait_for(sub { keys %{ $gate->questions } == @names }, 20,
    'the CA\'s questions'), 'the CA asks for all names') or $t->done, exit;
# Twice each: before and after the challenge was triggered.
ok($t->wait_for(sub { $ca->requests('authorization') >= 2 * @names }, 10,
    'a look at each authorization'), 'the helper has its answer: later');
ok($t->wait_for(sub {
    $gate->let_through($t->http_port);
    $ca->count_log(qr/set VALID by completed challenge/) == @names;
}, 10, 'validation'), 'the CA is satisfied');

my $host = 'one.example';
my $token = $gate->questions->{$host};
my $p = '/.well-known/acme-challenge';
my $answer = $t->http_get("$p/$token", host => $host)->{body};
my ($thumbprint) = $answer =~ /^\Q$token\E\.([\w-]{43})$/;
ok($thumbprint, 'the board has the answer') or $t->done, exit;

sub get { return request("GET $_[0] HTTP/1.1", @_[1 .. $#_]) }

sub request {
    my ($line, @headers) = @_;
    @headers = ("Host: $host") unless @headers;
    return join("\r\n", $line, @headers, 'Connection: close') . "\r\n\r\n";
}

# What is sent, and what comes back: the site's "own" answer, a status of
# nginx's, "key" for the key authorization, "none" for a closed connection.
my $low = lc $token;
my $three = $gate->questions->{'three.example'};
my @plain = (
    # Paths that are not the token's.
    [ own => 'another token', get("$p/foreign") ],
    [ own => 'no token', get("$p/") ],
    [ own => 'no slash', get($p) ],
    [ own => 'one character more', get("$p/${token}x") ],
    [ own => 'one character less', get("$p/" . substr $token, 0, -1) ],
    [ own => 'one character before', get("$p/x$token") ],
    [ own => 'the end of the token', get("$p/" . substr $token, 1) ],
    [ own => 'the first character', get("$p/" . substr $token, 0, 1) ],
    [ own => 'the token in lower case', get("$p/$low") ],
    [ own => 'the token in upper case', get("$p/" . uc $token) ],
    [ own => 'the folder in upper case', get(uc($p) . "/$token") ],
    [ own => 'the token twice', get("$p/$token$token") ],
    [ own => 'the token in the token', get("$p/$token/$token") ],
    [ own => 'a slash behind', get("$p/$token/") ],
    [ own => 'the host behind', get("$p/$token/$host") ],
    [ own => 'an encoded slash behind', get("$p/$token%2f") ],
    [ own => 'an encoded slash and the host', get("$p/$token%2F$host") ],
    [ own => 'an encoded slash and no host',
        "GET $p/$token%2F$host HTTP/1.0\r\n\r\n" ],
    [ own => 'the key authorization', get("$p/$answer") ],
    [ own => 'a dot behind', get("$p/$token.") ],
    [ own => 'a dot before', get("$p/.$token") ],
    [ own => 'a parameter', get("$p/$token;x") ],
    [ own => 'an encoded question mark', get("$p/$token%3Fx") ],
    [ own => 'an encoded percent sign', get("$p/%25" . substr $token, 1) ],
    [ own => 'encoded twice', get("$p/%2561" . substr $token, 1) ],
    [ own => 'a space behind', get("$p/$token%20") ],
    [ own => 'a line end behind', get("$p/$token%0d%0a") ],
    [ own => 'a backslash', get("$p\\$token") ],
    [ own => 'an encoded backslash', get("$p%5c$token") ],
    [ own => 'a dot in too many bytes', get("$p/x/%c0%ae%c0%ae/$token") ],
    [ own => 'bytes above ASCII', get("$p/\xff\xfe$token") ],
    [ own => 'a star', get("$p/*") ],
    [ own => 'up and away', get("$p/$token/..") ],
    [ own => 'up to another folder', get("$p/../$token") ],
    [ own => 'an encoded way up', get("$p/%2e%2e/$token") ],
    [ own => 'the token as query', get("$p/?$token") ],
    [ own => 'a token of 257 characters', get("$p/" . 'x' x 257) ],
    [ own => 'a token of 8,000', get("$p/" . 'x' x 8000) ],
    [ own => 'the token and 8,000 more', get("$p/$token" . 'x' x 8000) ],
    [ 400 => 'an encoded NUL behind', get("$p/$token%00") ],
    [ 400 => 'an encoded NUL before', get("$p/%00$token") ],
    [ 400 => 'a NUL behind', get("$p/$token\0") ],
    [ 400 => 'half of an escape', get("$p/$token%2") ],
    [ 400 => 'no escape', get("$p/$token%zz") ],
    [ 400 => 'above the root', get("/../..$p/$token") ],
    [ 400 => 'above the root, encoded', get("/%2e%2e/..$p/$token") ],
    [ 414 => 'a token of 9,000', get("$p/" . 'x' x 9000) ],
    [ 414 => 'a request line of 100 kB', get("$p/" . 'x' x 100_000) ],
    [ 414 => '100 kB of query', get("$p/$token?" . 'x' x 100_000) ],
    [ 400 => '100 kB of a header', get("$p/$token", 'X: ' . 'x' x 100_000) ],

    # The same path, as nginx reads it for every location.
    [ key => 'a query', get("$p/$token?x=1") ],
    [ key => 'an empty query', get("$p/$token?") ],
    [ key => 'a fragment', get("$p/$token#x") ],
    [ key => 'an encoded character',
        get(sprintf '%s/%%%02x%s', $p, ord $token, substr $token, 1) ],
    [ key => 'an encoded folder', get("/%2ewell-known/acme-challenge/$token") ],
    [ key => 'down and up', get("$p/x/../$token") ],
    [ key => 'a dot', get("$p/./$token") ],
    [ key => 'two slashes', get("$p//$token") ],

    # Methods.
    [ own => 'POST', request("POST $p/$token HTTP/1.1", "Host: $host",
        'Content-Length: 0') ],
    [ own => 'POST with a body', body('POST', 'Content-Length: 5', 'hello') ],
    [ own => 'POST in chunks', body('POST', 'Transfer-Encoding: chunked',
        "5\r\nhello\r\n0\r\n\r\n") ],
    [ own => 'PUT', body('PUT', 'Content-Length: 5', 'hello') ],
    [ own => 'DELETE', request("DELETE $p/$token HTTP/1.1") ],
    [ own => 'PATCH', request("PATCH $p/$token HTTP/1.1") ],
    [ own => 'OPTIONS', request("OPTIONS $p/$token HTTP/1.1") ],
    [ own => 'PROPFIND', request("PROPFIND $p/$token HTTP/1.1") ],
    [ own => 'a made-up method', request("ACME $p/$token HTTP/1.1") ],
    [ own => 'GETX', request("GETX $p/$token HTTP/1.1") ],
    [ own => 'HEADX', request("HEADX $p/$token HTTP/1.1") ],
    [ 400 => 'get', request("get $p/$token HTTP/1.1") ],
    [ 405 => 'TRACE', request("TRACE $p/$token HTTP/1.1") ],
    [ 405 => 'CONNECT', request("CONNECT $p/$token HTTP/1.1") ],
    [ 400 => 'no method', request("$p/$token HTTP/1.1") ],

    # Hosts.
    [ own => 'another name of the server', get("$p/$token",
        'Host: two.example') ],
    [ own => 'a name of another server', get("$p/$token",
        'Host: three.example') ],
    [ own => 'the token of another server', get("$p/$three") ],
    [ own => 'an unknown host', get("$p/$token", 'Host: no.example') ],
    [ own => 'a name below', get("$p/$token", "Host: x.$host") ],
    [ own => 'a longer name', get("$p/$token", "Host: x$host") ],
    [ own => 'more behind the name', get("$p/$token", "Host: $host.evil") ],
    [ own => 'the domain above', get("$p/$token", 'Host: example') ],
    [ own => 'an address', get("$p/$token", 'Host: 127.0.0.1') ],
    [ own => 'an IPv6 address', get("$p/$token", 'Host: [::1]') ],
    [ own => 'the name in brackets', get("$p/$token", "Host: [x$host]") ],
    [ own => 'an at sign', get("$p/$token", "Host: $host\@evil.example") ],
    [ own => 'a wildcard', get("$p/$token", 'Host: *.example') ],
    [ own => 'a host of 4,000 characters', get("$p/$token",
        'Host: ' . 'x' x 4000) ],
    [ own => 'a forwarded host', get("$p/$token", 'Host: no.example',
        "X-Forwarded-Host: $host", "Forwarded: host=$host") ],
    [ key => 'upper case, port and dot', get("$p/$token",
        'Host: ' . uc($host) . '.:80') ],
    [ 400 => 'two dots behind', get("$p/$token", "Host: $host..") ],
    [ 400 => 'a slash in the host', get("$p/$token", "Host: $host/") ],
    [ 400 => 'a control character', get("$p/$token", "Host: $host\x01") ],
    [ 400 => 'a NUL in the host', get("$p/$token", "Host: $host\0.evil") ],
    [ 400 => 'an empty host', get("$p/$token", 'Host:') ],
    [ 400 => 'no host', get("$p/$token", 'X: y') ],
    [ 400 => 'two hosts', get("$p/$token", "Host: $host", 'Host: no.example') ],
    [ 400 => 'two hosts, the right one last', get("$p/$token",
        'Host: no.example', "Host: $host") ],
    [ 400 => 'the same host twice', get("$p/$token", ("Host: $host") x 2) ],
    [ 400 => 'a space before the colon', get("$p/$token", "Host : $host") ],
    [ 400 => 'a folded host', get("$p/$token", 'Host:', " $host") ],

    # The absolute form, whose host counts (RFC 9112, section 3.2.2).
    [ key => 'absolute', get("http://$host$p/$token") ],
    [ key => 'absolute, another host header', get("http://$host$p/$token",
        'Host: no.example') ],
    [ own => 'absolute, another name', get("http://no.example$p/$token") ],
    [ own => 'absolute, a longer name', get("http://x$host$p/$token") ],
    [ 400 => 'absolute, with a user', get("http://u\@$host$p/$token") ],
    [ 400 => 'absolute, no host', get("http://$p/$token") ],

    # Versions.
    [ key => 'HTTP/1.0 with a host',
        "GET $p/$token HTTP/1.0\r\nHost: $host\r\n\r\n" ],
    [ own => 'HTTP/1.0 without', "GET $p/$token HTTP/1.0\r\n\r\n" ],
    [ own => 'HTTP/0.9', "GET $p/$token\r\n" ],
    [ key => 'HTTP/1.9', request("GET $p/$token HTTP/1.9") ],
    [ 505 => 'HTTP/2.0', request("GET $p/$token HTTP/2.0") ],
    [ 400 => 'HTTP/x', request("GET $p/$token HTTP/x") ],
    [ 400 => 'HTTP/2 where it is not spoken',
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . "\0" x 100 ],
    [ 400 => 'TLS', client_hello(server_name($host)) ],
    [ 400 => 'noise', noise(2000) ],

    # Bodies.
    [ key => 'GET with a body', body('GET', 'Content-Length: 5', 'hello') ],
    [ key => 'GET in chunks', body('GET', 'Transfer-Encoding: chunked',
        "5\r\nhello\r\n0\r\n\r\n") ],
    [ 400 => 'both',
        body('GET', "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "0\r\n\r\n") ],
    [ 400 => 'both, the other way round', body('GET',
        "Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n") ],
    [ 400 => 'chunked twice', body('GET', "Transfer-Encoding: chunked\r\n"
        . 'Transfer-Encoding: chunked', "0\r\n\r\n") ],
    [ 501 => 'another coding', body('GET', 'Transfer-Encoding: gzip', '') ],
    [ 400 => 'two lengths',
        body('GET', "Content-Length: 5\r\nContent-Length: 6",
        'hello') ],
    [ 400 => 'a negative length', body('GET', 'Content-Length: -5', 'hello') ],
    [ 400 => 'no length', body('GET', 'Content-Length: x', 'hello') ],
    [ 400 => 'a length beyond 64 bits', body('GET',
        'Content-Length: 99999999999999999999', 'hello') ],
);

sub body {
    my ($method, $header, $body) = @_;
    return request("$method $p/$token HTTP/1.1", "Host: $host", $header)
        . $body;
}

# The same at each run.
sub noise {
    my ($size) = @_;
    my $n = 7;
    return join '', map { chr(128 | ($n = $n * 1_103_515_245 + 12345
        & 0x7fffffff) >> 16 & 127) } 1 .. $size;
}

# What came back, in the words of the tables.
sub verdict {
    my ($raw) = @_;
    return 'none' if $raw eq '';
    return 'key' if $raw =~ /\Q$answer\E\z/;
    return 'LEAK' if index($raw, $thumbprint) >= 0;
    return 'own' if $raw =~ /the site's own\z/;
    return $raw =~ m{^HTTP/1\.1 (\d+)} ? $1 : "unknown: $raw";
}

sub send_raw { return $t->http_get('', raw => $_[0], seconds => 20)->{raw} }

sub h { return client_hello(map { server_name($_) } @_) }
my $right = h($host);
my $acme = 'acme-tls/1';

# What is sent, and whose certificate comes back: that of server "one" (the
# default) or "three"; or "alert", "none" for a closed connection, "http".
my @tls = (
    [ one => 'no name', h() ],
    [ one => 'its name', $right ],
    [ three => 'the name of another server', h('three.example') ],
    [ three => 'in upper case', h('THREE.Example') ],
    [ three => 'with a dot', h('three.example.') ],
    [ one => 'an unknown name', h('no.example') ],
    [ one => 'a name below', h('x.three.example') ],
    [ one => 'an address', h('127.0.0.1') ],
    [ one => 'an IPv6 address', h('::1') ],
    [ one => 'a wildcard', h('*.example') ],
    [ one => 'the placeholder\'s name', h('acme-domain.invalid') ],
    [ one => 'a dot', h('.') ],
    [ one => 'two dots behind', h('three.example..') ],
    [ one => 'a slash', h('../three.example') ],
    [ one => 'a space', h('three.example ') ],
    [ one => 'a control character', h("three.example\x01") ],
    [ one => 'a line end', h("three.example\r\n") ],
    [ one => 'bytes above ASCII', h("\xff\xfe.example") ],
    [ one => '255 characters', h('x' x 255) ],
    [ alert => '256 characters', h('x' x 256) ],
    [ alert => '15,000 characters', h('x' x 15_000) ],
    [ alert => 'a NUL behind', h("three.example\0") ],
    [ alert => 'a NUL and more', h("three.example\0.evil") ],
    [ alert => 'a NUL', h("\0") ],
    [ one => 'an empty name', h('') ],
    [ alert => 'two names', h($host, 'three.example') ],
    [ alert => 'two in a list', client_hello(server_names(
        join '', map { "\0" . vector($_) } $host, 'three.example')) ],
    [ alert => 'an empty list', client_hello(server_names('')) ],
    [ alert => 'another type of name', client_hello(server_names(
        "\1" . vector($host))) ],
    [ alert => 'a name longer than its list', client_hello(server_names(
        "\0\xff\xff$host")) ],
    [ alert => 'a challenge by TLS', client_hello(server_name($host),
        alpn($acme)) ],
    [ alert => 'of an unknown name', client_hello(server_name('no.example'),
        alpn($acme)) ],
    [ alert => 'without a name', client_hello(alpn($acme)) ],
    [ one => 'or HTTP', client_hello(alpn($acme, 'http/1.1')) ],
    [ alert => 'an empty protocol', client_hello(alpn('')) ],
    [ one => 'byte by byte', join '', map { record(22, $_) }
        split //, substr $right, 5 ],
    [ http => 'plain HTTP', get("$p/$token") ],
    [ none => 'noise', noise(2000) ],
    [ http => 'zeros', "\0" x 2000 ],
    [ alert => 'a record too long', "\x16\x03\x01\xff\xff" . 'x' x 70_000 ],
    [ alert => 'another message first', record(22, "\x10\0\0\0") ],
    [ alert => 'a message that is too long', record(22, "\1\xff\xff\xff") ],
    [ http => 'data first', record(23, 'hello') ],
    [ http => 'an alert', record(21, "\2\x28") ],
    map { [ none => "the first $_ bytes", substr $right, 0, $_ ] }
        0, 1, 3, 5, 6, 20, length($right) - 1,
);

my %server = ('one.example two.example' => 'one', 'three.example' => 'three',
    'acme-domain.invalid' => 'placeholder');

sub tls_verdict {
    my ($result) = @_;
    # The extension acmeIdentifier (RFC 8737, section 3).
    return 'acmeIdentifier' if ($result->{der} // '')
        =~ /\x2b\x06\x01\x05\x05\x07\x01\x1f/;
    return $server{"@{ $result->{names} }"} // "another certificate"
        if $result->{names};
    return 'timeout' if $result->{timeout};
    return 'alert' if defined $result->{alert};
    return 'http' if $result->{raw} =~ /^HTTP/;
    return $result->{raw} eq '' ? 'none' : 'unknown';
}

# The hash says what to expect instead of a word of the tables.
sub plain_cases {
    my ($when, %instead) = @_;
    for (@plain) {
        my ($expected, $what, $bytes) = @$_;
        is(verdict(send_raw($bytes)), $instead{$expected} // $expected,
            "$when, $what");
    }
}

sub tls_cases {
    my ($when, %instead) = @_;
    for (@tls) {
        my ($expected, $what, $bytes) = @$_;
        my $result = send_hello($t->tls_port, $bytes,
            half_close => $expected eq 'none', seconds => 20);
        is(tls_verdict($result), $instead{$expected} // $expected,
            "$when, TLS: $what");
    }
    ok(!$t->tls_connect($host, version => $_, alpn => [$acme])->{ok},
        "$when, a challenge by $_") for 'TLSv1.2', 'TLSv1.3';
}

# Answers to several requests on one connection, in their order.
sub verdicts {
    my ($raw) = @_;
    return join ' ', map { verdict($_) } split m{(?=HTTP/1\.1 \d)}, $raw;
}

sub keep { return "$_[0] HTTP/1.1\r\nHost: $_[1]\r\n" . ($_[2] // '') . "\r\n" }

# A request in a body is no request.
my $key = keep("GET $p/$token", $host);
my $own = keep("GET $p/$token", 'no.example');
my $size = 'Content-Length: ' . length($key) . "\r\n";
my $chunked = "Transfer-Encoding: chunked\r\n";
my $chunks = sprintf "%x\r\n%s\r\n0\r\n\r\n", length $key, $key;
my @many = (
    [ 'key own key own key own own' => 'pipelined', ($key, $own) x 3 ],
    [ 'key own key own' => 'a request as body of a challenge',
        keep("GET $p/$token", $host, $size), $key, $own, $key ],
    [ 'key own key own' => 'and in chunks',
        keep("GET $p/$token", $host, $chunked), $chunks, $own, $key ],
    [ 'own own key own' => 'a request as body of another host\'s',
        keep("POST $p/$token", 'no.example', $size), $key, $own, $key ],
    [ 'own key own' => 'and in chunks',
        keep("POST $p/$token", $host, $chunked), $chunks, $key ],
    [ 'key 400' => 'chunks that are none', $key,
        keep("GET $p/$token", $host, $chunked), "zz\r\n", $key ],
);

sub pipelined_cases {
    my ($when, %instead) = @_;
    for (@many) {
        my ($expected, $what, @requests) = @$_;
        $expected =~ s/\bkey\b/$instead{key}/g if $instead{key};
        is(verdicts(send_raw(join '', @requests, get("$p/last"))), $expected,
            "$when, $what");
    }
}


# Bytes in slow drops on several connections at once, ends of connections in
# the middle of things. Gives the verdicts of the drops.
sub drip {
    my @open = map { { bytes => $_, socket => connected() } } @_;
    while (grep { $_->{bytes} ne '' } @open) {
        $_->{socket}->syswrite(substr $_->{bytes}, 0, 1, '')
            for grep { $_->{bytes} ne '' } @open;
        AcmeTest::Poll::pause(0.001);
    }
    return join ' ', map {
        verdict(AcmeTest::Http::read_all($_->{socket}, 20)) } @open;
}

sub connected {
    my ($port) = @_;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port // $t->http_port) // die "connect: $!";
}

sub half_closed {
    my ($bytes) = @_;
    my $socket = connected();
    $socket->syswrite($bytes);
    $socket->shutdown(1);
    return verdict(AcmeTest::Http::read_all($socket, 20));
}

sub reset_connection {
    my ($port, $bytes) = @_;
    my $socket = connected($port);
    $socket->syswrite($bytes);
    setsockopt $socket, SOL_SOCKET, SO_LINGER, pack 'II', 1, 0;
    close $socket;
}

sub slow_and_short_cases {
    my ($when, $key) = @_;
    is(drip(get("$p/$token"), get("$p/$token", 'Host: no.example'),
        get("$p/${token}x")), "$key own own", "$when, drop by drop");
    is(half_closed(get("$p/$token")), $key, "$when, half closed");
    is(half_closed(substr get("$p/$token"), 0, -2), 'none',
        "$when, half a request");
    is(half_closed(body('GET', 'Content-Length: 100', 'hello')), $key,
        "$when, half a body");
    for my $n (1 .. 50) {
        reset_connection($t->http_port, get("$p/$token", 'Host: no.example'));
        reset_connection($t->http_port, substr get("$p/$token"), 0, $n);
        reset_connection($t->tls_port, $right);
        reset_connection($t->tls_port, substr $right, 0, $n);
    }
}

sub all_cases {
    my ($when, %instead) = @_;
    plain_cases($when, %instead);
    pipelined_cases($when, %instead);
    slow_and_short_cases($when, $instead{key} // 'key');
    tls_cases($when, %instead);
    is(verdict(send_raw(get("$p/$token"))), $instead{key} // 'key',
        "$when, and the right question is answered as ever");
    is_deeply([sort $t->workers], \@workers, "$when, all workers live");
}

# --- while the answers are on the board ------------------------------------

$t->mark_log;
all_cases('before', one => 'placeholder', three => 'placeholder');
my $answered = $t->log_lines(qr/acme: answering the http-01 challenge for/);
cmp_ok($answered, '>', 20, 'a line for each right answer');
is($t->log_lines(qr/acme:/), $answered, 'and none for anything else');

# --- and after -------------------------------------------------------------

$t->reload;
@workers = sort $t->workers;
ok($t->wait_certificate($_, seconds => 30), "$_ has its certificate")
    for @names;
is($ca->orders, 2, 'by one order each');

# The helper's work is over when it knows the times of the renewals.
$t->wait_for(sub { $t->log_lines(qr/acme: the CA suggests/) == 2 }, 10,
    'the end');
$t->mark_log;
all_cases('after', key => 'own');

# A flood of names costs a look-up each: no memory, no line.
my %before = map { $_ => AcmeTest::Process::memory_of($_) } @workers;
my %seen;
$seen{ tls_verdict(send_hello($t->tls_port, h("n$_.flood.example"))) }++
    for 1 .. 2000;
is_deeply(\%seen, { one => 2000 }, 'a flood of names: the default server');
for my $worker (@workers) {
    cmp_ok(AcmeTest::Process::memory_of($worker), '<',
        $before{$worker} * 1.1 + 256, 'and memory as before');
}
is($t->log_lines(qr/acme:/), 0, 'not one line of ours');
is(() = $t->read_file('default.log') =~ /acme:/g, 0,
    'and none in a log of the default level in all that time');
ok($t->tls_connect($_)->{verified}, "$_ is served") for @names;

$t->done;
