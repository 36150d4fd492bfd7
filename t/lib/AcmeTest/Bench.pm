package AcmeTest::Bench;

# Measuring side by side: every variant in every round, in turn, so that what
# else the machine does meanwhile meets all of them; then medians.
#
#     my %of = rounds(7, 'static' => sub { cost() }, 'module' => sub { ... });
#     table(['', 'us', ''], map { [$_, median(@{ $of{$_} }), ''] } ...);
#
# What a process costs is its time on a CPU, as the scheduler counts it: in
# nanoseconds, and without what it waits for.

use strict;
use warnings;

use Exporter qw(import);
use Time::HiRes qw(time);

use AcmeTest::Paths qw(nginx_path);
use AcmeTest::Poll qw(poll pause);

our @EXPORT = qw(rounds median ratio table machine cpu_of until_idle
    memory_in_all shared_memory_of seconds_of number);

# Each round calls all of the variants, each time beginning with another one.
# Gives name => [what they returned], in the order of the rounds. The first
# round, which warms up, is left out.
sub rounds {
    my ($count, @variants) = @_;
    my @names = @variants[ grep { $_ % 2 == 0 } 0 .. $#variants ];
    my %body = @variants;
    my %of = map { $_ => [] } @names;
    for my $round (0 .. $count) {
        push @names, shift @names;
        for my $name (@names) {
            my $value = $body{$name}->();
            push @{ $of{$name} }, $value if $round > 0;
        }
    }
    return %of;
}

sub median {
    my @sorted = sort { $a <=> $b } @_;
    return ($sorted[$#sorted / 2] + $sorted[@sorted / 2]) / 2;
}

# The median of the ratios in each round: what is slow for a while is slow for
# both.
sub ratio {
    my ($of, $base) = @_;
    return median(map { $of->[$_] / $base->[$_] } 0 .. $#$of);
}

# Rows of cells; the first row is the heads, and the first column is text.
sub table {
    my ($heads, @rows) = @_;
    my @width = map { my $n = $_; (sort { $b <=> $a }
        map { length($_->[$n] // '') } $heads, @rows)[0] } 0 .. $#$heads;
    print "\n";
    for my $row ($heads, @rows) {
        my @cells = map { sprintf $_ ? "%$width[$_]s" : "%-$width[$_]s",
            $row->[$_] // '' } 0 .. $#$heads;
        print join('  ', @cells) =~ s/\s+$//r, "\n";
    }
    print "\n";
    return;
}

# With so many digits as it is worth.
sub number {
    my ($value) = @_;
    return sprintf $value >= 100 ? '%.0f' : $value >= 10 ? '%.1f' : '%.2f',
        $value;
}

sub machine {
    my ($cpu) = read_file('/proc/cpuinfo') =~ /^model name\s*:\s*(.*)/m;
    my $cores = () = read_file('/proc/cpuinfo') =~ /^processor\b/mg;
    my ($kb) = read_file('/proc/meminfo') =~ /^MemTotal:\s+(\d+)/m;
    my $nginx = qx(${\ nginx_path() } -V 2>&1);
    my ($version) = $nginx =~ m{nginx version: (\S+)};
    my ($openssl) = $nginx =~ /(?:built|running) with (OpenSSL \S+)/;
    my ($kernel) = read_file('/proc/sys/kernel/osrelease') =~ /(\S+)/;
    return sprintf '%s, %d cores, %.0f GB, Linux %s, %s, %s',
        $cpu // 'a CPU', $cores, $kb / 2**20, $kernel, $version, $openssl;
}

# Nanoseconds that all threads of the processes were on a CPU.
sub cpu_of {
    my $sum = 0;
    for my $file (map { glob "/proc/$_/task/*/schedstat" } @_) {
        $sum += (split ' ', read_file($file))[0] // 0;
    }
    return $sum;
}

# Returns when a process has done next to nothing for a second.
sub until_idle {
    my ($pid) = @_;
    my $before = -1e9;
    poll(sub {
        my $now = cpu_of($pid);
        my $idle = $now - $before < 1e6;
        $before = $now;
        pause(1) unless $idle;
        return $idle;
    }, 300) or die "process $pid is busy for ever\n";
    return;
}

# What the processes take of the machine's memory together, in MB: what several
# of them have in common counts once.
sub memory_in_all {
    my $kb = 0;
    for my $pid (@_) {
        $kb += $1 if read_file("/proc/$pid/smaps_rollup") =~ /^Pss:\s+(\d+)/m;
    }
    return $kb / 1024;
}

# MB that a process has mapped to share them with its children, and how much of
# that has been written to.
sub shared_memory_of {
    my ($pid) = @_;
    my ($size, $used) = (0, 0);
    for my $mapping (split /^(?=[0-9a-f]+-)/m, read_file("/proc/$pid/smaps")) {
        next unless $mapping =~ m{^\S+ rw-s .*/dev/zero};
        $size += $1 if $mapping =~ /^Size:\s+(\d+)/m;
        $used += $1 if $mapping =~ /^Rss:\s+(\d+)/m;
    }
    return ($size / 1024, $used / 1024);
}

# How long that takes, by the clock.
sub seconds_of {
    my ($body) = @_;
    my $begin = time;
    $body->();
    return time - $begin;
}

sub read_file {
    my ($path) = @_;
    open my $file, '<', $path or return '';
    local $/;
    return scalar(<$file>) // '';
}

1;
