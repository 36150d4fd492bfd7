package AcmeTest::Harness;

# What prove runs the tests with: TAP::Harness, which also leaves the counts of
# assertions to build.sh, in the file named by ACME_COUNTS.

use strict;
use warnings;

use parent 'TAP::Harness';

sub summary {
    my ($self, $aggregate) = @_;
    $self->SUPER::summary($aggregate);
    write_counts($aggregate) if $ENV{ACME_COUNTS};
}

sub write_counts {
    my ($aggregate) = @_;
    my $skipped = $aggregate->skipped + whole_files_skipped($aggregate);
    my $passed = $aggregate->passed - $aggregate->skipped;
    my $failed = $aggregate->failed + broken_files($aggregate);
    open my $file, '>', $ENV{ACME_COUNTS} or die "$ENV{ACME_COUNTS}: $!";
    print $file "$passed $failed $skipped\n";
    close $file or die "$ENV{ACME_COUNTS}: $!";
}

# A file that dies, or runs fewer tests than planned, fails although each of
# its assertions held.
sub broken_files {
    my ($aggregate) = @_;
    return scalar grep { $_->has_problems && !$_->failed }
        $aggregate->parsers;
}

sub whole_files_skipped {
    my ($aggregate) = @_;
    return scalar grep { defined $_->skip_all } $aggregate->parsers;
}

1;
