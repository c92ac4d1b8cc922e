// The least that a sampler can do: reads the given files to their end and asks the given file systems for their room,
// again and again, with kept descriptors and one buffer. What accordd takes beyond this is its own.
//
//   read_files MILLISECONDS FILE… [-- MOUNT-POINT…]
//
// It ends with SIGTERM. Standard output gets a line when it has begun; /proc/PID/schedstat says what it took.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { FILES_MAX = 4096 };
static int files[FILES_MAX];
// A page, in which the kernel makes such text anyway. For files below /proc/sys it zeroes as much as is asked for.
static char buffer[4096];

int main(int count, char **arguments) {
  if (count < 3) return 2;
  int file_count = 0, next = 2;
  for (; next < count && strcmp(arguments[next], "--") != 0; next++) {
    int file = open(arguments[next], O_RDONLY | O_CLOEXEC);
    if (file == -1) continue;  // A device that went since the list was made.
    if (file_count == FILES_MAX) return 2;
    files[file_count++] = file;
  }
  long milliseconds = atol(arguments[1]);
  struct timespec interval = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  struct itimerspec timing = {interval, interval};
  int timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);
  if (timer == -1 || timerfd_settime(timer, 0, &timing, NULL) == -1) return 1;
  printf("%d files\n", file_count);
  fflush(stdout);

  unsigned long long expirations;
  while (read(timer, &expirations, sizeof expirations) == sizeof expirations) {
    for (int i = 0; i < file_count; i++) {
      ssize_t length;
      for (off_t at = 0; (length = pread(files[i], buffer, sizeof buffer, at)) > 0; at += length) {}
    }
    struct statvfs room;
    for (int i = next + 1; i < count; i++) statvfs(arguments[i], &room);
  }
  return errno == EINTR ? 0 : 1;
}
