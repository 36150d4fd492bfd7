# The DNS providers of the harness: their records reach the CA's DNS server,
# and they do not let a wrong byte pass. curl's own command signs here; that
# the verifier knows the signature is shown by AWS' published examples.

use strict;
use warnings;

use File::Temp;
use IO::Socket::INET;
use JSON::PP;
use Test::More;

use lib 't/lib';
use AcmeTest::CloudDns;
use AcmeTest::Http qw(http_request);
use AcmeTest::Pebble;
use AcmeTest::Poll qw(poll);
use AcmeTest::Sigv4 qw(verify signature_of);

my $digest = 'LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo';
my $other = 'nN4Q8Uk7fE1Mu9bSaiYHfMVtbZSfYlyyVGmO4U-ulW8';

# --- the signature ---------------------------------------------------------

my $secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
my @example_headers = ('Host:example.amazonaws.com',
    'X-Amz-Date:20150830T123600Z');

sub example {
    my ($first, $body, @more) = @_;
    return join "\r\n", "$first HTTP/1.1", @example_headers, @more, '', $body;
}

sub signature {
    my ($raw, @signed) = @_;
    return signature_of($raw, $secret, { date => '20150830',
        region => 'us-east-1', service => 'service',
        signed => [sort @signed, 'host', 'x-amz-date'] });
}

is(signature(example('GET /', '')),
    '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    'AWS\' example "get-vanilla"');
is(signature(example('GET /?Param2=value2&Param1=value1', '')),
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    '"get-vanilla-query-order-key-case"');
is(signature(example('POST /', 'Param1=value1',
        'Content-Type:application/x-www-form-urlencoded'), 'content-type'),
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    '"post-x-www-form-urlencoded"');

my %said = (keys => { AKIDEXAMPLE => { secret => $secret } },
    service => 'service', region => 'us-east-1', now => 1440938160);

sub signed {
    my ($raw, $changes) = @_;
    my $authorization = 'Authorization: AWS4-HMAC-SHA256 Credential='
        . 'AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, '
        . 'SignedHeaders=host;x-amz-date, Signature=' . signature($raw);
    $changes->($authorization) if $changes;
    return $raw =~ s/\r\n\r\n/\r\n$authorization\r\n\r\n/r;
}

my $good = signed(example('GET /', ''));
is(verify($good, %said), undef, 'a good signature is verified');
is(verify($good =~ s{GET /}{GET /x}r, %said)->[0], 'SignatureDoesNotMatch',
    'another path is not');
is(verify("${good}body", %said)->[0], 'SignatureDoesNotMatch',
    'nor a body that was not there');
is(verify($good =~ s/1\.1\r\n/1.1\r\nX-Amz-Target: x\r\n/r, %said)->[1],
    'x-amz-target must be signed', 'nor a header of AWS that is not signed');
like(verify($good, %said, now => 1440938160 + 1000)->[1],
    qr/^Signature expired/, 'nor one of a quarter of an hour ago');
like(verify($good, %said, region => 'eu-west-1')->[1],
    qr/^Credential should be scoped/, 'nor one for another region');
is(verify($good, %said, keys => {})->[0], 'InvalidClientTokenId',
    'nor one of an unknown key');
is(verify($good, %said, keys => { AKIDEXAMPLE => { secret => $secret,
        token => 'T' } })->[1], 'The session token is another',
    'nor one without the session token of a role');
is(verify(example('GET /', ''), %said)->[0], 'MissingAuthenticationToken',
    'nor none');

# --- the server ------------------------------------------------------------

my $temp = File::Temp->newdir('acme-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
my $dns = AcmeTest::Pebble::Dns->start(dir => "$temp");
my $cloud = AcmeTest::CloudDns->new(dir => "$temp", dns => $dns,
    zones => ['-example.com', 'example.com', 'pium.life']);

# What the CA would see.
sub txt_of {
    my ($name) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $dns->{port}, Proto => 'udp') or die $!;
    my $question = join('', map { pack 'C/a*', $_ } split /\./, $name) . "\0";
    $socket->send(pack('n6', 1, 0x100, 1, 0, 0, 0) . $question
        . pack('n2', 16, 1));
    $socket->recv(my $answer, 4096);
    return sort $answer =~ /(?<=\x2b)([A-Za-z0-9_-]{43})/g;
}

sub curl {
    my @said = ('curl', '-s', '-o', "$temp/body", '-w', '%{http_code}', @_);
    open my $pipe, '-|', @said or die "curl: $!";
    my $status = <$pipe>;
    return ($status, AcmeTest::Nginx::slurp("$temp/body"));
}

sub route53 {
    my ($path, @options) = @_;
    return curl('--aws-sigv4', 'aws:amz:us-east-1:route53', '--user',
        $cloud->key_id . ':' . $cloud->secret, @options,
        $cloud->route53_url . "/2013-04-01$path");
}

sub change {
    my ($zone, $action, @values) = @_;
    my $records = join '',
        map { "<ResourceRecord><Value>\"$_\"</Value></ResourceRecord>" }
        @values;
    return route53("/hostedzone/$zone/rrset/", '-H',
        'Content-Type: application/xml', '-d',
        qq{<?xml version="1.0" encoding="UTF-8"?>\n}
        . '<ChangeResourceRecordSetsRequest xmlns="https://route53.amazonaws'
        . '.com/doc/2013-04-01/"><ChangeBatch><Changes><Change>'
        . "<Action>$action</Action><ResourceRecordSet>"
        . '<Name>_acme-challenge.example.com.</Name><Type>TXT</Type>'
        . "<TTL>60</TTL><ResourceRecords>$records</ResourceRecords>"
        . '</ResourceRecordSet></Change></Changes></ChangeBatch>'
        . '</ChangeResourceRecordSetsRequest>');
}

