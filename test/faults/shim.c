/*
 * Lets one system call of a process fail, once: preload it (LD_PRELOAD). It writes down each call that it sees and is told
 * by its environment which one to fail.
 *
 *   FAULTS_LOG    file that gets a line for each call: `phase call place` or, for the call that failed, `phase call place ERRNO`
 *   FAULTS_ROOT   directory whose files are named by their path below it, with each number as `#`
 *   FAULTS_PHASE  phase in which the call fails; the process names its phases by `access("/faults/phase/NAME")`
 *   FAULTS_CALL   name of the call, as it stands in the log
 *   FAULTS_PLACE  what it is called for, as it stands in the log
 *   FAULTS_NTH    which of these calls fails, from 1 on
 *   FAULTS_ERRNO  number of its error; -1: no error, but a read or write moves only half of what it was asked to
 *
 * A place is `caller:target`: the library that calls, and the file, or the kind of descriptor or thread. Calls from within
 * libc or the dynamic linker do not pass here. close() closes before it fails, as Linux does. A failed dlopen() has the
 * dynamic linker's own text.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <threads.h>
#include <unistd.h>

#define PHASE_PATH "/faults/phase/"
enum { NAME = 64, PLACE = 256, PATH = 1024 };
enum { IN_PART = -1 };

static int log_fd = -1;
static const char *root, *rule_phase, *rule_call, *rule_place;
static int rule_errno;
static atomic_int rule_nth; /* counts down; the call that takes it from 1 to 0 fails */
static char phases[16][NAME];
static atomic_int phase; /* index of the last one in phases; 0: none has been named */

