# What ten thousand valid certificates cost while nothing is due: the CPU of the
# helper and of a worker, and their memory. Then the same while the daily look
# at every name (acme_preflight) is under way, which nothing here answers but
# the DNS: this is what it costs where each name would be in trouble.

use strict;
use warnings;

use AcmeTest;
use AcmeTest::Bench;
use AcmeTest::Bundle;
use AcmeTest::Poll qw(pause);

my $count = $ARGV[0] // 10_000;
my $seconds = $ARGV[1] // 60;
my $rounds = 5;
my @names = map { sprintf 'n%05d.example', $_ } 1 .. $count;
my %bundle = map { $_ => AcmeTest::Bundle::make(names => [$_], age => 10,
    left => 80)->{pem} } @names;

print 'rest: ', machine(), "\n",
    "$count certificates; CPU in $seconds s, median of $rounds\n";
table(['', 'helper, ms', 'worker, ms', 'MB of the helper',
    'MB of the worker'], row('nothing due', 'off'),
    row('the daily look', 'warn'));

sub row {
    my ($what, $preflight) = @_;
    my $t = start($preflight);
    my $helper = $t->wait_for(sub { $t->helper }, 20, 'a helper');
    my ($worker) = $t->nginx->workers;
    # With the daily look there is no rest, but what it takes to read them all
    # is over after the round that is left out.
    until_idle($helper) if $preflight eq 'off';
    my @of;
    for my $round (0 .. $rounds) {
        my @begin = map { cpu_of($_) } $helper, $worker;
        pause($seconds);
        my @end = map { cpu_of($_) } $helper, $worker;
        push @{ $of[$_] }, ($end[$_] - $begin[$_]) / 1e6 for 0, 1;
    }
    my @memory = map { AcmeTest::Process::memory_of($_) / 1024 }
        $helper, $worker;
    $t->stop;
    return [$what, map { number($_) }
        map({ median(@$_[ 1 .. $rounds ]) } @of), @memory];
}

sub start {
    my ($preflight) = @_;
    my $t = AcmeTest->new(log_level => 'error');
    $t->start_ca(no_sleep => 1);
    my $lines = join '', map { "acme_domain $_;\n" } @names;
    my $port = $t->dns->{port};
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    acme_preflight $preflight;
    acme_resolver 127.0.0.1:$port;
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name *.example;
        $lines
    }
}
END
    $t->store_file("certificates/$_.pem", $bundle{$_}) for @names;
    $t->start;
    return $t;
}
