# A certificate that this server's OpenSSL settings do not allow: the one
# before is served on, and one line says why.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new(log_level => 'info');
my $ca = $t->start_ca(config => { keyAlgorithm => 'ecdsa' });

sub configure {
    my ($key) = @_;
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    ssl_ciphers DEFAULT\@SECLEVEL=3;
    ssl_protocols TLSv1.2 TLSv1.3;
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name a.example;
        acme_domain a.example key=$key;
    }
}
END
}

configure('ecdsa:256');
$t->start;
my $first = $t->wait_certificate('a.example');
ok($first, 'a key strong enough for the server');

# The CA does not answer until a worker has the stored certificate.
$ca->hold;
configure('rsa:2048');
$t->reload;
is($t->tls_connect('a.example')->{serial}, $first->{serial},
    'another key type is wanted');
$ca->go_on;
ok($t->wait_log(qr/acme: renewed/, 20), 'a key too weak for it is issued');

my @seen = map { $t->tls_connect('a.example')->{serial} // 'nothing' } 1 .. 5;
is_deeply(\@seen, [ ($first->{serial}) x 5 ], 'the old certificate is served');
my @lines = $t->log_lines(qr/\[crit\].*acme:.*cannot be served.*"a\.example"/);
is(scalar @lines, 1, 'the log says so, once') or diag(@lines);
like($lines[0], qr/key too small/, "with OpenSSL's reason");

$t->done;
