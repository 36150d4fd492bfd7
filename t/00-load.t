# The module loads, and the shortest configuration passes nginx -t, which
# writes nothing but the state directory that nginx makes for every path.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new;

$t->write_config(<<'END');
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    acme_state_path %%STATE%%;
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name api.pium.life;
        acme_domain api.pium.life;
    }
}
END

my $result = $t->test_config;
is($result->{code}, 0, 'nginx -t') or diag($result->{output});
is_deeply([new_files($result)], ['/state'], 'only the state directory is new');

my $again = $t->test_config;
is_deeply($again->{after}, $again->{before}, 'the second time changes nothing');

$t->done;

sub new_files {
    my ($result) = @_;
    return sort grep { !$result->{before}{$_} } keys %{ $result->{after} };
}
