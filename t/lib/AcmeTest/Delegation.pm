package AcmeTest::Delegation;

# Real name servers on loopback: one that is authoritative for a zone, at port
# 53 of an address of its own (a delegation cannot name a port), and a recursive
# one that follows delegations from there. nginx has a third address for its own
# zone. These are Knot DNS, which takes signed updates, and Unbound.

use strict;
use warnings;

use Fcntl qw(:flock);
use File::Copy qw(copy);
use File::Spec;
use IO::Socket::INET;

use AcmeTest::Pebble;
use AcmeTest::Port qw(free_port);
use AcmeTest::Process qw(spawn stop_group);

my @locks;

my $key = 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=';

# Options: dir (for files), zone (its name), records (lines of a zone file, in
# which %%NGINX%%, %%OTHER%% and %%SILENT%% are addresses of nginx, of another
# machine, and of none). The zone may be changed with the key in
# key_file, as nsupdate reads it.
sub start {
    my ($class, %o) = @_;
    my $net = free_net();
    my $self = bless { port => free_port(), authoritative => "$net.2",
        nginx => "$net.3", other => "$net.4", silent => "$net.5",
        folder => "$o{dir}/dns", %o }, $class;
    for my $folder ($self->{folder}, "$self->{folder}/db") {
        mkdir $folder or die "$folder: $!";
    }
    $self->{key_file} = write_text("$self->{folder}/update.key", 0644,
        "key \"acme\" { algorithm hmac-sha256; secret \"$key\"; };\n");
    $self->write_zone;
    $self->run(knotd => '-c', $self->authoritative_config,
        $self->{authoritative}, 53);
    $self->run(unbound => '-d', $self->recursive_config, '127.0.0.1',
        $self->{port});
    return $self;
}

sub stop {
    my ($self) = @_;
    stop_group($_, 'KILL') for splice @{ $self->{pids} };
}

# As pebble-challtestsrv: set-txt adds a value to a host, clear-txt takes all
# away.
sub manage {
    my ($self, $command, $arguments) = @_;
    $self->change($command eq 'set-txt'
        ? "add $arguments->{host} 1 TXT \"$arguments->{value}\""
        : "delete $arguments->{host} TXT");
}

# What nsupdate takes after "update".
sub change {
    my ($self, $change) = @_;
    open my $nsupdate, '|-', 'nsupdate', '-k', $self->{key_file}
        or die "nsupdate: $!";
    print $nsupdate "server $self->{authoritative}\nupdate $change\nsend\n";
    close $nsupdate or die "nsupdate $change failed\n";
}

# What dig says, asking an address (the recursive server unless given).
sub dig {
    my ($self, @arguments) = @_;
    my @server = grep { /^\@/ } @arguments;
    @server = ('@127.0.0.1', '-p', $self->{port}) unless @server;
    return run_dig(@server, grep { !/^\@/ } @arguments);
}

sub run_dig {
    my (@arguments) = @_;
    open my $out, '-|', 'dig', '+tries=1', '+time=3', @arguments
        or die "dig: $!";
    local $/;
    return <$out> // '';
}

# --- the servers -----------------------------------------------------------

sub run {
    my ($self, $name, $option, $config, $address, $port) = @_;
    # A copy is not confined by a profile for the original's path.
    my $program = "$self->{folder}/$name";
    copy("/usr/sbin/$name", $program) or die "/usr/sbin/$name: $!";
    chmod 0755, $program;
    my $file = write_text("$program.conf", 0644, $config);
    my @options = $option eq '-c' ? ('-c') : ($option, '-p', '-c');
    my $pid = spawn(log => "$program.log", dir => $self->{folder},
        command => [$program, @options, $file]);
    push @{ $self->{pids} }, $pid;
    AcmeTest::Pebble::await_port($port, $pid, "$program.log", $address);
}

sub authoritative_config {
    my ($self) = @_;
    return <<"END";
server:
    listen: $self->{authoritative}\@53
    rundir: "$self->{folder}"
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "$self->{folder}/db"
log:
  - target: stderr
    any: info
key:
  - id: acme
    algorithm: hmac-sha256
    secret: $key
acl:
  - id: update
    key: acme
    action: update
zone:
  - domain: $self->{zone}
    storage: "$self->{folder}"
    file: zone
    acl: update
    zonefile-sync: -1
    semantic-checks: off
END
}

# One that keeps nothing of the zone, for a change is to be seen at once, and
# asks as little as it can of each server.
sub recursive_config {
    my ($self) = @_;
    return <<"END";
server:
    interface: 127.0.0.1
    port: $self->{port}
    directory: "$self->{folder}"
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    do-daemonize: no
    do-not-query-localhost: no
    do-ip6: no
    module-config: "iterator"
    qname-minimisation-strict: yes
    use-caps-for-id: yes
    cache-max-ttl: 1
    cache-max-negative-ttl: 1
    infra-host-ttl: 1
remote-control:
    control-enable: no
stub-zone:
    name: "$self->{zone}"
    stub-addr: $self->{authoritative}
    stub-no-cache: yes
END
}

sub write_zone {
    my ($self) = @_;
    my $records = $self->{records} =~ s/%%(\w+)%%/$self->{lc $1}/gr;
    write_text("$self->{folder}/zone", 0644, <<"END");
\$TTL 1
@ SOA ns.$self->{zone}. hostmaster.$self->{zone}. 1 3600 600 86400 1
@ NS ns.$self->{zone}.
ns A $self->{authoritative}
$records
END
}

sub write_text {
    my ($path, $mode, $text) = @_;
    open my $file, '>', $path or die "$path: $!";
    print $file $text;
    close $file or die "$path: $!";
    chmod $mode, $path or die "$path: $!";
    return $path;
}

# Three addresses that no other test has.
sub free_net {
    for (1 .. 200) {
        my $net = '127.53.' . int rand 256;
        my $path = File::Spec->tmpdir . "/acme-test-ports-$>";
        mkdir $path, 0700;
        open my $lock, '>', "$path/$net" or die "$path/$net: $!";
        next unless flock $lock, LOCK_EX | LOCK_NB;
        push @locks, $lock;
        return $net;
    }
    die "no free loopback addresses\n";
}

1;
