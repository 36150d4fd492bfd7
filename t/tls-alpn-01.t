# tls-alpn-01 (RFC 8737): the certificate is had over the TLS port alone, whatever
# the site's own TLS settings are, and nobody else notices.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::Bundle;
use AcmeTest::FaultyCa qw(:actions);

my $mutual = AcmeTest::Bundle::make(names => ['client.example'], age => 1,
    left => 90);
my $t;

subtest 'the answer and everybody else' => \&the_answer;
subtest 'TLS 1.2, RSA and client certificates alone' => \&strict_site;
done_testing();

sub the_answer {
    $t = AcmeTest->new(workers => 2, log_level => 'info');
    my $ca = $t->start_faulty_ca(no_sleep => 1);
    configure();
    $ca->script(challenge => [held('first')]);
    $t->start;
    $t->wait_for(sub { $ca->holds('first') }, 20, 'the challenge');
    look_at_the_answer($_) for 'TLSv1.2', 'TLSv1.3';
    others_see_the_site($_) for 'TLSv1.2', 'TLSv1.3';
    nothing_is_resumed();
    nothing_is_asked();
    $ca->release('first');

    ok($t->wait_certificate('api.pium.life'), 'issued by way of the TLS port');
    is_deeply([$t->log_lines(qr/http-01 challenge/)], [], 'and that alone');
    my $seen = $t->tls_connect('api.pium.life', alpn => ['acme-tls/1']);
    isnt($seen->{alpn} // '', 'acme-tls/1', 'the answer is gone afterwards');
    $t->done;
}

sub configure {
    $t->write_file('client-ca.pem', $mutual->{pem});
    $t->write_config(<<'END');
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:s:1m;
    server {
        listen 127.0.0.1:%%TLS%% ssl http2 default_server;
        server_name other.pium.life;
        ssl_certificate %%DIR%%/client-ca.pem;
        ssl_certificate_key %%DIR%%/client-ca.pem;
        return 200 "the default server";
    }
    server {
        listen 127.0.0.1:%%TLS%% ssl http2;
        server_name api.pium.life;
        acme_domain api.pium.life challenge=tls-alpn-01;
        return 200 "the site";
    }
}
END
}

# What the CA sees (RFC 8737, section 3).
sub look_at_the_answer {
    my ($version) = @_;
    my $seen = $t->tls_connect('API.pium.life', version => $version,
        alpn => ['acme-tls/1']);
    ok($seen->{ok}, "$version: the answer is there") or return;
    is($seen->{alpn}, 'acme-tls/1', "$version: by that protocol");
    is($seen->{protocol}, $version, "$version: it is spoken");
    is_deeply($seen->{names}, ['api.pium.life'], "$version: for that name");
    like(text_of($seen->{pem}), qr/1\.3\.6\.1\.5\.5\.7\.1\.31: critical\s*\n\s*\. \S/,
        "$version: with a critical acmeIdentifier of an OCTET STRING");
    is($seen->{self_signed}, 1, "$version: self-signed");
}

sub others_see_the_site {
    my ($version) = @_;
    for my $alpn ([qw(acme-tls/1 h2)], [qw(h2 acme-tls/1)], ['h2'], undef) {
        my $seen = $t->tls_connect('other.pium.life', version => $version,
            ($alpn ? (alpn => $alpn) : ()));
        my $asks = join ' and ', @{ $alpn // ['nothing'] };
        is_deeply($seen->{names}, ['client.example'],
            "$version: who asks for $asks gets the site's certificate");
        isnt($seen->{alpn} // '', 'acme-tls/1', "$version: and no answer");
    }
    my $seen = $t->tls_connect('other.pium.life', version => $version,
        alpn => ['acme-tls/1']);
    isnt("@{ $seen->{names} // [] }", 'api.pium.life',
        "$version: a name that is not being proved has no answer");
}

sub nothing_is_resumed {
    my $site = $t->tls_connect('api.pium.life', version => 'TLSv1.2');
    my $seen = $t->tls_connect('api.pium.life', version => 'TLSv1.2',
        session => $site->{session}, alpn => ['acme-tls/1']);
    is($seen->{reused}, 0, 'no session of the site is resumed');
    is($seen->{alpn}, 'acme-tls/1', 'the answer comes all the same');
    my $again = $t->tls_connect('api.pium.life', version => 'TLSv1.2',
        session => $seen->{session});
    is($again->{reused}, 0, 'nor that one by the site');
}

sub nothing_is_asked {
    local $SIG{PIPE} = 'IGNORE';
    my $seen = $t->tls_get('api.pium.life', '/', alpn => ['acme-tls/1']);
    is($seen->{ok}, 1, 'who has the answer');
    is($seen->{status}, undef, 'gets no request through');
}

sub text_of {
    my ($pem) = @_;
    $t->write_file('seen.pem', $pem);
    open my $text, '-|', qw(openssl x509 -noout -text -in),
        $t->dir . '/seen.pem' or die "openssl: $!";
    return join '', <$text>;
}

# The CA has no client certificate, and may come with what the site refuses.
sub strict_site {
    my $t = AcmeTest->new(log_level => 'info');
    $t->start_ca(no_sleep => 1);
    $t->write_file('client-ca.pem', $mutual->{pem});
    $t->write_config(<<'END');
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    server {
        listen 127.0.0.1:%%TLS%% ssl http2;
        server_name api.pium.life;
        ssl_protocols TLSv1.2;
        ssl_ciphers ECDHE-RSA-AES256-GCM-SHA384;
        ssl_client_certificate %%DIR%%/client-ca.pem;
        ssl_verify_client on;
        acme_domain api.pium.life challenge=tls-alpn-01 key=rsa:2048;
        # Of no server block.
        acme_domain mail.pium.life challenge=tls-alpn-01;
    }
    acme_domain unserved.pium.life challenge=tls-alpn-01;
}
END
    $t->start;
    ok($t->wait_certificate('api.pium.life'),
        'TLS 1.2, RSA ciphers and client certificates only');
    for my $name (qw(mail.pium.life unserved.pium.life)) {
        ok($t->wait_log(qr/acme: issued,.*certificate "\Q$name\E"/),
            "$name, which no server block has");
    }
    $t->done;
}
