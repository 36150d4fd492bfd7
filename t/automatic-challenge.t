# Which challenge is used when the configuration names none: what the listeners
# allow, then what works.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $day = 86400;

subtest 'over TLS where nothing listens for plain HTTP' => sub {
    my $t = AcmeTest->new(log_level => 'info');
    $t->start_ca(no_sleep => 1);
    configure($t, 'listen 127.0.0.1:%%TLS%% ssl;');
    $t->start;
    ok($t->wait_certificate('api.pium.life'), 'issued');
    ok($t->log_lines(qr/answering the tls-alpn-01 challenge/), 'that way');
    $t->done;
};

subtest 'another one after a failure, and that one from then on' => sub {
    my $t = AcmeTest->new(log_level => 'info');
    # Nobody listens where this CA looks for http-01.
    $t->start_ca(no_sleep => 1, http_port => $t->port('NOBODY'));
    configure($t, 'listen 127.0.0.1:%%HTTP%%; listen 127.0.0.1:%%TLS%% ssl;');
    $t->mark_log->start(time_travel => 1);
    ok($t->wait_log(qr/\[warn\].*failure 1 in a row/), 'http-01 fails');
    $t->travel(70);
    my $first = $t->wait_certificate('api.pium.life');
    ok($first, 'tls-alpn-01 does not');
    is($t->ca->orders, 2, 'by the second order');

    # When the next one is due is reckoned before the clock is turned.
    $t->wait_log(qr/acme: issued/);
    $t->mark_log->travel(61 * $day);
    ok($t->wait_log(qr/acme: renewed/), 'it is renewed');
    is($t->ca->orders, 3, 'by one order');
    is_deeply([$t->log_lines(qr/failure/)], [], 'and no failure');
    $t->restart;
    ok($t->wait_certificate('api.pium.life', any_time => 1),
        'what is remembered is no trouble after a restart');
    $t->done;
};

subtest 'a wildcard without a DNS challenge' => sub {
    my $t = AcmeTest->new(log_level => 'info');
    $t->start_ca(no_sleep => 1);
    configure($t, 'listen 127.0.0.1:%%HTTP%%; listen 127.0.0.1:%%TLS%% ssl;',
        '*.pium.life');
    like($t->test_config->{output},
        qr/\[warn\].*no challenge that is allowed can prove "\*\.pium\.life": a wildcard needs a DNS challenge.*nginx\.conf:\d+/,
        'nginx -t warns');
    $t->start;
    ok($t->wait_log(qr/\[error\].*\*\.pium\.life cannot be proved: .*next attempt at/),
        'the log says so');
    is($t->ca->orders, 0, 'and the CA is not asked');
    $t->done;
};

subtest 'a challenge that no listener can answer' => sub {
    my $t = AcmeTest->new;
    $t->start_ca(no_sleep => 1);
    for my $case (
        ['listen 127.0.0.1:%%TLS%% ssl;', 'api.pium.life challenge=http-01'],
        ['listen 127.0.0.1:%%HTTP%%;', 'api.pium.life challenge=tls-alpn-01'])
    {
        configure($t, @$case);
        like($t->test_config->{output},
            qr/\[warn\].*can prove "api\.pium\.life": "http-01" needs a plain/,
            "$case->[1]: nginx -t warns");
    }
    configure($t, 'listen 127.0.0.1:%%HTTP%%;', 'api.pium.life');
    unlike($t->test_config->{output}, qr/can prove/, 'else it does not');
    $t->done;
};

done_testing();

sub configure {
    my ($t, $listen, $domain) = @_;
    $domain //= 'api.pium.life';
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    server {
        $listen
        server_name api.pium.life;
        acme_domain $domain;
    }
}
END
}
