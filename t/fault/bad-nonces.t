# 200 orders at a CA that refuses three nonces of ten: none fails, and none is
# placed twice.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $count = 200;

my $t = AcmeTest->new(log_level => 'notice');
my $ca = $t->start_ca(nonce_reject => 30);
my $lines = join "\n", map { "acme_domain n$_.example;" } 1 .. $count;
$t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        $lines
    }
}
END
$t->start;
ok($t->wait_for(sub { $t->log_lines(qr/acme: issued/) >= $count }, 300,
    "$count certificates"), "$count certificates");
is($ca->orders, $count, 'by as many orders');
is($ca->accounts, 1, 'of one account');
cmp_ok($ca->requests('newOrder'), '>', 1.1 * $count,
    'though it did refuse nonces');
is(scalar $t->log_lines(qr/acme: .*failure/), 0, 'none failed');
$t->done;
