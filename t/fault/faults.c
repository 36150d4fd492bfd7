/*
 * Preloaded into nginx by AcmeTest::Faults: the helper dies, or a call fails,
 * at exactly one step of what it does to the state directory and at the CA.
 *
 * Why from outside, and not by fault points in src/: the code under test is
 * the one that is shipped, a reader of src/ sees nothing of it, and a step
 * that somebody adds has its point without anybody thinking of it.
 *
 * A step is a line of the trace file: what is going to happen next. Dying
 * before a step is dying after the one before it. "half" is the middle of a
 * write, "sent" a request that is on its way, "answered" an answer that nobody
 * has looked at yet. The file <trace>.plan says what to do at the so-manieth
 * line of that text, see planned(). The trace outlives the process that is
 * killed, so it happens once.
 */

#define _GNU_SOURCE
#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { max_line = 512, max_trace = 65536 };

static char root[PATH_MAX];
static char trace[PATH_MAX];

/* In the process that nginx is started as, whose environment nginx clears. */
__attribute__((constructor)) static void read_environment(void)
{
    const char *state = getenv("ACME_FAULT_STATE");
    const char *file = getenv("ACME_FAULT_TRACE");
    if (state != NULL && file != NULL) {
        snprintf(root, sizeof(root), "%s", state);
        snprintf(trace, sizeof(trace), "%s", file);
    }
}

static size_t read_text(const char *path, char *text, size_t size)
{
    int fd = (int) syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
    ssize_t got = fd == -1 ? 0 : read(fd, text, size - 1);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    return strlen(text);
}

static int lines_like(const char *line)
{
    static char text[max_trace];
    size_t length = strlen(line);
    int count = 0;
    read_text(trace, text, sizeof(text));
    for (const char *at = text; (at = strstr(at, line)) != NULL; at += length) {
        count += at == text || at[-1] == '\n';
    }
    return count;
}

static void write_trace(const char *line)
{
    int fd = (int) syscall(SYS_openat, AT_FDCWD, trace, O_WRONLY | O_APPEND, 0);
    if (fd == -1 || syscall(SYS_write, fd, line, strlen(line)) == -1) {
        abort();
    }
    close(fd);
}

/*
 * The plan is "ERRNO COUNT LINE": at the COUNTth such line, or at each when that
 * is 0, fail with ERRNO, or take the signal when that is negative. True when
 * the call is to fail, which for 0 means that a write is cut short.
 */
static int planned(const char *line)
{
    char path[PATH_MAX + 8], plan[max_line], *rest;
    snprintf(path, sizeof(path), "%s.plan", trace);
    if (read_text(path, plan, sizeof(plan)) == 0) {
        return 0;
    }
    int error = (int) strtol(plan, &rest, 10);
    int count = (int) strtol(rest, &rest, 10);
    if (strcmp(rest + 1, line) != 0
        || (count != 0 && lines_like(line) != count))
    {
        return 0;
    }
    if (error < 0) {
        kill(getpid(), -error);
        return 0;
    }
    errno = error;
    return 1;
}

static int step(const char *what, const char *where)
{
    char line[max_line];
    int kept = errno;
    snprintf(line, sizeof(line), "%s %s\n", what, where);
    write_trace(line);
    if (planned(line)) {
        return -1;
    }
    errno = kept;
    return 0;
}

static void cut_after(char *path, const char *part)
{
    char *found = strstr(path, part);
    if (found != NULL) {
        found[strlen(part)] = '\0';
    }
}

/* A version of what is exported is named after what is in it. */
static void hide_digits(char *path)
{
    enum { digits = 16 };
    for (char *dot = path; (dot = strchr(dot, '.')) != NULL; dot++) {
        if (strspn(dot + 1, "0123456789abcdef") == digits) {
            memset(dot + 1, 'x', digits);
        }
    }
}

/* Which file of the state directory it is; null for any other. */
static const char *state_file(int fd, const char *name)
{
    static char path[2 * PATH_MAX];
    char link[64];
    if (root[0] == '\0') {
        return NULL;
    }
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX);
    if (length <= 0) {
        return NULL;
    }
    snprintf(path + length, PATH_MAX, *name != '\0' ? "/%s" : "%s", name);
    size_t skip = strlen(root);
    if (strncmp(path, root, skip) != 0
        || (path[skip] != '/' && path[skip] != '\0'))
    {
        return NULL;
    }
    cut_after(path, "/.tmp");         /* a process id */
    cut_after(path, "/quarantine/");  /* a time */
    hide_digits(path);
    return path + skip + (path[skip] == '/');
}

