#!/usr/bin/perl

# ./build.sh run: nginx with the module obtains, serves and renews a
# certificate while one watches; from a CA on this machine, or with --domain
# from a public one.

use strict;
use warnings;

use Cwd qw(realpath);
use File::Basename qw(dirname);
use File::Path qw(make_path remove_tree);
use Getopt::Long;
use POSIX qw(strftime);
use Time::HiRes qw(time);

use lib dirname(realpath(__FILE__)) . '/lib';
use AcmeTest::Example qw(example_text on_loopback for_domain);
use AcmeTest::Nginx;
use AcmeTest::Paths qw(build_dir);
use AcmeTest::Pebble;
use AcmeTest::Poll qw(pause);
use AcmeTest::Port qw(free_port);
use AcmeTest::Process qw(is_running);
use AcmeTest::Tls qw(tls_connect);

my $example = 'one-line.conf';
my $lifetime = 60;

$| = 1;
my %option;
GetOptions(\%option, 'once', 'domain=s', 'issuer=s')
    && !@ARGV or die "usage: ./build.sh run [--once] [--domain NAME "
    . "[--issuer ISSUER]]\n";
die "--issuer is for a public host: say which, --domain NAME\n"
    if $option{issuer} && !$option{domain};
$option{issuer} //= 'letsencrypt-staging';
$SIG{INT} = $SIG{TERM} = sub { say_line('stop', 'ending'); exit 0 };

my $demo = eval { $option{domain} ? public_demo() : local_demo() }
    or fail($@);
say_line('nginx', "started, log: $demo->{nginx}{log}");
watch($demo);

# A fresh folder each time: the point is to see a certificate being obtained.
sub local_demo {
    my $dir = build_dir() . '/run';
    remove_tree($dir);
    make_path($dir);
    my %port = (http_port => free_port(), tls_port => free_port());
    my $dns = AcmeTest::Pebble::Dns->start(dir => $dir);
    my $ca = AcmeTest::Pebble->new(dir => $dir, dns => $dns, %port,
        validity => $lifetime)->start;
    say_line('ca', 'Pebble at ' . $ca->url
        . ", certificates live $lifetime seconds");
    my $nginx = AcmeTest::Nginx->new(dir => $dir);
    write_config($nginx, on_loopback(example_text($example), %port,
        globals => globals($nginx),
        # The name is known to this CA's DNS alone.
        http => join("\n", $nginx->http_globals, "acme_state_path $dir/state;",
            'acme_preflight off;', $ca->issuer_block)));
    return start($nginx, domain => 'api.pium.life', ca => $ca->{root_file},
        renews => 1, %port);
}

# The state stays from run to run: a public CA limits how often one may ask.
sub public_demo {
    my $dir = build_dir() . "/run-$option{domain}";
    make_path($dir);
    my $nginx = AcmeTest::Nginx->new(dir => $dir);
    write_config($nginx, for_domain(example_text($example), $option{domain},
        $option{issuer}, globals => globals($nginx),
        http => $nginx->http_globals . "\nacme_state_path $dir/state;"));
    say_line('ca', "$option{issuer}; ports 80 and 443 of this machine must be "
        . "reachable as $option{domain}");
    return start($nginx, domain => $option{domain}, http_port => 80,
        tls_port => 443, staging => $option{issuer} =~ /staging|test/);
}

sub start {
    my ($nginx, %demo) = @_;
    $demo{started} = time;
    $nginx->start;
    return { %demo, nginx => $nginx };
}

# nginx's workers may not be able to reach a folder below /root, say: then
# they run as root here, which a demonstration may.
sub globals {
    my ($nginx) = @_;
    my $text = $nginx->globals(daemon => 'off', log_level => 'info',
        workers => 2);
    return $text if $> != 0 || open_to_all($nginx->{dir});
    say_line('note', "$nginx->{dir} is closed to nginx's user: workers run as "
        . 'root');
    return "user root;\n$text";
}

sub open_to_all {
    my ($path) = @_;
    while (1) {
        return 0 unless (stat $path)[2] & 1;
        return 1 if $path eq '/';
        $path = dirname($path);
    }
}

sub write_config {
    my ($nginx, $text) = @_;
    open my $file, '>', $nginx->{conf} or die "$nginx->{conf}: $!\n";
    print $file $text;
    close $file or die "$nginx->{conf}: $!\n";
}

sub watch {
    my ($demo) = @_;
    my $first = await_certificate($demo, '', $demo->{renews} ? 60 : 600);
    fail('no certificate in time') unless $first;
    say_line('served', sprintf 'verified after %.2f s', time - $demo->{started});
    show_certificate($demo, $first);
    exit 0 if $option{once};
    show_urls($demo);
    await_renewal($demo, $first) if $demo->{renews};
    say_line('up', 'until Ctrl-C');
    while (1) {
        follow_log($demo);
        alive($demo);
        pause(0.2);
    }
}

