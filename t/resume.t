# An order that is under way survives what happens to nginx: it is finished,
# not placed again.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my %event = (
    'a reload' => sub { $_[0]->reload },
    'kill -9 of the helper' => sub { $_[0]->kill_helper },
    'a restart' => sub { $_[0]->restart },
    'a binary upgrade' => sub { $_[0]->upgrade },
);
subtest $_ => sub { interrupt($event{$_}) } for sort keys %event;

done_testing();

sub interrupt {
    my ($happens) = @_;
    my $t = AcmeTest->new(workers => 2);
    # The CA waits before it validates.
    my $ca = $t->start_ca(no_sleep => 0, env => { PEBBLE_VA_SLEEPTIME => 4 });
    $t->write_config(<<'END');
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name api.pium.life;
        acme_domain api.pium.life;
    }
}
END
    $t->start;
    ok($t->wait_for(sub { $ca->log_text =~ /Attempting to validate|Sleeping/i },
        20, 'validation'), 'the CA is at it');
    $happens->($t);
    ok($t->wait_certificate('api.pium.life', seconds => 40), 'issued');
    is($ca->orders, 1, 'one order');
    is($ca->accounts, 1, 'one account');
    $t->done;
}
