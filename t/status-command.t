# ./build.sh status: a table for people, an exit code for monitoring.

use strict;
use warnings;

use File::Temp qw(tempdir);
use IO::Socket::INET;
use JSON::PP;
use POSIX qw(strftime);
use Test::More;

use lib 't/lib';
use AcmeTest::Paths qw(root);
use AcmeTest::Port qw(free_port);
use AcmeTest::Process qw(fork_child stop_group);
use AcmeTest::Schema qw(schema_errors);

use constant DAY => 86400;

my $now = 1_800_000_000;
my $dir = tempdir(CLEANUP => 1);
my %given = (
    valid => status(certificate('a.example'), certificate('b.example')),
    pending => status(certificate('a.example', state => 'pending',
        not_before => undef, not_after => undef,
        activity => 'finalizing order')),
    failing => status(certificate('a.example', state => 'failing',
        attempts => 3, next_action => 'retry', next_at => time_of(3 * 3600),
        last_error => { at => time_of(-60), message => 'placing order: no',
            detail => 'no', url => 'https://ca.example/doc' })),
    expired => status(certificate('a.example', state => 'expired',
        not_before => time_of(-90 * DAY), not_after => time_of(-3 * DAY))),
    soon => status(certificate('a.example',
        not_before => time_of(-80 * DAY), not_after => time_of(10 * DAY))),
    short => status(certificate('a.example',
        not_before => time_of(-3 * DAY), not_after => time_of(3 * DAY))),
    down => { %{ status(certificate('a.example')) },
        helper => { pid => 7, since => time_of(-9), up => JSON::PP::false } },
    none => { %{ status() }, helper => undef },
    hostile => status(certificate("a\e[31m\n.example")),
);
delete $given{none}{helper};
$given{first} = { %{ status(certificate('a.example')) }, next_page => 2 };
my $port = free_port();
my $server = serve();

is(schema_errors($dir, encode_json($given{failing})), '',
    'what is given here is as the schema has it');
my %exit = (valid => 0, pending => 0, failing => 1, expired => 1, soon => 2,
    short => 0, down => 1, none => 0, hostile => 0, text => 3, missing => 3);
for my $name (sort keys %exit) {
    my ($code) = command(url($name));
    is($code, $exit{$name}, "exit code: $name");
}
is((command('--warn', 5, url('soon')))[0], 0, 'less is soon where it is said');
is((command("http://127.0.0.1:1/"))[0], 3, 'nobody answers');
is((command())[0], 3, 'no URL');

my (undef, $table) = command(url('valid'));
like($table, qr/^valid +a\.example  until 2027-03-1\d \(in 6\d d\)  renew in 3\d d  ca$/m,
    'a line for each certificate');
like($table, qr/^2 certificates: 2 valid; helper at work since 2027-/m,
    'and one for all');
(undef, $table) = command(url('failing'));
like($table, qr/^failing .*retry in 3 h.*\n {10}placing order: no https:\/\/ca\.example\/doc$/m,
    'a complaint in the CA\'s words');
like((command(url('pending')))[1], qr/no certificate yet  finalizing order/,
    'what is under way');
like((command(url('down')))[1], qr/^The helper is down/m, 'a helper that is down');
unlike((command(url('hostile')))[1], qr/[^\n[:print:]]/,
    'nothing steers the terminal');
unlike($table, qr/\e/, 'no colours in a file');

my ($code, $text) = command('--json', url('first'));
my $json = decode_json($text);
is_deeply([ map { $_->{id} } @{ $json->{certificates} } ],
    ['a.example', 'z.example'], 'all pages in one JSON');
ok(!exists $json->{next_page}, 'with nothing left out');
is((command(url('user'), '--user', 'ops:secret'))[0], 0,
    'options for curl');
is((command(url('user')))[0], 3, 'without which there is nothing');

stop_group($server);
done_testing;

sub time_of { return strftime('%Y-%m-%dT%H:%M:%SZ', gmtime($now + $_[0])) }
sub url { return "http://127.0.0.1:$port/$_[0]" }

sub certificate {
    my ($id, %o) = @_;
    my %certificate = (id => $id, names => [$id], served => JSON::PP::true,
        state => 'valid', issuer => 'ca', key_types => ['ecdsa:256'],
        next_action => 'renew', next_at => time_of(30 * DAY), attempts => 0,
        not_before => time_of(-30 * DAY), not_after => time_of(60 * DAY), %o);
    return { map { defined $certificate{$_} ? ($_ => $certificate{$_}) : () }
        keys %certificate };
}

sub status {
    my @certificates = @_;
    my %states = map { $_ => 0 } qw(pending valid renewing failing expired);
    $states{ $_->{state} }++ for @certificates;
    return { version => '1', now => time_of(0), total => scalar @certificates,
        helper => { pid => 7, since => time_of(-9), up => JSON::PP::true },
        states => \%states, certificates => \@certificates };
}

# Exit code and output.
sub command {
    my @arguments = @_;
    my $pid = open(my $out, '-|') // die "fork: $!";
    if (!$pid) {
        open STDERR, '>', '/dev/null';
        exec root() . '/build.sh', 'status', @arguments;
    }
    my $text = do { local $/; <$out> } // '';
    close $out;
    return ($? >> 8, $text);
}

sub serve {
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $port, Listen => 8, ReuseAddr => 1) or die "$port: $!";
    return fork_child(sub {
        while (my $client = $listener->accept) {
            answer($client);
            close $client;
        }
    });
}

sub answer {
    my ($client) = @_;
    local $/ = "\r\n\r\n";
    my $request = <$client> // return;
    my ($name, $query) = $request =~ m{^GET /(\w+)\?(\S+)} or return;
    my $good = $query =~ /\bformat=json\b/
        && ($name ne 'user' || $request =~ /^Authorization: Basic/mi);
    my $given = $name eq 'user' ? $given{valid} : $given{$name};
    if ($name eq 'first' && $query =~ /\bpage=2\b/) {
        $given = status(certificate('z.example'));
    }
    my $body = $name eq 'text' ? 'hello' : $given ? encode_json($given) : '';
    my $status = $good && length $body ? '200 OK' : '404 Not Found';
    print $client "HTTP/1.0 $status\r\n\r\n$body";
    return;
}
