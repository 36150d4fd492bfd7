package AcmeTest::Tls;

# A TLS client that looks closely: which certificate, which protocol, resumed
# or not, and whether it verifies against a given root for a given name. It
# goes on when verification fails, because what was served is then the answer.

use strict;
use warnings;

use IO::Socket::IP;
use Net::SSLeay;
use Socket qw(SOL_SOCKET SO_RCVTIMEO SO_SNDTIMEO);
use Time::Local qw(timegm_modern);
use Exporter qw(import);

use AcmeTest::Load;

our @EXPORT_OK = qw(tls_connect tls_request tls_open tls_close tls_load
    describe_pem);

Net::SSLeay::initialize();

my %version = (
    'TLSv1.2' => Net::SSLeay::TLS1_2_VERSION(),
    'TLSv1.3' => Net::SSLeay::TLS1_3_VERSION(),
);
my $set_sigalgs_list = 98;
my $no_check_time = 0x200000;

# Options: port, host, name (SNI, and what the certificate must be for), ca
# (file), any_time (an expired certificate verifies, too), version, alpn
# (array), sigalgs, ciphers, session (of an earlier result), request (sent
# after the handshake; its answer comes back as response), seconds. The result
# always has ok; error when not ok.
sub tls_connect {
    my (%o) = @_;
    my $result = tls_open(%o);
    if ($result->{ok}) {
        converse($result, $o{request}) if defined $o{request};
        $result->{session} = Net::SSLeay::get1_session($result->{ssl});
        Net::SSLeay::shutdown($result->{ssl});
    }
    return tls_close($result);
}

# A connection that stays open, with its ssl, until tls_close.
sub tls_open {
    my (%o) = @_;
    my $result = { ok => 0, verified => 0 };
    my $socket = open_socket(\%o) or return failure($result, "connect: $!");
    my $ctx = new_context(\%o);
    my $ssl = new_ssl($ctx, $socket, \%o);
    @$result{qw(socket ctx ssl)} = ($socket, $ctx, $ssl);
    Net::SSLeay::ERR_clear_error();
    return failure($result, last_error()) if Net::SSLeay::connect($ssl) != 1;
    describe_connection($result, $ssl);
    return $result;
}

sub tls_close {
    my ($result) = @_;
    my ($socket, $ctx, $ssl) = delete @$result{qw(socket ctx ssl)};
    return $result unless $socket;
    Net::SSLeay::free($ssl);
    Net::SSLeay::CTX_free($ctx);
    close $socket;
    return $result;
}

# One HTTP/1.1 request over TLS; the raw answer is in response.
sub tls_request {
    my ($path, %o) = @_;
    my $host = $o{host_header} // $o{name} // 'localhost';
    my $request = "GET $path HTTP/1.1\r\nHost: $host\r\n"
        . "Connection: close\r\n\r\n";
    return tls_connect(%o, request => $request);
}

sub failure {
    my ($result, $error) = @_;
    $result->{error} = $error;
    return $result;
}

sub last_error {
    my $code = Net::SSLeay::ERR_get_error();
    return $code ? Net::SSLeay::ERR_error_string($code)
        : 'connection closed, or no answer in time';
}

sub open_socket {
    my ($o) = @_;
    my $seconds = $o->{seconds} // 5;
    my $socket = IO::Socket::IP->new(
        PeerHost => $o->{host} // '127.0.0.1',
        PeerPort => $o->{port},
        Timeout => $seconds) or return;
    # The pause is a whole number of seconds here: struct timeval.
    my $time = pack 'l!l!', $seconds, 0;
    setsockopt $socket, SOL_SOCKET, $_, $time for SO_RCVTIMEO, SO_SNDTIMEO;
    return $socket;
}

sub new_context {
    my ($o) = @_;
    my $ctx = Net::SSLeay::CTX_new_with_method(Net::SSLeay::TLS_method());
    if (my $version = $o->{version}) {
        my $number = $version{$version} // die "no TLS version $version";
        Net::SSLeay::CTX_set_min_proto_version($ctx, $number);
        Net::SSLeay::CTX_set_max_proto_version($ctx, $number);
    }
    if ($o->{ca}) {
        Net::SSLeay::CTX_load_verify_locations($ctx, $o->{ca}, '')
            or die "$o->{ca}: " . last_error();
    } else {
        Net::SSLeay::CTX_set_default_verify_paths($ctx);
    }
    Net::SSLeay::CTX_set_alpn_protos($ctx, $o->{alpn}) if $o->{alpn};
    Net::SSLeay::CTX_set_cipher_list($ctx, $o->{ciphers}) if $o->{ciphers};
    Net::SSLeay::CTX_ctrl($ctx, $set_sigalgs_list, 0, $o->{sigalgs})
        if $o->{sigalgs};
    return $ctx;
}

sub new_ssl {
    my ($ctx, $socket, $o) = @_;
    my $ssl = Net::SSLeay::new($ctx);
    Net::SSLeay::set_fd($ssl, fileno $socket);
    if (defined $o->{name}) {
        Net::SSLeay::set_tlsext_host_name($ssl, $o->{name});
        # The absolute form has no place in a certificate.
        (my $name = $o->{name}) =~ s/\.$//;
        Net::SSLeay::X509_VERIFY_PARAM_set1_host(
            Net::SSLeay::get0_param($ssl), $name);
    }
    Net::SSLeay::X509_VERIFY_PARAM_set_flags(Net::SSLeay::get0_param($ssl),
        $no_check_time) if $o->{any_time};
    Net::SSLeay::set_session($ssl, $o->{session}) if $o->{session};
    return $ssl;
}

