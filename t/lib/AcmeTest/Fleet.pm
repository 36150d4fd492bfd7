package AcmeTest::Fleet;

# Many nginxes before one CA, each at an address of its own and with its own
# trouble: what takes a minute to pass is waited for once for all of them.

use strict;
use warnings;

use JSON::PP;
use Test::More;

use AcmeTest;
use AcmeTest::Bundle;
use AcmeTest::Checks;
use AcmeTest::Faults;
use AcmeTest::Tls;

my $damaged = '-----BEGIN PRIV';

# Refused nonces and the frames of HTTP/2 would make the steps of two helpers
# different ones.
sub new {
    my ($class) = @_;
    my $t = AcmeTest->new(log_level => 'notice');
    $t->start_ca(nonce_reject => 0, env => { GODEBUG => 'http2server=0' });
    return bless { t => $t, ships => [] }, $class;
}

sub ca { return $_[0]{t}->ca }
sub ships { return @{ $_[0]{ships} } }

# One nginx with one certificate, not started. Its name begins as given, and
# stands for NAME in what is said about files and steps, as its folder does for
# FOLDER in the configuration. Options: issuer (an acme_issuer block in place of
# that of the CA), line (more of acme_domain), server (more lines), http (more
# blocks).
sub add {
    my ($self, $kind, %o) = @_;
    my $name = $kind . $self->ships . '.pium.life';
    my $t = $self->{t}->neighbour($name, log_level => 'notice');
    # So many on one machine take their time.
    $t->nginx->{patience} = 6;
    my $ship = bless { t => $t, name => $name, kind => $kind },
        'AcmeTest::Fleet::Ship';
    push @{ $self->{ships} }, $ship;
    my $issuer = $o{issuer} // '%%ISSUER%%';
    my ($line, $server, $http) = map { $_ // '' } @o{qw(line server http)};
    $http =~ s/NAME/$name/g;
    $http =~ s/FOLDER/$t->dir/ge;
    $t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    acme_state_path %%STATE%%;
    $issuer
    server {
        listen %%ADDRESS%%:%%HTTP%%;
        listen %%ADDRESS%%:%%TLS%% ssl;
        server_name $name;
        acme_domain $name $line;
        $server
    }
    $http
}
END
    return $ship;
}

# A "first" one begins with nothing; the others with the account of the first
# of the fleet, a "renewal" with a certificate that is due, a "damaged" one with
# what is left of one.
sub add_usual {
    my ($self, $kind) = @_;
    my $ship = $self->add($kind);
    $ship->share_account(($self->ships)[0]) if $kind ne 'first';
    $ship->leave_certificate(age => 80, left => 10) if $kind eq 'renewal';
    $ship->store('certificates/NAME.pem', $damaged) if $kind eq 'damaged';
    return $ship;
}

# All that the helper does in such a case when nothing goes wrong.
sub undisturbed_steps {
    my ($self, $kind) = @_;
    my $ship = $self->add_usual($kind)->start;
    my @steps;
    $self->wait_for_each(sub {
        @steps = $ship->steps;
        $ship->is_settled && $steps[-1] eq 'fsync renewals';
    }, 30, 'issued', $ship);
    return \@steps;
}

# Until the sub is true for each of them; gives those for which it is not.
sub wait_for_each {
    my ($self, $check, $seconds, $what, @ships) = @_;
    @ships = $self->ships unless @ships;
    $self->{t}->wait_for(sub { !(@ships = grep { !$check->($_) } @ships) },
        $seconds, $what);
    diag("not $what: ", $_->{kind}, "\n", $_->{t}->nginx->said) for @ships;
    return @ships;
}

sub done {
    my ($self) = @_;
    kill 'QUIT', $_->{t}->master for $self->ships;
    $_->{t}->finish for $self->ships;
    $self->{t}->done;
}

package AcmeTest::Fleet::Ship;

use strict;
use warnings;

sub start {
    my ($self) = @_;
    $self->{t}->start(AcmeTest::Faults::start_options($self->{t}));
    return $self;
}

# At the so-manieth of these steps the helper is killed.
sub kill_at {
    my ($self, $step, $count) = @_;
    $self->{t}->allow(qr/cache manager process \d+ exited on signal 9/);
    $self->signal_at(9, $step, $count);
}

