# The wrapper for hooks that were written for other ACME clients.

use strict;
use warnings;

use File::Temp;
use Test::More;

use lib 't/lib';
use AcmeTest::Paths;

my $wrapper = AcmeTest::Paths::root() . '/conf-examples/dns-hook.sh';
my $dir = File::Temp->newdir;
my $hook = "$dir/hook";
open my $file, '>', $hook or die "$hook: $!";
print $file qq(#!/bin/sh\necho "\$@|\${CERTBOT_DOMAIN:-}|\${CERTBOT_VALIDATION:-}"\n);
close $file;
chmod 0755, $hook;

is(run('add', $hook), 'deploy_challenge www.pium.life - digest||',
    'dehydrated: added');
is(run('remove', $hook), 'clean_challenge www.pium.life - digest||',
    'dehydrated: removed');
is(run('add', 'certbot', $hook, '/bin/false'), '|www.pium.life|digest',
    'certbot: added');
is(run('remove', 'certbot', '/bin/false', $hook), '|www.pium.life|digest',
    'certbot: removed');
done_testing();

sub run {
    my ($action, @arguments) = @_;
    local @ENV{qw(ACME_ACTION ACME_NAME ACME_VALUE)} =
        ($action, '_acme-challenge.www.pium.life', 'digest');
    open my $out, '-|', '/bin/sh', $wrapper, @arguments or die $!;
    my $text = join '', <$out>;
    chomp $text;
    return $text;
}
