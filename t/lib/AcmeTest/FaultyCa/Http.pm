package AcmeTest::FaultyCa::Http;

# HTTP messages as the faulty CA takes them apart and puts them together:
# { first (line), headers (name, value, name, value ...), body }, with status
# in place of first for an answer of ours.

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(read_message message_text header set_header
    remove_header);

# Nothing at the end of the connection. The answer to a HEAD has no body,
# whatever its length, and a 204 has none without one.
sub read_message {
    my ($socket, $is_head) = @_;
    my $text = '';
    while ($text !~ /\r\n\r\n/) {
        $socket->sysread($text, 65536, length $text) or return;
    }
    my ($head, $body) = split /\r\n\r\n/, $text, 2;
    my ($first, @lines) = split /\r\n/, $head;
    my %message = (first => $first, body => $body,
        headers => [map { /^([^:]+):\s*(.*)/ } @lines]);
    my $length = $is_head || $first =~ m{^HTTP/\S+ 204 } ? 0
        : header(\%message, 'Content-Length');
    $length //= $first =~ m{^HTTP/} ? 1e9 : 0;
    while (length $message{body} < $length) {
        $socket->sysread($message{body}, 65536, length $message{body})
            or last;
    }
    return \%message;
}

# The length is that of the body, unless somebody has set another.
sub message_text {
    my ($message, $method) = @_;
    my $first = $message->{first}
        // "HTTP/1.1 " . ($message->{status} // 200) . ' Whatever';
    my @headers = @{ $message->{headers} // [] };
    my $body = $message->{body} // '';
    my $text = "$first\r\n";
    my $has_length;
    while (my ($name, $value) = splice @headers, 0, 2) {
        if (lc $name eq 'content-length') {
            next unless $message->{keep_length} || ($method // '') eq 'HEAD';
            $has_length = 1;
        }
        $text .= "$name: $value\r\n";
    }
    $text .= 'Content-Length: ' . length($body) . "\r\n" unless $has_length;
    return "$text\r\n$body";
}

sub header {
    my ($message, $name) = @_;
    my @headers = @{ $message->{headers} };
    while (my ($key, $value) = splice @headers, 0, 2) {
        return $value if lc $key eq lc $name;
    }
    return;
}

sub remove_header {
    my ($message, $name) = @_;
    my @headers = splice @{ $message->{headers} };
    while (my ($key, $value) = splice @headers, 0, 2) {
        push @{ $message->{headers} }, $key, $value unless lc $key eq lc $name;
    }
}

sub set_header {
    my ($message, $name, $value) = @_;
    remove_header($message, $name);
    push @{ $message->{headers} }, $name, $value;
}

1;
