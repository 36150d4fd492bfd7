# A certificate that lives one minute is renewed again and again, unattended,
# under constant full handshakes: not one fails, and no reload happens.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $renewals = 5;

my $t = AcmeTest->new(workers => 2, log_level => 'info');
my $ca = $t->start_ca(validity => 60);
$t->write_config(<<'END');
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    ssl_protocols TLSv1.2 TLSv1.3;
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl http2;
        server_name api.pium.life;
        acme_domain api.pium.life;
    }
}
END
$t->start;
my $now = $t->wait_certificate('api.pium.life');
ok($now, 'issued');

my @sessions = map { $t->tls_get('api.pium.life', '/', version => $_) }
    'TLSv1.2', 'TLSv1.3';
my @workers = sort $t->workers;
my $load = $t->tls_load('api.pium.life',
    versions => [ 'TLSv1.2', 'TLSv1.3' ], pause => 0.005);
my $count = 0;
while ($count < $renewals) {
    $now = $t->wait_certificate('api.pium.life',
        serial_not => $now->{serial}, seconds => 60) or last;
    $count++;
}
is($count, $renewals, "renewed $renewals times");

for my $before (@sessions) {
    ok($t->tls_connect('api.pium.life', version => $before->{protocol},
        session => $before->{session})->{reused},
        "a session of before is resumed with $before->{protocol}");
}

my $result = $load->stop;
cmp_ok($result->{handshakes}, '>', 1000, 'handshakes all the while');
is($result->{failures}, 0, 'none failed') or diag(explain($result->{errors}));
cmp_ok(scalar keys %{ $result->{serials} }, '>=', $renewals + 1,
    'the clients saw each certificate');
is_deeply([sort $t->workers], \@workers, 'the workers are the same');
is(scalar $t->log_lines(qr/acme: renewed/), $renewals, 'the log tells it');
is(scalar $t->log_lines(qr/signal 1 \(SIGHUP\)|reconfiguring/), 0,
    'no reload');
is($ca->orders, $renewals + 1, 'no order too many');

$t->done;
