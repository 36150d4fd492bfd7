package AcmeTest::Http2;

# A connection over HTTP/2 (RFC 9113) that stays open: as much of the protocol
# as it takes to ask nginx for one page after the other.

use strict;
use warnings;

use Net::SSLeay;

use AcmeTest::Load;
use AcmeTest::Tls qw(tls_open tls_close);

my %type = (DATA => 0, HEADERS => 1, RST_STREAM => 3, SETTINGS => 4,
    PING => 6, GOAWAY => 7, WINDOW_UPDATE => 8);
my $end_stream = 0x1;
my $ack = 0x1;
my $end_headers = 0x4;

# HPACK (RFC 7541, appendix A): one byte each.
my $get_https = "\x82\x87";
my %status = (0x88 => 200, 0x8c => 400, 0x8d => 404, 0x8e => 500);

# Options: those of tls_connect. The result has ok, or error.
sub new {
    my ($class, %o) = @_;
    my $self = bless { next => 1, authority => $o{name},
        %{ tls_open(alpn => ['h2'], %o) } }, $class;
    return $self unless $self->{ok};
    return $self->broken($self->{verify_error}) unless $self->{verified};
    return $self->broken("not h2 but $self->{alpn}")
        unless $self->{alpn} eq 'h2';
    $self->send_raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    $self->send_frame('SETTINGS', 0, 0, '');
    return $self;
}

# status, body; or error, and then the connection is of no more use.
sub get {
    my ($self, $path) = @_;
    return { error => $self->{error} } unless $self->{ok};
    my $stream = $self->{next};
    $self->{next} += 2;
    $self->send_frame('HEADERS', $end_stream | $end_headers, $stream,
        $get_https . literal(1, $self->{authority}) . literal(4, $path));
    my $answer = { body => '' };
    until ($answer->{ended}) {
        my $frame = $self->read_frame or return { error => $self->{error} };
        $self->take($frame, $stream, $answer);
        return { error => $self->{error} } unless $self->{ok};
    }
    return $answer;
}

# A field whose name is in the static table, as it is and not to be indexed.
sub literal {
    my ($name, $value) = @_;
    die "too long for one byte of length: $value" if length $value > 126;
    return chr($name) . chr(length $value) . $value;
}

sub take {
    my ($self, $frame, $stream, $answer) = @_;
    my ($type, $payload) = @$frame{qw(type payload)};
    if ($type == $type{SETTINGS} && !($frame->{flags} & $ack)) {
        $self->send_frame('SETTINGS', $ack, 0, '');
    } elsif ($type == $type{PING} && !($frame->{flags} & $ack)) {
        $self->send_frame('PING', $ack, 0, $payload);
    } elsif ($type == $type{GOAWAY} || $type == $type{RST_STREAM}) {
        $self->broken('ended by frame ' . unpack 'H*', chr($type) . $payload);
    }
    return unless $frame->{stream} == $stream;
    if ($type == $type{HEADERS}) {
        $answer->{status} = $status{ ord $payload } // 'unknown';
    } elsif ($type == $type{DATA}) {
        $answer->{body} .= $payload;
        $self->send_frame('WINDOW_UPDATE', 0, 0, pack 'N', length $payload)
            if length $payload;
    }
    $answer->{ended} = $frame->{flags} & $end_stream
        if $type == $type{HEADERS} || $type == $type{DATA};
}

sub send_frame {
    my ($self, $type, $flags, $stream, $payload) = @_;
    $self->send_raw(substr(pack('N', length $payload), 1)
        . pack('CCN', $type{$type}, $flags, $stream) . $payload);
}

sub send_raw {
    my ($self, $bytes) = @_;
    Net::SSLeay::write($self->{ssl}, $bytes) > 0
        or $self->broken('cannot be written to');
}

sub read_frame {
    my ($self) = @_;
    my $head = $self->read_exactly(9) // return;
    my ($size, $type, $flags, $stream) = unpack 'N @3 C C N', $head;
    my $payload = $self->read_exactly($size >> 8) // return;
    return { type => $type, flags => $flags, stream => $stream,
        payload => $payload };
}

sub read_exactly {
    my ($self, $size) = @_;
    my $bytes = '';
    while (length $bytes < $size) {
        my ($data, $status) = Net::SSLeay::read($self->{ssl},
            $size - length $bytes);
        return $self->broken('closed, or no answer in time') && undef
            if $status <= 0;
        $bytes .= $data;
    }
    return $bytes;
}

sub broken {
    my ($self, $error) = @_;
    $self->{ok} = 0;
    $self->{error} = "HTTP/2 connection: $error";
    return $self;
}

sub hang_up { tls_close($_[0]) }

# Requests in turn over connections that are opened once, one for each name,
# in a child; counted by the body of the answer. Options: those of tls_connect,
# names, path, pause.
sub load {
    my (%o) = @_;
    my @open;
    return AcmeTest::Load->start(sub {
        my ($n) = @_;
        @open = map { __PACKAGE__->new(%o, name => $_) } @{ $o{names} }
            unless @open;
        my $answer = $open[$n % @open]->get($o{path} // '/');
        return (0, $answer->{error}) if $answer->{error};
        return ($answer->{status} eq '200', $answer->{body});
    }, steps => 'requests', words => 'bodies', pause => $o{pause} // 0.05);
}

1;
