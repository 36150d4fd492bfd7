package AcmeTest::Poll;

# Waiting for what can be watched but does not call back.

use strict;
use warnings;

use Time::HiRes qw(time);
use Exporter qw(import);

our @EXPORT_OK = qw(poll pause);

my $interval = 0.01;

# The first true value of the sub, or undef after so many seconds.
sub poll {
    my ($check, $seconds) = @_;
    my $deadline = time + $seconds;
    while (1) {
        my $value = $check->();
        return $value if $value;
        return if time > $deadline;
        pause($interval);
    }
}

sub pause { select undef, undef, undef, $_[0] }

1;
