#!/usr/bin/env bash
# Builds, runs and tests ngx_http_acme_domain_module. Everything it makes is
# below build/. `./build.sh help` lists the commands.

set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
build=$root/build
module=ngx_http_acme_domain_module
cores=$(nproc)

compile_packages=(g++ make libssl-dev libcurl4-openssl-dev libc-ares-dev
    nlohmann-json3-dev)
build_packages=(nginx nginx-dev "${compile_packages[@]}")
# Not Debian's nginx: it would take the place of the one that is built for.
source_packages=("${compile_packages[@]}" libpcre2-dev zlib1g-dev)
run_packages=(perl libio-socket-ssl-perl libnet-ssleay-perl openssl
    ca-certificates)
test_packages=("${run_packages[@]}" cmake ninja-build libgtest-dev libgmock-dev
    curl valgrind bind9-dnsutils knot unbound prometheus python3-jsonschema
    chromium chromium-driver tinyproxy certbot)
lint_packages=(clang-tidy cppcheck shellcheck)
deb_packages=(build-essential debhelper lintian)
bench_packages=("${run_packages[@]}" wrk)
fuzz_packages=(clang libclang-rt-dev cmake ninja-build)

help() {
    cat <<END
usage: ./build.sh COMMAND

  deps                 install what build, run, test, lint and fuzz need
  build [--variant V]  build the module (V: asan, or a name of your own with
                       CXXFLAGS and LDFLAGS from the environment)
  build --nginx-src DIR [--nginx BINARY] [--static]
                       for an nginx (Angie, OpenResty) that was built from
                       DIR: with the options BINARY (DIR/objs/nginx, or that
                       of the system) was built with. --static: a new nginx
                       with the module in it
  run [--once]         local CA, DNS and nginx with the module: a certificate is
                       obtained, verified and renewed before your eyes
  run --domain NAME [--issuer ISSUER]
                       the same on a public host (ports 80 and 443) with a
                       public CA, letsencrypt-staging unless given
  status [--json] [--warn DAYS] URL [CURL-OPTION...]
                       what an acme_status or acme_api location says. Exit code:
                       0 all valid, 1 something fails or the helper is down,
                       2 something ends within DAYS (14), or a sixth of its
                       lifetime if that is less, 3 nothing could be read
  import-certbot [--state DIR] [--user NAME] [--conf NGINX.CONF] [DIR]
                       take over certbot's accounts and certificates (DIR:
                       /etc/letsencrypt), so that the first start orders nothing;
                       prints the lines for nginx's configuration, and what of
                       certbot can go. Certbot's files are only read
  test [FILE...]       unit tests, then tests against a real nginx and CA.
                       FILE: t/x.t, t/unit/x_test.cpp or a GoogleTest filter
  bench [NAME...]      measure (handshake requests challenge first-certificate
                       many start rest swap): tables of t/bench/NAME.pl. Peers
                       (lego, certbot, caddy, apache2) are measured if installed
  matrix [SUITE...]    build with gcc and clang, load and test the module on
                       each Debian that has another nginx (bookworm trixie
                       sid), in root file systems below build/. Needs root
  lint                 clang-tidy, cppcheck, shellcheck
  fuzz [SECONDS] [TARGET...]
                       look with libFuzzer for inputs that break the readers of
                       what others wrote. SECONDS (300) are for all targets
                       (t/fuzz/TARGET_fuzz.cpp) together, on all cores
  install              put the module where nginx looks for it (DESTDIR honoured)
  deb                  Debian package for the nginx that is installed, in
                       build/deb, looked at by lintian
  clean                remove build/
  help                 this text

Each command installs and builds what it needs first.
END
}

say() { printf '  %-7s %s\n' "$1" "$2"; }
note() { say "$@" >&2; }
die() {
    printf 'build.sh: %s\n' "$*" >&2
    exit 1
}

# Quiet unless it fails: then the whole output is what is wanted.
logged() {
    local log=$build/log/$1.log
    shift
    mkdir -p "$build/log"
    "$@" >"$log" 2>&1 && return
    cat "$log" >&2
    return 1
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "root is needed for: $* (not root, and there is no sudo)"
    fi
}

installed_version() {
    { dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2>/dev/null ||
        true; } | sed -n 's/^installed //p' | head -n 1
}

missing_packages() {
    local known
    known=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" \
        2>/dev/null || true)
    local package
    for package; do
        grep -qxF "installed $package" <<<"$known" || echo "$package"
    done
}

