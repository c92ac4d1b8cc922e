// Counts what a program asks the disk to write, without changing the program: loaded by LD_PRELOAD.
//
// At each rename (accordd ends every tick by renaming its status file into place) it writes one line of JSON to the
// file that WRITE_LOG names: the bytes given to write and pwrite below the folder WRITE_FOLDER, the calls, and the
// calls of fsync and fdatasync, all since the start. For each statvfs it writes a line with the path.

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
  const char *path = getenv("WRITE_LOG"), *below = getenv("WRITE_FOLDER");
  if (path) log_file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (below) snprintf(folder, sizeof folder, "%s", below);
}

static void count(int file, ssize_t written) {
  char link[64], path[4096];
  if (written <= 0) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return;
  path[length] = 0;
  if (strncmp(path, folder, strlen(folder)) != 0) return;
  bytes += written;
  writes++;
}

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

ssize_t pwrite(int file, const void *content, size_t size, off_t at) {
  NEXT(ssize_t, "pwrite64", int, const void *, size_t, off_t);
  ssize_t written = next(file, content, size, at);
  count(file, written);
  return written;
}

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

static void note(const char *path) {
  if (log_file != -1) dprintf(log_file, "statvfs %s\n", path);
}

int statvfs(const char *path, struct statvfs *room) {
  NEXT(int, "statvfs", const char *, struct statvfs *);
  note(path);
  return next(path, room);
}

int statvfs64(const char *path, struct statvfs64 *room) {
  NEXT(int, "statvfs64", const char *, struct statvfs64 *);
  note(path);
  return next(path, room);
}

int rename(const char *from, const char *to) {
  NEXT(int, "rename", const char *, const char *);
  if (log_file != -1)
    dprintf(log_file, "{\"bytes\": %lld, \"writes\": %lld, \"synchronisations\": %lld}\n", bytes, writes, synchronisations);
  return next(from, to);
}
