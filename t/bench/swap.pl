# From the moment a renewed certificate is published to the first handshake that
# shows it, on every worker. Visitors come all the time, on connections that the
# kernel spreads over four workers; each says which worker it met and what it
# was shown. The first that is shown the new one anywhere is the earliest that
# anybody could know of the publication: what is measured is how long, and for
# how many handshakes, any worker shows the old one after that.

use strict;
use warnings;

use JSON::PP;
use Time::HiRes qw(time);

use AcmeTest;
use AcmeTest::Bench;
use AcmeTest::Process qw(fork_child stop_group);

my $swaps = 10;
my $workers = 4;
my $name = 'a.example';

my $t = AcmeTest->new(log_level => 'notice', workers => $workers);
$t->start_ca(no_sleep => 1, retry_after => { authz => 0, order => 0 });
$t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    access_log off;
    %%ACME%%
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl reuseport;
        server_name $name;
        acme_domain $name;
        location / { return 200 \$pid; }
        location /acme/ { acme_api; allow 127.0.0.1; deny all; }
    }
}
END
$t->start;
my $shown = $t->wait_certificate($name)->{serial};
my (@late, @lag, @gap, @workers);
for my $n (1 .. $swaps) {
    my @seen = visits($shown);
    my ($new) = grep { $_ ne $shown } map { $_->{serial} } @seen;
    $shown = $new // die "nobody was shown a renewed certificate\n";
    judge($shown, @seen);
}
print 'swap: ', machine(), "\n", "$swaps renewals, $workers workers\n";
table(['', 'median', 'most'],
    ['handshakes that show the old one after the first new one',
        median(@late), most(@late)],
    ['ms from the first new one to the last old one', number(median(@lag)),
        number(most(@lag))],
    ['ms between two handshakes, all visitors together', number(median(@gap)),
        number(most(@gap))],
    ['workers that were met after the swap', median(@workers),
        most(@workers)]);
$t->finish;

sub most { return (sort { $a <=> $b } @_)[-1] }

sub judge {
    my ($new, @seen) = @_;
    @seen = sort { $a->{begun} <=> $b->{begun} } @seen;
    my ($first) = sort { $a <=> $b }
        map { $_->{ended} } grep { $_->{serial} eq $new } @seen;
    my @after = grep { $_->{begun} > $first } @seen;
    my @old = grep { $_->{serial} ne $new } @after;
    my %met = map { $_->{worker} => 1 } @after;
    push @late, scalar @old;
    push @lag, @old ? ($old[-1]{ended} - $first) * 1000 : 0;
    push @gap, ($after[-1]{begun} - $after[0]{begun}) * 1000 / @after;
    push @workers, scalar keys %met;
    return;
}

# A renewal, and what visitors see until each of them has been shown the new one
# for half a second.
sub visits {
    my ($old) = @_;
    my @visitors = map { visitor($old, $t->dir . "/visitor$_") } 1, 2;
    my $answer = $t->http_get("/acme/certificates/$name/renew",
        method => 'POST', host => $name);
    die "renew: $answer->{status}\n" if $answer->{status} != 202;
    my @seen;
    for my $visitor (@visitors) {
        waitpid $visitor->{pid}, 0;
        die "a visitor failed\n" if $?;
        stop_group($visitor->{pid});
        push @seen, map { decode_json($_) } split /\n/,
            AcmeTest::Nginx::slurp($visitor->{file});
    }
    return @seen;
}

sub visitor {
    my ($old, $file) = @_;
    unlink $file;
    my $pid = fork_child(sub {
        open my $out, '>', $file or die "$file: $!";
        my $until = time + 30;
        my $swapped;
        while (time < $until) {
            my $begun = time;
            my $seen = $t->tls_get($name, '/');
            die $seen->{error} unless $seen->{ok};
            print $out encode_json({ begun => $begun, ended => time,
                worker => $seen->{body}, serial => $seen->{serial} }), "\n";
            next if $swapped || $seen->{serial} eq $old;
            $swapped = 1;
            $until = time + 0.5;
        }
        close $out or die "$file: $!";
        POSIX::_exit(0);
    });
    return { pid => $pid, file => $file };
}
