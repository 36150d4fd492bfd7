# acme_preflight: what a name leads to is looked at before the CA is asked, by
# http-01, by tls-alpn-01, by the DNS, and by CAA records. The names are those of
# a real zone, so that what is looked at is what the CA would see.

use strict;
use warnings;

use IO::Socket::INET;
use IO::Socket::SSL;
use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::Process qw(fork_child stop_group);

plan skip_all => 'ports 53 and 80 are for root' if $> != 0;

my $t = AcmeTest->new(log_level => 'info');
my $names = $t->start_delegation(zone => 'pium.life', records => <<'END');
@ CAA 0 issue "pebble.letsencrypt.org"
plain A %%NGINX%%
secure A %%NGINX%%
here A %%NGINX%%
acme NS here
_acme-challenge.good CNAME good.pium.life.acme
_acme-challenge.bad CNAME elsewhere
bucket A %%OTHER%%
server A %%OTHER%%
warned A %%OTHER%%
silent A %%SILENT%%
caa A %%NGINX%%
caa CAA 0 issue "digicert.com"
pinned A %%NGINX%%
pinned CAA 0 issue "pebble.letsencrypt.org; accounturi=https://ca.example/1"
method A %%NGINX%%
method CAA 0 issue "pebble.letsencrypt.org; validationmethods=dns-01"
END
my $ca = $t->start_ca(no_sleep => 1, http_port => 80, tls_port => 443);
my @others = (fork_child(sub { serve_pages("$names->{other}:80") }),
    fork_child(sub { serve_tls("$names->{other}:443") }));
$t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    acme_resolver 127.0.0.1:$names->{port};
    acme_dns_listen $names->{nginx};
    acme_dns_zone acme.pium.life ns=here.pium.life;
    acme_preflight require;
    server {
        listen $names->{nginx}:80;
        listen $names->{nginx}:443 ssl;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name plain.pium.life;
        acme_domain plain.pium.life challenge=http-01;
        acme_domain secure.pium.life challenge=tls-alpn-01;
        acme_domain good.pium.life *.good.pium.life challenge=dns-01;
        acme_domain bad.pium.life challenge=dns-01;
        acme_domain bucket.pium.life challenge=http-01;
        acme_domain server.pium.life challenge=tls-alpn-01;
        acme_domain silent.pium.life challenge=http-01;
        acme_domain none.pium.life challenge=http-01;
        acme_domain caa.pium.life challenge=http-01;
        acme_domain pinned.pium.life challenge=http-01;
        acme_domain method.pium.life challenge=http-01;
    }
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name warned.pium.life;
        acme_preflight warn;
        acme_domain warned.pium.life challenge=http-01;
    }
}
END
is($t->test_config->{code}, 0, 'nginx -t')
    or diag($t->test_config->{output});
$t->start(time_travel => 1);

for my $name (qw(plain secure good)) {
    ok($t->wait_certificate("$name.pium.life", seconds => 60),
        "$name leads here, and is issued");
}
my $other = qr/\Q$names->{other}\E/;
my %says = (
    bad => qr/the DNS record "_acme-challenge\.bad\.pium\.life\. CNAME bad\.pium\.life\.acme\.pium\.life\." is missing \(it leads to elsewhere\.pium\.life\)/,
    bucket => qr/bucket\.pium\.life resolves to $other, which answered 404 from AmazonS3: this nginx does not serve it; use dns-01 or remove the name/,
    server => qr/server\.pium\.life resolves to $other, which showed a certificate of its own to a CA's handshake: this nginx/,
    silent => qr/silent\.pium\.life resolves to \Q$names->{silent}\E, which does not answer on port 80: .*connect.*open the port, .*or use dns-01/i,
    none => qr/none\.pium\.life has no address/,
    caa => qr/the CAA record of caa\.pium\.life lets digicert\.com issue for caa\.pium\.life: add the record 0 issue "pebble\.letsencrypt\.org", or remove it/,
    pinned => qr/to the account https:\/\/ca\.example\/1 alone: this is https:\/\/localhost/,
    method => qr/issue by dns-01 alone, not by http-01/,
);
for my $name (sort keys %says) {
    like($t->wait_log(qr/acme: preflight: .*certificate "$name\.pium\.life"/, 60),
        qr/$says{$name}.*; failure 1 in a row, next attempt at/,
        "$name: a sentence that says what to do");
}
ok($t->wait_log(qr/acme: preflight: warned\.pium\.life resolves to $other, which answered 404.*certificate "warned\.pium\.life"/, 60),
    'with "warn" it is said, too');
ok($t->wait_log(qr/acme: validating warned\.pium\.life: .*failure 1 in a row/, 60),
    'and the CA is asked all the same');
is($ca->orders, 4, 'what is required costs no order');

# The name comes here at last.
$names->change('delete bucket.pium.life A');
$names->change("add bucket.pium.life 1 A $names->{nginx}");
$t->travel(100)->poke;
ok($t->wait_certificate('bucket.pium.life', seconds => 60),
    'what leads here later is issued at the next attempt');

# As certbot's web root did in the story this module began with.
$names->change('delete plain.pium.life A');
$names->change("add plain.pium.life 1 A $names->{other}");
$t->travel(86400)->poke;
ok($t->wait_log(qr/acme: preflight: plain\.pium\.life resolves to $other, which answered 404.*so it could not be renewed now, the certificate served is valid until/, 60),
    'a name that moves away is told long before the certificate ends');

# The delegation to this nginx goes: the record to set again is named.
$names->change('delete acme.pium.life NS');
$t->travel(86400)->poke;
ok($t->wait_log(qr/acme: preflight: .*the DNS record "acme\.pium\.life\. NS here\.pium\.life\." is missing \(the name servers of pium\.life answer for it\).*certificate "good\.pium\.life"/, 60),
    'a delegation that goes is told, with the record to set');
stop_group($_, 'KILL') for @others;
$t->done;

# As S3 does for a bucket that has no such page.
sub serve_pages {
    my ($at) = @_;
    my $listener = IO::Socket::INET->new(LocalAddr => $at, Listen => 16,
        ReuseAddr => 1) or die "$at: $!";
    while (my $client = $listener->accept) {
        $client->sysread(my $request, 8192);
        print $client "HTTP/1.1 404 Not Found\r\nServer: AmazonS3\r\n"
            . "Content-Length: 7\r\nConnection: close\r\n\r\n<Error>";
        close $client;
    }
}

sub serve_tls {
    my ($at) = @_;
    my $tls = AcmeTest::Pebble::test_ca();
    my $listener = IO::Socket::SSL->new(LocalAddr => $at, Listen => 16,
        ReuseAddr => 1, SSL_cert_file => "$tls/localhost.pem",
        SSL_key_file => "$tls/localhost.key") or die "$at: $!";
    while (1) {
        my $client = $listener->accept;
        close $client if $client;
    }
}
