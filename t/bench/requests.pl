# What a request costs a worker that has nothing to do with ACME: a small file,
# by plain HTTP, from an nginx with the module and one certificate, and from one
# without the module.

use strict;
use warnings;

use AcmeTest;
use AcmeTest::Bench;
use AcmeTest::Bundle;
use AcmeTest::Wrk qw(wrk);

my $rounds = 15;

my %nginx = (without => start(0, ''), with => start(1, <<'END'));
    acme_state_path %%STATE%%;
    acme_preflight off;
    acme_issuer none { uri https://127.0.0.1:1/; }
END
my %of = rounds($rounds, map { my $t = $nginx{$_}; $_ => sub { cost($t) } }
    qw(without with));

print 'requests: ', machine(), "\n",
    "CPU of the worker a request, us; $rounds rounds of a second\n";
table(['', 'without', 'with the module', 'with : without'],
    ['a small file', map({ number(median(@{ $of{$_} })) } qw(without with)),
        sprintf '%.3f', ratio($of{with}, $of{without})]);
$_->stop for values %nginx;

sub cost {
    my ($t) = @_;
    my ($worker) = $t->nginx->workers;
    my $before = cpu_of($worker);
    my ($requests) = wrk(host => 'a.example',
        url => 'http://127.0.0.1:' . $t->http_port . '/file');
    return (cpu_of($worker) - $before) / 1000 / $requests;
}

sub start {
    my ($module, $http) = @_;
    my $t = AcmeTest->new(log_level => 'warn', module => $module);
    my $domain = $module ? 'acme_domain a.example;' : '';
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    access_log off;
    $http
    server {
        listen 127.0.0.1:%%HTTP%%;
        server_name a.example;
        root @{[ $t->dir ]};
        $domain
    }
}
END
    $t->write_file('file', "hello\n");
    chmod 0644, $t->dir . '/file';
    $t->store_file('certificates/a.example.pem', AcmeTest::Bundle::make(
        names => ['a.example'], age => 10, left => 80)->{pem}) if $module;
    $t->start;
    return $t;
}
