package AcmeTest::CloudDns::Container;

# Where a container of Amazon's gets its credentials: other ones each time, good
# for a few seconds. What is signed with them later is refused.

use strict;
use warnings;

use JSON::PP;
use POSIX qw(strftime);

my $json = JSON::PP->new->canonical;
my $life = 8;

sub new {
    my ($class, %o) = @_;
    return bless { %o, given => 0 }, $class;
}

sub service { return 'container' }
sub owns { return $_[1] eq '/container/credentials' }

sub answer {
    my ($self) = @_;
    my $n = ++$self->{given};
    my $id = "ASIACONTAINER$n";
    my $key = $self->{keys}{$id} = { secret => "secret/$n+=",
        token => "token/$n+=", expires => time + $life };
    return { status => 200, headers => ['Content-Type' => 'application/json'],
        body => $json->encode({ RoleArn => 'arn:aws:iam::123456789012:role/acme',
            AccessKeyId => $id, SecretAccessKey => $key->{secret},
            Token => $key->{token}, Expiration =>
                strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $key->{expires}) }) };
}

sub error_body { return '{"message":"as the test wants it"}' }

1;
