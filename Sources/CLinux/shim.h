// What Swift cannot import from the C library by itself, and nothing else.
#ifndef ACCORD_CLINUX_SHIM_H
#define ACCORD_CLINUX_SHIM_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <link.h>
#include <malloc.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// errno is a macro over a function call.
static inline int linux_last_error(void) { return errno; }

// open and fcntl are variadic functions, which Swift cannot call.
static inline int linux_open(const char *path, int flags, unsigned mode) {
  return open(path, flags, (mode_t)mode);
}

// ioctl is variadic too.
static inline int linux_terminal_size(int file, struct winsize *size) { return ioctl(file, TIOCGWINSZ, size); }

// The members of st_mtim and st_ctim hide behind macros.
static inline long long linux_modified_nanoseconds(const struct stat *s) {
  return (long long)s->st_mtim.tv_sec * 1000000000LL + s->st_mtim.tv_nsec;
}
static inline long long linux_changed_nanoseconds(const struct stat *s) {
  return (long long)s->st_ctim.tv_sec * 1000000000LL + s->st_ctim.tv_nsec;
}

// STA_UNSYNC is the kernel's own word for "nobody disciplines this clock" (adjtimex(2)).
static inline int linux_clock_is_synchronised(void) {
  struct timex t = {.modes = 0};
  int state = adjtimex(&t);
  return state != -1 && state != TIME_ERROR && !(t.status & STA_UNSYNC);
}

// The name is an array in the struct, which Swift sees as a tuple of 256.
static inline const char *linux_entry_name(const struct dirent *entry) { return entry->d_name; }

// Opens "PID/stat" below /proc without a copy on the heap; -1 for an entry that is no process.
static inline int linux_open_process_stat(int proc, const struct dirent *entry) {
  char path[32];
  if (entry->d_name[0] < '1' || entry->d_name[0] > '9') return -1;
  if (snprintf(path, sizeof path, "%s/stat", entry->d_name) >= (int)sizeof path) return -1;
  return openat(proc, path, O_RDONLY | O_CLOEXEC);
}

// The socket types are an enum whose flags Swift cannot join.
static inline int linux_socket_pair(int pair[2]) {
  return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
}

// A process of its own for a system call that may never return, between whose fork and end only these calls are
// made. It keeps no file of the daemon's but its socket: a lock of the daemon's must not outlive the daemon in it.
static inline int linux_start_inquirer(int socket, const char *path) {
  pid_t process = fork();
  if (process != 0) return process == -1 ? -1 : 0;
  dup2(socket, 0);
  for (int file = 1; file < 1024; file++) close(file);
  char question;
  while (recv(0, &question, 1, 0) == 1) {
    struct statvfs status = {0};
    size_t size = statvfs(path, &status) == -1 ? 1 : sizeof status;
    if (send(0, &status, size, MSG_NOSIGNAL) != (ssize_t)size) break;
  }
  _exit(0);
}

// The members of struct utsname are arrays.
static inline const char *linux_machine(void) {
  static struct utsname name;
  return uname(&name) == -1 ? "" : name.machine;
}

// <poll.h> shows ppoll only to _GNU_SOURCE, which a module cannot set for the headers that others also read.
extern int ppoll(struct pollfd *descriptors, nfds_t count, const struct timespec *timeout, const sigset_t *mask);

// File type bits are octal macros with casts, or behind a feature test.
static inline int linux_is_regular_file(unsigned mode) { return S_ISREG(mode); }
static inline int linux_is_symbolic_link(unsigned mode) { return S_ISLNK(mode); }
static inline const char *linux_file_kind(unsigned mode) {
  switch (mode & S_IFMT) {
    case S_IFREG: return "a regular file";
    case S_IFLNK: return "a symbolic link";
    case S_IFDIR: return "a directory";
    case S_IFIFO: return "a pipe";
    case S_IFSOCK: return "a socket";
    default: return "a device";
  }
}
static inline int linux_is_writable_by_others(unsigned mode) { return (mode & 0022) != 0; }
static inline int linux_is_readable_by_others(unsigned mode) { return (mode & 0007) != 0; }

// Types and flags of sockets are enumerations that hide behind macros. The family is fixed here: no caller can ask
// for one that reaches beyond the machine.
static inline int linux_datagram_socket(void) { return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0); }
static inline long linux_send_datagram(int socket, const void *bytes, size_t count, const void *address,
                                       socklen_t size) {
  return sendto(socket, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)address, size);
}

