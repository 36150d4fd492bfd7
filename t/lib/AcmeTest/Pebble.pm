package AcmeTest::Pebble;

# A real CA on loopback: Pebble, and the DNS server that comes with it.

use strict;
use warnings;

use Fcntl qw(:flock);
use File::Path qw(make_path remove_tree);
use IO::Socket::INET;
use IO::Socket::SSL;
use JSON::PP;
use Exporter qw(import);

use AcmeTest::Http qw(http_request parse_response);
use AcmeTest::Paths qw(build_dir tool);
use AcmeTest::Poll qw(poll);
use AcmeTest::Port qw(free_port);
use AcmeTest::Process qw(spawn stop_group is_running);
use AcmeTest::Tls qw(tls_connect);

our @EXPORT_OK = qw(test_ca);

# Pebble's paths for the resources of a directory.
my %path = (
    directory => '/dir',
    newNonce => '/nonce-plz',
    newAccount => '/sign-me-up',
    newOrder => '/order-plz',
    order => '/my-order/',
    finalize => '/finalize-order/',
    authorization => '/authZ/',
    challenge => '/chalZ/',
    certificate => '/certZ/',
    revokeCert => '/revoke-cert',
    keyChange => '/rollover-account-key',
    renewalInfo => '/draft-ietf-acme-ari-03/renewalInfo/',
);

# Pebble comes without a certificate for its own HTTPS: a CA of ours signs one,
# once for each build folder, and is trusted by name everywhere. Gives the
# folder with ca.pem, localhost.pem and localhost.key.
sub test_ca {
    my $folder = build_dir() . '/test-ca';
    make_path(build_dir());
    open my $lock, '>', "$folder.lock" or die "$folder.lock: $!";
    flock $lock, LOCK_EX or die "flock: $!";
    return $folder if -e "$folder/localhost.pem" && -M _ < 300;
    remove_tree($folder, "$folder.new");
    make_path("$folder.new");
    make_test_ca("$folder.new");
    rename "$folder.new", $folder or die "$folder: $!";
    return $folder;
}

