package AcmeTest::Sigv4;

# Signature Version 4 of Amazon Web Services, verified from the bytes of an
# HTTP request as AWS does it: what was signed is put together anew. Written
# from the specification, with nothing of libcurl's, which is what it judges.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex hmac_sha256 hmac_sha256_hex);
use Exporter qw(import);
use POSIX qw(strftime);
use Time::Local qw(timegm_modern);

our @EXPORT_OK = qw(verify signature_of);

my $algorithm = 'AWS4-HMAC-SHA256';
my $skew = 15 * 60;

# What AWS would say of the request: [code, message], or nothing when it is
# signed as it should be. Options: keys ({ id => { secret, token, expires } },
# the last two only where the credentials are a role's), service, region, now.
sub verify {
    my ($raw, %o) = @_;
    my $request = parse($raw)
        or return ['IncompleteSignature', 'no HTTP request'];
    my $said = authorization($request) or return ['MissingAuthenticationToken',
        'Missing or malformed Authorization'];
    my $key = $o{keys}{ $said->{key_id} } or return ['InvalidClientTokenId',
        'The security token included in the request is invalid'];
    return complaint($request, $said, $key, \%o)
        // compare($request, $said, $key);
}

# The signature that a request with these words of its Authorization should
# have: { date, region, service, signed (list of header names) }.
sub signature_of {
    my ($raw, $secret, $words) = @_;
    my $request = ref $raw ? $raw : parse($raw);
    my @scope = (@$words{qw(date region service)}, 'aws4_request');
    my $time = header($request, 'x-amz-date');
    my $text = join "\n", $algorithm, $time, join('/', @scope),
        sha256_hex(canonical_request($request, @{ $words->{signed} }));
    my $key = "AWS4$secret";
    $key = hmac_sha256($_, $key) for @scope;
    return hmac_sha256_hex($text, $key);
}

sub parse {
    my ($raw) = @_;
    my ($head, $body) = split /\r\n\r\n/, $raw, 2;
    my ($first, @lines) = split /\r\n/, $head // '';
    my ($method, $target) = ($first // '') =~ m{^([A-Z]+) (/\S*) HTTP/1\.1$}
        or return;
    my %headers;
    for my $line (@lines) {
        my ($name, $value) = $line =~ /^([^:\s]+):[ \t]*(.*?)[ \t]*$/
            or return;
        push @{ $headers{ lc $name } }, $value;
    }
    return { method => $method, target => $target, headers => \%headers,
        body => $body // '' };
}

sub header {
    my ($request, $name) = @_;
    my $values = $request->{headers}{$name} or return;
    return join ',', @$values;
}

sub authorization {
    my ($request) = @_;
    my $text = header($request, 'authorization') // '';
    my ($key_id, $date, $region, $service, $signed, $signature) = $text =~
        m{^\Q$algorithm\E[ ]
          Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request,[ ]
          SignedHeaders=([a-z0-9;-]+),[ ]
          Signature=([0-9a-f]{64})$}x or return;
    return { key_id => $key_id, date => $date, region => $region,
        service => $service, signature => $signature,
        signed => [split /;/, $signed] };
}

# All that can be wrong before the signature is looked at.
sub complaint {
    my ($request, $said, $key, $o) = @_;
    my $mismatch = sub { ['SignatureDoesNotMatch', $_[0]] };
    return $mismatch->("Credential should be scoped to $o->{region}/"
        . $o->{service})
        if $said->{region} ne $o->{region}
            || $said->{service} ne $o->{service};
    my $time = header($request, 'x-amz-date') // '';
    my $age = age_of($time, $o->{now} // time);
    return $mismatch->("\"$time\" is no time") unless defined $age;
    return $mismatch->("Signature expired: $time") if abs $age > $skew;
    return $mismatch->('The date of the scope is another')
        if substr($time, 0, 8) ne $said->{date};
    return $mismatch->('SignedHeaders are not sorted')
        if "@{ $said->{signed} }" ne join ' ', sort @{ $said->{signed} };
    my %signed = map { $_ => 1 } @{ $said->{signed} };
    for my $name ('host', grep { /^(x-amz-.*|content-type)$/ }
        sort keys %{ $request->{headers} }) {
        return $mismatch->("$name must be signed") unless $signed{$name};
    }
    return ['InvalidClientTokenId', 'The session token is another']
        if (header($request, 'x-amz-security-token') // '')
            ne ($key->{token} // '');
    return ['ExpiredTokenException', "The security token of $said->{key_id} "
        . 'is expired'] if ($key->{expires} // 'inf') < ($o->{now} // time);
    return;
}

sub age_of {
    my ($time, $now) = @_;
    my ($year, $month, @rest) = $time =~
        /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/ or return;
    my $then = eval { timegm_modern(reverse(@rest), $month - 1, $year) };
    return defined $then ? $now - $then : undef;
}

sub compare {
    my ($request, $said, $key) = @_;
    my ($missing) = grep { !defined header($request, $_) }
        @{ $said->{signed} };
    return ['SignatureDoesNotMatch', "$missing is signed but not there"]
        if defined $missing;
    return if signature_of($request, $key->{secret}, $said)
        eq $said->{signature};
    return ['SignatureDoesNotMatch', 'The request signature we calculated '
        . 'does not match the signature you provided. The canonical request: '
        . canonical_request($request, @{ $said->{signed} })];
}

sub canonical_request {
    my ($request, @signed) = @_;
    my ($path, $query) = split /\?/, $request->{target}, 2;
    return join "\n", $request->{method}, canonical_path($path),
        canonical_query($query // ''),
        (map { "$_:" . canonical_value($request, $_) } @signed),
        '', join(';', @signed), sha256_hex($request->{body});
}

# Encoded once more than on the wire, as for every service but S3.
sub canonical_path {
    return join '/', map { encode($_) } split m{/}, $_[0], -1;
}

# Sorted by name, then by value, whatever the order on the wire.
sub canonical_query {
    my @pairs = map { [map { encode(decode($_)) }
        (split(/=/, $_, 2), '')[0, 1]] } split /&/, $_[0];
    return join '&', map { "$_->[0]=$_->[1]" }
        sort { $a->[0] cmp $b->[0] || $a->[1] cmp $b->[1] } @pairs;
}

sub canonical_value {
    my ($request, $name) = @_;
    return header($request, $name) =~ s/ +/ /gr;
}

sub decode { return $_[0] =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger }

sub encode {
    return $_[0] =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ger;
}

1;
