# dns-account-01: as dns-01, at a name that has our account in it.

use strict;
use warnings;

use Digest::SHA qw(sha256);
use Test::More;

use lib 't/lib';
use AcmeTest;

plan skip_all => 'port 53 is for root' if $> != 0;

my $t = AcmeTest->new(log_level => 'info');
my $names = $t->start_delegation(zone => 'pium.life', records => <<'END');
@ A 127.0.0.1
here A %%NGINX%%
acme NS here
END
$t->start_ca(no_sleep => 1);
chmod 0640, $names->{key_file};
$t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    acme_resolver 127.0.0.1:$names->{port};
    acme_dns_listen $names->{nginx};
    acme_dns_zone acme.pium.life ns=here.pium.life;
    acme_dns ours { type rfc2136; key $names->{key_file}; }
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name pium.life *.pium.life;
        acme_domain pium.life *.pium.life dns=ours challenge=dns-account-01;
        acme_domain own.pium.life challenge=dns-account-01;
    }
}
END
is($t->test_config->{code}, 0, 'nginx -t')
    or diag($t->test_config->{output});
$t->start(time_travel => 1);
my $seen = $t->wait_certificate('pium.life', seconds => 60);
is_deeply($seen->{names}, ['*.pium.life', 'pium.life'],
    'a name and its wildcard');

# In the zone of this nginx, by a CNAME that is shown.
my ($account) = ($t->wait_log(qr/acme: account https/) // '')
    =~ /account (https:\S+), issuer/;
my $place = '_' . base32(substr sha256($account), 0, 10)
    . '._acme-challenge.own.pium.life';
ok($t->wait_log(qr/the DNS record "\Q$place\E\. CNAME own\.pium\.life\.acme\.pium\.life\." is missing/, 30),
    'the CNAME to set has the account in its name');
$names->change("add $place 1 CNAME own.pium.life.acme.pium.life");
$t->travel(100);
ok($t->wait_certificate('own.pium.life', seconds => 30), 'and works');
$t->done;

# RFC 4648, as far as it is needed.
sub base32 {
    my ($bytes) = @_;
    my @digits = ('a' .. 'z', 2 .. 7);
    return join '', map { $digits[oct "0b$_"] } unpack('B*', $bytes) =~ /.{5}/g;
}
