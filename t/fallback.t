# Two CAs for a certificate: when the first is dead, the second issues; with it
# the certificate stays.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new(log_level => 'info');
my $first = $t->start_ca(name => 'first');
my $second = $t->start_ca(name => 'second');
my $issuers = $first->issuer_block . $second->issuer_block;

sub configure {
    my ($names) = @_;
    my $lines = join ' ', map { "acme_domain $_ issuer=first,second;" } @$names;
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    acme_state_path %%STATE%%;
    $issuers
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        listen 127.0.0.1:%%PORT_S%%;
        server_name @$names;
        $lines
        location = /status { acme_status; }
    }
}
END
}

configure(['a.example']);
$first->stop;
$t->start;
ok($t->wait_certificate('a.example', ca => $second->{root_file}),
    'the first CA is dead: a certificate of the second');
my ($asked) = $t->log_lines(qr/cannot be asked/);
like($asked, qr/\[warn\].*issuer "first" cannot be asked: trying another one/,
    'the log says so');
my $status = $t->http_get('/status?format=json', port => $t->port('PORT_S'));
like($status->{body}, qr/"issuer":"second"/, 'and the status');

$first->start;
configure(['a.example', 'b.example']);
$t->mark_log->reload;
ok($t->wait_log(qr/: issued, .*"b\.example"/), 'the next one');
is(scalar $t->log_lines(qr/ordering.*"a\.example"/), 0,
    'the first stays with the CA that it has');

$t->done;
