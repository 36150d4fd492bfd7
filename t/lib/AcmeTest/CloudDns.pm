package AcmeTest::CloudDns;

# Three DNS providers and AWS Certificate Manager in one small HTTP server: Route
# 53, Cloudflare, acme-dns and ACM, strict about every byte that they are sent
# (signatures included); and where a container of Amazon's gets its credentials.
# They keep their record sets, and publish them to pebble-challtestsrv, where
# the CA looks:
#
#     my $cloud = AcmeTest::CloudDns->new(dir => $t->dir, dns => $t->dns,
#         zones => ['pium.life']);
#     $cloud->answer_next(429, headers => { 'Retry-After' => 60 });
#
# The server is one process that serves all connections in turn, so its
# records need no lock. What a request has that it should not have is answered
# by an error and written down: complaints() must be empty in the end.

use strict;
use warnings;

use Exporter qw(import);
use IO::Select;
use IO::Socket::INET;
use JSON::PP;

use AcmeTest::CloudDns::Acm;
use AcmeTest::CloudDns::AcmeDns;
use AcmeTest::CloudDns::Cloudflare;
use AcmeTest::CloudDns::Container;
use AcmeTest::CloudDns::Route53;
use AcmeTest::FaultyCa::Http qw(header message_text);
use AcmeTest::Nginx;
use AcmeTest::Port qw(free_port);
use AcmeTest::Process qw(fork_child stop_group);

my $json = JSON::PP->new->canonical;

