# Bad input is an [emerg] of nginx -t that names directive and value, and
# nothing is written.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new;
$t->write_file('empty.pem', "nothing\n");
my $dir = $t->dir;
my $arn = 'arn:aws:acm:us-east-1:123456789012:certificate/1234-abcd';

sub in_server { return ('', "acme_domain $_[0];") }
sub in_http { return ("$_[0]", 'acme_domain a.example;') }
sub in_location { return ('', "acme_domain a.example; location $_[0]") }
sub in_deploy { return in_http("acme_deploy x { $_[0] }") }
sub in_issuer { return in_http("acme_issuer x { $_[0] }") }

my $long = join '.', ('a' x 62) x 4, 'bc';    # 254 characters
my @bad = (
    # what nginx is given, what it must say
    [ in_server('a.example colour=red'),
        qr/invalid value "colour=red" in "acme_domain" directive: .*unknown/ ],
    [ in_server('"exa mple"'), qr/invalid value "exa mple" in "acme_domain"/ ],
    [ in_server('-a.b'), qr/invalid value "-a\.b" in "acme_domain"/ ],
    [ in_server($long), qr/invalid value "a+.*longer than 253/ ],
    [ in_server('""'), qr/invalid value "" in "acme_domain".*empty/ ],
    [ in_server('http://a.example'), qr/invalid value "http:\/\/a\.example"/ ],
    [ in_server('a..example'), qr/invalid value "a\.\.example"/ ],
    [ in_server("m\x{fc}nchen.example"), qr/internationalized names/ ],
    [ in_server(''), qr/invalid number of arguments in "acme_domain"/ ],
    [ in_server('key=rsa:2048'), qr/no name in "acme_domain"/ ],
    [ in_server('a.example key=rsa:1024'), qr/invalid value "key=rsa:1024"/ ],
    [ in_server('a.example key=dsa'), qr/invalid value "key=dsa"/ ],
    [ in_server('a.example key=ecdsa:256,ecdsa:384'),
        qr/a pair is of one RSA and one ECDSA type/ ],
    [ in_server('a.example key=rsa,ecdsa,rsa'), qr/a pair is of one RSA/ ],
    [ in_server('a.example key=rsa,reuse,reuse'), qr/"key=rsa,reuse,reuse"/ ],
    [ in_server('a.example key=reuse'), qr/invalid value "key=reuse"/ ],
    [ in_http('acme_key dsa;'), qr/invalid value "dsa" in "acme_key"/ ],
    [ in_http('acme_key rsa again;'), qr/invalid value "rsa" "again" in "acme_key"/ ],
    [ in_http('acme_key rsa; acme_key ecdsa;'), qr/"acme_key".*duplicate/ ],
    [ in_server('a.example profile=!'), qr/"profile=!".*no name of a profile/ ],
    [ in_issuer('uri https://a/; profile short!lived;'),
        qr/invalid value "short!lived" in "profile"/ ],
    [ in_issuer('uri https://a/; profile shortlived maybe;'),
        qr/invalid value "shortlived" "maybe" in "profile".*"require"/ ],
    [ in_issuer('uri https://a/; preferred_chain "";'),
        qr/invalid value "" in "preferred_chain"/ ],
    [ in_issuer('uri https://a/; max_orders 0;'),
        qr/invalid value "0" in "max_orders".*1 to 100/ ],
    [ in_issuer('uri https://a/; proxy proxy.example:3128;'),
        qr/invalid value "proxy.example:3128" in "proxy".*HTTP proxy/ ],
    [ in_issuer('uri https://a/; external_account_key kid;'),
        qr/invalid number of arguments in "external_account_key"/ ],
    [ in_issuer('uri https://a/; external_account_key kid c2VjcmV0/bm8;'),
        qr/invalid value in "external_account_key".*secret does not stand/ ],
    [ in_issuer('uri https://a/; external_account_key kid /dev/null HS1;'),
        qr/invalid value .* in "external_account_key"/ ],
    [ in_server('a.example issuer=nobody'), qr/unknown issuer "nobody"/ ],
    [ in_server('a.example issuer=letsencrypt,nobody'),
        qr/unknown issuer "nobody"/ ],
    [ in_server('a.example issuer=letsencrypt,'), qr/issuer's name is empty/ ],
    [ in_server('a.example issuer=google,google'), qr/"google" is there twice/ ],
    [ in_server('a.example challenge=dns-02'), qr/invalid value "challenge=dns-02"/ ],
    [ in_server('a.example challenge=foo'), qr/invalid value "challenge=foo"/ ],
    [ in_server(join ' ', map { "n$_.example" } 1 .. 101),
        qr/101 names in one certificate.*"acme_domain"/ ],
    [ in_server('auto a.example'), qr/"auto" in "acme_domain"/ ],
    [ in_server('a.example; acme_domain a.example key=rsa'),
        qr/other parameters.*"acme_domain"/ ],
    [ in_server('a.example; ssl_certificate $host; ssl_certificate_key $host'),
        qr/a variable in "ssl_certificate" excludes "acme_domain"/ ],
    [ in_http('acme_domain auto;'), qr/"acme_domain auto"/ ],
    [ in_http('acme_issuer x { uri https://a/; } '
        . 'acme_issuer x { uri https://b/; }'), qr/duplicate issuer "x"/ ],
    [ in_http('acme_issuer "a/b" { uri https://a/; }'),
        qr/invalid issuer name "a\/b"/ ],
    [ in_issuer(''), qr/no "uri" in issuer "x"/ ],
    [ in_issuer('uri ftp://a/;'), qr/invalid value "ftp:\/\/a\/" in "uri"/ ],
    [ in_issuer('uri http://a.example/;'), qr/invalid value.* in "uri"/ ],
    [ in_issuer('uri https://a/; uri https://a/;'), qr/"uri".*duplicate/ ],
    [ in_issuer('uri;'), qr/invalid number of arguments in "uri"/ ],
    [ in_issuer('url https://a/;'), qr/unknown directive "url"/ ],
    [ in_issuer('uri https://a/; account_key ecdsa:521;'),
        qr/invalid value "ecdsa:521" in "account_key"/ ],
    [ in_issuer("uri https://a/; account_key $dir/none.pem;"),
        qr/"account_key" directive: cannot open "\Q$dir\E\/none\.pem"/ ],
    [ in_issuer("uri https://a/; account_key $dir/empty.pem;"),
        qr/invalid value .* in "account_key"/ ],
    [ in_issuer("uri https://a/; ssl_trusted_certificate $dir/none.pem;"),
        qr/"ssl_trusted_certificate" directive: cannot open/ ],
    [ in_issuer("uri https://a/; ssl_trusted_certificate $dir/empty.pem;"),
        qr/"ssl_trusted_certificate" directive: .*no PEM certificate/ ],
    [ in_issuer('uri https://a/; ssl_verify maybe;'),
        qr/invalid value "maybe" in "ssl_verify"/ ],
    [ in_issuer('uri https://a/; contact nobody;'),
        qr/"contact" directive: invalid mail address "nobody"/ ],
    [ in_issuer('uri https://a/; challenge dns-02;'),
        qr/invalid value "dns-02" in "challenge"/ ],
    [ in_issuer('uri https://a/; challenge http-01 http-01;'),
        qr/"challenge" directive: "http-01" is there twice/ ],
    [ in_server('a.example challenge=dns-01,dns-01'), qr/"dns-01" is there twice/ ],
    [ in_server('a.example dns='), qr/invalid value "dns=".*block is empty/ ],
    [ in_server('192.0.2.1:443'), qr/invalid value "192.0.2.1:443".*a port/ ],
    [ in_server('a.example deploy='), qr/invalid value "deploy=".*block is empty/ ],
    [ in_server('a.example deploy=x,x'), qr/"deploy=x,x".*is repeated/ ],
    [ in_server('a.example deploy=nowhere'),
        qr/unknown "acme_deploy" "nowhere" in "acme_domain" directive in \S+:\d+/ ],
    [ in_deploy(''), qr/there is none of "exec", "files" and "acm" in "acme_deploy" "x"/ ],
    [ in_http('acme_deploy ../x { files /tmp; }'), qr/invalid name "\.\.\/x" in "acme_deploy"/ ],
    [ in_http('acme_deploy x { files /tmp; } acme_deploy x { files /tmp; }'),
        qr/duplicate "acme_deploy" "x"/ ],
    [ in_deploy('colour red;'), qr/unknown (?:option|directive) "colour"/ ],
    [ in_deploy('exec true;'), qr/"exec".*path of the program must be absolute/ ],
    [ in_deploy('exec /does/not/exist;'), qr/"exec".*cannot be run: No such file/ ],
    [ in_deploy('exec /bin/true; files /tmp;'), qr/one of "exec", "files" and "acm"/ ],
    [ in_deploy('exec /bin/true; timeout never;'), qr/invalid value "never" in "timeout"/ ],
    [ in_deploy('exec /bin/true; events renewed sold;'), qr/"sold" is no event; known are "issued"/ ],
    [ in_deploy('files /tmp; timeout 1s;'), qr/"timeout" has no meaning beside "files"/ ],
    [ in_deploy('files /tmp mode=0644;'), qr/mode of a private key is "0600"/ ],
    [ in_deploy('files /tmp mode=x;'), qr/mode of a private key is "0600"/ ],
    [ in_deploy('files /tmp group=nobody-has-it;'), qr/there is no group "nobody-has-it"/ ],
    [ in_deploy('files /tmp owner=root;'), qr/only "mode=" and "group=" are known/ ],
    [ in_deploy("files $dir/empty.pem;"), qr/it is not a directory/ ],
    [ in_deploy('acm region=us-east-1; files /tmp;'), qr/one of "exec", "files" and "acm"/ ],
    [ in_deploy('acm arn:aws:s3:::bucket;'), qr/is not the ARN of a certificate in ACM/ ],
    [ in_deploy("acm $arn region=eu-west-1;"), qr/the ARN is of another region/ ],
    [ in_deploy('acm region=US/east;'), qr/the region must be a name/ ],
    [ in_deploy('acm color=red;'), qr/"color=red" is none of an ARN, "region=" and "cloudfront"/ ],
    [ in_deploy('acm region=eu-west-1 cloudfront;'), qr/CloudFront takes certificates from region "us-east-1" only/ ],
    [ in_deploy('acm region=us-east-1; endpoint nowhere;'), qr/invalid value "nowhere" in "endpoint"/ ],
    [ 'acme_deploy x { acm region=us-east-1 cloudfront; }',
        'acme_domain a.example key=ecdsa:384 deploy=x;',
        qr/CloudFront takes no key of type "ecdsa:384" from ACM, only ecdsa:256 and RSA/ ],
    [ "acme_deploy x { acm $arn; }",
        'acme_domain a.example deploy=x; acme_domain b.example deploy=x;',
        qr/one certificate to an ARN, and "a\.example" and "b\.example" are both deployed/ ],
    [ "acme_deploy x { acm $arn; }",
        'acme_domain a.example key=rsa,ecdsa deploy=x;',
        qr/one certificate to an ARN, and "a\.example" and "a\.example\+ecdsa"/ ],
    [ in_http('acme_dns_zone acme.example ns=a.example;'),
        qr/"acme_dns_zone" needs an "acme_dns_listen".* in \S+:\d+/ ],
    [ in_http('acme_dns_listen 127.0.0.1:5300;'),
        qr/"acme_dns_listen" needs an "acme_dns_zone".* in \S+:\d+/ ],
    [ in_http('acme_dns_zone a.b ns=192.0.2.1;'),
        qr/invalid value "ns=192.0.2.1" in "acme_dns_zone".*host name/ ],
    [ in_http('acme_dns_listen 127.0.0.1:5300; acme_dns_listen 127.0.0.1:5300;'),
        qr/duplicate address "127.0.0.1:5300" in "acme_dns_listen"/ ],
    [ in_http('acme_dns_zone acme.b ns=a.b; acme_dns_listen 127.0.0.1:%%TLS%%;'),
        qr/"127.0.0.1:\d+" in "acme_dns_listen" directive is what a "listen" has/ ],
    [ in_http('acme_dns_listen 2001:db8::1;'),
        qr/invalid address "2001:db8::1" .*stands in brackets/ ],
    [ in_http('acme_dns_zone acme.example ns=ns.acme.example; '
            . 'acme_dns_listen 127.0.0.1:5300;'),
        qr/"acme_dns_zone" needs "ns=".*outside of the zone.*:\d+/ ],
    [ in_http('acme_dns_zone a..b;'), qr/invalid zone "a\.\.b"/ ],
    [ in_http('acme_dns_zone a.b; acme_dns_zone c.d;'), qr/is duplicate/ ],
    [ in_http('acme_dns_zone a.b color=red;'),
        qr/invalid value "color=red" in "acme_dns_zone"/ ],
    [ in_http('acme_dns_listen nowhere.example;'),
        qr/invalid address "nowhere\.example" in "acme_dns_listen"/ ],
    [ in_http('acme_resolver 127.0.0.1:x;'),
        qr/invalid address "127\.0\.0\.1:x" in "acme_resolver"/ ],
    [ in_http('acme_pending maybe;'),
        qr/invalid value "maybe" in "acme_pending" directive, it must be/ ],
    [ in_http('acme_pending reject; acme_pending reject;'),
        qr/"acme_pending".*duplicate/ ],
    [ in_http('acme_preflight maybe;'),
        qr/invalid value "maybe" in "acme_preflight" directive, it must be/ ],
    [ in_http('acme_preflight off; acme_preflight warn;'),
        qr/"acme_preflight".*duplicate/ ],
    [ in_http('acme_contact nobody;'), qr/invalid mail address "nobody"/ ],
    [ in_http('acme_zone 32k;'), qr/"acme_zone 32768" is too small/ ],
    [ in_http('acme_zone big;'), qr/"acme_zone" directive/ ],
    [ in_http('acme_zone 1m; acme_zone 1m;'), qr/"acme_zone".*duplicate/ ],
    [ in_http("acme_state_path $dir/none/state;"),
        qr/"\Q$dir\E\/none\/state" in "acme_state_path": "\Q$dir\E\/none": No such/ ],
    [ in_http("acme_state_path $dir/empty.pem;"),
        qr/"acme_state_path": it is not a directory/ ],
    [ in_http('acme_state_path "";'), qr/"acme_state_path": it must be/ ],
    [ in_http('acme_state_path /;'), qr/"acme_state_path": it must be/ ],
    [ in_location('= /acme { acme_api; }'),
        qr/"acme_api" needs a location given by a prefix/ ],
    [ in_location('~ ^/acme { acme_api; }'),
        qr/"acme_api" needs a location given by a prefix/ ],
    [ in_location('/acme { acme_api; acme_status; }'), qr/is there twice/ ],
    [ in_location('/acme { acme_status on; }'),
        qr/invalid number of arguments in "acme_status"/ ],
    [ 'acme_issuer x { uri https://a/; staging y; }',
        'acme_domain a.example; location /acme { acme_api; deny all; }',
        qr/unknown issuer "y" in "staging" of issuer "x"/ ],
    [ in_issuer('uri https://a/; staging x;'),
        qr/invalid value "x" in "staging".*its own twin/ ],
    [ in_issuer('uri https://a/; challenge http-01 dns-02;'),
        qr/invalid value "http-01" "dns-02" in "challenge"/ ],
);

for my $case (@bad) {
    my ($http, $server, $expected) = @$case;
    my $result = $t->test_config(config($http, $server));
    (my $what = "$http$server") =~ s/a{20,}/a.../g;
    is($result->{code}, 1, "refused: $what");
    like($result->{output}, qr/\[emerg\].*$expected/, 'with the reason')
        or diag($result->{output});
    my @new = grep { !$result->{before}{$_} && $_ ne '/tested.conf'
        && $_ ne '/state' } keys %{ $result->{after} };
    is("@new", '', 'nothing is written');
}

# Which CA a certificate is of does not depend on the order of the lines.
for my $lines ('acme_domain a.example issuer=letsencrypt-staging; '
        . 'acme_domain a.example issuer=letsencrypt;',
    'acme_domain a.example issuer=letsencrypt; acme_domain a.example;')
{
    my $same = $lines !~ /staging/;
    is($t->test_config(config('', $lines))->{code}, $same ? 0 : 1,
        "the default issuer is letsencrypt: $lines");
}
is($t->test_config(config('', 'acme_domain b.example '
    . 'issuer=letsencrypt-staging; acme_domain a.example; '
    . 'acme_domain a.example issuer=letsencrypt;'))->{code}, 0,
    'also after a line with another one');

# The name of an address is proved without the DNS.
like($t->test_config(config('', 'acme_domain 192.0.2.1 challenge=dns-01;'))
    ->{output}, qr/\[warn\].*"192\.0\.2\.1": an IP address needs "http-01"/,
    'a challenge that cannot prove an IP address');

my $nested = $t->test_config(config('', 'location / { acme_domain a.example; }'));
like($nested->{output}, qr/"acme_domain" directive is not allowed here/,
    'not in a location');

my $names = $t->test_config(config('',
    'server_name _ "" ~^x .dot.example plain.example *.wild.example;'
    . 'acme_domain auto;'));
is($names->{code}, 0, 'auto takes what it can') or diag($names->{output});
for my $passed ('_', '~^x', '*.wild.example') {
    like($names->{output}, qr/\[warn\].*passes over server name "\Q$passed\E"/,
        "and says that it passes over $passed");
}

my $unserved = $t->test_config(config('server { listen 127.0.0.1:%%HTTP%%; '
    . 'acme_domain plain.example; acme_domain tls.example; }',
    'acme_domain tls.example;'));
is($unserved->{code}, 0, 'acme_domain in a server without TLS is possible');
like($unserved->{output},
    qr/\[warn\].*"plain\.example" is obtained but served nowhere.*:\d+$/m,
    'with a warning');
unlike($unserved->{output}, qr/"tls\.example" is obtained/,
    'unless another server serves it');

my %open = (
    '' => 1,
    'allow 127.0.0.1;' => 1,
    'allow all; deny all;' => 1,
    'deny 192.0.2.1;' => 1,
    'auth_basic off;' => 1,
    'satisfy any; allow all; auth_basic x; auth_basic_user_file users;' => 1,
    'allow 127.0.0.1; deny all;' => 0,
    'deny all;' => 0,
    'auth_basic x; auth_basic_user_file users;' => 0,
    'auth_request /may;' => 0,
    'satisfy any; deny all; auth_basic x; auth_basic_user_file users;' => 0,
);
for my $restriction (sort keys %open) {
    my $r = $t->test_config(config('', "acme_domain a.example; "
        . "location /acme/ { acme_api; $restriction }"));
    my $warned = $r->{output} =~ /\[warn\].*"acme_api" lets everybody in.*:\d+$/m;
    is($r->{code}, 0, "acme_api is possible: $restriction")
        or diag($r->{output});
    is(!!$warned, !!$open{$restriction}, $open{$restriction}
        ? 'with a warning' : 'without a warning');
}

my $off = $t->test_config(config(
    'acme_issuer x { uri https://a/; ssl_verify off; }',
    'acme_domain a.example;'));
is($off->{code}, 0, 'ssl_verify off is possible');
like($off->{output}, qr/\[warn\].*"ssl_verify off"/, 'with a warning');

$t->done;

sub config {
    my ($http, $server) = @_;
    my $state = $http =~ /acme_state_path/ ? '' : 'acme_state_path %%STATE%%;';
    return <<"END";
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    $state
    $http
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        $server
    }
}
END
}
