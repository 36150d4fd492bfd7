#!/usr/bin/perl

# Takes over what certbot has: accounts and current certificates go into the
# state directory, so that the first start orders nothing. Certbot's tree is only
# read. Prints what is to be said in nginx's configuration, as configuration. Called
# by ./build.sh import-certbot.

use strict;
use warnings;

use Digest::SHA qw(sha256 sha256_hex);
use Fcntl qw(O_CREAT O_EXCL O_WRONLY);
use JSON::PP;
use MIME::Base64 qw(decode_base64url encode_base64 encode_base64url);

# The names that the module knows.
my %built_in = (
    'https://acme-v02.api.letsencrypt.org/directory' => 'letsencrypt',
    'https://acme-staging-v02.api.letsencrypt.org/directory'
        => 'letsencrypt-staging',
    'https://acme.zerossl.com/v2/DV90' => 'zerossl',
    'https://dv.acme-v02.api.pki.goog/directory' => 'google',
    'https://dv.acme-v02.test-api.pki.goog/directory' => 'google-test',
);
my %month = map { (qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec))[$_]
    => $_ + 1 } 0 .. 11;

exit main(@ARGV);

sub main {
    my %o = (certbot => '/etc/letsencrypt', conf => undef,
        state => '/var/lib/nginx/acme', user => undef);
    while (@_ && $_[0] =~ /^--(conf|state|user)$/) {
        my $name = $1;
        shift;
        $o{$name} = shift // return usage();
    }
    $o{certbot} = shift if @_;
    return usage() if @_ || $o{certbot} =~ /^-/;
    umask 077;
    my $done = eval { import_all(%o) };
    return $done ? 0 : complain($@);
}

sub usage {
    print STDERR "usage: build.sh import-certbot [--state DIR] [--user NAME] "
        . "[--conf NGINX.CONF] [/etc/letsencrypt]\n";
    return 2;
}

sub complain {
    print STDERR 'build.sh import-certbot: ', $_[0] =~ s/\s+\z//r, "\n";
    return 1;
}

sub import_all {
    my (%o) = @_;
    my @renewals = sort glob "$o{certbot}/renewal/*.conf";
    die "$o{certbot}/renewal has no certificates of certbot's\n"
        unless @renewals;
    my $state = State->new($o{state}, $o{user});
    my (%issuers, @lines, @left);
    for my $file (@renewals) {
        my ($lineage) = $file =~ m{([^/]+)\.conf$};
        my $taken = eval { take($o{certbot}, $file, $lineage, $state,
            \%issuers) };
        if ($taken) {
            push @lines, $taken;
        } else {
            push @left, "# Not taken over: $lineage: " . $@ =~ s/\s+\z//r;
        }
    }
    print_issuers(\%issuers);
    print_lines(\@lines, $o{conf}, $o{certbot});
    print "\n", map { "$_\n" } @left if @left;
    print_rest(\@left, $o{certbot});
    return 1;
}

# --- what certbot has ------------------------------------------------------

# One lineage: its account, unless that is there, and its certificate.
sub take {
    my ($certbot, $file, $lineage, $state, $issuers) = @_;
    my $renewal = read_ini($file);
    my $server = $renewal->{server} // die "$file names no server\n";
    my $issuer = $issuers->{$server} //= {
        server => $server, name => issuer_name($server, $issuers) };
    take_account($certbot, $renewal, $issuer, $state);
    my $certificate = read_certificate($certbot, $lineage);
    $state->write("certificates/$certificate->{names}[0].pem", join '',
        "Issuer: $server\n", "Names: @{ $certificate->{names} }\n",
        "Valid until: $certificate->{ends}\n",
        "Certificates: $certificate->{count}\n",
        $certificate->{key}, $certificate->{chain});
    return { %$certificate, lineage => $lineage, issuer => $issuer,
        authenticator => $renewal->{authenticator} // '' };
}

