package AcmeTest::Faults;

# What t/fault/faults.c does to one nginx: the steps of its helper are written
# down, and at one of them it dies or a call fails.

use strict;
use warnings;

use Fcntl qw(:flock);

use AcmeTest::Nginx;
use AcmeTest::Paths qw(build_dir root);
use AcmeTest::Process qw(spawn stop_group);

# For AcmeTest::start: what makes this nginx's steps visible.
sub start_options {
    my ($t) = @_;
    $t->write_file('steps', '');
    # The helper is the worker user.
    chmod 0666, steps_file($t);
    return (preload => library(), env => {
        ACME_FAULT_STATE => $t->state_dir, ACME_FAULT_TRACE => steps_file($t) });
}

sub steps_file { return $_[0]->dir . '/steps' }

sub steps { return split /\n/, AcmeTest::Nginx::slurp(steps_file($_[0])) }

# At the so-manieth of these steps, or at each with 0, the helper gets this
# signal.
sub signal_at {
    my ($t, $signal, $step, $count) = @_;
    plan($t, -$signal, $step, $count);
}

# At that step the call fails with this error; with 0 a write is cut short.
sub fail_at {
    my ($t, $step, $count, $error) = @_;
    plan($t, $error, $step, $count);
}

sub plan {
    my ($t, $error, $step, $count) = @_;
    $t->write_file('steps.plan', "$error $count $step\n");
}

# Compiled when there is none, or an old one.
sub library {
    my $source = root() . '/t/fault/faults.c';
    my $library = build_dir() . '/faults.so';
    open my $lock, '>', "$library.lock" or die "$library.lock: $!";
    flock $lock, LOCK_EX or die "flock: $!";
    return $library if -e $library && (stat _)[9] >= (stat $source)[9];
    my $pid = spawn(log => "$library.log", command => ['cc', '-O1', '-Wall',
        '-Werror', '-fPIC', '-shared', '-o', "$library.new", $source]);
    waitpid $pid, 0;
    my $failed = $?;
    stop_group($pid);
    die "$source does not compile:\n" . AcmeTest::Nginx::slurp("$library.log")
        if $failed;
    rename "$library.new", $library or die "$library: $!";
    return $library;
}

1;
