# ./build.sh install puts a module into place that nginx loads, and a snippet
# that loads it where the distribution keeps such.

use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::Paths qw(root);

my $to = tempdir(CLEANUP => 1);
my $said = do {
    local $ENV{DESTDIR} = $to;
    my $script = root() . '/build.sh';
    `'$script' install 2>&1`;
};
is($?, 0, 'build.sh install') or diag($said);

my ($module) = $said =~ m{install (\S+/ngx_http_acme_domain_module\.so)$}m;
like($module, qr/^\Q$to\E/, 'it says where the module is');
is(sprintf('%o', (stat $module)[2] & 07777), '644', 'readable by all');
cmp_ok(-s $module, '<', 10e6, 'without what is for debuggers');

SKIP: {
    skip 'this nginx has no modules-available', 2
        unless -d '/etc/nginx/modules-available';
    my $link = "$to/etc/nginx/modules-enabled/50-mod-http-acme-domain.conf";
    my $snippet = AcmeTest::Nginx::slurp($link);
    like($snippet, qr/^load_module \S+\/ngx_http_acme_domain_module\.so;$/,
        'a snippet is enabled');
    is("load_module $module;\n", $snippet =~ s/load_module \K/$to/r,
        'which loads it');
}

my $t = AcmeTest->new(module => 0);
my $result = $t->test_config(<<"END");
load_module $module;
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    acme_state_path %%STATE%%;
    server {
        listen 127.0.0.1:%%TLS%% ssl;
        acme_domain api.pium.life;
    }
}
END
is($result->{code}, 0, 'nginx takes it') or diag($result->{output});

$t->done;
