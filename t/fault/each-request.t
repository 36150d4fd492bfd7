# Whatever happens to one request of an order, whichever it is: in the end
# there is a certificate, and the CA has made at most one order more. Each
# failure is one line that says why, and when the next attempt is.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest::Poll qw(poll);
use AcmeTest::FaultyCa qw(:actions);
use AcmeTest::Trial;

# Each request of a first certificate: the resource, and how many of it went
# before.
my @requests = ([directory => 0], [newNonce => 0], [newAccount => 0],
    [newOrder => 0], [authorization => 0], [challenge => 0],
    [authorization => 1], [finalize => 0], [order => 0], [certificate => 0]);

# What happens => what a line must say of it, should it be given up.
my %fault = (
    'a 403' => [problem(403, 'unauthorized', 'not today'),
        qr/HTTP 403 urn:ietf:params:acme:error:unauthorized - not today/],
    'a 429' => [problem(429, 'rateLimited', 'too many', {
        'Retry-After' => 120 }), qr/HTTP 429 .*rateLimited - too many/],
    'a 500 in HTML' => [answer(500, { 'Content-Type' => 'text/html' },
        '<h1>Oops</h1>'), qr/HTTP 500/],
    'a reset' => [unheard(), qr/(reset|Recv|SSL|connection|Empty)/i],
    'a lost answer' => [lost(), qr/(Empty|SSL|eof|rewind|connection)/i],
    'half an answer' => [cut(), qr/(transfer|SSL|eof|partial|JSON|closed|Nonce)/i],
    'a slow answer' => [slow(), qr/never/],
);

my $trial = AcmeTest::Trial->new;
$trial->begin;
ok($trial->run_to_certificate, 'without a fault');
# When to renew it is nothing that anybody waits for.
is($trial->ca->kinds =~ s/ renewalInfo$//r, join(' ', map { $_->[0] } @requests),
    'these are the requests of an order');

for my $what (sort keys %fault) {
    subtest "$what at each request" => sub {
        try($what, @$_) for @requests;
    };
}

subtest 'an answer that stops half-way' => sub {
    try_stalled($_) for qw(newNonce newOrder finalize certificate);
};

$trial->done;

# libcurl gives a transfer up that has stood still for half a minute.
sub try_stalled {
    my ($kind) = @_;
    $trial->begin($kind => [stalled()]);
    my $t = $trial->t;
    $t->wait_for(sub { $trial->ca->requests($kind) }, 30, "the $kind");
    my $given_up = sub {
        ($trial->ca->journal)[-1]{action} ne 'stalled'
            || $t->log_lines(qr/next attempt/);
    };
    for (1 .. 10) {
        last if $given_up->();
        $t->travel(16);
        poll($given_up, 1);
    }
    ok($given_up->(), "stalled at $kind: it is given up");
    judge("stalled at $kind", qr/too slow|timed out/);
}

sub try {
    my ($what, $kind, $before) = @_;
    my ($action, $words) = @{ $fault{$what} };
    $trial->begin($kind => [(untouched()) x $before, $action]);
    my $failures = judge("$what at $kind " . ($before + 1), $words);
    if ($kind eq 'newOrder' && $what eq 'a lost answer') {
        is(scalar @{ $failures // [] }, 1,
            'no second order that nobody decided on');
    }
}

sub judge {
    my ($where, $words) = @_;
    my $failures = $trial->run_to_certificate;
    ok($failures, "$where: a certificate in the end")
        or return diag($trial->t->nginx->said);
    ok($trial->is_served, 'which is served');
    cmp_ok($trial->orders, '<=', 2, 'at most one order more');
    cmp_ok($trial->accounts, '<=', 1, 'one account');
    is((grep { $_->{action} ne 'untouched' } $trial->ca->journal), 1,
        'it did happen');
    cmp_ok(scalar @$failures, '<=', 1, 'at most one failure');
    like($_, $words, 'whose line says why') for @$failures;
    return $failures;
}
