# Certificates for IP addresses (RFC 8738): proved by http-01 and tls-alpn-01,
# and shown to who asks for no name.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;
use IO::Socket::IP;

my $with_ipv6 = IO::Socket::IP->new(LocalHost => '::1', Listen => 1) ? 1 : 0;

for my $type (qw(http-01 tls-alpn-01)) {
    subtest "by $type" => sub { prove_by($type) };
}
done_testing();

sub prove_by {
    my ($type) = @_;
    my $t = AcmeTest->new(workers => 2, log_level => 'info');
    $t->start_ca(no_sleep => 1);
    my @six = $with_ipv6 ? ('listen [::1]:%%HTTP%%; listen [::1]:%%TLS%% ssl;',
        "acme_domain 0:0::1 challenge=$type;") : ('', '');
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        $six[0]
        server_name api.pium.life;
        acme_domain api.pium.life challenge=$type;
        acme_domain 127.0.0.1 challenge=$type;
        $six[1]
    }
}
END
    $t->start;
    ok($t->wait_certificate('api.pium.life'), 'the name has a certificate');
    my $seen = $t->wait_for(sub {
        my $s = $t->tls_connect(undef);
        "@{ $s->{names} // [] }" eq '127.0.0.1' ? $s : undef;
    }, 15, 'the address to have one');
    ok($seen, 'IPv4: who asks for no name gets that of the address');
    is($seen->{issuer} =~ /Pebble/, 1, 'IPv4: it is the CA\'s');
    SKIP: {
        skip 'this machine has no IPv6', 1 unless $with_ipv6;
        ok($t->wait_for(sub {
            my $seen = $t->tls_connect(undef, host => '::1');
            "@{ $seen->{names} // [] }" eq join ':', ('0000') x 7, '0001';
        }, 15, 'the IPv6 address to have one'), 'IPv6: likewise');
    }
    is(scalar(my @lines = $t->log_lines(
        qr/acme: answering the $type challenge for ".*127/)) > 0, 1,
        "proved by $type");
    $t->done;
}