need() {
    command -v dpkg-query >/dev/null || {
        note deps "no dpkg here: these must be there by other means: $*"
        return 0
    }
    local missing
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]} == 0)) && return
    say deps "installing ${missing[*]}"
    mapfile -t missing < <(pin_nginx_dev "${missing[@]}")
    logged apt-update as_root apt-get update -q ||
        die "apt-get update failed"
    install_packages "${missing[@]}"
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]} == 0)) || die "still missing: ${missing[*]}"
}

# nginx-dev wants the nginx of its own version. Where nginx is installed that
# version is asked for, so that no running server is upgraded by a build.
pin_nginx_dev() {
    local version package
    version=$(installed_version nginx)
    for package; do
        if [[ $package == nginx-dev && -n $version ]]; then
            package="$package=$version"
        fi
        echo "$package"
    done
}

install_packages() {
    local status=0
    [[ " $* " =~ \ (nginx|knot|unbound|prometheus|tinyproxy)\  ]] && hold_services
    logged apt-install as_root env DEBIAN_FRONTEND=noninteractive apt-get \
        install -y -q --no-install-recommends "$@" || status=$?
    release_services
    ((status == 0)) && return
    [[ $* == *nginx-dev=* ]] && note hint "the installed nginx has no nginx-dev\
 of its own version: upgrade nginx, or build by hand (README.md)"
    die "apt-get could not install: $*"
}

# Debian starts a service when its package is installed, unless policy-rc.d
# forbids it: a build must not open port 80. A machine that has such a policy
# (most containers) keeps its own.
policy=/usr/sbin/policy-rc.d
policy_is_ours=

hold_services() {
    [[ -e $policy ]] && return
    policy_is_ours=yes
    trap release_services EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
    say deps "services are installed but not started (systemctl start nginx)"
}

release_services() {
    [[ -n $policy_is_ours ]] || return 0
    policy_is_ours=
    as_root rm -f "$policy"
}

# Pebble (the CA) and its DNS server: the newest that Debian has, and the
# distribution's own beside it. Both come through apt-get with lists and caches
# below build/, so the machine's package sources stay as they are.
need_tools() {
    command -v apt-get >/dev/null || {
        note tools "no apt-get: pebble must be in $build/tools/usr/bin"
        return 0
    }
    [[ -x $build/tools/usr/bin/pebble && -x $build/tools-old/usr/bin/pebble ]] &&
        return
    say tools "fetching pebble and pebble-challtestsrv"
    fetch_pebble "$(codename)" "$build/tools-old" ||
        note tools "the distribution's own pebble could not be had"
    fetch_pebble unstable "$build/tools" ||
        fetch_pebble testing "$build/tools" || use_one_pebble
}

use_one_pebble() {
    [[ -x $build/tools-old/usr/bin/pebble ]] ||
        die "no pebble could be fetched, see $build/log/apt-*.log"
    note tools "no newer pebble could be had: using the distribution's"
    rm -rf "$build/tools"
    cp -a "$build/tools-old" "$build/tools"
}

codename() { os_release VERSION_CODENAME; }
os_release() { sed -n "s/^$1=\"\\?\\([^\"]*\\)\"\\?$/\\1/p" /etc/os-release; }

fetch_pebble() {
    local suite=$1 to=$2 area=$build/apt/$1
    [[ -x $to/usr/bin/pebble ]] && return
    apt_area "$suite" "$area" || return 1
    logged "apt-$suite" fetch_package pebble "$area" || return 1
    rm -rf "$to.new" "$to" && mkdir -p "$to.new"
    dpkg -x "$area"/pebble_*.deb "$to.new" && mv "$to.new" "$to" || return 1
    rm -rf "$area"
}

fetch_package() (
    cd "$2"
    apt-get -c apt.conf -q update && apt-get -c apt.conf -q download "$1"
)

# The machine's hooks are cleared: they would run for lists that are not its. A
# mirror that lags behind will do for test tools; what it has is signed.
apt_area() {
    local suite=$1 area=$2 source
    source=$(apt_source "$suite")
    [[ -n $source ]] || {
        note tools "no Debian mirror in apt's configuration"
        return 1
    }
    rm -rf "$area"
    mkdir -p "$area"/{lists/partial,cache/archives/partial,state}
    echo "$source" >"$area/sources.list"
    cat >"$area/apt.conf" <<END
Dir::Etc::SourceList "$area/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State "$area/state";
Dir::State::Lists "$area/lists";
Dir::State::Status "/dev/null";
Dir::Cache "$area/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
END
}