# "name = value" lines; sections are of no interest here.
sub read_ini {
    my ($file) = @_;
    my %values;
    for (split /\n/, slurp($file)) {
        $values{$1} //= $2 if /^\s*([\w-]+)\s*=\s*(.*?)\s*$/;
    }
    return \%values;
}

sub issuer_name {
    my ($server, $issuers) = @_;
    return $built_in{$server} if $built_in{$server};
    my ($host) = $server =~ m{^https?://([\w.-]+)} or return 'other';
    my %used = map { $_->{name} => 1 } grep { defined } values %$issuers;
    my $name = $host;
    for (my $n = 2; $used{$name}; $n++) { $name = "$host-$n" }
    return $name;
}

# A certificate is renewed by the account that it was obtained by; of several at
# one CA, by the first that is met.
sub take_account {
    my ($certbot, $renewal, $issuer, $state) = @_;
    return if $issuer->{account};
    my $server = $issuer->{server} =~ s{^https?://}{}r;
    my $folder = "$certbot/accounts/$server/" . ($renewal->{account}
        // die "it names no account\n");
    my $jwk = decode_json(slurp("$folder/private_key.json"));
    my $registration = decode_json(slurp("$folder/regr.json"));
    my $url = $registration->{uri} // die "$folder/regr.json has no uri\n";
    my ($pem, $type, $thumbprint) = account_key($jwk);
    my @contacts = map { s/^mailto://r }
        @{ $registration->{body}{contact} // [] };
    $state->write("accounts/$issuer->{name}."
        . substr(sha256_hex($issuer->{server}), 0, 8) . '.json',
        JSON::PP->new->canonical->encode({ version => 1,
            directory => $issuer->{server}, url => $url, key => $pem,
            thumbprint => $thumbprint,
            @contacts ? (contacts => \@contacts) : () }));
    @$issuer{qw(account type contacts)} = ($url, $type, \@contacts);
    return;
}

# From a JSON Web Key (RFC 7517): PEM, the module's name of its type, and the
# thumbprint (RFC 7638).
sub account_key {
    my ($jwk) = @_;
    my %kind = (RSA => \&rsa_key, EC => \&ec_key);
    my $read = $kind{ $jwk->{kty} // '' }
        or die "its account's key is of another kind than RSA and EC\n";
    return $read->($jwk);
}

sub rsa_key {
    my ($jwk) = @_;
    my @numbers = map { integer(decode_base64url($jwk->{$_}
        // die "its account's key lacks \"$_\"\n")) } qw(n e d p q dp dq qi);
    my $bits = 8 * length(decode_base64url($jwk->{n}) =~ s/^\0+//r);
    return (pem('RSA', der(0x30, integer("\0"), @numbers)), "rsa:$bits",
        thumbprint(e => $jwk->{e}, kty => 'RSA', n => $jwk->{n}));
}

sub ec_key {
    my ($jwk) = @_;
    my %curve = ('P-256' => ["\x2a\x86\x48\xce\x3d\x03\x01\x07", 'ecdsa:256'],
        'P-384' => ["\x2b\x81\x04\x00\x22", 'ecdsa:384']);
    my ($oid, $type) = @{ $curve{ $jwk->{crv} // '' }
        // die "its account's key is on a curve that is not supported\n" };
    my ($d, $x, $y) = map { decode_base64url($jwk->{$_}) } qw(d x y);
    return (pem('EC', der(0x30, integer("\1"), der(0x04, $d),
            der(0xa0, der(0x06, $oid)), der(0xa1, der(0x03, "\0\4$x$y")))),
        $type, thumbprint(crv => $jwk->{crv}, kty => 'EC', x => $jwk->{x},
            y => $jwk->{y}));
}

sub thumbprint {
    my (%members) = @_;
    return encode_base64url(sha256(JSON::PP->new->canonical
        ->encode(\%members)));
}

sub pem {
    my ($kind, $der) = @_;
    return "-----BEGIN $kind PRIVATE KEY-----\n"
        . join("\n", encode_base64($der, '') =~ /.{1,64}/g)
        . "\n-----END $kind PRIVATE KEY-----\n";
}

sub der {
    my ($tag, @content) = @_;
    my $content = join '', @content;
    my $length = length $content;
    my $bytes = $length < 128 ? chr $length : do {
        my $number = pack('N', $length) =~ s/^\0+//r;
        chr(0x80 | length $number) . $number;
    };
    return chr($tag) . $bytes . $content;
}

# Not negative, so its first bit is not set.
sub integer {
    my ($bytes) = @_;
    $bytes =~ s/^\0+(?=.)//s;
    return der(0x02, (ord $bytes > 127 ? "\0" : '') . $bytes);
}

sub read_certificate {
    my ($certbot, $lineage) = @_;
    my $live = "$certbot/live/$lineage";
    my $key = slurp("$live/privkey.pem");
    my $chain = slurp("$live/fullchain.pem");
    my $text = openssl('x509', '-in', "$live/cert.pem", '-noout', '-enddate',
        '-ext', 'subjectAltName');
    my @names = map { lc } $text =~ /(?:DNS|IP Address):([^,\s]+)/g
        or die "its certificate has no names\n";
    # Certbot calls it by its first name, CAs sort them.
    @names = ((grep { $_ eq $lineage } @names),
        grep { $_ ne $lineage } @names);
    my $count = () = $chain =~ /-----BEGIN CERTIFICATE-----/g;
    die "its key does not belong to its certificate\n"
        if openssl('x509', '-in', "$live/cert.pem", '-noout', '-pubkey')
        ne openssl('pkey', '-in', "$live/privkey.pem", '-pubout');
    return { names => \@names, key => $key, chain => $chain,
        count => $count, ends => end_of($text),
        type => key_type("$live/cert.pem") };
}

sub end_of {
    my ($text) = @_;
    my ($name, $day, $time, $year) = $text
        =~ /notAfter=(\w{3}) +(\d+) (\d\d:\d\d:\d\d) (\d{4}) GMT/
        or die "its end cannot be read\n";
    return sprintf '%04d-%02d-%02dT%sZ', $year, $month{$name}, $day, $time;
}

sub key_type {
    my ($file) = @_;
    my $text = openssl('x509', '-in', $file, '-noout', '-text');
    my ($bits) = $text =~ /Public-Key: \((\d+) bit\)/
        or die "its key cannot be read\n";
    my $type = $text =~ /rsaEncryption/ ? "rsa:$bits" : "ecdsa:$bits";
    die "its key is of a type that is not supported, $type\n"
        unless $type =~ /^(?:ecdsa:(?:256|384)|rsa:(?:2048|3072|4096))$/;
    return $type;
}

sub openssl {
    my (@command) = @_;
    open my $pipe, '-|', 'openssl', @command or die "openssl: $!\n";
    my $text = do { local $/; <$pipe> };
    close $pipe or die "openssl @command[0 .. 2] failed\n";
    return $text;
}

sub slurp {
    my ($file) = @_;
    open my $in, '<', $file or die "$file: $!\n";
    local $/;
    return scalar <$in>;
}

# --- what is to be done ----------------------------------------------------

sub print_issuers {
    my ($issuers) = @_;
    my @all = sort { $a->{name} cmp $b->{name} }
        grep { $_->{account} } values %$issuers;
    print "# In the http block:\n";
    for my $issuer (@all) {
        my $uri = $built_in{ $issuer->{server} } ? ''
            : "    uri $issuer->{server};\n";
        my @contacts = @{ $issuer->{contacts} };
        my $contacts = @contacts ? "    contact @contacts;\n" : '';
        print "acme_issuer $issuer->{name} {\n$uri"
            . "    # The account $issuer->{account}\n"
            . "    account_key $issuer->{type};\n$contacts}\n";
    }
    return;
}

sub print_lines {
    my ($lines, $conf, $certbot) = @_;
    my $used = used_in($conf, $certbot);
    for my $line (@$lines) {
        my $key = $line->{type} eq 'ecdsa:256' ? '' : " key=$line->{type}";
        print "\n# Certificate \"$line->{lineage}\", valid until "
            . "$line->{ends}\n";
        print map { "#   instead of $_\n" }
            @{ $used->{ $line->{lineage} } // [] };
        print "#   certbot proved it by $line->{authenticator}: that takes an "
            . "acme_dns block, and \"dns=\" here\n"
            if $line->{authenticator} =~ /^dns-|manual/;
        print "acme_domain @{ $line->{names} } "
            . "issuer=$line->{issuer}{name}$key;\n";
    }
    return;
}

# Lineage => where nginx's configuration has its files.
sub used_in {
    my ($conf, $certbot) = @_;
    my @command = ('nginx', '-T', defined $conf ? ('-c', $conf) : ());
    my $pid = open my $pipe, '-|';
    return {} unless defined $pid;
    if (!$pid) {
        open STDERR, '>', '/dev/null' or exit 1;
        exec { $command[0] } @command or exit 1;
    }
    my (%used, $file);
    my $number = 0;
    while (my $line = <$pipe>) {
        $number++;
        ($file, $number) = ($1, 0) if $line =~ /^# configuration file (.*):$/;
        push @{ $used{$2} }, "$1 in $file:$number" if $line =~
            m{^\s*(ssl_certificate(?:_key)?)\s.*\Q$certbot\E/live/([^/;]+)/};
    }
    close $pipe;
    return \%used;
}

sub print_rest {
    my ($left, $certbot) = @_;
    my @there = grep { -e } qw(/etc/cron.d/certbot
        /lib/systemd/system/certbot.timer
        /var/lib/snapd/snap/bin/certbot /snap/bin/certbot);
    print "\n# Then \"nginx -t && nginx -s reload\": nothing is ordered before a "
        . "certificate is due.\n";
    if (@$left) {
        print "# Certbot is still needed for what was not taken over.\n";
        return;
    }
    print "# What renews by certbot can go then:\n";
    print "#   systemctl disable --now certbot.timer\n"
        if grep { /timer/ } @there;
    print "#   systemctl disable --now snap.certbot.renew.timer\n"
        if grep { /snap/ } @there;
    print "#   rm /etc/cron.d/certbot, and a crontab with \"certbot renew\"\n";
    print map { "#   the hooks of $certbot/renewal-hooks are not called any "
        . "more: see acme_deploy\n" } (grep { -f }
        glob "$certbot/renewal-hooks/*/*")[0] // ();
    return;
}

# --- where it goes ---------------------------------------------------------

package State;

use Fcntl qw(O_CREAT O_EXCL O_WRONLY);

sub new {
    my ($class, $root, $user) = @_;
    my $self = bless { root => $root }, $class;
    if (defined $user || !-d $root) {
        $user //= 'www-data';
        my @found = getpwnam $user or die "there is no user $user; --user "
            . "says who nginx' workers run as\n";
        $self->{owner} = [@found[2, 3]];
    } else {
        $self->{owner} = [(stat $root)[4, 5]];
    }
    return $self;
}

# What is there is newer, or somebody's.
sub write {
    my ($self, $name, $text) = @_;
    my ($folder) = $name =~ m{^(\w+)/};
    $self->make($self->{root});
    $self->make("$self->{root}/$folder");
    my $path = "$self->{root}/$name";
    if (-e $path) {
        print "# $path is there already and was left as it is\n";
        return;
    }
    my $new = "$self->{root}/$folder/.tmp-import-$$";
    sysopen my $out, $new, O_WRONLY | O_CREAT | O_EXCL, 0600
        or die "$new: $!\n";
    my $good = print({$out} $text) && close($out)
        && chown(@{ $self->{owner} }, $new) && rename $new, $path;
    return if $good;
    my $why = $!;
    unlink $new;
    die "$path: $why\n";
}

sub make {
    my ($self, $folder) = @_;
    return if -d $folder;
    mkdir $folder, 0700 or die "$folder: $!\n";
    chown @{ $self->{owner} }, $folder or die "$folder: $!\n";
    return;
}
