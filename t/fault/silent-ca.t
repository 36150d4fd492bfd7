# A CA whose host does not answer at all: connections to it do not come about.
# The failure is a line of our log, and libcurl, which closes such a socket
# before it tells the event loop, causes no alert in it.

use strict;
use warnings;

use IO::Socket::INET;
use Test::More;

use lib 't/lib';
use AcmeTest;

my $t = AcmeTest->new(log_level => 'info');
my $silent = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
    LocalPort => $t->port('PORT_SILENT'), Listen => 1, ReuseAddr => 1)
    or die $!;
# Nobody takes these: the kernel has no room for more.
my @waiting = map { IO::Socket::INET->new(PeerAddr => '127.0.0.1',
    PeerPort => $t->port('PORT_SILENT'), Blocking => 0) } 1 .. 8;

$t->write_config(<<'END');
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    acme_state_path %%STATE%%;
    acme_issuer silent { uri https://localhost:%%PORT_SILENT%%/dir; }
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name api.pium.life;
        acme_domain api.pium.life issuer=silent;
    }
}
END
$t->start(time_travel => 1);
for my $attempt (1, 2) {
    $t->travel(15);
    ok($t->wait_log(qr/\[warn\].*localhost.*[ :] ?timeout.*; next attempt at/i,
        30), "attempt $attempt fails in a line");
    $t->mark_log->travel(3600)->poke;
}

$t->done;