sub await_renewal {
    my ($demo, $first) = @_;
    say_line('wait', 'for the renewal');
    my $second = await_certificate($demo, $first->{serial}, 2 * $lifetime);
    fail('no renewal in time') unless $second;
    say_line('renewed', 'another certificate, no reload, no restart');
    show_certificate($demo, $second);
}

# Shows the log meanwhile, and ends early when nginx does.
sub await_certificate {
    my ($demo, $not, $seconds) = @_;
    my $deadline = time + $seconds;
    while (time < $deadline) {
        follow_log($demo);
        alive($demo);
        my $seen = handshake($demo);
        if (acceptable($demo, $seen) && $seen->{serial} ne $not) {
            follow_log($demo);
            return $seen;
        }
        pause($demo->{renews} ? 0.02 : 0.5);
    }
    return;
}

sub handshake {
    my ($demo) = @_;
    return tls_connect(port => $demo->{tls_port}, name => $demo->{domain},
        ca => $demo->{ca});
}

# No client trusts a staging root, by design: there the name has to do.
sub acceptable {
    my ($demo, $seen) = @_;
    return $seen->{verified} unless $demo->{staging} && $seen->{ok};
    return !$seen->{self_signed}
        && grep { lc $_ eq lc $demo->{domain} } @{ $seen->{names} };
}

sub alive {
    my ($demo) = @_;
    my $master = $demo->{nginx}->master;
    return if $master && is_running($master);
    fail("nginx ended:\n" . $demo->{nginx}->said);
}

# What the module wrote since the last look; a request's line without the
# request.
sub follow_log {
    my ($demo) = @_;
    my $log = $demo->{log} //= { at => 0, rest => '' };
    open my $file, '<', $demo->{nginx}{log} or return;
    seek $file, $log->{at}, 0;
    local $/;
    $log->{rest} .= <$file> // '';
    $log->{at} = tell $file;
    while ($log->{rest} =~ s/^(.*)\n//) {
        my ($level, $message) = $1
            =~ /\[(\w+)\] \d+#\d+: (?:\*\d+ )?(acme: .*?)(?:, client: .*)?$/
            or next;
        say_line('log', "[$level] $message");
    }
}

# By a client that is not ours: what openssl says about the connection.
sub show_certificate {
    my ($demo, $seen) = @_;
    say_line('', "names    @{ $seen->{names} }");
    say_line('', "issuer   $seen->{issuer}");
    say_line('', "serial   $seen->{serial}, $seen->{key_type}, "
        . "$seen->{protocol}");
    say_line('', 'valid    ' . moment($seen->{not_before}) . ' to '
        . moment($seen->{not_after}));
    my @command = ('openssl', 's_client', '-connect',
        "127.0.0.1:$demo->{tls_port}", '-servername', $demo->{domain},
        '-verify_hostname', $demo->{domain}, '-brief',
        ($demo->{ca} ? ('-CAfile', $demo->{ca}) : ()),
        ($demo->{staging} ? () : '-verify_return_error'));
    my ($good, $output) = run_client(@command);
    fail("openssl s_client does not accept it:\n$output") unless $good;
    say_line('', "openssl  $_") for $output =~ /^(Verif.*)$/mg;
}

sub run_client {
    my (@command) = @_;
    my $log = build_dir() . '/run-openssl.out';
    unlink $log;
    my $pid = AcmeTest::Process::spawn(command => \@command, log => $log);
    waitpid $pid, 0;
    my $good = $? == 0;
    AcmeTest::Process::stop_group($pid);
    return ($good, AcmeTest::Nginx::slurp($log));
}

sub show_urls {
    my ($demo) = @_;
    my ($name, $plain, $tls) = @$demo{qw(domain http_port tls_port)};
    if (!$demo->{renews}) {
        say_line('url', "https://$name/");
        return;
    }
    say_line('url', "http://127.0.0.1:$plain/ and https://$name:$tls/, as in");
    say_line('', "curl --resolve $name:$tls:127.0.0.1 --cacert $demo->{ca} "
        . "https://$name:$tls/");
    say_line('conf', $demo->{nginx}{conf});
    say_line('log', $demo->{nginx}{log});
}

sub moment { return strftime('%H:%M:%S', localtime $_[0]) }

sub say_line {
    my ($what, $text) = @_;
    printf "  %-7s %s\n", $what, $text;
}

sub fail {
    my ($why) = @_;
    chomp $why;
    print STDERR "build.sh run: $why\n";
    exit 1;
}
