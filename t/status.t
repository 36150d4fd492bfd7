# acme_status: JSON, metrics and a page, as a worker renders them; and the
# variables.

use strict;
use warnings;

use Test::More;
use JSON::PP;

use lib 't/lib';
use AcmeTest;
use AcmeTest::Schema qw(schema_errors);

my $t = AcmeTest->new(workers => 2);
my $ca = $t->start_ca(no_sleep => 1);
$t->dns->manage('add-a', { host => 'away.pium.life.',
    addresses => ['127.0.0.99'] });
my $config = <<'END';
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    acme_preflight off;
    log_format acme '$acme_domain|$acme_state|$acme_expires|';
    server {
        listen 127.0.0.1:%%HTTP%%;
        server_name localhost;
        location = /acme { acme_status; }
    }
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name www.pium.life pium.life away.pium.life;
        acme_domain www.pium.life pium.life;
        acme_domain away.pium.life;
        access_log %%DIR%%/acme.log acme;
        location / {
            add_header X-Acme "$acme_domain $acme_state $acme_expires";
            return 200 "hello";
        }
    }
}
END
$t->write_config($config);
$t->allow(qr/away\.pium\.life/);
$t->start;
ok($t->wait_certificate('www.pium.life'), 'a certificate is served');
ok($t->wait_log(qr/acme: .*away\.pium\.life.*next attempt at/),
    'and another one fails');

my $json = wait_status(sub { state_of($_[0], 'away.pium.life') eq 'failing' },
    'the failure to be shown');
is($json->{total}, 2, 'two certificates');
ok($json->{helper}{up} && $json->{helper}{pid} == $t->nginx->helper,
    'the helper is shown');
like($json->{now}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'with the time');
is_deeply([ map { $_->{id} } @{ $json->{certificates} } ],
    ['away.pium.life', 'www.pium.life'], 'the more urgent one comes first');
my ($away, $www) = @{ $json->{certificates} };
is($www->{state}, 'valid', 'one is valid');
is_deeply($www->{names}, ['www.pium.life', 'pium.life'], 'its names');
ok($www->{served}, 'it is served');
is($www->{next_action}, 'renew', 'it is to be renewed');
my $seen = $t->tls_connect('www.pium.life');
is(lc($www->{serial}), lc($seen->{serial}), 'its serial number');
like($www->{sha256}, qr/^[0-9a-f]{64}$/, 'its digest');
like($www->{chain}[0], qr/Pebble/, 'who issued it');
is($www->{history}[0]{event}, 'issued', 'what happened');
is($away->{state}, 'failing', 'the other fails');
cmp_ok($away->{attempts}, '>=', 1, 'so many times');
is($away->{next_action}, 'retry', 'it is tried again');
ok($away->{next_at} gt $json->{now}, 'later');
like($away->{last_error}{type}, qr/^urn:ietf:params:acme:error:connection$/,
    'the kind of error, in the CA\'s words');
ok(length $away->{last_error}{detail}, 'and what it said');
is($away->{history}[0]{event}, 'failed', 'it is in the history');

is(schema_errors($t->dir, status('format=json')->{body}), '',
    'all as the schema has it');
like(schema_errors($t->dir, '{}'), qr/required/, 'which is strict');

