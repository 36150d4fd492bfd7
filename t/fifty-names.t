# One dead name does not delay the others.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new(log_level => 'info');
my $ca = $t->start_ca;
my @names = map { "n$_.example" } 1 .. 49;
my $dead = 'dead.example';
$t->dns->manage('set-servfail', { host => $dead });

my $servers = join '', map { <<"END" } $dead, @names;
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
    %%ACME%%
    $servers
}
END
$t->start;

my $issued = $t->wait_for(
    sub { (() = $t->log_lines(qr/acme: issued/)) == @names }, 40,
    '49 certificates');
ok($issued, '49 names have their certificates');
my @missing = grep { !$t->tls_connect($_)->{verified} } @names;
is("@missing", '', 'and serve them');

my $line = $t->wait_log(qr/acme: .*certificate "dead\.example"/, 30)
    && $t->wait_log(qr/failure 1 in a row/, 30);
like($line, qr/\[(warn|error)\].*acme: .*dead\.example.*; failure 1 in a row, next attempt at 20\d\d-/,
    'the dead one backs off, and says until when');
like($line, qr/urn:ietf:params:acme:error:\w+ - /, "in the CA's words");
my $placeholder = $t->tls_connect($dead);
ok($placeholder->{ok} && !$placeholder->{verified},
    'and has a placeholder meanwhile');
is($ca->orders, 50, 'fifty orders for fifty names');

$t->done;
