# The post-mortem's names: on CloudFront, in no server here. Their certificate is
# proved by dns-01 through Route 53 and imported into ACM under one ARN at each
# renewal, by a server that checks every byte.

use strict;
use warnings;

use JSON::PP;
use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::CloudDns;

plan skip_all => 'port 53 is for root' if $> != 0;

my $json = JSON::PP->new;
my $t = AcmeTest->new(log_level => 'info');
my $names = $t->start_delegation(zone => 'pium.life', records => <<'END');
@ A 127.0.0.1
dev A 127.0.0.1
static A 127.0.0.1
second A 127.0.0.1
END
my $ca = $t->start_ca(no_sleep => 1, profiles => {
    default => { description => 'ninety days', validityPeriod => 7776000 },
    brief => { description => 'under a minute', validityPeriod => 48 } });
my $cloud = AcmeTest::CloudDns->new(dir => $t->dir, dns => $names,
    zones => ['pium.life']);
$t->write_file('credentials', "[default]\naws_access_key_id = AKIDEXAMPLE\n"
    . "aws_secret_access_key = $cloud->{keys}{AKIDEXAMPLE}{secret}\n");
chmod 0600, $t->dir . '/credentials';
my ($uid, $gid) = (getpwnam 'nobody')[2, 3];
chown $uid, $gid, $t->dir . '/credentials';
local $ENV{AWS_SHARED_CREDENTIALS_FILE} = $t->dir . '/credentials';
local $ENV{AWS_EC2_METADATA_DISABLED} = 'true';

my $line = 'pium.life dev.pium.life static.pium.life challenge=dns-01'
    . ' dns=r53 deploy=cloudfront';
configure($line);
is($t->test_config->{code}, 0, 'nginx -t') or diag($t->test_config->{output});
$t->start;
my $arn;

subtest 'the first import makes an ARN' => sub {
    deployed(qr/imported into ACM as arn:\S+/);
    ($arn) = keys %{ $cloud->imported };
    my $has = $cloud->imported->{$arn};
    is($has->{imports}, 1, 'once');
    is_deeply([sort @{ $has->{names} }],
        [qw(dev.pium.life pium.life static.pium.life)], 'all three names');
    is($has->{serial}, status()->{serial}, 'the one that was issued');
    ok(!status()->{served}, 'which no server here serves');
};

subtest 'each renewal goes to the same ARN' => sub {
    for my $n (2, 3) {
        $t->mark_log;
        command('pium.life', 'renew');
        deployed(qr/imported into ACM as \Q$arn\E/);
        my $all = $cloud->imported;
        is_deeply([keys %$all], [$arn], 'no other one');
        is($all->{$arn}{imports}, $n, "import $n");
        is($all->{$arn}{serial}, status()->{serial}, 'of the new one');
    }
    my $requests = $cloud->requests(qr/Certificate/);
    $t->restart;
    $t->wait_for(sub { $t->helper }, 10, 'a helper');
    $t->poke;
    is($cloud->requests(qr/Certificate/), $requests,
        'after a restart there is nothing to do');
};

subtest 'a certificate that lives shortly is renewed and imported by itself' => sub {
    configure("$line profile=brief");
    $t->mark_log->reload;
    command('pium.life', 'renew');
    my $imports = $cloud->imported->{$arn}{imports};
    for my $n (1, 2) {
        deployed(qr/imported into ACM as \Q$arn\E/);
        is($cloud->imported->{$arn}{imports}, $imports + $n, "import $n");
        $t->mark_log;
    }
    is_deeply([keys %{ $cloud->imported }], [$arn], 'all to the same ARN');
    configure($line);
    $t->reload;
    command('pium.life', 'renew');
    deployed(qr/imported into ACM as \Q$arn\E/);
};

subtest 'credentials that are good for seconds' => sub {
    $t->stop;
    delete local $ENV{AWS_SHARED_CREDENTIALS_FILE};
    local $ENV{HOME} = $t->dir;
    local $ENV{AWS_CONTAINER_CREDENTIALS_FULL_URI} = $cloud->container_url;
    $t->mark_log->start;
    my $given = 0;
    for my $n (1, 2) {
        $t->mark_log;
        command('pium.life', 'renew');
        deployed(qr/imported into ACM as \Q$arn\E/);
        my $now = $cloud->requests(qr{/container/});
        cmp_ok($now, '>', $given, 'are asked for again');
        $given = $now;
    }
    $t->stop;
};
$t->start;

