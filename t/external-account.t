# External account binding: a CA that wants to know whose account it is gets to
# know it, by each of the MACs it may ask for, and the key as it was given.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $key = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';

my $t = AcmeTest->new;
my $ca = $t->start_ca(config => {
    externalAccountBindingRequired => JSON::PP::true,
    externalAccountMACKeys => { map { ("kid-$_" => $key) } 1 .. 3 } });

sub configure {
    my ($binding, $name) = @_;
    my $issuer = $ca->issuer_block(more => $binding);
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    acme_state_path %%STATE%%;
    $issuer
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name $name;
        acme_domain $name;
    }
}
END
}

# As Actalis gives it, with padding, and as a text editor keeps it.
my %file = (good => "$key==\n", other => 'b3RoZXI');
for my $name (keys %file) {
    chmod 0600, $t->write_file("$name.key", $file{$name});
}

configure('', 'a.example');
$t->start;
ok($t->wait_log(qr/\[error\].*external account binding.*external_account_key/),
    'without it: what to do');
is($ca->accounts, 0, 'the CA was not asked for an account');

$t->mark_log;
configure("external_account_key kid-1 %%DIR%%/other.key;", 'a.example');
$t->reload;
ok($t->wait_log(qr/\[error\].*registering the account.*unauthorized/),
    'with another key: what the CA says');

my $number = 0;
for my $hash ('', ' HS256', ' HS384') {
    $number++;
    configure("external_account_key kid-$number %%DIR%%/good.key$hash;",
        "b$number.example");
    $t->reload;
    ok($t->wait_certificate("b$number.example"), "with the right one$hash");
    is($ca->accounts, $number, 'by an account of its own');
}
is(scalar $t->log_lines(qr/zWNDZM|b3RoZXI/), 0, 'the key is in no log');

chmod 0644, $t->dir . '/good.key';
configure('external_account_key kid-1 %%DIR%%/good.key;', 'a.example');
my $checked = $t->test_config;
isnt($checked->{code}, 0, 'a key that everybody can read');
like($checked->{output}, qr/can be read by everybody: chmod o-r/, 'is told');

$t->done;
