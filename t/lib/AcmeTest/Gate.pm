package AcmeTest::Gate;

# Stands where the CA looks for http-01 answers and holds its questions until
# the test lets them through to nginx. The CA waits for some ten seconds.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;

use AcmeTest::Http qw(http_request);
use AcmeTest::Port;

sub new {
    my ($class) = @_;
    my $port = AcmeTest::Port::free_port();
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $port, Listen => 64, ReuseAddr => 1)
        or die "port $port: $!";
    return bless { port => $port, socket => $socket, held => [] }, $class;
}

sub port { return $_[0]{port} }

# Takes what has come. Gives host => token of all questions so far.
sub questions {
    my ($self) = @_;
    while (IO::Select->new($self->{socket})->can_read(0)) {
        my $client = $self->{socket}->accept or last;
        my $text = '';
        $client->sysread($text, 4096, length $text) or last
            until $text =~ /\r\n\r\n/;
        push @{ $self->{held} }, { client => $client, text => $text };
        my ($host) = $text =~ /^Host: ([^:\r]+)/mi;
        my ($token) = $text =~ m{^GET /\.well-known/acme-challenge/(\S+)};
        $self->{tokens}{$host} = $token;
    }
    return $self->{tokens} // {};
}

# What was asked so far is of no interest any more.
sub forget {
    my ($self) = @_;
    $self->{tokens} = {};
    close $_->{client} for splice @{ $self->{held} };
    return;
}

# Each question that is held gets the answer of the server at that port.
sub let_through {
    my ($self, $port) = @_;
    $self->questions;
    for my $question (splice @{ $self->{held} }) {
        my $answer = http_request($port, '', raw => $question->{text});
        $question->{client}->syswrite($answer->{raw} // '');
        $question->{client}->close;
    }
}

1;
