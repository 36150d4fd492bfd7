# The configuration changes: the certificate there is serves until the one
# wanted exists.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new;
my $ca = $t->start_ca;

sub configure {
    my ($lines, $extra) = @_;
    $extra //= '';
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    $extra
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name a.example b.example c.example;
        $lines
    }
}
END
}

configure('acme_domain a.example b.example;');
$t->start;
my $first = $t->wait_certificate('a.example');
ok($first, 'a and b');

configure('acme_domain b.example a.example;');
$t->reload;
is($t->tls_connect('b.example')->{serial}, $first->{serial},
    'another order of names: the same certificate');
$t->restart;
is($t->tls_connect('b.example')->{serial}, $first->{serial},
    'also after a restart');
is($ca->orders, 1, 'and no order');

# The CA must not validate the new name until we have looked.
$t->dns->manage('set-servfail', { host => 'c.example' });
configure('acme_domain b.example a.example c.example;');
$t->mark_log;
$t->reload;
ok($t->wait_log(qr/acme: .*c\.example.*failure 1 in a row/, 20),
    'a name is added that cannot be had');
is($t->tls_connect('a.example')->{serial}, $first->{serial},
    'the old certificate is served on');
$t->restart;
is($t->tls_connect('a.example')->{serial}, $first->{serial},
    'also after a restart');
is($ca->orders, 2, 'the failure is remembered');

$t->dns->manage('clear-servfail', { host => 'c.example' });
$t->stop;
unlink glob $t->state_dir . '/jobs/*';
$t->start;
my $three = $t->wait_certificate('c.example');
ok($three, 'the name can be had: a certificate for all three');
is($t->tls_connect('a.example')->{serial}, $three->{serial}, 'for a, too');

configure('acme_domain b.example a.example c.example key=rsa:2048;');
$t->reload;
my $rsa = $t->wait_certificate('a.example', serial_not => $three->{serial});
is($rsa->{key_type}, 'rsa:2048', 'another key type: a new certificate');
ok(!$t->tls_connect('a.example', version => 'TLSv1.2',
    ciphers => 'ECDHE-ECDSA-AES128-GCM-SHA256')->{ok},
    'and nothing of the old type is offered');

# More names need a larger zone: what is in the old one moves along.
my $many = join "\n", map { "acme_domain many$_.example;" } 1 .. 40;
configure("acme_domain b.example a.example c.example key=rsa:2048;\n$many");
$t->reload;
is($t->tls_connect('a.example')->{serial}, $rsa->{serial},
    'a zone of another size serves the same');
ok($t->wait_certificate("many$_.example", seconds => 30), "many$_")
    for 1, 20, 40;

configure('acme_domain a.example;', 'acme_domain elsewhere.example;');
$t->reload;
ok($t->wait_for(sub {
    "@{ $t->tls_connect('a.example')->{names} }" eq 'a.example' }, 15,
    'a certificate for a alone'), 'names removed: a new certificate');
ok($t->wait_for(sub { -e $t->state_dir . '/certificates/elsewhere.example.pem' },
    10, 'the file'), 'acme_domain in http is managed, too');
isnt($t->tls_connect('elsewhere.example')->{names}[0], 'elsewhere.example',
    'but not served');

$t->done;
