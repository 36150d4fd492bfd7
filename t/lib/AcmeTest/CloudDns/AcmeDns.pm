package AcmeTest::CloudDns::AcmeDns;

# acme-dns: registrations, and the last two values of each.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use JSON::PP;

use AcmeTest::FaultyCa::Http qw(header);

my $json = JSON::PP->new->canonical;
my $root = '/acme-dns';

sub new {
    my ($class, %o) = @_;
    return bless { acme_dns_domain => 'auth.example.org', %o,
        registrations => {}, last => 0 }, $class;
}

sub service { return 'acme-dns' }
sub owns { return index($_[1], "$root/") == 0 }

sub answer {
    my ($self, $request) = @_;
    my $line = "$request->{method} " . substr $request->{target}, length $root;
    my $type = header($request, 'Content-Type') // '';
    my $body = eval { $json->decode($request->{body}) };
    return refuse(400, 'malformed_json_payload', $request->{body})
        unless $type eq 'application/json' && ref $body eq 'HASH';
    return $self->enroll($body) if $line eq 'POST /register';
    return $self->update($request, $body) if $line eq 'POST /update';
    return refuse(404, 'not_found', $line);
}

sub error_body {
    my ($self, $status) = @_;
    my %error = (400 => 'bad_subdomain', 401 => 'forbidden',
        500 => 'db_error');
    return $error{$status} ? $json->encode({ error => $error{$status} })
        : '<html><body>nginx</body></html>';
}

sub reply {
    my ($status, $object) = @_;
    return { status => $status, body => $json->encode($object),
        headers => ['Content-Type' => 'application/json'] };
}

sub refuse {
    my ($status, $error, $about) = @_;
    return { %{ reply($status, { error => $error }) },
        complaint => "$error: $about" };
}

sub enroll {
    my ($self, $body) = @_;
    my ($unknown) = grep { $_ ne 'allowfrom' } keys %$body;
    return refuse(400, 'malformed_json_payload', $unknown) if $unknown;
    my @allowed = @{ $body->{allowfrom} // [] };
    return refuse(400, 'invalid_allowfrom_cidr', "@allowed")
        if grep { !m{^[0-9a-f.:]+/\d{1,3}$} } @allowed;
    my $seed = ++$self->{last};
    my %new = (allowfrom => \@allowed, subdomain => uuid("subdomain $seed"),
        username => uuid("username $seed"),
        password => substr(sha256_hex("password $seed"), 0, 40));
    $new{fulldomain} = "$new{subdomain}.$self->{acme_dns_domain}";
    $self->{registrations}{ $new{subdomain} } = { %new, values => [] };
    return reply(201, \%new);
}

sub uuid {
    my @parts = sha256_hex($_[0]) =~ /^(.{8})(.{4})(.{4})(.{4})(.{12})/;
    return join '-', @parts;
}

sub update {
    my ($self, $request, $body) = @_;
    my $known = $self->{registrations}{ $body->{subdomain} // '' };
    my $user = header($request, 'X-Api-User') // '';
    my $key = header($request, 'X-Api-Key') // '';
    return refuse(401, 'forbidden', "user $user")
        unless $known && $user eq $known->{username}
            && $key eq $known->{password};
    my $txt = $body->{txt} // '';
    return refuse(400, 'bad_txt', $txt)
        unless $txt =~ /^[A-Za-z0-9_-]{43}$/ && keys %$body == 2;
    my $values = $known->{values};
    push @$values, $txt;
    shift @$values while @$values > 2;
    $self->{cloud}->keep($known->{fulldomain}, @$values);
    $self->{cloud}->publish($known->{fulldomain}, @$values);
    return reply(200, { txt => $txt });
}

1;
