package AcmeTest::Example;

# The files of conf-examples/ are what a user copies. Here they become
# something that runs beside anything else: other ports, other paths, a CA on
# loopback. All the rest stays as the user sees it.

use strict;
use warnings;

use Exporter qw(import);

use AcmeTest::Paths qw(root);

our @EXPORT_OK = qw(example_text on_loopback for_domain);

sub example_text {
    my ($name) = @_;
    my $path = root() . "/conf-examples/$name";
    open my $file, '<', $path or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}

# Options: globals (in place of the file's own), http (more lines for the http
# block), http_port, tls_port, dns_port, folder (in place of /etc/nginx).
sub on_loopback {
    my ($text, %o) = @_;
    $text =~ s/^\s*listen\s+\[::\]:.*\n//mg;
    $text =~ s/(\blisten\s+)(?:[\d.]+:|\*:)?80\b/${1}127.0.0.1:$o{http_port}/g;
    $text =~ s/(\blisten\s+)(?:[\d.]+:|\*:)?443\b/${1}127.0.0.1:$o{tls_port}/g;
    $text =~ s/^\s*acme_dns_listen\s+\[.*\n//mg;
    $text =~ s/(\bacme_dns_listen\s+)[\d.]+;/${1}127.0.0.1:$o{dns_port};/g;
    $text =~ s{/etc/nginx/}{$o{folder}/}g;
    $text =~ s/^\s*acme_state_path\s.*\n//mg;
    return with_globals($text, %o);
}

# The first name of the example becomes the domain, its issuer the one given.
sub for_domain {
    my ($text, $domain, $issuer, %o) = @_;
    my ($name) = $text =~ /\bacme_domain\s+([\w.-]+)/
        or die "the example has no acme_domain\n";
    $text =~ s/\b\Q$name\E\b/$domain/g;
    $text =~ s/(\bacme_domain\s[^;]*?)(\s+issuer=\S+)?;/$1 issuer=$issuer;/g;
    $text = on_both_protocols($text) if has_ipv6();
    return with_globals($text, %o);
}

sub has_ipv6 {
    open my $file, '<', '/proc/net/if_inet6' or return 0;
    return defined readline $file;
}

# A name with an AAAA record is validated over IPv6.
sub on_both_protocols {
    my ($text) = @_;
    $text =~ s/^(\s*listen\s+)(80|443)\b(.*\n)/$1$2$3$1\[::]:$2$3/mg
        unless $text =~ /listen\s+\[::\]/;
    return $text;
}

sub with_globals {
    my ($text, %o) = @_;
    $text =~ s/^(?:load_module|user|worker_processes|pid|error_log)\s.*\n//mg;
    $text =~ s/^events\s*\{[^}]*\}\n*//m;
    $text =~ s/^(http\s*\{\n)/$1$o{http}\n/m;
    return "$o{globals}\n$text";
}

1;
