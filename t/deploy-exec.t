# acme_deploy with "exec": a program is told of each new certificate until it has
# taken it, one call at a time; what hangs, fails or is missing stops nothing.

use strict;
use warnings;

use JSON::PP;
use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::Bundle;

my $t = AcmeTest->new(log_level => 'info');
my $ca = $t->start_ca(no_sleep => 1);
my $dir = $t->dir;
my $read = 0;  # so much of "calls" has been looked at
# Each call adds a line to "calls" and its environment to "environment".
write_program('told', <<"END");
[ -e $dir/broken ] && { echo "no way, \$1"; exit 3; }
echo "begins \$ACME_EVENT" >> $dir/calls
while [ -e $dir/hang ]; do sleep 0.1; done
env > $dir/environment
echo "\$*" > $dir/arguments
echo "ends \$ACME_EVENT" >> $dir/calls
echo "all is well"
END
write_program('endless', "while :; do sleep 1; done\n");
write_program('all', "echo \"\$ACME_EVENT \$ACME_ERROR\" >> $dir/events\n");
configure('a.example deploy=files,told,all');
mkdir "$dir/export" or die $!;
chown +($t->worker_owner)[0], -1, "$dir/export" if $> == 0;
chmod 0777, $dir;

subtest 'the first certificate' => sub {
    $t->start;
    my $seen = $t->wait_certificate('a.example');
    calls('begins issued', 'ends issued');
    my %env = map { /^([^=]+)=(.*)/ } split /\n/,
        $t->read_file('environment');
    is_deeply({ map { $_ => $env{$_} } grep { /^(?:ACME|RENEWED)/ } keys %env },
        { ACME_EVENT => 'issued', ACME_ID => 'a.example',
            ACME_NAMES => 'a.example', ACME_ISSUER => 'pebble',
            ACME_SERIAL => $seen->{serial},
            ACME_NOT_AFTER => $env{ACME_NOT_AFTER},
            ACME_SHA256 => fingerprint("$dir/export/a.example/cert.pem"),
            ACME_BUNDLE => $t->state_dir . '/certificates/a.example.pem',
            ACME_DIRECTORY => "$dir/export/a.example",
            RENEWED_LINEAGE => "$dir/export/a.example",
            RENEWED_DOMAINS => 'a.example' }, 'what it is told');
    like($env{ACME_NOT_AFTER}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
        'when it ends');
    is(join(' ', grep { !/^(?:ACME|RENEWED|PWD|SHLVL|_$|OLDPWD)/ }
        sort keys %env), 'PATH', 'and nothing of nginx\' own environment');
    is($t->read_file('arguments'), "one two words\n", 'arguments as they are');
    ok($t->wait_log(qr/\[info\].*"\S+told" said: all is well, certificate "a\.example"/),
        'what it prints is logged');
    ok($t->wait_log(qr/\[notice\].*deployed: "\S+told" was told "issued", certificate "a\.example", deploy "told"/),
        'and that it was told');
};

subtest 'a renewal' => sub {
    $t->mark_log;
    renew();
    calls('begins renewed', 'ends renewed');
    is($t->read_file('environment') =~ /^ACME_SERIAL=(\w+)$/m && $1,
        $t->tls_connect('a.example')->{serial}, 'the new one');
    no_calls_after_restart();
};

subtest 'one that fails' => sub {
    $t->mark_log->write_file('broken', '');
    $t->allow(qr/deploying: .*exited with 3/);
    renew();
    ok($t->wait_log(qr/\[warn\].*deploying: "\S+told" exited with 3: no way, one; failure 1 in a row, next attempt at 20.*deploy "told"/),
        'is said with its words, and when it is tried again');
    ok($t->wait_for(sub { status()->{deployments}[1]{state} eq 'failing' },
        10, 'the status'), 'status: failing');
    like(status()->{deployments}[1]{last_error}{detail},
        qr/exited with 3: no way/, 'and why');
    is(status()->{deployments}[0]{state}, 'done', 'others are not');
    is(status()->{state}, 'valid', 'neither is the certificate');
    $t->mark_log->restart;
    unlink "$dir/broken";
    command('retry');
    calls('begins renewed', 'ends renewed');
    ok($t->wait_for(sub { status()->{deployments}[1]{state} eq 'done' }, 10,
        'the status'), 'known over a restart, told when it can be');
};

subtest 'the helper ends meanwhile' => sub {
    for my $how (qw(reload kill_helper restart)) {
        $t->mark_log->write_file('hang', '');
        renew();
        calls('begins renewed');
        $t->allow(qr/signal 9|exited on signal/);
        $t->$how;
        $t->wait_for(sub { $t->helper }, 10, 'a helper');
        # It has looked whether the program runs.
        $t->poke;
        is(slurp_calls(), '', "$how: no second one beside it");
        unlink "$dir/hang";
        my @all = calls_until('ends renewed', 2);
        is_deeply(\@all, ['ends renewed', 'begins renewed', 'ends renewed'],
            "$how: told again when the first has ended");
        settled();
    }
};

