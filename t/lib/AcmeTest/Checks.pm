package AcmeTest::Checks;

# What must hold at the end of each test, whatever it was about.

use strict;
use warnings;

use File::Find ();
use Test::More;

use AcmeTest::Nginx;

sub run {
    my ($t) = @_;
    my @logs = log_files($t->dir);
    no_lines('no [alert] in the log', unexpected($t, qr/\[alert\]/));
    no_lines('no [emerg] in the log', unexpected($t, qr/\[emerg\]/));
    no_lines('no report of a sanitizer or of valgrind', reports(@logs));
    no_lines('no core file', cores($t->dir));
    no_lines('no key material in a log', leaks($t, @logs));
}

sub no_lines {
    my ($what, @lines) = @_;
    ok(!@lines, $what) and return;
    diag($_) for @lines[0 .. ($#lines < 19 ? $#lines : 19)];
}

# Each process that the test killed is an [alert] of the master's.
sub unexpected {
    my ($t, $pattern) = @_;
    my @allowed = (@{ $t->{allowed} },
        map { qr/process $_ exited on signal 9/ } @{ $t->nginx->{killed} });
    return grep { my $line = $_; !grep { $line =~ $_ } @allowed }
        grep { $_ =~ $pattern } split /\n/, $t->log_text;
}

# Every file but the state, keys and the sockets nginx may have made.
sub log_files {
    my ($dir) = @_;
    my @found;
    File::Find::find({ no_chdir => 1, wanted => sub {
        push @found, $_ if -f && /\.(log|out)$|valgrind\.\d+$/;
    } }, $dir);
    return @found;
}

sub reports {
    my (@logs) = @_;
    my @found;
    for my $log (@logs) {
        my $text = AcmeTest::Nginx::slurp($log);
        push @found, "$log:", $text if $log =~ /valgrind\.\d+$/ && $text ne '';
        push @found, "$log: $1" while $text
            =~ /^(.*(?:Sanitizer:|runtime error:).*)$/mg;
    }
    return @found;
}

sub cores {
    my ($dir) = @_;
    return grep { -f } glob "$dir/core $dir/core.*";
}

# A key is found by the base64 lines of its PEM form, wherever a log has them.
sub leaks {
    my ($t, @logs) = @_;
    my @keys = (keys %{ $t->{checks_keys} // {} }, keys_below($t->state_dir));
    my $words = join '|', 'PRIVATE KEY', map { quotemeta } @keys;
    my $pattern = qr/($words)/;
    my @found;
    for my $log (@logs) {
        open my $file, '<', $log or next;
        while (my $line = <$file>) {
            next unless $line =~ $pattern;
            push @found, "$log:$.: " . substr($1, 0, 12) . '...';
        }
    }
    return @found;
}

# The lines inside each private key below a folder: PEM in any file, with real
# line ends or with those of JSON; also the private member of a JWK.
sub keys_below {
    my ($folder) = @_;
    return unless -d $folder;
    my %lines;
    File::Find::find({ no_chdir => 1, wanted => sub {
        return unless -f;
        my $text = AcmeTest::Nginx::slurp($_);
        $lines{$_} = 1 for key_lines($text);
    } }, $folder);
    return keys %lines;
}

sub key_lines {
    my ($text) = @_;
    $text =~ s/\\n/\n/g;
    my @lines = $text =~ /"d"\s*:\s*"([\w-]{20,})"/g;
    while ($text =~ /-----BEGIN [\w ]*PRIVATE KEY-----\n(.*?)-----END/sg) {
        # The first line of a short key is the same for all of its kind.
        my ($first, @rest) = split /\n/, $1;
        push @lines, grep { length > 20 } @rest;
    }
    return @lines;
}

1;
