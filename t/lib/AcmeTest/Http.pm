package AcmeTest::Http;

# HTTP over a bare socket: what is sent is exactly what the test says.

use strict;
use warnings;

use IO::Socket::INET;
use IO::Select;
use Exporter qw(import);

our @EXPORT_OK = qw(http_request parse_response);

# Options: method, host, headers (array of lines), body, seconds, address; or
# raw, the whole request. The result has status, reason, headers (a hash by
# lower-case name), body and raw, or error.
sub http_request {
    my ($port, $path, %o) = @_;
    my $socket = IO::Socket::INET->new(
        PeerAddr => $o{address} // '127.0.0.1',
        PeerPort => $port,
        Timeout => $o{seconds} // 5) or return { error => "connect: $!" };
    local $SIG{PIPE} = 'IGNORE';
    $socket->syswrite($o{raw} // request_text($path, \%o));
    my $raw = read_all($socket, $o{seconds} // 5);
    return parse_response($raw);
}

sub request_text {
    my ($path, $o) = @_;
    my $body = $o->{body} // '';
    my @lines = (($o->{method} // 'GET') . " $path HTTP/1.1",
        'Host: ' . ($o->{host} // 'localhost'),
        'Connection: close', @{ $o->{headers} // [] });
    push @lines, 'Content-Length: ' . length $body if length $body;
    return join("\r\n", @lines) . "\r\n\r\n$body";
}

sub read_all {
    my ($socket, $seconds) = @_;
    my $select = IO::Select->new($socket);
    my $raw = '';
    while ($select->can_read($seconds)) {
        $socket->sysread($raw, 65536, length $raw) or last;
    }
    return $raw;
}

sub parse_response {
    my ($raw) = @_;
    my ($head, $body) = split /\r\n\r\n/, $raw, 2;
    my ($first, @lines) = split /\r\n/, $head // '';
    my ($status, $reason) = ($first // '') =~ m{^HTTP/[\d.]+ (\d+) ?(.*)}
        or return { error => 'no HTTP answer', raw => $raw };
    my %headers = map { /^([^:]+):\s*(.*)/ ? (lc $1, $2) : () } @lines;
    return { status => $status, reason => $reason, headers => \%headers,
        body => $body // '', raw => $raw };
}

1;
