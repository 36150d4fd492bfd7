# What a CA offers beside a certificate: profiles, alternate chains, and another
# key or the same one at each issuance; by way of a proxy, if need be.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::Process qw(spawn stop_group);

my $t = AcmeTest->new;
my $ca = $t->start_ca(env => { PEBBLE_ALTERNATE_ROOTS => 2 }, profiles => {
    default => { description => 'ninety days', validityPeriod => 7776000 },
    shortlived => { description => 'six days', validityPeriod => 518400 } });

my $started = 0;

sub configure {
    my ($options, $line) = @_;
    my $issuer = $ca->issuer_block(more => $options);
    my ($name) = split ' ', $line;
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    acme_state_path %%STATE%%;
    $issuer
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name $name;
        acme_domain $line;
    }
}
END
    $t->mark_log;
    $started++ ? $t->reload : $t->start;
    ok(my $seen = $t->wait_certificate($name), "$options $line: issued");
    return $seen;
}

sub days { return int(($_[0]{not_after} - time) / 86400 + 0.5) }

# --- profiles ---------------------------------------------------------------

is(days(configure('profile shortlived;', 'a.example')), 6,
    'the profile of the issuer');
is(days(configure('profile shortlived;', 'b.example profile=default')), 90,
    'that of the certificate comes first');
configure('', 'c.example profile=tlsclient');
like(($t->log_lines(qr/tlsclient/))[0], qr/\[warn\].*does not offer the profile "tlsclient", but "default" /,
    'one that is not there is done without');

# --- chains -----------------------------------------------------------------

my @roots = map { subject_of($_) } 0 .. 2;
for my $root (@roots) {
    my $name = 'r' . lc(substr $root, -6) . '.example';
    my $seen = configure("preferred_chain '$root';", $name);
    is(name_in($seen->{chain}[-1], 'issuer'), $root, "a chain to $root");
}
configure('preferred_chain nobody;', 'd.example');
like(($t->log_lines(qr/preferred/))[0], qr/\[warn\].*preferred "nobody".*"\Q$roots[1]\E".*its default/,
    'one that is not there is done without');

# --- a proxy ----------------------------------------------------------------

my $port = $t->port('PORT_PROXY');
my $log = $t->dir . '/proxy.log';
my $proxy = spawn(log => $t->dir . '/proxy.out', command => ['tinyproxy', '-d',
    '-c', $t->write_file('proxy.conf', <<"END")]);
Port $port
Listen 127.0.0.1
Allow 127.0.0.1
LogLevel Connect
LogFile "$log"
ConnectPort @{[ $ca->url =~ /:(\d+)/ ]}
END
configure("proxy http://127.0.0.1:$port;", 'e.example');
like($t->read_file($log), qr/CONNECT localhost:\d+ HTTP/,
    'the CA was reached by way of the proxy');
stop_group($proxy);
configure('', 'f.example');

$t->done;

sub subject_of {
    my ($number) = @_;
    return name_in($ca->manage("/roots/$number")->{body}, 'subject');
}

sub name_in {
    my ($pem, $of) = @_;
    my $file = $t->write_file('certificate.pem', $pem);
    my $text = `openssl x509 -in $file -noout -$of -nameopt multiline`;
    return $text =~ /commonName\s*= (.*)/ ? $1 : die "$of: $text";
}
