#!/usr/bin/perl

# What acme_status and acme_api say, on a terminal, and as an exit code for
# monitoring. Called by ./build.sh status.

use strict;
use warnings;

use JSON::PP;
use Text::Wrap ();
use Time::Local qw(timegm);

use constant { ALL_VALID => 0, TROUBLE => 1, ENDS_SOON => 2, UNKNOWN => 3 };

my %colour = (valid => 32, renewing => 34, pending => 33, failing => 31,
    expired => 35);
my $max_pages = 1000;

exit main(@ARGV);

sub main {
    my %o = (warn => 14);
    while (@_ && $_[0] =~ /^--(json|warn)$/) {
        my $name = $1;
        shift;
        $o{$name} = $name eq 'json' ? 1 : shift;
    }
    my $url = shift;
    return usage() unless defined $url && $url !~ /^-/
        && $o{warn} =~ /^\d+$/;
    my $status = eval { fetch_all($url, @_) };
    if (!$status) {
        print STDERR 'build.sh status: ', clean($@ =~ s/\s+\z//r), "\n";
        return UNKNOWN;
    }
    binmode STDOUT, ':encoding(UTF-8)';
    print $o{json} ? JSON::PP->new->canonical->pretty->encode($status)
        : table($status);
    return verdict($status, $o{warn});
}

sub usage {
    print STDERR "usage: build.sh status [--json] [--warn DAYS] URL "
        . "[CURL-OPTION...]\n";
    return UNKNOWN;
}

# --- fetching --------------------------------------------------------------

# All pages in one.
sub fetch_all {
    my ($url, @options) = @_;
    my $status = fetch($url, @options);
    my $next = delete $status->{next_page};
    for (2 .. $max_pages) {
        last unless $next;
        my $page = fetch("$url", @options, '--data-urlencode', "page=$next");
        push @{ $status->{certificates} }, @{ $page->{certificates} };
        $next = $page->{next_page};
    }
    return $status;
}

# curl knows about TLS, proxies, passwords, client certificates and sockets.
sub fetch {
    my ($url, @options) = @_;
    my @command = ('curl', '--silent', '--show-error', '--fail',
        '--max-time', 30, '--get', '--data-urlencode', 'format=json',
        '--header', 'Accept: application/json', @options, '--', $url);
    open my $curl, '-|', @command or die "curl: $!\n";
    my $text = do { local $/; <$curl> };
    close $curl or die "$url cannot be had (curl ended with "
        . ($? >> 8) . ")\n";
    my $status = eval { JSON::PP->new->utf8->decode($text) };
    die "$url gives no status: is it a location with acme_status or "
        . "acme_api?\n"
        unless ref $status eq 'HASH' && ref $status->{certificates} eq 'ARRAY';
    return $status;
}

# --- judging ---------------------------------------------------------------

sub verdict {
    my ($status, $days) = @_;
    my @all = @{ $status->{certificates} };
    return TROUBLE if is_down($status)
        || grep { $_->{state} =~ /^(?:failing|expired)$/
            || failing_deployments($_) } @all;
    return ENDS_SOON if grep { ends_soon($status, $_, $days) } @all;
    return ALL_VALID;
}

sub is_down {
    my ($status) = @_;
    return @{ $status->{certificates} } && !$status->{helper}{up};
}

sub failing_deployments {
    my ($certificate) = @_;
    return grep { $_->{state} eq 'failing' }
        @{ $certificate->{deployments} // [] };
}

# Within so many days, or a sixth of its lifetime, whichever is less.
sub ends_soon {
    my ($status, $certificate, $days) = @_;
    my ($begin, $end, $now) = map { seconds($_) } @$certificate{
        qw(not_before not_after)}, $status->{now};
    return 0 unless $end;
    my $limit = $days * 86400;
    my $sixth = ($end - $begin) / 6;
    return $end - $now < ($sixth < $limit ? $sixth : $limit);
}

sub seconds {
    my ($time) = @_;
    return 0 unless ($time // '')
        =~ /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)/;
    return timegm($6, $5, $4, $3, $2 - 1, $1);
}

# --- showing ---------------------------------------------------------------

sub table {
    my ($status) = @_;
    my @lines;
    for my $certificate (@{ $status->{certificates} }) {
        push @lines, [ $certificate, clean($certificate->{id}),
            validity($status, $certificate), next_step($status, $certificate),
            clean($certificate->{issuer}) ];
    }
    my @width = (0, map { my $i = $_; longest(map { $_->[$i] } @lines) } 1 .. 4);
    my $text = '';
    for my $line (@lines) {
        my ($certificate, @fields) = @$line;
        my $state = sprintf '%-8s', $certificate->{state};
        $text .= paint($certificate->{state}, $state);
        $text .= sprintf '  %-*s', $width[$_], $fields[ $_ - 1 ] for 1 .. 4;
        $text =~ s/ +\z//;
        $text .= "\n" . complaints($certificate);
    }
    return $text . "\n" . sums($status);
}

sub longest {
    my $most = 0;
    for (@_) { $most = length if length > $most }
    return $most;
}

sub validity {
    my ($status, $certificate) = @_;
    my $end = seconds($certificate->{not_after});
    return 'no certificate yet' unless $end;
    my $left = $end - seconds($status->{now});
    return sprintf '%s %s (%s)', $left > 0 ? 'until' : 'ended',
        substr($certificate->{not_after}, 0, 10), span($left);
}

sub next_step {
    my ($status, $certificate) = @_;
    return clean($certificate->{activity}) if $certificate->{activity};
    my $at = seconds($certificate->{next_at}) or return '';
    return "$certificate->{next_action} " . span($at - seconds($status->{now}));
}

sub span {
    my ($seconds) = @_;
    my $size = abs $seconds;
    my $text = $size >= 2 * 86400 ? int($size / 86400) . ' d'
        : $size >= 2 * 3600 ? int($size / 3600) . ' h'
        : $size >= 120 ? int($size / 60) . ' min' : int($size) . ' s';
    return $seconds >= 0 ? "in $text" : "$text ago";
}

# Below the line that they belong to.
sub complaints {
    my ($certificate) = @_;
    return join '', map { complaint(@$_) }
        ['', $certificate->{last_error} // $certificate->{warning}],
        map { ["$_->{name}: ", $_->{last_error}] }
            failing_deployments($certificate);
}

# In the words of the CA, or of who else has them.
sub complaint {
    my ($place, $about) = @_;
    return '' unless $about;
    local $Text::Wrap::columns = columns();
    local $Text::Wrap::unexpand = 0;
    local $Text::Wrap::huge = 'overflow';
    my $text = clean($place . join ' ', grep { length }
        $about->{message} // $about->{detail} // '', $about->{url} // '');
    return Text::Wrap::wrap(' ' x 10, ' ' x 10, $text) . "\n";
}

sub columns {
    return $ENV{COLUMNS} if ($ENV{COLUMNS} // '') =~ /^[1-9]\d+$/;
    my ($columns) = -t STDOUT ? (`stty size 2>/dev/null` // '') =~ / (\d+)/ : ();
    return $columns && $columns > 40 ? $columns : 80;
}

sub sums {
    my ($status) = @_;
    my @all = @{ $status->{certificates} };
    my %count;
    $count{ $_->{state} }++ for @all;
    my $text = @all . (@all == 1 ? ' certificate' : ' certificates');
    $text .= ': ' . join ', ', map { "$count{$_} $_" }
        grep { $count{$_} } qw(expired failing pending renewing valid) if @all;
    return "$text\n" . paint('failing', 'The helper is down: nothing is '
        . 'obtained or renewed.') . "\n" if is_down($status);
    $text .= "; helper at work since $status->{helper}{since}"
        if $status->{helper};
    return clean($text) . "\n";
}

# No server's bytes steer a terminal.
sub clean {
    my ($text) = @_;
    return ($text // '') =~ s/[\x00-\x1f\x7f-\x9f]/?/gr;
}

sub paint {
    my ($state, $text) = @_;
    return $text if !-t STDOUT || exists $ENV{NO_COLOR} || !$colour{$state};
    return "\e[$colour{$state}m$text\e[0m";
}