my ($status, $body) = route53(
    '/hostedzonesbyname?dnsname=example.com&maxitems=100');
my ($private, $zone) = $body =~ m{<Id>/hostedzone/(\w+)</Id>
    <Name>example\.com\.</Name>}xg;
ok($zone, 'Route 53 has a private and a public zone of that name');
($status, $body) = change($zone, 'UPSERT', $digest, $other);
my ($id) = $body =~ m{<Id>/change/(\w+)</Id><Status>PENDING</Status>};
ok($id, 'it takes a change');
is_deeply([txt_of('_acme-challenge.example.com')], [],
    'which is not seen yet');
route53("/change/$id");
($status, $body) = route53("/change/$id");
like($body, qr{<Status>INSYNC</Status>}, 'until it is in sync');
is_deeply([txt_of('_acme-challenge.example.com')], [$digest, $other],
    'both values are seen');
is_deeply([$cloud->values_of('_acme-challenge.example.com')],
    [$digest, $other], 'and known to the test');
is((change($zone, 'DELETE', $digest))[0], 400,
    'a set is not deleted by half of its values');
is((change($zone, 'DELETE', $digest, $other))[0], 200, 'but by all of them');
is_deeply([txt_of('_acme-challenge.example.com')], [], 'then it is gone');
unlike((route53("/hostedzone/$zone/rrset?maxitems=1&name="
        . '_acme-challenge.example.com&type=TXT'))[1], qr/ResourceRecordSet>/,
    'from the list, too');
is((change($private, 'UPSERT', $digest))[0], 404,
    'the private zone is not written to');
is((curl('--aws-sigv4', 'aws:amz:us-east-1:route53', '--user',
        $cloud->key_id . ':wrong', $cloud->route53_url
        . '/2013-04-01/change/C1'))[0], 403, 'a wrong secret is refused');

my $api = $cloud->cloudflare_url;
my @token = ('-H', 'Authorization: Bearer ' . $cloud->token);
my $record = encode_json({ type => 'TXT', name => '_acme-challenge.pium.life',
    content => "\"$digest\"", ttl => 120 });
($status, $body) = curl(@token, "$api/zones?name=pium.life&per_page=50");
my $records = "$api/zones/" . decode_json($body)->{result}[0]{id}
    . '/dns_records';
my @create = (@token, '-H', 'Content-Type: application/json', '-d', $record,
    $records);
($status, $body) = curl(@create);
my $record_id = decode_json($body)->{result}{id};
ok($record_id, 'Cloudflare makes a record');
is_deeply([txt_of('_acme-challenge.pium.life')], [$digest], 'which is seen');
like((curl(@create))[1], qr/81058/, 'it says so when there is one already');
is((curl(@token, '-X', 'DELETE', "$records/$record_id"))[0], 200,
    'and removes it');
is_deeply([txt_of('_acme-challenge.pium.life')], [], 'then it is gone');
is((curl('-H', 'Authorization: Bearer x', "$api/zones?name=x&per_page=50"))[0],
    403, 'a wrong token is refused');

my @json = ('-H', 'Content-Type: application/json');
($status, $body) = curl(@json, '-d', '{}', $cloud->acme_dns_url . '/register');
is($status, 201, 'acme-dns registers');
my $given = decode_json($body);
for my $value ('x' x 43, $digest, $other) {
    curl(@json, '-H', "X-Api-User: $given->{username}", '-H',
        "X-Api-Key: $given->{password}", '-d', encode_json({
            subdomain => $given->{subdomain}, txt => $value }),
        $cloud->acme_dns_url . '/update');
}
is_deeply([txt_of($given->{fulldomain})], [$digest, $other],
    'and keeps the last two values');
is((curl(@json, '-H', 'X-Api-User: x', '-H', 'X-Api-Key: x', '-d',
        encode_json({ subdomain => $given->{subdomain}, txt => $digest }),
        $cloud->acme_dns_url . '/update'))[0], 401,
    'for whoever has registered');

# --- what it is told -------------------------------------------------------

$cloud->answer_next(429, path => qr{^/client/}, body => 'later',
    headers => { 'Retry-After' => 60 });
is((curl($cloud->acme_dns_url . '/register'))[0], 400,
    'an answer for others is not given here');
my $told = http_request($cloud->{port}, '/client/v4/zones', method => 'GET');
is("$told->{status} $told->{headers}{'retry-after'} $told->{body}",
    '429 60 later', 'it answers as it is told');
$cloud->answer_next(403)->answer_next(500);
like((route53('/change/C1'))[1], qr{<Code>AccessDenied</Code>},
    'in the provider\'s own form');
is((route53('/change/C1'))[0], 500, 'one after the other');
is($cloud->requests(qr{^GET /client/v4/zones}), 3, 'requests are counted');

my @complaints = split /\n/, $cloud->complaints;
like($complaints[0], qr{^route53 POST .*: InvalidChangeBatch},
    'what nobody should have sent is written down');
is(scalar @complaints, 6, 'and nothing else');

$cloud->stop;
$dns->stop;
done_testing();
