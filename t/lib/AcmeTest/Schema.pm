package AcmeTest::Schema;

# Whether a JSON text is as t/status-schema.json says; python3-jsonschema
# judges. Gives what is wrong with it, nothing when all is well.

use strict;
use warnings;

use Exporter qw(import);

use AcmeTest::Paths qw(root);

our @EXPORT_OK = qw(schema_errors);

sub schema_errors {
    my ($dir, $text) = @_;
    my $path = "$dir/instance.json";
    open my $file, '>:raw', $path or die "$path: $!";
    print $file $text;
    close $file or die "$path: $!";
    my $pid = open(my $python, '-|') // die "fork: $!";
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        exec 'python3', '-W', 'ignore', '-m', 'jsonschema', '-i', $path,
            root() . '/t/status-schema.json';
    }
    my $said = do { local $/; <$python> } // '';
    return close($python) ? '' : "it is not valid: $said";
}

1;
