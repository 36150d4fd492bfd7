package AcmeTest::CloudDns::Cloudflare;

# Cloudflare's API, version 4, as far as TXT records go.

use strict;
use warnings;

use Digest::SHA qw(sha1_hex);
use JSON::PP;

use AcmeTest::FaultyCa::Http qw(header);

my $json = JSON::PP->new->canonical;
my $root = '/client/v4';

sub new {
    my ($class, %o) = @_;
    my %zone = map { substr(sha1_hex($_), 0, 32) => $_ }
        grep { !/^-/ } @{ $o{zones} };
    return bless { %o, zone => \%zone, records => [], last => 0 }, $class;
}

sub service { return 'cloudflare' }
sub owns { return index($_[1], "$root/") == 0 }

sub answer {
    my ($self, $request) = @_;
    my $said = header($request, 'Authorization') // '';
    return refuse(403, 10000, 'Authentication error')
        unless $said eq "Bearer $self->{token}";
    my $line = "$request->{method} " . substr $request->{target}, length $root;
    return $self->list_zones($1)
        if $line =~ m{^GET /zones\?name=([^&]+)&per_page=50$};
    my ($method, $zone, $rest) = $line =~
        m{^(\w+) /zones/([0-9a-f]{32})/dns_records(.*)$};
    return refuse(404, 7003, "Could not route: $line")
        unless defined $zone && $self->{zone}{$zone};
    return $self->create($self->{zone}{$zone}, $request)
        if "$method$rest" eq 'POST';
    return $self->list($1) if "$method$rest" =~
        m{^GET\?name=([^&]+)&per_page=100&type=TXT$};
    return $self->remove($1) if "$method$rest" =~ m{^DELETE/([0-9a-f]{32})$};
    return refuse(405, 10405, "Method not allowed: $line");
}

sub error_body {
    my ($self, $status) = @_;
    my %error = (400 => [6003, 'Invalid request headers'],
        401 => [10000, 'Authentication error'],
        403 => [9109, 'Unauthorized to access requested resource'],
        429 => [971, 'Please wait and consider throttling your request']);
    return '<html><body>Error 1015</body></html>' unless $error{$status};
    return envelope(JSON::PP::false, undef, $error{$status});
}

sub envelope {
    my ($success, $result, @errors) = @_;
    return $json->encode({ success => $success, result => $result,
        errors => [map { { code => $_->[0], message => $_->[1] } } @errors],
        messages => [] });
}

sub reply {
    my ($status, $body) = @_;
    return { status => $status, body => $body,
        headers => ['Content-Type' => 'application/json'] };
}

sub good { return reply(200, envelope(JSON::PP::true, $_[0])) }

sub bad {
    my ($status, $code, $message) = @_;
    return reply($status, envelope(JSON::PP::false, undef,
        [$code, $message]));
}

# What a client should not have sent.
sub refuse {
    my ($status, $code, $message) = @_;
    return { %{ bad($status, $code, $message) },
        complaint => "$message ($code)" };
}

sub list_zones {
    my ($self, $name) = @_;
    return good([map { { id => $_, name => $name, status => 'active' } }
        grep { $self->{zone}{$_} eq $name } keys %{ $self->{zone} }]);
}

sub create {
    my ($self, $zone, $request) = @_;
    my $type = header($request, 'Content-Type') // '';
    return refuse(400, 6003, "Content-Type is \"$type\"")
        unless $type eq 'application/json';
    my $record = eval { $json->decode($request->{body}) };
    my ($value) = map { /^"([^"]{1,255})"$/ } $record->{content} // '';
    my $name = $record->{name} // '';
    return refuse(400, 9005, "bad record: $request->{body}")
        unless $json->encode($record) eq $json->encode({ type => 'TXT',
            name => $name, content => '"' . ($value // '') . '"',
            ttl => 120 }) && ($name eq $zone || $name =~ /\.\Q$zone\E$/);
    # One of the few errors that a good client may meet.
    return bad(400, 81058, 'An identical record already exists.')
        if grep { $_->{name} eq $name && $_->{value} eq $value }
            @{ $self->{records} };
    my %new = (name => $name, value => $value,
        id => sprintf '%032x', ++$self->{last});
    push @{ $self->{records} }, \%new;
    $self->changed($name);
    return good(record_of(\%new));
}

sub record_of {
    my ($record) = @_;
    return { id => $record->{id}, type => 'TXT', ttl => 120,
        name => $record->{name}, content => "\"$record->{value}\"" };
}

sub list {
    my ($self, $name) = @_;
    return good([map { record_of($_) }
        grep { $_->{name} eq $name } @{ $self->{records} }]);
}

sub remove {
    my ($self, $id) = @_;
    my ($found) = grep { $_->{id} eq $id } @{ $self->{records} };
    return bad(404, 81044, 'Record does not exist.') unless $found;
    @{ $self->{records} } = grep { $_ != $found } @{ $self->{records} };
    $self->changed($found->{name});
    return good({ id => $id });
}

sub changed {
    my ($self, $name) = @_;
    my @values = map { $_->{value} }
        grep { $_->{name} eq $name } @{ $self->{records} };
    $self->{cloud}->keep($name, @values);
    $self->{cloud}->publish($name, @values);
}

1;
