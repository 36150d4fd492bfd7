# Coming from nginx's own ACME module: its configuration, as its README has it,
# works with nothing but another load_module line.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new(workers => 2);
my $ca = $t->start_ca(no_sleep => 1);
my $trust = AcmeTest::Pebble::ca_file();
my $dir = $t->dir;

sub configure {
    my ($issuer, $more) = @_;
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    acme_preflight off;
    acme_issuer example {
        uri         @{[ $ca->url ]};
        contact     mailto:admin\@example.test;
        ssl_trusted_certificate $trust;
        accept_terms_of_service;
        $issuer
    }
    acme_shared_zone zone=ngx_acme_shared:1M;
    $more
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name .example.test;
        acme_certificate example;
        ssl_certificate       \$acme_certificate;
        ssl_certificate_key   \$acme_certificate_key;
        ssl_certificate_cache max=2;
    }
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name other.test;
        acme_certificate example other.test key=rsa:2048;
        ssl_certificate       \$acme_certificate;
        ssl_certificate_key   \$acme_certificate_key;
        add_header X-Key "[\$acme_certificate_key]" always;
        return 200 "[\$acme_certificate]";
    }
    server {
        # listener on port 80 is required to process ACME HTTP-01 challenges
        listen 127.0.0.1:%%HTTP%%;
        location / { return 404; }
    }
}
END
}

configure("state_path $dir/acme-example;\n        challenge http;", '');
# This directive is younger than the nginx of Debian 12.
my $text = $t->read_file('nginx.conf');
$t->write_file('nginx.conf', $text =~ s/^\s*ssl_certificate_cache.*\n//mr);
is($t->test_config->{code}, 0, 'nginx -t') or diag($t->test_config->{output});
$t->start;
ok($t->wait_certificate('www.example.test'), 'the names of the server');
my $other = $t->wait_certificate('other.test');
ok($other, 'the names of the line');
like(`openssl x509 -noout -text -in $dir/acme-example/certificates/other.test.pem`,
    qr/rsaEncryption/, 'key=, kept in the issuer\'s state_path');
my $answer = $t->tls_get('other.test', '/');
is($answer->{body}, '[]', 'no variable has a value');
is($answer->{headers}{'x-key'}, '[]', 'least of all a key');
$t->reload;
is($t->tls_connect('other.test')->{serial}, $other->{serial},
    'the same after a reload');
$t->stop;

subtest 'options' => sub {
    my $try = sub {
        my ($issuer, $more) = @_;
        # That of the system is not for tests.
        configure($issuer, "acme_state_path $dir/tried;\n" . ($more // ''));
        my $file = $t->read_file('nginx.conf');
        $t->write_file('nginx.conf',
            $file =~ s/^\s*ssl_certificate_cache.*\n//mr);
        return $t->test_config;
    };
    for my $good ('challenge tls-alpn;', 'challenge tls-alpn-01;',
        'common_name_in_csr on;', 'external_account_key kid data:c2VjcmV0;',
        'account_key rsa:2048;', 'preferred_chain "Some Root";',
        'profile tlsserver require;', 'ssl_verify off;')
    {
        is($try->($good)->{code}, 0, $good)
            or diag($try->($good)->{output});
    }
    like($try->('state_path off;')->{output},
        qr/\[warn\].*"state_path off" has no effect.*always kept/,
        'there is always a state');
    my %bad = (
        'common_name_in_csr yes;' => qr/invalid value "yes" in "common_name_in_csr"/,
        'challenge dns;' => qr/the challenge type is unknown/,
    );
    for my $bad (sort keys %bad) {
        like($try->($bad)->{output}, qr/\[emerg\].*$bad{$bad}/, $bad);
    }
    like($try->('', 'acme_shared_zone size=1M;')->{output},
        qr/\[emerg\].*"acme_shared_zone" directive, it must be "zone=name:size"/,
        'acme_shared_zone');
    like($try->('', 'server { acme_certificate nobody a.test; }')->{output},
        qr/\[emerg\].*unknown issuer "nobody"/, 'an issuer that is none');
    like($try->('', 'server { acme_certificate example a.test issuer=x; }')
        ->{output}, qr/\[emerg\].*issuer stands before the names/,
        'an issuer twice');
};

$t->done;
