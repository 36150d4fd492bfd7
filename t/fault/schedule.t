# When the CA is asked, and when it is not: time travel with a real nginx. The
# CA stays in real time, so a certificate that is renewed in the future looks
# old again at once: one line says so, and it is not asked again for days.

use strict;
use warnings;

use POSIX qw(strftime);
use Test::More;
use Time::Local qw(timegm_modern);

use lib 't/lib';
use AcmeTest;

my $minute = 60;
my $hour = 60 * $minute;
my $day = 24 * $hour;
# A machine that is loaded must not get from "just before" to "after".
my $just = 25;

subtest 'the ladder of a name that fails' => \&climb;
subtest 'the CA refuses a name' => \&be_refused;
subtest 'Retry-After of a day, in seconds' => sub { retry_after(86400) };
subtest 'Retry-After of a day, as a date' => sub {
    retry_after(strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime time + 86400));
};
subtest 'lifetimes' => \&live;
subtest 'the clock is set, with a certificate' => \&set_clock_of_good_name;
subtest 'the clock is set, with a name that fails' => \&set_clock_of_bad_name;
subtest 'the machine sleeps for a week' => \&sleep_for_a_week;

done_testing();

# --- the ladder ------------------------------------------------------------

# A reload and a crash at each step, once a restart, once an hour of not
# running at all: no order more than the ladder allows, none less.
sub climb {
    my $t = world('dead.example');
    $t->dns->manage('set-servfail', { host => 'dead.example' });
    my $from = $t->now;
    $t->mark_log->start(time_travel => 1);
    my $failures = 0;
    for my $pause (1, 10, 100, 24 * 60, 24 * 60) {
        my $next = failure($t, ++$failures);
        is_between($next, $from, $t->now, $pause * $minute, 1.1,
            "the next after $pause minutes");
        travel_to($t, $next - $just);
        for my $event (qw(reload kill_helper restart)) {
            next if $event eq 'restart' && $failures != 2;
            $t->mark_log->$event;
            is_kept($t, $failures, $next, $event);
        }
        if ($failures == 4) {
            $t->stop->travel(-$hour);
            $t->mark_log->nginx->restart;
            is_kept($t, $failures, $next, 'an hour earlier');
            $t->stop->travel($hour);
            $t->nginx->restart;
        }
        $t->poke->poke;
        is($t->ca->orders, $failures, 'no order before');
        $from = $t->now;
        $t->mark_log;
        travel_to($t, $next + 2);
    }
    failure($t, 6);
    is($t->ca->orders, 6, '5 reloads, 5 crashes, 1 restart: six orders');
    is(scalar $t->log_lines(qr/failure 6/), 1, 'one line each');

    $t->dns->manage('clear-servfail', { host => 'dead.example' });
    $t->travel(1.1 * $day);
    ok($t->wait_certificate('dead.example'), 'it heals, and is issued');
    is($t->ca->orders, 7, 'by one order more');
    $t->done;
}

# When the line about a failure says that it goes on.
sub failure {
    my ($t, $count) = @_;
    my $line = $t->wait_log(qr/; failure $count in a row, /, 20);
    like($line, qr/\[warn\].* acme: .*validating\ dead\.example:\ .*
        urn:ietf:params:acme:error:\w+\ -\ .*dead\.example.*
        certificate\ "dead\.example",\ issuer\ "pebble"$/x,
        "failure $count: what failed, and why in the CA's words");
    return moment($line);
}

# On disk are whole seconds, rounded up.
sub is_kept {
    my ($t, $failures, $next, $event) = @_;
    my $line = $t->wait_log(
        qr/after $failures failures? .*certificate "dead\.example"/);
    like(moment($line) - $next, qr/^[01]$/, "$event: still then");
}

sub be_refused {
    my $t = world('blocked-domain.example');
    my $from = $t->now;
    $t->start(time_travel => 1);
    my $line = $t->wait_log(qr/failure 1 in a row/, 20);
    like($line, qr/\[error\].*rejectedIdentifier - /,
        'an error, with its words');
    my $next = moment($line);
    is_between($next, $from, $t->now, $day, 1.1, 'the next after a day');
    travel_to($t, $next - $just);
    $t->poke->poke;
    is($t->ca->requests('newOrder'), 1, 'no order before');
    $t->mark_log;
    travel_to($t, $next + 1);
    ok($t->wait_log(qr/failure 2 in a row/, 20), 'then it is tried');
    is($t->ca->requests('newOrder'), 2, 'by one order');
    $t->done;
}

