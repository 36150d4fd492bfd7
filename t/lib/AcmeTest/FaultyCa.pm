package AcmeTest::FaultyCa;

# A CA in trouble: stands between nginx and Pebble and does to each request
# what a script says. Without a script it changes nothing: Pebble makes its
# URLs from the Host header, so that they lead here, and signatures fit.
#
# A script names resources, and for each what happens to the first request of
# it, to the second and so on; afterwards requests pass:
#
#     $ca->script(newOrder => [answer(503, { 'Retry-After' => 60 }), lost()],
#         order => [for_ever(as_json(sub { $_[0]{status} = 'processing' }))]);
#
# Requests are counted over all connections from the last script() on. Each
# connection is served by a process of its own, so that a slow one holds up no
# other; the journal is all that they share.

use strict;
use warnings;

use Exporter qw(import);
use Fcntl qw(:flock SEEK_SET);
use IO::Socket::INET;
use IO::Socket::SSL;
use JSON::PP;
use MIME::Base64 qw(decode_base64url);
use POSIX qw(_exit);
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(time);

use AcmeTest::FaultyCa::Http qw(read_message message_text header
    set_header remove_header);
use AcmeTest::Pebble;
use AcmeTest::Poll qw(poll pause);
use AcmeTest::Port qw(free_port);
use AcmeTest::Process qw(fork_child stop_group);

our @EXPORT_OK = qw(untouched answer problem bad_nonce lost unheard cut slow
    stalled held held_answer changed as_json for_ever);
our %EXPORT_TAGS = (actions => \@EXPORT_OK);

my $json = JSON::PP->new->canonical->allow_nonref;

# Options: ca (the Pebble behind it), dir, name.
sub new {
    my ($class, %o) = @_;
    my $self = bless { name => 'faulty', port => free_port(), script => {},
        %o }, $class;
    $self->{folder} = "$self->{dir}/$self->{name}";
    mkdir $self->{folder} or die "$self->{folder}: $!";
    $self->up;
    return $self;
}

sub url { return "https://localhost:$_[0]{port}/dir" }

sub issuer_block {
    my ($self, %o) = @_;
    return AcmeTest::Pebble::issuer_block($self, %o);
}

# --- the script ------------------------------------------------------------

# Replaces the script and forgets what has been counted.
sub script {
    my ($self, %script) = @_;
    $self->{script} = \%script;
    $self->down;
    unlink $self->journal_file, glob "$self->{folder}/released-*";
    return $self->up;
}

sub untouched { return { name => 'untouched' } }

# An answer of our own: Pebble does not hear of the request.
sub answer {
    my ($status, $headers, $body) = @_;
    return { name => "answer $status",
        instead => sub { response($status, $headers, $body) } };
}

