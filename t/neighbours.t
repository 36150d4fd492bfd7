# In the company that nginx keeps on Debian: modules of others (stream, Lua,
# njs, Brotli, ModSecurity at work, GeoIP2 loaded), a cache (whose manager and
# loader are processes like the helper), client certificates, OCSP for them,
# session tickets, a socket for each worker, workers of another user, nginx in
# the foreground. A certificate is issued, renewed, and there after a reload.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $folder = '/usr/lib/nginx/modules';
my @modules = map { "$folder/$_" } qw(ndk_http_module.so ngx_stream_module.so
    ngx_http_lua_module.so ngx_http_js_module.so
    ngx_http_brotli_filter_module.so ngx_http_geoip2_module.so
    ngx_http_modsecurity_module.so);
my @absent = grep { !-e } @modules;
plan skip_all => "not here: @absent (./build.sh matrix has all)" if @absent;

my $t = AcmeTest->new(workers => 'auto', daemon => 'off', log_level => 'info');
my $ca = $t->start_ca(no_sleep => 1);
my $clients = AcmeTest::Pebble::test_ca();
$t->write_file('hello.js', <<'END');
export default { hello: r => r.return(200, 'njs') };
END
my $load = join "\n", map { "load_module $_;" } @modules;
my $user = $> == 0 ? 'user nobody nogroup;' : '';
$t->write_config(<<"END");
$load
$user
%%GLOBALS%%
stream {
    server {
        listen 127.0.0.1:%%PORT_STREAM%%;
        proxy_pass 127.0.0.1:%%TLS%%;
    }
}
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    proxy_cache_path %%DIR%%/cache keys_zone=pages:1m;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:TLS:1m;
    ssl_session_tickets on;
    js_import %%DIR%%/hello.js;
    brotli on;
    brotli_min_length 20;
    brotli_types text/plain;
    # Each of these sees the CA's question before "location" does.
    rewrite_by_lua_block { if ngx.var.arg_lua then ngx.exit(410) end }
    modsecurity on;
    modsecurity_rules '
        SecRuleEngine On
        SecRule REQUEST_URI "\@contains well-known" "id:1,phase:1,deny"
    ';
    server {
        listen 127.0.0.1:%%HTTP%% reuseport;
        listen 127.0.0.1:%%TLS%% ssl reuseport;
        server_name api.example;
        acme_domain api.example;
        ssl_client_certificate $clients/ca.pem;
        ssl_verify_client optional;
        ssl_ocsp leaf;
        ssl_ocsp_responder http://127.0.0.1:%%HTTP%%/ocsp;
        ssl_ocsp_cache shared:OCSP:1m;
        resolver 127.0.0.1:%%PORT_NO_DNS%%;
        default_type text/plain;
        location / {
            proxy_pass http://127.0.0.1:%%HTTP%%/origin;
            proxy_cache pages;
            proxy_cache_valid 200 1h;
            add_header Cache \$upstream_cache_status;
        }
        location /origin { content_by_lua_block { ngx.print("from Lua") } }
        location /njs { js_content hello.hello; }
        location /.well-known/ { return 404; }
        location /long { return 200 "a long answer that Brotli makes shorter"; }
        location /acme/ { acme_api; allow 127.0.0.1; deny all; }
    }
}
END
$t->start;

my $first = $t->wait_certificate('api.example', seconds => 30);
ok($first, 'issued');
at_work('issued');
my $before = $t->tls_get('api.example', '/', version => 'TLSv1.2');

is($t->http_get('/acme/certificates/api.example/renew', method => 'POST',
    host => 'api.example')->{status}, 202, 'renew');
my $renewed = $t->wait_certificate('api.example',
    serial_not => $first->{serial}, seconds => 30);
ok($renewed, 'renewed');
is($t->tls_connect('api.example', port => $t->port('PORT_STREAM'))->{serial},
    $renewed->{serial}, 'also behind a stream');

ok($t->tls_get('api.example', '/', version => 'TLSv1.2',
    session => $before->{session})->{reused}, 'an older session is resumed');
$t->reload;
at_work('reloaded');
is($t->tls_connect('api.example')->{serial}, $renewed->{serial},
    'the same certificate');
is(scalar $t->helpers, 1, 'one helper');
is($t->ca->orders, 2, 'two orders in all');
$t->done;

# --- pieces ----------------------------------------------------------------

sub at_work {
    my ($when) = @_;
    # In a chunk where nginx asks by HTTP/1.1.
    like($t->tls_get('api.example', "/$when")->{body}, qr/\bfrom Lua\b/,
        "$when: a page through the cache");
    like($t->tls_get('api.example', "/$when")->{headers}{cache}, qr/HIT/,
        'and out of it');
    is($t->tls_get('api.example', '/njs')->{body}, 'njs', 'njs');
    is($t->tls_get('api.example', '/?lua=1')->{status}, 410, 'Lua');
    is($t->http_get('/other/well-known', host => 'api.example')->{status}, 403,
        'ModSecurity');
    is($t->http_get('/long', host => 'api.example',
        headers => ['Accept-Encoding: br'])->{headers}{'content-encoding'},
        'br', 'Brotli');
    is(with_client_certificate(), 400, 'a client certificate');
    ok($t->wait_log(qr/OCSP responder sent invalid|OCSP.*\b404\b/, 20),
        'whose state was asked for');
}

# The responder has nothing to say of it, so nginx refuses it.
sub with_client_certificate {
    my $port = $t->tls_port;
    return `curl -s -o /dev/null -w '%{http_code}' --cacert $ca->{root_file} \\
        --cert $clients/localhost.pem --key $clients/localhost.key \\
        --resolve api.example:$port:127.0.0.1 https://api.example:$port/`;
}
