# The CA's question is answered whatever the site does with requests: redirects
# them, denies them, wants a password, hands them to a file or a proxy; and
# also when only the default server has the name.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new;
$t->start_ca;
$t->write_file('passwords', "nobody:*\n");

my %server = (
    'redirect.example' => 'return 301 https://$host$request_uri;',
    'if.example' => 'if ($scheme = http) { return 301 https://$host$uri; }',
    'rewrite.example' => 'rewrite ^ /elsewhere last;',
    'deny.example' => 'deny all;',
    'auth.example' => 'auth_basic closed; auth_basic_user_file '
        . $t->dir . '/passwords;',
    'files.example' => 'location / { try_files $uri /index.html =404; }',
    'proxy.example' => 'location / { proxy_pass http://127.0.0.1:1; }',
    'regex.example' => 'location ~ ^/\.well-known/ { return 404; }',
    'limit.example' => 'limit_conn none 1; location ^~ /.well-known/ '
        . '{ deny all; }',
    'rate.example' => 'limit_req zone=slow;',
);
my $servers = join '', map { <<"END" } sort keys %server;
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name $_;
        acme_domain $_;
        $server{$_}
    }
END

$t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    limit_conn_zone \$host zone=none:32k;
    limit_req_zone \$host zone=slow:32k rate=1r/m;
    server {
        listen 127.0.0.1:%%HTTP%% default_server;
        server_name _;
        return 444;
    }
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name only-default.example;
        acme_domain only-default.example;
    }
    $servers
}
END
$t->start;

for my $name ('only-default.example', sort keys %server) {
    ok($t->wait_certificate($name, seconds => 30), $name);
}

my $answer = $t->http_get('/', host => 'redirect.example');
is($answer->{status}, 301, 'and the site itself is as it was');
$t->http_get('/', host => 'rate.example');
is($t->http_get('/', host => 'rate.example')->{status}, 503,
    'its limits, too');

$t->done;
