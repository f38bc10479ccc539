/* Storage that fails, and a record of what reached it. Preloaded into a server of the tests; watches the files whose path
 * holds STORAGE_SHIM_MATCH, and is told what to do through the file STORAGE_SHIM_CONTROL, which both sides map or read.
 *
 * Failing: the calls named by `mask` fail with `error`, after `after` of them have passed, `times` times.
 * Record: with `trace` set, each call that changed a file is appended to STORAGE_SHIM_TRACE in the order in which it took
 * effect: a header of five numbers, for a write its bytes. `swallow` makes syncs do nothing, unrecorded.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE = 1, SYNC = 2, OPEN = 4, TRUNCATE = 8 };

/* All fields 32 bits wide but the first; tests/support/shim.rs writes them by their offset. */
struct control {
    _Atomic uint64_t sequence;
    _Atomic uint32_t mask;
    _Atomic int32_t after;
    _Atomic int32_t times;
    _Atomic int32_t error;
    _Atomic uint32_t failed;
    _Atomic uint32_t trace;
    _Atomic uint32_t swallow;
};

#define FDS 4096
static struct control *control;
static const char *match;
static int trace_fd = -1;
/* 0: not watched; otherwise 1 the database, 2 its -wal, 3 its -shm or -journal, 4 anything else. */
static unsigned char watched[FDS];
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_close)(int);
static int (*real_sync_range)(int, off_t, off_t, unsigned);

