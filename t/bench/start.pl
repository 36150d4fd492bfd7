# Starting with a thousand and with ten thousand certificates: nginx -t, start
# and reload, and the memory of all processes; one server block each, with and
# without the module, and all names in one block. All certificates are valid and
# on disk, so that nothing is ordered.

use strict;
use warnings;

use AcmeTest;
use AcmeTest::Bench;
use AcmeTest::Bundle;

my @counts = @ARGV ? @ARGV : (1000, 10_000);
my $rounds = 5;

print 'start: ', machine(), "\n",
    "$rounds rounds; s; MB after a reload, of all processes together and of\n",
    "each alone (in part the same pages); kB of shared memory a certificate,\n",
    "used and set aside\n";
my @measures = qw(test start reload memory master worker helper shared used);
my @rows;
for my $count (@counts) {
    my @names = map { sprintf 'n%05d.example', $_ } 1 .. $count;
    my %bundle = map { $_ => AcmeTest::Bundle::make(names => [$_], age => 10,
        left => 80) } @names;
    my %t = (stock => stock(\@names, \%bundle), each => ours(\@names, \%bundle,
        map { server($_, "acme_domain $_;") } @names), one => ours(\@names,
        \%bundle, server('*.example', map { "acme_domain $_;" } @names)));
    my %runs = rounds($rounds, map { my $kind = $_;
        $kind => sub { measure($t{$kind}, $names[-1], $kind ne 'stock') } }
        qw(stock each one));
    my %of;
    for my $kind (keys %runs) {
        for my $what (@measures) {
            $of{$kind}{$what} = [map { $_->{$what} } @{ $runs{$kind} }];
        }
    }
    push @rows,
        row("$count, a server and static files each", $count, $of{stock}),
        row("$count, a server and acme_domain each", $count, $of{each}),
        ['  : static', map { sprintf '%.2f', ratio($of{each}{$_},
            $of{stock}{$_}) } qw(test start reload memory)],
        row("$count acme_domain in one server", $count, $of{one});
}
table(['', 'nginx -t', 'start', 'reload', 'memory', 'master', 'worker',
    'helper', 'kB used', 'kB shared'], @rows);

sub row {
    my ($what, $count, $of) = @_;
    return [$what, map({ number(median(@{ $of->{$_} })) }
        qw(test start reload memory master worker helper)),
        map { number(median(@{ $of->{$_} }) * 1024 / $count) } qw(used shared)];
}

# Up is who shows the last of the names.
sub measure {
    my ($t, $last, $has_helper) = @_;
    my %got;
    $got{test} = seconds_of(sub {
        my $test = $t->nginx->test_config;
        die $test->{output} if $test->{code};
    });
    $got{start} = seconds_of(sub { $t->start; show($t, $last) });
    settle($t) if $has_helper;
    $got{reload} = seconds_of(sub { $t->reload(seconds => 120);
        show($t, $last) });
    settle($t) if $has_helper;
    my ($worker) = $t->nginx->workers;
    my @helper = $has_helper ? $t->helper : ();
    $got{memory} = memory_in_all($t->master, $worker, @helper);
    @got{qw(master worker helper)} = map {
        $_ ? AcmeTest::Process::memory_of($_) / 1024 : 0 }
        $t->master, $worker, @helper, 0;
    @got{qw(shared used)} = shared_memory_of($t->master);
    $t->stop;
    return \%got;
}

sub show {
    my ($t, $name) = @_;
    my $seen = $t->tls_connect($name);
    die "$name is not served: @{ $seen->{names} // [] }\n"
        unless ($seen->{names} // [])->[0] eq $name;
    return;
}

# Until the helper has read what there is, and has nothing to do.
sub settle {
    my ($t) = @_;
    until_idle($t->wait_for(sub { $t->helper }, 20, 'a helper'));
    return;
}

sub stock {
    my ($names, $bundle) = @_;
    my $t = patient(module => 0);
    my $dir = $t->dir;
    mkdir "$dir/files" or die $!;
    for my $name (@$names) {
        $t->write_file("files/$name.pem", $bundle->{$name}{certificate});
        $t->write_file("files/$name.key", $bundle->{$name}{key});
    }
    configure($t, '', map { server($_, "ssl_certificate $dir/files/$_.pem;",
        "ssl_certificate_key $dir/files/$_.key;") } @$names);
    return $t;
}

sub ours {
    my ($names, $bundle, @servers) = @_;
    my $t = patient();
    configure($t, <<'END', @servers);
    acme_state_path %%STATE%%;
    acme_preflight off;
    acme_issuer none { uri https://127.0.0.1:1/; }
END
    $t->store_file("certificates/$_.pem", $bundle->{$_}{pem}) for @$names;
    return $t;
}

# Ten thousand take longer than what tests wait for.
sub patient {
    my $t = AcmeTest->new(log_level => 'warn', @_);
    $t->nginx->{patience} = 20;
    return $t;
}

sub server {
    my ($name, @lines) = @_;
    local $" = "\n";
    return <<"END";
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name $name;
        @lines
    }
END
}

sub configure {
    my ($t, $http, @servers) = @_;
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    access_log off;
    server_names_hash_max_size 65536;
    $http
    @servers
}
END
}
