package AcmeTest::ClientHello;

# A TLS 1.2 ClientHello byte by byte, for what a well-behaved client cannot be
# made to send, and a look at what the server says to it. With TLS 1.2 the
# certificate comes in the clear.

use strict;
use warnings;

use Exporter qw(import);
use IO::Select;
use IO::Socket::INET;
use Net::SSLeay;

use AcmeTest::Tls qw(describe_pem);

our @EXPORT_OK = qw(client_hello record vector server_name server_names alpn
    send_hello);

my %extension = (server_name => 0, groups => 10, points => 11,
    algorithms => 13, alpn => 16);
my $certificate = 11;
my $hello_done = 14;

# A whole record; extensions as made by server_name() and alpn().
sub client_hello {
    my (@extensions) = @_;
    my $body = pack('n a32', 0x0303, 'r' x 32) . "\0"
        . vector(pack 'n*', 0xc02b, 0xc02f, 0xc02c, 0xc030) . "\1\0"
        . vector(join '', @extensions,
            extension('groups', vector(pack 'n*', 23, 24, 29)),
            extension('points', "\1\0"),
            extension('algorithms', vector(pack 'n*', 0x0403, 0x0503, 0x0804,
                0x0401)));
    return record(22, "\1" . substr(pack('N', length $body), 1) . $body);
}

sub record { return pack 'C n n/a*', $_[0], 0x0301, $_[1] }

sub vector { return pack 'n/a*', $_[0] }

sub extension { return pack 'n n/a*', $extension{ $_[0] }, $_[1] }

sub server_name { return server_names("\0" . vector($_[0])) }

# The list as it is to be sent, right or wrong.
sub server_names { return extension('server_name', vector($_[0])) }

sub alpn {
    return extension('alpn', vector(join '', map { pack 'C/a*', $_ } @_));
}

# Sends the bytes, and with half_close the end; reads what comes until the
# server's hello is done, an alert, or the end. Gives alert (its number), names
# of the certificate and its bytes (der), raw; timeout when nothing came.
sub send_hello {
    my ($port, $bytes, %o) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port) or return { error => "connect: $!" };
    local $SIG{PIPE} = 'IGNORE';
    $socket->syswrite($bytes);
    $socket->shutdown(1) if $o{half_close};
    my $result = { raw => '' };
    my $select = IO::Select->new($socket);
    until ($result->{over}) {
        $select->can_read($o{seconds} // 5)
            or return { %$result, timeout => 1 };
        $socket->sysread($result->{raw}, 65536, length $result->{raw}) or last;
        look($result);
    }
    return $result;
}

sub look {
    my ($result) = @_;
    my ($rest, $handshake) = ($result->{raw}, '');
    while ($rest =~ s/^(.)..(..)//s && length $rest >= unpack 'n', $2) {
        my ($type, $size) = (ord $1, unpack 'n', $2);
        my $payload = substr $rest, 0, $size, '';
        $handshake .= $payload if $type == 22;
        @$result{qw(alert over)} = (ord substr($payload, 1), 1) if $type == 21;
    }
    while (length $handshake >= 4) {
        my $type = ord $handshake;
        my $size = unpack('N', $handshake) & 0xffffff;
        last if length $handshake < 4 + $size;
        my $message = substr substr($handshake, 0, 4 + $size, ''), 4;
        describe($result, $message) if $type == $certificate;
        $result->{over} = 1 if $type == $hello_done;
    }
}

sub describe {
    my ($result, $message) = @_;
    my $size = unpack 'N', "\0" . substr $message, 3, 3;
    $result->{der} = substr $message, 6, $size;
    my $bio = Net::SSLeay::BIO_new(Net::SSLeay::BIO_s_mem());
    Net::SSLeay::BIO_write($bio, $result->{der});
    my $x509 = Net::SSLeay::d2i_X509_bio($bio);
    Net::SSLeay::BIO_free($bio);
    $result->{names} = describe_pem(
        Net::SSLeay::PEM_get_string_X509($x509))->{names};
    Net::SSLeay::X509_free($x509);
}

1;
