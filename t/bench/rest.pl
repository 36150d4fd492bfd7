# What ten thousand valid certificates cost while nothing is to be done: the
# CPU of the helper and of a worker over a minute, and the helper's memory.

use strict;
use warnings;

use AcmeTest;
use AcmeTest::Bench;
use AcmeTest::Bundle;
use AcmeTest::Poll qw(poll pause);

my $count = $ARGV[0] // 10_000;
my $seconds = $ARGV[1] // 60;

my $t = AcmeTest->new(log_level => 'warn');
$t->start_ca(no_sleep => 1);
my @names = map { sprintf 'n%05d.example', $_ } 1 .. $count;
my $lines = join '', map { "acme_domain $_;\n" } @names;
$t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    acme_preflight off;
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name *.example;
        $lines
    }
}
END
$t->store_file("certificates/$_.pem", AcmeTest::Bundle::make(names => [$_],
    age => 10, left => 80)->{pem}) for @names;
$t->start;
my $helper = $t->wait_for(sub { $t->helper }, 20, 'a helper');
my ($worker) = $t->nginx->workers;
my $before;
poll(sub {
    my $now = cpu_of($helper);
    my $idle = defined $before && $now == $before;
    $before = $now;
    pause(2);
    return $idle;
}, 300) or print "the helper has not come to rest\n";
my $start = cpu_of($helper);

my @begin = map { cpu_of($_) } $helper, $worker;
pause($seconds);
my @end = map { cpu_of($_) } $helper, $worker;
print 'rest: ', machine(), "\n", "$count certificates, $seconds s\n";
table(['', 'ms CPU', 'MB of its own', 'MB of the machine\'s'],
    map { my $pid = ($helper, $worker)[$_]; [('helper', 'worker')[$_],
        number(($end[$_] - $begin[$_]) / 1e6),
        number(AcmeTest::Process::memory_of($pid) / 1024),
        number(memory_in_all($pid))] } 0, 1);
printf "The helper took %.2f s of CPU to read them all after the start.\n",
    $start / 1e9;
$t->finish;
