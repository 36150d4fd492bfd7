# Answers to http-01 challenges a second, against "return 200" with as many
# bytes from the same nginx. The CA's own question is held meanwhile, so that
# the answer is on the board all the time.

use strict;
use warnings;

use AcmeTest;
use AcmeTest::Bench;
use AcmeTest::Gate;
use AcmeTest::Wrk qw(wrk);

my $rounds = 15;
my $name = 'a.example';

my $t = AcmeTest->new(log_level => 'warn');
my $gate = AcmeTest::Gate->new;
$t->start_ca(http_port => $gate->port);
configure('');
$t->start;
my $path = '/.well-known/acme-challenge/' . token();
my $answer = $t->http_get($path, host => $name);
die "no answer: $answer->{status}\n" if $answer->{status} != 200;
configure("location = /same { return 200 \"$answer->{body}\"; }");
$t->reload;

my %path = (return => '/same', challenge => $path);
my %rate;
my %cpu = rounds($rounds, map { my $kind = $_; $kind => sub {
    my ($worker) = $t->nginx->workers;
    my $before = cpu_of($worker);
    my ($requests, $seconds) = wrk(host => $name,
        url => 'http://127.0.0.1:' . $t->http_port . $path{$kind});
    push @{ $rate{$kind} }, $requests / $seconds;
    return (cpu_of($worker) - $before) / 1000 / $requests;
} } qw(return challenge));
shift @$_ for values %rate;

print 'challenge: ', machine(), "\n", "$rounds rounds of a second\n";
table(['', 'return 200', 'challenge', 'challenge : return'],
    ['answers a second', row(\%rate)], ['CPU an answer, us', row(\%cpu)]);
$t->stop;

sub row {
    my ($of) = @_;
    return (map({ number(median(@{ $of->{$_} })) } qw(return challenge)),
        sprintf '%.3f', ratio(@$of{qw(challenge return)}));
}

sub token {
    return $t->wait_for(sub { $gate->questions->{$name} }, 20,
        "the CA's question");
}

sub configure {
    my ($location) = @_;
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    access_log off;
    %%ACME%%
    acme_preflight off;
    server {
        listen 127.0.0.1:%%HTTP%%;
        server_name $name;
        default_type text/plain;
        acme_domain $name challenge=http-01;
        $location
    }
}
END
}
