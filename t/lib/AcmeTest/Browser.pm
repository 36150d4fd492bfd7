package AcmeTest::Browser;

# A real browser: Chromium without a window, driven by chromedriver (W3C
# WebDriver, which is HTTP with JSON).
#
#     my $browser = AcmeTest::Browser->new(dir => $t->dir);
#     $browser->go($url);
#     $browser->js('return document.title');
#     $browser->click('summary');
#     $browser->follow('button[name=renew]');
#     $browser->screenshot('page.png');

use strict;
use warnings;

use HTTP::Tiny;
use JSON::PP;
use MIME::Base64 qw(decode_base64);

use AcmeTest::Poll qw(poll);
use AcmeTest::Port qw(free_port);
use AcmeTest::Process qw(spawn stop_group);

my $json = JSON::PP->new->canonical->allow_nonref;

# Options: dir; width, height, dark, scripts (0: they do not run).
sub new {
    my ($class, %o) = @_;
    my $port = free_port();
    my $self = bless { dir => $o{dir}, url => "http://127.0.0.1:$port",
        http => HTTP::Tiny->new(timeout => 60) }, $class;
    mkdir "$o{dir}/browser";
    $self->{pid} = spawn(command => ['chromedriver', "--port=$port"],
        log => "$o{dir}/browser.log", env => { HOME => "$o{dir}/browser",
            TMPDIR => "$o{dir}/browser" });
    poll(sub { $self->{http}->get("$self->{url}/status")->{success} }, 30)
        or die "chromedriver does not answer, see $o{dir}/browser.log\n";
    my $session = $self->call(POST => '/session',
        { capabilities => { alwaysMatch => $self->capabilities(%o) } });
    $self->{session} = "/session/$session->{sessionId}";
    return $self;
}

sub capabilities {
    my ($self, %o) = @_;
    my ($width, $height) = ($o{width} // 1200, $o{height} // 900);
    my %preferences;
    $preferences{'profile.managed_default_content_settings.javascript'} = 2
        if defined $o{scripts} && !$o{scripts};
    return { 'goog:chromeOptions' => {
        args => ['--headless=new', '--no-sandbox', '--disable-gpu',
            '--disable-dev-shm-usage', '--disable-background-networking',
            "--user-data-dir=$self->{dir}/browser/profile",
            "--window-size=$width,$height",
            $o{dark} ? '--blink-settings=preferredColorScheme=0' : () ],
        prefs => \%preferences,
    } };
}

sub call {
    my ($self, $method, $path, $body) = @_;
    my $r = $self->{http}->request($method, $self->{url} . $path, {
        headers => { 'Content-Type' => 'application/json' },
        $method eq 'POST' ? (content => $json->encode($body // {})) : () });
    my $answer = eval { $json->decode($r->{content}) } // {};
    die "WebDriver $method $path: ",
        $answer->{value}{message} // $r->{content}, "\n" unless $r->{success};
    return $answer->{value};
}

sub in_session {
    my ($self, $method, $path, $body) = @_;
    return $self->call($method, $self->{session} . $path, $body);
}

sub go { return $_[0]->in_session(POST => '/url', { url => $_[1] }) }
sub where { return $_[0]->in_session(GET => '/url') }

# Runs a function's body in the page; also where the page's own scripts are
# off.
sub js {
    my ($self, $body, @arguments) = @_;
    return $self->in_session(POST => '/execute/sync',
        { script => $body, args => \@arguments });
}

sub text { return $_[0]->js('return document.body.innerText') }

sub click {
    my ($self, $css) = @_;
    my $element = $self->element($css);
    return $self->in_session(POST => "/element/$element/click");
}

# Clicks on what leads to another page, and waits until that is there: the
# driver may answer before the browser has left, as it does for a form.
sub follow {
    my ($self, $css) = @_;
    $self->js('document.documentElement.dataset.left = 1');
    $self->click($css);
    return poll(sub { eval { $self->js('return document.readyState === '
        . '"complete" && !document.documentElement.dataset.left') } }, 30)
        || die "no other page after a click on $css\n";
}

sub type {
    my ($self, $css, $text) = @_;
    my $element = $self->element($css);
    return $self->in_session(POST => "/element/$element/value",
        { text => $text });
}

sub element {
    my ($self, $css) = @_;
    my $found = $self->in_session(POST => '/element',
        { using => 'css selector', value => $css });
    return (values %$found)[0];
}

sub screenshot {
    my ($self, $path) = @_;
    open my $file, '>:raw', $path or die "$path: $!";
    print $file decode_base64($self->in_session(GET => '/screenshot'));
    close $file or die "$path: $!";
    return $path;
}

# No window is as narrow as a phone.
sub narrow {
    my ($self, $width, $height) = @_;
    return $self->in_session(POST => '/goog/cdp/execute', {
        cmd => 'Emulation.setDeviceMetricsOverride',
        params => { width => $width, height => $height,
            deviceScaleFactor => 1, mobile => JSON::PP::true },
    });
}

# What the page has complained about: violations of its policy among them.
sub complaints {
    my ($self) = @_;
    return map { $_->{message} } @{ $self->in_session(POST => '/se/log',
        { type => 'browser' }) };
}

sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    eval { $self->in_session(DELETE => '') };
    stop_group($pid);
    return;
}

sub DESTROY { local ($@, $?); eval { $_[0]->stop } }

1;
