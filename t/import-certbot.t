# Moving over from certbot: a real one obtains certificates, ./build.sh
# import-certbot takes them over, nginx serves the same ones without an order and
# renews them by the same account.

use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::Paths;

my $t = AcmeTest->new;
# Certbot 2.1 does not survive a refused nonce when it finalizes.
my $ca = $t->start_ca(no_sleep => 1, nonce_reject => 0);
my $dir = $t->dir;
my $tree = "$dir/letsencrypt";
# What certbot logs is not for our checks.
my $certbots_own = tempdir(CLEANUP => 1);
local $ENV{REQUESTS_CA_BUNDLE} = AcmeTest::Pebble::ca_file();
certbot('certonly', '--cert-name', 'a.example', qw(-d a.example -d b.example));
certbot('certonly', qw(-d c.example --key-type rsa --rsa-key-size 2048));
my %before = map { $_ => serial("$tree/live/$_/cert.pem") }
    qw(a.example c.example);
my $orders = $ca->orders;
my $accounts = accounts();

# What certbot's users have.
$t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name a.example b.example;
        ssl_certificate $tree/live/a.example/fullchain.pem;
        ssl_certificate_key $tree/live/a.example/privkey.pem;
    }
}
END
my $listing = $t->listing($tree);
my $said = take_over('--conf', "$dir/nginx.conf");
is_deeply($t->listing($tree), $listing, 'nothing of certbot\'s has changed');
like($said, qr/^#   instead of ssl_certificate in \Q$dir\E\/nginx\.conf:\d+\n#   instead of ssl_certificate_key in \S+nginx\.conf:\d+$/m,
    'where the lines go');
like($said, qr/^# Certificate "a\.example", valid until \d{4}-.*\n(?:#.*\n)*acme_domain a\.example b\.example issuer=localhost;$/m,
    'the line for an ECDSA certificate');
like($said, qr/^acme_domain c\.example issuer=localhost key=rsa:2048;$/m,
    'and for an RSA one');
like($said, qr/systemctl disable --now certbot\.timer/, 'what can go');
for my $file (map { glob $t->state_dir . "/$_/*" } qw(accounts certificates)) {
    my @stat = stat $file;
    is(sprintf('%04o', $stat[2] & 07777), '0600', "mode of $file");
    is($stat[4], ($t->worker_owner)[0], 'it is the worker user\'s');
}

subtest 'nginx goes on with it' => sub {
    configure($said);
    is($t->test_config->{code}, 0, 'what was printed is configuration')
        or diag($t->test_config->{output});
    $t->start;
    for my $name (sort keys %before) {
        my $seen = $t->wait_certificate($name);
        is($seen->{serial}, $before{$name}, "$name: the same certificate");
    }
    $t->wait_for(sub { $t->helper }, 10, 'a helper');
    $t->poke;
    is($ca->orders, $orders, 'nothing was ordered');
    for my $name (sort keys %before) {
        is($t->http_get("/acme/certificates/$name/renew", method => 'POST',
            host => 'a.example')->{status}, 202, "renew $name");
        ok($t->wait_certificate($name, serial_not => $before{$name}),
            "$name: renewed by nginx itself");
    }
    is(accounts(), $accounts, 'by the same account');
};

subtest 'once more' => sub {
    $t->stop;
    my $now = $t->listing($t->state_dir);
    like(take_over(), qr/is there already and was left as it is/, 'says so');
    is_deeply($t->listing($t->state_dir), $now, 'and changes nothing');
};

subtest 'what cannot be taken over' => sub {
    rename "$tree/live/c.example/privkey.pem", "$tree/key" or die $!;
    my $text = take_over('--state', "$dir/other");
    like($text, qr/^# Not taken over: c\.example: .*privkey\.pem: No such file/m,
        'is said');
    like($text, qr/^acme_domain a\.example b\.example/m, 'the rest is taken');
    like($text, qr/Certbot is still needed/, 'and what that means');
    my $none = `$^X t/import-certbot.pl $dir 2>&1`;
    is($? >> 8, 1, 'no tree of certbot\'s');
    like($none, qr/has no certificates of certbot's/, 'is said');
};

$t->done;

# --- pieces ----------------------------------------------------------------

sub certbot {
    my @command = ('certbot', @_, '--non-interactive', '--agree-tos',
        '--email', 'ops@pium.life', '--server', $ca->url, '--standalone',
        '--http-01-port', $t->http_port, '--http-01-address', '127.0.0.1',
        '--config-dir', $tree, map { ("--$_-dir", "$certbots_own/$_") }
        qw(work logs));
    open my $pipe, '-|', "@command 2>&1" or die "certbot: $!";
    my $text = do { local $/; <$pipe> };
    ok(close $pipe, "certbot @_") or diag($text);
}

sub take_over {
    my @options = @_;
    unshift @options, '--state', $t->state_dir
        unless grep { $_ eq '--state' } @options;
    unshift @options, '--user', 'nobody' if $> == 0;
    my $root = AcmeTest::Paths::root();
    my $text = `$root/build.sh import-certbot @options $tree 2>&1`;
    is($? >> 8, 0, 'import-certbot') or diag($text);
    return $text;
}

# What was printed, and this CA's trust.
sub configure {
    my ($text) = @_;
    my ($issuer) = $text =~ /^(acme_issuer.*?^\})/ms;
    my $trust = AcmeTest::Pebble::ca_file();
    $issuer =~ s/\}$/ssl_trusted_certificate $trust; }/;
    my $lines = join "\n", $text =~ /^(acme_domain .*)/mg;
    my $state = $t->state_dir;
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    acme_state_path $state;
    $issuer
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name a.example b.example c.example;
        $lines
        location /acme/ { acme_api; allow 127.0.0.1; deny all; }
    }
}
END
}

sub accounts {
    my @seen = $ca->log_text =~ /There are now (\d+) accounts in memory/g;
    return $seen[-1];
}

sub serial {
    my ($file) = @_;
    return lc(`openssl x509 -noout -serial -in $file` =~ s/serial=|\s//gr);
}
