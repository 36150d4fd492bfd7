# kill -9 of the helper at every single step of what it does, each in an nginx
# of its own: whatever the step, the certificate is issued in the end, nothing
# is ordered that was not needed, and nothing on disk is in pieces.

use strict;
use warnings;

use List::Util qw(first sum);
use Test::More;
use Time::Local qw(timegm_modern);

use lib 't/lib';
use AcmeTest::Fleet;

my $fleet = AcmeTest::Fleet->new;
my $ca = $fleet->ca;

# A first certificate from nothing, and one in place of one that is due. What is
# special about one that is damaged is over when the trial files are written.
my %undisturbed;
$undisturbed{$_} = $fleet->undisturbed_steps($_)
    for qw(first renewal damaged);
my $moved = first { $undisturbed{damaged}[$_] eq 'fsync certificates' } 0 .. 99;
$#{ $undisturbed{damaged} } = $moved;

my $hopeless = hopeless();
for my $kind (sort keys %undisturbed) {
    my %count;
    for my $step (@{ $undisturbed{$kind} }) {
        # From when the CA may have the order until its URL is on disk, which
        # is the second of the job's versions.
        my $versions = $count{'rename jobs/NAME.json'} // 0;
        my $count = ++$count{$step};
        my $unknown = $count{'sent /order-plz'} && $versions < 2;
        next if is_of_a_slow_ca($step, $count);
        my $ship = $fleet->add_usual($kind);
        $ship->{point} = "$step, $count";
        $ship->{most_orders} = 2 if $unknown;
        $ship->kill_at($step, $count);
        $ship->start;
    }
}
my @ships = grep { $_ != $hopeless } $fleet->ships;
$fleet->wait_for_each(\&is_settled, 300, 'settled', @ships);
for my $ship (@ships) {
    is(join("\n", problems($ship)), '', what($ship))
        or diag($ship->{t}->nginx->said);
}

is($ca->accounts, grep({ $_->{kind} eq 'first' } @ships) + 1,
    'one account for each that had none');
is($ca->issued, @ships, 'the CA issued one certificate for each');
cmp_ok($ca->orders, '<=', sum(map { $_->count(qr{^sent /order-plz}) }
    $fleet->ships), 'the CA knows of no other order');

# What is served already is stored, without the CA.
my ($unsaved) = grep { what($_)
    =~ /^renewal, killed at rename certificates/ } @ships;
is($unsaved->count(qr{^ask /certZ}), 1,
    'what was served but not stored is not asked for again');

# One that dies each time that its order is answered.
my @killed = map { seconds_of($_) }
    $hopeless->{t}->log_lines(qr/exited on signal 9/);
cmp_ok(@killed, '>=', 2, 'died on an answer, and again');
cmp_ok($killed[1] - $killed[0], '>=', 59, 'a minute later');
is($hopeless->orders, @killed, 'without any other order meanwhile');

$fleet->done;

sub hopeless {
    my $ship = $fleet->add_usual('first');
    $ship->kill_at('answered /order-plz', 0);
    return $ship->start;
}

# The CA was asked again because it had not got that far; next time it may.
sub is_of_a_slow_ca {
    my ($step, $count) = @_;
    return $step =~ m{ /authZ} && $count > 2 || $step =~ m{ /my-order}
        && $count > 1;
}

sub is_settled {
    my ($ship) = @_;
    return $ship->is_settled && $ship->kills == ($ship->{point} ? 1 : 0);
}

sub what {
    my ($ship) = @_;
    return "$ship->{kind}, "
        . ($ship->{point} ? "killed at $ship->{point}" : 'not killed');
}

sub problems {
    my ($ship) = @_;
    my $orders = $ship->orders;
    return ($ship->problems,
        ($ship->{point} && $ship->kills != 1 ? 'not killed once' : ()),
        ($orders > ($ship->{most_orders} // 1) ? "$orders orders" : ()),
        found_damaged($ship));
}

sub found_damaged {
    my ($ship) = @_;
    my @quarantined = $ship->quarantined;
    my @lines = $ship->{t}->log_lines(qr/\[(?:crit|error)\]/);
    return (@quarantined, @lines) if $ship->{kind} ne 'damaged';
    return ("@quarantined" eq '-----BEGIN PRIV' ? () : 'it is not kept',
        grep { !/cannot be used|is damaged/ } @lines);
}

sub seconds_of {
    my ($line) = @_;
    my ($year, $month, @rest) = $line =~ m{^(\d+)/(\d+)/(\d+) (\d+):(\d+):(\d+)};
    return timegm_modern(reverse(@rest), $month - 1, $year);
}
