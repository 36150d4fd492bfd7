# shellcheck shell=bash disable=SC2154 # root, build, module, cores: build.sh's
# Sourced by build.sh: the module on each Debian that has another nginx, with
# the compilers and libraries it has there, in root file systems below
# build/matrix. Needs root: it mounts /proc and /dev, in a namespace that takes
# the mounts with it when it ends.

matrix_packages=("${build_packages[@]}" "${run_packages[@]}"
    "${deb_packages[@]}" clang curl bind9-dnsutils mount procps
    python3-jsonschema
    # For neighbours.t. They enable themselves, so ./build.sh test does not
    # install them where nginx may be in use.
    libnginx-mod-stream libnginx-mod-http-lua libnginx-mod-http-js
    libnginx-mod-http-brotli-filter libnginx-mod-http-geoip2
    libnginx-mod-http-modsecurity)

# What depends on nginx, OpenSSL and libcurl: loading, the callbacks of TLS,
# the phases, the life of processes, the answers to the CA in each way. Each
# must be able to run: a skip counts as a failure.
matrix_tests=(t/00-load.t t/one-line.t t/serving.t t/fallback.t t/survival.t
    t/resume.t t/first-reload.t t/challenge-reach.t t/challenge-manners.t
    t/tls-alpn-01.t t/dns-responder.t t/key-pair.t t/stapling.t
    t/api.t t/bad-configuration.t t/conf-examples.t t/deploy-files.t
    t/deploy-exec.t t/nginx-acme.t t/renewal-under-load.t t/neighbours.t)

try_matrix() {
    local suites=("$@") suite bad=0 rows=()
    (($# > 0)) || suites=(bookworm trixie sid)
    need mmdebstrap
    need_tools
    mkdir -p "$build/matrix"
    for suite in "${suites[@]}"; do
        matrix_suite "$suite" || bad=1
    done
    printf '%s\n' "${rows[@]}"
    ((bad == 0)) ||
        die "not everything works everywhere, see $build/log/matrix-*"
}

# A row of what was tried, for the table at the end.
matrix_suite() {
    local suite=$1 place=$build/matrix/$1
    say matrix "$suite"
    { matrix_root "$suite" "$place" && matrix_sources "$place"; } || {
        rows+=("$suite: no root file system could be made")
        return 1
    }
    : >"$place.results"
    matrix_step gcc "$place"
    # A compiler uses the processors that tests leave idle.
    matrix_step clang "$place" &
    matrix_step tests "$place"
    wait
    matrix_step package "$place"
    rows+=("$suite ($(matrix_versions "$place")), $(
        paste -sd, "$place.results" | sed 's/,/, /g')")
    ! grep -q FAILED "$place.results"
}

matrix_step() {
    local step=$1 place=$2 suite=${2##*/} result=passed
    logged "matrix-$suite-$step" "matrix_$step" "$place" || result=FAILED
    say "$suite" "$step: $result"
    echo "$step $result" >>"$place.results"
}

# Made anew each week, for there is one that changes each day.
matrix_root() {
    local suite=$1 place=$2 state
    printf -v state '%(%G-%V)T %s' -1 "${matrix_packages[*]}"
    stale "$place.made" "$state" || return 0
    as_root rm -rf --one-file-system "$place"
    logged "matrix-$suite-root" as_root mmdebstrap --mode=root --variant=apt \
        --aptopt='Acquire::Check-Valid-Until "false"' \
        --include="${matrix_packages[*]}" "$suite" "$place" "$(apt_mirror)" &&
        echo "$state" >"$place.made"
}

# As in a clean checkout, but for what has been compiled there before.
matrix_sources() {
    local to=$1/src
    as_root mkdir -p "$to/build" &&
        as_root find "$to" -mindepth 1 -maxdepth 1 ! -name build \
            -exec rm -rf {} + &&
        (cd "$root" && as_root cp -a .debian build.sh config conf-examples \
            LICENSE README.md src t "$to") &&
        as_root cp -a "$build"/tools* "$to/build"
}

# What is started in it ends with it. The first shell is the parent of those
# that lost theirs, and waits for them.
inside() {
    local place=$1
    shift
    # shellcheck disable=SC2016 # the inner shell's
    as_root unshare --mount --pid --fork --kill-child sh -c '
        mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" &&
            chroot "$0" env -i HOME=/root LC_ALL=C.UTF-8 \
            PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c "cd /src && $1"
        exit $?' "$place" "$*" </dev/null
}

# What is tried is what would be shipped, with the warnings of nginx's own
# build; what is for debuggers takes a third of the time.
matrix_gcc() {
    local flags="-g0 -Wall -Wpointer-arith -Wno-unused-parameter -Werror"
    inside "$1" "DEB_CFLAGS_APPEND='$flags'" ./build.sh deb
}
# Its warnings and whether nginx loads the result are of interest, so there is
# no need to wait for an optimizer.
matrix_clang() {
    inside "$1" CC=clang "CXXFLAGS='-O0 -g0'" ./build.sh build --variant clang
}
matrix_tests() {
    local tests=("${matrix_tests[@]}") passed failed skipped
    local package=build/deb/source/debian/libnginx-mod-http-acme-domain
    if [[ $(inside "$1" "nginx -V 2>&1") == *http_v3_module* ]]; then
        tests+=(t/http3.t)
    fi
    inside "$1" "ACME_MODULE=/src/$package/usr/lib/nginx/modules/$module.so" \
        ACME_COUNTS=build/counts PERL5LIB=t/lib \
        prove --harness AcmeTest::Harness "-j$cores" "${tests[@]}" || return 1
    read -r passed failed skipped <"$1/src/build/counts"
    echo "$passed passed, $failed failed, $skipped skipped"
    ((skipped == 0))
}
matrix_package() {
    inside "$1" ACME_MATRIX=1 PERL5LIB=t/lib prove -v t/matrix/package.t
}

# nginx 1.22.1, OpenSSL 3.0.20, libcurl 7.88.1, gcc 12.2.0, clang 14.0.6
matrix_versions() {
    inside "$1" "nginx -v 2>&1 | sed 's,.*/,nginx ,'
        openssl version | sed -E 's/^(OpenSSL [^ ]*).*/\\1/'
        curl --version | sed -nE 's/.*(libcurl)\\/([^ ]*).*/\\1 \\2/p'
        echo gcc \$(gcc -dumpfullversion)
        echo clang \$(clang -dumpversion)" | paste -sd, | sed 's/,/, /g'
}
