package AcmeTest;

# A test against a real nginx and a real CA: one object that owns a folder,
# some ports and every process it started. t/README.md shows how it is used.

use strict;
use warnings;

use Digest::SHA;
use Exporter qw(import);
use File::Find ();
use File::Path qw(make_path);
use File::Temp;
use Test::More;

use AcmeTest::Checks;
use AcmeTest::Delegation;
use AcmeTest::Example;
use AcmeTest::FaultyCa;
use AcmeTest::Http;
use AcmeTest::Http2;
use AcmeTest::InTurn;
use AcmeTest::Nginx;
use AcmeTest::Paths;
use AcmeTest::Pebble;
use AcmeTest::Poll;
use AcmeTest::Port;
use AcmeTest::Process;
use AcmeTest::Tls;

my @open;

# Options: module => 0 for an nginx without ours, workers, daemon, log_level,
# master_process: see %%GLOBALS%%.
sub new {
    my ($class, %o) = @_;
    my $self = bless { globals => \%o, cas => [], loads => [], allowed => [],
        ports => {} }, $class;
    $self->{temp} = File::Temp->newdir('acme-XXXXXXXX', TMPDIR => 1,
        CLEANUP => !$ENV{KEEP});
    $self->{dir} = $self->{temp}->dirname;
    # The worker user has to reach the state folder.
    chmod 0755, $self->{dir} or die "$self->{dir}: $!";
    $self->{nginx} = AcmeTest::Nginx->new(dir => $self->{dir},
        module => $o{module} // 1);
    push @open, $self;
    return $self;
}

sub dir { return $_[0]{dir} }
sub nginx { return $_[0]{nginx} }
sub state_dir { return "$_[0]{dir}/state" }

# The plain and the TLS port are where the CA looks for challenges. Any other
# name makes a further port, the same at each call.
sub port {
    my ($self, $name) = @_;
    return $self->{ports}{ uc $name } //= AcmeTest::Port::free_port();
}

sub http_port { return $_[0]->port('HTTP') }
sub tls_port { return $_[0]->port('TLS') }

# The DNS server of the CAs; started by start_ca when it is not there yet.
# Options: version, address, address6 (what every name resolves to).
sub start_dns {
    my ($self, %o) = @_;
    return $self->{dns} = AcmeTest::Pebble::Dns->start(dir => $self->{dir},
        %o);
}

sub dns { return $_[0]{dns} }

# Instead: real name servers, see AcmeTest::Delegation.
sub start_delegation {
    my ($self, %o) = @_;
    return $self->{dns} = AcmeTest::Delegation->start(dir => $self->{dir},
        %o);
}

# Options: those of AcmeTest::Pebble. The first CA is ca(); with start => 0 it
# is only prepared (its address is known, nothing listens) for $ca->start.
sub start_ca {
    my ($self, %o) = @_;
    my $start = delete $o{start} // 1;
    $self->start_dns(version => $o{version} // 'newest') unless $self->{dns};
    my $ca = AcmeTest::Pebble->new(dir => $self->{dir}, dns => $self->{dns},
        http_port => $self->http_port, tls_port => $self->tls_port, %o);
    push @{ $self->{cas} }, $ca;
    $ca->start if $start;
    return $ca;
}

sub ca { return ($_[0]{neighbour_of} // $_[0])->{cas}[0] }

# One more nginx before the same CA and on the same ports, at an address of its
# own, to which the given name leads. The options are those of new. It is
# finished before this one.
sub neighbour {
    my ($self, $name, %o) = @_;
    my $other = ref($self)->new(%o);
    $other->{neighbour_of} = $self;
    $other->{ports} = $self->{ports};
    $other->{address} = '127.0.1.' . ++$self->{neighbours};
    $self->dns->manage('add-a',
        { host => "$name.", addresses => [$other->{address}] });
    return $other;
}

sub address { return $_[0]{address} // '127.0.0.1' }

# A CA in trouble, with a Pebble behind it: see AcmeTest::FaultyCa. It counts
# requests, so Pebble refuses no nonce unless it is told to. From now on
# %%ISSUER%% and %%ACME%% mean this one.
sub start_faulty_ca {
    my ($self, %o) = @_;
    my $ca = $self->start_ca(nonce_reject => 0, %o);
    return $self->{front} = AcmeTest::FaultyCa->new(dir => $self->{dir},
        ca => $ca);
}

# For thousands of orders: see AcmeTest::InTurn, which %%ACME%% then means.
sub start_ca_in_turn {
    my ($self, %o) = @_;
    my $ca = $self->start_ca(nonce_reject => 0, %o);
    $self->{front} = AcmeTest::InTurn->new(ca => $ca,
        log => "$self->{dir}/in-turn.log");
    return $ca;
}

# Writes nginx.conf (or another file of the folder), see replacement().
sub write_config {
    my ($self, $text, $name) = @_;
    my $path = $self->{dir} . '/' . ($name // 'nginx.conf');
    $text =~ s/%%(\w+)%%/$self->replacement($1)/ge;
    # The names of most tests are known to the CA's DNS alone.
    $text =~ s/^(\s*)(acme_state_path\s[^;]*;)/$1$2\n$1acme_preflight off;/m
        unless $text =~ /acme_preflight/;
    $self->write_file($path, $text);
    return $path;
}

# A file of conf-examples/, on our ports and with our CA.
sub write_example {
    my ($self, $name) = @_;
    return $self->write_config(AcmeTest::Example::on_loopback(
        AcmeTest::Example::example_text($name), globals => '%%GLOBALS%%',
        http => "%%HTTP_GLOBALS%%\n%%ACME%%", http_port => $self->http_port,
        tls_port => $self->tls_port, dns_port => $self->port('PORT_DNS'),
        folder => $self->{dir}));
}

# A CA prepared but not started has no root yet, and needs none here.
sub replacement {
    my ($self, $name) = @_;
    my %known = (
        GLOBALS => sub { $self->{nginx}->globals(%{ $self->{globals} }) },
        HTTP_GLOBALS => sub { $self->{nginx}->http_globals },
        STATE => sub { $self->state_dir },
        DIR => sub { $self->{dir} },
        ADDRESS => sub { $self->address },
        ISSUER => sub { ($self->{front} // $self->ca)->issuer_block },
        ACME => sub { 'acme_state_path ' . $self->state_dir . ";\n"
            . $self->replacement('ISSUER') },
        CA_URL => sub { $self->ca->url },
        CA_FILE => sub { AcmeTest::Pebble::ca_file() },
        MODULE => sub { AcmeTest::Paths::module_path() },
        ROOT => sub { AcmeTest::Paths::root() },
    );
    return $known{$name}->() if $known{$name};
    return $self->port($name) if $name =~ /^(HTTP|TLS|PORT\w*)$/;
    die "write_config: %%$name%% is not known\n";
}

sub write_file {
    my ($self, $path, $text) = @_;
    $path = "$self->{dir}/$path" unless $path =~ m{^/};
    open my $file, '>', $path or die "$path: $!";
    print $file $text;
    close $file or die "$path: $!";
    return $path;
}

# A file below the state directory as the helper would have written it.
sub store_file {
    my ($self, $path, $text) = @_;
    my $whole = $self->state_dir . "/$path";
    my ($folder) = $whole =~ m{(.*)/};
    my @owner = $self->worker_owner;
    my @made = make_path($folder, { mode => 0700 });
    $self->write_file($whole, $text);
    chmod 0600, $whole;
    chown @owner, @made, $whole if @owner;
    return $whole;
}

# Whom nginx gives its paths to; nobody before it has a configuration.
my @worker_owner;
sub worker_owner {
    my ($self) = @_;
    return @worker_owner if @worker_owner;
    $self->test_config;
    return @worker_owner = (stat $self->state_dir)[4, 5];
}

sub read_file {
    my ($self, $path) = @_;
    return AcmeTest::Nginx::slurp($path =~ m{^/} ? $path
        : "$self->{dir}/$path");
}

# The life of nginx: see AcmeTest::Nginx.
for my $method (qw(start reload stop restart upgrade kill_worker kill_helper
    workers helper helpers master log_text travel step_clock poke now)) {
    no strict 'refs';
    *$method = sub { my $self = shift; $self->{nginx}->$method(@_) };
}

# nginx -t: code, output, and listings of the whole folder before and after.
# With text, that is the configuration, in a file of its own.
sub test_config {
    my ($self, $text) = @_;
    my $conf = defined $text ? $self->write_config($text, 'tested.conf')
        : "$self->{dir}/nginx.conf";
    my $before = $self->listing;
    my $result = $self->{nginx}->test_config($conf);
    return { %$result, before => $before, after => $self->listing };
}

# Path => mode, owner, size, time and digest, below a folder (all of the
# test's when none is given); logs and what nginx -t itself makes are left out.
sub listing {
    my ($self, $folder) = @_;
    $folder //= $self->{dir};
    my %found;
    return \%found unless -e $folder;
    File::Find::find({ no_chdir => 1, wanted => sub {
        my $name = substr($_, length $folder) || '/';
        return if $name =~ m{^/(tmp_|[^/]*\.(log|out|pid)$|$)};
        $found{$name} = describe_file($_);
    } }, $folder);
    return \%found;
}

sub describe_file {
    my ($path) = @_;
    my @stat = lstat $path;
    my $text = sprintf '%06o %d:%d', @stat[2, 4, 5];
    return $text if -d _;
    return "$text -> " . readlink $path if -l _;
    my $digest = -r _ && -f _ ? Digest::SHA->new(256)->addfile($path)->hexdigest
        : '-';
    return "$text $stat[7] $stat[9] $digest";
}

# The first true value of the sub; undef when the time is over, and then says
# what was awaited and what nginx wrote last.
sub wait_for {
    my ($self, $check, $seconds, $what) = @_;
    $seconds = ($seconds // 10) * $self->{nginx}{patience};
    my $value = AcmeTest::Poll::poll($check, $seconds);
    return $value if $value;
    diag("after $seconds s still waiting for ", $what // 'an event');
    diag($self->{nginx}->said);
    return;
}

# The first matching line of the error log after the mark, see mark_log.
sub wait_log {
    my ($self, $pattern, $seconds) = @_;
    my $from = $self->{mark} // 0;
    my $rest = '';
    return $self->wait_for(sub {
        $rest .= $self->read_log($from);
        $from = $self->{read_to};
        while ($rest =~ s/^(.*)\n//) {
            my $line = $1;
            return $line if $line =~ $pattern;
        }
        return;
    }, $seconds, "the log line $pattern");
}

# wait_log and log_lines look only at what is written from now on.
sub mark_log {
    my ($self) = @_;
    $self->{mark} = -s $self->{nginx}{log} // 0;
    return $self;
}

# Moves the mark behind a line that was found.
sub skip_log {
    my ($self, $line) = @_;
    my $from = $self->{mark} // 0;
    my $at = index $self->read_log($from), $line;
    $self->{mark} = $from + $at + length($line) + 1 if $at >= 0;
    return $self;
}

sub log_lines {
    my ($self, $pattern) = @_;
    return grep { $_ =~ $pattern }
        split /\n/, $self->read_log($self->{mark} // 0);
}

sub read_log {
    my ($self, $from) = @_;
    $self->{read_to} = $from;
    open my $file, '<', $self->{nginx}{log} or return '';
    seek $file, $from, 0;
    local $/;
    my $text = <$file> // '';
    $self->{read_to} = $from + length $text;
    return $text;
}

# A TLS handshake with nginx; the options and the result are those of
# AcmeTest::Tls::tls_connect, verified against the first CA's root.
sub tls_connect {
    my ($self, $name, %o) = @_;
    return AcmeTest::Tls::tls_connect($self->tls_options($name, %o));
}

sub tls_get {
    my ($self, $name, $path, %o) = @_;
    my $result = AcmeTest::Tls::tls_request($path,
        $self->tls_options($name, %o));
    return { %$result,
        %{ AcmeTest::Http::parse_response($result->{response} // '') } };
}

# Handshakes without an end, in the background: see AcmeTest::Tls::tls_load.
sub tls_load {
    my ($self, $names, %o) = @_;
    return AcmeTest::Tls::tls_load($self->tls_options(undef, %o),
        names => ref $names ? $names : [$names]);
}

sub tls_options {
    my ($self, $name, %o) = @_;
    my $ca = $self->ca;
    return (host => $self->address, port => $self->tls_port, name => $name,
        ($ca ? (ca => $ca->{root_file}) : ()),
        seconds => 5 * $self->{nginx}{patience}, %o);
}

# Requests over long HTTP/2 connections: see AcmeTest::Http2::load.
sub http2_load {
    my ($self, $names, %o) = @_;
    return AcmeTest::Http2::load($self->tls_options(undef, %o),
        names => $names);
}

# Until a handshake for the name shows a certificate of the CA that verifies.
# Options: serial_not (an earlier serial), seconds, and those of tls_connect.
# Gives the handshake's result.
sub wait_certificate {
    my ($self, $name, %o) = @_;
    my $seconds = delete $o{seconds};
    my $not = delete $o{serial_not} // '';
    my $last;
    my $found = $self->wait_for(sub {
        $last = $self->tls_connect($name, %o);
        $last->{verified} && $last->{serial} ne $not ? $last : undef;
    }, $seconds // 15, "a certificate for $name" . ($not && " after $not"));
    $self->{checks_keys}{$_} = 1 for AcmeTest::Checks::keys_below(
        $self->state_dir);
    diag('last seen: ', $last->{error} // "@{ $last->{names} }, issuer "
        . "$last->{issuer}, $last->{verify_error}") unless $found;
    return $found;
}

# A request to a plain port (HTTP unless port is given); see AcmeTest::Http.
sub http_get {
    my ($self, $path, %o) = @_;
    my $port = delete $o{port} // $self->http_port;
    return AcmeTest::Http::http_request($port, $path, %o);
}

# Log lines that this test provokes: not held against nginx at the end.
sub allow {
    my ($self, @patterns) = @_;
    push @{ $self->{allowed} }, @patterns;
    return $self;
}

# Stops everything, checks what must hold at the end of each test, and ends
# the plan.
sub done {
    my ($self) = @_;
    $self->finish;
    AcmeTest::Checks::run($self);
    is($self->{front}->complaints, '', 'what stands before the CA did as it was told')
        if $self->{front};
    diag($self->{nginx}->said)
        unless Test::More->builder->is_passing;
    done_testing();
}

# For a test with several objects: all but the last end with this.
sub finish {
    my ($self) = @_;
    my $master = $self->{nginx}->master;
    if ($master && AcmeTest::Process::is_running($master)) {
        eval { $self->stop; 1 } or fail("nginx stops: $@");
    }
    $_->stop for grep { defined } $self->{front}, @{ $self->{cas} };
    $self->{dns}->stop if $self->{dns};
    @open = grep { $_ != $self } @open;
}

END { diag('kept: ', $_->{dir}) for $ENV{KEEP} ? @open : () }

1;
