# An nginx that runs without the module gets it, and its first certificate, by
# a reload; and gets rid of both by another one.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new(log_level => 'info', module => 0);
my $ca = $t->start_ca;
my $tls = AcmeTest::Pebble::test_ca();

sub configure {
    my ($module, $http, $server) = @_;
    $t->write_config(<<"END");
$module
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    $http
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name localhost;
        $server
    }
}
END
}
my $static = "ssl_certificate $tls/localhost.pem; "
    . "ssl_certificate_key $tls/localhost.key;";

configure('', '', $static);
$t->start;
ok($t->tls_connect('localhost', ca => "$tls/ca.pem")->{verified},
    'a static certificate');

configure('load_module %%MODULE%%;', '%%ACME%%',
    "$static acme_domain localhost;");
$t->reload;
ok($t->wait_certificate('localhost'), 'a managed one after a reload');

configure('load_module %%MODULE%%;', '', $static);
$t->reload;
ok($t->tls_connect('localhost', ca => "$tls/ca.pem")->{verified},
    'the static one when acme_domain is gone');
is(scalar(my @helpers = $t->helpers), 0, 'without a helper');

configure('', '', $static);
$t->reload;
ok($t->tls_connect('localhost', ca => "$tls/ca.pem")->{verified},
    'and without the module');

configure('load_module %%MODULE%%;', '%%ACME%%', 'acme_domain localhost;');
$t->reload;
ok($t->tls_connect('localhost')->{verified}, 'back again: from the disk');
is($ca->orders, 1, 'with no second order');

$t->done;
