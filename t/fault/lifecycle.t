# Whatever happens to nginx in whichever state of an order: the order goes on
# and no second one is made, nor a second account; and never do two helpers
# speak to the CA at the same time.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest::FaultyCa qw(:actions);
use AcmeTest::Trial;

# The request at which the CA lets us wait, before it has heard of it or with
# its answer in hand: the state of the order that this is. For newOrder only
# before: what the CA has done then, nobody can know.
my @states = ([directory => 0], [newAccount => 0], [newAccount => 0, 'done'],
    [newOrder => 0], [authorization => 0, 'done'], [challenge => 0],
    [challenge => 0, 'done'], [finalize => 0], [finalize => 0, 'done'],
    [order => 0, 'done'], [certificate => 0], [certificate => 0, 'done']);

my %event = (
    'a reload' => sub { $_[0]->reload },
    'three reloads' => sub { $_[0]->reload for 1 .. 3 },
    'kill -9 of the helper' => sub { $_[0]->kill_helper },
    'a restart' => sub { $_[0]->restart },
    'a binary upgrade' => sub { $_[0]->upgrade },
    'a stop, and a start an hour later' => sub {
        $_[0]->stop; $_[0]->travel(3600); $_[0]->start(time_travel => 1) },
    'kill -9 of all' => sub {
        $_[0]->stop('KILL'); $_[0]->start(time_travel => 1) },
);

my $trial = AcmeTest::Trial->new;
for my $what (sort keys %event) {
    subtest $what => sub { interrupt($event{$what}, @$_) for @states };
}
$trial->done;

sub interrupt {
    my ($happens, $kind, $before, $done) = @_;
    my ($t, $ca) = ($trial->t, $trial->ca);
    my $where = "at $kind" . ($done ? ', which the CA has done' : '');
    my $hold = $done ? held_answer('here') : held('here');
    $trial->begin($kind => [(untouched()) x $before, for_ever($hold)]);
    $t->wait_for(sub { $ca->holds('here') }, 20, 'the state')
        or return fail("$where: that state");
    validated($t) if $kind eq 'challenge' && $done;
    $happens->($t);
    # A challenge that the CA hears of while nobody could answer it fails, and
    # the order with it: the next helper must have come as far.
    $t->wait_for(sub { $ca->requests('challenge') > 1 }, 20, 'the challenge')
        if $kind eq 'challenge' && !$done;
    $ca->release('here');
    ok($trial->run_to_certificate(3), "$where: issued");
    ok($trial->is_served, "$where: and served");
    # An order that nobody has waited for the answer of is not ours.
    my $most = $kind eq 'newOrder' ? 2 : 1;
    cmp_ok($trial->orders, '<=', $most, "$where: no second order");
    is($trial->accounts, 1, "$where: one account");
    ok(one_after_the_other($ca), "$where: one helper after the other");
}

# A CA that comes while nobody listens finds nothing: not what this is about.
# Pebble comes three times.
sub validated {
    my ($t) = @_;
    $t->wait_for(sub { $t->log_lines(qr/answering the http-01/) >= 3 }, 20,
        'the validation');
}

# Each helper has connections of its own: none is used again after those of
# the next one are. What was held goes on after its helper is gone.
# They serve for more than one request each, or this would prove nothing.
sub one_after_the_other {
    my ($ca) = @_;
    my @order;
    for my $request ($ca->journal) {
        my $connection = $request->{connection};
        push @order, $connection unless @order && $order[-1] == $connection;
    }
    my %seen;
    return !(grep { $seen{$_}++ } @order) && @order < $ca->journal;
}
