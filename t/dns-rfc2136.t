# dns-01 through dynamic updates (RFC 2136) with TSIG, against a real Knot DNS.

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
static TXT "of somebody else"
_acme-challenge TXT "of somebody else"
_acme-challenge.www CNAME www.challenges
END
$t->start_ca(no_sleep => 1);
chmod 0640, $names->{key_file};
$t->write_file('wrong.key', 'key "acme" { algorithm hmac-sha256; secret '
    . '"d3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmc="; };');
$t->write_file('unknown.key', 'key "nobody" { algorithm hmac-sha256; secret '
    . '"d3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmc="; };');
chmod 0600, map { $t->dir . "/$_.key" } qw(wrong unknown);
my $closed = AcmeTest::Port::free_port();
$t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    acme_resolver 127.0.0.1:$names->{port};
    # Zone and server are found by the name.
    acme_dns found { type rfc2136; key $names->{key_file}; }
    acme_dns given {
        type rfc2136;
        server $names->{authoritative};
        zone pium.life;
        key $names->{key_file};
    }
    acme_dns wrong { type rfc2136; key %%DIR%%/wrong.key; }
    acme_dns unknown { type rfc2136; key %%DIR%%/unknown.key; }
    acme_dns closed {
        type rfc2136; server 127.0.0.1:$closed; zone pium.life;
        key $names->{key_file};
    }
    acme_dns foreign {
        type rfc2136; server $names->{authoritative}; zone example.com;
        key $names->{key_file};
    }
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name pium.life *.pium.life;
        acme_domain pium.life *.pium.life dns=found challenge=dns-01;
        acme_domain www.pium.life dns=given challenge=dns-01;
        acme_domain wrong.pium.life dns=wrong challenge=dns-01;
        acme_domain unknown.pium.life dns=unknown challenge=dns-01;
        acme_domain closed.pium.life dns=closed challenge=dns-01;
        acme_domain foreign.pium.life dns=foreign challenge=dns-01;
    }
}
END
is($t->test_config->{code}, 0, 'nginx -t')
    or diag($t->test_config->{output});
$t->start;
ok($t->wait_certificate('pium.life', seconds => 60),
    'a name and its wildcard, by two values at one name');
ok($t->wait_certificate('www.pium.life', seconds => 60),
    'a CNAME is followed to the name to write');
my %says = (
    wrong => qr/BADSIG/,
    unknown => qr/BADKEY/,
    closed => qr/127\.0\.0\.1:$closed/,
    foreign => qr/NOTAUTH|REFUSED|NOTZONE|not.*example\.com/i,
);
for my $name (sort keys %says) {
    my $line = $t->wait_log(
        qr/acme: .*\Q$name\E\.pium\.life.*next attempt at/, 60) // '';
    like($line, $says{$name}, "$name: the line says why");
    like($line, qr/writing the DNS record/, "$name: and what failed");
}
ok($t->wait_for(sub {
    $names->dig("\@$names->{authoritative}", 'www.challenges.pium.life', 'TXT')
        =~ /ANSWER: 0/;
}, 10, 'the value to go'), 'nothing of ours is left');
ok($t->wait_for(sub {
    $names->dig("\@$names->{authoritative}", '_acme-challenge.pium.life', 'TXT')
        =~ /ANSWER: 1,.*"of somebody else"/s;
}, 10, 'the values to go'), 'and what was there before is');
$t->done;
