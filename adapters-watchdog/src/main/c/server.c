#include "server.h"

#include "cgroup.h"
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* More than that take another round. */
#define QUEUE 2048

static pid_t postmaster;
static int exit_fd = -1;
/* Once a server was adopted, its processes need not be ours: they are also looked for by where they work. */
static bool foreign;
static char directory[PATH_MAX];
static char oom_score[16];
static pid_t pids[QUEUE];

struct member {
  pid_t pid;
  uint64_t start_ticks;
};

static struct member queue[QUEUE];

static void read_oom_score(void) {
  int file = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
  ssize_t got = file < 0 ? -1 : read(file, oom_score, sizeof oom_score - 1);
  oom_score[got < 0 ? 0 : got] = 0;
  if (file >= 0) {
    close(file);
  }
}

void server_prepare(void) {
  read_oom_score();
  proc_prepare();
}

pid_t server_pid(void) {
  return postmaster;
}

int server_exit_fd(void) {
  return exit_fd;
}

static void forget_postmaster(void) {
  postmaster = 0;
  if (exit_fd >= 0) {
    close(exit_fd);
    exit_fd = -1;
  }
}

void server_exited(void) {
  /* Its other processes may live on, and are looked for until it is proven that none does. */
  forget_postmaster();
}

static void restore_oom_score(void) {
  int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file >= 0) {
    ssize_t ignored = write(file, oom_score, strlen(oom_score));
    (void)ignored;
    close(file);
  }
}

static void move(int from, int to) {
  if (from < 0 || dup2(from, to) < 0) {
    _exit(126);
  }
}

/* In the child: nothing of the guard reaches the server but the three descriptors it is to have. */
static void become(const struct launch *what, int failure) {
  static const int ignored_by_guard[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU};
  int error;
  setsid();
  cgroup_enter();
  for (unsigned i = 0; i < sizeof ignored_by_guard / sizeof *ignored_by_guard; i++) {
    signal(ignored_by_guard[i], SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (oom_score[0] != 0) {
    restore_oom_score();
  }
  int log = open(what->log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (log >= 0 && chdir(what->directory) == 0) {
    move(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
    move(log, STDOUT_FILENO);
    move(log, STDERR_FILENO);
    environ = what->environment;
    execvp(what->arguments[0], what->arguments);
  }
  error = errno;
  ssize_t ignored = write(failure, &error, sizeof error);
  (void)ignored;
  _exit(127);
}

int server_start(const struct launch *what) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    return -1;
  }
  pid_t child = fork();
  if (child < 0) {
    int error = errno;
    close(ends[0]);
    close(ends[1]);
    errno = error;
    return -1;
  }
  if (child == 0) {
    become(what, ends[1]);
  }
  close(ends[1]);
  forget_postmaster();
  foreign = false;
  directory[0] = 0;
  postmaster = child;
  return ends[0];
}

bool server_adopt(pid_t pid, uint64_t start_ticks, const char *where) {
  int handle = (int)syscall(SYS_pidfd_open, pid, 0);
  if (handle < 0) {
    return false;
  }
  /* Read after the handle was opened: as long as that one lives, they are the ones of the process it is on. */
  struct proc_stat stat;
  char works_in[PATH_MAX];
  bool same = proc_stat(pid, &stat) && !stat.dead && stat.start_ticks == start_ticks
      && proc_directory(pid, works_in, sizeof works_in) && strcmp(works_in, where) == 0;
  if (!same) {
    close(handle);
    return false;
  }
  forget_postmaster();
  postmaster = pid;
  exit_fd = handle;
  foreign = true;
  memcpy(directory, works_in, sizeof directory);
  return true;
}

bool server_signal(pid_t pid, int signal) {
  if (pid == 0 || pid != postmaster) {
    return false;
  }
  /* A child that has ended keeps its pid until it is collected, which nobody else does. */
  return (exit_fd >= 0 ? syscall(SYS_pidfd_send_signal, exit_fd, signal, NULL, 0) : kill(pid, signal)) == 0;
}

bool server_reap(void) {
  for (;;) {
    pid_t ended = waitpid(-1, NULL, WNOHANG);
    if (ended == postmaster && ended > 0) {
      forget_postmaster();
    }
    if (ended == 0) {
      return false;
    }
    if (ended < 0 && errno != EINTR) {
      return true;
    }
  }
}

void server_look(void) {
  server_reap();
  struct pollfd end = {.fd = exit_fd, .events = POLLIN};
  if (exit_fd >= 0 && poll(&end, 1, 0) > 0) {
    server_exited();
  }
}

void server_forget(void) {
  foreign = false;
}

/* Adds the children of a process to the queue, each with its start, which names it together with its pid. */
static void add_children(pid_t parent, int *length) {
  int found = proc_children(parent, pids, QUEUE - *length);
  for (int i = 0; i < found; i++) {
    struct proc_stat stat;
    if (proc_stat(pids[i], &stat) && !stat.dead) {
      queue[(*length)++] = (struct member){pids[i], stat.start_ticks};
    }
  }
}

/* Adds everything below a process. */
static int family_of(pid_t parent) {
  int length = 0;
  add_children(parent, &length);
  for (int next = 0; next < length; next++) {
    add_children(queue[next].pid, &length);
  }
  return length;
}

/*
 * Kills that very process: its pid may have become another one's since it was looked for. Where handles are forbidden, as
 * in some containers, the pid has to do.
 */
static int kill_member(const struct member *member) {
  int handle = (int)syscall(SYS_pidfd_open, member->pid, 0);
  if (handle < 0 && errno == ESRCH) {
    return 0;
  }
  struct proc_stat stat;
  int killed = 0;
  if (proc_stat(member->pid, &stat) && !stat.dead && stat.start_ticks == member->start_ticks) {
    killed = handle >= 0 && syscall(SYS_pidfd_send_signal, handle, SIGKILL, NULL, 0) == 0;
    if (!killed && (handle < 0 || errno != ESRCH)) {
      killed = kill(member->pid, SIGKILL) == 0;
    }
  }
  if (handle >= 0) {
    close(handle);
  }
  return killed;
}

static int kill_members(int length) {
  int killed = 0;
  for (int i = 0; i < length; i++) {
    killed += kill_member(&queue[i]);
  }
  return killed;
}

static int kill_strangers(void) {
  int length = 0;
  int found = proc_working_in(directory, pids, QUEUE);
  for (int i = 0; i < found; i++) {
    struct proc_stat stat;
    if (proc_stat(pids[i], &stat) && proc_works_in(pids[i], directory)) {
      queue[length++] = (struct member){pids[i], stat.start_ticks};
    }
  }
  return kill_members(length);
}

int server_kill(void) {
  /* The children of an adopted one become init's with its end: they have to be known before. */
  int adopted = foreign && postmaster != 0 ? family_of(postmaster) : 0;
  int killed = postmaster != 0 && server_signal(postmaster, SIGKILL);
  cgroup_kill();
  killed += kill_members(adopted);
  killed += kill_members(family_of(getpid()));
  if (foreign) {
    killed += kill_strangers();
  }
  return killed;
}

bool server_is_gone(void) {
  bool childless = server_reap();
  if (!childless) {
    return false;
  }
  if (!foreign) {
    return true;
  }
  return postmaster == 0 && proc_working_in(directory, pids, QUEUE) == 0;
}
