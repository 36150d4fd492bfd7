# acme_deploy with "files": certificates exported in certbot's layout, exchanged
# as a whole, for whom they are meant to be and nobody else.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::Bundle;
use AcmeTest::Process qw(fork_child stop_group);

my @files = qw(bundle.pem cert.pem chain.pem fullchain.pem privkey.pem);

my $t = AcmeTest->new;
$t->start_ca(no_sleep => 1);
my $dir = $t->dir;
# A group that the worker user is in.
my $group = getgrgid($> == 0 ? (getpwnam 'nobody')[3] : $) + 0);
configure("files $dir/export", 'files export/mail mode=0640 group=' . $group);
is($t->test_config->{code}, 0, 'nginx -t') or diag($t->test_config->{output});
ok(!-e "$dir/export", 'nginx -t makes nothing');
mkdir "$dir/export" or die $!;
chown +($t->worker_owner)[0], -1, "$dir/export";
$t->start;
my $first = $t->wait_certificate('a.example');
ok($t->wait_for(sub { exported('export/a.example') && -e "$dir/export/mail/a.example" },
    30, 'the export'), 'exported');

subtest 'what is there' => sub {
    is_deeply([sort map { s{.*/}{}r } glob "$dir/export/a.example/*"], \@files,
        'the files that certbot has, and all in one');
    is(mode("export/a.example/$_"), $_ =~ /privkey|bundle/ ? '0600' : '0644',
        "mode of $_") for @files;
    is(mode("export/mail/a.example/$_"),
        $_ =~ /privkey|bundle/ ? '0640' : '0644', "as configured: $_")
        for @files;
    is((stat "$dir/export/mail/a.example/privkey.pem")[5],
        scalar getgrnam $group, 'and the group');
    my %text = map { $_ => $t->read_file("export/a.example/$_") } @files;
    is($text{'fullchain.pem'}, $text{'cert.pem'} . $text{'chain.pem'},
        'fullchain is leaf and chain');
    is($text{'bundle.pem'}, $text{'privkey.pem'} . $text{'fullchain.pem'},
        'bundle is key and fullchain');
    is(serial('export/a.example'), $first->{serial}, 'the one that is served');
    is(public_key('x509 -noout -pubkey', 'cert.pem'),
        public_key('pkey -pubout', 'privkey.pem'), 'the key belongs to it');
};

# While a reader follows the link again and again.
my $second;
subtest 'exchanged as a whole' => sub {
    pipe my $read, my $write or die $!;
    my $reader = fork_child(sub { close $read; read_for_ever($write) });
    close $write;
    for my $n (1 .. 5) {
        my $before = serial('export/a.example');
        renew('a.example');
        ok($t->wait_for(sub { serial('export/a.example') ne $before }, 30,
            'the next one'), "renewal $n");
    }
    kill TERM => $reader;
    my $said = do { local $/; <$read> };
    waitpid $reader, 0;
    like($said, qr/^ok \d+$/, 'key and certificate always belong together');
    $second = $t->wait_certificate('a.example',
        serial_not => $first->{serial});
    my @versions = grep { m{/\.a\.example\.[0-9a-f]{16}\z} }
        glob "$dir/export/.a.*";
    is(scalar @versions, 2, 'this one and the one before are there')
        or diag("@versions");
};

subtest 'what was taken away comes back' => sub {
    unlink "$dir/export/a.example" or die $!;
    $t->reload;
    ok($t->wait_for(sub { exported('export/a.example') }, 30, 'the export'),
        'after a reload');
    is(serial('export/a.example'), $second->{serial}, 'the same certificate');
};

subtest 'what stands in the way stays' => sub {
    $t->stop;
    unlink "$dir/export/a.example" or die $!;
    mkdir "$dir/export/a.example" or die $!;
    $t->allow(qr/there already and is no link/);
    $t->mark_log->start;
    ok($t->wait_log(qr/there already and is no link; move it away; failure 1 in a row, next attempt at .*"a\.example", deploy "plain"/),
        'a folder of somebody else\'s: said with what to do');
    ok(-d "$dir/export/a.example" && !-l "$dir/export/a.example", 'and left alone');
    rmdir "$dir/export/a.example" or die $!;
    command('a.example', 'retry');
    ok($t->wait_for(sub { exported('export/a.example') }, 30, 'the export'),
        'once it is gone, the export is made');
};

subtest 'a full disk' => sub {
    plan skip_all => 'mounting is for root' if $> != 0;
    $t->stop;
    mkdir "$dir/full" or die $!;
    system('mount', '-t', 'tmpfs', '-o', 'size=96k,mode=0777', 'none',
        "$dir/full") == 0 or plan skip_all => 'no tmpfs can be mounted here';
    configure("files $dir/full", 'files export/mail');
    fill("$dir/full/fill");
    $t->allow(qr/28: No space left/);
    $t->mark_log->start;
    ok($t->wait_log(qr/deploying: .*No space left.*deploy "plain"/, 30),
        'is said');
    my $before = $t->tls_connect('a.example')->{serial};
    renew('a.example');
    ok($t->wait_certificate('a.example', serial_not => $before),
        'and touches neither serving nor renewing');
    is_deeply([grep { !m{/fill$} } glob "$dir/full/{,.}[a-z]*"], [],
        'nothing half is left there');
    unlink "$dir/full/fill";
    command('a.example', 'retry');
    ok($t->wait_for(sub { exported('full/a.example') }, 30, 'the export'),
        'with room again the export is made');
    $t->stop;
    system('umount', "$dir/full");
};

$t->done;

# --- pieces ----------------------------------------------------------------

sub configure {
    my ($plain, $mail) = @_;
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    %%ACME%%
    acme_deploy plain { $plain; }
    acme_deploy mail { $mail; }
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name a.example b.example;
        acme_domain a.example deploy=plain,mail;
        acme_domain b.example;
        location /acme/ { acme_api; allow 127.0.0.1; deny all; }
    }
}
END
}

# With all that there is room for.
sub fill {
    my ($path) = @_;
    open my $file, '>', $path or die $!;
    1 while syswrite $file, 'x' x 512;
}

sub command {
    my ($id, $action) = @_;
    my $answer = $t->http_get("/acme/certificates/$id/$action",
        method => 'POST', host => 'a.example');
    is($answer->{status}, 202, $action) or diag($answer->{body});
}

sub renew { command($_[0], 'renew') }

sub exported { return -e "$dir/$_[0]/bundle.pem" }

sub mode { return sprintf '%04o', (stat "$dir/$_[0]")[2] & 07777 }

sub serial {
    my ($folder) = @_;
    my $text = `openssl x509 -noout -serial -in $dir/$folder/cert.pem 2>/dev/null`;
    return lc($text =~ s/serial=|\s//gr);
}

sub public_key {
    my ($command, $file) = @_;
    return scalar `openssl $command -in $dir/export/a.example/$file`;
}

# Opens the folder that the link leads to, and reads key and certificate there.
sub read_for_ever {
    my ($write) = @_;
    my $going = 1;
    local $SIG{TERM} = sub { $going = 0 };
    my $good = 0;
    while ($going) {
        chdir "$dir/export/a.example" or next;
        my $certificate = `openssl x509 -noout -pubkey -in cert.pem`;
        my $key = `openssl pkey -pubout -in privkey.pem`;
        last unless $going;
        if ($certificate ne $key || $key eq '') {
            syswrite $write, "they differ\n";
            exit;
        }
        $good++;
    }
    syswrite $write, "ok $good\n";
    exit;
}
