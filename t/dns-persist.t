# dns-persist-01: a record that is set once, without credentials, found at the
# zone's own name servers before the CA is told to look. The CA is Pebble, the
# zone is one of a real Knot DNS.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

plan skip_all => 'port 53 is for root' if $> != 0;

my $t = AcmeTest->new(log_level => 'info');
my $names = $t->start_delegation(zone => 'pium.life', records => <<'END');
@ A 127.0.0.1
www A 127.0.0.1
_validation-persist.ended TXT "pebble.letsencrypt.org; accounturi=https://localhost/none"
_validation-persist.alias CNAME _persist.shared
END
my $ca = $t->start_ca(no_sleep => 1);
$t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    acme_resolver 127.0.0.1:$names->{port};
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name pium.life *.pium.life;
        acme_domain pium.life *.pium.life challenge=dns-persist-01;
        acme_domain alias.pium.life challenge=dns-persist-01;
        acme_domain ended.pium.life challenge=dns-persist-01;
        acme_domain www.pium.life challenge=dns-persist-01,http-01;
    }
}
END
is($t->test_config->{code}, 0, 'nginx -t')
    or diag($t->test_config->{output});
$t->start(time_travel => 1);

my %record = map { $_ => missing($_) }
    qw(pium.life alias.pium.life ended.pium.life);
like($record{'pium.life'}, qr/^pebble\.letsencrypt\.org; accounturi=https:\S+; policy=wildcard$/,
    'the record of a wildcard is shown as it is to be set');
like($record{'alias.pium.life'}, qr/^pebble\.letsencrypt\.org; accounturi=https:\S+$/,
    'so is that of a name');
ok($t->wait_log(qr/ended\.pium\.life.*is missing \(there is one for another account, https:\/\/localhost\/none\)/),
    'what is there instead is said');
ok($t->wait_log(qr/\[warn\].*validating www\.pium\.life by dns-persist-01: .*_validation-persist\.www\.pium\.life.*; trying http-01/),
    'where another challenge is allowed, it is said that it is taken');
ok($t->wait_certificate('www.pium.life', seconds => 30), 'and it is');
my $orders = $ca->orders;

# The account ends up in several names; others' records are there, too.
set('_validation-persist.pium.life', 'v=other');
set('_validation-persist.pium.life', $record{'pium.life'});
set('_persist.shared.pium.life', $record{'alias.pium.life'});
my $past = int($t->now - 86400);
set('_validation-persist.ended.pium.life',
    "$record{'ended.pium.life'}; persistUntil=$past");
$t->mark_log->travel(100);
my $seen = $t->wait_certificate('pium.life', seconds => 30);
is_deeply($seen->{names}, ['*.pium.life', 'pium.life'],
    'a name and its wildcard by one record');
ok($t->wait_certificate('alias.pium.life', seconds => 30),
    'a CNAME is followed');
is($ca->orders, $orders, 'by the orders that were there already');
ok($t->wait_log(qr/ended\.pium\.life.*is missing \(there is one that ended at 20/),
    'one that has ended does not count');
unlike($ca->log_text, qr/validate.*ended/i, 'the CA was not told to look');

my $soon = int($t->now) + 10 * 86400;
set('_validation-persist.ended.pium.life',
    "$record{'ended.pium.life'}; persistUntil=$soon");
$t->mark_log->travel(1000);
ok($t->wait_certificate('ended.pium.life', seconds => 30),
    'one that lasts does');
ok($t->wait_log(qr/\[warn\].*_validation-persist\.ended\.pium\.life\. ends at 20.*set it anew/),
    'and its end is foretold');
$t->done;

sub missing {
    my ($name) = @_;
    my $line = $t->wait_log(
        qr/the DNS record _validation-persist\.\Q$name\E\. TXT .*next attempt at/,
        30) // '';
    my ($record) = $line
        =~ /_validation-persist\.\Q$name\E\. TXT "([^"]*)" is missing/;
    return $record // '';
}

sub set {
    my ($host, $value) = @_;
    $names->manage('set-txt', { host => $host, value => $value });
}
