package AcmeTest::Bundle;

# Bundles as they lie in certificates/, of any age and for any names: what an
# earlier life of this nginx, or an operator, may have left there. The issuer
# is nobody that a client trusts, so they are told from the CA's at once.

use strict;
use warnings;

use Net::SSLeay;

my $day = 86400;
my $serial = 1000;

# Options: names (array), age and left (days), type (of the key: P-256, unless
# it is "rsa", for 2048 bits), key (PEM of another one's).
# Gives pem, key and serial.
sub make {
    my (%o) = @_;
    my $key = new_key($o{type} // 'ec');
    my $x509 = Net::SSLeay::X509_new();
    Net::SSLeay::X509_set_version($x509, 2);
    Net::SSLeay::ASN1_INTEGER_set(
        Net::SSLeay::X509_get_serialNumber($x509), ++$serial);
    Net::SSLeay::X509_NAME_add_entry_by_txt(
        Net::SSLeay::X509_get_issuer_name($x509), 'CN',
        Net::SSLeay::MBSTRING_UTF8(), 'an earlier CA');
    Net::SSLeay::X509_NAME_add_entry_by_txt(
        Net::SSLeay::X509_get_subject_name($x509), 'CN',
        Net::SSLeay::MBSTRING_UTF8(), $o{names}[0]);
    Net::SSLeay::X509_gmtime_adj(Net::SSLeay::X509_get_notBefore($x509),
        -$day * $o{age});
    Net::SSLeay::X509_gmtime_adj(Net::SSLeay::X509_get_notAfter($x509),
        $day * $o{left});
    Net::SSLeay::X509_set_pubkey($x509, $key);
    Net::SSLeay::P_X509_add_extensions($x509, $x509,
        Net::SSLeay::NID_subject_alt_name(),
        join ',', map { "DNS:$_" } @{ $o{names} });
    Net::SSLeay::X509_sign($x509, $key, Net::SSLeay::EVP_get_digestbyname(
        'SHA256')) or die 'X509_sign';
    my $key_pem = Net::SSLeay::PEM_get_string_PrivateKey($key);
    my $pem = Net::SSLeay::PEM_get_string_X509($x509);
    Net::SSLeay::X509_free($x509);
    Net::SSLeay::EVP_PKEY_free($key);
    return { pem => ($o{key} // $key_pem) . $pem, key => $key_pem,
        certificate => $pem, serial => sprintf '%04x', $serial };
}

sub new_key {
    my ($type) = @_;
    my $key = Net::SSLeay::EVP_PKEY_new();
    if ($type eq 'rsa') {
        Net::SSLeay::EVP_PKEY_assign_RSA($key,
            Net::SSLeay::RSA_generate_key(2048, 65537)) or die 'RSA';
        return $key;
    }
    Net::SSLeay::EVP_PKEY_assign_EC_KEY($key,
        Net::SSLeay::EC_KEY_generate_key('prime256v1')) or die 'EC_KEY';
    return $key;
}

1;
