# From the start of nginx, with nothing on disk, to the first handshake that
# shows a certificate of the CA; beside it what Debian has for the same, when it
# is installed: Caddy and Apache's mod_md until a handshake shows theirs, lego
# and certbot until they end. One Pebble without sleeps serves all; it refuses
# five nonces of a hundred. Who has none after a minute, or gives up, counts as
# having taken a minute. acme_domain also with the check before an order, which
# is the default and which nobody else makes: it asks at the ports 80 and 443.

use strict;
use warnings;

use File::Path qw(make_path remove_tree);
use IO::Socket::INET;
use POSIX qw(WNOHANG);
use Time::HiRes qw(time);

use AcmeTest;
use AcmeTest::Bench;
use AcmeTest::FaultyCa;
use AcmeTest::Poll qw(poll);
use AcmeTest::Process qw(spawn stop_group);

my $rounds = 5;
my $name = 'a.example';
my $patience = 60;
my %failures;

my %retry_after = ('none' => { authz => 0, order => 0 },
    '3 s, 5 s' => { authz => 3, order => 5 });
print 'first certificate: ', machine(), "\n",
    "seconds until there is a certificate; $rounds rounds\n";
my $usual_ports = !grep { !can_listen($_) } 80, 443;
my %name = (module => 'acme_domain', checked => 'acme_domain, checked before');
my $t;
my @rows;
for my $what ('none', '3 s, 5 s') {
    $t = AcmeTest->new(log_level => 'notice');
    @{ $t->{ports} }{qw(HTTP TLS)} = (80, 443) if $usual_ports;
    $t->start_ca(no_sleep => 1, retry_after => $retry_after{$what});
    my %of = measure($t->ca);
    push @rows, map { [$name{$_} // $_, $what,
        number(median(@{ $of{$_} })), sprintf('%.2f',
        ratio($of{$_}, $of{module})), $failures{$_} // 0] }
        sort by_speed keys %of;
    push @rows, ca_row($t->ca, $what) if $what eq 'none';
    $t->finish;
}
table(['', 'Retry-After', 's', ': acme_domain', 'failed'], @rows);
print "Not checked before: the ports 80 and 443 cannot be had here.\n"
    unless $usual_ports;

sub by_speed { return !$name{$a} <=> !$name{$b} || $b cmp $a }

sub can_listen {
    my ($port) = @_;
    return IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1',
        LocalPort => $port, ReuseAddr => 1);
}

sub measure {
    my ($ca) = @_;
    my $issuer = $ca->issuer_block;
    my %variant = (module => sub { seconds_of_nginx('module', $issuer, 'off') },
        $usual_ports ? (checked => sub {
            seconds_of_nginx('checked', $issuer, 'require') }) : (),
        map { my ($name, $body) = @$_; $name => sub { $body->($ca) } }
        grep { installed($_->[0]) } ['lego', \&lego], ['certbot', \&certbot],
            ['caddy', \&caddy], ['apache2', \&apache]);
    %failures = ();
    return rounds($rounds, %variant);
}

# What the CA itself takes for the requests of one certificate, one after the
# other.
sub ca_row {
    my ($ca, $what) = @_;
    my $front = AcmeTest::FaultyCa->new(dir => $t->dir, ca => $ca);
    my (@seconds, @requests);
    for (1 .. $rounds) {
        $front->script;
        seconds_of_nginx('module', $front->issuer_block, 'off');
        my @journal = $front->journal;
        my $sum = 0;
        $sum += $_->{seconds} // 0 for @journal;
        push @seconds, $sum;
        push @requests, scalar @journal;
    }
    $front->stop;
    return ["the CA's own time for " . median(@requests) . ' requests', $what,
        number(median(@seconds)), ''];
}

sub installed { return !system "command -v $_[0] >/dev/null" }

sub seconds_of_nginx {
    my ($who, $issuer, $preflight) = @_;
    remove_tree($t->state_dir);
    configure($issuer, $preflight);
    return until_served($who, $t->tls_port, sub { $t->start },
        sub { $t->stop });
}

sub until_served {
    my ($who, $port, $start, $stop) = @_;
    my $begin = time;
    $start->();
    my $served = poll(sub {
        $t->tls_connect($name, port => $port)->{verified} }, $patience);
    my $seconds = time - $begin;
    $stop->();
    return $served ? $seconds : failed($who);
}

sub failed {
    my ($who) = @_;
    $failures{$who}++;
    return $patience;
}

# --- peers -----------------------------------------------------------------
# A folder for each call, that of the challenge's port free.

sub lego {
    my ($ca) = @_;
    return seconds_of_command($ca, ['lego', '--accept-tos', '--server',
        $ca->url, '--email', 'a@a.example', '--domains', $name, '--path',
        fresh('lego'), '--http', '--http.port',
        '127.0.0.1:' . $t->http_port, 'run'],
        LEGO_CA_CERTIFICATES => $ca->ca_file);
}

sub certbot {
    my ($ca) = @_;
    my $dir = fresh('certbot');
    return seconds_of_command($ca, ['certbot', 'certonly', '--standalone',
        '-n', '--agree-tos', '-m', 'a@a.example', '--server', $ca->url,
        '-d', $name, '--http-01-port', $t->http_port,
        map { ("--$_-dir", "$dir/$_") } qw(config work logs)],
        REQUESTS_CA_BUNDLE => $ca->ca_file);
}

sub caddy {
    my ($ca) = @_;
    my $dir = fresh('caddy');
    my ($http, $tls) = ($t->http_port, $t->tls_port);
    my $root = $ca->ca_file;
    my $url = $ca->url;
    write_file("$dir/Caddyfile", <<"END");
{
    admin off
    http_port $http
    https_port $tls
    acme_ca $url
    acme_ca_root $root
    email a\@a.example
}
$name {
    bind 127.0.0.1
}
END
    my $pid;
    return until_served('caddy', $tls, sub { $pid = spawn(log => "$dir/log",
        command => ['caddy', 'run', '--config', "$dir/Caddyfile"],
        env => { HOME => $dir, XDG_DATA_HOME => $dir,
            XDG_CONFIG_HOME => $dir }) }, sub { stop_group($pid) });
}

# What mod_md has obtained is served from the next graceful restart on, which is
# left to others: here it follows at once.
sub apache {
    my ($ca) = @_;
    my $dir = fresh('apache');
    my ($http, $tls) = ($t->http_port, $t->tls_port);
    my ($url, $root) = ($ca->url, $ca->ca_file);
    my $modules = join "\n", map { "LoadModule ${_}_module "
        . "/usr/lib/apache2/modules/mod_$_.so" }
        qw(mpm_event authz_core socache_shmcb ssl md);
    write_file("$dir/conf", <<"END");
$modules
ServerRoot $dir
PidFile $dir/pid
ErrorLog $dir/log
ServerName localhost
DefaultRuntimeDir $dir
User www-data
Group www-data
Listen 127.0.0.1:$http
Listen 127.0.0.1:$tls
SSLSessionCache shmcb:$dir/sessions
MDStoreDir $dir/md
MDCertificateAuthority $url
MDCACertificateFile $root
MDCertificateAgreement accepted
MDContactEmail a\@a.example
MDPortMap http:$http https:$tls
MDomain $name
<VirtualHost 127.0.0.1:$http>
    ServerName $name
</VirtualHost>
<VirtualHost 127.0.0.1:$tls>
    ServerName $name
    SSLEngine on
</VirtualHost>
END
    my $pid;
    return until_served('apache2', $tls, sub {
        $pid = spawn(log => "$dir/out",
            command => ['apache2', '-DFOREGROUND', '-f', "$dir/conf"]);
        poll(sub { AcmeTest::Nginx::slurp("$dir/log") =~ /AH10059:/ },
            $patience) and kill 'USR1', $pid;
    }, sub { stop_group($pid) });
}

sub seconds_of_command {
    my ($ca, $command, %env) = @_;
    my $log = $t->dir . '/peer.log';
    my $begin = time;
    my $pid = spawn(command => $command, env => \%env, log => $log);
    my $ended = poll(sub { waitpid($pid, WNOHANG) == $pid }, $patience);
    my ($good, $seconds) = ($ended && $? == 0, time - $begin);
    stop_group($pid);
    return $good ? $seconds : failed($command->[0]);
}

sub fresh {
    my ($peer) = @_;
    my $dir = $t->dir . "/$peer";
    remove_tree($dir);
    make_path($dir);
    return $dir;
}

sub write_file {
    my ($path, $text) = @_;
    open my $file, '>', $path or die "$path: $!";
    print $file $text;
    close $file or die "$path: $!";
}

sub configure {
    my ($issuer, $preflight) = @_;
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    acme_state_path %%STATE%%;
    acme_preflight $preflight;
    acme_resolver 127.0.0.1:@{[ $t->dns->{port} ]};
    $issuer
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name $name;
        acme_domain $name;
    }
}
END
}