static void prepare(void) {
    static atomic_int done;
    if (atomic_load(&done)) return;
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite");
    real_pwritev = dlsym(RTLD_NEXT, "pwritev");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
    real_close = dlsym(RTLD_NEXT, "close");
    real_sync_range = dlsym(RTLD_NEXT, "sync_file_range");
    const char *path = getenv("STORAGE_SHIM_CONTROL");
    match = getenv("STORAGE_SHIM_MATCH");
    if (path && match) {
        int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
        if (fd >= 0) {
            void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
            if (at != MAP_FAILED) control = at;
            syscall(SYS_close, fd);
        }
        const char *trace = getenv("STORAGE_SHIM_TRACE");
        if (trace) trace_fd = (int)syscall(SYS_openat, AT_FDCWD, trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    atomic_store(&done, 1);
}

__attribute__((constructor)) static void begin(void) { prepare(); }

/* Whether this call is to fail; sets errno. */
static int fails(uint32_t kind) {
    if (!control || !(atomic_load(&control->mask) & kind)) return 0;
    if (atomic_fetch_sub(&control->after, 1) > 0) return 0;
    if (atomic_fetch_sub(&control->times, 1) <= 0) {
        atomic_fetch_add(&control->times, 1);
        return 0;
    }
    atomic_fetch_add(&control->failed, 1);
    errno = atomic_load(&control->error);
    return 1;
}

static int is_watched(int fd) { return control && fd >= 0 && fd < FDS && watched[fd]; }

static void watch(int fd, const char *path) {
    if (fd < 0 || fd >= FDS || !control) return;
    unsigned char which = 0;
    if (strstr(path, match)) {
        size_t n = strlen(path);
        which = 4;
        if (n >= 3 && !strcmp(path + n - 3, ".db")) which = 1;
        if (n >= 4 && !strcmp(path + n - 4, "-wal")) which = 2;
        if (n >= 4 && !strcmp(path + n - 4, "-shm")) which = 3;
    }
    watched[fd] = which;
}

static void emit(const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        ssize_t wrote = syscall(SYS_write, trace_fd, at, length);
        if (wrote <= 0) return;
        at += wrote;
        length -= (size_t)wrote;
    }
}

/* Called with the turn held, after the call took effect. */
static void record(uint64_t kind, int fd, uint64_t offset, uint64_t length, const void *bytes) {
    uint64_t number = atomic_fetch_add(&control->sequence, 1) + 1;
    if (trace_fd < 0 || !atomic_load(&control->trace) || watched[fd] == 3) return;
    uint64_t head[5] = {number, kind, watched[fd], offset, length};
    emit(head, sizeof head);
    if (bytes) emit(bytes, length);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    prepare();
    if (!is_watched(fd)) return real_write(fd, bytes, length);
    pthread_mutex_lock(&turn);
    ssize_t wrote = -1;
    if (!fails(WRITE)) {
        off_t offset = lseek(fd, 0, SEEK_CUR);
        wrote = real_write(fd, bytes, length);
        if (wrote > 0) record(WRITE, fd, (uint64_t)offset, (uint64_t)wrote, bytes);
    }
    int kept = errno;
    pthread_mutex_unlock(&turn);
    errno = kept;
    return wrote;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    prepare();
    if (!is_watched(fd)) return real_pwrite(fd, bytes, length, offset);
    pthread_mutex_lock(&turn);
    ssize_t wrote = -1;
    if (!fails(WRITE)) {
        wrote = real_pwrite(fd, bytes, length, offset);
        if (wrote > 0) record(WRITE, fd, (uint64_t)offset, (uint64_t)wrote, bytes);
    }
    int kept = errno;
    pthread_mutex_unlock(&turn);
    errno = kept;
    return wrote;
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) { return pwrite(fd, bytes, length, offset); }

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    prepare();
    if (is_watched(fd) && fails(WRITE)) return -1;
    return real_pwritev(fd, parts, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset) { return pwritev(fd, parts, count, offset); }

static int sync_with(int (*real)(int), int fd) {
    if (!is_watched(fd)) return real(fd);
    if (atomic_load(&control->swallow)) return 0;
    pthread_mutex_lock(&turn);
    int outcome = -1;
    if (!fails(SYNC)) {
        outcome = real(fd);
        if (outcome == 0) record(SYNC, fd, 0, 0, NULL);
    }
    int kept = errno;
    pthread_mutex_unlock(&turn);
    errno = kept;
    return outcome;
}
int fsync(int fd) { prepare(); return sync_with(real_fsync, fd); }
int fdatasync(int fd) { prepare(); return sync_with(real_fdatasync, fd); }

int sync_file_range(int fd, off_t offset, off_t length, unsigned flags) {
    prepare();
    return real_sync_range(fd, offset, length, flags);
}

int ftruncate(int fd, off_t length) {
    prepare();
    if (!is_watched(fd)) return real_ftruncate(fd, length);
    pthread_mutex_lock(&turn);
    int outcome = -1;
    if (!fails(TRUNCATE)) {
        outcome = real_ftruncate(fd, length);
        if (outcome == 0) record(TRUNCATE, fd, 0, (uint64_t)length, NULL);
    }
    int kept = errno;
    pthread_mutex_unlock(&turn);
    errno = kept;
    return outcome;
}
int ftruncate64(int fd, off_t length) { return ftruncate(fd, length); }

static int open_at(int dir, const char *path, int flags, mode_t mode) {
    prepare();
    if (control && strstr(path, match) && fails(OPEN)) return -1;
    int fd = (int)syscall(SYS_openat, dir, path, flags, mode);
    watch(fd, path);
    return fd;
}
#define MODE(flags, last) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, last); mode = va_arg(rest, mode_t); va_end(rest); }
int open(const char *path, int flags, ...) { MODE(flags, flags) return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags, flags) return open_at(AT_FDCWD, path, flags | O_LARGEFILE, mode); }
int openat(int dir, const char *path, int flags, ...) { MODE(flags, flags) return open_at(dir, path, flags, mode); }
int openat64(int dir, const char *path, int flags, ...) { MODE(flags, flags) return open_at(dir, path, flags | O_LARGEFILE, mode); }

int close(int fd) {
    prepare();
    if (fd >= 0 && fd < FDS) watched[fd] = 0;
    return real_close(fd);
}
