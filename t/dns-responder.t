# The name server for the zone that _acme-challenge names are delegated to: dig
# and worse clients against it.

use strict;
use warnings;

use IO::Socket::INET;
use Test::More;

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new(workers => 2, log_level => 'info');
$t->start_ca(no_sleep => 1);
my $port = $t->port('PORT_DNS');
$t->write_config(<<'END');
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    acme_dns_listen 127.0.0.1:%%PORT_DNS%%;
    acme_dns_listen [::1]:%%PORT_DNS%%;
    acme_dns_zone acme.pium.life ns=here.pium.life;
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name api.pium.life;
        acme_domain api.pium.life challenge=http-01;
    }
}
END
$t->start;
my @udp = qw(+notcp +ignore);
my $aa = qr/flags: qr aa/;

for my $how (\@udp, ['+tcp']) {
    my $by = "@$how";
    like(dig(@$how, 'acme.pium.life', 'SOA'),
        qr/NOERROR.*$aa.*IN\s+SOA\s+here\.pium\.life\./s, "$by: SOA");
    like(dig(@$how, 'acme.pium.life', 'NS'),
        qr/NOERROR.*$aa.*IN\s+NS\s+here\.pium\.life\./s, "$by: NS");
    like(dig(@$how, 'api.pium.life.acme.pium.life', 'TXT'),
        qr/NOERROR.*$aa.*ANSWER: 0.*IN\s+SOA/s,
        "$by: a name without a value now is there all the same");
    like(dig(@$how, 'life.acme.pium.life', 'A'),
        qr/NOERROR.*$aa.*ANSWER: 0.*IN\s+SOA/s, "$by: and those above it");
    like(dig(@$how, 'other.acme.pium.life', 'TXT'),
        qr/NXDOMAIN.*$aa.*IN\s+SOA/s, "$by: another is not");
    for my $foreign (qw(pium.life com . example.net)) {
        my $said = dig(@$how, $foreign, 'A');
        like($said, qr/REFUSED/, "$by: $foreign is refused");
        like($said, qr/ANSWER: 0, AUTHORITY: 0/, 'with no record');
    }
    like(dig(@$how, 'AcMe.PiUm.LiFe', 'SOA'), qr/^AcMe\.PiUm\.LiFe\.\s/m,
        "$by: the case of the question is kept");
    my $any = dig(@$how, 'acme.pium.life', 'ANY');
    like($any, qr/NOERROR.*IN\s+HINFO/s, "$by: ANY gets little");
}
like(dig(@udp, '+edns=1', '+noednsneg', 'acme.pium.life', 'SOA'),
    qr/BADVERS/, 'an EDNS version of the future');
like(dig(@udp, '+bufsize=4096', 'acme.pium.life', 'SOA'), qr/udp: 1232/,
    'EDNS: a size that passes every network');
like(dig(@udp, '+noedns', 'acme.pium.life', 'SOA'), qr/NOERROR/, 'no EDNS');
like(dig('+tcp', 'acme.pium.life', 'AXFR'), qr/Transfer failed|REFUSED/,
    'no zone transfer');
like(dig(@udp, '+opcode=notify', 'acme.pium.life', 'SOA'), qr/NOTIMP/,
    'no other operation');
like(AcmeTest::Delegation::run_dig('@::1', '-p', $port, 'acme.pium.life', 'SOA'),
    qr/NOERROR/, 'IPv6');

hostile_datagrams();
hostile_connections();
many_queries_on_a_connection();
is(scalar(my @said = $t->log_lines(qr/\[(warn|error|crit|alert)\]/)), 0,
    'which is not worth a line in the log');
$t->reload;
like(dig(@udp, 'acme.pium.life', 'SOA'), qr/NOERROR/, 'after a reload, too');
$t->done;

sub dig {
    return AcmeTest::Delegation::run_dig('@127.0.0.1', '-p', $port, @_);
}

sub datagram {
    my ($bytes) = @_;
    my $socket = IO::Socket::INET->new(Proto => 'udp', PeerPort => $port,
        PeerAddr => '127.0.0.1') or die "udp: $!";
    $socket->send($bytes);
    vec(my $ready = '', fileno $socket, 1) = 1;
    return '' unless select $ready, undef, undef, 0.2;
    $socket->recv(my $answer, 65536);
    return $answer;
}

sub query {
    my ($name, $type) = @_;
    return pack('n6', 4711, 0x0100, 1, 0, 0, 0)
        . join('', map { pack 'C/a', $_ } split /\./, $name) . "\0"
        . pack('n2', $type, 1);
}

sub hostile_datagrams {
    my $good = query('acme.pium.life', 6);
    for my $length (0 .. 11) {
        is(datagram(substr $good, 0, $length), '', "$length bytes: nothing")
            if $length % 4 == 3;
    }
    is(datagram($good ^ ("\0\0\x80")), '', 'a response is not answered');
    for my $length (12, 20, length($good) - 1) {
        like(datagram(substr $good, 0, $length), qr/^\x12\x67..*/s,
            "the first $length bytes: an error");
    }
    my $loop = pack('n6', 1, 0, 1, 0, 0, 0) . "\xc0\x0c" . pack('n2', 16, 1);
    is(unpack('x3 C', datagram($loop)) & 15, 1, 'a name that leads to itself');
    srand 4;
    for (1 .. 500) {
        my $bytes = $good;
        substr($bytes, rand length $bytes, 1) = chr rand 256 for 1 .. 4;
        my $answer = datagram_without_waiting($bytes);
    }
    my $long = datagram(query(join('.', ('a' x 60) x 3, 'acme.pium.life'), 16));
    cmp_ok(length $long, '<=', 512, 'nothing is amplified');
    like(dig(@udp, 'acme.pium.life', 'SOA'), qr/NOERROR/, 'it still answers');
}

sub datagram_without_waiting {
    my ($bytes) = @_;
    my $socket = IO::Socket::INET->new(Proto => 'udp', PeerPort => $port,
        PeerAddr => '127.0.0.1') or die "udp: $!";
    $socket->send($bytes);
    return;
}

sub connection {
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port)
        // die "tcp: $!";
}

sub hostile_connections {
    my @silent = map { connection() } 1 .. 20;
    my $half = connection();
    $half->syswrite(pack('n', 500) . 'x');
    like(dig('+tcp', 'acme.pium.life', 'SOA'), qr/NOERROR/,
        'connections that say nothing are in nobody\'s way');
    my $empty = connection();
    $empty->syswrite(pack 'n', 0);
    my $response = connection();
    my $bytes = query('acme.pium.life', 6) ^ "\0\0\x80";
    $response->syswrite(pack('n/a', $bytes));
    like(dig('+tcp', 'acme.pium.life', 'SOA'), qr/NOERROR/, 'it goes on');
}

# Byte by byte, and several at once.
sub many_queries_on_a_connection {
    my $socket = connection();
    my $query = pack 'n/a', query('acme.pium.life', 6);
    $socket->syswrite($_) for split //, $query;
    $socket->syswrite($query x 20);
    my $answers = '';
    $socket->sysread($answers, 65536, length $answers) or last
        while count($answers) < 21;
    is(count($answers), 21, 'every query of a connection is answered');
}

sub count {
    my ($bytes) = @_;
    my $count = 0;
    while (length $bytes > 2 && length $bytes >= 2 + unpack 'n', $bytes) {
        substr($bytes, 0, 2 + unpack 'n', $bytes) = '';
        $count++;
    }
    return $count;
}