sub signal_at {
    my ($self, $signal, $step, $count) = @_;
    AcmeTest::Faults::signal_at($self->{t}, $signal, $self->own($step), $count);
}

sub fail_at {
    my ($self, $step, $count, $error) = @_;
    AcmeTest::Faults::fail_at($self->{t}, $self->own($step), $count, $error);
}

sub own {
    my ($self, $text) = @_;
    return $text =~ s/NAME/$self->{name}/r;
}

sub steps {
    my ($self) = @_;
    return map { s/\Q$self->{name}\E/NAME/r } AcmeTest::Faults::steps($self->{t});
}

sub count {
    my ($self, $pattern) = @_;
    return scalar grep { $_ =~ $pattern } $self->steps;
}

# What went to the CA. An order that failed since the CA could not connect to a
# machine that is too busy, as the log says then, is left out.
sub orders {
    my ($self) = @_;
    return $self->count(qr{^sent /order-plz})
        - $self->{t}->log_lines(
            qr/\[warn\].*error:connection - .*; failure \d+ in a row/);
}

sub requests { return $_[0]->count(qr{^ask }) }
sub kills { return scalar $_[0]{t}->log_lines(qr/exited on signal 9/) }

# A certificate that was there before, of so many days and with so many left.
# Options: those of AcmeTest::Bundle::make.
sub leave_certificate {
    my ($self, %o) = @_;
    my $old = AcmeTest::Bundle::make(names => [$self->{name}], %o);
    $self->{old} = $old->{serial};
    $self->store('certificates/NAME.pem', $old->{pem});
    return $old;
}

# The account of another one: so that the CA sees no new one.
sub share_account {
    my ($self, $other) = @_;
    my ($account) = glob $other->path('accounts/*');
    $self->store('accounts/' . $account =~ s{.*/}{}r,
        $self->{t}->read_file($account));
}

sub path {
    my ($self, $path) = @_;
    return $self->{t}->state_dir . '/' . $self->own($path);
}

sub store {
    my ($self, $path, $text) = @_;
    return $self->{t}->store_file($self->own($path), $text);
}

sub stored {
    my ($self, $path) = @_;
    return $self->{t}->read_file($self->path($path));
}

# A visitor, who must never be shown less than before: `worse` remembers.
sub look {
    my ($self) = @_;
    my $seen = $self->{t}->tls_connect($self->{name});
    my $serial = $seen->{serial} // '';
    if ($seen->{verified}) {
        $self->{served} = $serial;
    } elsif ($self->{served} || $serial ne ($self->{old} // $serial)) {
        $self->{worse} = $seen->{error} // "$seen->{subject} $serial";
    }
    return $seen;
}

# A certificate of the CA is served and nothing pending.
sub is_settled {
    my ($self) = @_;
    $self->look;
    my @jobs = glob $self->path('jobs/*');
    return $self->{served} && !@jobs;
}

sub quarantined {
    my ($self) = @_;
    return map { $self->{t}->read_file($_) } glob $self->path('quarantine/*');
}

# What must hold for every one of them in the end.
sub problems {
    my ($self) = @_;
    return (
        ($self->{served} ? () : 'no certificate'),
        ($self->{worse} ? "a visitor was shown $self->{worse}" : ()),
        AcmeTest::Checks::unexpected($self->{t}, qr/\[(?:alert|emerg)\]/),
        $self->disorder);
}

sub disorder {
    my ($self) = @_;
    my %file = %{ $self->{t}->listing($self->{t}->state_dir) };
    my @problems;
    # What is exported is for others to read.
    for my $path (sort grep { !m{^/export\b} } keys %file) {
        push @problems, "$path $file{$path}" if $path =~ /\.tmp/
            || $path !~ /^.quarantine./ && $file{$path} !~ /^(040700|100600) /;
        push @problems, "$path is no JSON"
            if $path =~ /^.(?!quarantine).*\.json$/
            && !eval { JSON::PP::decode_json($self->stored($path)) };
    }
    my $stored = $self->stored_serial;
    push @problems, "$stored is stored" if $stored ne ($self->{served} // $self->{old} // '');
    return @problems;
}

sub stored_serial {
    my ($self) = @_;
    my $pem = $self->stored('certificates/NAME.pem');
    my $leaf = AcmeTest::Tls::describe_pem($pem =~ s/.*?(?=-----BEGIN C)//sr);
    return $leaf ? $leaf->{serial} : 'nothing';
}

1;
