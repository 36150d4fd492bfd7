# The board answers what is on it, for the host it is for, and nothing else:
# another ACME client behind this nginx goes on working.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new;

# Validation takes a while, so that the board can be looked at meanwhile.
my $ca = $t->start_ca(no_sleep => 0, env => { PEBBLE_VA_SLEEPTIME => 5 });
$t->write_config(<<'END');
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name one.example;
        acme_domain one.example two.example;
        location /.well-known/acme-challenge/ { return 200 "the site's own"; }
    }
}
END
$t->start;

my $prefix = '/.well-known/acme-challenge';
my $seen = $t->wait_for(sub { $ca->log_text
    =~ m{Attempting to validate w/ HTTP: http://(one|two)\.example[^/]*$prefix/([\w-]+)}
    ? { host => "$1.example", token => $2 } : undef }, 20,
    'the CA to be about to validate');
ok($seen, 'the CA knows a token') or $t->done, exit;
my ($host, $token) = @$seen{qw(host token)};
my ($other) = grep { $_ ne $host } qw(one.example two.example);

my $good = $t->http_get("$prefix/$token", host => $host);
is($good->{status}, 200, 'the token of that host is answered');
like($good->{body}, qr/^\Q$token\E\.[\w-]{43}$/, 'with the key authorization');
is($good->{headers}{'content-type'}, 'application/octet-stream', 'its type');

my %same = (
    'upper case' => uc $host,
    'with a port' => "$host:80",
    'with a trailing dot' => "$host.",
);
is($t->http_get("$prefix/$token", host => $same{$_})->{body}, $good->{body},
    "Host $_") for sort keys %same;

my $head = $t->http_get("$prefix/$token", host => $host, method => 'HEAD');
is($head->{status}, 200, 'HEAD');
is($head->{body}, '', 'has no body');
is($head->{headers}{'content-length'}, length $good->{body}, 'but its length');

my %own = (
    'a foreign token' => [ "$prefix/foreign", host => $host ],
    'the token of another name' => [ "$prefix/$token", host => $other ],
    'an unknown host' => [ "$prefix/$token", host => 'three.example' ],
    'more behind the token' => [ "$prefix/$token/x", host => $host ],
    'no token' => [ "$prefix/", host => $host ],
    'POST' => [ "$prefix/$token", host => $host, method => 'POST' ],
    'a path with ..' => [ "$prefix/../acme-challenge/x$token", host => $host ],
    'a very long token' => [ "$prefix/" . 'x' x 4000, host => $host ],
);
for my $what (sort keys %own) {
    my ($path, @how) = @{ $own{$what} };
    is($t->http_get($path, @how)->{body}, "the site's own",
        "$what: the site's own answer");
}

# A body on a challenge request must not be taken for the next request.
my $two = $t->http_get('', raw => "GET $prefix/$token HTTP/1.1\r\n"
    . "Host: $host\r\nContent-Length: 5\r\n\r\nGET /"
    . "GET $prefix/foreign HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n");
is(() = $two->{raw} =~ m{HTTP/1\.1 200 OK}g, 2, 'two requests, two answers');

ok($t->wait_certificate('one.example', seconds => 30), 'both validate');
is($t->http_get("$prefix/$token", host => $host)->{body}, "the site's own",
    'after use the token is gone');

$t->done;
