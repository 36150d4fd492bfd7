package AcmeTest::FaultyCa::Certificates;

# Certificates that no order asked for, made in place of the CA's: actions for
# the resource "certificate".

use strict;
use warnings;

use Exporter qw(import);
use POSIX qw(strftime);

use AcmeTest::FaultyCa qw(changed);
use AcmeTest::Pebble;

our @EXPORT_OK = qw(forged rechained);

my $day = 86400;

# A leaf for the key of the request that the CA was given last. Options: names,
# from and to (seconds from now), other_key.
sub forged {
    my (%o) = @_;
    return changed(sub {
        my ($response, $ca) = @_;
        $response->{body} = leaf($ca->{folder}, names => ['api.pium.life'],
            from => -3600, to => 90 * $day, %o);
    });
}

# The CA's own chain, taken apart for the sub: PEM certificates in, text out.
sub rechained {
    my ($sub) = @_;
    return changed(sub {
        my ($response) = @_;
        my @chain = $response->{body} =~ /(-----BEGIN.*?-----END[^\n]*\n)/sg;
        $response->{body} = $sub->(@chain);
    });
}

# "openssl ca" is the command that takes both ends of a lifetime.
sub leaf {
    my ($folder, %o) = @_;
    my $ca = AcmeTest::Pebble::test_ca();
    write_config($folder, @{ $o{names} });
    openssl('ca', '-batch', '-notext', '-config', "$folder/openssl.cnf",
        '-cert', "$ca/ca.pem", '-keyfile', "$ca/ca.key",
        '-in', $o{other_key} ? new_request($folder) : given_request($folder),
        '-startdate', asn1($o{from}), '-enddate', asn1($o{to}),
        '-out', "$folder/leaf.pem");
    return AcmeTest::Nginx::slurp("$folder/leaf.pem")
        . AcmeTest::Nginx::slurp("$ca/ca.pem");
}

sub write_config {
    my ($folder, @names) = @_;
    my $names = join ',', map { "DNS:$_" } @names;
    write_file("$folder/index.txt", '');
    write_file("$folder/openssl.cnf", <<"END");
[ca]
default_ca = own
[own]
database = $folder/index.txt
new_certs_dir = $folder
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
x509_extensions = leaf
[any]
commonName = optional
[leaf]
subjectAltName = $names
[req]
distinguished_name = any
END
}

sub given_request {
    my ($folder) = @_;
    openssl('req', '-inform', 'DER', '-in', "$folder/csr.der",
        '-out', "$folder/csr.pem");
    return "$folder/csr.pem";
}

sub new_request {
    my ($folder) = @_;
    openssl('req', '-new', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=other',
        '-config', "$folder/openssl.cnf", '-keyout', "$folder/other.key",
        '-out', "$folder/other.pem");
    return "$folder/other.pem";
}

sub asn1 { return strftime('%Y%m%d%H%M%SZ', gmtime(time + $_[0])) }

sub openssl {
    my @command = ('openssl', map { quotemeta } @_);
    local $SIG{CHLD} = 'DEFAULT';
    my $said = `@command 2>&1`;
    die "@command: $said\n" if $?;
}

sub write_file {
    my ($path, $text) = @_;
    open my $file, '>', $path or die "$path: $!";
    print $file $text;
    close $file or die "$path: $!";
}

1;
