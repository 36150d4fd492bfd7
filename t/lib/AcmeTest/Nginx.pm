package AcmeTest::Nginx;

# One nginx: its configuration and the life of its processes. Methods die when
# nginx does not do what was asked; what it said is in the message.

use strict;
use warnings;

use POSIX qw(WNOHANG);

use AcmeTest::Clock;
use AcmeTest::Paths qw(module_path nginx_path root);
use AcmeTest::Poll;
use AcmeTest::Process qw(spawn adopt_group stop_group is_running children_of
    title_of);

# Options: dir (must be there), module (0 to leave it out), patience (factor
# for all waiting).
sub new {
    my ($class, %o) = @_;
    my $self = bless { module => 1, patience => 1, %o }, $class;
    $self->{conf} = "$self->{dir}/nginx.conf";
    $self->{log} = "$self->{dir}/error.log";
    $self->{pid_file} = "$self->{dir}/nginx.pid";
    return $self;
}

# What a configuration has for %%GLOBALS%%: workers (1), daemon (on: only then
# does nginx take USR2), log_level (debug), master_process.
sub globals {
    my ($self, %o) = @_;
    my @lines = (
        ($self->{module} ? 'load_module ' . module_path() . ';' : ()),
        'daemon ' . ($o{daemon} // 'on') . ';',
        ($o{master_process} ? "master_process $o{master_process};" : ()),
        'worker_processes ' . ($o{workers} // 1) . ';',
        'working_directory ' . $self->{dir} . ';',
        'worker_rlimit_core 500m;',
        "pid $self->{pid_file};",
        "error_log $self->{log} " . ($o{log_level} // 'debug') . ';',
        'events { worker_connections 256; }');
    return join "\n", @lines;
}

# The same for the http block: nothing outside of our folder is written.
sub http_globals {
    my ($self) = @_;
    my $dir = $self->{dir};
    return join "\n", "access_log $dir/access.log;",
        map { "${_}_temp_path $dir/tmp_$_;" }
        qw(client_body proxy fastcgi uwsgi scgi);
}

sub command {
    my ($self, @more) = @_;
    return (nginx_path(), '-p', "$self->{dir}/", '-c', $self->{conf},
        '-e', $self->{log}, @more);
}

# Options: valgrind => 1, env (hash), preload (library), time_travel => 1 (for
# travel and step_clock).
sub start {
    my ($self, %o) = @_;
    my @command = $self->command;
    if ($o{valgrind}) {
        unshift @command, $self->valgrind_command;
        $self->{patience} = 20;
    }
    my %env = %{ $o{env} // {} };
    $env{LD_PRELOAD} = $o{preload} if $o{preload};
    %env = (%env, $self->clock->env) if $o{time_travel};
    $self->{output} = "$self->{dir}/nginx.out";
    $self->{start} = \%o;
    unlink $self->{pid_file};
    my $pid = spawn(command => \@command, log => $self->{output},
        env => \%env, dir => $self->{dir});
    $self->await_master($pid);
    return $self;
}

sub valgrind_command {
    my ($self) = @_;
    my $suppressions = root() . '/t/valgrind.supp';
    return ('valgrind', '-q', '--vgdb=no', '--trace-children=yes',
        '--leak-check=full', '--show-leak-kinds=definite',
        "--log-file=$self->{dir}/valgrind.%p", '--num-callers=30',
        (-e $suppressions ? "--suppressions=$suppressions" : ()));
}

sub clock {
    my ($self) = @_;
    return $self->{clock} //= AcmeTest::Clock->new(dir => $self->{dir});
}

# So many seconds go by, or less than none; all that has become due is done
# at once. Also while nginx is stopped.
sub travel {
    my ($self, $seconds) = @_;
    $self->clock->travel($seconds);
    return $self->poke;
}

# Only the wall clock: as when it is set, or the machine was suspended.
sub step_clock {
    my ($self, $seconds) = @_;
    $self->clock->step($seconds);
    return $self->poke;
}

# The wall clock of this nginx.
sub now { return $_[0]->clock->now }

# Every process looks at its clock, and handles what that makes due: a signal
# of no meaning ends its wait, and it says so at the level "info". One that is
# busy does not wait, and would miss it.
sub poke {
    my ($self) = @_;
    my $master = $self->master;
    return $self unless $master && is_running($master);
    my @processes = ($self->workers, $self->helpers);
    for my $pid (@processes ? @processes : $master) {
        my $from = -s $self->{log};
        $self->poll(10, sub {
            return 1 if !is_running($pid) || tail($self->{log}, $from)
                =~ / \[info\] $pid#.* epoll_wait\(\) failed \(4: /;
            kill 'IO', $pid;
            return;
        }) or die "process $pid does not wait for events:\n" . $self->said;
    }
    return $self;
}

# A daemon leaves its first process, so that one may end well.
sub await_master {
    my ($self, $pid) = @_;
    my $up = $self->poll(10, sub {
        my $ended = waitpid($pid, WNOHANG) == $pid;
        die "nginx did not start:\n" . $self->said if $ended && $?;
        my $master = $self->master;
        return unless $master && is_running($master);
        $self->lead($master, $pid);
        $self->all_workers_up;
    });
    die "nginx is not up:\n" . $self->said unless $up;
}

# The group to end is the master's own when it went into the background.
sub lead {
    my ($self, $master, $first) = @_;
    return if ($self->{leader} // 0) == $master;
    $self->{leader} = $master;
    adopt_group($master) if $master != $first;
}

# With master_process off there are no workers to wait for.
sub all_workers_up {
    my ($self) = @_;
    my ($conf) = slurp($self->{conf});
    return 1 if $conf =~ /^\s*master_process\s+off/m;
    my ($wanted) = $conf =~ /^\s*worker_processes\s+(\d+)/m;
    return $self->workers >= ($wanted // 1);
}

sub master {
    my ($self) = @_;
    my ($pid) = slurp($self->{pid_file}) =~ /^(\d+)/;
    return $pid;
}

sub workers { return $_[0]->with_role('worker') }
sub helpers { return $_[0]->with_role('cache manager') }

# The process that does the ACME work.
sub helper { return ($_[0]->helpers)[-1] }

sub with_role {
    my ($self, $role) = @_;
    my $master = $self->master or return;
    return grep { $self->role_of($_) eq $role } children_of($master);
}

# By the title; under valgrind the titles are valgrind's, but the log tells
# who was started as what.
sub role_of {
    my ($self, $pid) = @_;
    my $title = title_of($pid);
    return 'leaving' if $title =~ /is shutting down/;
    return $1 if $title
        =~ /^(?:nginx|angie): (worker|cache manager|cache loader) proc/;
    return '' unless $self->{start}{valgrind};
    return $self->log_text
        =~ /start (worker|cache manager|cache loader) process $pid$/m
        ? $1 : '';
}

# Waits until new processes do the work and the old ones are gone; with
# wait_old => 0 those may still serve long connections.
sub reload {
    my ($self, %o) = @_;
    my %old = map { $_ => 1 } $self->workers, $self->helpers;
    my $from = -s $self->{log};
    kill 'HUP', $self->master;
    my $done = $self->poll($o{seconds} // 15, sub {
        die "reload was refused:\n" . $self->said
            if substr($self->log_text, $from) =~ /\[emerg\]/;
        my @now = $self->workers;
        return unless $self->all_workers_up && !grep { $old{$_} } @now;
        return 1 if defined $o{wait_old} && !$o{wait_old};
        return !grep { is_running($_) } keys %old;
    });
    die "reload did not come to its end:\n" . $self->said unless $done;
    return $self;
}

# QUIT (in peace) unless another signal is given.
sub stop {
    my ($self, $signal) = @_;
    my $master = $self->master or return $self;
    kill $signal // 'QUIT', $master;
    my $gone = $self->poll(10, sub { !is_running($master) });
    stop_group(delete $self->{leader}) if $self->{leader};
    die "nginx did not stop\n" unless $gone;
    return $self;
}

sub restart {
    my ($self) = @_;
    my %options = %{ $self->{start} };
    $self->stop;
    return $self->start(%options);
}

# The binary upgrade: a new master takes the sockets over, the old one quits.
sub upgrade {
    my ($self) = @_;
    my $old = $self->master;
    kill 'USR2', $old;
    my $up = $self->poll(10, sub {
        my $new = $self->master;
        $new && $new != $old && $self->all_workers_up;
    });
    die "no new master after USR2:\n" . $self->said unless $up;
    kill 'QUIT', $old;
    $self->poll(10, sub { !is_running($old) })
        or die "the old master stays:\n" . $self->said;
    return $self;
}

sub kill_worker { return $_[0]->kill_one('worker') }
sub kill_helper { return $_[0]->kill_one('cache manager') }

# kill -9, then waits for the process that takes its place.
sub kill_one {
    my ($self, $role) = @_;
    my @before;
    $self->poll(5, sub { @before = $self->with_role($role) })
        or die "no $role process\n";
    my $victim = $before[-1];
    push @{ $self->{killed} }, $victim;
    kill 'KILL', $victim;
    my $back = $self->poll(10, sub {
        my @now = $self->with_role($role);
        @now == @before && !grep { $_ == $victim } @now;
    });
    die "the $role process was not replaced:\n" . $self->said unless $back;
    return $victim;
}

# nginx -t on a configuration file (our own, unless another is given): code,
# output.
sub test_config {
    my ($self, $conf) = @_;
    my $output = "$self->{dir}/test_config.out";
    unlink $output;
    my $pid = spawn(log => $output, dir => $self->{dir},
        command => [nginx_path(), '-p', "$self->{dir}/", '-e', 'stderr', '-t',
            '-c', $conf // $self->{conf}]);
    waitpid $pid, 0;
    my $code = $? & 127 ? 128 + ($? & 127) : $? >> 8;
    stop_group($pid);
    return { code => $code, output => slurp($output) };
}

sub poll {
    my ($self, $seconds, $check) = @_;
    return AcmeTest::Poll::poll($check, $seconds * $self->{patience});
}

sub log_text { return slurp($_[0]{log}) }

my $of_no_interest = qr/\(SIG(?:CHLD|IO)\) received|getrlimit|OS: |"epoll"/;

# What an operator would be shown, and all of our own lines.
sub said {
    my ($self, $count) = @_;
    my @lines = ((split /\n/, slurp($self->{output} // '')),
        grep { /^\d+\/.* \[(?!debug|info)|acme:/ && $_ !~ $of_no_interest }
        split /\n/, $self->log_text);
    $count //= 30;
    splice @lines, 0, @lines - $count if @lines > $count;
    return join "\n", @lines, '';
}

sub slurp { return tail($_[0], 0) }

sub tail {
    my ($path, $from) = @_;
    open my $file, '<', $path or return '';
    seek $file, $from, 0;
    local $/;
    return scalar(<$file>) // '';
}

1;
