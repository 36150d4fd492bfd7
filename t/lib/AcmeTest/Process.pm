package AcmeTest::Process;

# Starts programs and makes sure that none survives the test. Each program
# leads a process group of its own, so that its children end with it; nothing
# is ever looked up by name. A guard process ends the groups when the test
# itself is killed.

use strict;
use warnings;

use POSIX qw(WNOHANG _exit);
use Exporter qw(import);

use AcmeTest::Poll qw(poll);

our @EXPORT_OK = qw(spawn fork_child adopt_group stop_group stop_all
    is_running children_of title_of memory_of);

my $owner = $$;
my %groups;
my $guard;

# Options: command (array), log (file for its output), env, dir.
sub spawn {
    my (%o) = @_;
    return fork_child(sub {
        chdir $o{dir} or die "$o{dir}: $!" if $o{dir};
        redirect($o{log});
        @ENV{keys %{ $o{env} }} = values %{ $o{env} } if $o{env};
        { no warnings 'exec'; exec { $o{command}[0] } @{ $o{command} } }
        print STDERR "$o{command}[0]: $!\n";
    });
}

sub redirect {
    my ($log) = @_;
    open STDIN, '<', '/dev/null' or die $!;
    $log //= '/dev/null';
    open STDOUT, '>>', $log or die "$log: $!";
    open STDERR, '>&', \*STDOUT or die $!;
}

# Runs the sub in a child, which then ends without running END blocks: those
# belong to the test.
sub fork_child {
    my ($body) = @_;
    start_guard();
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        setpgrp 0, 0;
        close $guard;
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP PIPE);
        eval { $body->(); 1 } or print STDERR $@;
        _exit(127);
    }
    setpgrp $pid, $pid;
    adopt_group($pid);
    return $pid;
}

# For a daemon, which leaves the group that it was started in.
sub adopt_group {
    my ($pid) = @_;
    $groups{$pid} = 1;
    syswrite $guard, "+$pid\n";
}

# Ends a group, by TERM, then by KILL when it does not listen.
sub stop_group {
    my ($group, $signal, $seconds) = @_;
    return unless delete $groups{$group};
    kill $signal // 'TERM', -$group;
    unless (poll(sub { group_is_gone($group) }, $seconds // 5)) {
        kill 'KILL', -$group;
        poll(sub { group_is_gone($group) }, 5);
    }
    syswrite $guard, "-$group\n";
}

sub stop_all {
    return unless $$ == $owner;
    my @left = sort { $b <=> $a } keys %groups;
    kill 'TERM', -$_ for @left;
    stop_group($_) for @left;
}

sub group_is_gone {
    my ($group) = @_;
    waitpid $group, WNOHANG;
    return 1 unless kill 0, -$group;
    return if grep { $_->{group} == $group && $_->{state} ne 'Z' }
        all_processes();
    waitpid $group, WNOHANG;
    return 1;
}

sub is_running {
    my ($pid) = @_;
    waitpid $pid, WNOHANG;
    my $process = process($pid);
    return $process && $process->{state} ne 'Z';
}

# Whether any thread of these processes has something to do now.
sub is_busy {
    for my $stat (map { glob "/proc/$_/task/*/stat" } @_) {
        open my $file, '<', $stat or next;
        my $line = <$file> // next;
        return 1 if $line =~ /\) [RD] /;
    }
    return 0;
}

sub children_of {
    my ($parent) = @_;
    return sort { $a <=> $b } map { $_->{pid} }
        grep { $_->{parent} == $parent && $_->{state} ne 'Z' }
        all_processes();
}

sub title_of {
    my ($pid) = @_;
    open my $file, '<', "/proc/$pid/cmdline" or return '';
    my $title = do { local $/; <$file> } // '';
    $title =~ tr/\0/ /;
    return $title =~ s/ +$//r;
}

# What a process has of its own, in kB: neither shared memory, of which it sees
# more and more, nor libraries.
sub memory_of {
    my ($pid) = @_;
    open my $file, '<', "/proc/$pid/status" or die "process $pid: $!";
    my ($kb) = join('', readline $file) =~ /^RssAnon:\s+(\d+)/m;
    return $kb;
}

sub all_processes {
    opendir my $proc, '/proc' or die "/proc: $!";
    return grep { defined } map { process($_) } grep { /^\d+$/ } readdir $proc;
}

# The name in /proc/PID/stat is in parentheses and may hold some itself.
sub process {
    my ($pid) = @_;
    open my $file, '<', "/proc/$pid/stat" or return;
    my $line = <$file> // return;
    my ($state, $parent, $group) = $line =~ /.*\) (\S) (\d+) (\d+)/s or return;
    return { pid => $pid, state => $state, parent => $parent,
        group => $group };
}

sub start_guard {
    return if $guard;
    pipe my $read, $guard or die "pipe: $!";
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        close $guard;
        stand_guard($read);
        _exit(0);
    }
    close $read;
    $SIG{$_} //= sub { exit 1 } for qw(INT TERM HUP);
}

# The pipe ends with the test, however the test ends.
sub stand_guard {
    my ($read) = @_;
    setpgrp 0, 0;
    redirect();
    my %left;
    while (my $line = <$read>) {
        $line =~ /^([+-])(\d+)/ or next;
        $1 eq '+' ? $left{$2} = 1 : delete $left{$2};
    }
    kill 'TERM', -$_ for keys %left;
    poll(sub { !grep { kill 0, -$_ } keys %left }, 5);
    kill 'KILL', -$_ for keys %left;
}

END {
    if ($$ == $owner) {
        local $?;
        stop_all();
    }
}

1;