sub describe_connection {
    my ($result, $ssl) = @_;
    my $verify = Net::SSLeay::get_verify_result($ssl);
    my $leaf = Net::SSLeay::get_peer_certificate($ssl);
    %$result = (%$result,
        ok => 1,
        verified => $verify == Net::SSLeay::X509_V_OK() ? 1 : 0,
        verify_error => Net::SSLeay::X509_verify_cert_error_string($verify),
        protocol => Net::SSLeay::get_version($ssl),
        cipher => Net::SSLeay::get_cipher($ssl),
        alpn => Net::SSLeay::P_alpn_selected($ssl),
        reused => Net::SSLeay::session_reused($ssl) ? 1 : 0,
        chain => [map { Net::SSLeay::PEM_get_string_X509($_) }
            Net::SSLeay::get_peer_cert_chain($ssl)],
        ($leaf ? describe_certificate($leaf) : ()));
    Net::SSLeay::X509_free($leaf) if $leaf;
}

sub describe_certificate {
    my ($x509) = @_;
    my @alternative = Net::SSLeay::X509_get_subjectAltNames($x509);
    my @names;
    while (my ($type, $name) = splice @alternative, 0, 2) {
        push @names, $type == Net::SSLeay::GEN_IPADD() ? address($name) : $name;
    }
    return (
        pem => Net::SSLeay::PEM_get_string_X509($x509),
        serial => lc Net::SSLeay::P_ASN1_INTEGER_get_hex(
            Net::SSLeay::X509_get_serialNumber($x509)),
        names => [sort @names],
        subject => name_text(Net::SSLeay::X509_get_subject_name($x509)),
        issuer => name_text(Net::SSLeay::X509_get_issuer_name($x509)),
        not_before => seconds_of(Net::SSLeay::X509_get_notBefore($x509)),
        not_after => seconds_of(Net::SSLeay::X509_get_notAfter($x509)),
        key_type => key_type($x509),
        self_signed => Net::SSLeay::X509_NAME_cmp(
            Net::SSLeay::X509_get_subject_name($x509),
            Net::SSLeay::X509_get_issuer_name($x509)) == 0 ? 1 : 0);
}

# The same for a certificate in a file or a string.
sub describe_pem {
    my ($pem) = @_;
    my $bio = Net::SSLeay::BIO_new(Net::SSLeay::BIO_s_mem());
    Net::SSLeay::BIO_write($bio, $pem);
    my $x509 = Net::SSLeay::PEM_read_bio_X509($bio);
    Net::SSLeay::BIO_free($bio);
    return unless $x509;
    my $result = { describe_certificate($x509) };
    Net::SSLeay::X509_free($x509);
    return $result;
}

sub address {
    my ($bytes) = @_;
    return join '.', unpack 'C4', $bytes if length $bytes == 4;
    return join ':', unpack '(H4)8', $bytes;
}

sub name_text { return Net::SSLeay::X509_NAME_oneline($_[0]) }

sub seconds_of {
    my ($asn1) = @_;
    my ($year, $month, @rest) = Net::SSLeay::P_ASN1_TIME_get_isotime($asn1)
        =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)Z/ or return 0;
    return timegm_modern(reverse(@rest), $month - 1, $year);
}

sub key_type {
    my ($x509) = @_;
    my $key = Net::SSLeay::X509_get_pubkey($x509) or return;
    my $type = Net::SSLeay::OBJ_nid2sn(Net::SSLeay::EVP_PKEY_id($key));
    my $bits = Net::SSLeay::EVP_PKEY_bits($key);
    Net::SSLeay::EVP_PKEY_free($key);
    $type = { rsaEncryption => 'rsa', 'id-ecPublicKey' => 'ecdsa' }->{$type}
        // $type;
    return "$type:$bits";
}

sub converse {
    my ($result, $request) = @_;
    my $ssl = $result->{ssl};
    Net::SSLeay::write($ssl, $request);
    my $response = '';
    while (1) {
        my ($data, $status) = Net::SSLeay::read($ssl);
        last if $status <= 0;
        $response .= $data;
    }
    $result->{response} = $response;
}

# Handshakes without an end, in a child, until stop() is called on what is
# returned. Options: those of tls_connect, with names and versions as arrays to
# go through, verify => 0 to count an unverified certificate as good, resume
# (offer the last session of that name and version; resumed handshakes count
# as the serial "resumed"), pause between two handshakes (seconds).
sub tls_load {
    my (%o) = @_;
    my @names = @{ $o{names} // [$o{name}] };
    my @versions = @{ $o{versions} // ['TLSv1.3', 'TLSv1.2'] };
    my %session;
    return AcmeTest::Load->start(sub {
        my ($n) = @_;
        my ($name, $version) = ($names[$n % @names],
            $versions[$n / @names % @versions]);
        my $last = \$session{"$name $version"};
        my $result = tls_connect(%o, name => $name, version => $version,
            session => $o{resume} ? $$last : undef);
        forget($$last);
        $$last = delete $result->{session};
        return verdict($result, $o{verify} // 1);
    }, %o, steps => 'handshakes', words => 'serials');
}

sub forget { Net::SSLeay::SESSION_free($_[0]) if $_[0] }

sub verdict {
    my ($result, $verify) = @_;
    return (1, $result->{reused} ? 'resumed' : $result->{serial})
        if $result->{ok} && ($result->{verified} || !$verify);
    return (0, $result->{error}
        // "$result->{verify_error} ($result->{subject})");
}

1;
