# HTTP/3, where nginx and curl have it: the certificate over QUIC, the choice by
# SNI among several in one server, a renewal that new connections see while an
# old one goes on, and a reload.

use strict;
use warnings;

use IO::Socket::INET;
use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::Paths qw(nginx_path);

plan skip_all => 'this nginx has no HTTP/3'
    unless qx(${\ nginx_path() } -V 2>&1) =~ /--with-http_v3_module/;
plan skip_all => 'this curl has no HTTP/3' unless `curl -V` =~ /\bHTTP3\b/;

my $t = AcmeTest->new(workers => 2);
my $ca = $t->start_ca(no_sleep => 1);
$t->write_config(<<'END');
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    ssl_protocols TLSv1.2 TLSv1.3;
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        listen 127.0.0.1:%%TLS%% quic reuseport;
        server_name api.example;
        acme_domain a.example;
        acme_domain b.example key=rsa:2048;
        location / { return 200 "$server_protocol $ssl_server_name"; }
        location /held { proxy_pass http://127.0.0.1:%%PORT_ORIGIN%%; }
        location /acme/ { acme_api; allow 127.0.0.1; deny all; }
    }
    server {
        listen 127.0.0.1:%%PORT_QUIC%% quic reuseport;
        server_name c.example;
        acme_domain c.example;
        location / { return 200 "$server_protocol $ssl_server_name"; }
    }
}
END
$t->start;

my %first;
for my $name (qw(a.example b.example)) {
    my $seen = $t->wait_certificate($name);
    ok($seen, "$name: issued");
    my $answer = http3($name);
    is($answer->{body}, "HTTP/3.0 $name", 'HTTP/3');
    is($answer->{serial}, $seen->{serial}, 'the same certificate as over TCP');
    $first{$name} = $answer->{serial};
}

ok($t->wait_log(qr/acme: issued.*"c\.example"/, 30), 'c.example: issued');
is(http3('c.example', $t->port('PORT_QUIC'))->{body}, 'HTTP/3.0 c.example',
    'a server that has only HTTP/3');
is(scalar $t->log_lines(qr/served nowhere/), 0, 'counts as served');

my $origin = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1',
    LocalPort => $t->port('PORT_ORIGIN'), Timeout => 20) or die $!;
open my $held, '-|', curl('a.example', $t->tls_port, 'held') or die $!;
my $asked = $origin->accept;
ok($asked && sysread($asked, my $request, 4096), 'a request is under way');
is($t->http_get('/acme/certificates/a.example/renew', method => 'POST',
    host => 'api.example')->{status}, 202, 'renew');
my $renewed = $t->wait_certificate('a.example',
    serial_not => $first{'a.example'});
ok($renewed, 'renewed');
# On each worker: the kernel spreads the connections.
is(http3('a.example')->{serial}, $renewed->{serial}, 'over QUIC as well')
    for 1 .. 8;
is(http3('b.example')->{serial}, $first{'b.example'}, 'others stay');
print $asked "HTTP/1.0 200 OK\r\n\r\nafter the renewal";
close $asked;
is_deeply(answer(join '', readline $held), { body => 'after the renewal',
    serial => $first{'a.example'} }, 'the connection from before went on');

$t->reload;
is(http3('a.example')->{serial}, $renewed->{serial}, 'after a reload');
$t->done;

# --- pieces ----------------------------------------------------------------

# A verified request over HTTP/3 and nothing else.
sub http3 {
    my ($name, $port) = @_;
    my $curl = curl($name, $port // $t->tls_port, '');
    return answer(scalar `$curl`);
}

sub curl {
    my ($name, $port, $path) = @_;
    return "curl -sS --http3-only --max-time 60 --cacert $ca->{root_file}"
        . " --resolve $name:$port:127.0.0.1 -w '\\n%{certs}'"
        . " https://$name:$port/$path 2>&1";
}

sub answer {
    my ($said) = @_;
    my ($serial) = $said =~ /^Serial Number:\s*(\S+)/m or diag($said);
    return { body => $said =~ s/\n.*//sr,
        serial => lc(($serial // '') =~ s{:}{}gr) };
}
