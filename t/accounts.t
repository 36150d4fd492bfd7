# Accounts: one per issuer, kept; a CA that forgot it gets it again, once; an
# issuer that moves to another CA gets another one, and keeps the first.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new;
my $ca = $t->start_ca(name => 'first');
my $other = $t->start_ca(name => 'second');

sub configure {
    my ($issuer, $names) = @_;
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    acme_state_path %%STATE%%;
    acme_contact ops\@pium.life;
    $issuer
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name a.example b.example c.example d.example;
        $names
    }
}
END
}
my $at = sub { $_[0]->issuer_block(name => 'mine', more => $_[1] // '') };

configure($at->($ca), 'acme_domain a.example;');
$t->start;
my $first = $t->wait_certificate('a.example');
ok($first, 'issued by the first CA');

configure($at->($ca), 'acme_domain a.example; acme_domain b.example;');
$t->reload;
ok($t->wait_certificate('b.example'), 'another name');
is($ca->accounts, 1, 'one account for both');

# Pebble keeps nothing: after a restart it has never heard of the account.
$ca->stop;
$ca->start;
$t->stop;
unlink $t->state_dir . '/certificates/b.example.pem';
$t->mark_log;
$t->start;
ok($t->wait_certificate('b.example'), 'a CA that forgot the account');
like(($t->log_lines(qr/does not know account/))[0],
    qr/\[warn\].*registering again, issuer "mine"/, 'is told it again');
is($ca->accounts, 2, 'once');
is($ca->orders, 3, 'without a second order');

configure($at->($other), 'acme_domain a.example;');
$t->reload;
my $moved = $t->wait_certificate('a.example', ca => $other->{root_file});
ok($moved, 'the issuer moves to another CA: a certificate of that one');
is($other->accounts, 1, 'with an account there');
is(scalar(my @kept = glob $t->state_dir . '/accounts/*'), 2,
    'the first account is kept');

configure($at->($ca), 'acme_domain a.example;');
$t->reload;
ok($t->wait_certificate('a.example'), 'and back again');
is($ca->accounts, 2, 'with the account that was kept');

configure($ca->issuer_block(name => 'mine', more => 'account_key ecdsa:384;'),
    'acme_domain a.example; acme_domain c.example;');
$t->mark_log->reload;
ok($t->wait_certificate('c.example'), 'with a key of another type');
is($ca->requests('keyChange'), 1, 'which the CA was told');
is($ca->accounts, 2, 'for the same account');
like(($t->log_lines(qr/another key/))[0], qr/\[notice\].*issuer "mine"/,
    'and the log says');

$t->mark_log;
configure($ca->issuer_block(name => 'mine',
    more => 'account_key ecdsa:384; contact dba@pium.life;'),
    'acme_domain a.example; acme_domain d.example;');
$t->reload;
ok($t->wait_certificate('d.example'), 'with another contact');
ok($t->wait_for(sub {
    $ca->log_text =~ m{POST /my-account/ -> calling handler} }, 5,
    'a change of the account'), 'which the CA was told, too');
is(scalar $t->log_lines(qr/contacts/), 0, 'and it took it');

# The operator's own account key.
$t->stop;
system('openssl', 'genrsa', '-out', $t->dir . '/account.key', '2048') == 0
    or die;
chmod 0600, $t->dir . '/account.key';
configure($ca->issuer_block(name => 'own',
    more => 'account_key ' . $t->dir . '/account.key;'),
    'acme_domain b.example key=rsa:2048;');
$t->start;
ok($t->wait_for(sub {
    $t->tls_connect('b.example')->{key_type} eq 'rsa:2048' }, 15,
    'an RSA certificate'), 'an account key in a file that only root can read');
my ($own) = glob $t->state_dir . '/accounts/own.*';
unlike($t->read_file($own), qr/PRIVATE KEY/, 'stays the only copy');

# Terms that are not accepted.
configure($ca->issuer_block(name => 'careful', more => '')
    =~ s/accept_terms_of_service;/accept_terms_of_service off;/r,
    'acme_domain b.example key=ecdsa:384;');
$t->mark_log;
$t->reload;
like($t->wait_log(qr/terms of service are not accepted/, 10),
    qr/read \S+ and set "accept_terms_of_service on".*next attempt at/,
    'terms: the operator is told what to read and to do');

configure($ca->issuer_block(name => 'careful'),
    'acme_domain b.example key=ecdsa:384;');
$t->reload;
ok($t->wait_for(sub {
    $t->tls_connect('b.example')->{key_type} eq 'ecdsa:384' }, 15,
    'a certificate'), 'and a reload with it done is enough');

$t->done;
