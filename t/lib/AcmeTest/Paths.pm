package AcmeTest::Paths;

# Where the things under test and the tools are.

use strict;
use warnings;

use Cwd qw(realpath);
use File::Basename qw(dirname);
use Exporter qw(import);

our @EXPORT_OK = qw(root build_dir module_path nginx_path tool);

my $root = realpath(dirname(__FILE__) . '/../../..');

sub root { return $root }
sub build_dir { return "$root/build" }

sub module_path {
    return $ENV{ACME_MODULE}
        // build_dir() . '/nginx/objs/ngx_http_acme_domain_module.so';
}

sub nginx_path {
    return $ENV{ACME_NGINX} if $ENV{ACME_NGINX};
    my ($found) = grep { -x } map { "$_/nginx" } split(/:/, $ENV{PATH}),
        '/usr/sbin', '/usr/local/sbin';
    return $found // die "no nginx: ./build.sh deps installs it\n";
}

# Pebble comes in two versions: "newest", and "old", the distribution's own.
sub tool {
    my ($name, $version) = @_;
    my $folder = $version eq 'old' ? 'tools-old' : 'tools';
    my $path = build_dir() . "/$folder/usr/bin/$name";
    return $path if -x $path;
    die "no $path: ./build.sh deps fetches it\n";
}

1;
