package AcmeTest::CloudDns::Acm;

# AWS Certificate Manager as far as imported certificates go: strict about each
# byte of a request, and about what ACM does not allow, such as another type of
# key under an ARN that is there. What it has is written to a file that the test
# reads: ARN => { serial, key, names, imports, certificate, chain }.

use strict;
use warnings;

use AcmeTest::FaultyCa::Http qw(header);
use AcmeTest::Sigv4;
use JSON::PP;
use MIME::Base64 qw(decode_base64 encode_base64);
use Time::Local qw(timegm);

my $json = JSON::PP->new->canonical;
my $region = 'us-east-1';
my @key_types = qw(RSA_1024 RSA_2048 RSA_3072 RSA_4096 EC_prime256v1
    EC_secp384r1 EC_secp521r1);

sub new {
    my ($class, %o) = @_;
    return bless { %o, all => {}, made => 0 }, $class;
}

sub service { return 'acm' }

# All operations are posted to the root.
sub owns { return $_[1] eq '/' }

sub answer {
    my ($self, $request) = @_;
    my $wrong = AcmeTest::Sigv4::verify($request->{raw},
        keys => $self->{keys}, service => 'acm', region => $region);
    return refuse(400, @$wrong) if $wrong;
    return refuse(400, 'SerializationException', 'no JSON of ACM')
        unless $request->{method} eq 'POST'
        && header($request, 'Content-Type') eq 'application/x-amz-json-1.1';
    my ($operation) = header($request, 'X-Amz-Target')
        =~ /^CertificateManager\.(\w+)$/;
    my $body = eval { $json->decode($request->{body}) }
        or return refuse(400, 'SerializationException', 'no JSON');
    my $do = $self->can('do_' . ($operation // ''))
        or return refuse(400, 'UnknownOperationException', 'unknown');
    return $self->$do($body);
}

sub do_ImportCertificate {
    my ($self, $body) = @_;
    my $bad = unknown_members($body, qw(Certificate PrivateKey
        CertificateChain CertificateArn));
    return refuse(400, 'ValidationException', $bad) if $bad;
    my %text;
    for my $member (qw(Certificate PrivateKey CertificateChain)) {
        my $text = decode_base64($body->{$member} // '');
        return refuse(400, 'ValidationException', "$member is no base64")
            if encode_base64($text, '') ne ($body->{$member} // '');
        $text{$member} = $text;
    }
    my $why = $self->complaint_about(\%text);
    return refuse(400, 'ValidationException', $why) if $why;
    my $new = $self->describe($text{Certificate});
    my $arn = $body->{CertificateArn};
    my $old = $arn && $self->{all}{$arn};
    return error(400, 'ResourceNotFoundException',
        "Could not find certificate $arn.") if $arn && !$old;
    return refuse(400, 'ValidationException',
        'The key algorithm of a certificate cannot be changed.')
        if $old && $old->{key} ne $new->{key};
    $arn //= sprintf 'arn:aws:acm:%s:123456789012:certificate/%08d-0000-4000-8000-000000000000',
        $region, ++$self->{made};
    $self->{all}{$arn} = { %$new, imports => 1 + ($old->{imports} // 0),
        certificate => $text{Certificate},
        chain => $text{CertificateChain} };
    $self->publish;
    return ok({ CertificateArn => $arn });
}

sub do_DescribeCertificate {
    my ($self, $body) = @_;
    my $bad = unknown_members($body, 'CertificateArn');
    return refuse(400, 'ValidationException', $bad) if $bad;
    my $arn = $body->{CertificateArn};
    my $found = $self->{all}{$arn} or return error(400,
        'ResourceNotFoundException', "Could not find certificate $arn.");
    return ok({ Certificate => { CertificateArn => $arn, Type => 'IMPORTED',
        DomainName => $found->{names}[0], Status => 'ISSUED',
        Serial => join(':', $found->{serial} =~ /../g),
        SubjectAlternativeNames => $found->{names},
        KeyAlgorithm => $found->{key} =~ s/^RSA_/RSA-/r, InUseBy => [],
        NotBefore => $found->{begins}, NotAfter => $found->{ends} } });
}

# Two on a page, so that there are pages.
sub do_ListCertificates {
    my ($self, $body) = @_;
    my $bad = unknown_members($body,
        qw(CertificateStatuses Includes MaxItems NextToken));
    return refuse(400, 'ValidationException', $bad) if $bad;
    my %listed = map { $_ => 1 } @{ $body->{Includes}{keyTypes} // [
        qw(RSA_1024 RSA_2048)] };
    return refuse(400, 'ValidationException', 'unknown key type')
        if grep { my $type = $_; !grep { $_ eq $type } @key_types } keys %listed;
    my @all = grep { $listed{ $self->{all}{$_}{key} } }
        sort keys %{ $self->{all} };
    my $from = $body->{NextToken} // 0;
    my @page = grep { defined } @all[ $from, $from + 1 ];
    return ok({
        CertificateSummaryList => [ map { { CertificateArn => $_,
            DomainName => $self->{all}{$_}{names}[0], Type => 'IMPORTED',
            NotAfter => $self->{all}{$_}{ends} + 0.0 } } @page ],
        $from + 2 < @all ? (NextToken => '' . ($from + 2)) : () });
}

# --- certificates ----------------------------------------------------------

# What ACM would say of it.
sub complaint_about {
    my ($self, $text) = @_;
    return 'one certificate, no more' unless
        1 == (() = $text->{Certificate} =~ /-----BEGIN CERTIFICATE-----/g);
    return 'the chain is not PEM' unless
        $text->{CertificateChain} =~ /-----BEGIN CERTIFICATE-----/
        && index($text->{CertificateChain}, $text->{Certificate}) < 0;
    return 'the key does not belong to the certificate' if
        $self->openssl($text->{Certificate}, qw(x509 -noout -pubkey))
        ne $self->openssl($text->{PrivateKey}, qw(pkey -pubout));
    return;
}

sub describe {
    my ($self, $pem) = @_;
    my $text = $self->openssl($pem, qw(x509 -noout -serial -dates -text));
    my ($serial) = $text =~ /^serial=([0-9A-F]+)/m;
    my $key = $text =~ /P-256/ ? 'EC_prime256v1' : $text =~ /P-384/
        ? 'EC_secp384r1' : $text =~ /\((\d+) bit\)/ ? "RSA_$1" : '';
    return { serial => lc $serial, key => $key,
        names => [ $text =~ /DNS:([^,\s]+)/g ],
        begins => seconds($text =~ /^notBefore=(.*)/m),
        ends => seconds($text =~ /^notAfter=(.*)/m) };
}

sub seconds {
    my ($text) = @_;
    my ($month, $day, $h, $m, $s, $year) = $text
        =~ /^(\w{3}) +(\d+) (\d\d):(\d\d):(\d\d) (\d{4}) GMT/ or return 0;
    my %months = map { (qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec))[$_]
        => $_ } 0 .. 11;
    return timegm($s, $m, $h, $day, $months{$month}, $year);
}

# The key comes by a file, since openssl's words go to the pipe.
sub openssl {
    my ($self, $pem, @command) = @_;
    my $file = "$self->{folder}/pem";
    open my $out, '>', $file or die "$file: $!";
    print {$out} $pem;
    close $out;
    my $text = qx(openssl @command -in $file 2>&1);
    unlink $file;
    return $text;
}

# --- answers ---------------------------------------------------------------

sub publish {
    my ($self) = @_;
    my $file = "$self->{folder}/acm";
    open my $out, '>', "$file.new" or die $!;
    print {$out} $json->encode($self->{all});
    close $out;
    rename "$file.new", $file or die $!;
    return;
}

sub unknown_members {
    my ($body, @known) = @_;
    my %known = map { $_ => 1 } @known;
    my @unknown = grep { !$known{$_} } sort keys %$body;
    return @unknown ? "unknown: @unknown" : '';
}

sub ok { return answer_json(200, $_[0]) }

sub error {
    my ($status, $type, $message) = @_;
    return answer_json($status,
        { __type => "com.amazonaws.acm#$type", message => $message });
}

# It was not right to ask.
sub refuse {
    my ($status, $type, $message) = @_;
    return { %{ error($status, $type, $message) },
        complaint => "$type: $message" };
}

sub answer_json {
    my ($status, $object) = @_;
    return { status => $status,
        headers => ['Content-Type' => 'application/x-amz-json-1.1'],
        body => $json->encode($object) };
}

# What a test asks for needs no complaint.
sub error_body {
    my ($self, $status) = @_;
    my %type = (400 => 'ThrottlingException', 403 => 'AccessDeniedException',
        429 => 'ThrottlingException');
    return '<html><body>Service Unavailable</body></html>'
        unless $type{$status};
    return $json->encode({ __type => $type{$status},
        Message => 'as the test wants it' });
}

1;