/* The function of that name that would have been called without this library. */
#define REAL(name)                                                                                                     \
  ({                                                                                                                   \
    static __typeof__(&name) found;                                                                                    \
    if (!found) found = (__typeof__(&name))dlsym(RTLD_NEXT, #name);                                                    \
    found;                                                                                                             \
  })

static long raw(long number, long a, long b, long c, long d) { return REAL(syscall)(number, a, b, c, d); }

__attribute__((constructor)) static void begin(void) {
  const char *log = getenv("FAULTS_LOG"), *nth = getenv("FAULTS_NTH"), *number = getenv("FAULTS_ERRNO");
  root = getenv("FAULTS_ROOT");
  rule_phase = getenv("FAULTS_PHASE");
  rule_call = getenv("FAULTS_CALL");
  rule_place = getenv("FAULTS_PLACE");
  rule_nth = nth ? atoi(nth) : 0;
  rule_errno = number ? atoi(number) : 0;
  if (log) log_fd = (int)raw(SYS_openat, AT_FDCWD, (long)log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void enter_phase(const char *name) {
  int next = phase + 1;
  if (next >= (int)(sizeof phases / sizeof *phases)) return;
  snprintf(phases[next], NAME, "%s", name);
  phase = next;
}

struct caller {
  ElfW(Addr) address;
  char name[NAME];
};

/* The file name without its folders and what follows its first dot: `librdkafka` of /a/b/librdkafka.so.1. */
static int names_caller(struct dl_phdr_info *object, size_t size, void *data) {
  struct caller *caller = data;
  (void)size;
  for (int at = 0; at < object->dlpi_phnum; at++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[at];
    if (part->p_type != PT_LOAD || caller->address - object->dlpi_addr - part->p_vaddr >= part->p_memsz) continue;
    const char *slash = strrchr(object->dlpi_name, '/');
    snprintf(caller->name, NAME, "%s", slash ? slash + 1 : *object->dlpi_name ? object->dlpi_name : "node");
    caller->name[strcspn(caller->name, ".")] = 0;
    return 1;
  }
  return 0;
}

static int ends_with(const char *text, const char *end) {
  size_t a = strlen(text), b = strlen(end);
  return a >= b && strcmp(text + a - b, end) == 0;
}

/* Below the root a path is what matters, elsewhere the kind of file. */
static const char *kind_of(const char *path) {
  if (ends_with(path, "package.json")) return "package.json";
  if (ends_with(path, ".js") || ends_with(path, ".cjs") || ends_with(path, ".mjs")) return "module";
  if (ends_with(path, ".node") || strstr(path, ".so")) return "library";
  if (strncmp(path, "/proc", 5) == 0) return "/proc";
  if (strncmp(path, "/sys", 4) == 0) return "/sys";
  if (strncmp(path, "/etc", 4) == 0) return "/etc";
  if (strncmp(path, "/dev", 4) == 0) return "/dev";
  return "elsewhere";
}

static void below_root(const char *path, char *to, size_t size) {
  size_t at = 0;
  if (!*path) path = ".";
  else path++;
  for (; *path && at + 1 < size; path++) {
    if (*path == ' ') break; /* " (deleted)" */
    if (*path < '0' || *path > '9') to[at++] = *path;
    else if (at == 0 || to[at - 1] != '#') to[at++] = '#';
  }
  to[at] = 0;
}

static void target_of(const char *path, char *to, size_t size) {
  size_t length = root ? strlen(root) : 0;
  if (length > 0 && strncmp(path, root, length) == 0 && (path[length] == '/' || !path[length]))
    below_root(path + length, to, size);
  else if (*path == '/') snprintf(to, size, "%s", kind_of(path));
  else { /* socket:[123], pipe:[123], anon_inode:[eventfd] */
    snprintf(to, size, "%s", strncmp(path, "anon_inode:", 11) == 0 ? path + 11 : path);
    to[strcspn(to, ":")] = 0;
  }
}

static void target_of_fd(int fd, char *to, size_t size) {
  char link[NAME], path[PATH];
  if (fd >= 0 && fd <= 2) {
    snprintf(to, size, "stdio");
    return;
  }
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  long length = raw(SYS_readlinkat, AT_FDCWD, (long)link, (long)path, sizeof path - 1);
  path[length > 0 ? length : 0] = 0;
  target_of(length > 0 ? path : "none", to, size);
}

/* Writes a call down and returns the error that it is to have, or 0. */
static int met(const char *call, const char *target, const void *from) {
  struct caller caller = {(ElfW(Addr))from, "?"};
  char place[PLACE], line[PLACE + 2 * NAME];
  if (log_fd < 0 || phase == 0) return 0;
  const char *now = phases[phase];
  dl_iterate_phdr(names_caller, &caller); /* dladdr() looks through all symbols of node, which takes a millisecond */
  snprintf(place, sizeof place, "%s:%s", caller.name, target);
  int fails = rule_call && strcmp(rule_call, call) == 0 && strcmp(rule_phase, now) == 0 &&
              strcmp(rule_place, place) == 0 && atomic_fetch_sub(&rule_nth, 1) == 1;
  int length = fails ? snprintf(line, sizeof line, "%s %s %s %d\n", now, call, place, rule_errno)
                     : snprintf(line, sizeof line, "%s %s %s\n", now, call, place);
  raw(SYS_write, log_fd, (long)line, length, 0);
  return fails ? rule_errno : 0;
}

static int met_fd(const char *call, int fd, const void *from) {
  int was = errno;
  char target[PLACE];
  if (log_fd < 0 || phase == 0) return 0;
  target_of_fd(fd, target, sizeof target);
  int fault = met(call, target, from);
  errno = fault > 0 ? fault : was;
  return fault;
}

static int met_path(const char *call, const char *path, const void *from) {
  int was = errno;
  char target[PLACE];
  if (log_fd < 0 || phase == 0) return 0;
  target_of(path, target, sizeof target);
  int fault = met(call, target, from);
  errno = fault > 0 ? fault : was;
  return fault;
}

#define FROM __builtin_return_address(0)

static int is_there(const char *path) {
  int was = errno;
  int there = raw(SYS_faccessat, AT_FDCWD, (long)path, F_OK, 0) == 0;
  errno = was;
  return there;
}

/* An open() that makes the file is `create`: its name has to be made durable. */
static int met_open(const char *path, int flags, const void *from) {
  return met_path((flags & O_CREAT) && !is_there(path) ? "create" : "open", path, from);
}

#define MODE(last)                                                                                                     \
  ({                                                                                                                   \
    va_list rest;                                                                                                      \
    va_start(rest, last);                                                                                              \
    int mode = (last & (O_CREAT | __O_TMPFILE)) ? va_arg(rest, int) : 0;                                               \
    va_end(rest);                                                                                                      \
    mode;                                                                                                              \
  })

int open(const char *path, int flags, ...) {
  int mode = MODE(flags);
  return met_open(path, flags, FROM) ? -1 : REAL(open)(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  int mode = MODE(flags);
  return met_open(path, flags, FROM) ? -1 : REAL(open64)(path, flags, mode);
}
int openat(int fd, const char *path, int flags, ...) {
  int mode = MODE(flags);
  return met_open(path, flags, FROM) ? -1 : REAL(openat)(fd, path, flags, mode);
}
FILE *fopen(const char *path, const char *mode) {
  return met_path("open", path, FROM) ? NULL : REAL(fopen)(path, mode);
}
FILE *fopen64(const char *path, const char *mode) {
  return met_path("open", path, FROM) ? NULL : REAL(fopen64)(path, mode);
}

/* Functions whose first argument is the descriptor or the path, and which return -1. */
#define ON_FD(call, type, name, arguments, ...)                                                                        \
  type name arguments { return met_fd(call, fd, FROM) ? -1 : REAL(name)(__VA_ARGS__); }
#define ON_PATH(call, name, arguments, ...)                                                                            \
  int name arguments { return met_path(call, path, FROM) ? -1 : REAL(name)(__VA_ARGS__); }

/* Reads and writes, which the system may also answer in part. */
#define ON_BYTES(call, name, arguments, ...)                                                                           \
  ssize_t name arguments {                                                                                             \
    int fault = met_fd(call, fd, FROM);                                                                                \
    if (fault > 0) return -1;                                                                                          \
    if (fault == IN_PART && size > 1) size /= 2;                                                                       \
    return REAL(name)(__VA_ARGS__);                                                                                    \
  }
#define ON_PARTS(call, name, arguments, ...)                                                                           \
  ssize_t name arguments {                                                                                             \
    int fault = met_fd(call, fd, FROM);                                                                                \
    struct iovec half;                                                                                                 \
    if (fault > 0) return -1;                                                                                          \
    if (fault == IN_PART && count > 1) count /= 2;                                                                     \
    else if (fault == IN_PART && parts->iov_len > 1) {                                                                 \
      half = (struct iovec){parts->iov_base, parts->iov_len / 2};                                                      \
      parts = &half;                                                                                                   \
    }                                                                                                                  \
    return REAL(name)(__VA_ARGS__);                                                                                    \
  }

ON_BYTES("read", read, (int fd, void *to, size_t size), fd, to, size)
ON_PARTS("read", readv, (int fd, const struct iovec *parts, int count), fd, parts, count)
ON_BYTES("read", pread, (int fd, void *to, size_t size, off_t at), fd, to, size, at)
ON_BYTES("read", pread64, (int fd, void *to, size_t size, off64_t at), fd, to, size, at)
ON_PARTS("read", preadv, (int fd, const struct iovec *parts, int count, off_t at), fd, parts, count, at)
ON_PARTS("read", preadv64, (int fd, const struct iovec *parts, int count, off64_t at), fd, parts, count, at)
ON_BYTES("write", write, (int fd, const void *from, size_t size), fd, from, size)
ON_PARTS("write", writev, (int fd, const struct iovec *parts, int count), fd, parts, count)
ON_BYTES("write", pwrite, (int fd, const void *from, size_t size, off_t at), fd, from, size, at)
ON_BYTES("write", pwrite64, (int fd, const void *from, size_t size, off64_t at), fd, from, size, at)
ON_PARTS("write", pwritev, (int fd, const struct iovec *parts, int count, off_t at), fd, parts, count, at)
ON_PARTS("write", pwritev64, (int fd, const struct iovec *parts, int count, off64_t at), fd, parts, count, at)
ON_FD("fsync", int, fsync, (int fd), fd)
ON_FD("fdatasync", int, fdatasync, (int fd), fd)
ON_FD("ftruncate", int, ftruncate, (int fd, off_t size), fd, size)
ON_FD("ftruncate", int, ftruncate64, (int fd, off64_t size), fd, size)
ON_FD("flock", int, flock, (int fd, int operation), fd, operation)
ON_FD("connect", int, connect, (int fd, const struct sockaddr *to, socklen_t size), fd, to, size)
ON_FD("send", ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), fd, message, flags)
ON_FD("send", ssize_t, send, (int fd, const void *from, size_t size, int flags), fd, from, size, flags)
ON_FD("receive", ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), fd, message, flags)

ON_PATH("rmdir", rmdir, (const char *path), path)
ON_PATH("unlink", unlink, (const char *path), path)
ON_PATH("stat", stat, (const char *path, struct stat *to), path, to)
ON_PATH("stat", stat64, (const char *path, struct stat64 *to), path, to)
ON_PATH("stat", lstat, (const char *path, struct stat *to), path, to)
ON_PATH("stat", lstat64, (const char *path, struct stat64 *to), path, to)
ON_FD("fstat", int, fstat, (int fd, struct stat *to), fd, to)
ON_FD("fstat", int, fstat64, (int fd, struct stat64 *to), fd, to)

/* What programs that were linked before glibc 2.33 call instead. */
int __xstat64(int version, const char *path, struct stat64 *to);
int __lxstat64(int version, const char *path, struct stat64 *to);
int __fxstat64(int version, int fd, struct stat64 *to);
ON_PATH("stat", __xstat64, (int version, const char *path, struct stat64 *to), version, path, to)
ON_PATH("stat", __lxstat64, (int version, const char *path, struct stat64 *to), version, path, to)
ON_FD("fstat", int, __fxstat64, (int version, int fd, struct stat64 *to), version, fd, to)

/* Of a directory that is there already, no name is new. */
int mkdir(const char *path, mode_t mode) {
  return met_path(is_there(path) ? "mkdir_again" : "mkdir", path, FROM) ? -1 : REAL(mkdir)(path, mode);
}

/* Named by where the file comes to lie. */
int rename(const char *from, const char *to) { return met_path("rename", to, FROM) ? -1 : REAL(rename)(from, to); }
int link(const char *from, const char *to) { return met_path("link", to, FROM) ? -1 : REAL(link)(from, to); }

int access(const char *path, int mode) {
  if (strncmp(path, PHASE_PATH, sizeof PHASE_PATH - 1) == 0) {
    enter_phase(path + sizeof PHASE_PATH - 1);
    return 0;
  }
  return met_path("access", path, FROM) ? -1 : REAL(access)(path, mode);
}

static int met_close(int fd, const void *from) {
  int fault = met_fd("close", fd, from);
  int result = REAL(close)(fd);
  if (!fault) return result;
  errno = fault;
  return -1;
}
int close(int fd) { return met_close(fd, FROM); }

DIR *opendir(const char *path) { return met_path("opendir", path, FROM) ? NULL : REAL(opendir)(path); }
struct dirent64 *readdir64(DIR *directory) {
  return met_fd("readdir", dirfd(directory), FROM) ? NULL : REAL(readdir64)(directory);
}
int scandir64(const char *path, struct dirent64 ***to, int (*select)(const struct dirent64 *),
              int (*compare)(const struct dirent64 **, const struct dirent64 **)) {
  return met_path("readdir", path, FROM) ? -1 : REAL(scandir64)(path, to, select, compare);
}

static int met_new(const char *call, const char *target, const void *from) {
  int was = errno;
  int fault = met(call, target, from);
  errno = fault > 0 ? fault : was;
  return fault;
}

int pipe(int to[2]) { return met_new("pipe", "pipe", FROM) ? -1 : REAL(pipe)(to); }
int pipe2(int to[2], int flags) { return met_new("pipe", "pipe", FROM) ? -1 : REAL(pipe2)(to, flags); }
int socket(int domain, int type, int protocol) {
  return met_new("socket", "socket", FROM) ? -1 : REAL(socket)(domain, type, protocol);
}
int eventfd(unsigned first, int flags) { return met_new("eventfd", "eventfd", FROM) ? -1 : REAL(eventfd)(first, flags); }
int epoll_create1(int flags);
int epoll_create1(int flags) { return met_new("epoll_create", "epoll", FROM) ? -1 : REAL(epoll_create1)(flags); }

static int met_mmap(int fd, const void *from) {
  return fd < 0 ? met_new("mmap", "memory", from) : met_fd("mmap", fd, from);
}
void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t offset);
void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
  return met_mmap(fd, FROM) ? (void *)-1 : REAL(mmap)(at, size, protection, flags, fd, offset);
}
void *mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t offset) {
  return met_mmap(fd, FROM) ? (void *)-1 : REAL(mmap64)(at, size, protection, flags, fd, offset);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
  int fault = met_new("thread", "thread", FROM);
  return fault ? fault : REAL(pthread_create)(thread, attributes, run, argument);
}
int thrd_create(thrd_t *thread, thrd_start_t run, void *argument) {
  return met_new("thread", "thread", FROM) ? thrd_error : REAL(thrd_create)(thread, run, argument);
}

void *dlopen(const char *path, int flags) {
  if (path && met_path("dlopen", path, FROM)) path = "/faults/dlopen";
  return REAL(dlopen)(path, flags);
}

/* libuv calls statx() and close() this way. */
long syscall(long number, ...) {
  va_list rest;
  va_start(rest, number);
  long a = va_arg(rest, long), b = va_arg(rest, long), c = va_arg(rest, long);
  long d = va_arg(rest, long), e = va_arg(rest, long), f = va_arg(rest, long);
  va_end(rest);
  if (number == SYS_close) return met_close((int)a, FROM);
  if (number == SYS_statx) {
    const char *path = (const char *)b;
    int fault = path && *path ? met_path("stat", path, FROM) : met_fd("fstat", (int)a, FROM);
    if (fault) return -1;
  }
  return REAL(syscall)(number, a, b, c, d, e, f);
}
