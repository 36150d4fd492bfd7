# Flags for this module's objects alone: -std=c++20 on one of nginx's C files
# is an error. Read by nginx's ./configure when it writes objs/Makefile.

acme_objs=
for acme_src in $ngx_addon_dir/*/*.cpp; do
    acme_dir=`dirname $acme_src`
    acme_objs="$acme_objs $NGX_OBJS/addon/`basename $acme_dir`/`basename $acme_src .cpp`.o"
done

# nginx loads modules with RTLD_GLOBAL, so nothing but what it looks up may be
# visible; a unique symbol (STB_GNU_UNIQUE) would forbid unloading.
# For clang, -Wextra takes back nginx's own -Wno-unused-parameter.
acme_flags="-std=c++20 -O2 -Wextra -Wno-unused-parameter -Wnon-virtual-dtor"
acme_flags="$acme_flags -Wimplicit-fallthrough"
acme_flags="$acme_flags -fvisibility=hidden -fvisibility-inlines-hidden"
if [ "$NGX_CC_NAME" = gcc ]; then
    acme_flags="$acme_flags -fno-gnu-unique"
fi

# -MMD: an object is rebuilt for the headers it includes, not for all of them.
# CXXFLAGS and LDFLAGS come last, from the environment of make.
cat << END >> $NGX_MAKEFILE

$acme_objs: CFLAGS += $acme_flags -MMD -MP \$(CXXFLAGS)

$NGX_OBJS/ngx_http_acme_domain_module$ngx_modext: LINK += \$(LDFLAGS)

-include \$(wildcard $NGX_OBJS/addon/*/*.d)

END