# Options: dir, name, dns (a pebble-challtestsrv, or none), zones (names; with
# one that begins with "-", a private zone of Route 53), pending (how many
# looks at a change of Route 53 find it PENDING; 1), keys (as for
# AcmeTest::Sigv4), token (Cloudflare's), acme_dns_domain (below which acme-dns
# has its places).
sub new {
    my ($class, %o) = @_;
    my $self = bless { name => 'cloud', port => free_port(), zones => [],
        pending => 1, token => 'cloudflare-token-0123456789abcdef',
        keys => { AKIDEXAMPLE =>
            { secret => 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' } },
        %o }, $class;
    $self->{folder} = "$self->{dir}/$self->{name}";
    mkdir $self->{folder} or die "$self->{folder}: $!";
    $self->{players} = [
        map { "AcmeTest::CloudDns::$_"->new(%$self, cloud => $self) }
            qw(Route53 Cloudflare AcmeDns Acm Container)];
    $self->{listener} = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $self->{port}, Listen => 64, ReuseAddr => 1)
        or die "port $self->{port}: $!";
    $self->{pid} = fork_child(sub { $self->serve_for_ever });
    close delete $self->{listener};
    return $self;
}

sub root { return "http://127.0.0.1:$_[0]{port}" }
sub route53_url { return $_[0]->root }
sub cloudflare_url { return $_[0]->root . '/client/v4' }
sub acm_url { return $_[0]->root }
sub container_url { return $_[0]->root . '/container/credentials' }
sub acme_dns_url { return $_[0]->root . '/acme-dns' }

sub key_id { return (sort keys %{ $_[0]{keys} })[0] }
sub secret { return $_[0]{keys}{ $_[0]->key_id }{secret} }
sub token { return $_[0]{token} }

sub stop { stop_group(delete $_[0]{pid}, 'KILL') if $_[0]{pid} }

# --- what the test says and sees -------------------------------------------

# The next request is answered like this instead of being looked at; a body is
# made up in the provider's own form unless one is given. Options: headers,
# body, path (a regular expression: the next request for such a path).
sub answer_next {
    my ($self, $status, %o) = @_;
    my $file = sprintf '%s/next-%06d', $self->{folder}, ++$self->{answers};
    write_whole($file, $json->encode({ status => $status, %o,
        (exists $o{path} ? (path => "$o{path}") : ()) }));
    return $self;
}

# What ACM has, see AcmeTest::CloudDns::Acm.
sub imported {
    my ($self) = @_;
    my $text = AcmeTest::Nginx::slurp("$self->{folder}/acm");
    return $text eq '' ? {} : $json->decode($text);
}

# From now on what is asked for by such a path is done, but not answered, until
# release(); and whether there was such a one.
sub hold { write_whole("$_[0]{folder}/hold", $_[1]); return $_[0] }
sub holds { return -e "$_[0]{folder}/held" }
sub release { unlink map { "$_[0]{folder}/$_" } qw(hold held) }

# Each request: { service, method, path, status, complaint }; of a service in
# JSON the path is the operation's name.
sub journal {
    my ($self) = @_;
    return map { $json->decode($_) }
        split /\n/, AcmeTest::Nginx::slurp("$self->{folder}/journal");
}

sub requests {
    my ($self, $pattern) = @_;
    return scalar grep { "$_->{method} $_->{path}" =~ $pattern }
        $self->journal;
}

# Name => values, in all providers together, in the order they came.
sub records {
    my ($self) = @_;
    my $text = AcmeTest::Nginx::slurp("$self->{folder}/records");
    return $text eq '' ? {} : $json->decode($text);
}

sub values_of {
    my ($self, $name) = @_;
    return @{ $self->records->{$name} // [] };
}

# What was wrong with requests, or with the server itself, one a line.
sub complaints {
    my ($self) = @_;
    return AcmeTest::Nginx::slurp("$self->{folder}/complaints");
}

# --- the server ------------------------------------------------------------

sub serve_for_ever {
    my ($self) = @_;
    $SIG{PIPE} = 'IGNORE';
    my $select = IO::Select->new($self->{listener});
    my %read;
    while (1) {
        for my $socket ($select->can_read) {
            if ($socket == $self->{listener}) {
                $select->add($socket->accept // next);
                next;
            }
            next if $self->read_some($socket, \$read{$socket});
            delete $read{$socket};
            $select->remove($socket);
            close $socket;
        }
    }
}

# False at the connection's end.
sub read_some {
    my ($self, $socket, $text) = @_;
    $$text //= '';
    sysread $socket, $$text, 65536, length $$text or return;
    while (my $request = take_request($text)) {
        my $answer = eval { $self->handle($request) }
            // $self->broken($request, $@);
        $self->wait_until_released($request);
        my $whole = message_text($answer, $request->{method});
        syswrite($socket, $whole) == length $whole or return;
    }
    return 1;
}

# The first whole request of the text: { raw, first, method, path, query,
# headers, body }.
sub take_request {
    my ($text) = @_;
    my $head = index $$text, "\r\n\r\n";
    return if $head < 0;
    my ($first, @lines) = split /\r\n/, substr $$text, 0, $head;
    my %request = (first => $first,
        headers => [map { /^([^:]+):\s*(.*)/ } @lines]);
    my $length = header(\%request, 'Content-Length') // 0;
    return if length($$text) < $head + 4 + $length;
    $request{raw} = substr $$text, 0, $head + 4 + $length, '';
    $request{body} = substr $request{raw}, $head + 4;
    (@request{qw(method target)}) = split / /, $first;
    @request{qw(path query)} = split /\?/, $request{target}, 2;
    return \%request;
}

sub handle {
    my ($self, $request) = @_;
    my ($player) = grep { $_->owns($request->{path}) } @{ $self->{players} };
    die "nobody has the path $request->{target}\n" unless $player;
    my $told = $self->told_answer($request);
    my $answer = $told
        ? { headers => [%{ $told->{headers} // {} }],
            status => $told->{status},
            body => $told->{body} // $player->error_body($told->{status}) }
        : $player->answer($request);
    $self->note($player->service, $request, $answer);
    return $answer;
}

sub broken {
    my ($self, $request, $error) = @_;
    my $answer = { status => 500, body => '', complaint => $error };
    $self->note('nobody', $request, $answer);
    return $answer;
}

sub told_answer {
    my ($self, $request) = @_;
    for my $file (sort glob "$self->{folder}/next-*") {
        my $told = $json->decode(AcmeTest::Nginx::slurp($file));
        next if $told->{path} && path_of($request) !~ $told->{path};
        unlink $file;
        return $told;
    }
    return;
}

sub path_of {
    my ($request) = @_;
    my $target = header($request, 'X-Amz-Target') // '';
    return $target =~ /\.(\w+)$/ ? $1 : $request->{target};
}

sub wait_until_released {
    my ($self, $request) = @_;
    my $pattern = AcmeTest::Nginx::slurp("$self->{folder}/hold");
    return if $pattern eq '' || path_of($request) !~ $pattern;
    write_whole("$self->{folder}/held", '');
    select undef, undef, undef, 0.05 while -e "$self->{folder}/held";
}

sub note {
    my ($self, $service, $request, $answer) = @_;
    my $complaint = $answer->{complaint};
    add_line("$self->{folder}/complaints", "$service $request->{first}: "
        . $complaint =~ s/\s+$//r =~ s/\n/\\n/gr) if defined $complaint;
    add_line("$self->{folder}/journal", $json->encode({
        service => $service, method => $request->{method},
        path => path_of($request), status => $answer->{status},
        complaint => $complaint }));
}

# For the providers: these are the values now; all of them, or those that the
# CA already sees.
sub keep {
    my ($self, $name, @values) = @_;
    $self->{records}{$name} = [@values];
    delete $self->{records}{$name} unless @values;
    write_whole("$self->{folder}/records", $json->encode($self->{records}));
}

sub publish {
    my ($self, $name, @values) = @_;
    my $dns = $self->{dns} or return;
    $dns->manage('clear-txt', { host => "$name." });
    $dns->manage('set-txt', { host => "$name.", value => $_ }) for @values;
}

sub write_whole {
    my ($file, $text) = @_;
    my ($new) = $file =~ s{([^/]+)$}{.new-$1}r;
    open my $out, '>', $new or die "$new: $!";
    print $out $text;
    close $out or die "$new: $!";
    rename $new, $file or die "$file: $!";
}

sub add_line {
    my ($file, $line) = @_;
    open my $out, '>>', $file or die "$file: $!";
    syswrite $out, "$line\n";
}

1;
