package AcmeTest::CloudDns::Route53;

# Route 53 (2013-04-01) as far as TXT records go. A change is PENDING at the
# first looks at it; values that it brings are published when somebody has
# found it INSYNC, values that it takes away at once.

use strict;
use warnings;

use AcmeTest::FaultyCa::Http qw(header);
use AcmeTest::Sigv4;

my $version = '/2013-04-01';
my $namespace = 'https://route53.amazonaws.com/doc/2013-04-01/';
my $declaration = qq{<?xml version="1.0" encoding="UTF-8"?>\n};

sub new {
    my ($class, %o) = @_;
    my $self = bless { %o, sets => {}, changes => {}, published => {},
        last => 0, zone => {} }, $class;
    for my $name (@{ $o{zones} }) {
        my $private = $name =~ s/^-//r ne $name;
        my $id = sprintf 'Z%013dEXAMPLE', ++$self->{last};
        $self->{zone}{$id} = { name => $name =~ s/^-//r,
            private => $private };
    }
    return $self;
}

sub service { return 'route53' }
sub owns { return index($_[1], "$version/") == 0 }

sub answer {
    my ($self, $request) = @_;
    my $wrong = AcmeTest::Sigv4::verify($request->{raw},
        keys => $self->{keys}, service => 'route53', region => 'us-east-1');
    return refuse(403, @$wrong) if $wrong;
    my $line = "$request->{method} "
        . substr $request->{target}, length $version;
    return $self->list_zones($1)
        if $line =~ m{^GET /hostedzonesbyname\?dnsname=([^&]+)&maxitems=\d+$};
    return $self->list_set($1, $2) if $line =~
        m{^GET /hostedzone/(\w+)/rrset\?maxitems=1&name=([^&]+)&type=TXT$};
    return $self->change_set($1, $request)
        if $line =~ m{^POST /hostedzone/(\w+)/rrset/$};
    return $self->get_change($1) if $line =~ m{^GET /change/(\w+)$};
    return refuse(400, 'InvalidInput', "unknown request: $line");
}

# What a test asks for needs no complaint, other than what a client did.
sub error_body {
    my ($self, $status) = @_;
    my %code = (400 => 'Throttling', 401 => 'MissingAuthenticationToken',
        403 => 'AccessDenied', 429 => 'Throttling');
    return '<html><body>Service Unavailable</body></html>'
        unless $code{$status};
    return error_xml($code{$status}, 'as the test wants it');
}

sub refuse {
    my ($status, $code, $message) = @_;
    return { %{ xml($status, error_xml($code, $message)) },
        complaint => "$code: $message" };
}

sub error_xml {
    my ($code, $message) = @_;
    return qq{<?xml version="1.0"?>\n<ErrorResponse xmlns="$namespace">}
        . "<Error><Type>Sender</Type><Code>$code</Code><Message>"
        . escape($message) . '</Message></Error>'
        . '<RequestId>example</RequestId></ErrorResponse>';
}

sub xml {
    my ($status, $body) = @_;
    return { status => $status, headers => ['Content-Type' => 'text/xml'],
        body => $body };
}

sub envelope {
    my ($name, $content) = @_;
    return xml(200, qq{<?xml version="1.0"?>\n<$name xmlns="$namespace">}
        . "$content</$name>");
}

sub escape {
    my %entity = ('<' => '&lt;', '>' => '&gt;', '&' => '&amp;');
    return $_[0] =~ s/([<>&])/$entity{$1}/gr;
}

# --- zones -----------------------------------------------------------------

sub reversed { return join '.', reverse split /\./, $_[0] }

# From the name on, in the order of reversed labels: what follows is not what
# was asked for.
sub list_zones {
    my ($self, $name) = @_;
    my $zone = $self->{zone};
    my @found = sort {
        reversed($zone->{$a}{name}) cmp reversed($zone->{$b}{name}) || $a cmp $b
    } grep { reversed($zone->{$_}{name}) ge reversed($name) } keys %$zone;
    my $list = join '', map { $self->zone_xml($_) } @found;
    return envelope('ListHostedZonesByNameResponse',
        "<HostedZones>$list</HostedZones><DNSName>$name.</DNSName>"
        . '<IsTruncated>false</IsTruncated><MaxItems>100</MaxItems>');
}

sub zone_xml {
    my ($self, $id) = @_;
    my $zone = $self->{zone}{$id};
    my $private = $zone->{private} ? 'true' : 'false';
    return "<HostedZone><Id>/hostedzone/$id</Id><Name>$zone->{name}.</Name>"
        . '<CallerReference>example</CallerReference><Config>'
        . "<PrivateZone>$private</PrivateZone></Config>"
        . '<ResourceRecordSetCount>2</ResourceRecordSetCount></HostedZone>';
}

sub is_in_zone {
    my ($self, $id, $name) = @_;
    my $zone = $self->{zone}{$id};
    return $zone && !$zone->{private}
        && ($name eq $zone->{name} || $name =~ /\.\Q$zone->{name}\E$/);
}

