# dns-01 through acme-dns: a registration for each name, kept before the CNAME
# is shown that leads to it, and used for ever.

use strict;
use warnings;

use JSON::PP;
use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::CloudDns;

plan skip_all => 'port 53 is for root' if $> != 0;

my $t = AcmeTest->new(log_level => 'info');
my $names = $t->start_delegation(zone => 'pium.life', records => <<'END');
@ A 127.0.0.1
END
my $ca = $t->start_ca(no_sleep => 1);
my $cloud = AcmeTest::CloudDns->new(dir => $t->dir, dns => $names,
    zones => ['pium.life'], acme_dns_domain => 'auth.pium.life');
my $closed = AcmeTest::Port::free_port();
$t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    acme_resolver 127.0.0.1:$names->{port};
    acme_dns auth {
        type acme-dns;
        server @{[ $cloud->acme_dns_url ]};
        allow_from 127.0.0.0/8;
    }
    acme_dns closed { type acme-dns; server http://127.0.0.1:$closed; }
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name pium.life *.pium.life;
        acme_domain pium.life *.pium.life dns=auth challenge=dns-01;
        acme_domain www.pium.life dns=auth challenge=dns-01;
        acme_domain lost.pium.life dns=closed challenge=dns-01;
    }
}
END
is($t->test_config->{code}, 0, 'nginx -t')
    or diag($t->test_config->{output});
$t->start(time_travel => 1);

my %place = map { $_ => place_of($_) } qw(pium.life www.pium.life);
isnt($place{'pium.life'}, $place{'www.pium.life'},
    'each name has a registration of its own');
my $line = $t->wait_log(qr/acme: .*lost\.pium\.life.*next attempt at/, 60);
like($line, qr/acme-dns: registering: .*127\.0\.0\.1:$closed/,
    'a server that is down is said to be');

$names->change("add _acme-challenge.$_ 1 CNAME $place{$_}") for keys %place;
$t->travel(100)->poke;
my $seen = $t->wait_certificate('pium.life', seconds => 60);
is_deeply($seen->{names}, ['*.pium.life', 'pium.life'],
    'a name and its wildcard by the two values of one registration');
ok($t->wait_certificate('www.pium.life', seconds => 60), 'and the other name');
is($cloud->requests(qr/register/), 2, 'one registration a name');

# A month before the end, by a helper that knows it from the disk alone.
$t->stop->travel(61 * 86400);
$t->mark_log->start(time_travel => 1);
ok($t->wait_log(qr/acme: renewed.*certificate "pium\.life"/, 60),
    'a renewal after a restart');
is($cloud->requests(qr/register/), 2, 'needs no other');

# The server has forgotten it.
$cloud->answer_next(401, path => qr/update/);
$t->stop->travel(62 * 86400);
$t->mark_log->start(time_travel => 1);
ok($t->wait_log(qr/acme: .*updating .*HTTP 401: forbidden; the server does not know this registration any more.*next attempt at/, 60),
    'one that is refused is said to be');
is($cloud->complaints, '', 'every request was right to the byte');
$t->stop;
$cloud->stop;
$t->done;

# Where the CNAME that is shown leads; it is on disk by then.
sub place_of {
    my ($name) = @_;
    my $line = $t->wait_log(qr/the DNS record "_acme-challenge\.\Q$name\E\. CNAME \S+\.auth\.pium\.life\." is missing \(there is no CNAME\)/, 60) // '';
    my ($place) = $line =~ / CNAME (\S+)\." is missing/;
    my ($file) = glob $t->state_dir . "/registrations/$name.*.json";
    is((stat($file // ''))[2] // 0, 0100600, "$name: the registration is kept");
    my $kept = eval { decode_json($t->read_file($file)) } // {};
    is($kept->{fulldomain}, $place, 'and is that of the CNAME');
    return $place // '';
}