# --- Retry-After -----------------------------------------------------------

# The directory says so; newOrder's is in the tests with a faulty CA.
sub retry_after {
    my ($value) = @_;
    my $t = AcmeTest->new(log_level => 'info');
    my $tls = AcmeTest::Pebble::test_ca();
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    acme_state_path %%STATE%%;
    acme_issuer busy {
        uri https://localhost:%%PORT_FAKE%%/dir;
        ssl_trusted_certificate $tls/ca.pem;
    }
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name a.example;
        acme_domain a.example;
    }
    server {
        listen 127.0.0.1:%%PORT_FAKE%% ssl;
        ssl_certificate $tls/localhost.pem;
        ssl_certificate_key $tls/localhost.key;
        access_log %%DIR%%/asked.log;
        add_header Retry-After "$value" always;
        return 503;
    }
}
END
    my $asked = sub { () = $t->read_file('asked.log') =~ /GET/g };
    my $from = int $t->now;
    $t->start(time_travel => 1);
    my $next = moment($t->wait_log(qr/acme: reading the directory.*503/, 20));
    cmp_ok($next, '>=', $value =~ /GMT/ ? $from + $day - 60 : $from + $day,
        'the next attempt is not earlier');
    cmp_ok($next, '<=', $t->now + 1.1 * $day, 'nor much later');
    travel_to($t, $next - $just);
    $t->reload;
    $t->poke->poke;
    is($asked->(), 1, 'it is not asked before');
    $t->mark_log;
    travel_to($t, $next + 1);
    ok($t->wait_log(qr/acme: reading the directory/, 20), 'then it is');
    is($asked->(), 2, 'once');
    $t->done;
}

# --- lifetimes -------------------------------------------------------------

sub live {
    my $t = AcmeTest->new(log_level => 'info');
    my @lives = ([6, 3], [45, 30], [90, 60], [398, 398 * 2 / 3]);
    my %ca = map { ($_->[0] => $t->start_ca(name => "ca$_->[0]",
        validity => $_->[0] * $day)) } @lives;
    my $issuers = join '', map { $_->issuer_block } values %ca;
    my $lines = join '', map { <<"END" } map { $_->[0] } @lives;
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name n$_.example;
        acme_domain n$_.example issuer=ca$_;
    }
END
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    acme_state_path %%STATE%%;
    $issuers
    $lines
}
END
    $t->start(time_travel => 1);
    my %renewal;
    for my $life (@lives) {
        my ($days, $young) = @$life;
        my $line = $t->wait_log(qr/acme: issued, .*"n$days\.example"/, 30);
        my ($announced) = $line =~ /next renewal at (\S+),/;
        my $seen = $t->tls_connect("n$days.example");
        cmp_ok(abs(moment($announced)
            - $seen->{not_before} - $young * $day), '<=', 2,
            "$days days: a renewal after $young is announced");
        # Pebble suggests a day before or after two thirds.
        ($renewal{$days}) = $t->wait_log(
            qr/suggests to renew.*"n$days\.example"/) =~ /will be at (\S+),/;
    }
    for my $life (@lives) {
        my ($days) = @$life;
        my $ca = $ca{$days};
        travel_to($t, moment($renewal{$days}) - $just);
        $t->poke->poke;
        is($ca->orders, 1, "$days days: no order before");
        $t->mark_log;
        travel_to($t, moment($renewal{$days}) + 1);
        ok($t->wait_log(qr/acme: renewed, .*"n$days\.example"/, 20),
            'then it is renewed');
        ok($t->wait_log(qr/is this machine's clock right\?.*"n$days\./, 5),
            'and, as time stands still for the CA, looks old');
        $t->poke->poke;
        is($ca->orders, 2, 'which causes no order');
    }
    $t->done;
}

# --- clock steps -----------------------------------------------------------

