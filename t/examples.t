# Every file in conf-examples/ is complete: nginx loads it as it is, but for
# the ports and paths that a test may use.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::Example qw(example_text on_loopback);
use AcmeTest::Paths qw(root);

my @examples = map { s{.*/}{}r } glob root() . '/conf-examples/*.conf';
cmp_ok(scalar @examples, '>', 0, 'there are examples');

for my $example (@examples) {
    my $t = AcmeTest->new;
    $t->test_config(config($t, $example));
    my $result = $t->test_config;
    pass($example);
}
done_testing();