/* The function that this one stands in front of. */
static void *next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) {
        found = dlsym(dlopen("libcurl.so.4", RTLD_LAZY), name);
    }
    return found;
}

#define NEXT(name) ((__typeof__(&name)) next(#name))

/* --- the state directory ------------------------------------------------ */

int openat(int fd, const char *name, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    const char *file = flags & O_CREAT ? state_file(fd, name) : NULL;
    if (file != NULL && step("create", file) == -1) {
        return -1;
    }
    return (int) syscall(SYS_openat, fd, name, flags, mode);
}

/* A disk that is full takes half of it; the next call says why. */
ssize_t write(int fd, const void *data, size_t size)
{
    static int refused;
    const char *file = state_file(fd, "");
    if (file == NULL) {
        return syscall(SYS_write, fd, data, size);
    }
    if (refused != 0) {
        errno = refused;
        refused = 0;
        return -1;
    }
    if (step("write", file) == -1) {
        return -1;
    }
    ssize_t half = syscall(SYS_write, fd, data, size / 2);
    if (half == -1) {
        return -1;
    }
    if (step("half", file) == -1) {
        refused = errno;
        return half;
    }
    ssize_t rest =
        syscall(SYS_write, fd, (const char *) data + half, size - half);
    return rest == -1 ? half : half + rest;
}

int fsync(int fd)
{
    const char *file = state_file(fd, "");
    return file != NULL && step("fsync", file) == -1 ? -1 : NEXT(fsync)(fd);
}

int fchmod(int fd, mode_t mode)
{
    const char *file = state_file(fd, "");
    return file != NULL && step("chmod", file) == -1 ? -1
                                                     : NEXT(fchmod)(fd, mode);
}

int fchmodat(int fd, const char *name, mode_t mode, int flags)
{
    const char *file = state_file(fd, name);
    return file != NULL && step("chmod", file) == -1
        ? -1
        : NEXT(fchmodat)(fd, name, mode, flags);
}

int mkdirat(int fd, const char *name, mode_t mode)
{
    const char *file =
        faccessat(fd, name, F_OK, 0) == -1 ? state_file(fd, name) : NULL;
    return file != NULL && step("mkdir", file) == -1
        ? -1
        : NEXT(mkdirat)(fd, name, mode);
}

int renameat(int from, const char *old, int to, const char *name)
{
    const char *file = state_file(to, name);
    return file != NULL && step("rename", file) == -1
        ? -1
        : NEXT(renameat)(from, old, to, name);
}

int symlinkat(const char *target, int fd, const char *name)
{
    const char *file = state_file(fd, name);
    return file != NULL && step("symlink", file) == -1
        ? -1
        : NEXT(symlinkat)(target, fd, name);
}

int unlinkat(int fd, const char *name, int flags)
{
    const char *file = state_file(fd, name);
    return file != NULL && step("remove", file) == -1
        ? -1
        : NEXT(unlinkat)(fd, name, flags);
}

/* --- the CA -------------------------------------------------------------- */

/* The resource that was asked for last, without an id at its end. */
static char resource[max_line];
static int unsent;

/* A macro of curl's checks the types of its arguments. */
#undef curl_easy_setopt
CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    va_list more;
    va_start(more, option);
    void *value = va_arg(more, void *);
    va_end(more);
    if (option == CURLOPT_URL) {
        const char *path = strchr(strstr(value, "://") + 3, '/');
        snprintf(resource, sizeof(resource), "%.*s",
                 1 + (int) strcspn(path + 1, "/"), path);
    }
    return ((CURLcode (*)(CURL *, CURLoption, ...)) next("curl_easy_setopt"))(
        easy, option, value);
}

CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy)
{
    step("ask", resource);
    unsent = 1;
    return NEXT(curl_multi_add_handle)(multi, easy);
}

int SSL_write(SSL *ssl, const void *data, int size)
{
    int written = NEXT(SSL_write)(ssl, data, size);
    if (unsent && written > 0) {
        unsent = 0;
        step("sent", resource);
    }
    return written;
}

CURLMsg *curl_multi_info_read(CURLM *multi, int *left)
{
    CURLMsg *message = NEXT(curl_multi_info_read)(multi, left);
    if (message != NULL && message->msg == CURLMSG_DONE) {
        step("answered", resource);
    }
    return message;
}