# The line of the machine's own mirror, with another suite. A mirror other than
# Debian's (Ubuntu's, say) has its own suite only.
apt_source() {
    local suite=$1 uri
    if [[ $suite != $(codename) && $(os_release ID) != debian ]]; then
        return
    fi
    uri=$(apt_mirror)
    [[ -z $uri ]] || echo "deb $(signed_by)$uri $suite main"
}

# shellcheck disable=SC2016 # the $(...) are apt's
apt_mirror() {
    apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' |
        awk -v own="$(codename)" '$2 == "main" &&
            ($1 == own || $1 ~ /^(old)*stable$|^testing$|^unstable$|^sid$/) {
                print $3; exit }'
}

signed_by() {
    local keyring
    keyring=/usr/share/keyrings/$(os_release ID)-archive-keyring.gpg
    [[ -r $keyring ]] && echo "[signed-by=$keyring] "
    return 0
}

deps() {
    need "${build_packages[@]}" "${test_packages[@]}" "${lint_packages[@]}" \
        "${fuzz_packages[@]}"
    need_tools
    say deps "all there"
}

build_command() {
    case $#:${1:-} in
        0:) build_module "" ;;
        2:--variant) build_module "$2" ;;
        *:--nginx-src) build_for_source "${@:2}" ;;
        *) die "usage: ./build.sh build [--variant NAME], or see help" ;;
    esac
}

# The nginx of a source tree, in a copy of that tree.
build_for_source() {
    local source=${1:-} binary="" kind=dynamic
    while shift && (($# > 0)); do
        case $1 in
            --nginx)
                binary=${2:-}
                [[ -n $binary ]] || die "--nginx wants a binary, see help"
                shift
                ;;
            --static) kind=static ;;
            *) die "unknown option \"$1\", see help" ;;
        esac
    done
    [[ -r $source/src/core/nginx.h ]] ||
        die "\"$source\" holds no nginx: there is no src/core/nginx.h"
    binary=$(binary_of "$source" "$binary") || exit 1
    [[ $kind == static ]] || fits_binary "$source" "$binary"
    need "${source_packages[@]}"
    locked build_source "$source" "$binary" "$kind"
}

build_source() {
    local source=$1 binary=$2 kind=$3
    tree=$build/source
    [[ ! $source -ef $tree ]] ||
        die "\"$source\" is the copy that was made of an nginx: give the original"
    rm -rf "$tree"
    mkdir -p "$tree"
    cp -a "$source/." "$tree" && rm -rf "$tree/objs" "$tree/Makefile"
    say build "configuring ($(source_version "$source"), $kind)"
    local options
    mapfile -t options < <(options_of "$binary")
    logged configure configure_source "$kind" "${options[@]}" ||
        die "its configure failed"
    say build "compiling, a minute or two"
    "make_$kind" "$binary"
}

configure_source() (
    local kind=$1 configure=./configure add=--add-module
    shift
    [[ $kind == static ]] || add=--add-dynamic-module
    no_spaces
    cd "$tree"
    [[ -x $configure ]] || configure=auto/configure
    "$configure" "$@" "$add=$root"
)

make_dynamic() {
    logged make make -s -C "$tree" -f objs/Makefile -j"$cores" modules ||
        die "the module does not compile"
    say build "${tree##*/}/objs/$module.so"
    load_module "$1"
}

make_static() {
    logged make make -s -C "$tree" -f objs/Makefile -j"$cores" ||
        die "nginx does not compile"
    local made
    made=$(made_in "$tree")
    say build "${tree##*/}/objs/${made##*/}"
    try_nginx "$made" "" ||
        die "the new nginx does not work with the module"
}

# What a build leaves there, if it is there.
made_in() {
    local name
    for name in nginx angie; do
        if [[ -x $1/objs/$name ]]; then
            echo "$1/objs/$name"
            return
        fi
    done
}

binary_of() {
    local source=$1 binary=$2
    [[ -n $binary ]] || binary=$(made_in "$source")
    binary=$(command -v "${binary:-nginx}") ||
        die "which nginx was built from \"$source\"? Say it by --nginx"
    echo "$binary"
}

