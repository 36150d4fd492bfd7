# Each call by which the helper changes the state directory fails once, in an
# nginx of its own: the log says which and why, and in the end the certificate
# is there by one order, with nothing on disk in pieces.

use strict;
use warnings;

use Errno qw(EDQUOT EIO ENOSPC EROFS);
use Test::More;

use lib 't/lib';
use AcmeTest::Fleet;

# What the log calls a step, and what the disk says to it.
my %failure = (
    create => ['open', EDQUOT],
    chmod => ['chmod', EROFS],
    write => ['write', ENOSPC],
    half => ['write', ENOSPC],
    fsync => ['fsync', EIO],
    rename => ['rename', ENOSPC],
    mkdir => ['mkdir', EDQUOT],
    remove => ['unlink', EIO],
);

my $fleet = AcmeTest::Fleet->new;
my %undisturbed;
$undisturbed{$_} = $fleet->undisturbed_steps($_) for qw(first renewal);

for my $kind (sort keys %undisturbed) {
    my %count;
    for my $step (@{ $undisturbed{$kind} }) {
        my ($what) = $step =~ /^(\S+)/;
        my $failure = $failure{$what} or next;
        begin($kind, $step, ++$count{$step}, @$failure);
        # The kernel may also take less than it was given, and then the rest.
        begin($kind, $step, $count{$step}, undef, 0) if $what eq 'half';
    }
}
$fleet->wait_for_each(sub { $_[0]->is_settled || has_left_its_job($_[0]) },
    300, 'settled');

# The job of what is done is of no use, and the next helper sees that.
my @undone = grep { has_left_its_job($_) } $fleet->ships;
is(@undone, keys %undisturbed, 'a job that could not be removed stays');
$_->{t}->kill_helper for @undone;
$fleet->wait_for_each(sub { $_[0]->is_settled }, 20, 'settled', @undone);

is(join("\n", problems($_)), '', "$_->{kind}, $_->{what}") for
    grep { $_->{what} } $fleet->ships;
is($fleet->ca->accounts, grep({ $_->{kind} eq 'first' } $fleet->ships),
    'one account for each that had none');
is($fleet->ca->issued, $fleet->ships, 'one certificate for each');
$fleet->done;

sub begin {
    my ($kind, $step, $count, $call, $error) = @_;
    my $ship = $fleet->add_usual($kind);
    $ship->{step} = $step;
    $ship->{says} = qr/\[(?:error|crit)\].*\b$call\(\) failed \($error: /
        if $call;
    $ship->{what} = $call ? "$step, $count, fails by $error"
        : "$step, $count, is cut short";
    $ship->fail_at($step, $count, $error);
    $ship->start;
}

sub has_left_its_job {
    my ($ship) = @_;
    return $ship->{served} && ($ship->{step} // '') eq 'remove jobs/NAME.json';
}

sub problems {
    my ($ship) = @_;
    my $orders = $ship->orders;
    return (
        (grep { !is_of_no_consequence($ship, $_) } $ship->problems),
        ($orders == 1 ? () : "$orders orders"),
        (-e $ship->path('quarantine') ? 'something was damaged' : ()),
        unsaid($ship));
}

# A trial file that stays is the next helper's to remove.
sub is_of_no_consequence {
    my ($ship, $problem) = @_;
    return $ship->{step} =~ m{^remove .*/\.tmp$} && $problem =~ /\.tmp/;
}

# One line for what failed, none else. A trial file that stays, or a lock that
# has the mode the umask gave it, is not worth one.
sub unsaid {
    my ($ship) = @_;
    my @lines = $ship->{t}->log_lines(qr/\[(?:crit|error)\].*acme:/);
    return @lines if !$ship->{says}
        || $ship->{step} =~ m{^chmod lock$|^remove .*/\.tmp$};
    return 'the log does not say it' unless grep { $_ =~ $ship->{says} } @lines;
    return grep { $_ !~ $ship->{says} } @lines;
}
