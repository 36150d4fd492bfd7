# ./build.sh build --nginx-src refuses an nginx whose modules could not work, in
# a sentence that says what to do, before anything is built.

use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::Paths qw(nginx_path root);

my $dir = tempdir(CLEANUP => 1);
my ($version) = qx(${\ nginx_path() } -v 2>&1) =~ m{/([\d.]+)};
my $same = tree('same', $version);

refused(qr/"\Q$dir\E" holds no nginx: there is no src\/core\/nginx\.h/, $dir);
refused(qr/is version \Q$version\E, "\S+other" is 1\.2\.3: give the sources/,
    tree('other', '1.2.3'));
refused(qr/which nginx was built from "\S+same"\? Say it by --nginx/, $same,
    '--nginx', "$dir/missing");
refused(qr/was built without --with-http_ssl_module/, $same, '--nginx',
    binary('plain', '--with-threads'));
refused(qr/has an OpenSSL of its own in it.*--static/, $same, '--nginx',
    binary('own', '--with-http_ssl_module'));
refused(qr/old uses libssl\.so\.1\.1, the module needs libssl\.so\.3/,
    $same, '--nginx', binary_with_old_openssl('old'));
refused(qr/unknown option "--shared"/, $same, '--shared');
refused(qr/--nginx wants a binary/, $same, '--nginx');
configured();
done_testing();

# --- pieces ----------------------------------------------------------------

sub refused {
    my ($why, @arguments) = @_;
    my $script = root() . '/build.sh';
    my $said = `'$script' build --nginx-src @arguments 2>&1`;
    isnt($?, 0, "refused: @arguments");
    like($said, $why, 'it says why');
    unlike($said, qr/configuring|compiling/, 'at once');
}

# In a static nginx too a server with nothing but acme_domain has a certificate
# when the module for TLS looks for one. Debian's nginx-dev has all that
# configure reads.
sub configured {
    system("cp -r /usr/share/nginx/src '$dir/static'");
    my ($failed, $said) = configure('');
    ok($failed, 'no build without TLS');
    like($said, qr/acme_domain_module needs --with-http_ssl_module/, 'why');
    ($failed, $said) = configure('--with-http_ssl_module');
    ok(!$failed, 'a static build is configured') or diag($said);
    my ($list) = AcmeTest::Nginx::slurp("$dir/static/objs/ngx_modules.c")
        =~ /ngx_modules\[\] = \{(.*?)\}/s;
    my @of_interest = ($list // '')
        =~ /&(ngx_http_(?:acme_domain|ssl)_module)\b/g;
    is_deeply(\@of_interest,
        [qw(ngx_http_acme_domain_module ngx_http_ssl_module)],
        'the module stands once in it, before the one for TLS');
}

sub configure {
    my ($options) = @_;
    my $add = '--add-module=' . root();
    my $said = `cd '$dir/static' && ./configure $options '$add' 2>&1`;
    return ($?, $said);
}

sub tree {
    my ($name, $version) = @_;
    mkdir $_ for "$dir/$name", "$dir/$name/src", "$dir/$name/src/core";
    write_file("$dir/$name/src/core/nginx.h",
        "#define NGINX_VERSION      \"$version\"\n");
    return "$dir/$name";
}

# What says of itself that it is such an nginx, and is linked with nothing.
sub binary {
    my ($name, $options) = @_;
    write_file("$dir/$name", <<"END");
#!/bin/sh
echo "nginx version: nginx/$version (Own)" >&2
if [ "\$1" = -V ]; then echo "configure arguments: $options" >&2; fi
END
    chmod 0755, "$dir/$name";
    return "$dir/$name";
}

# By what this ldd says of all that it is asked for.
sub binary_with_old_openssl {
    my ($name) = @_;
    mkdir "$dir/bin";
    write_file("$dir/bin/ldd", <<'END');
#!/bin/sh
echo "libssl.so.1.1 => /lib/old (0x1)"
END
    chmod 0755, "$dir/bin/ldd";
    $ENV{PATH} = "$dir/bin:$ENV{PATH}";
    return binary($name, '--with-http_ssl_module');
}

sub write_file {
    my ($path, $text) = @_;
    open my $file, '>', $path or die "$path: $!";
    print $file $text;
    close $file or die "$path: $!";
}