# What nginx itself would find out when it loads the module, or not before it
# crashes.
fits_binary() {
    local source=$1 binary=$2 libraries wanted version
    wanted=$(source_version "$source")
    # It may have a name after it: "nginx/1.24.0 (Ubuntu)".
    version=$("$binary" -v 2>&1 | sed -nE 's,.*/([^ ]+).*,\1,p')
    [[ $version == "$wanted" || $version == "$wanted".* ]] ||
        die "$binary is version $version, \"$source\" is $wanted: give the\
 sources of that version, or another binary by --nginx"
    [[ $("$binary" -V 2>&1) == *--with-http_ssl_module* ]] ||
        die "$binary was built without --with-http_ssl_module"
    # ldd fails for one that uses no library at all.
    libraries=$(ldd "$binary" 2>/dev/null |
        sed -nE 's/.*(libssl\.so[^ ]*) .*/\1/p') || true
    [[ -n $libraries ]] ||
        die "$binary has an OpenSSL of its own in it, which no module can\
 share: build it with the system's, or with the module in it (--static)"
    [[ $libraries == libssl.so.3 ]] ||
        die "$binary uses $libraries, the module needs libssl.so.3"
}

# nginx, or who took it further, counts by a version of its own.
source_version() {
    local headers=("$1"/src/core/nginx.h)
    [[ ! -e $1/src/core/angie.h ]] || headers=("$1"/src/core/angie.h)
    sed -nE 's/^#define +(NGINX|ANGIE)_VERSION +"([^"]+)".*/\2/p' \
        "${headers[@]}" | head -n 1
}

# Without other modules and libraries built from their sources: those are not
# there any more, and whether a module fits depends on neither.
options_of() {
    "$1" -V 2>&1 | sed -n 's/^configure arguments: *//p' | xargs -r -n 1 echo |
        grep -vE -e '^--add-(dynamic-)?module=|=dynamic$' \
            -e '^--with-(openssl|pcre|zlib|libatomic)(-opt)?='
}

build_module() {
    need "${build_packages[@]}"
    locked build_variant "$1"
}

# One at a time: two builds in one folder spoil each other.
locked() {
    mkdir -p "$build"
    (
        flock -n 9 || { say build "waiting for another build" && flock 9; }
        "$@"
    ) 9>"$build/.lock"
}

build_variant() {
    configure_variant "$1"
    local make=(make -s -C "$tree" -f objs/Makefile modules)
    "${make[@]}" -q >/dev/null 2>&1 || say build "compiling, a minute or two"
    logged make "${make[@]}" -j"$cores" || die "the module does not compile"
    say build "${tree##*/}/objs/$module.so"
    load_module
}

configure_variant() {
    tree=$(variant_tree "$1")
    variant_flags "$1"
    configure_tree
}

variant_tree() { echo "$build/nginx${1:+-$1}"; }

variant_flags() {
    [[ $1 == asan ]] || return 0
    local flags="-fsanitize=address,undefined -fno-omit-frame-pointer"
    flags+=" -U_FORTIFY_SOURCE"
    export CXXFLAGS="${CXXFLAGS:-} $flags" LDFLAGS="${LDFLAGS:-} $flags"
}

# nginx-dev holds nginx's headers and ./configure, in a folder that is not ours
# to write to. A changed compiler or flag makes everything anew; a new or
# removed source file only the Makefile.
configure_tree() {
    no_spaces
    local sources
    sources=$(cd "$root" && ls src/*/*.cpp 2>/dev/null) ||
        die "no sources: src/*/*.cpp"
    if stale "$tree/.base" "$(base_state)"; then
        copy_nginx
    elif ! stale "$tree/.files" "$sources$(cat "$root/config")"; then
        return
    fi
    say build "configuring (nginx $(nginx_version))"
    run_configure
    base_state >"$tree/.base"
    printf '%s%s' "$sources" "$(cat "$root/config")" >"$tree/.files"
}

no_spaces() {
    [[ $root != *[[:space:]]* ]] ||
        die "nginx's build cannot handle the space in \"$root\""
}

stale() { [[ ! -e $1 || $(<"$1") != "$2" ]]; }

base_state() {
    echo "${CC:-} ${CXXFLAGS:-} ${LDFLAGS:-}"
    "${CC:-cc}" --version | head -n 1
    installed_version nginx-dev
    cat "$root/src/config.make"
}

nginx_version() { nginx -v 2>&1 | sed 's,.*/,,'; }

copy_nginx() {
    [[ -r /usr/share/nginx/src/conf_flags ]] ||
        die "no /usr/share/nginx/src: it comes with the package nginx-dev"
    rm -rf "$tree"
    mkdir -p "$tree"
    cp -a /usr/share/nginx/src/. "$tree"
}

# All objects depend on the two generated headers: with their old time when
# they come out the same, a new source file does not rebuild the others.
run_configure() {
    rm -f "$tree/objs/$module.so"
    rm -rf "$tree/.headers"
    mkdir -p "$tree/.headers"
    cp -p "$tree"/objs/ngx_auto_*.h "$tree/.headers/" 2>/dev/null || true
    logged configure configure_nginx || die "nginx's configure failed"
    local header
    for header in "$tree"/.headers/*.h; do
        if cmp -s "$header" "$tree/objs/${header##*/}"; then
            touch -r "$header" "$tree/objs/${header##*/}"
        fi
    done
}

