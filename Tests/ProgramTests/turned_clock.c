// A clock that a test turns, for the real programs: loaded by LD_PRELOAD.
//
// TURNED_CLOCK names a folder with three files, which turned_clock.py makes. `time` holds the milliseconds of the boot
// clock and of the wall clock; they stand still until the test changes them. A timer is the pipe `goes`, into which
// the test writes the number of expirations. Before a program waits for its timer, a byte goes into the pipe `waits`.
// The kernel's word on who keeps the clock right is "somebody does".

#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static const volatile struct {
  int64_t boot_milliseconds, wall_milliseconds;
} *now;
static int waits;

static int open_file(const char *name, int flags) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", getenv("TURNED_CLOCK"), name);
  int file = open(path, flags | O_CLOEXEC);
  if (file == -1) abort();
  return file;
}

__attribute__((constructor)) static void start(void) {
  now = mmap(NULL, sizeof *now, PROT_READ, MAP_SHARED, open_file("time", O_RDONLY), 0);
  if (now == MAP_FAILED) abort();
  waits = open_file("waits", O_RDWR);
}

int clock_gettime(clockid_t clock, struct timespec *result) {
  if (clock != CLOCK_BOOTTIME && clock != CLOCK_REALTIME) return (int)syscall(SYS_clock_gettime, clock, result);
  int64_t milliseconds = clock == CLOCK_BOOTTIME ? now->boot_milliseconds : now->wall_milliseconds;
  *result = (struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000};
  return 0;
}

int adjtimex(struct timex *state) {
  state->status = 0;
  return TIME_OK;
}

int timerfd_create(int clock, int flags) {
  (void)clock, (void)flags;
  return open_file("goes", O_RDWR | O_NONBLOCK);
}

int timerfd_settime(int file, int flags, const struct itimerspec *schedule, struct itimerspec *old) {
  (void)file, (void)flags, (void)schedule, (void)old;
  return 0;
}

int ppoll(struct pollfd *files, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
  (void)mask;
  // It only looks, and goes on with its work.
  if (timeout && timeout->tv_sec == 0 && timeout->tv_nsec == 0) return poll(files, count, 0);
  if (write(waits, ".", 1) != 1) abort();
  return poll(files, count, -1);
}
