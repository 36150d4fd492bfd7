/* Preloaded into nginx: its clocks are ahead of the machine's by what a file
   says, in nanoseconds: first the wall clock, then all that never goes back.
   The file is mapped, so that a test can change it under a running nginx. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const int64_t none[2];
static const volatile int64_t *ahead = none;

__attribute__((constructor)) static void map_file(void)
{
    const char *path = getenv("ACME_TEST_CLOCK");
    const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) {
        return;
    }
    void *file = mmap(NULL, sizeof(none), PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (file != MAP_FAILED) {
        ahead = file;
    }
}

static int64_t ahead_of(clockid_t id)
{
    switch (id) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
        return ahead[0];
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME:
        return ahead[1];
    default:
        return 0;
    }
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    const int64_t second = 1000000000;
    const int status = (int) syscall(SYS_clock_gettime, id, now);
    if (status == 0) {
        const int64_t all =
            now->tv_sec * second + now->tv_nsec + ahead_of(id);
        now->tv_sec = all / second;
        now->tv_nsec = all % second;
    }
    return status;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exact;
    (void) zone;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result)
{
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (result) {
        *result = exact.tv_sec;
    }
    return exact.tv_sec;
}
