# OCSP stapling with a real responder (OpenSSL's): each worker staples what the
# helper has got, over a reload and a killed helper; what the CA has revoked is
# replaced.

use strict;
use warnings;

use POSIX qw(strftime);
use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::Poll qw(poll);
use AcmeTest::Process qw(spawn stop_group);

my $day = 24 * 3600;

my $t = AcmeTest->new(workers => 2, log_level => 'info');
my $port = $t->port('PORT_OCSP');
my $ca = $t->start_ca(config => { keyAlgorithm => 'rsa',
    ocspResponderURL => "http://127.0.0.1:$port" });
$t->write_config(<<'END');
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl reuseport;
        server_name a.example;
        acme_domain a.example;
    }
}
END
$t->start(time_travel => 1);
my $seen = $t->wait_certificate('a.example');
ok($seen, 'issued');
like($t->wait_log(qr/OCSP response: /),
    qr/\[warn\].*127\.0\.0\.1:$port.*nothing is stapled, next attempt at/,
    'a responder that is down is said');
is(staple(), 'none', 'and nothing is stapled');

my $responder = respond(good => $seen->{serial});
$t->travel(90);
ok(poll(sub { staple() eq 'good' }, 10), 'when it is there, a response is');
is(scalar(grep { staple() eq 'good' } 1 .. 10), 10, 'by each worker');
like($t->tls_connect('a.example')->{serial}, qr/^\Q$seen->{serial}\E$/,
    'who asks for none gets the certificate');

stop_group($responder);
$t->reload;
is(scalar(grep { staple() eq 'good' } 1 .. 10), 10, 'also after a reload');
$t->kill_helper;
is(staple(), 'good', 'and after a killed helper');

# --- a certificate that the CA has revoked -----------------------------------

$responder = respond(revoked => $seen->{serial});
$t->mark_log->travel(4 * $day);
like($t->wait_log(qr/has revoked the certificate/, 60),
    qr/\[error\].*OCSP responder says; another one is ordered at/,
    'is said');
ok($t->wait_log(qr/: renewed, .*"a\.example"/, 60), 'and replaced');
stop_group($responder);

$t->done;

# An index is what OpenSSL's responder knows of certificates.
sub respond {
    my ($status, $serial) = @_;
    my $ends = strftime('%y%m%d%H%M%SZ', gmtime time + 90 * $day);
    my $now = strftime('%y%m%d%H%M%SZ', gmtime);
    my $serial_text = uc $serial;
    $t->write_file('index.txt', join("\t",
        ($status eq 'good' ? ('V', $ends, '') : ('R', $ends, $now)),
        $serial_text, 'unknown', '/CN=a') . "\n");
    $t->write_file('issuer.pem', $ca->manage('/intermediates/0')->{body});
    $t->write_file('issuer.key', $ca->manage('/intermediate-keys/0')->{body});
    my $dir = $t->dir;
    unlink "$dir/ocsp.log";
    my $pid = spawn(log => "$dir/ocsp.log", command => ['openssl', 'ocsp',
        '-index', "$dir/index.txt", '-CA', "$dir/issuer.pem", '-rsigner',
        "$dir/issuer.pem", '-rkey', "$dir/issuer.key", '-port', $port,
        '-ndays', 7]);
    # A connection without a request would keep it for ever.
    poll(sub { $t->read_file('ocsp.log') =~ /waiting for OCSP client/ }, 10)
        or die "the responder does not start, see $dir/ocsp.log\n";
    return $pid;
}

# What a client that asks for it is told.
sub staple {
    my $text = `openssl s_client -connect 127.0.0.1:@{[ $t->tls_port ]} \\
        -servername a.example -status </dev/null 2>&1`;
    return $1 if $text =~ /Cert Status: (\w+)/;
    # OpenSSL 3.6 counts in the plural.
    return 'none' if $text =~ /OCSP responses?: no responses? sent/;
    return $text;
}
