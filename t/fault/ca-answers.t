# Answers that no CA should give, and some that are only unusual. What can be
# borne is; what cannot is one line with the CA's words and the time of the
# next attempt, which is as far away as the kind of failure asks for.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest::FaultyCa qw(:actions);
use AcmeTest::FaultyCa::Certificates qw(forged rechained);
use AcmeTest::FaultyCa::Http qw(header set_header remove_header);
use AcmeTest::Trial;
use POSIX qw(strftime);

my $day = 86400;
my @minute = (60, 66);
my @daily = ($day, 1.1 * $day);

my $trial = AcmeTest::Trial->new;

sub with { my ($name, $value) = @_;
    return changed(sub { set_header($_[0], $name, $value) }) }
sub without { my ($name) = @_;
    return changed(sub { remove_header($_[0], $name) }) }
sub text { my ($text) = @_; return changed(sub { $_[0]{body} = $text }) }
sub member { my ($name, $value) = @_;
    return as_json(sub { $_[0]{$name} = $value; return }) }
sub lacks { my ($name) = @_;
    return as_json(sub { delete $_[0]{$name}; return }) }
sub path_only { return changed(sub {
    my $url = header($_[0], 'Location');
    set_header($_[0], location => $url =~ s{https://[^/]+}{}r) }) }

my @everything = qw(directory newAccount newOrder authorization challenge
    finalize order);

# --- what is borne: issued at once, by one order ---------------------------

my %borne = (
    'unknown members in every object' => { map { $_ => [for_ever(
        member('x-new', { a => [1, undef, 'x' x 5000] }))] } @everything },
    'no nonce but from newNonce' => { map { $_ => [for_ever(
        without('Replay-Nonce'))] } grep { $_ ne 'directory' } @everything },
    'a nonce given twice' => { newAccount => [with('Replay-Nonce', 'MTIzNA')],
        newOrder => [untouched(), with('Replay-Nonce', 'MTIzNA')] },
    'a nonce that is none' => { newAccount => [with('Replay-Nonce',
        "x\tInjected: 1")], authorization => [with('Replay-Nonce', '=')] },
    'badNonce ten times in a row' => { newOrder => [(bad_nonce()) x 10] },
    'Location without a host, in lower case' => {
        newAccount => [path_only()], newOrder => [path_only()] },
    'finalize without Location' => { finalize => [without('Location')] },
    'invalid JSON in an authorization' => {
        authorization => [text('{"status":"pending",')] },
    'an authorization of a wrong type' => {
        authorization => [text('[]'), member('challenges', 'none')] },
    'HTML instead of an order' => { order => [text('<p>busy</p>')] },
    'a directory that has moved' => { directory => [(answer(302,
        { Location => '/dir' })) x 3] },
    'processing for a while' => {
        order => [(member('status', 'processing')) x 4] },
    'a chain without a final newline' => {
        certificate => [rechained(sub { join('', @_) =~ s/\n\z//r })] },
    'a chain with CR LF and text around it' => { certificate => [rechained(
        sub { join '', map { "subject=x\r\n" . s/\n/\r\n/gr } @_ })] },
    'a body as the challenge\'s answer that is no object' => {
        challenge => [text('ok')] },
    'Link headers, comma-joined and in lower case' => {
        certificate => [with('link', '</a>;rel="alternate", <b>; rel=up')] },
    'a Retry-After that is none' => {
        challenge => [with('Retry-After', 'soon')],
        authorization => [untouched(), with('Retry-After', '-5')],
        finalize => [with('Retry-After', '')] },
);

for my $what (sort keys %borne) {
    subtest $what => sub { bear($borne{$what}) };
}

sub bear {
    my ($script) = @_;
    $trial->begin(%$script);
    my $failures = $trial->run_to_certificate(1);
    ok($failures, 'issued at once') or diag($trial->t->nginx->said);
    ok($trial->is_served, 'and served');
    is($trial->orders, 1, 'by one order');
    ok((grep { $_->{action} ne 'untouched' } $trial->ca->journal),
        'it did happen');
}

# --- what is not -----------------------------------------------------------

sub http_date { return strftime('%a, %d %b %Y %H:%M:%S GMT',
    gmtime(time + $_[0])) }
my $problem_with = sub {
    my ($status, $type, $headers, %more) = @_;
    return { newOrder => [problem($status, $type, 'the words of the CA',
        $headers, %more)] };
};

# What the CA does => what the line says, and how many seconds it is to the
# next attempt.
my %refused = (
    'rateLimited, Retry-After in seconds' => [$problem_with->(429,
        'rateLimited', { 'Retry-After' => 7200 }),
        qr/\[warn\].*HTTP 429 .*:rateLimited - the words of the CA/,
        7200, 7202],
    'rateLimited, Retry-After as a date' => [$problem_with->(429,
        'rateLimited', { 'Retry-After' => http_date(5 * 3600) }),
        qr/\[warn\].*the words of the CA/, 4 * 3600, 5 * 3600],
    'Retry-After of a day' => [$problem_with->(503, 'serverInternal',
        { 'Retry-After' => $day }), qr/HTTP 503/, $day, $day + 2],
    'rateLimited without Retry-After' => [$problem_with->(429, 'rateLimited'),
        qr/HTTP 429/, 600, 661],
    'a paused account' => [{ newOrder => [problem(429, 'rateLimited',
        'Your account is temporarily prevented from requesting certificates '
        . 'for api.pium.life. Please visit: https://ca.example/unpause')] },
        qr{HTTP 429.*visit: https://ca\.example/unpause}, @daily],
    'changed terms' => [$problem_with->(403, 'userActionRequired', {},
        instance => 'https://ca.example/terms'),
        qr{\[error\].*userActionRequired.*see https://ca\.example/terms},
        @daily],
    'a deactivated account' => [$problem_with->(403, 'unauthorized'),
        qr/\[error\].*unauthorized - the words/, @daily],
    'a conflict' => [$problem_with->(409, 'conflict'), qr/HTTP 409/, @minute],
    'subproblems' => [$problem_with->(400, 'compound', {}, subproblems => [{
        type => 'urn:ietf:params:acme:error:caa', detail => 'CAA forbids it',
        identifier => { type => 'dns', value => 'api.pium.life' } }]),
        qr/\[error\].*compound.*api\.pium\.life.*CAA forbids it/, @daily],
    'escape sequences in its words' => [{ newOrder => [problem(400,
        'malformed', "a\e[31m\r\n2026/01/01 [warn] fake")] },
        qr/HTTP 400 .*malformed - a(?!\e).*fake/, @minute],
    'an order without a Location' => [{ newOrder => [without('Location')] },
        qr/did not say where the order is/, @minute],
    'an order of other names' => [{ newOrder => [member('identifiers',
        [{ type => 'dns', value => 'other.example' }])] },
        qr/order of other names: other\.example/, @minute],
    'an order without "finalize"' => [{ newOrder => [lacks('finalize')] },
        qr/finalize/, @minute],
    'an order of a status nobody knows' => [{ newOrder => [
        member('status', 'meditating')] }, qr/meditating/, @minute],
    'a token that would leave its path' => [{ authorization => [as_json(sub {
        $_->{token} = '../../x' for @{ $_[0]{challenges} }; return })] },
        qr/not base64url/, @minute],
    'no challenge that we know' => [{ authorization => [as_json(sub {
        $_->{type} = 'carrier-pigeon-01' for @{ $_[0]{challenges} };
        return })] }, qr/offered: carrier-pigeon-01.*allowed: http-01/,
        @daily],
    'badNonce for ever' => [{ newOrder => [for_ever(bad_nonce())] },
        qr/badNonce/, @minute],
    '10 MB instead of an order' => [{ newOrder => [text('x' x 10_000_000)] },
        qr/longer than it may be/, @minute],
    'a redirect to itself' => [{ directory => [for_ever(answer(302,
        { Location => '/dir' }))] }, qr/redirects/, @minute],
    'a redirect to what is not encrypted' => [{ directory => [answer(302,
        { Location => 'http://127.0.0.1:1/dir' })] },
        qr/[Pp]rotocol.*http/, @minute],
    'an endpoint without TLS' => [{ directory => [member('newOrder',
        'http://ca.example/')] }, qr/newOrder.*http/, @minute],
    'an order that is invalid' => [{ finalize => [member('status',
        'invalid')] }, qr/invalid and gave no reason/, @minute],
    'a certificate for another key' => [{
        certificate => [forged(other_key => 1)] },
        qr/\[error\].*certificate for another key/, @daily],
    'a certificate of other names' => [{
        certificate => [forged(names => ['other.example'])] },
        qr/\[error\].*for other names: other\.example/, @daily],
    'a certificate of more names' => [{ certificate => [forged(
        names => ['api.pium.life', 'more.example'])] },
        qr/for other names: .*more\.example/, @daily],
    'a certificate that has expired' => [{
        certificate => [forged(from => -90 * $day, to => -$day)] },
        qr/expired at 20.*clock right/, @daily],
    'a certificate that is not valid yet' => [{
        certificate => [forged(from => $day)] },
        qr/valid only from 20.*clock right/, @daily],
    'a chain that does not hold' => [{
        certificate => [rechained(sub { "$_[0]$_[0]" })] },
        qr/is not signed by the next/, @daily],
    'a certificate that is none' => [{ certificate => [text(
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")] },
        qr/\[error\].*checking the certificate: /, @daily],
    'half a certificate, whole in HTTP' => [{ certificate => [changed(sub {
        $_[0]{body} = substr $_[0]{body}, 0, 300 })] },
        qr/checking the certificate: /, @daily],
);

for my $what (sort keys %refused) {
    subtest $what => sub { refuse(@{ $refused{$what} }) };
}

# An authorization may be given up yet when the failure has been told.
sub asked {
    return scalar grep { $_->{kind} ne 'authorization' }
        $trial->ca->journal;
}

sub refuse {
    my ($script, $words, $least, $most) = @_;
    $trial->begin(%$script);
    my $line = $trial->next_line // return fail('a line');
    like($line, $words, 'the line says why');
    like($line, qr/issuer "faulty"$/, 'and whose trouble it is');
    unlike($line, qr/[^ -~]/, 'in printable characters');
    my $delay = $trial->delay($line);
    # Some of it has gone by since the line was written.
    cmp_ok($delay, '>=', $least - 5, 'not before its time');
    cmp_ok($delay, '<=', $most, 'and not long after');
    cmp_ok($trial->ca->requests('newOrder'), '<=', 11,
        'the CA is not hammered');
    for my $again (qw(restart reload)) {
        my $requests = asked();
        $trial->t->mark_log->$again;
        $trial->t->wait_log(qr/the next attempt is at/)
            or fail("$again: the new helper knows");
        $trial->t->poke;
        is(asked(), $requests,
            "$again: the CA is not asked earlier");
    }
    $trial->ca->script;
    $trial->t->mark_log;
    $trial->go_to_next_attempt($line);
    my $failures = $trial->run_to_certificate(1);
    ok($failures, 'then it is issued') or diag($trial->t->nginx->said);
    cmp_ok($trial->orders, '<=', 2, 'by one order more at most');
}

$trial->done;
