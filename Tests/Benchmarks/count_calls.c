// Counts what a program asks of the kernel's files and of the disk, without changing the program: loaded by LD_PRELOAD.
//
// It writes lines to the file that CALL_LOG names:
//
//   read PATH         a pread from the start of a file
//   statvfs PATH
//   {"bytes": …}      at each rename, by which accordd ends every tick: the bytes given to write and pwrite below
//                     the folder WRITE_FOLDER, the calls, and the calls of fsync and fdatasync, since the start

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int log_file = -1;
static char folder[4096];
static long long bytes, writes, synchronisations;

#define NEXT(type, name, ...) \
  static type (*next)(__VA_ARGS__); \
  if (!next) next = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("CALL_LOG"), *below = getenv("WRITE_FOLDER");
  if (path) log_file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (below) snprintf(folder, sizeof folder, "%s", below);
}

static const char *path_of(int file) {
  static char path[4096];
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  path[length < 0 ? 0 : length] = 0;
  return path;
}

static void note(const char *call, const char *path) {
  if (log_file != -1) dprintf(log_file, "%s %s\n", call, path);
}

static void count(int file, ssize_t written) {
  if (written <= 0 || folder[0] == 0 || strncmp(path_of(file), folder, strlen(folder)) != 0) return;
  bytes += written;
  writes++;
}

ssize_t pread64(int file, void *content, size_t size, off64_t at) {
  NEXT(ssize_t, "pread64", int, void *, size_t, off64_t);
  if (at == 0) note("read", path_of(file));
  return next(file, content, size, at);
}

ssize_t pread(int file, void *content, size_t size, off_t at) { return pread64(file, content, size, at); }

ssize_t write(int file, const void *content, size_t size) {
  NEXT(ssize_t, "write", int, const void *, size_t);
  ssize_t written = next(file, content, size);
  count(file, written);
  return written;
}

ssize_t pwrite64(int file, const void *content, size_t size, off64_t at) {
  NEXT(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
  ssize_t written = next(file, content, size, at);
  count(file, written);
  return written;
}

ssize_t pwrite(int file, const void *content, size_t size, off_t at) { return pwrite64(file, content, size, at); }

int fsync(int file) {
  NEXT(int, "fsync", int);
  synchronisations++;
  return next(file);
}

int fdatasync(int file) {
  NEXT(int, "fdatasync", int);
  synchronisations++;
  return next(file);
}

int statvfs(const char *path, struct statvfs *room) {
  NEXT(int, "statvfs", const char *, struct statvfs *);
  note("statvfs", path);
  return next(path, room);
}

int statvfs64(const char *path, struct statvfs64 *room) {
  NEXT(int, "statvfs64", const char *, struct statvfs64 *);
  note("statvfs", path);
  return next(path, room);
}

int rename(const char *from, const char *to) {
  NEXT(int, "rename", const char *, const char *);
  if (log_file != -1)
    dprintf(log_file, "{\"bytes\": %lld, \"writes\": %lld, \"synchronisations\": %lld}\n", bytes, writes, synchronisations);
  return next(from, to);
}