# --- record sets -----------------------------------------------------------

# The first set at or after the name.
sub list_set {
    my ($self, $id, $name) = @_;
    return refuse(404, 'NoSuchHostedZone', "No hosted zone $id")
        unless $self->is_in_zone($id, $name);
    my ($found) = sort { reversed($a) cmp reversed($b) }
        grep { reversed($_) ge reversed($name) } keys %{ $self->{sets} };
    my $list = defined $found ? set_xml($found, $self->{sets}{$found}) : '';
    return envelope('ListResourceRecordSetsResponse',
        "<ResourceRecordSets>$list</ResourceRecordSets>"
        . '<IsTruncated>false</IsTruncated><MaxItems>1</MaxItems>');
}

sub set_xml {
    my ($name, $set) = @_;
    return "<ResourceRecordSet><Name>$name.</Name><Type>TXT</Type>"
        . "<TTL>$set->{ttl}</TTL><ResourceRecords>"
        . join('', map { '<ResourceRecord><Value>' . escape($_)
            . '</Value></ResourceRecord>' } @{ $set->{values} })
        . '</ResourceRecords></ResourceRecordSet>';
}

sub change_set {
    my ($self, $id, $request) = @_;
    my $type = header($request, 'Content-Type') // '';
    return refuse(400, 'InvalidInput', "Content-Type is \"$type\"")
        unless $type eq 'application/xml';
    my $change = read_change($request->{body})
        or return refuse(400, 'MalformedXML', $request->{body});
    my ($name, $set) = @$change{qw(name set)};
    return refuse(404, 'NoSuchHostedZone', "$name is not in zone $id")
        unless $self->is_in_zone($id, $name);
    if ($change->{action} eq 'DELETE') {
        return refuse(400, 'InvalidChangeBatch', "[Tried to delete $name, "
            . 'but the values provided do not match the current values]')
            if set_xml($name, $set)
                ne set_xml($name, $self->{sets}{$name} // { ttl => 0 });
        $set = undef;
    }
    return $self->accept_change($name, $set);
}

# The whole body, to the byte: what is put together from what was found in it
# must be what came.
sub read_change {
    my ($body) = @_;
    my ($action, $name, $ttl, $records) = $body =~
        m{<Action>(UPSERT|DELETE)</Action>.*<Name>([a-z0-9._-]+)\.</Name>
          .*<TTL>(\d+)</TTL><ResourceRecords>(.+)</ResourceRecords>}sx
        or return;
    my %set = (ttl => $ttl, values => [map { unescape($_) }
        $records =~ m{<ResourceRecord><Value>("[^<]{1,255}")</Value>}g]);
    my $expected = $declaration
        . qq{<ChangeResourceRecordSetsRequest xmlns="$namespace">}
        . "<ChangeBatch><Changes><Change><Action>$action</Action>"
        . set_xml($name, \%set)
        . '</Change></Changes></ChangeBatch>'
        . '</ChangeResourceRecordSetsRequest>';
    return unless $body eq $expected;
    return { action => $action, name => $name, set => \%set };
}

sub unescape {
    my %character = (lt => '<', gt => '>', amp => '&');
    return $_[0] =~ s/&(\w+);/$character{$1}/gr;
}

sub accept_change {
    my ($self, $name, $set) = @_;
    delete $self->{sets}{$name};
    $self->{sets}{$name} = $set if $set;
    my @values = $self->values_of($name);
    $self->{cloud}->keep($name, @values);
    my %kept = map { $_ => 1 } @values;
    $self->publish($name,
        grep { $kept{$_} } @{ $self->{published}{$name} // [] });
    my $id = sprintf 'C%013dEXAMPLE', ++$self->{last};
    $self->{changes}{$id} = { looks => 0, name => $name };
    return envelope('ChangeResourceRecordSetsResponse',
        change_xml($id, 'PENDING'));
}

sub get_change {
    my ($self, $id) = @_;
    my $change = $self->{changes}{$id}
        or return refuse(404, 'NoSuchChange', "No change $id");
    return envelope('GetChangeResponse', change_xml($id, 'PENDING'))
        if $change->{looks}++ < $self->{pending};
    $self->publish($change->{name}, $self->values_of($change->{name}));
    return envelope('GetChangeResponse', change_xml($id, 'INSYNC'));
}

sub values_of {
    my ($self, $name) = @_;
    my $set = $self->{sets}{$name} or return;
    return map { s/^"|"$//gr } @{ $set->{values} };
}

sub change_xml {
    my ($id, $status) = @_;
    return "<ChangeInfo><Id>/change/$id</Id><Status>$status</Status>"
        . '<SubmittedAt>2026-11-23T00:00:00.000Z</SubmittedAt></ChangeInfo>';
}

sub publish {
    my ($self, $name, @values) = @_;
    $self->{published}{$name} = [@values];
    $self->{cloud}->publish($name, @values);
}

1;
