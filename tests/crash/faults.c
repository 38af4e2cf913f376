/* Preloaded into the server by tests/crash: makes the n-th call of a kind fail, ends the process there,
 * or moves the wall clock. The plan lies in a mapped file (RONDO_FAULTS) that the test writes and reads
 * while the server runs; tests/crash/faults.py knows the same layout. Calls with a path or descriptor
 * count only below `root`, and only when the path holds `part`. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { WRITE, SYNC, RENAME, OPEN, TRUNCATE, MAP, REMOVE, FOLDER, THREAD, SEND, KINDS = 16 };
enum action { FAIL = 1, SHORT_WRITE = 2, KILL_BEFORE = 3, KILL_AFTER = 4 };

struct plan {
    _Atomic uint64_t seen[KINDS]; /* calls by kind, whether armed or not */
    _Atomic uint64_t armed;
    _Atomic uint64_t kinds;   /* mask of those that the plan is about */
    _Atomic uint64_t first;   /* the plan begins with this match, from 1 */
    _Atomic uint64_t times;   /* and holds for so many */
    _Atomic uint64_t action;
    _Atomic uint64_t error;   /* errno of what fails */
    _Atomic uint64_t matches; /* since it was armed */
    _Atomic uint64_t fired;
    _Atomic int64_t clock_shift_ns;
    char part[256];
    char root[1024];
    char fired_at[1024]; /* path of the first call that the plan met */
};

static struct plan *plan;

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) abort();
    return found;
}
#define REAL(name)                                                             \
    static __typeof__(&name) real_##name;                                      \
    if (real_##name == NULL) real_##name = (__typeof__(&name))real(#name)

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("RONDO_FAULTS");
    if (path == NULL) return;
    const int file = (int)syscall(SYS_open, path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *at = (void *)syscall(SYS_mmap, NULL, sizeof(struct plan), (long)(PROT_READ | PROT_WRITE),
                               (long)MAP_SHARED, (long)file, 0L);
    if (at != MAP_FAILED) plan = at;
    syscall(SYS_close, file);
}

static void end_here(void) {
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    for (;;) pause();
}

/* What has to happen to a call: 0 nothing, else an action. */
static int judge(enum kind kind, const char *path) {
    if (plan == NULL) return 0;
    if (path != NULL) {
        const size_t n = strlen(plan->root);
        if (n == 0 || strncmp(path, plan->root, n) != 0) return 0;
        if (plan->part[0] != 0 && strstr(path, plan->part) == NULL) return 0;
    }
    atomic_fetch_add(&plan->seen[kind], 1);
    if (!plan->armed || (plan->kinds & (1u << kind)) == 0) return 0;
    const uint64_t match = atomic_fetch_add(&plan->matches, 1) + 1;
    if (match < plan->first || match >= plan->first + plan->times) return 0;
    if (atomic_fetch_add(&plan->fired, 1) == 0)
        snprintf(plan->fired_at, sizeof plan->fired_at, "%s", path == NULL ? "" : path);
    if (plan->action == KILL_BEFORE) end_here();
    return (int)plan->action;
}

static int judge_file(enum kind kind, int file) {
    if (plan == NULL) return 0;
    char link[40], path[1024];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    const ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    return judge(kind, path);
}

#define PASS(action, call)                                                     \
    do {                                                                       \
        if ((action) == FAIL || (action) == SHORT_WRITE) {                     \
            errno = (int)plan->error;                                          \
            return -1;                                                         \
        }                                                                      \
        __typeof__(call) result_ = (call);                                     \
        if ((action) == KILL_AFTER) end_here();                                \
        return result_;                                                        \
    } while (0)

/* The first call of a plan of short writes writes half; those after it fail. */
static size_t shortened(int *action, size_t n) {
    if (*action != SHORT_WRITE || plan->fired != 1 || n < 2) return n;
    *action = 0;
    return n / 2;
}

ssize_t write(int file, const void *bytes, size_t n) {
    REAL(write);
    int action = judge_file(WRITE, file);
    n = shortened(&action, n);
    PASS(action, real_write(file, bytes, n));
}
ssize_t pwrite(int file, const void *bytes, size_t n, off_t at) {
    REAL(pwrite);
    int action = judge_file(WRITE, file);
    n = shortened(&action, n);
    PASS(action, real_pwrite(file, bytes, n, at));
}
ssize_t pwrite64(int file, const void *bytes, size_t n, off64_t at) {
    REAL(pwrite64);
    int action = judge_file(WRITE, file);
    n = shortened(&action, n);
    PASS(action, real_pwrite64(file, bytes, n, at));
}
ssize_t writev(int file, const struct iovec *parts, int n) {
    REAL(writev);
    const int action = judge_file(WRITE, file);
    PASS(action, real_writev(file, parts, n));
}
int fsync(int file) {
    REAL(fsync);
    const int action = judge_file(SYNC, file);
    PASS(action, real_fsync(file));
}
int fdatasync(int file) {
    REAL(fdatasync);
    const int action = judge_file(SYNC, file);
    PASS(action, real_fdatasync(file));
}
int rename(const char *from, const char *to) {
    REAL(rename);
    const int action = judge(RENAME, to);
    PASS(action, real_rename(from, to));
}
int renameat(int a, const char *from, int b, const char *to) {
    REAL(renameat);
    const int action = judge(RENAME, to);
    PASS(action, real_renameat(a, from, b, to));
}
int link(const char *from, const char *to) {
    REAL(link);
    const int action = judge(RENAME, to);
    PASS(action, real_link(from, to));
}
int unlink(const char *path) {
    REAL(unlink);
    const int action = judge(REMOVE, path);
    PASS(action, real_unlink(path));
}
int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    const int action = judge(FOLDER, path);
    PASS(action, real_mkdir(path, mode));
}
int ftruncate(int file, off_t size) {
    REAL(ftruncate);
    const int action = judge_file(TRUNCATE, file);
    PASS(action, real_ftruncate(file, size));
}
int ftruncate64(int file, off64_t size) {
    REAL(ftruncate64);
    const int action = judge_file(TRUNCATE, file);
    PASS(action, real_ftruncate64(file, size));
}
int posix_fallocate(int file, off_t at, off_t n) {
    REAL(posix_fallocate);
    const int action = judge_file(TRUNCATE, file);
    if (action == FAIL || action == SHORT_WRITE) return (int)plan->error;
    PASS(action, real_posix_fallocate(file, at, n));
}

