# Answers to http-01 challenges a second, against "return 200" with as many
# bytes from the same nginx. The CA's own question is held meanwhile, so that
# the answer is on the board; it gives up after some ten seconds, so that each
# second begins anew, for both alike.

use strict;
use warnings;

use File::Path qw(remove_tree);

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
my $answer = $t->http_get(question(), host => $name);
die "no answer: $answer->{status}\n" if $answer->{status} != 200;
configure("location = /same { return 200 \"$answer->{body}\"; }");

my %rate;
my %cpu = rounds($rounds, map { my $kind = $_; $kind => sub {
    my $question = question();
    my $path = $kind eq 'return' ? '/same' : $question;
    my ($worker) = $t->nginx->workers;
    my $before = cpu_of($worker);
    my ($requests, $seconds) = wrk(host => $name,
        url => 'http://127.0.0.1:' . $t->http_port . $path);
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

# The path of a question that the CA asks of an nginx that begins from nothing.
sub question {
    $t->stop if $t->master;
    remove_tree($t->state_dir);
    $gate->questions;
    $gate->forget;
    $t->start;
    my $token = $t->wait_for(sub { $gate->questions->{$name} }, 20,
        "the CA's question");
    return "/.well-known/acme-challenge/$token";
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
