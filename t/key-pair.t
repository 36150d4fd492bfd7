# A pair of certificates, RSA and ECDSA: each client gets the one that it can do
# with; both are renewed, and one is as good as none when the other is lost.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my %only = (
    'TLS 1.2, ECDSA' => '-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256',
    'TLS 1.2, RSA' => '-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256',
    'TLS 1.3, ECDSA' => '-tls1_3 -sigalgs ECDSA+SHA256',
    'TLS 1.3, RSA' => '-tls1_3 -sigalgs RSA-PSS+SHA256',
);

my $t = AcmeTest->new(workers => 2);
my $ca = $t->start_ca;

sub configure {
    my ($more, @lines) = @_;
    my $lines = join "\n        ", map { "acme_domain $_;" } @lines;
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    ssl_protocols TLSv1.2 TLSv1.3;
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        listen 127.0.0.1:%%PORT_S%%;
        server_name a.example b.example;
        $more
        $lines
        location = /status { acme_status; }
    }
}
END
}

# What a client that can do only this is shown: the type of the key, "" for no
# handshake at all.
sub key_for {
    my ($options, $name) = @_;
    my $text = `openssl s_client -connect 127.0.0.1:@{[ $t->tls_port ]} \\
        -servername $name -CAfile $ca->{root_file} $options </dev/null 2>&1`;
    return '' if $text =~ /no peer certificate available/;
    return 'not verified' if $text !~ /Verify return code: 0/;
    return $text =~ /Server public key is 256 bit/ ? 'ECDSA' : 'RSA';
}

sub each_gets_its_own {
    my ($name, $when) = @_;
    for my $what (sort keys %only) {
        my ($wanted) = $what =~ /(\w+)$/;
        is(key_for($only{$what}, $name), $wanted, "$name, $when: $what");
    }
    isnt(key_for('', $name), '', 'and who can do with both gets one');
}

configure('', 'a.example key=ecdsa,rsa:2048');
$t->start;
ok($t->wait_log(qr/issued.*"a\.example"/), 'issued');
ok($t->wait_log(qr/issued.*"a\.example\+rsa"/), 'and of RSA');
each_gets_its_own('a.example', 'alone in its server');
my $status = $t->http_get('/status?format=json', port => $t->port('PORT_S'));
like($status->{body}, qr/"id":"$_"/, "$_ is in the status")
    for qw(a\.example a\.example\+rsa);

$t->mark_log;
configure('acme_key rsa ecdsa:256;', 'a.example key=ecdsa,rsa:2048',
    'b.example');
$t->reload;
ok($t->wait_log(qr/issued.*"b\.example\+ecdsa"/), 'another one');
ok($t->wait_log(qr/issued.*"b\.example"/), 'whose first type is RSA');
each_gets_its_own('a.example', 'beside another one');
each_gets_its_own('b.example', 'beside another one');
is($ca->orders, 4, 'one order for each');

# --- one of them is lost -----------------------------------------------------

unlink $t->state_dir . '/certificates/a.example+rsa.pem';
$ca->hold;
$t->stop;
$t->start;
is(key_for($only{'TLS 1.2, ECDSA'}, 'a.example'), 'ECDSA',
    'without the RSA one the other is served');
is(key_for($only{'TLS 1.2, RSA'}, 'a.example'), '', 'to whom it can be');
$ca->go_on;
ok($t->wait_for(sub { key_for($only{'TLS 1.2, RSA'}, 'a.example') eq 'RSA' },
    30, 'the RSA one'), 'until it is there again');

# --- no pair any more -------------------------------------------------------

configure('', 'a.example');
$t->reload;
is(key_for($only{'TLS 1.3, ECDSA'}, 'a.example'), 'ECDSA', 'one type');
is(key_for($only{'TLS 1.3, RSA'}, 'a.example'), '', 'and no other');

$t->done;
