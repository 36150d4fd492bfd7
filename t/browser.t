# The status page in a real browser: a thousand certificates, one of them
# refused by a CA in words that are markup.

use strict;
use warnings;

use JSON::PP;
use Test::More;

use lib 't/lib';
use AcmeTest;
use AcmeTest::Browser;
use AcmeTest::Bundle;
use AcmeTest::FaultyCa qw(:actions);

my $t = AcmeTest->new;
my $faulty = $t->start_faulty_ca;
my $slow = $t->start_ca(name => 'slow', no_sleep => 0,
    env => { PEBBLE_VA_SLEEPTIME => 60 });
my $owned = q(document.title='owned');
my $markup = qq(<img src="x" onerror="$owned"><script>$owned</script>);
$faulty->script(newOrder => [ for_ever(problem(403, 'rejectedIdentifier',
    $markup, undef, instance => "javascript:$owned", subproblems => [
        { type => $markup, detail => $markup,
            identifier => { type => 'dns', value => $markup } } ])) ]);
my @many = map { sprintf 'n%04d.pium.life', $_ } 1 .. 1000;
my $lines = join '', map { "        acme_domain $_;\n" } @many;
my $issuers = 'acme_state_path ' . $t->state_dir . ";\n"
    . $faulty->issuer_block . $slow->issuer_block;
$t->write_config(<<"END");
%%GLOBALS%%
http {
    %%HTTP_GLOBALS%%
    $issuers
    acme_preflight off;
    server {
        listen 127.0.0.1:%%HTTP%%;
        server_name localhost;
        location /acme/ { acme_api; allow 127.0.0.1; deny all; }
        location /status { acme_status; }
    }
    server {
        listen 127.0.0.1:%%HTTP%%;
        listen 127.0.0.1:%%TLS%% ssl;
        server_name pium.life;
        acme_domain bad.pium.life;
        acme_domain new.pium.life issuer=slow;
        acme_domain soon.pium.life issuer=slow;
        acme_domain www.pium.life issuer=slow;
$lines
    }
}
END
store($_, age => 10, left => 80) for @many, 'www.pium.life';
store('soon.pium.life', age => 80, left => 10);
$t->allow(qr/bad\.pium\.life/);
$t->start;
ok($t->wait_for(sub {
    my %states = %{ decode_json($t->http_get('/acme/?format=json')->{body})
        ->{states} };
    return $states{failing} == 1 && $states{pending} == 1
        && $states{renewing} == 1 && $states{valid} == 1001;
}, 30, 'the states'), 'all states are there');

my $url = 'http://localhost:' . $t->http_port . '/acme/';
my $browser = AcmeTest::Browser->new(dir => $t->dir);
$browser->go($url);
is($browser->js('return document.title'), 'Certificates', 'the page');
picture($browser, 'status');
is($browser->js('return document.images.length'), 0, 'no image');
like($browser->text, qr/\Q<script>$owned\E/, 'markup is text');
is_deeply([ rows($browser) ], [ qw(failing pending renewing), ('valid') x 47 ],
    'the most urgent come first, fifty on a page');
is($browser->js('return document.querySelectorAll("a[href^=javascript]")'
    . '.length'), 0, 'no link that is a script');
$browser->click('.row > summary');
like($browser->text, qr/urn:ietf:params:acme:error:rejectedIdentifier/,
    'a line unfolds');
is($browser->js('return document.title'), 'Certificates',
    'and still nothing has run');
picture($browser, 'status-open');

$browser->follow('a[rel=next]');
like($browser->where, qr/\?page=2$/, 'another page');
is(scalar(() = rows($browser)), 50, 'is full, too');
$browser->type('input[name=q]', "N0777\n");
ok($t->wait_for(sub { $browser->where =~ /\?q=N0777$/ }, 10, 'the search'),
    'a search');
is_deeply([ ids($browser) ], ['n0777.pium.life'], 'finds what it is for');
$browser->go($url);
$browser->follow('.states .failing');
is_deeply([ ids($browser) ], ['bad.pium.life'], 'so do the counts');

# It keeps itself up to date, and what was unfolded unfolded.
$browser->go("$url?q=www");
$browser->click('.row > summary');
$browser->js('document.activeElement.blur(); window.here = 1;'
    . 'document.querySelector("main").dataset.old = 1');
ok($t->wait_for(sub {
    $browser->js('return !document.querySelector("main").dataset.old');
}, 20, 'the page to be refreshed'), 'it refreshes itself');
ok($browser->js('return window.here === 1 '
    . '&& document.querySelector(".row").open'),
    'and keeps open what was open');

$browser->follow('.row form button');
is($browser->where, $url, 'a button leads back to the page');
ok($t->wait_log(qr/acme: asked to renew, certificate "www\.pium\.life"/),
    'and gives its command');
is_deeply([ $browser->complaints ], [], 'the browser has no complaint');
$browser->stop;

$browser = AcmeTest::Browser->new(dir => $t->dir, width => 360, dark => 1);
$browser->narrow(360, 800);
$browser->go($url);
cmp_ok($browser->js('return document.documentElement.scrollWidth'), '<=', 360,
    'a phone has no need to scroll sideways');
is($browser->js('return matchMedia("(prefers-color-scheme: dark)").matches'),
    JSON::PP::true, 'in the dark');
like($browser->js('return getComputedStyle(document.body).backgroundColor'),
    qr/^rgb\(\d\d?, \d\d?, \d\d?\)$/, 'it is dark');
picture($browser, 'status-phone');
$browser->stop;

$browser = AcmeTest::Browser->new(dir => $t->dir, scripts => 0);
$browser->go('http://localhost:' . $t->http_port . '/status?q=www');
is($browser->js('return document.querySelectorAll("form[method=post]").length'),
    0, 'without an API there are no buttons');
$browser->go("$url?q=www");
$browser->click('.row > summary');
$browser->follow('.row form button');
is($browser->where, $url, 'all works where no scripts run');
$browser->stop;

$t->done;

sub store {
    my ($name, %o) = @_;
    $t->store_file("certificates/$name.pem",
        AcmeTest::Bundle::make(names => [$name], %o)->{pem});
    return;
}

sub rows {
    my ($browser) = @_;
    return @{ $browser->js('return [...document.querySelectorAll('
        . '".row .badge")].map(b => b.textContent)') };
}

sub ids {
    my ($browser) = @_;
    return @{ $browser->js('return [...document.querySelectorAll(".row")]'
        . '.map(r => r.id)') };
}

# For the README, where a folder is given.
sub picture {
    my ($browser, $name) = @_;
    return unless $ENV{ACME_TEST_PICTURES};
    return $browser->screenshot("$ENV{ACME_TEST_PICTURES}/$name.png");
}
