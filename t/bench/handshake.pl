# What a full handshake costs a worker: its time on a CPU with a static
# certificate, with acme_domain, with acme_domain when a server has a hundred
# certificates to choose from by name, and with nginx's variables. All in one
# nginx, one worker, each server on a port of its own.

use strict;
use warnings;

use Socket qw(IPPROTO_TCP TCP_NODELAY);

use AcmeTest;
use AcmeTest::Bench;
use AcmeTest::Bundle;

my $rounds = 9;
my $handshakes = 400;
my $many = 100;

my $t = AcmeTest->new(log_level => 'warn');
my %server = (static => 'static', module => 'acme_domain',
    sni => "acme_domain, 1 of $many by SNI", variables => 'variables');
$server{cached} = 'variables, ssl_certificate_cache'
    if version() >= 1.027_004;
my @order = grep { $server{$_} } qw(static module sni variables cached);

print 'handshake: ', machine(), "\n",
    "CPU of the worker a full handshake, us; $rounds rounds of $handshakes\n";
my @rows;
for my $type (qw(ec rsa)) {
    start($type);
    for my $version (qw(TLSv1.3 TLSv1.2)) {
        push @rows, measure($type, $version);
    }
    $t->stop;
}
table(['', map({ $server{$_} } @order), map { "$_ : static" }
    @order[ 1 .. $#order ]], @rows);

sub measure {
    my ($type, $version) = @_;
    my ($worker) = $t->nginx->workers;
    my %of = rounds($rounds, map { my $kind = $_; $kind => sub {
        my $before = cpu_of($worker);
        handshake($kind, $version, $_) for 1 .. $handshakes;
        return (cpu_of($worker) - $before) / 1000 / $handshakes;
    } } @order);
    return [($type eq 'ec' ? 'P-256' : 'RSA-2048') . ", $version",
        map({ number(median(@{ $of{$_} })) } @order),
        map { sprintf '%.3f', ratio($of{$_}, $of{static}) }
            @order[ 1 .. $#order ]];
}

# As quick as a client in Perl can be: it verifies nothing, but looks now and
# then what it was shown.
sub handshake {
    my ($kind, $version, $n) = @_;
    my $name = $kind eq 'sni' ? sprintf('n%03d.example', $n % $many)
        : 'a.example';
    my $number = { 'TLSv1.3' => Net::SSLeay::TLS1_3_VERSION(),
        'TLSv1.2' => Net::SSLeay::TLS1_2_VERSION() }->{$version};
    our %context;
    my $context = $context{$version} //= do {
        my $new = Net::SSLeay::CTX_new_with_method(Net::SSLeay::TLS_method());
        Net::SSLeay::CTX_set_min_proto_version($new, $number);
        Net::SSLeay::CTX_set_max_proto_version($new, $number);
        $new;
    };
    my $socket = IO::Socket::INET->new(PeerHost => '127.0.0.1',
        PeerPort => $t->port($kind)) or die "connect: $!";
    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;
    my $ssl = Net::SSLeay::new($context);
    Net::SSLeay::set_fd($ssl, fileno $socket);
    Net::SSLeay::set_tlsext_host_name($ssl, $name);
    Net::SSLeay::connect($ssl) == 1
        or die "$kind: no handshake: ", Net::SSLeay::print_errs(), "\n";
    check($kind, $name, $ssl) if $n % 97 == 1;
    Net::SSLeay::free($ssl);
    close $socket;
    return;
}

sub check {
    my ($kind, $name, $ssl) = @_;
    my $x509 = Net::SSLeay::get_peer_certificate($ssl);
    my $shown = Net::SSLeay::X509_NAME_get_text_by_NID(
        Net::SSLeay::X509_get_subject_name($x509),
        Net::SSLeay::NID_commonName());
    Net::SSLeay::X509_free($x509);
    $shown =~ s/\0.*//s;
    die "$kind shows \"$shown\", not \"$name\"\n" if $shown ne $name;
    return;
}

sub start {
    my ($type) = @_;
    my @names = ('a.example',
        map { sprintf 'n%03d.example', $_ } 0 .. $many - 1);
    my %bundle = map { $_ => AcmeTest::Bundle::make(names => [$_],
        age => 10, left => 80, type => $type) } @names;
    $t->store_file("certificates/$_.pem", $bundle{$_}{pem}) for @names;
    $t->write_file('cert.pem', $bundle{'a.example'}{certificate});
    $t->write_file('key.pem', $bundle{'a.example'}{key});
    my $files = 'ssl_certificate %s; ssl_certificate_key %s;';
    my %how = (
        static => sprintf($files, $t->dir . '/cert.pem', $t->dir . '/key.pem'),
        module => 'acme_domain a.example;',
        sni => join(' ', map { "acme_domain $_;" } @names[ 1 .. $many ]),
        variables => sprintf($files, '$folder/cert.pem', '$folder/key.pem'));
    $how{cached} = "$how{variables} ssl_certificate_cache max=1000;";
    my $servers = join '', map { server($_, $how{$_}) } @order;
    chmod 0644, map { $t->dir . "/$_" } qw(cert.pem key.pem);
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    access_log off;
    ssl_protocols TLSv1.2 TLSv1.3;
    map \$ssl_server_name \$folder { default @{[ $t->dir ]}; }
    acme_state_path %%STATE%%;
    acme_preflight off;
    acme_issuer none { uri https://127.0.0.1:1/; }
    $servers
}
END
    $t->start;
    return;
}

sub server {
    my ($kind, $how) = @_;
    my $port = $t->port($kind);
    return <<"END";
    server {
        listen 127.0.0.1:$port ssl;
        server_name a.example *.example;
        $how
    }
END
}

sub version {
    my $said = qx(${\ AcmeTest::Paths::nginx_path() } -v 2>&1);
    my ($major, $minor, $patch) = $said =~ m{nginx/(\d+)\.(\d+)\.(\d+)};
    return sprintf '%d.%03d%03d', $major, $minor, $patch;
}