subtest 'what hangs, what is not there' => sub {
    write_program('gone', '');
    configure('a.example deploy=endless,gone,told');
    unlink "$dir/gone";
    # The master's configuration is as it was.
    write_program('gone', '');
    my $before = $t->tls_connect('a.example')->{serial};
    settled();
    $t->allow(qr/ran too long|No such file/);
    $t->mark_log->restart;
    unlink "$dir/gone";
    ok($t->wait_log(qr/deploying: "\S+endless" ran too long and was killed; failure 1.*deploy "endless"/, 30),
        'a program that hangs is killed');
    unlike(`ps -eo args`, qr{\Q$dir/endless}, 'with its children');
    renew();
    ok($t->wait_certificate('a.example', serial_not => $before),
        'and stops no renewal');
    ok($t->wait_log(qr/deploying: cannot run "\S+gone" as the worker user: No such file.*deploy "gone"/, 30),
        'one that is not there is said');
    calls('begins renewed', 'ends renewed');
};

subtest 'other events' => sub {
    configure('a.example deploy=all');
    $t->mark_log->restart;
    $t->wait_for(sub { $t->helper }, 10, 'a helper');
    $t->poke;
    settled();
    unlink "$dir/events";
    $t->allow(qr/revoked, as was asked/);
    my $before = $t->tls_connect('a.example')->{serial};
    command('revoke?reason=superseded');
    ok(event(qr/^revoked $/m), 'revoked');
    ok($t->wait_certificate('a.example', serial_not => $before), 'replaced');
    ok(event(qr/^renewed $/m), 'and told so');
    settled();
    $ca->stop;
    $t->allow(qr/127\.0\.0\.1|localhost|connect/i);
    $t->stop;
    configure('a.example deploy=all', 'profile=none!');
    $ca->start;
    $t->allow(qr/profile/);
    $t->mark_log->start;
    renew();
    ok(event(qr/^failed .*profile/m), 'a failure, and why')
        or diag($t->read_file('events'));
};

subtest 'one that cannot be renewed and comes to its end' => sub {
    $t->stop;
    unlink "$dir/events";
    $t->store_file('certificates/a.example.pem', AcmeTest::Bundle::make(
        names => ['a.example'], age => 88, left => 2)->{pem});
    $t->mark_log->start;
    ok(event(qr/^expiring $/m), 'is said') or diag($t->read_file('events'));
    settled();
    $t->restart;
    $t->wait_for(sub { $t->helper }, 10, 'a helper');
    $t->poke;
    settled();
    is(scalar(() = $t->read_file('events') =~ /^expiring/mg), 1,
        'not at each start');
};

$t->done;

# --- pieces ----------------------------------------------------------------

sub configure {
    my ($line, $more) = @_;
    $more //= '';
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    acme_deploy files { files $dir/export; }
    acme_deploy told { exec $dir/told one "two words"; }
    acme_deploy endless { exec $dir/endless; timeout 1s; }
    acme_deploy all { exec $dir/all; events issued renewed failed revoked expiring; }
    @{[ -e "$dir/gone" ? "acme_deploy gone { exec $dir/gone; }" : '' ]}
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name a.example;
        acme_domain $line $more;
        location /acme/ { acme_api; allow 127.0.0.1; deny all; }
    }
}
END
}

sub write_program {
    my ($name, $text) = @_;
    $t->write_file($name, "#!/bin/sh\n$text");
    chmod 0755, "$dir/$name";
}

sub command {
    my ($action) = @_;
    my $answer = $t->http_get("/acme/certificates/a.example/$action",
        method => 'POST', host => 'a.example');
    is($answer->{status}, 202, $action) or diag($answer->{body});
}

sub renew { command('renew') }

sub status {
    my $answer = $t->http_get('/acme/?format=json', host => 'a.example');
    return JSON::PP->new->decode($answer->{body})->{certificates}[0];
}

# The next calls are these, and no others.
sub slurp_calls {
    my $text = -e "$dir/calls" ? $t->read_file('calls') : '';
    return substr $text, $read;
}

sub calls_until {
    my ($last, $times) = @_;
    $t->wait_for(sub {
        my $text = slurp_calls();
        return $times <= (() = $text =~ /^\Q$last\E$/mg);
    }, 30, "\"$last\"");
    my $text = slurp_calls();
    $read += length $text;
    return split /\n/, $text;
}

sub calls {
    my (@expected) = @_;
    my @seen = calls_until($expected[-1], 1);
    is_deeply(\@seen, \@expected, "called: @expected");
}

# The helper has heard how the last program ended: else it would be told again.
sub settled {
    ok($t->wait_for(sub {
        !grep { $_->{state} ne 'done' } @{ status()->{deployments} };
    }, 10, 'the last call'), 'the last call has ended');
}

sub no_calls_after_restart {
    settled();
    $t->restart;
    $t->wait_for(sub { $t->helper }, 10, 'a helper');
    $t->poke;
    is(slurp_calls(), '', 'not again after a restart');
}

sub event {
    my ($pattern) = @_;
    return $t->wait_for(sub {
        -e "$dir/events" && $t->read_file('events') =~ $pattern;
    }, 30, "the event $pattern");
}

sub fingerprint {
    my ($file) = @_;
    my $text = `openssl x509 -noout -fingerprint -sha256 -in $file`;
    return lc($text =~ s/.*=//r =~ s/[:\s]//gr);
}
