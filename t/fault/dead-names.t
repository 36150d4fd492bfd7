# A thousand dead names, and a good one that has not been tried yet: it comes
# before all of them, each of them costs one order a round, and the helper does
# not grow.

use strict;
use warnings;

use POSIX qw(strftime);
use Test::More;

use lib 't/lib';
use AcmeTest;

my $day = 86400;
my $failures = 5;
my @dead = map { "dead$_.example" } 1 .. 1000;
# So many of the eight slots are for names that have failed.
my $at_work = 4;

my $t = AcmeTest->new(log_level => 'info');
# Nobody listens at 127.0.0.2.
$t->start_dns(address => '127.0.0.2');
my $ca = $t->start_ca_in_turn(start => 0,
    retry_after => { authz => 0, order => 0 });

# The first start makes the state directory, and finds no CA.
configure();
$t->start(time_travel => 1);
$t->stop;
$ca->start;
give_failures($failures, $t->now + 3600);
$t->mark_log->start(time_travel => 1);
ok($t->wait_log(qr/after 5 failures .*"dead1000\.example"/, 60),
    'a thousand back-offs are known');
$t->travel(600)->poke;
is($ca->orders, 0, 'and kept');

# They become due while it does not run, together with the new name.
$t->stop->travel(3600);
configure('good.example');
$t->mark_log->start(time_travel => 1);
comes_first('good.example', 0);

my @used;
for my $round (1 .. 3) {
    subtest "round $round" => \&try_all;
    push @used, usage();
    note(sprintf 'after round %d: %d kB, %d ticks of CPU', $round,
        @{ $used[-1] });
    $t->mark_log->travel(1.1 * $day);
}
cmp_ok($used[2][0], '<=', $used[0][0] * 1.1 + 1024,
    'memory after three rounds is that of one');
cmp_ok($used[2][1] - $used[1][1], '<=',
    2 * ($used[1][1] - $used[0][1]) + 50, 'a round costs what the last did');

# In the middle of the fourth.
my $asked = counter(qr/acme: ordering,/);
hurry(sub { $asked->() >= 100 }, 'a hundred orders');
configure('good.example', 'better.example');
$t->reload;
comes_first('better.example', $ca->orders);

$t->done;

# --- pieces ----------------------------------------------------------------

sub configure {
    my (@good) = @_;
    $t->dns->manage('add-a', { host => $_, addresses => ['127.0.0.1'] })
        for @good;
    my $lines = join '', map { "acme_domain $_;\n" } @dead, @good;
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name dead1.example @good;
        $lines
    }
}
END
}

# As they would be stored after some days.
sub give_failures {
    my ($count, $until) = @_;
    my $jobs = $t->state_dir . '/jobs';
    mkdir $jobs, 0700 unless -d $jobs;
    my ($uid, $gid) = (stat $t->state_dir)[4, 5];
    unlink glob "$jobs/*";
    my $not_before = strftime '%Y-%m-%dT%H:%M:%SZ', gmtime $until;
    for my $name (@dead) {
        $t->write_file("$jobs/$name.json", qq({"version":1,"failures":$count,)
            . qq("directory":"@{[ $t->{front}->url ]}","names":"$name",)
            . qq("not_before":"$not_before","last_error":"dead"}));
        chmod 0600, "$jobs/$name.json";
    }
    chown $uid, $gid, $jobs, glob "$jobs/*";
}

# First in the queue of this helper; when the CA came to validate it, it had
# been asked for no more orders since than are at work at a time.
sub comes_first {
    my ($name, $before) = @_;
    my $helper = $t->wait_for(sub { $t->helper }, 60, 'a helper');
    my $line = $t->wait_log(qr/ $helper#.* acme: ordering,/, 60);
    like($line, qr/"\Q$name\E"/, "$name is ordered first");
    ok($t->wait_certificate($name, seconds => 60), 'and issued');
    my ($until) = $ca->log_text
        =~ /\A(.*?)Attempting to validate[^\n]*\Q$name/s;
    my $orders = () = ($until // '') =~ /Added order "/g;
    cmp_ok($orders, '>', 0, 'the CA knows of it');
    cmp_ok($orders, '<=', $before + 1 + $at_work, 'before the dead ones');
}

# How many such lines there are after the mark, by and by.
sub counter {
    my ($pattern) = @_;
    my ($from, $count) = ($t->{mark}, 0);
    return sub {
        my $text = $t->read_log($from) =~ s/[^\n]*\z//r;
        $from += length $text;
        return $count += () = $text =~ /$pattern/g;
    };
}

# Pauses of this nginx are over as soon as nobody has anything to do: a busy
# machine must not look like a CA that is slow.
sub hurry {
    my ($done, $what) = @_;
    my @all = ($t->helper, $ca->{pid}, $t->{front}{pid}, $t->dns->{pid});
    my $idle = 0;
    ok($t->wait_for(sub {
        return 1 if $done->();
        $idle = AcmeTest::Process::is_busy(@all) ? 0 : $idle + 1;
        $t->travel(0.2) if $idle > 2;
        return 0;
    }, 400, $what), $what);
}

sub try_all {
    $failures++;
    my $told = counter(qr/failure $failures in a row/);
    hurry(sub { $told->() == @dead }, "a thousand times failure $failures");
    is($ca->orders, 1 + @dead * ($failures - 5), 'by one order each');
    is(scalar(() = $t->log_lines(qr/in a row/)), scalar @dead, 'one line each');
}

# Resident memory in kB, and CPU time in ticks.
sub usage {
    my $helper = $t->helper;
    my ($kilobytes) = $t->read_file("/proc/$helper/status")
        =~ /^VmRSS:\s+(\d+) kB/m;
    my ($user, $system) = $t->read_file("/proc/$helper/stat")
        =~ /\) \S (?:\S+ ){10}(\d+) (\d+)/;
    return [$kilobytes, $user + $system];
}
