package AcmeTest::Port;

# Free loopback ports, below the range that the kernel gives to outgoing
# connections. A locked file per port keeps tests that run at the same time
# apart: between our look and the server's bind nobody else takes the port.

use strict;
use warnings;

use Fcntl qw(:flock);
use File::Spec;
use IO::Socket::INET;
use Exporter qw(import);

our @EXPORT_OK = qw(free_port);

my @locks;

sub free_port {
    my ($first, $last) = range();
    for (1 .. 500) {
        my $port = $first + int rand($last - $first);
        my $lock = lock_port($port) or next;
        next unless is_free($port, 'tcp') && is_free($port, 'udp');
        push @locks, $lock;
        return $port;
    }
    die "no free port between $first and $last\n";
}

sub range {
    my $last = 32768;
    if (open my $file, '<', '/proc/sys/net/ipv4/ip_local_port_range') {
        ($last) = <$file> =~ /^(\d+)/;
    }
    return $last > 20000 ? ($last > 25000 ? 20000 : 10000, $last - 1)
        : (40000, 60000);
}

sub lock_port {
    my ($port) = @_;
    my $folder = File::Spec->tmpdir . "/acme-test-ports-$>";
    mkdir $folder, 0700;
    open my $lock, '>', "$folder/$port" or die "$folder/$port: $!";
    return flock($lock, LOCK_EX | LOCK_NB) ? $lock : undef;
}

sub is_free {
    my ($port, $proto) = @_;
    my $socket = IO::Socket::INET->new(
        Proto => $proto,
        LocalAddr => '127.0.0.1',
        LocalPort => $port,
        ($proto eq 'tcp' ? (Listen => 1) : ()));
    return defined $socket;
}

1;