sub make_test_ca {
    my ($folder) = @_;
    my @new = ('req', '-x509', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:P-256', '-nodes', '-days', '3650');
    openssl($folder, @new, '-keyout', 'ca.key', '-out', 'ca.pem',
        '-subj', '/CN=acme test CA',
        '-addext', 'keyUsage=critical,keyCertSign');
    openssl($folder, @new, '-keyout', 'localhost.key', '-out', 'localhost.pem',
        '-subj', '/CN=localhost', '-CA', 'ca.pem', '-CAkey', 'ca.key',
        '-addext', 'basicConstraints=critical,CA:FALSE',
        '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1');
}

sub openssl {
    my ($folder, @arguments) = @_;
    my $pid = spawn(command => ['openssl', @arguments], dir => $folder,
        log => "$folder/openssl.log");
    waitpid $pid, 0;
    die "openssl @arguments failed, see $folder/openssl.log\n" if $?;
}

# Options: dir (for its files), name, http_port and tls_port (where challenges
# are answered), version (newest or old), strict (1), nonce_reject (5 percent),
# authz_reuse (percent; at 0 Pebble still reuses one in a hundred), no_sleep
# (1), validity (seconds; newest only), profiles, retry_after ({ authz, order
# }), config (more keys), env, dns.
sub new {
    my ($class, %o) = @_;
    my $self = bless {
        version => 'newest', name => 'pebble', strict => 1, nonce_reject => 5,
        authz_reuse => 0, no_sleep => 1, port => free_port(),
        management_port => free_port(), %o }, $class;
    $self->{folder} = "$self->{dir}/$self->{name}";
    mkdir $self->{folder} or die "$self->{folder}: $!";
    $self->{log} = "$self->{folder}/pebble.log";
    return $self;
}

# A CA that was stopped and is started again is a new one: another root, no
# accounts, at the same address.
sub start {
    my ($self) = @_;
    my $dns = $self->{dns};
    $self->write_config;
    $self->{pid} = spawn(
        command => [tool('pebble', $self->{version}),
            '-config', "$self->{folder}/config.json",
            '-dnsserver', "127.0.0.1:$dns->{port}",
            ($self->{strict} ? '-strict' : ())],
        env => { $self->environment }, log => $self->{log},
        dir => $self->{folder});
    await_port($_, $self->{pid}, $self->{log})
        for $self->{port}, $self->{management_port};
    $self->fetch_roots;
    return $self;
}

sub stop {
    my ($self) = @_;
    stop_group(delete $self->{pid}, 'KILL') if $self->{pid};
}

# A CA that is held takes connections and answers none until it goes on.
sub hold { kill STOP => $_[0]{pid} }

sub go_on { kill CONT => $_[0]{pid} }

sub write_config {
    my ($self) = @_;
    my $tls = test_ca();
    my %config = (
        listenAddress => "127.0.0.1:$self->{port}",
        managementListenAddress => "127.0.0.1:$self->{management_port}",
        certificate => "$tls/localhost.pem",
        privateKey => "$tls/localhost.key",
        httpPort => $self->{http_port} + 0,
        tlsPort => $self->{tls_port} + 0,
        ocspResponderURL => '',
        externalAccountBindingRequired => JSON::PP::false,
        domainBlocklist => ['blocked-domain.example'],
        retryAfter => $self->{retry_after} // { authz => 1, order => 1 },
        profiles => $self->{profiles} // { default => {
            description => 'the default',
            validityPeriod => $self->{validity} // 90 * 86400 } },
        %{ $self->{config} // {} });
    open my $file, '>', "$self->{folder}/config.json" or die $!;
    print $file JSON::PP->new->canonical->pretty->encode(
        { pebble => \%config });
    close $file or die $!;
}

sub environment {
    my ($self) = @_;
    return (
        PEBBLE_WFE_NONCEREJECT => $self->{nonce_reject},
        PEBBLE_AUTHZREUSE => $self->{authz_reuse},
        ($self->{no_sleep} ? (PEBBLE_VA_NOSLEEP => 1) : ()),
        %{ $self->{env} // {} });
}

sub await_port {
    my ($port, $pid, $log, $address) = @_;
    my $socket = poll(sub {
        die "ended at once, see $log:\n" . slurp($log)
            unless is_running($pid);
        IO::Socket::INET->new(PeerAddr => $address // '127.0.0.1',
            PeerPort => $port);
    }, 60);
    die "nothing listens on port $port, see $log\n" unless $socket;
}

# A verified connection to it, or nothing.
sub connect {
    my ($self) = @_;
    return IO::Socket::SSL->new(PeerAddr => '127.0.0.1',
        PeerPort => $self->{port}, SSL_hostname => 'localhost',
        SSL_verifycn_name => 'localhost', SSL_ca_file => ca_file());
}

# All the roots that Pebble made, in one file: what a verifying client trusts.
sub fetch_roots {
    my ($self) = @_;
    my $count = 1 + ($self->{env}{PEBBLE_ALTERNATE_ROOTS} // 0);
    my @roots = map { $self->manage("/roots/$_")->{body} } 0 .. $count - 1;
    $self->{root_file} = "$self->{folder}/roots.pem";
    open my $file, '>', $self->{root_file} or die $!;
    print $file @roots;
    close $file or die $!;
}

# The management interface: GET, or POST when there is something to send.
sub manage {
    my ($self, $path, $body) = @_;
    my $request = defined $body
        ? "POST $path HTTP/1.0\r\nUser-Agent: t\r\nContent-Length: " . length($body)
            . "\r\n\r\n$body"
        : "GET $path HTTP/1.0\r\n\r\n";
    my $result = tls_connect(port => $self->{management_port},
        name => 'localhost', ca => test_ca() . '/ca.pem',
        request => $request);
    die "Pebble's management: $result->{error}\n" unless $result->{ok};
    die "Pebble's management: $result->{verify_error}\n"
        unless $result->{verified};
    return parse_response($result->{response});
}

# What it answers from now on when it is asked about the renewal of this
# certificate (PEM): any text (newest only).
sub set_renewal_info {
    my ($self, $certificate, $text) = @_;
    my $answer = $self->manage('/set-renewal-info/',
        encode_json({ certificate => $certificate, ariResponse => $text }));
    die "set-renewal-info: $answer->{status} $answer->{body}\n"
        unless $answer->{status} == 200;
}

sub url { return "https://localhost:$_[0]{port}/dir" }
sub ca_file { return test_ca() . '/ca.pem' }

# An acme_issuer block for this CA, with more options inside when given.
sub issuer_block {
    my ($self, %o) = @_;
    my $name = $o{name} // $self->{name};
    my $more = $o{more} // '';
    return "acme_issuer $name {\n"
        . '    uri ' . $self->url . ";\n"
        . '    ssl_trusted_certificate ' . ca_file() . ";\n"
        . "    accept_terms_of_service;\n"
        . ($more && "    $more\n")
        . "}\n";
}

# The name of the resource that a path leads to; the path itself if none.
sub resource_of {
    my ($wanted) = @_;
    for my $name (keys %path) {
        my $path = $path{$name};
        return $name if $wanted eq $path
            || ($path =~ m{/$} && index($wanted, $path) == 0);
    }
    return $wanted;
}

# Counts, from Pebble's own log. A request refused for its nonce counts too:
# orders and accounts count what came into being.
sub requests {
    my ($self, $resource) = @_;
    my $path = quotemeta($path{$resource} // $resource);
    return $self->count_log(qr/ (?:GET|POST|HEAD) $path -> calling handler/);
}

sub orders { return $_[0]->count_log(qr/Added order "/) }
sub issued { return $_[0]->count_log(qr/Issued certificate serial/) }

sub accounts {
    return $_[0]->count_log(qr/There are now \d+ accounts in memory/);
}

sub count_log {
    my ($self, $pattern) = @_;
    return scalar grep { $_ =~ $pattern } split /\n/, slurp($self->{log});
}

sub log_text { return slurp($_[0]{log}) }

sub slurp {
    my ($path) = @_;
    open my $file, '<', $path or return '';
    local $/;
    return scalar(<$file>) // '';
}

package AcmeTest::Pebble::Dns;

use strict;
use warnings;

# pebble-challtestsrv: answers every name with 127.0.0.1, unless told
# otherwise by manage(). Options: dir, version, address.
sub start {
    my ($class, %o) = @_;
    my $self = bless { version => 'newest', port => AcmeTest::Port::free_port(),
        management_port => AcmeTest::Port::free_port(), %o }, $class;
    my $program = AcmeTest::Paths::tool('pebble-challtestsrv',
        $self->{version});
    my $help = `$program -h 2>&1`;
    my $dns_flag = $help =~ /-dnsserver/ ? '-dnsserver' : '-dns01';
    my $log = "$self->{dir}/dns-$self->{port}.log";
    $self->{pid} = AcmeTest::Process::spawn(
        command => [$program, '-management',
            "127.0.0.1:$self->{management_port}",
            $dns_flag, "127.0.0.1:$self->{port}",
            '-http01', '', '-https01', '', '-tlsalpn01', '',
            ($help =~ /-doh / ? ('-doh', '') : ()),
            '-defaultIPv4', $self->{address} // '127.0.0.1',
            '-defaultIPv6', $self->{address6} // ''],
        log => $log);
    AcmeTest::Pebble::await_port($self->{management_port}, $self->{pid}, $log);
    return $self;
}

# For example manage('add-a', { host => 'a.example', addresses => [...] }).
sub manage {
    my ($self, $command, $arguments) = @_;
    my $answer = AcmeTest::Http::http_request($self->{management_port},
        "/$command", method => 'POST',
        body => JSON::PP->new->encode($arguments));
    die "challtestsrv $command: " . ($answer->{status} // $answer->{error})
        unless ($answer->{status} // 0) == 200;
    return $answer->{body};
}

sub stop {
    my ($self) = @_;
    AcmeTest::Process::stop_group(delete $self->{pid}) if $self->{pid};
}

1;
