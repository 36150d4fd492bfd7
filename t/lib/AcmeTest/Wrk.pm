package AcmeTest::Wrk;

# Requests as fast as they are answered, by wrk.

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT_OK = qw(wrk);

# Options: url, seconds, connections, host (header). Gives how many requests
# were answered by 200, and in how many seconds.
sub wrk {
    my (%o) = @_;
    my @command = ('wrk', '-t1', '-c' . ($o{connections} // 16),
        '-d' . ($o{seconds} // 1) . 's',
        defined $o{host} ? ('-H', "Host: $o{host}") : (), $o{url});
    open my $out, '-|', @command or die "wrk: $!";
    my $said = do { local $/; <$out> };
    close $out or die "@command: $said";
    my ($requests, $seconds) = $said =~ /(\d+) requests in ([\d.]+)s/
        or die "@command: $said";
    die "@command: $said" if $said =~ /Non-2xx|Socket errors/;
    return ($requests, $seconds);
}

1;