# -g1 is enough for the lines in a backtrace; -g takes a third longer and makes
# the file four times as large.
configure_nginx() (
    cd "$tree"
    # shellcheck disable=SC1091 # nginx-dev's: sets NGX_CONF_FLAGS
    . ./conf_flags
    ./configure "${NGX_CONF_FLAGS[@]}" "--add-dynamic-module=$root" \
        --with-cc-opt="-O2 -g1 -fstack-protector-strong -D_FORTIFY_SOURCE=2 \
-ffile-prefix-map=$root=." \
        --with-ld-opt="-Wl,-z,relro -Wl,-z,now"
)

# A link without a library, or with an undefined symbol, succeeds; loading says.
load_module() {
    try_nginx "${1:-nginx}" "load_module $tree/objs/$module.so;" ||
        die "nginx cannot load the module"
}

try_nginx() {
    local nginx=$1 first=$2 dir=$tree/load
    mkdir -p "$dir"
    sed 's/^  //' >"$dir/nginx.conf" <<END
  $first
  pid $dir/nginx.pid;
  events {}
  http {
      access_log off;
$(temp_paths "$dir")
      acme_state_path $dir/state;
      acme_issuer none { uri https://127.0.0.1:1/; }
      server {
          listen unix:socket ssl;
          acme_domain build.example;
      }
  }
END
    # From there, for the path of a socket must be short.
    nginx=$(realpath "$(command -v "$nginx")") &&
        (cd "$dir" && LD_PRELOAD=$(sanitizer_runtime) \
            ASAN_OPTIONS=detect_leaks=0 logged load \
            "$nginx" -e stderr -p "$dir/" -t -c "$dir/nginx.conf")
}

temp_paths() {
    local kind
    for kind in client_body proxy fastcgi uwsgi scgi; do
        echo "      ${kind}_temp_path $1/$kind;"
    done
}

# nginx itself is not built with the sanitizer, so its runtime comes first.
sanitizer_runtime() {
    [[ ${LDFLAGS:-} == *-fsanitize=address* ]] || return 0
    echo "$("${CC:-cc}" -print-file-name=libasan.so):$(
        "${CC:-cc}" -print-file-name=libstdc++.so)"
}

run() {
    build_module ""
    need "${run_packages[@]}"
    [[ " $* " == *" --domain"* ]] || need_tools
    exec perl "-I$root/t/lib" "$root/t/demo.pl" "$@"
}

import_certbot() { exec perl "$root/t/import-certbot.pl" "$@"; }

# Not quiet about what is missing: it is for a monitoring system, too.
status() { exec perl "$root/t/status.pl" "$@"; }

passed=0
failed=0
skipped=0

