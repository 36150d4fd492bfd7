# dns-01 through Route 53 and Cloudflare: servers that check every byte of a
# request, signature included, and publish to a real zone.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::CloudDns;

plan skip_all => 'port 53 is for root' if $> != 0;

my $t = AcmeTest->new(log_level => 'info');
my $names = $t->start_delegation(zone => 'pium.life', records => <<'END');
@ A 127.0.0.1
www A 127.0.0.1
END
$t->start_ca(no_sleep => 1);
my $cloud = AcmeTest::CloudDns->new(dir => $t->dir, dns => $names,
    zones => ['pium.life']);
$t->write_file('token', $cloud->{token} . "\n");
$t->write_file('credentials', "[default]\naws_access_key_id = AKIDEXAMPLE\n"
    . "aws_secret_access_key = $cloud->{keys}{AKIDEXAMPLE}{secret}\n");
chmod 0640, $t->dir . '/token';
# The worker user reads it.
chmod 0640, $t->dir . '/credentials';
my ($uid, $gid) = (getpwnam 'nobody')[2, 3];
chown $uid, $gid, $t->dir . '/credentials' if $> == 0;
local $ENV{AWS_SHARED_CREDENTIALS_FILE} = $t->dir . '/credentials';
local $ENV{AWS_EC2_METADATA_DISABLED} = 'true';

for my $case (['route53', $cloud->route53_url, ''],
    ['cloudflare', $cloud->cloudflare_url, 'token %%DIR%%/token;'])
{
    subtest $case->[0] => sub { prove_by(@$case) };
}
is($cloud->complaints, '', 'every request was right to the byte');
$t->done;

sub prove_by {
    my ($type, $endpoint, $credentials) = @_;
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    acme_resolver 127.0.0.1:$names->{port};
    acme_dns cloud { type $type; endpoint $endpoint; $credentials }
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name $type.pium.life *.$type.pium.life;
        acme_domain $type.pium.life *.$type.pium.life dns=cloud
            challenge=dns-01;
        acme_domain second-$type.pium.life dns=cloud challenge=dns-01;
    }
}
END
    is($t->test_config->{code}, 0, 'nginx -t')
        or diag($t->test_config->{output});
    my $start = $t->master ? 'restart' : 'start';
    $t->mark_log->$start;
    ok($t->wait_certificate("$type.pium.life", seconds => 60),
        'a name and its wildcard');
    ok($t->wait_certificate("second-$type.pium.life", seconds => 60),
        'and another name');
    ok($t->wait_for(sub {
        $names->dig("\@$names->{authoritative}", 'TXT',
            "_acme-challenge.$type.pium.life") =~ /ANSWER: 0/;
    }, 20, 'the values to go'), 'nothing is left behind');
}