# A running hour after each, in the manager's own steps.
sub set_clock_of_good_name {
    my $t = world('good.example');
    $t->start(time_travel => 1);
    my $first = $t->wait_certificate('good.example');
    for my $days (1, -1, -1, 1, -60, 60) {
        $t->step_clock($days * $day);
        run_for_an_hour($t);
        is($t->ca->orders, 1, "by $days days: no order");
        is($t->tls_connect('good.example')->{serial}, $first->{serial},
            'and it is served on');
    }
    $t->mark_log->step_clock(61 * $day);
    $t->travel(10 * $minute);
    ok($t->wait_log(qr/acme: renewed/, 20), 'by 61 days: it is renewed');
    ok($t->wait_log(qr/is this machine's clock right\?/), 'with a question');
    for my $event (qw(reload kill_helper restart)) {
        $t->$event;
        run_for_an_hour($t);
    }
    is($t->ca->orders, 2, 'but once, whatever happens to the process');
    $t->step_clock(-61 * $day);
    $t->restart;
    run_for_an_hour($t);
    is($t->ca->orders, 2, 'and back: no order');
    ok($t->tls_connect('good.example')->{verified}, 'and all is well');
    is(scalar $t->log_lines(qr/failure/), 0, 'nothing failed');
    $t->done;
}

# A step ends at most one back-off early; a smaller one back prolongs it.
sub set_clock_of_bad_name {
    my $t = world('dead.example');
    $t->dns->manage('set-servfail', { host => 'dead.example' });
    $t->mark_log->start(time_travel => 1);
    my $orders = 4;
    for my $failures (1 .. $orders) {
        my $next = failure($t, $failures);
        travel_to($t, $next + 1) if $failures < $orders;
    }
    for my $step ([1.1, 1], [-1, 0], [60, 1], [-60, 1]) {
        my ($days, $tries) = @$step;
        $t->mark_log->step_clock($days * $day);
        $t->travel(10 * $minute);
        failure($t, ++$orders) if $tries;
        run_for_an_hour($t);
        is($t->ca->orders, $orders, "by $days days: $tries order");
    }
    # In the past the CA's own certificate is not valid yet.
    $t->mark_log->step_clock(-60 * $day);
    run_for_an_hour($t);
    cmp_ok($t->ca->orders - $orders, '<=', 1, 'by -60 days: at most one order');
    cmp_ok(scalar $t->log_lines(qr/acme: reading the directory .*: /), '<=', 3,
        'and the CA is asked no more often than its own ladder allows');
    $orders = $t->ca->orders;
    $t->mark_log->step_clock(60 * $day);
    $t->dns->manage('clear-servfail', { host => 'dead.example' });
    $t->travel(1.1 * $day);
    ok($t->wait_certificate('dead.example'), 'in the right time it goes on');
    is($t->ca->orders, $orders + 1, 'with one order');
    $t->done;
}

sub sleep_for_a_week {
    my $t = world('good.example');
    $t->start(time_travel => 1);
    ok($t->wait_certificate('good.example'), 'issued');
    $t->travel(57 * $day);
    $t->poke->poke;
    is($t->ca->orders, 1, 'young for two months');
    $t->mark_log->step_clock(7 * $day);
    $t->travel(10 * $minute);
    ok($t->wait_log(qr/acme: renewed/, 20),
        'renewed after ten minutes of being awake');
    is($t->ca->orders, 2, 'by one order');
    $t->done;
}

sub run_for_an_hour { return run_for_a_while($_[0], 10 * $minute, 6) }

sub run_for_a_while {
    my ($t, $seconds, $times) = @_;
    for (1 .. $times) {
        $t->travel($seconds);
        $t->poke;
    }
}

# --- pieces ----------------------------------------------------------------

sub world {
    my ($name) = @_;
    my $t = AcmeTest->new(log_level => 'info');
    # A request more for a nonce would be counted as one for an order.
    $t->start_ca(nonce_reject => 0);
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name $name;
        acme_domain $name;
    }
}
END
    return $t;
}

sub travel_to {
    my ($t, $moment) = @_;
    return $t->travel($moment - $t->now);
}

# Of a line that says "next attempt at ...", or of what stands there.
sub moment {
    my ($text) = @_;
    my ($year, $month, @rest) = ($text // '')
        =~ /(?:attempt (?:is )?at |^)(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)/
        or die "no time in: $text\n";
    return timegm_modern(reverse(@rest), $month - 1, $year);
}

# What began between `from` and `to` takes the pause, and up to so many times
# that; what is logged are whole seconds.
sub is_between {
    my ($moment, $from, $to, $pause, $times, $what) = @_;
    ok($moment >= $from + $pause - 1 && $moment <= $to + $pause * $times + 1,
        $what) or diag($moment - $from, " s after it began");
}
