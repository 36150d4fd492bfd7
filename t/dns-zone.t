# dns-01 by way of the zone that this nginx answers for: with a real parent
# zone, a real recursive resolver that follows the delegation, and the CA asking
# that one.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

plan skip_all => 'port 53 is for root' if $> != 0;

my $t = AcmeTest->new(workers => 2, log_level => 'info');
my $names = $t->start_delegation(zone => 'pium.life', records => <<'END');
@ A 127.0.0.1
api A 127.0.0.1
here A %%NGINX%%
acme NS here
_acme-challenge CNAME pium.life.acme
_acme-challenge.api CNAME _acme.api
_acme.api CNAME api.pium.life.acme
_acme-challenge.elsewhere CNAME other
END
my $ca = $t->start_ca(no_sleep => 1);
$t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    acme_resolver 127.0.0.1:$names->{port};
    acme_dns_listen $names->{nginx};
    acme_dns_zone acme.pium.life ns=here.pium.life;
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name pium.life *.pium.life;
        acme_domain pium.life *.pium.life;
        acme_domain api.pium.life challenge=dns-01;
        acme_domain lost.pium.life challenge=dns-01;
        acme_domain elsewhere.pium.life challenge=dns-01;
    }
}
END
is($t->test_config->{code}, 0, 'nginx -t')
    or diag($t->test_config->{output});
$t->start;

my $seen = $t->wait_certificate('pium.life', seconds => 30);
is_deeply($seen->{names}, ['*.pium.life', 'pium.life'],
    'a name and its wildcard in one certificate');
ok($t->wait_certificate('www.pium.life'), 'which serves what is below it');
$seen = $t->wait_certificate('api.pium.life', seconds => 30);
is_deeply($seen->{names}, ['api.pium.life'], 'a chain of CNAMEs');
ok($t->wait_log(qr/lost\.pium\.life: the DNS record "_acme-challenge\.lost\.pium\.life\. CNAME lost\.pium\.life\.acme\.pium\.life\." is missing \(there is no CNAME\); .*next attempt at/, 30),
    'a record that is missing is shown as it is to be set');
ok($t->wait_log(qr/elsewhere\.pium\.life: the DNS record .* is missing \(it leads to other\.pium\.life\); .*next attempt at/, 30),
    'so is one that leads elsewhere');
unlike($ca->log_text, qr/validate.*(lost|elsewhere)/i,
    'the CA was not told to look');
like($names->dig("\@$names->{nginx}", 'pium.life.acme.pium.life', 'TXT'),
    qr/NOERROR.*ANSWER: 0/s, 'no value is left behind');
$t->done;
