package AcmeTest::Clock;

# The clocks that one nginx sees, ahead of the machine's by as much as a test
# wants: clock.c is preloaded and reads it from a file. The CA stays in real
# time.

use strict;
use warnings;

use Fcntl qw(:flock);
use File::Path qw(make_path);
use Time::HiRes qw(time);

use AcmeTest::Paths qw(root build_dir);
use AcmeTest::Process qw(spawn stop_group);

# Options: dir. What was travelled stays for an nginx that is started again.
sub new {
    my ($class, %o) = @_;
    my $self = bless { file => "$o{dir}/clock", wall => 0, monotonic => 0 },
        $class;
    return $self->write_file;
}

sub env {
    my ($self) = @_;
    return (ACME_TEST_CLOCK => $self->{file}, LD_PRELOAD => library());
}

# Time goes by: each clock moves on.
sub travel {
    my ($self, $seconds) = @_;
    $self->{$_} += $seconds for qw(wall monotonic);
    return $self->write_file;
}

# Somebody sets the wall clock, or the machine slept: timers know nothing.
sub step {
    my ($self, $seconds) = @_;
    $self->{wall} += $seconds;
    return $self->write_file;
}

sub now { return time + $_[0]{wall} }

# In place: it is mapped.
sub write_file {
    my ($self) = @_;
    open my $file, -e $self->{file} ? '+<' : '>', $self->{file}
        or die "$self->{file}: $!";
    syswrite $file, pack('q2', map { 1e9 * $_ } @$self{qw(wall monotonic)});
    close $file or die "$self->{file}: $!";
    return $self;
}

# Compiled once for each build folder.
sub library {
    my $library = build_dir() . '/test-clock.so';
    make_path(build_dir());
    open my $lock, '>', "$library.lock" or die "$library.lock: $!";
    flock $lock, LOCK_EX or die "flock: $!";
    my $source = root() . '/t/lib/AcmeTest/clock.c';
    compile($source, $library) unless -e $library && -M _ < -M $source;
    # A child that was forked meanwhile has the lock, too.
    flock $lock, LOCK_UN;
    return $library;
}

sub compile {
    my ($source, $library) = @_;
    my $pid = spawn(log => "$library.log", command => ['cc', '-shared',
        '-fPIC', '-O2', '-Wall', '-o', "$library.new", $source]);
    waitpid $pid, 0;
    my $status = $?;
    stop_group($pid);
    die "cc failed, see $library.log\n" if $status;
    rename "$library.new", $library or die "$library: $!";
}

1;
