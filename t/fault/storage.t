# What can be wrong with the state directory, each in an nginx of its own:
# nginx starts and serves the best there is, a line says what is wrong, the CA
# is not asked for what could not be kept, other certificates do not suffer,
# and once it is mended everything goes on.

use strict;
use warnings;

use File::Path qw(remove_tree);
use JSON::PP;
use POSIX qw(mkfifo SIGCONT SIGSTOP);
use Test::More;

use lib 't/lib';
use AcmeTest::Bundle;
use AcmeTest::Fleet;
use AcmeTest::Process;

# Disks of our own, gone when this process is. The cases that need one are
# skipped where that is not allowed.
my @unshare = ('unshare', '--mount', '--');
if (!defined $ENV{ACME_OWN_MOUNTS}) {
    $ENV{ACME_OWN_MOUNTS} = $> == 0 && system(@unshare, 'mount', '-t', 'tmpfs',
        'tmpfs', '/mnt') == 0 ? 1 : 0;
    exec @unshare, $^X, $0 if $ENV{ACME_OWN_MOUNTS};
}
my %missing = (
    disk => $ENV{ACME_OWN_MOUNTS} ? '' : 'mount is not allowed here',
    root => $> == 0 ? '' : 'only root can give files away',
);

my $full = qr/No space left on device\)/;
my $denied = qr/open\(\) failed \(13: Permission denied\)/;
my $on_hold = qr/; nothing is ordered until the state directory can be/;
my $quarantine = qr/moved to (?:"[^"]*\/)?quarantine/;
my $worse = qr/\[notice\].*older or of other names than the one served/;
my $dead = 'acme_issuer dead { uri https://127.0.0.1:1/; }';
my $static = AcmeTest::Bundle::make(names => ['static.example'], age => 1,
    left => 80);

