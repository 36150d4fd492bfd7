# dns-01 through a program of the operator's: here nsupdate, as a real one might
# use it.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

plan skip_all => 'port 53 is for root' if $> != 0;

my $t = AcmeTest->new(log_level => 'info');
my $names = $t->start_delegation(zone => 'pium.life', records => <<'END');
@ A 127.0.0.1
www A 127.0.0.1
_acme-challenge.www CNAME www.challenges
END
$t->start_ca(no_sleep => 1);
my $hook = write_program('hook', <<"END");
#!/bin/sh
# Called with add or remove, name, value.
[ "\$1" = add ] && what="update add" || what="update delete"
nsupdate -k $names->{key_file} <<EOF
server $names->{authoritative}
\$what \$2. 1 TXT "\$3"
send
EOF
END
write_program('broken', qq(#!/bin/sh\necho "no such zone"\nexit 3\n));
write_program('endless', qq(#!/bin/sh\nsleep 1000\n));
$t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    acme_resolver 127.0.0.1:$names->{port};
    acme_dns hook { type exec; exec %%DIR%%/hook; }
    acme_dns broken { type exec; exec %%DIR%%/broken; }
    acme_dns endless { type exec; exec %%DIR%%/endless; timeout 1s; }
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name pium.life *.pium.life;
        acme_domain pium.life *.pium.life dns=hook challenge=dns-01;
        acme_domain www.pium.life dns=hook challenge=dns-01;
        acme_domain *.shop.pium.life dns=hook challenge=dns-01;
        acme_domain broken.pium.life dns=broken challenge=dns-01;
        acme_domain endless.pium.life dns=endless challenge=dns-01;
    }
}
END
is($t->test_config->{code}, 0, 'nginx -t')
    or diag($t->test_config->{output});
$t->start;
ok($t->wait_certificate('pium.life', seconds => 60),
    'a name and its wildcard, by two values at one name');
ok($t->wait_certificate('www.pium.life', seconds => 60),
    'a CNAME is followed to the zone to write to');
ok($t->wait_certificate('a.shop.pium.life', seconds => 60),
    'a wildcard of several certificates in one server is served by its names');
ok($t->wait_log(qr{"\S+/broken add" exited with 3: no such zone; .*next attempt at}, 30),
    'a program that fails: what it said');
ok($t->wait_log(qr{"\S+/endless add" ran too long and was killed; .*next attempt at}, 30),
    'one that hangs');
for my $name (qw(_acme-challenge www.challenges)) {
    ok($t->wait_for(sub {
        $names->dig("\@$names->{authoritative}", "$name.pium.life", 'TXT')
            =~ /ANSWER: 0/;
    }, 10, 'the values to go'), "nothing is left at $name");
}

bad_configurations();
$t->done;

sub write_program {
    my ($name, $text) = @_;
    my $path = $t->dir . "/$name";
    $t->write_file($path, $text);
    chmod 0755, $path or die "$path: $!";
    return $path;
}

sub bad_configurations {
    my $dir = $t->dir;
    $t->write_file('open.key', 'key "a" { algorithm hmac-sha256; '
        . 'secret "MTIz"; };');
    chmod 0644, "$dir/open.key";
    $t->write_file('two.lines', "one\ntwo\n");
    chmod 0600, "$dir/two.lines";
    mkdir "$dir/folder", 0700 or die "$dir/folder: $!";
    my %bad = (
        'type exec; exec /bin/true; token x;' => qr/cannot open the file/,
        "type exec; exec /bin/true; key $dir/two.lines;" => qr/"key"/,
        'type exec; exec /bin/true; zone a.example;'
            => qr/"zone" is no option of type "exec" in "acme_dns" "x"/,
        "type cloudflare; token $dir/two.lines;" => qr/one line, the token/,
        "type cloudflare; token $dir/folder;" => qr/Is a directory/,
        'type acme-dns; server https://a/; allow_from 192.0.2.0/24 192.0.2.1;'
            => qr/"allow_from" directive: "192\.0\.2\.1" is not a network/,
        'type carrier-pigeon;' => qr/unknown; known are/,
        "type exec; exec $dir/none;" => qr/No such file/,
        'type exec; exec hook;' => qr/must be absolute/,
        'type exec;' => qr/there is no "exec"/,
        'type rfc2136;' => qr/there is no "key"/,
        "type rfc2136; key $dir/open.key;" => qr/can be read by everybody/,
        'type acme-dns;' => qr/there is no "server" with a URL/,
        'type acme-dns; server ftp://a/;' => qr/invalid value "ftp:/,
        "type rfc2136; server https://a/;" => qr/must be an address/,
        'exec /bin/true;' => qr/there is no "type"/,
        'type exec; color red;' => qr/unknown directive "color" in "acme_dns", known are "type", "exec"/,
    );
    for my $options (sort keys %bad) {
        like(tried("acme_dns x { $options }", ''), qr/\[emerg\].*$bad{$options}/,
            $options);
    }
    my $token = 'Tm9ib2R5-may_read-this';
    unlike(tried("acme_dns x { type cloudflare; token $token; }", ''),
        qr/Tm9ib2R5/, 'a token in the place of its file is not shown');
    like(tried('', 'dns=nobody'), qr/\[emerg\].*unknown "acme_dns" "nobody"/,
        'a provider that is not there');
}

sub tried {
    my ($block, $parameter) = @_;
    return $t->test_config(<<"END")->{output};
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    $block
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        acme_domain a.example $parameter;
    }
}
END
}
