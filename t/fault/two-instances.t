# Two nginx on one state directory: one client. The second serves what is
# there, says that it waits, and takes over when the first one ends.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $first = AcmeTest->new(log_level => 'info');
my $ca = $first->start_ca;
my $second = AcmeTest->new(log_level => 'info');

sub configure {
    my ($t, $names) = @_;
    my ($state, $issuer) = ($first->state_dir, $ca->issuer_block);
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    acme_state_path $state;
    $issuer
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name a.example b.example;
        $names
    }
}
END
}
my $on_second = sub {
    $second->tls_connect('a.example', ca => $ca->{root_file}) };

configure($first, 'acme_domain a.example;');
configure($second, 'acme_domain a.example; acme_domain b.example;');
$first->start;
my $seen = $first->wait_certificate('a.example');
ok($seen, 'the first one has a certificate');

$second->start(time_travel => 1);
is($on_second->()->{serial}, $seen->{serial}, 'the second one serves it, too');
# It asks for the lock again and again, and is patient for ten seconds.
my $line = $second->wait_for(sub {
    $second->travel(5);
    ($second->log_lines(qr/another nginx uses the state directory/))[0];
}, 30, 'the line');
like($line, qr/\[warn\].*acme: .*"\Q@{[$first->state_dir]}\E"; waiting until/,
    'it says that it waits, and for what');
$second->travel(86400);
is(scalar $second->log_lines(qr/another nginx uses/), 1, 'once');
is($ca->orders, 1, 'and orders nothing');

$first->kill_helper;
is($ca->orders, 1, 'also when the helper of the first is replaced');
$first->stop;
ok($second->wait_for(sub { -e $first->state_dir
    . '/certificates/b.example.pem' || $ca->orders > 1 }, 20, 'an order'),
    'when the first one ends, the second is the client');
is($ca->accounts, 1, 'with the same account');
$first->finish;
$second->done;