# A case `is` this. It is made so `before` the start, or `then`, after it.
# `says`: the line. `asks`: nothing keeps it from asking the CA. `mend`: what
# the operator does, who with `again` also starts the helper anew. `keeps`: what
# is served is all there is going to be. `alone`: the neighbour suffers, too.
my @cases = (
    { is => 'a full disk at the start', needs => 'disk',
        before => \&fill, mend => \&make_room,
        says => qr/\[error\].*writing a trial file.*$full$on_hold/ },
    { is => 'a full disk when a certificate is due', needs => 'disk',
        before => sub { due($_[0]); fill($_[0]) }, mend => \&make_room,
        says => qr/\[error\].*writing a trial file.*$full$on_hold/ },
    { is => 'a disk that is full in mid-order', needs => 'disk', asks => 1,
        before => \&stop_at_the_challenge, then => \&fill_and_go_on,
        mend => \&make_room,
        says => qr/\[crit\].*$full; the certificate is served from memory/ },
    { is => 'a disk that is full in mid-renewal, and a reload', asks => 1,
        needs => 'disk',
        before => sub { due($_[0]); stop_at_the_challenge($_[0]) },
        then => sub { fill_and_go_on($_[0]); $_[0]{t}->reload },
        mend => \&make_room,
        says => qr/\[error\].*writing a trial file.*$full$on_hold/ },
    { is => 'a read-only disk', needs => 'disk',
        before => sub { due($_[0]); remount($_[0], 'ro') },
        mend => sub { remount($_[0], 'rw') },
        says => qr/\[error\].*lock": open\(\) failed \(30: .*trying again/ },

    { is => 'an account that may not be read', needs => 'root',
        before => sub { due($_[0]); give_away($_[0], 'accounts/*') },
        mend => sub { take_back($_[0], 'accounts/*') },
        says => qr/\[error\].*accounts.*: $denied.*next attempt at/ },
    { is => 'a certificate that may not be read', needs => 'root', again => 1,
        before => sub { due($_[0]); give_away($_[0], 'certificates/NAME.pem') },
        mend => sub { take_back($_[0], 'certificates/NAME.pem') },
        says => qr/\[error\].*certificates.*: $denied/ },
    { is => 'a job that may not be read', needs => 'root', again => 1,
        before => sub { due($_[0]); job($_[0]); give_away($_[0], 'jobs/*') },
        mend => sub { take_back($_[0], 'jobs/*') },
        says => qr/\[error\].*jobs.*: $denied/ },
    (map { my $folder = $_; {
        is => "$folder/ that may not be entered", needs => 'root', again => 1,
        before => sub { due($_[0]); job($_[0]); give_away($_[0], $folder) },
        mend => sub { take_back($_[0], $folder) },
        says => qr/\[error\].*$folder.*$denied/,
    } } qw(accounts certificates jobs)),

    { is => 'a certificate of other names', asks => 1,
        before => sub { $_[0]->leave_certificate(age => 1, left => 80,
            names => ['other.example']) } },
    { is => "another CA's account", asks => 1,
        before => sub { due($_[0]); move_account($_[0]) },
        says => qr/\[error\].*damaged: it is an account at another CA.*$quarantine/ },
    { is => "another certificate's job", asks => 1,
        before => sub { due($_[0]); job($_[0], names => 'other.example',
            directory => $_[0]{t}->ca->url, failures => 3,
            order_url => $_[0]{t}->ca->url . '/none',
            not_before => '2099-01-01T00:00:00Z') } },
    unusual('a link', sub { symlink $_[1], $_[0] }),
    unusual('a pipe', sub { mkfifo $_[0], 0600 }),
    unusual('a directory', sub { mkdir $_[0], 0700 }),
    { is => 'a pipe in place of the lock',
        before => sub { due($_[0]); mkfifo $_[0]->path('lock'), 0600;
            take_back($_[0], 'lock') },
        mend => sub { unlink $_[0]->path('lock') },
        says => qr/\[error\].*lock" is not a regular file; no certificate is/ },
    { is => 'a folder that is a link', again => 1, alone => 1,
        before => sub { due($_[0]); delete $_[0]{old};
            rename $_[0]->path('certificates'), $_[0]->path('elsewhere');
            symlink 'elsewhere', $_[0]->path('certificates') },
        mend => sub { unlink $_[0]->path('certificates') },
        says => qr/\[error\].*certificates" is not a directory \(links are not/ },
    { is => 'all open to everybody', asks => 1,
        before => sub { due($_[0]); chmod 0644, glob $_[0]->path('*/*');
            chmod 0755, glob $_[0]->path('*') } },
    { is => 'temporary files of a crash', asks => 1,
        before => sub { due($_[0]); $_[0]->store("$_/.tmp-1-0", 'half')
            for qw(accounts certificates jobs) } },
    { is => 'a directory that is deleted, and the helper killed', alone => 1,
        then => sub { issued($_[0]); remove_tree($_[0]->path(''));
            $_[0]{t}->kill_helper; $_[0]{asked} = $_[0]->requests },
        mend => sub { $_[0]{t}->reload }, orders => 1,
        says => qr/\[error\].*lock": open\(\) failed \(2: .*no certificate is/ },

    # Never withdrawn: what comes to lie on disk is judged.
    { is => 'other names, put there while nginx runs', keeps => 1,
        before => \&fresh, says => $worse,
        then => sub { put($_[0], names => ['other.example'], age => 0,
            left => 90) } },
    { is => 'an expired one, put there while nginx runs', keeps => 1,
        before => \&fresh, says => $worse,
        then => sub { put($_[0], age => 90, left => -1) } },
    { is => 'one of another key, put there while nginx runs', keeps => 1,
        before => \&fresh,
        then => sub { put($_[0], age => 0, left => 90,
            key => $static->{key}) },
        says => qr/\[error\].*NAME\.pem cannot be used and was $quarantine/ },
    { is => 'an expired one at the start, and a CA that is down',
        keeps => 1, asks => 1, issuer => $dead,
        before => sub { $_[0]->leave_certificate(age => 90, left => -1) },
        then => sub { $_[0]{t}->restart },
        says => qr/\[crit\].*127\.0\.0\.1.*next attempt at/ },
    { is => 'an expired one beside a static one, and a CA that is down',
        keeps => 1, asks => 1, issuer => $dead,
        server => 'ssl_certificate %%DIR%%/static.pem; '
            . 'ssl_certificate_key %%DIR%%/static.pem;',
        before => sub { $_[0]->leave_certificate(age => 90, left => -1);
            $_[0]{t}->write_file('static.pem', $static->{pem});
            $_[0]{old} = $static->{serial} },
        says => qr/\[crit\].*127\.0\.0\.1.*next attempt at/ },
);

my $fleet = AcmeTest::Fleet->new;
my $first = $fleet->add('first')->start;
issued($first);

my @possible = grep { !$missing{ $_->{needs} // '' } } @cases;
my @ships = map { begin($_) } @possible;
$_->{then}->($_->{ship}) for grep { $_->{then} } @possible;
$fleet->wait_for_each(\&is_told, 60, 'told', @ships);
$_->{meanwhile} = join "\n", meanwhile($_) for @possible;
mend($_) for grep { $_->{mend} } @possible;
$fleet->wait_for_each(\&is_over, 150, 'over', @ships);

for my $case (@cases) {
    SKIP: {
        my $ship = $case->{ship} or skip $missing{ $case->{needs} }, 2;
        is($case->{meanwhile}, '', "$case->{is}: said, and borne");
        is(join("\n", finally($case)), '', "$case->{is}: in the end");
    }
}
umount($_->{ship}) for grep { ($_->{needs} // '') eq 'disk' } @possible;
$fleet->done;

# --- the course of a case --------------------------------------------------

sub begin {
    my ($case) = @_;
    my $ship = $fleet->add('case', %$case, http => neighbour($case));
    $case->{ship} = $ship;
    $ship->{case} = $case;
    new_disk($ship) if ($case->{needs} // '') eq 'disk';
    $ship->{neighbour} = leave_neighbour($ship) unless $case->{alone};
    $case->{before}->($ship) if $case->{before};
    return $ship->start;
}

# Another certificate in the same nginx, which needs nothing.
sub neighbour {
    my ($case) = @_;
    return '' if $case->{alone};
    return <<'END';
    server {
        listen %%ADDRESS%%:%%TLS%% ssl;
        server_name also.NAME;
        acme_domain also.NAME;
    }
END
}

sub leave_neighbour {
    my ($ship) = @_;
    my $name = $ship->own('also.NAME');
    my $bundle = AcmeTest::Bundle::make(names => [$name], age => 1,
        left => 80);
    $ship->store("certificates/$name.pem", $bundle->{pem});
    return $bundle->{serial};
}

sub is_told {
    my ($ship) = @_;
    my $says = $ship->{case}{says} or return 1;
    $says =~ s/NAME/$ship->{name}/;
    return $ship->{t}->log_lines($says);
}

sub meanwhile {
    my ($case) = @_;
    my $ship = $case->{ship};
    my $requests = $ship->requests - ($ship->{asked} // 0);
    my $seen = $ship->look;
    return (
        (is_told($ship) ? () : 'the log does not say it'),
        ($seen->{ok} ? () : "no handshake: $seen->{error}"),
        ($case->{asks} || !$requests ? () : "$requests requests"),
        neighbours_trouble($ship));
}

sub neighbours_trouble {
    my ($ship) = @_;
    return if $ship->{case}{alone};
    my $seen = $ship->{t}->tls_connect($ship->own('also.NAME'));
    return if ($seen->{serial} // '') eq $ship->{neighbour};
    return 'the neighbour is ' . ($seen->{error} // $seen->{subject});
}

sub mend {
    my ($case) = @_;
    $case->{mend}->($case->{ship});
    $case->{ship}{t}->kill_helper if $case->{again};
}

sub is_over {
    my ($ship) = @_;
    if ($ship->{case}{keeps}) {
        $ship->look;
        return $ship->{case}{server} || $ship->stored_serial eq $ship->{old};
    }
    return $ship->is_settled && $ship->stored_serial eq $ship->{served};
}

sub finally {
    my ($case) = @_;
    my $ship = $case->{ship};
    my $orders = $ship->orders;
    my @problems = ($ship->problems, neighbours_trouble($ship));
    if ($case->{keeps}) {
        @problems = grep { $_ ne 'no certificate' } @problems;
    }
    if ($case->{server}) {
        @problems = grep { !/is stored$/ } @problems;
    }
    my $wanted = $case->{orders} // ($case->{keeps} ? 0 : 1);
    return (@problems, $orders == $wanted ? () : "$orders orders");
}

# --- what is there ---------------------------------------------------------

sub due {
    my ($ship) = @_;
    $ship->leave_certificate(age => 80, left => 10);
    $ship->share_account($first);
}

sub fresh { $_[0]->leave_certificate(age => 1, left => 80) }

sub issued {
    my ($ship) = @_;
    $fleet->wait_for_each(sub { $_[0]->is_settled }, 30, 'issued', $ship);
}

sub job {
    my ($ship, %members) = @_;
    $ship->store('jobs/NAME.json', encode_json({ version => 1, %members }));
}

sub move_account {
    my ($ship) = @_;
    my ($path) = glob $ship->path('accounts/*');
    my $account = decode_json($ship->{t}->read_file($path));
    $account->{directory} = 'https://other.example/';
    $ship->{t}->write_file($path, encode_json($account));
}

# Something that is no file in the place of each kind of file.
sub unusual {
    my ($what, $make) = @_;
    return map { my $place = $_; {
        is => "$what in place of $place", asks => 1,
        before => sub {
            my ($ship) = @_;
            due($ship);
            job($ship);
            my ($path) = glob $ship->path($place);
            my $elsewhere = $ship->{t}->dir . '/elsewhere';
            rename $path, $elsewhere or die "$path: $!";
            $make->($path, $elsewhere) or die "$path: $!";
            take_back($ship, $place);
            delete $ship->{old} if $place =~ /cert/;
        },
        says => qr/\[error\].*is damaged: it is not a regular file; $quarantine/,
    } } qw(accounts/* certificates/NAME.pem jobs/*);
}

# While nginx runs, and it is reloaded.
sub put {
    my ($ship, %o) = @_;
    my $old = $ship->{old};
    $ship->leave_certificate(%o);
    $ship->{old} = $old;
    $ship->{t}->reload;
}

sub give_away {
    my ($ship, $files) = @_;
    chown 0, 0, glob $ship->path($files);
}

sub take_back {
    my ($ship, $files) = @_;
    chown $ship->{t}->worker_owner, glob $ship->path($files);
}

# --- disks -----------------------------------------------------------------

sub new_disk {
    my ($ship) = @_;
    my $path = $ship->path('');
    mkdir $path;
    system('mount', '-t', 'tmpfs', '-o', 'size=64k,mode=0700', 'tmpfs', $path)
        == 0 or die 'mount';
    chown $ship->{t}->worker_owner, $path;
}

sub remount {
    my ($ship, $how) = @_;
    system('mount', '-o', "remount,$how", $ship->path('')) == 0 or die 'mount';
}

sub umount { system 'umount', '-l', $_[0]->path('') }

sub fill {
    my ($ship) = @_;
    open my $file, '>', $ship->path('filler') or die "filler: $!";
    1 while syswrite $file, '-' x 1024;
    die "filler: $!" unless $!{ENOSPC};
}

sub make_room { unlink $_[0]->path('filler') or die "filler: $!" }

sub stop_at_the_challenge {
    my ($ship) = @_;
    $ship->signal_at(SIGSTOP, 'sent /chalZ', 1);
}

# The order is under way; nothing but the certificate is left to be stored.
sub fill_and_go_on {
    my ($ship) = @_;
    my $helper;
    $ship->{t}->wait_for(sub {
        $helper = $ship->{t}->helper;
        $helper && AcmeTest::Process::process($helper)->{state} eq 'T';
    }, 30, 'the helper to be stopped') or die;
    fill($ship);
    kill SIGCONT, $helper;
    $ship->{t}->wait_log(qr/served from memory/, 30);
}