// Signal sets are opaque unions; these three signals are all that the daemon waits for.
static inline int linux_signal_descriptor(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  if (sigprocmask(SIG_BLOCK, &set, NULL) == -1) return -1;
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

// The handlers are function-like macros (SIG_IGN). Who ignores SIGCHLD, as a parent may have left it, is never told how
// a child ended.
static inline void linux_prepare_signals(void) {
  signal(SIGXFSZ, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGCHLD, SIG_DFL);
}
static inline void linux_forget_children(void) { signal(SIGCHLD, SIG_IGN); }

// prctl is a variadic function.
static inline int linux_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

// The environment is a global array, and the members of a wait status are macros.
extern char **environ;
static inline char **linux_environment(void) { return environ; }
static inline int linux_run(const char *path, char *const arguments[]) {
  pid_t process;
  int error = posix_spawn(&process, path, NULL, NULL, arguments, environ);
  if (error != 0) {
    errno = error;
    return -1;
  }
  int status;
  while (waitpid(process, &status, 0) == -1)
    if (errno != EINTR) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// pipe2 hides behind _GNU_SOURCE.
static inline int linux_pipe(int ends[2]) {
  if (pipe(ends) == -1) return -1;
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  return 0;
}

// A file that must not outlive an interrupted program. The handler takes back the rights of whoever runs the program,
// because the file lies in a folder of theirs, and then lets the signal do what it does.
static inline char *linux_unfinished_file(void) {
  static char path[PATH_MAX];
  return path;
}
static inline void linux_remove_unfinished(int number) {
  syscall(SYS_setresuid, -1, getuid(), -1);
  unlink(linux_unfinished_file());
  signal(number, SIG_DFL);
  raise(number);
}
static inline void linux_remove_on_interrupt(const char *path) {
  if (snprintf(linux_unfinished_file(), PATH_MAX, "%s", path) >= PATH_MAX) return;
  signal(SIGINT, linux_remove_unfinished);
  signal(SIGTERM, linux_remove_unfinished);
  signal(SIGHUP, linux_remove_unfinished);
  signal(SIGQUIT, linux_remove_unfinished);
}

// With everything in its process group. The kernel forgets it when the process changes its rights (PR_SET_PDEATHSIG of
// prctl(2)), and says nothing of a parent that ended before.
static inline void linux_end_group(int number) {
  (void)number;
  kill(0, SIGKILL);
}
static inline void linux_end_with_parent(pid_t parent) {
  signal(SIGTERM, linux_end_group);
  prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
  if (getppid() != parent) _exit(1);
}

// renameat2(2) with RENAME_NOREPLACE (1); file systems that do not know it say EINVAL.
static inline int linux_rename_to_new(const char *old, const char *new_name) {
  return (int)syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new_name, 1);
}

// A program with an output that somebody reads. Signals that its parent ignores would be ignored by it too.
static inline pid_t linux_start(
  const char *path, char *const arguments[], char *const variables[], int output, int in_own_group
) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output, 1);
  posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
  sigset_t ordinary;
  sigemptyset(&ordinary);
  sigaddset(&ordinary, SIGPIPE);
  sigaddset(&ordinary, SIGXFSZ);
  posix_spawnattr_setsigdefault(&attributes, &ordinary);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | (in_own_group ? POSIX_SPAWN_SETPGROUP : 0));
  pid_t process = -1;
  int error = posix_spawn(&process, path, &files, &attributes, arguments, variables);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (error == 0) return process;
  errno = error;
  return -1;
}

// 1 and its exit code when the process has ended, 0 when it has not.
static inline int linux_wait_now(pid_t process, int *code) {
  int status;
  pid_t ended = waitpid(process, &status, WNOHANG);
  if (ended != process) return 0;
  *code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return 1;
}

// ioprio_set(2) has no function in the C library: the process itself (1, 0), class idle (3).
static inline void linux_step_back(void) {
  setpriority(PRIO_PROCESS, 0, 10);
  syscall(SYS_ioprio_set, 1, 0, 3 << 13);
}
static inline void linux_limit_memory(unsigned long long bytes) {
  struct rlimit limit = {.rlim_cur = (rlim_t)bytes, .rlim_max = (rlim_t)bytes};
  setrlimit(RLIMIT_DATA, &limit);
}

// <link.h> shows dl_iterate_phdr and its structure only to _GNU_SOURCE. These are its first members.
struct linux_loaded_object {
  ElfW(Addr) base;
  const char *name;
  const ElfW(Phdr) *segments;
  ElfW(Half) segment_count;
};
extern int linux_for_each_loaded_object(
  int (*body)(struct linux_loaded_object *object, size_t size, void *context), void *context
) __asm__("dl_iterate_phdr");

// Only segments that are never written, not even by the loader: of those the page cache has the same bytes.
static inline int linux_unmap_code_of(struct linux_loaded_object *object, size_t size, void *context) {
  (void)size, (void)context;
  ElfW(Addr) page = (ElfW(Addr))sysconf(_SC_PAGESIZE);
  for (ElfW(Half) i = 0; i < object->segment_count; i++) {
    const ElfW(Phdr) *segment = &object->segments[i];
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W)) continue;
    ElfW(Addr) start = (object->base + segment->p_vaddr) & ~(page - 1);
    ElfW(Addr) end = object->base + segment->p_vaddr + segment->p_filesz;
    madvise((void *)start, end - start, MADV_DONTNEED);
  }
  return 0;
}
static inline void linux_unmap_unused_code(void) { linux_for_each_loaded_object(linux_unmap_code_of, NULL); }

#endif
