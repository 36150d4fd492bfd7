package AcmeTest::Load;

# Work without an end, in a child, until it is stopped.

use strict;
use warnings;

use POSIX qw(_exit);

use AcmeTest::Poll qw(pause);
use AcmeTest::Process qw(fork_child stop_group);

# The step is called again and again with its number; it gives whether all
# went well, and by what to count it (a serial, a worker; an error). Options:
# pause between two steps (seconds), steps and words: what the result calls
# the two. The first step is over when this returns.
sub start {
    my ($class, $step, %o) = @_;
    pipe my $read, my $write or die "pipe: $!";
    my $pid = fork_child(sub {
        close $read;
        go_on($write, $step, $o{pause} // 0.005);
    });
    close $write;
    readline $read;
    return bless { pid => $pid, read => $read, steps => 'steps',
        words => 'words', %o }, $class;
}

sub go_on {
    my ($write, $step, $pause) = @_;
    my $going = 1;
    $SIG{TERM} = sub { $going = 0 };
    my %seen;
    for (my $n = 0; $going; $n++) {
        my ($good, $word) = $step->($n);
        # A step cut short by our own TERM says nothing.
        last if !$going && !$good;
        $seen{ ($good ? 'good ' : 'bad ') . $word }++;
        syswrite $write, "started\n" if $n == 0;
        pause($pause);
    }
    syswrite $write, "$seen{$_} $_\n" for sort keys %seen;
    _exit(0);
}

# Ends the load. Gives the count of steps, failures, words (count by word) and
# errors (count by text).
sub stop {
    my ($self) = @_;
    kill 'TERM', $self->{pid};
    my ($steps, $failures, %words, %errors) = (0, 0);
    while (my $line = readline $self->{read}) {
        my ($count, $verdict, $what) = $line =~ /^(\d+) (good|bad) (.*)/
            or next;
        $steps += $count;
        $failures += $count if $verdict eq 'bad';
        ($verdict eq 'bad' ? \%errors : \%words)->{$what} += $count;
    }
    stop_group($self->{pid});
    return { $self->{steps} => $steps, failures => $failures,
        $self->{words} => \%words, errors => \%errors };
}

1;
