# Time travel in the harness itself, with an nginx that has none of our code.

use strict;
use warnings;

use IO::Socket::INET;
use Test::More;
use Time::Local qw(timegm_modern);

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new(module => 0, workers => 2);
$t->write_config(<<'END');
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    client_header_timeout 100s;
    server { listen 127.0.0.1:%%HTTP%%; location / { return 200; } }
}
END
$t->start(time_travel => 1);

my %month;
@month{qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec)} = 0 .. 11;

# How far ahead nginx is, by its own word; a loaded machine may be slow to ask.
sub is_ahead {
    my ($seconds, $what) = @_;
    my $before = time;
    my ($day, $name, $year, @clock) = $t->http_get('/')->{raw}
        =~ /^Date: \w+, (\d+) (\w+) (\d+) (\d+):(\d+):(\d+) GMT/m;
    my $ahead = timegm_modern(reverse(@clock), $day, $month{$name}, $year);
    ok($ahead >= $before + $seconds - 1 && $ahead <= time + $seconds + 1, $what)
        or diag('ahead by ', $ahead - time);
    cmp_ok(abs($t->now - time - $seconds), '<', 2, 'which the test knows');
}

# A connection on which nothing is sent: nginx closes it by a timer.
sub silent_connection {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $t->http_port) or die $!;
    $t->http_get('/');
    $t->poke;
    return $socket;
}

sub is_closed {
    my ($socket) = @_;
    vec(my $bits = '', fileno $socket, 1) = 1;
    return select $bits, undef, undef, 0;
}

is_ahead(0, 'not before it is asked for');

my $silent = silent_connection();
$t->travel(99)->poke;
ok(!is_closed($silent), 'a timer of 100 s does not fire after 99');
$t->travel(1);
ok($t->wait_for(sub { is_closed($silent) }, 5, 'the end'), 'but after 100');
is_ahead(100, 'the wall clock went along');

$silent = silent_connection();
$t->step_clock(86400 * 365 * 20)->poke;
is_ahead(86400 * 365 * 20 + 100, 'a step into the next decades');
ok(!is_closed($silent), 'of which no timer knows');
$t->step_clock(-86400 * 365 * 20 - 200)->poke;
is_ahead(-100, 'and back, into the past');
ok(!is_closed($silent), 'of which no timer knows either');
$t->travel(100);
ok($t->wait_for(sub { is_closed($silent) }, 5, 'the end'),
    'then it goes on from there');

$t->stop;
$t->travel(3600);
$t->nginx->restart;
is_ahead(3600, 'stopped, and started an hour later');
$t->kill_worker;
is_ahead(3600, 'for a new process, too');

$t->done;
