# What conf-examples/ has for Prometheus and Grafana fits the metrics.

use strict;
use warnings;

use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;

use lib 't/lib';
use AcmeTest::Paths qw(root);

my $dir = tempdir(CLEANUP => 1);
my $rules = root() . '/conf-examples/prometheus-alerts.yml';
my $tests = root() . '/t/prometheus/alerts_test.yml';
promtool('the rules can be read', 'check', 'rules', $rules);
promtool('each fires where it should', 'test', 'rules', $tests);
my %tested = map { $_ => 1 } text($tests) =~ /alertname: (\w+)\n\s+exp_alerts/g;
is_deeply([ grep { !$tested{$_} } text($rules) =~ /alert: (\w+)/g ], [],
    'all of them are tried');

my %known = map { $_ => 1 } text(root() . '/src/status/metrics.cpp')
    =~ /text\.family\("(\w+)"/g;
cmp_ok(keys %known, '>', 8, 'there are metrics');
my $dashboard = decode_json(text(root()
    . '/conf-examples/grafana-dashboard.json'));
my @expressions = map { $_->{expr} } map { @{ $_->{targets} } }
    @{ $dashboard->{panels} };
cmp_ok(@expressions, '>', 8, 'the dashboard shows something');
for my $text (text($rules), @expressions) {
    my @unknown = grep { $_ ne 'acme_status' && !$known{ s/_(?:bucket|sum|count)$//r } }
        $text =~ /\b(acme_\w+)/g;
    is("@unknown", '', 'which is a metric: ' . substr $text, 0, 60);
}
my @panels = @{ $dashboard->{panels} };
my @fixed = grep { $_->{datasource}{uid} ne '${datasource}' }
    map { $_, @{ $_->{targets} } } @panels;
is(@fixed, 0, 'the data source can be chosen');
my %places;
$places{ join ',', @{ $_->{gridPos} }{qw(x y)} }++ for @panels;
is(keys %places, @panels, 'no panel lies on another');

# Each expression as a rule, since that is what promtool reads.
my $file = "$dir/dashboard.yml";
open my $out, '>', $file or die "$file: $!";
print $out "groups:\n  - name: dashboard\n    rules:\n";
for my $i (0 .. $#expressions) {
    my $expression = $expressions[$i] =~ s/\$__rate_interval/5m/gr;
    print $out "      - record: panel:$i\n        expr: ",
        JSON::PP->new->allow_nonref->encode($expression), "\n";
}
close $out or die "$file: $!";
promtool('all expressions can be read', 'check', 'rules', $file);

done_testing;

sub promtool {
    my ($what, @arguments) = @_;
    open my $promtool, '-|', 'promtool', @arguments or die "promtool: $!";
    my $said = do { local $/; <$promtool> };
    ok(close $promtool, $what) or diag($said);
    return;
}

sub text {
    open my $in, '<', $_[0] or die "$_[0]: $!";
    local $/;
    return scalar <$in>;
}