run_tests() {
    need "${build_packages[@]}" "${test_packages[@]}"
    need_tools
    build_module ""
    local scripts=() filters=()
    sort_tests "$@"
    if (($# == 0)); then
        mapfile -t scripts < <(ls "$root"/t/*.t "$root"/t/fault/*.t 2>/dev/null)
        filters=('*')
    fi
    ((${#filters[@]} == 0)) || unit_tests "$(IFS=: && echo "${filters[*]}")"
    ((${#scripts[@]} == 0)) || perl_tests "${scripts[@]}"
    closing_line
}

# Fills scripts and filters of the caller.
sort_tests() {
    local item
    for item; do
        case $item in
            *.t) scripts+=("$(existing "$item")") ;;
            *.cpp) filters+=("$(filter_of "$(existing "$item")")") ;;
            *) filters+=("$item") ;;
        esac
    done
}

existing() {
    [[ -e $1 ]] || die "no such test: $1"
    realpath "$1"
}

# GoogleTest filters by suite: those that the file defines.
filter_of() {
    sed -nE 's/^(TYPED_)?TEST(_F|_P)?\(([A-Za-z0-9_]+),.*/\3.*:*\/\3.*/p' "$1" |
        sort -u | paste -sd :
}

unit_tests() {
    local out=$build/unit
    compgen -G "$root/t/unit/*_test.cpp" >/dev/null || {
        note unit "no t/unit/*_test.cpp"
        return 0
    }
    say unit "building"
    { logged unit-cmake cmake -S "$root/t/unit" -B "$out" -G Ninja &&
        logged unit-ninja ninja -C "$out"; } ||
        { count_broken "the unit tests do not compile" && return; }
    rm -f "$out/report.xml"
    local status=0
    "$out/unit_tests" --gtest_brief=1 --gtest_filter="$1" \
        --gtest_output="xml:$out/report.xml" || status=$?
    count_gtest "$out/report.xml" "$status"
}

count_broken() {
    note FAILED "$1"
    failed=$((failed + 1))
}

# The report is written last: none means the program died, by a sanitizer say.
count_gtest() {
    local report=$1 status=$2
    [[ -e $report ]] || { count_broken "unit tests ended by $status" && return; }
    local ran bad left
    bad=$(sum_of failures <(grep '<testsuites ' "$report"))
    left=$(sum_of skipped <(grep '<testsuite ' "$report"))
    ran=$(grep -c '<testcase .*status="run"' "$report") || true
    say unit "$ran run, $bad failed"
    passed=$((passed + ran - bad - left))
    failed=$((failed + bad))
    skipped=$((skipped + left))
    ((status == 0 || bad > 0)) || count_broken "unit tests ended by $status"
}

sum_of() {
    grep -oE " $1=\"[0-9]+\"" "$2" | tr -dc '0-9\n' |
        awk '{ n += $1 } END { print n + 0 }'
}

# More at a time than there are processors: they wait more than they work.
perl_tests() {
    local counts=$build/perl_counts status=0
    rm -f "$counts"
    PERL5LIB=$root/t/lib${PERL5LIB:+:$PERL5LIB} ACME_COUNTS=$counts \
        prove --harness AcmeTest::Harness "-j$((cores * 2))" --timer "$@" \
        </dev/null || status=$?
    [[ -e $counts ]] || { count_broken "prove ended by $status" && return; }
    local good bad left
    read -r good bad left <"$counts"
    passed=$((passed + good))
    failed=$((failed + bad))
    skipped=$((skipped + left))
    ((status == 0 || bad > 0)) || count_broken "prove ended by $status"
}

closing_line() {
    local line="$passed passed, $failed failed"
    ((skipped == 0)) || line+=", $skipped skipped"
    echo "$line"
    ((failed == 0 && passed > 0))
}

# Nothing beside it, please: what is compared meets the same noise, but the
# figures themselves do not like any.
bench() {
    local name known names=("$@")
    mapfile -t known < <(cd "$root/t/bench" && basename -a -s .pl ./*.pl)
    for name; do
        [[ " ${known[*]} " == *" $name "* ]] ||
            die "no such benchmark: $name (there are ${known[*]})"
    done
    (($# > 0)) || names=("${known[@]}")
    need "${build_packages[@]}" "${bench_packages[@]}"
    need_tools
    build_module ""
    for name in "${names[@]}"; do
        perl "-I$root/t/lib" "$root/t/bench/$name.pl" </dev/null ||
            die "the benchmark $name failed"
    done
}

matrix() {
    # shellcheck source=t/matrix/matrix.sh
    . "$root/t/matrix/matrix.sh"
    try_matrix "$@"
}

lint() {
    need "${build_packages[@]}" "${lint_packages[@]}"
    local tool
    for tool in clang-tidy cppcheck shellcheck; do
        command -v "$tool" >/dev/null || die "lint needs $tool"
    done
    mkdir -p "$build/lint"
    locked configure_variant ""
    local bad=0
    lint_shell || bad=1
    lint_cppcheck || bad=1
    lint_tidy || bad=1
    ((bad == 0)) || die "lint found faults"
    say lint "clean"
}

lint_shell() {
    say lint "shellcheck"
    (cd "$root" && shellcheck -x build.sh .ci/run .debian/postrm)
}

lint_cppcheck() {
    say lint "cppcheck"
    mkdir -p "$build/lint/cppcheck"
    cppcheck --quiet --std=c++20 --language=c++ -j"$cores" \
        --enable=warning,performance,portability --inline-suppr \
        --suppressions-list="$root/.cppcheck-suppressions" \
        --cppcheck-build-dir="$build/lint/cppcheck" --error-exitcode=1 \
        -I "$root/src" "$root/src"
}

# A file is looked at again when it, any header or the rules changed.
lint_tidy() {
    say lint "clang-tidy"
    local common
    common=$(cd "$root" && cat .clang-tidy build.sh src/*/*.h | sha256sum)
    export -f tidy_one tidy_flags
    export root build common
    (cd "$root" && ls src/*/*.cpp) |
        xargs -P "$cores" -I{} bash -c 'tidy_one {}'
}

tidy_one() {
    local stamp=$build/lint/${1//\//_}.ok state
    state="$common $(sha256sum <"$root/$1")"
    [[ -e $stamp && $(<"$stamp") == "$state" ]] && return
    local flags out
    mapfile -t flags < <(tidy_flags "$1")
    if out=$(cd "$root" && clang-tidy --quiet "$1" -- "${flags[@]}" 2>&1); then
        echo "$state" >"$stamp"
    else
        grep -v ' warnings\? generated\.$' <<<"$out"
        exit 1
    fi
}

# Only the adapters see nginx. Its headers are not ours to judge: -isystem.
tidy_flags() {
    printf '%s\n' -std=c++20 "-I$root/src"
    case $1 in
        src/nginx/* | src/shm/* | src/event/*) ;;
        *) return ;;
    esac
    local dir
    for dir in src/core src/event src/event/modules src/os/unix objs src/http \
        src/http/modules src/http/v2; do
        printf '%s\n' -isystem "$build/nginx/$dir"
    done
}

# What is found is kept below build/fuzz, beside the corpus, and is tried first
# the next time.
fuzz() {
    local seconds=300
    [[ ${1:-} =~ ^[0-9]+$ ]] && seconds=$1 && shift
    local targets target
    mapfile -t targets < <(fuzz_targets)
    for target; do
        [[ -e $root/t/fuzz/${target}_fuzz.cpp ]] ||
            die "no such target: $target (there are ${targets[*]})"
    done
    (($# == 0)) || targets=("$@")
    build_fuzz_targets "${targets[@]}"
    local parallel=$((cores < ${#targets[@]} ? cores : ${#targets[@]}))
    local each=$((seconds * parallel / ${#targets[@]}))
    ((each > 0)) || each=1
    say fuzz "$each s each, $parallel at a time: ${targets[*]}"
    export -f fuzz_one
    export root build
    printf '%s\n' "${targets[@]}" |
        xargs -P "$cores" -I{} bash -c 'fuzz_one {} '"$each" || true
    fuzz_table "${targets[@]}"
}

fuzz_targets() {
    local file
    for file in "$root"/t/fuzz/*_fuzz.cpp; do
        basename "$file" _fuzz.cpp
    done
}

build_fuzz_targets() {
    need "${build_packages[@]}" "${fuzz_packages[@]}"
    say fuzz "building"
    local out=$build/fuzz/obj
    { logged fuzz-cmake cmake -S "$root/t/fuzz" -B "$out" -G Ninja \
        -DCMAKE_CXX_COMPILER=clang++ &&
        logged fuzz-ninja ninja -C "$out" "$@"; } ||
        die "the fuzz targets do not compile"
}

# Inputs are short: the driver itself tries long ones. Leaks are looked for at
# the end, which does not slow down the rest.
fuzz_one() {
    local name=$1 out=$build/fuzz
    local found=$out/findings/$name
    mkdir -p "$out"/{corpus,findings,log}/"$name"
    rm -f "$out/log/$name/status"
    ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=8 \
        "$out/obj/$name" -max_total_time="$2" -max_len=4096 -timeout=60 \
        -rss_limit_mb=1024 -malloc_limit_mb=256 -print_final_stats=1 \
        -entropic=0 -detect_leaks=0 \
        -dict="$root/t/fuzz/words.dict" -artifact_prefix="$found/" \
        "$out/corpus/$name" "$root/t/fuzz/corpus/$name" "$found" \
        </dev/null >"$out/log/$name/log" 2>&1
    echo "$?" >"$out/log/$name/status"
}

fuzz_table() {
    local target log bad=0 sum=0 findings count speed edges
    printf '%-14s %12s %10s %8s %9s\n' target executions per-second edges \
        findings
    for target; do
        log=$build/fuzz/log/$target/log
        findings=0
        grep -qx 0 "$build/fuzz/log/$target/status" || findings=1
        count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        speed=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
        edges=$(sed -nE 's/^#.* cov: ([0-9]+) .*/\1/p' "$log" | tail -n 1)
        printf '%-14s %12d %10d %8d %9d\n' "$target" "${count:-0}" \
            "${speed:-0}" "${edges:-0}" "$findings"
        sum=$((sum + ${count:-0}))
        bad=$((bad + findings))
        ((findings == 0)) || fuzz_finding "$target"
    done
    echo "$sum executions, $bad findings"
    ((bad == 0))
}

fuzz_finding() {
    local log=$build/fuzz/log/$1/log
    grep -E '^this does not hold|^SUMMARY|runtime error' "$log" ||
        tail -n 5 "$log"
    sed -n 's/.*Test unit written to /  saved as /p' "$log"
    echo "  see $log"
}

install_module() {
    build_module ""
    local to="${DESTDIR:-}" modules conf
    modules=$(nginx_option modules-path)
    conf=$(dirname "$(nginx_option conf-path)")
    # Nine tenths of the file is for debuggers.
    strip --strip-debug -o "$build/$module.so" "$build/nginx/objs/$module.so"
    place_file "$build/$module.so" "$to$modules/$module.so"
    [[ -d $conf/modules-available ]] && install_snippet "$to$conf" "$modules"
    if [[ -n $to ]]; then
        return
    fi
    as_root nginx -t || die "nginx refuses its configuration with the module"
    next_step "$conf" "$modules"
}

nginx_option() {
    local value
    value=$(nginx -V 2>&1 | sed -nE "s/.*--$1=([^ ]+).*/\\1/p")
    [[ -n $value ]] || die "nginx -V names no --$1"
    echo "$value"
}

# By rename: a running nginx has the old file mapped.
place_file() {
    local from=$1 to=$2
    as_owner mkdir -p "$(dirname "$to")"
    as_owner cp "$from" "$to.new"
    as_owner chmod 644 "$to.new"
    as_owner mv -f "$to.new" "$to"
    say install "$to"
}

# A staging folder (DESTDIR) belongs to whoever builds the package.
as_owner() {
    if [[ -n ${DESTDIR:-} ]]; then
        "$@"
    else
        as_root "$@"
    fi
}

install_snippet() {
    local conf=$1 modules=$2 name=mod-http-acme-domain.conf
    echo "load_module $modules/$module.so;" >"$build/$name"
    place_file "$build/$name" "$conf/modules-available/$name"
    as_owner mkdir -p "$conf/modules-enabled"
    as_owner ln -sfn "../modules-available/$name" \
        "$conf/modules-enabled/50-$name"
    say install "$conf/modules-enabled/50-$name"
}

next_step() {
    echo
    [[ -e $1/modules-enabled/50-mod-http-acme-domain.conf ]] ||
        echo "Add this as the first line of $1/nginx.conf:
    load_module $2/$module.so;"
    echo "Next: write \"acme_domain NAME;\" into a server block, then:
    nginx -t && nginx -s reload
An nginx that runs with an earlier build of the module must be restarted."
}

# The usual files of a debian/ folder are in .debian.
deb() {
    need "${build_packages[@]}" "${deb_packages[@]}"
    local source=$build/deb/source
    rm -rf "$build/deb"
    mkdir -p "$source"
    (cd "$root" && cp -a config src conf-examples README.md LICENSE \
        t/status.pl t/import-certbot.pl t/status-schema.json "$source" &&
        cp -a .debian "$source/debian")
    say deb "building, a minute or two"
    (cd "$source" && DEB_BUILD_OPTIONS="parallel=$cores" \
        logged deb dpkg-buildpackage -b -us -uc) ||
        die "no package could be built"
    local packages=("$build"/deb/*.deb)
    lintian --fail-on error "${packages[@]}" || die "lintian found errors"
    say deb "${packages[*]#"$root/"}"
}

clean() {
    # Root's, where sudo was used for it.
    [[ ! -e $build/matrix ]] ||
        as_root rm -rf --one-file-system "$build/matrix"
    rm -rf "$build"
    say clean "build/"
}

main() {
    local command=${1:-help}
    shift || true
    case $command in
        build) build_command "$@" ;;
        deps | run | status | bench | matrix | lint | fuzz | deb | clean)
            "$command" "$@"
            ;;
        import-certbot) import_certbot "$@" ;;
        test) run_tests "$@" ;;
        install) install_module "$@" ;;
        help | -h | --help) help ;;
        *) help >&2 && die "unknown command \"$command\"" ;;
    esac
}

main "$@"