# The same with a problem document, and a fresh nonce as CAs send it along.
sub problem {
    my ($status, $type, $detail, $headers, %more) = @_;
    my $body = $json->encode({ type => "urn:ietf:params:acme:error:$type",
        detail => $detail, status => $status, %more });
    return { name => "problem $type", instead => sub {
        my ($self) = @_;
        return response($status, { 'Replay-Nonce' => $self->nonce,
            'Content-Type' => 'application/problem+json',
            %{ $headers // {} } }, $body);
    } };
}

sub bad_nonce { return problem(400, 'badNonce', 'JWS has an invalid nonce') }

# Pebble does it, but its answer never arrives.
sub lost { return { name => 'lost', deliver => \&close_silently } }

# The connection is reset before Pebble hears of it.
sub unheard {
    return { name => 'unheard', instead => sub { {} },
        deliver => \&reset_connection };
}

# Half of the answer, then the end of the connection.
sub cut { return { name => 'cut', deliver => \&send_half } }

# The answer a byte at a time.
sub slow { return { name => 'slow', deliver => \&send_slowly } }

# The first half of the answer, and then nothing, for ever.
sub stalled { return { name => 'stalled', deliver => \&send_half_and_wait } }

# Waits for release(NAME) before Pebble hears of it, or with Pebble's answer
# in hand.
sub held {
    my ($name) = @_;
    return { name => "held $name", before => sub { $_[0]->wait_for($name) } };
}

sub held_answer {
    my ($name) = @_;
    return { name => "held answer $name",
        change => sub { $_[1]->wait_for($name) } };
}

# Pebble's answer, changed by the sub: { status, headers (pairs), body }.
sub changed {
    my ($sub) = @_;
    return { name => 'changed', change => $sub };
}

# The same for the object in its body.
sub as_json {
    my ($sub) = @_;
    return changed(sub {
        my ($response) = @_;
        my $object = $json->decode($response->{body});
        my $new = $sub->($object);
        $response->{body} = $json->encode(ref $new ? $new : $object);
    });
}

# This one for the request of its place in the list and all that follow.
sub for_ever { return { %{ $_[0] }, for_ever => 1 } }

sub response {
    my ($status, $headers, $body) = @_;
    return { status => $status, headers => [%{ $headers // {} }],
        body => $body // '' };
}

# --- what the test sees ----------------------------------------------------

# Each request since the last script(): { kind, path, method, connection,
# action, names (of a newOrder), status, seconds (that Pebble took for it) }, in
# the order of arrival.
sub journal {
    my ($self) = @_;
    open my $file, '<', $self->journal_file or return;
    my %done;
    my @requests;
    while (my $line = <$file>) {
        my $entry = $json->decode($line);
        if (exists $entry->{arrived}) {
            push @requests, $entry;
            $done{ $entry->{id} } = $entry;
        } else {
            @{ $done{ $entry->{id} } }{qw(status seconds)} =
                @$entry{qw(status seconds)};
        }
    }
    return @requests;
}

sub requests {
    my ($self, $kind) = @_;
    return scalar grep { $_->{kind} eq $kind } $self->journal;
}

sub kinds { return join ' ', map { $_->{kind} } $_[0]->journal }

# Whether a request is being held under that name.
sub holds {
    my ($self, $name) = @_;
    return -e "$self->{folder}/held-$name";
}

sub release {
    my ($self, $name) = @_;
    open my $file, '>', "$self->{folder}/released-$name" or die $!;
    return $self;
}

# Nothing listens any more, and what was connected is cut off.
sub down {
    my ($self) = @_;
    stop_group(delete $self->{pid}, 'KILL') if $self->{pid};
    unlink glob "$self->{folder}/held-*";
    close delete $self->{listener} if $self->{listener};
    return $self;
}

sub up {
    my ($self) = @_;
    $self->{listener} = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $self->{port}, Listen => 64, ReuseAddr => 1)
        or die "port $self->{port}: $!";
    $self->{pid} = fork_child(sub { $self->accept_for_ever });
    return $self;
}

sub stop { return $_[0]->down }

# What went wrong in the faulty CA itself: nothing, or a test proves nothing.
sub complaints { return AcmeTest::Pebble::slurp("$_[0]{folder}/faulty.log") }

# --- the proxy -------------------------------------------------------------

sub accept_for_ever {
    my ($self) = @_;
    $SIG{CHLD} = 'IGNORE';
    while (1) {
        my $socket = $self->{listener}->accept or next;
        next if fork // die "fork: $!";
        close $self->{listener};
        eval { $self->serve($socket); 1 } or $self->complain($@);
        _exit(0);
    }
}

sub complain {
    my ($self, $error) = @_;
    open my $log, '>>', "$self->{folder}/faulty.log" or return;
    print $log $error;
}

sub serve {
    my ($self, $socket) = @_;
    my $tls = AcmeTest::Pebble::test_ca();
    $socket = IO::Socket::SSL->start_SSL($socket, SSL_server => 1,
        SSL_cert_file => "$tls/localhost.pem",
        SSL_key_file => "$tls/localhost.key") or return;
    while (my $request = read_message($socket)) {
        $self->handle($socket, $request) or last;
    }
    $socket->close;
}

# Whether the connection goes on.
sub handle {
    my ($self, $socket, $request) = @_;
    my ($method, $path) = split / /, $request->{first};
    @$request{qw(method path kind)} =
        ($method, $path, AcmeTest::Pebble::resource_of($path));
    my $action = $self->arrive($request);
    $action->{before}->($self, $request) if $action->{before};
    my $response = $action->{instead}
        ? $action->{instead}->($self, $request) : $self->ask($request);
    $action->{change}->($response, $self, $request) if $action->{change};
    $self->note({ id => $request->{id}, status => $response->{status},
        seconds => delete $response->{seconds} });
    my $deliver = $action->{deliver} // \&send_whole;
    return $deliver->($socket, message_text($response, $method));
}

# Writes it down, and finds out whose turn in the script it is.
sub arrive {
    my ($self, $request) = @_;
    open my $file, '+>>', $self->journal_file or die $!;
    flock $file, LOCK_EX or die $!;
    seek $file, 0, SEEK_SET;
    my @before = <$file>;
    my $kind = $request->{kind};
    my $nth = grep { /"arrived":1/ && /"kind":"\Q$kind\E"/ } @before;
    my $action = action_of($self->{script}{$kind} // [], $nth);
    $request->{id} = scalar @before;
    syswrite $file, $json->encode({ arrived => 1, id => $request->{id},
        kind => $kind, path => $request->{path}, connection => $$,
        method => $request->{method}, action => $action->{name},
        $self->learn($request) }) . "\n";
    return $action;
}

sub action_of {
    my ($list, $nth) = @_;
    return $list->[$nth] if $nth < @$list;
    return $list->[-1] if @$list && $list->[-1]{for_ever};
    return untouched();
}

# What the payload says that others need to know.
sub learn {
    my ($self, $request) = @_;
    my $payload = payload_of($request) or return;
    if (my $csr = $payload->{csr}) {
        open my $file, '>:raw', "$self->{folder}/csr.der" or die $!;
        print $file decode_base64url($csr);
        close $file or die $!;
    }
    my $names = $payload->{identifiers} or return;
    return (names => [map { $_->{value} } @$names]);
}

sub payload_of {
    my ($request) = @_;
    my $jws = eval { $json->decode($request->{body}) } or return;
    my $text = decode_base64url($jws->{payload} // '');
    my $payload = eval { $json->decode($text) };
    return ref $payload eq 'HASH' ? $payload : undef;
}

sub note {
    my ($self, $entry) = @_;
    open my $file, '>>', $self->journal_file or die $!;
    flock $file, LOCK_EX or die $!;
    syswrite $file, $json->encode($entry) . "\n";
}

sub journal_file { return "$_[0]{folder}/journal" }

sub ask {
    my ($self, $request) = @_;
    my $ca = $self->{ca}->connect
        or die "Pebble: $!, $IO::Socket::SSL::SSL_ERROR\n";
    my %copy = (%$request, headers => [@{ $request->{headers} }]);
    # So that the end of the answer is the end of the connection.
    $copy{first} =~ s{HTTP/1\.1}{HTTP/1.0};
    set_header(\%copy, Connection => 'close');
    my $begin = time;
    $ca->print(message_text(\%copy));
    my $response = read_message($ca, $request->{method} eq 'HEAD')
        or die "Pebble does not answer $request->{path}\n";
    $response->{seconds} = time - $begin;
    ($response->{status}) = $response->{first} =~ m{^HTTP/\S+ (\d+)};
    remove_header($response, 'Connection');
    delete $response->{first};
    return $response;
}

sub nonce {
    my ($self) = @_;
    my $response = $self->ask({ first => 'HEAD /nonce-plz HTTP/1.1',
        method => 'HEAD', path => '/nonce-plz', body => '',
        headers => [Host => "localhost:$self->{port}",
            'User-Agent' => 'faulty'] });
    return header($response, 'Replay-Nonce');
}

sub wait_for {
    my ($self, $name) = @_;
    open my $file, '>', "$self->{folder}/held-$name" or die $!;
    pause(0.01) until -e "$self->{folder}/released-$name";
    unlink "$self->{folder}/held-$name";
}

# --- ways to deliver an answer ---------------------------------------------

sub send_whole { return $_[0]->print($_[1]) }

sub close_silently { return 0 }

sub reset_connection {
    my ($socket) = @_;
    # A close with nothing to linger for sends a RST; the process ends without
    # the farewell that TLS would say.
    setsockopt $socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
    _exit(0);
}

sub send_half {
    my ($socket, $text) = @_;
    $socket->print(substr $text, 0, half_of($text));
    return 0;
}

sub send_half_and_wait {
    my ($socket, $text) = @_;
    $socket->print(substr $text, 0, half_of($text));
    # Until the client has had enough of it.
    $socket->sysread(my $nothing, 1);
    return 0;
}

# In the middle of the body, where there is one.
sub half_of {
    my ($text) = @_;
    my $head = index($text, "\r\n\r\n") + 4;
    my $body = length($text) - $head;
    return $body ? $head + int($body / 2) : int($head / 2);
}

sub send_slowly {
    my ($socket, $text) = @_;
    for my $byte (split //, $text) {
        $socket->print($byte) or return 0;
        pause(0.001);
    }
    return 1;
}

1;