subtest 'metrics' => sub {
    my $r = status('format=prometheus');
    like($r->{headers}{'content-type'}, qr{^text/plain; version=0\.0\.4},
        'their type');
    my %is = map { /^(\S+) (\S+)$/ ? ($1 => $2) : () } split /\n/, $r->{body};
    is($is{'acme_certificate_state{id="www.pium.life",state="valid"}'}, 1,
        'a state');
    is($is{'acme_certificate_state{id="away.pium.life",state="failing"}'}, 1,
        'another');
    cmp_ok($is{'acme_certificate_not_after_timestamp_seconds'
        . '{id="www.pium.life",issuer="pebble"}'}, '>', time, 'an end');
    is($is{'acme_issuance_total{issuer="pebble",result="issued"}'}, 1,
        'issued');
    cmp_ok($is{'acme_issuance_total{issuer="pebble",result="failed"}'}, '>=',
        1, 'failed');
    is($is{'acme_issuance_duration_seconds_count{issuer="pebble"}'}, 1,
        'a duration');
    cmp_ok($is{'acme_challenge_responses_total{type="http-01"}'}, '>=', 2,
        'answers to the CA');
    cmp_ok($is{'acme_handshakes_total{certificate="managed"}'}, '>=', 2,
        'handshakes');
    is($is{acme_helper_up}, 1, 'the helper is up');
    open my $promtool, '|-', 'promtool check metrics >' . $t->dir . '/promtool 2>&1'
        or die "promtool: $!";
    print $promtool $r->{body};
    ok(close $promtool, 'promtool has nothing against them')
        or diag($t->read_file($t->dir . '/promtool'));
};

subtest 'the page' => sub {
    my $r = status('');
    is($r->{status}, 200, 'it is there');
    like($r->{headers}{'content-type'}, qr{^text/html}, 'HTML');
    is($r->{headers}{'cache-control'}, 'no-store', 'not to be stored');
    like($r->{headers}{'content-security-policy'}, qr/default-src 'none'/,
        'which may load nothing');
    like($r->{body}, qr/www\.pium\.life/, 'with the certificates');
    unlike($r->{body}, qr/<form[^>]*method="?post/i, 'and no commands');
    is(status('', method => 'POST')->{status}, 405, 'it takes none, either');
    is(status('', method => 'HEAD')->{body}, '', 'HEAD has no body');
    my $found = decode_json(status('format=json&q=AWAY')->{body});
    is($found->{total}, 1, 'a search');
    is($found->{certificates}[0]{id}, 'away.pium.life', 'finds it');
    is(decode_json(status('format=json&page=99')->{body})->{total}, 2,
        'a page beyond the end is the last one');
};

subtest 'variables' => sub {
    my $r = $t->tls_get('www.pium.life', '/');
    like($r->{headers}{'x-acme'}, qr/^www\.pium\.life valid \d+$/,
        'of the certificate that was served');
    $r = $t->tls_get('away.pium.life', '/', verify => 0);
    like($r->{headers}{'x-acme'}, qr/^away\.pium\.life failing $/,
        'of one that is not there yet');
    $r = $t->http_get('/', host => 'www.pium.life');
    like($r->{headers}{'x-acme'} // '', qr/^ *$/, 'none without TLS');
    ok($t->wait_for(sub {
        $t->read_file($t->dir . '/acme.log')
            =~ /^www\.pium\.life\|valid\|\d+\|$/m;
    }, 5, 'the access log'), 'they can be logged');
};

$t->reload;
$json = wait_status(sub { $_[0]{certificates}[1]{history} },
    'the status after a reload');
is($json->{certificates}[1]{history}[0]{event}, 'issued',
    'the history is there after a reload');
$t->restart;
$json = wait_status(sub { state_of($_[0], 'www.pium.life') eq 'valid' },
    'the status after a restart');
is((grep { $_->{id} eq 'www.pium.life' } @{ $json->{certificates} })[0]
        {history}[0]{event}, 'issued', 'and after a restart');
my $helper = $t->nginx->helper;
$t->nginx->kill_helper;
$json = wait_status(sub {
    $_[0]{helper}{up} && $_[0]{helper}{pid} != $helper;
}, 'the next helper');
ok($json, 'another helper is shown when one has died');

$t->done;

sub status {
    my ($query, %o) = @_;
    return $t->http_get('/acme' . ($query && "?$query"), %o);
}

sub state_of {
    my ($json, $id) = @_;
    my ($found) = grep { $_->{id} eq $id } @{ $json->{certificates} };
    return $found->{state};
}

sub wait_status {
    my ($check, $what) = @_;
    my $json;
    $t->wait_for(sub {
        my $r = status('format=json');
        $json = eval { decode_json($r->{body}) } or return;
        return $check->($json);
    }, 15, $what);
    return $json;
}
