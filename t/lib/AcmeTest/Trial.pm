package AcmeTest::Trial;

# One nginx with one certificate before a CA in trouble, put to trial after
# trial: each begins with an empty state directory and a script for the CA.
# Nobody waits for the next attempt: the clock is set to it.

use strict;
use warnings;

use File::Path qw(remove_tree);
use Test::More;

use AcmeTest;
use AcmeTest::Process;
use Time::Local ();

my $name = 'api.pium.life';

# Options: those of AcmeTest::Pebble.
sub new {
    my ($class, %o) = @_;
    my $t = AcmeTest->new(log_level => 'info');
    my $self = bless { t => $t, ca => $t->start_faulty_ca(%o) }, $class;
    $t->write_config(<<'END_OF_CONFIG');
%%GLOBALS%%
# So that a binary upgrade keeps the clock.
env LD_PRELOAD;
env ACME_TEST_CLOCK;
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name api.pium.life;
        acme_domain api.pium.life;
    }
}
END_OF_CONFIG
    return $self;
}

sub t { return $_[0]{t} }
sub ca { return $_[0]{ca} }

# From nothing.
sub begin {
    my ($self, %script) = @_;
    $self->{t}->stop if $self->running;
    remove_tree($self->{t}->state_dir);
    $self->{t}->nginx->clock->reset;
    $self->{ca}->script(%script);
    $self->mark;
    $self->{t}->start(time_travel => 1);
    return $self;
}

# What orders() and lines() count from.
sub mark {
    my ($self) = @_;
    $self->{t}->mark_log;
    $self->{orders} = $self->{ca}{ca}->orders;
    $self->{accounts} = $self->{ca}{ca}->accounts;
    return $self;
}

sub running {
    my ($self) = @_;
    my $master = $self->{t}->master;
    return $master && AcmeTest::Process::is_running($master);
}

sub orders { return $_[0]{ca}{ca}->orders - $_[0]{orders} }
sub accounts { return $_[0]{ca}{ca}->accounts - $_[0]{accounts} }

my $time = qr/(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ)/;
my $issued = qr/acme: (?:issued|renewed), valid until/;
my $failed = qr/acme: .*next attempt (?:is )?at $time/;
my $told_to_wait = qr/acme: .*the CA asks to wait until $time/;

# The next line that tells how an attempt ended; what came before it is not
# looked at any more. What the CA asks to wait for in between goes by.
sub next_line {
    my ($self) = @_;
    my $t = $self->{t};
    while (1) {
        my $line = $t->wait_log(qr/$issued|$failed|$told_to_wait/, 60)
            // return;
        $t->skip_log($line);
        return $line unless $line =~ $told_to_wait;
        $self->go_to(seconds_of($1));
    }
}

# Until it is issued: each time it fails the clock is set to the next attempt.
# Gives the lines that told of failures; undef when there was no end.
sub run_to_certificate {
    my ($self, $attempts) = @_;
    my @failures;
    for (1 .. $attempts // 6) {
        my $line = $self->next_line or return;
        return \@failures if $line =~ $issued;
        push @failures, $line;
        $self->go_to_next_attempt($line);
    }
    return;
}

# How many seconds from now a line says that the next attempt is.
sub delay {
    my ($self, $line) = @_;
    return int(seconds_of(($line =~ $failed)[0]) - $self->{t}->now + 0.5);
}

sub go_to_next_attempt {
    my ($self, $line) = @_;
    $self->go_to(seconds_of(($line =~ $failed)[0]));
}

sub go_to {
    my ($self, $when) = @_;
    my $delay = $when - $self->{t}->now;
    $self->{t}->travel($delay + 1) if $delay > -1;
}

sub seconds_of {
    my ($text) = @_;
    my @part = $text =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)Z/
        or die "no time: $text\n";
    return Time::Local::timegm_modern(@part[5, 4, 3, 2], $part[1] - 1,
        $part[0]);
}

# The certificate that is served now.
sub served { return $_[0]{t}->tls_connect($name) }

sub is_served {
    my ($self) = @_;
    return $self->{t}->wait_for(sub {
        my $seen = $self->served;
        $seen->{ok} && !$seen->{self_signed} && $seen->{issuer} =~ /Pebble/;
    }, 5, 'the certificate to be served');
}

sub done { return $_[0]{t}->done }

1;
