# The helper is killed, or a call fails, at each single step of handing a
# certificate on, in an nginx of its own: in the end all of it has been handed
# on, no more than once more than was needed, and a reader of the exported files
# never finds half of them.

use strict;
use warnings;

use Errno qw(EDQUOT EIO ENOSPC EROFS);
use Test::More;

use lib 't/lib';
use AcmeTest::Fleet;

my %failure = (
    create => ['open', EDQUOT],
    chmod => ['chmod', EROFS],
    write => ['write', ENOSPC],
    half => ['write', ENOSPC],
    fsync => ['fsync', EIO],
    rename => ['rename', ENOSPC],
    mkdir => ['mkdir', EDQUOT],
    symlink => ['symlink', ENOSPC],
);
my @files = qw(bundle.pem cert.pem chain.pem fullchain.pem privkey.pem);
my $before = '.NAME.' . '0' x 16;

my $fleet = AcmeTest::Fleet->new;
my $undisturbed = add()->start;
my @steps;
$fleet->wait_for_each(sub {
    @steps = $_[0]->steps;
    return is_done($_[0], 'told') && $steps[-1] eq 'fsync history';
}, 30, 'deployed', $undisturbed);
is(join("\n", problems($undisturbed)), '', 'undisturbed');

my %count;
for my $step (@steps) {
    my $count = ++$count{$step};
    next unless $step =~ m{ (?:export|deployments)(?:/|$)};
    my $ship = add();
    $ship->{what} = "killed at $step, $count";
    $ship->{killed} = 1;
    $ship->kill_at($step, $count);
    $ship->start;
    add_failing($step, $count);
}
my @ships = grep { $_->{what} } $fleet->ships;
$fleet->wait_for_each(\&is_deployed, 300, 'deployed', @ships);
is(join("\n", problems($_)), '', $_->{what}) for @ships;
is($fleet->ca->orders, 0, 'none of it is an order');
$fleet->done;

# --- pieces ----------------------------------------------------------------

# With a certificate that is good for long, and what was exported of the one
# before.
sub add {
    my $ship = $fleet->add('given', line => 'deploy=files,told',
        http => <<'END');
    acme_deploy files { files %%STATE%%/export; }
    acme_deploy told { exec FOLDER/told; }
END
    my $dir = $ship->{t}->dir;
    $ship->{t}->write_file('told', "#!/bin/sh\necho \$ACME_SERIAL >> $dir/calls\n");
    chmod 0755, "$dir/told" or die $!;
    chmod 0777, $dir or die $!;
    $ship->{bundle} = $ship->leave_certificate(age => 10, left => 80);
    $ship->store("export/$before/$_", 'old') for @files;
    symlink $ship->own($before), $ship->path('export/NAME') or die $!;
    return $ship;
}

sub add_failing {
    my ($step, $count) = @_;
    my $failure = $failure{ $step =~ s/ .*//r } or return;
    my ($call, $error) = @$failure;
    my $ship = add();
    $ship->{what} = "$step, $count, fails by $error";
    $ship->{says} = qr/\[(?:error|warn)\].*\b$call\(\) failed \($error: /;
    $ship->fail_at($step, $count, $error);
    $ship->start;
}

# By what is remembered, or by what was said when that could not be.
sub is_done {
    my ($ship, $name) = @_;
    my $record = AcmeTest::Nginx::slurp(
        $ship->path("deployments/NAME\@$name.json"));
    return $record =~ /"certificate":/ && $record =~ /"failures":0\b/
        || $ship->{t}->log_lines(qr/ deployed: .*deploy "\Q$name\E"/);
}

sub is_deployed {
    my ($ship) = @_;
    look($ship);
    return is_done($ship, 'files') && is_done($ship, 'told')
        && $ship->kills == ($ship->{killed} // 0);
}

# A reader, who holds the folder that the link led to.
sub look {
    my ($ship) = @_;
    my $folder = $ship->path('export/' . readlink $ship->path('export/NAME'));
    my %kinds = map { kind_of($ship, "$folder/$_") => 1 } @files;
    $ship->{worse} = join ' and ', sort keys %kinds if keys %kinds > 1;
    return join ' ', keys %kinds;
}

sub kind_of {
    my ($ship, $file) = @_;
    my $text = AcmeTest::Nginx::slurp($file);
    return $text eq 'old' ? 'old'
        : -e $file && index($ship->{bundle}{pem}, $text) >= 0 ? 'new'
        : "\"$text\" in $file";
}

sub problems {
    my ($ship) = @_;
    return (
        (look($ship) eq 'new' ? () : 'not exported'),
        ($ship->{worse} ? "a reader saw $ship->{worse}" : ()),
        unexpected_calls($ship), left_over($ship), unsaid($ship),
        $ship->disorder,
        AcmeTest::Checks::unexpected($ship->{t}, qr/\[(?:alert|emerg)\]/));
}

# Who is killed between a call and the record of it calls once more.
sub unexpected_calls {
    my ($ship) = @_;
    my @calls = split /\n/, AcmeTest::Nginx::slurp($ship->{t}->dir . '/calls');
    my $most = ($ship->{what} // '') =~ /^killed at .*deployments/ ? 2 : 1;
    return (
        (@calls >= 1 && @calls <= $most ? () : 'called ' . @calls . ' times'),
        map { "told $_" } grep { $_ ne $ship->{bundle}{serial} } @calls);
}

sub left_over {
    my ($ship) = @_;
    my $folder = $ship->path('export');
    opendir my $all, $folder or die "$folder: $!";
    my %known = map { $ship->own($_) => 1 } 'NAME', $before,
        readlink "$folder/$ship->{name}";
    return map { "$_ is left" } grep { !/^\.\.?$/ && !$known{$_} } readdir $all;
}

# One line for what failed, none else. What is deployed is, with or without the
# mode that its record should have.
sub unsaid {
    my ($ship) = @_;
    my @lines = $ship->{t}->log_lines(qr/\[(?:crit|error|warn)\].*acme:/);
    return @lines unless $ship->{says};
    return 'the log does not say it' unless grep { $_ =~ $ship->{says} } @lines;
    return grep { $_ !~ $ship->{says} } @lines;
}
