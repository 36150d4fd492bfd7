# What others got wrong when serving: an intermediate certificate of before
# stays in the chain; an expired certificate gives way to a placeholder after a
# reload; servers without TLS, or with a certificate of their own, suffer from
# those that are managed.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::Gate;

my $static = AcmeTest::Pebble::test_ca();
my %static_ca = (ca => "$static/ca.pem");
my $static_lines = "ssl_certificate $static/localhost.pem; "
    . "ssl_certificate_key $static/localhost.key;";

subtest 'the chain is the new certificate\'s alone' => \&chains;
subtest 'after the end' => \&expired;
subtest 'other servers, a static certificate for all' => sub {
    others($static_lines, '') };
subtest 'other servers, a static certificate for one' => sub {
    others('', $static_lines) };

done_testing();

# From a static certificate with a CA certificate behind it to a chain of
# three, and to one of one, in workers that have the one before in use.
sub chains {
    my $t = AcmeTest->new;
    my $gate = AcmeTest::Gate->new;
    my %ca = (
        long => $t->start_ca(name => 'long', http_port => $gate->port,
            env => { PEBBLE_CHAIN_LENGTH => 3 }),
        short => $t->start_ca(name => 'short', http_port => $gate->port),
    );
    $t->write_file('chained.pem', $t->read_file("$static/localhost.pem")
        . $t->read_file("$static/ca.pem"));
    my %names = (
        'the only one' => 'one.example',
        'one of two' => 'two.example',
        'one with a static one' => 'static.example',
    );
    my $configure = sub {
        my ($issuer) = @_;
        my $blocks = join '', map { $_->issuer_block } values %ca;
        $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    acme_state_path %%STATE%%;
    $blocks
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name one.example;
        acme_domain one.example issuer=$issuer;
    }
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name two.example;
        acme_domain zwei.example issuer=$issuer;
        acme_domain two.example issuer=$issuer;
    }
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name static.example;
        acme_domain static.example issuer=$issuer;
        ssl_certificate %%DIR%%/chained.pem;
        ssl_certificate_key $static/localhost.key;
    }
}
END
    };
    my $serves = sub {
        my ($issuer, $length) = @_;
        for my $what (sort keys %names) {
            my $seen;
            $t->wait_for(sub {
                $gate->let_through($t->http_port);
                $seen = $t->tls_connect($names{$what},
                    ca => $ca{$issuer}{root_file});
                $seen->{verified};
            }, 20, "$names{$what} by $issuer");
            is(scalar @{ $seen->{chain} }, $length, "$what: $issuer chain");
        }
    };

    $configure->('long');
    $t->start;
    is(scalar @{ $t->tls_connect('static.example')->{chain} }, 2,
        'the static one and its CA');
    $serves->('long', 4);
    $configure->('short');
    $t->reload;
    for my $what (sort keys %names) {
        is(scalar @{ $t->tls_connect($names{$what})->{chain} }, 4,
            "$what: the long one is in use");
    }
    $serves->('short', 2);
    $t->done;
}

# The CA is gone when the certificate has to be renewed.
sub expired {
    my $t = AcmeTest->new;
    my $ca = $t->start_ca(validity => 8);
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    ssl_protocols TLSv1.2 TLSv1.3;
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name old.example;
        acme_domain old.example;
    }
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        server_name localhost;
        acme_domain localhost;
        $static_lines
    }
}
END
    $t->start;
    my $old = $t->wait_certificate('old.example');
    ok($t->wait_certificate('localhost'), 'both are issued');
    $ca->stop;
    $old = $t->tls_connect('old.example');
    ok($t->wait_for(sub {
        $t->tls_connect('localhost', %static_ca)->{verified} }, 30,
        'the static one'), 'a static certificate takes over at the end');
    ok($t->wait_for(sub { time > $old->{not_after} }, 30, 'the end'),
        'the other one is over, too');
    my %event = (
        '' => sub { },
        'after a reload, ' => sub { $t->reload },
        'after a restart, ' => sub { $t->restart },
    );
    for my $when (sort keys %event) {
        $event{$when}->();
        for my $version ('TLSv1.2', 'TLSv1.3') {
            is($t->tls_connect('old.example', version => $version)->{serial},
                $old->{serial}, "${when}it is served on, $version");
            ok($t->tls_connect('localhost', %static_ca,
                version => $version)->{verified},
                "${when}the static one is served, $version");
        }
    }
    $t->done;
}

# With a static certificate for all servers, or for the one that has no other.
sub others {
    my ($for_all, $own) = @_;
    my $t = AcmeTest->new;
    my $gate = AcmeTest::Gate->new;
    $t->start_ca(http_port => $gate->port);
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    acme_domain elsewhere.example;
    $for_all
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name localhost;
        return 200 static;
        $own
    }
    server {
        listen 127.0.0.1:%%HTTP%%;
        server_name plain.example;
        acme_domain plain.example;
        return 200 managed;
    }
    server {
        listen 127.0.0.1:%%PORT_PLAIN%%;
        return 200 plain;
    }
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        listen 127.0.0.1:%%PORT_MANAGED%% ssl;
        server_name managed.example;
        acme_domain managed.example;
        return 200 managed;
    }
}
END
    my $all_well = sub {
        my ($when) = @_;
        my $seen = $t->tls_get('localhost', '/', %static_ca);
        ok($seen->{verified}, "$when: the static certificate");
        is($seen->{body}, 'static', 'and its site');
        is($t->tls_connect('no.example')->{serial}, $seen->{serial},
            'also for an unknown name');
        is($t->http_get('/', host => 'plain.example')->{body}, 'managed',
            'a managed server without TLS');
        is($t->http_get('/', port => $t->port('PORT_PLAIN'))->{body}, 'plain',
            'a server without any of it');
    };
    $t->start;
    $all_well->('before');
    my $pending = $t->tls_connect('managed.example');
    my $expected = $for_all ? 'CN=localhost' : 'CN=acme_domain placeholder';
    is($pending->{subject}, "/$expected", 'what the managed server has first');
    my @stored = map { $t->state_dir . "/certificates/$_.example.pem" }
        qw(elsewhere plain managed);
    ok($t->wait_for(sub {
        $gate->let_through($t->http_port);
        @stored == grep { -e } @stored;
    }, 20, 'the files'), 'all that is managed is obtained');
    for my $port ($t->tls_port, $t->port('PORT_MANAGED')) {
        ok($t->wait_certificate('managed.example', port => $port),
            'and served where it belongs');
    }
    $all_well->('after');
    $t->reload;
    $all_well->('after a reload');
    $t->done;
}
