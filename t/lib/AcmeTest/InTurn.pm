package AcmeTest::InTurn;

# Stands between nginx and Pebble, and gives Pebble one request at a time.
#
# Pebble (2.10) locks itself up for good when, at the same moment, one request
# reads an authorization (it holds that one, and wants the store), another
# places an order (it holds the store for reading, and wants every
# authorization) and a third adds something to the store (it waits for the
# second, and Go lets the first wait behind it). With thousands of
# authorizations that happens every few runs.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use IO::Socket::SSL;

use AcmeTest::FaultyCa::Http qw(read_message message_text header
    set_header remove_header);
use AcmeTest::Pebble;
use AcmeTest::Port qw(free_port);
use AcmeTest::Process qw(fork_child stop_group);

# Options: ca (the Pebble behind it), log.
sub new {
    my ($class, %o) = @_;
    my $self = bless { name => 'in-turn', port => free_port(), %o }, $class;
    $self->{listener} = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $self->{port}, Listen => 64, ReuseAddr => 1)
        or die "port $self->{port}: $!";
    $self->{pid} = fork_child(sub { $self->serve_for_ever });
    close delete $self->{listener};
    return $self;
}

sub url { return "https://localhost:$_[0]{port}/dir" }

sub issuer_block {
    my ($self, %o) = @_;
    return AcmeTest::Pebble::issuer_block($self, %o);
}

sub stop {
    my ($self) = @_;
    stop_group(delete $self->{pid}, 'KILL') if $self->{pid};
}

# What went wrong here: nothing, or a test proves nothing.
sub complaints { return AcmeTest::Pebble::slurp($_[0]{log}) }

sub serve_for_ever {
    my ($self) = @_;
    # Whoever is asked may have gone.
    local $SIG{PIPE} = 'IGNORE';
    my $all = IO::Select->new($self->{listener});
    while (my @ready = $all->can_read) {
        for my $socket (@ready) {
            if ($socket == $self->{listener}) {
                my $new = accept_tls($socket);
                $all->add($new) if $new;
            } elsif (!$self->serve($socket)) {
                $all->remove($socket);
                $socket->close;
            }
        }
    }
}

sub accept_tls {
    my ($listener) = @_;
    my $socket = $listener->accept or return;
    my $tls = AcmeTest::Pebble::test_ca();
    return IO::Socket::SSL->start_SSL($socket, SSL_server => 1,
        SSL_cert_file => "$tls/localhost.pem",
        SSL_key_file => "$tls/localhost.key");
}

# One request and its answer. Whether the connection goes on.
sub serve {
    my ($self, $socket) = @_;
    my $request = read_message($socket) or return 0;
    my ($method) = $request->{first} =~ /^(\S+)/;
    # A Pebble that has not been started yet is a CA that is not there.
    my $ca = $self->{upstream} //= $self->{ca}->connect or return 0;
    # So that an answer has a length, or ends with its connection.
    $request->{first} =~ s{HTTP/1\.1}{HTTP/1.0};
    set_header($request, Connection => 'keep-alive');
    $ca->print(message_text($request));
    my $response = read_message($ca, $method eq 'HEAD');
    my $goes_on = $response && header($response, 'Connection');
    delete $self->{upstream} unless lc($goes_on // '') eq 'keep-alive';
    if (!$response) {
        $self->complain("no answer to $request->{first}\n");
        return 0;
    }
    $response->{first} =~ s{HTTP/1\.0}{HTTP/1.1};
    remove_header($response, 'Connection');
    return $socket->print(message_text($response, $method));
}

sub complain {
    my ($self, $error) = @_;
    open my $log, '>>', $self->{log} or die "$self->{log}: $!";
    print $log $error;
}

1;