subtest 'ACM refuses for a while' => sub {
    $cloud->answer_next(403, path => qr/Describe/);
    $t->allow(qr/AccessDenied/);
    $t->mark_log;
    command('pium.life', 'renew');
    ok($t->wait_log(qr/\[error\].*deploying: HTTP 403 AccessDeniedException - as the test wants it; the credentials need acm:ImportCertificate, .*next attempt at 20.*deploy "cloudfront"/, 60),
        'is said, with what it needs');
    $cloud->answer_next(400, path => qr/Import/);
    $cloud->answer_next(503, path => qr/Import/);
    $t->mark_log->restart;
    command('pium.life', 'retry');
    deployed(qr/imported into ACM as \Q$arn\E/);
    is($cloud->imported->{$arn}{serial}, status()->{serial},
        'taken after a restart, throttling and a server in trouble');
};

subtest 'an import whose answer nobody hears' => sub {
    configure($line, 'second.pium.life challenge=dns-01 dns=r53 deploy=cloudfront');
    $cloud->hold('ImportCertificate');
    $t->mark_log->reload;
    ok($t->wait_for(sub { $cloud->holds }, 30, 'the import'), 'is imported');
    $t->kill_helper;
    $t->allow(qr/signal 9|exited on signal/);
    $cloud->release;
    deployed(qr/(?:ACM has it|imported into ACM) as arn:\S+/,
        'second.pium.life');
    my @of_second = grep { $_->{names}[0] eq 'second.pium.life' }
        values %{ $cloud->imported };
    is(scalar @of_second, 1, 'is not there twice');
};

subtest 'another type of key' => sub {
    my $orders = $ca->orders;
    $t->allow(qr/takes no RSA_2048 there/);
    configure("$line key=rsa:2048");
    $t->mark_log->reload;
    ok($t->wait_log(qr/\[error\].*ACM has a certificate with a key of type EC_prime256v1 as \Q$arn\E and takes no RSA_2048 there; keep the type of the key \(key=\), or deploy to another ARN; nothing is ordered/),
        'is refused with what to do');
    $t->poke;
    is($ca->orders, $orders, 'before the CA is asked');
    ok($t->wait_for(sub { status()->{state} eq 'failing' }, 10, 'the status'),
        'status: failing');
    like(status()->{last_error}{detail}, qr/takes no RSA_2048/, 'and why');
    configure($line);
    $t->mark_log->reload;
    command('pium.life', 'renew');
    deployed(qr/imported into ACM as \Q$arn\E/);
};

subtest 'one that ACM does not know any more' => sub {
    $cloud->answer_next(400, path => qr/Describe/,
        body => $json->encode({ __type => 'ResourceNotFoundException',
            message => 'Could not find certificate' }));
    $t->mark_log;
    command('pium.life', 'renew');
    deployed(qr/imported into ACM as arn:\S+; ACM does not know \Q$arn\E any more, what has used that must be changed/);
};

subtest 'an ARN of the configuration' => sub {
    my $other = 'arn:aws:acm:us-east-1:123456789012:certificate/none';
    configure($line, undef, $other);
    $t->allow(qr/ResourceNotFound/);
    $t->mark_log->reload;
    command('pium.life', 'renew');
    ok($t->wait_log(qr/deploying: HTTP 400 ResourceNotFoundException - Could not find certificate \Q$other\E/, 60),
        'that is not there is not replaced by another one');
};

is($cloud->complaints, '', 'every request was right to the byte');
$t->done;

# --- pieces ----------------------------------------------------------------

sub configure {
    my ($line, $second, $arn) = @_;
    $second = defined $second ? "acme_domain $second;" : '';
    $arn //= '';
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    acme_resolver 127.0.0.1:$names->{port};
    acme_dns r53 { type route53; endpoint @{[ $cloud->route53_url ]}; }
    acme_deploy cloudfront {
        acm $arn region=us-east-1 cloudfront;
        endpoint @{[ $cloud->acm_url ]};
    }
    acme_domain $line;
    $second
    server {
        listen 127.0.0.1:%%HTTP%%;
        location /acme/ { acme_api; allow 127.0.0.1; deny all; }
    }
}
END
}

sub command {
    my ($id, $action) = @_;
    my $answer = $t->http_get("/acme/certificates/$id/$action",
        method => 'POST');
    is($answer->{status}, 202, $action) or diag($answer->{body});
}

sub deployed {
    my ($words, $id) = @_;
    $id //= 'pium.life';
    ok($t->wait_log(qr/\[notice\].*deployed: $words, certificate "\Q$id\E", deploy "cloudfront"/, 60),
        'deployed');
}

sub status {
    my ($id) = @_;
    my $answer = $t->http_get('/acme/?format=json');
    my ($found) = grep { $_->{id} eq ($id // 'pium.life') }
        @{ $json->decode($answer->{body})->{certificates} };
    return $found;
}
