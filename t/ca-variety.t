# CAs differ: an old Pebble (no Retry-After, other states, a Location at
# finalize), half of all nonces refused, authorizations that are valid
# already, a chain of three, RSA.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my @variety = (
    [ 'Pebble 2.4', version => 'old' ],
    [ 'half of all nonces refused', nonce_reject => 50 ],
    [ 'every authorization reused', authz_reuse => 100 ],
    [ 'a chain of three', env => { PEBBLE_CHAIN_LENGTH => 3 } ],
    [ 'RSA', config => { keyAlgorithm => 'rsa' } ],
    [ 'not strict', strict => 0 ],
);
for my $case (@variety) {
    my ($what, %options) = @$case;
    subtest $what => sub { try_ca(%options) };
}

done_testing();

sub try_ca {
    my (%options) = @_;
    my $t = AcmeTest->new(log_level => 'info');
    my $ca = $t->start_ca(%options);
    my $lines = join "\n", map { "acme_domain n$_.example shared.example;" }
        1 .. 4;
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name n1.example;
        $lines
    }
}
END
    $t->start;
    # One request in a thousand is refused ten times of ten at 50 %, which makes
    # it a failure and the next attempt one in a minute.
    ok($t->wait_certificate("n$_.example", seconds => 150), "n$_") for 1 .. 4;
    is($ca->orders, 4, 'four orders');
    $t->done;
}
