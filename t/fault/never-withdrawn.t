# A certificate that is valid stays, whatever becomes of its renewal: also over
# a reload and a restart, and also when it has expired meanwhile. A wrong new
# one never takes its place.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest::FaultyCa qw(:actions);
use AcmeTest::FaultyCa::Certificates qw(forged rechained);
use AcmeTest::Trial;

my $day = 86400;
my $trial = AcmeTest::Trial->new;
my ($t, $ca) = ($trial->t, $trial->ca);

my %renewal = (
    (map { my ($status, $type) = @$_; $type => { newOrder =>
        [for_ever(problem($status, $type, 'no'))] } }
        [400, 'rejectedIdentifier'], [403, 'caa'], [400, 'malformed'],
        [403, 'unauthorized'], [429, 'rateLimited'], [500, 'serverInternal'],
        [403, 'userActionRequired'], [400, 'unsupportedIdentifier']),
    'badCSR' => { finalize => [for_ever(problem(400, 'badCSR', 'no'))] },
    'a failed validation' => { authorization => [untouched(),
        for_ever(as_json(sub { $_[0]{status} = 'invalid'; return }))] },
    'a directory in HTML' => {
        directory => [for_ever(answer(200, {}, '<html>'))] },
    'a CA that is away' => undef,
    'a certificate for another key' => {
        certificate => [for_ever(forged(other_key => 1))] },
    'a certificate of other names' => {
        certificate => [for_ever(forged(names => ['other.example']))] },
    'a certificate that has expired' => { certificate => [
        for_ever(forged(from => -90 * $day, to => -$day))] },
    'a chain that does not hold' => {
        certificate => [for_ever(rechained(sub { "$_[0]$_[0]" }))] },
);

for my $what (sort keys %renewal) {
    subtest $what => sub { fail_to_renew($renewal{$what}) };
}

# Under one CA and one account: what is not shown is tried with the next.
sub fail_to_renew {
    my ($script) = @_;
    $trial->begin;
    $trial->run_to_certificate && $trial->is_served or return fail('issued');
    my $first = $trial->served->{serial};
    my $serves = sub { is($trial->served->{serial}, $first, "$_[0]") };
    $script ? $ca->script(%$script) : $ca->down;
    # A third of its life is left.
    $t->travel(61 * $day);
    my $line = $trial->next_line // return fail('the failure');
    like($line, qr/acme: .*next attempt at 20/, 'the renewal fails');
    $serves->('it is served on');
    $t->reload;
    $serves->('after a reload');
    $t->restart;
    $serves->('after a restart');
    $t->mark_log;
    $trial->go_to_next_attempt($line);
    like($trial->next_line, qr/; (?:failure 2 in a row, )?next attempt at/,
        'it fails again');
    $serves->('and again');
    $t->travel(30 * $day);
    $t->restart;
    $serves->('expired, it is better than the placeholder');
    $ca->up unless $script;
    $ca->script;
    # By now the certificates of this CA look much older than they are.
    $t->stop;
    $t->nginx->clock->reset;
    $t->travel(61 * $day);
    unlink glob $t->state_dir . '/jobs/*';
    $t->start(time_travel => 1);
    ok($t->wait_certificate('api.pium.life', serial_not => $first),
        'a CA that has come to its senses renews it');
}

$trial->done;
