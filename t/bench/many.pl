# A hundred and a thousand names at once, a server and a certificate each, until
# the last of them is served, and what that costs: the helper's time on a CPU,
# requests to the CA and connections. The CA is Pebble without sleeps; of the
# hundred it refuses five nonces in a hundred, for the thousand it is asked one
# request at a time, since it locks itself up otherwise (AcmeTest::InTurn).
# There is no check before an order, for that asks at the ports 80 and 443.

use strict;
use warnings;

use Time::HiRes qw(time);

use AcmeTest;
use AcmeTest::Bench;

my @counts = @ARGV ? @ARGV : (100, 1000);
my $rounds = 5;

print 'many: ', machine(), "\n";
my @rows = map { row($_) } @counts;
table(['names', 'rounds', 's in all', 'ms CPU a certificate',
    'requests a certificate', 'connections', 'at once'], @rows);

sub row {
    my ($count) = @_;
    my $rounds = $count > 100 ? 1 : $rounds;
    my @runs = map { run($count) } 1 .. $rounds;
    return [$count, $rounds, map { my $what = $_;
        number(median(map { $_->{$what} } @runs)) }
        qw(seconds cpu requests connections parallel)];
}

sub run {
    my ($count) = @_;
    my $t = AcmeTest->new(log_level => 'notice');
    my $in_turn = $count > 100;
    my %o = (no_sleep => 1, retry_after => { authz => 0, order => 0 });
    my $ca = $in_turn ? $t->start_ca_in_turn(%o) : $t->start_ca(%o);
    my @names = map { sprintf 'n%04d.example', $_ } 1 .. $count;
    configure($t, @names);
    my $port = $in_turn ? $t->{front}{port} : $ca->{port};
    my %connection;
    my $parallel = 0;
    my $begin = time;
    $t->start;
    $t->wait_for(sub {
        my @open = connections($port, \%connection);
        $parallel = @open if @open > $parallel;
        return $t->log_lines(qr/acme: issued/) == $count;
    }, 600, "$count certificates") or die "not all were issued\n";
    my $seconds = time - $begin;
    my $cpu = cpu_of($t->helper) / 1e6;
    my @not = grep { !$t->tls_connect($_)->{verified} } @names;
    die "not served: @not\n" if @not;
    my $requests = $ca->count_log(qr/ -> calling handler/);
    $t->finish;
    return { seconds => $seconds, cpu => $cpu / $count,
        requests => $requests / $count, parallel => $parallel,
        connections => scalar keys %connection };
}

# The open ones; all that were seen are noted, those that have been closed
# since (TIME_WAIT) among them.
sub connections {
    my ($port, $seen) = @_;
    my $remote = sprintf '0100007F:%04X', $port;
    my @open;
    for my $line (split /\n/, AcmeTest::Nginx::slurp('/proc/net/tcp')) {
        my (undef, $local, $to, $state) = split ' ', $line;
        next unless ($to // '') eq $remote;
        $seen->{$local} = 1;
        push @open, $local if $state eq '01';
    }
    return @open;
}

sub configure {
    my ($t, @names) = @_;
    my $servers = join '', map { <<"END" } @names;
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name $_;
        acme_domain $_;
    }
END
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    server_names_hash_max_size 16384;
    %%ACME%%
    acme_preflight off;
    $servers
}
END
}
