// Counts the heap allocations of a program between its ticks, without changing the program: loaded by LD_PRELOAD.
//
// accordd ends every tick by renaming its status file into place. At each rename this writes one line, "tick" and
// the number of allocations since the rename before, to the file that ALLOCATION_LOG names. From tick
// ALLOCATION_TRACE_FROM on, it writes the stack of each allocation in front of that line.
//
// CLOCK_JUMPS="45:100,150:960" puts the clocks of the process forward by 100 s behind tick 45 and by 960 s behind
// tick 150, so that what happens once in a quarter of an hour happens while it counts.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// glibc's own entries: looking up the next "malloc" with dlsym would itself allocate.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static int log_file = -1;
static long allocations, ticks, trace_from;
static int is_reporting;
static const char *jumps;
static long ahead_seconds;

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("ALLOCATION_LOG");
  const char *from = getenv("ALLOCATION_TRACE_FROM");
  void *frames[1];
  backtrace(frames, 1);  // Loads libgcc, which allocates, once.
  trace_from = from ? atol(from) : 0;
  jumps = getenv("CLOCK_JUMPS");
  if (path) log_file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static void count(void) {
  if (is_reporting) return;
  allocations++;
  if (log_file == -1 || trace_from == 0 || ticks < trace_from) return;
  int error = errno;
  is_reporting = 1;
  void *frames[16];
  dprintf(log_file, "allocation\n");
  backtrace_symbols_fd(frames, backtrace(frames, 16), log_file);
  is_reporting = 0;
  errno = error;
}

void *malloc(size_t size) {
  count();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count();
  return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
  count();
  return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  count();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
  count();
  *result = __libc_memalign(alignment, size);
  return *result ? 0 : ENOMEM;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && (clock == CLOCK_BOOTTIME || clock == CLOCK_REALTIME)) now->tv_sec += ahead_seconds;
  return result;
}

static void jump(void) {
  long tick, seconds;
  for (const char *next = jumps; next && sscanf(next, "%ld:%ld", &tick, &seconds) == 2;) {
    if (tick == ticks) ahead_seconds += seconds;
    next = strchr(next, ',');
    if (next) next++;
  }
}

int rename(const char *from, const char *to) {
  static int (*next)(const char *, const char *);
  is_reporting = 1;
  if (!next) next = (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
  if (log_file != -1) dprintf(log_file, "tick %ld\n", allocations);
  allocations = 0;
  ticks++;
  jump();
  is_reporting = 0;
  return next(from, to);
}
