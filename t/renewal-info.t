# Renewal information (RFC 9773) with Pebble: when it suggests to renew, that is
# when it is renewed, and the order says what it replaces; garbage is passed
# over.

use strict;
use warnings;

use JSON::PP;
use POSIX qw(strftime);
use Test::More;

use lib 't/lib';
use AcmeTest;

my $minute = 60;
my $hour = 60 * $minute;
my $day = 24 * $hour;

my $t = AcmeTest->new(log_level => 'info');
my $ca = $t->start_ca;
my @names = map { "$_.example" } qw(good reversed garbage past);
my $servers = join '', map { <<"END" } @names;
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name $_;
        acme_domain $_;
    }
END
$t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
$servers
}
END
my $from = time;
$t->start(time_travel => 1);
for my $name (@names) {
    ok($t->wait_log(qr/: issued, .*"$name"/), "$name: issued");
    ok($t->wait_log(qr/the CA suggests to renew between.*"$name"/),
        'and the CA asked when to renew it');
}

# --- what the CA says when it is asked again, six hours later ---------------

my ($start, $end) = ($from + 10 * $day, $from + 10 * $day + $minute);
answer('good', window($start, $end));
answer('reversed', window($end, $start));
answer('garbage', '<html>try again</html>');
answer('past', window($from - 2 * $hour, $from - $hour,
    'https://ca.example/incident'));

$t->mark_log->travel(7 * $hour);
like($t->wait_log(qr/suggests to renew.*"good\.example"/),
    qr/between ${\text($start)} and ${\text($end)}, it will be at/,
    'another window: taken');
like($t->wait_log(qr/renewal information.*"reversed\.example"/),
    qr/\[warn\].*ends before it starts; it is passed over/,
    'one that ends before it starts: passed over');
like($t->wait_log(qr/renewal information.*"garbage\.example"/),
    qr/\[warn\].*it is passed over/, 'garbage: passed over');
like($t->wait_log(qr/suggests to renew.*"past\.example"/),
    qr{\[notice\].*it says why at https://ca\.example/incident},
    'why it is to be renewed sooner: told');

# --- and what comes of it ---------------------------------------------------

is($ca->orders, scalar @names, 'none of it is a reason for an order yet');
$t->mark_log->travel($from + 2 * $day + $minute - $t->now);
ok($t->wait_log(qr/: renewed, .*"past\.example"/),
    'a window that is over: renewed, when the certificate was two days old');
is($ca->count_log(qr/is a replacement of/), 1,
    'and the CA knows what it replaces');

$t->mark_log->travel($start - 25 - $t->now);
is($ca->orders, @names + 1, 'before the window nothing happens');
$t->travel($end + 1 - $t->now);
ok($t->wait_log(qr/: renewed, .*"good\.example"/), 'within it it is renewed');
is($ca->count_log(qr/is a replacement of/), 2, 'as a replacement, too');
is(scalar $t->log_lines(qr/: renewed, .*"(?:reversed|garbage)\./), 0,
    'what the others are told is no reason');

$t->done;

sub answer {
    my ($name, $text) = @_;
    my ($certificate) = $t->read_file("state/certificates/$name.example.pem")
        =~ /(-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n)/s;
    $ca->set_renewal_info($certificate, $text);
}

sub window {
    my ($from, $to, $url) = @_;
    return encode_json({ suggestedWindow =>
        { start => text($from), end => text($to) },
        ($url ? (explanationURL => $url) : ()) });
}

sub text { return strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]) }
