# What is served survives whatever happens to nginx's processes, and the CA
# never hears of it.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new(workers => 3);
my $ca = $t->start_ca;
$t->write_config(<<'END');
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl reuseport;
        server_name api.pium.life;
        acme_domain api.pium.life;
        add_header X-Worker $pid;
        location / { return 200; }
    }
}
END
$t->start;
my $first = $t->wait_certificate('api.pium.life');
ok($first, 'issued');
# It is served before it is stored, and then the CA is asked when to renew it.
$t->wait_log(qr/acme: issued/);
$t->wait_for(sub { -e $t->state_dir . '/renewals/api.pium.life.json' }, 20,
    'what the CA suggests');
my $bundle = $t->listing($t->state_dir);

sub same_on_all_workers {
    my ($after) = @_;
    my %worker;
    my $wrong = 0;
    $t->wait_for(sub {
        my $answer = $t->tls_get('api.pium.life', '/');
        $worker{ $answer->{headers}{'x-worker'} // '' }++;
        $wrong++ if ($answer->{serial} // '') ne $first->{serial};
        keys %worker >= 3;
    }, 20, 'an answer of each worker') or fail('each worker answers');
    is($wrong, 0, "$after: each worker serves the same certificate");
}

same_on_all_workers('at first');
is($t->test_config->{code}, 0, 'nginx -t beside the running one');
same_on_all_workers('nginx -t');
$t->kill_worker;
same_on_all_workers('kill -9 of a worker');
$t->kill_helper;
same_on_all_workers('kill -9 of the helper');
$t->reload;
same_on_all_workers('reload');
$t->restart;
same_on_all_workers('restart');
$t->upgrade;
same_on_all_workers('binary upgrade');
$t->stop('KILL');
$t->wait_for(sub { !$t->workers }, 5, 'the workers to be gone');
$t->start;
same_on_all_workers('kill -9 of the master');

# Each helper has looked at the state and found nothing to do.
is($ca->orders, 1, 'one order in all that time');
is($ca->accounts, 1, 'one account');
is_deeply($t->listing($t->state_dir), $bundle, 'the state was not touched');

$t->done;
