# Every file of conf-examples/ is complete: nginx takes it with nothing but
# ports, paths and the CA changed.

use strict;
use warnings;

use File::Basename qw(basename);
use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::Paths;

my @examples = glob AcmeTest::Paths::root() . '/conf-examples/*.conf';
ok(@examples, 'there are examples');

my $t = AcmeTest->new;
$t->start_ca(start => 0);
mkdir $t->dir . '/acme', 0700 or die "acme: $!";
my %secrets = (
    'cloudflare.token' => "example_token\n",
    'tsig.key' => 'key "acme" { algorithm hmac-sha256; secret "MTIz"; };',
);
for my $file (sort keys %secrets) {
    my $path = $t->write_file("acme/$file", $secrets{$file});
    chmod 0600, $path or die "$path: $!";
}
for my $example (map { basename($_) } @examples) {
    $t->write_example($example);
    my $result = $t->test_config;
    is($result->{code}, 0, $example) or diag($result->{output});
}

$t->done;