#define OPEN_LIKE(name)                                                        \
    int name(const char *path, int flags, ...) {                               \
        REAL(name);                                                            \
        va_list rest;                                                          \
        va_start(rest, flags);                                                 \
        const int mode = (flags & O_CREAT) ? va_arg(rest, int) : 0;            \
        va_end(rest);                                                          \
        const int action = judge(OPEN, path);                                  \
        PASS(action, real_##name(path, flags, mode));                          \
    }
OPEN_LIKE(open)
OPEN_LIKE(open64)
#define OPENAT_LIKE(name)                                                      \
    int name(int folder, const char *path, int flags, ...) {                   \
        REAL(name);                                                            \
        va_list rest;                                                          \
        va_start(rest, flags);                                                 \
        const int mode = (flags & O_CREAT) ? va_arg(rest, int) : 0;            \
        va_end(rest);                                                          \
        const int action = judge(OPEN, path);                                  \
        PASS(action, real_##name(folder, path, flags, mode));                  \
    }
OPENAT_LIKE(openat)
OPENAT_LIKE(openat64)
int creat(const char *path, mode_t mode) { return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

#define MMAP_LIKE(name)                                                        \
    void *name(void *at, size_t n, int protection, int flags, int file, off_t offset) { \
        REAL(name);                                                            \
        const int action = file < 0 ? 0 : judge_file(MAP, file);               \
        if (action == FAIL || action == SHORT_WRITE) {                         \
            errno = (int)plan->error;                                          \
            return MAP_FAILED;                                                 \
        }                                                                      \
        void *result = real_##name(at, n, protection, flags, file, offset);    \
        if (action == KILL_AFTER) end_here();                                  \
        return result;                                                         \
    }
MMAP_LIKE(mmap)
MMAP_LIKE(mmap64)

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *with) {
    REAL(pthread_create);
    const int action = judge(THREAD, NULL);
    if (action == FAIL) return (int)plan->error;
    return real_pthread_create(thread, attributes, run, with);
}
ssize_t send(int socket, const void *bytes, size_t n, int flags) {
    REAL(send);
    const int action = judge(SEND, NULL);
    PASS(action, real_send(socket, bytes, n, flags));
}

static int64_t shift(void) { return plan == NULL ? 0 : plan->clock_shift_ns; }

int clock_gettime(clockid_t clock, struct timespec *at) {
    REAL(clock_gettime);
    const int result = real_clock_gettime(clock, at);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        const int64_t ns = (int64_t)at->tv_sec * 1000000000 + at->tv_nsec + shift();
        at->tv_sec = ns / 1000000000;
        at->tv_nsec = ns % 1000000000;
    }
    return result;
}
int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at != NULL) *at = now.tv_sec;
    return now.tv_sec;
}
