/*
 * The guard: PostgreSQL's parent. It starts the server and promotes it, and when the lease ends without news it ends
 * every process of it, whatever has become of the agent.
 *
 * The invariant: once a deadline has been acknowledged, no process of the server runs after it, unless the agent of the
 * highest epoch has prolonged it, paused the guard, or proven that the server has stopped. So nothing on the way to the
 * kill may wait: no allocation, no page that could have been swapped out, no file but those of /proc, no lock.
 *
 * usage: matriarch-guard FOLDER NAME: the socket is NAME in FOLDER, the lock beside it NAME.lock.
 */
#include "cgroup.h"
#include "clocks.h"
#include "fence.h"
#include "protocol.h"
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS 8
/* A guard that hangs is ended over the first connection that it does not answer, so these are never used up. */
#define BACKLOG 64
#define MESSAGE_BYTES 98304
#define TEXTS 2048
#define STACK_BYTES 65536

/* How long nobody has to be there before a guard with nothing to guard leaves. */
#define LONELY_NANOS (3 * NANOS_PER_SECOND)

/* Deadlines beyond it, in either direction, could not be calculated with. */
#define FARTHEST (1LL << 60)
#define LONGEST_BEFORE (3600 * NANOS_PER_SECOND)

struct client {
  int fd; /* -1 for a free place */
  uint64_t used;
};

static struct client clients[CLIENTS];
static uint64_t uses;
static int folder;
static int listener;
static int timer;
static int signals;
static const char *name;

static uint64_t epoch;
static uint64_t last_seq;
static uint32_t traits;

/* The start that is under way: its descriptor, and who is to be told. */
static int launching = -1;
static int asked_by = -1;
static struct request asked;

static char message[MESSAGE_BYTES + 1];
static char *texts[TEXTS + 2];

/* ---- once, at the start ------------------------------------------------------------------------------------------- */

_Noreturn static void refuse(int status, const char *why) {
  /* The agent reads it; nobody else does. */
  dprintf(STDERR_FILENO, "%s: %s\n", why, strerror(errno));
  _exit(status);
}

static void take_lock(void) {
  char path[300];
  snprintf(path, sizeof path, "%s.lock", name);
  int lock = openat(folder, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) {
    refuse(4, path);
  }
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    refuse(3, "another guard has the lock");
  }
}

static void listen_for_agents(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  /* Relative, for the path of a socket has at most 107 bytes, and a folder may have any number. */
  snprintf(address.sun_path, sizeof address.sun_path, "%s", name);
  unlinkat(folder, name, 0);
  listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  mode_t mask = umask(0077);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, BACKLOG) != 0) {
    refuse(4, "cannot listen");
  }
  umask(mask);
}

static void catch_signals(void) {
  /* Whoever ends services sends these to everybody; the guard goes when there is nothing left to guard. */
  static const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU};
  for (unsigned i = 0; i < sizeof ignored / sizeof *ignored; i++) {
    signal(ignored[i], SIG_IGN);
  }
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_SETMASK, &children, NULL);
  signals = signalfd(-1, &children, SFD_NONBLOCK | SFD_CLOEXEC);
  timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (signals < 0 || timer < 0) {
    refuse(4, "no signals or no timer");
  }
}

static bool unkillable(void) {
  int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  bool done = file >= 0 && write(file, "-1000", 5) == 5;
  if (file >= 0) {
    close(file);
  }
  return done;
}

/*
 * Everything the way to the kill needs is in memory from here on, and stays. The room between two variables is touched
 * as they are.
 */
__attribute__((no_sanitize("address"))) static bool lock_memory(void) {
  extern const char __executable_start, etext;
  extern volatile char __data_start, _end;
  char stack[STACK_BYTES];
  long page = sysconf(_SC_PAGESIZE);
  /* Locked page by page as they are touched: the whole address space would be twice as much. */
  if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
    return false;
  }
  for (long at = 0; at < STACK_BYTES; at += page) {
    *(volatile char *)(stack + at) = 0;
  }
  for (const volatile char *at = &__executable_start; at < &etext; at += page) {
    (void)*at;
  }
  /* Written, for a page that is only read is the one all zeros share, and its copy would have to be found later. */
  for (volatile char *at = &__data_start; at < &_end; at += page) {
    *at = *at;
  }
  return true;
}

/* Named by the folder: servers whose directories have one name may share the group that theirs are made in. */
static bool prepare_group(void) {
  struct stat place;
  char group[320];
  if (fstat(folder, &place) != 0) {
    return false;
  }
  snprintf(group, sizeof group, "server-%lx-%lx%s", (unsigned long)place.st_dev, (unsigned long)place.st_ino, name);
  return cgroup_prepare(group);
}

static void prepare(const char *place) {
  folder = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0 || chdir(place) != 0) {
    refuse(4, place);
  }
  take_lock();
  setsid();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  catch_signals();
  server_prepare();
  traits |= prepare_group() ? OWN_CGROUP : 0;
  struct sched_param lowest = {.sched_priority = sched_get_priority_min(SCHED_FIFO)};
  traits |= sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &lowest) == 0 ? REAL_TIME : 0;
  traits |= unkillable() ? UNKILLABLE : 0;
  traits |= lock_memory() ? LOCKED : 0;
  for (int i = 0; i < CLIENTS; i++) {
    clients[i].fd = -1;
  }
  listen_for_agents();
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0 || chdir("/") != 0) {
    refuse(4, "/");
  }
  for (int fd = 0; fd <= 2; fd++) {
    dup2(nothing, fd);
  }
  close(nothing);
}

/* ---- messages ----------------------------------------------------------------------------------------------------- */

static void hang_up(struct client *client) {
  if (asked_by == client->fd) {
    asked_by = -1;
  }
  close(client->fd);
  client->fd = -1;
}

static void answer(int fd, const struct request *request, enum status status, int error) {
  struct reply reply = {.magic = MAGIC, .version = VERSION, .type = request->type, .seq = request->seq};
  reply.status = status;
  reply.error = (uint32_t)error;
  reply.epoch = epoch;
  reply.server = server_pid();
  reply.traits = traits;
  fence_describe(&reply);
  /* Who does not read its answers is not waited for. */
  if (send(fd, &reply, sizeof reply, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof reply) {
    return;
  }
  for (int i = 0; i < CLIENTS; i++) {
    if (clients[i].fd == fd) {
      hang_up(&clients[i]);
    }
  }
}

static bool is_far(int64_t value) {
  return value > FARTHEST || value < -FARTHEST;
}

static bool makes_sense(const struct request *request) {
  return !is_far(request->boot) && !is_far(request->raw) && !is_far(request->monotonic)
      && request->kill_before >= 0 && request->quit_before >= request->kill_before
      && request->quit_before <= LONGEST_BEFORE && request->pid >= 0;
}

/* Splits what follows the head into texts, a NULL after the arguments and one at the end. */
static bool split(size_t length, const struct request *request, struct launch *launch) {
  size_t at = sizeof *request;
  unsigned head = 0;
  unsigned count = 0;
  if (length <= at || message[length - 1] != 0 || request->count < 1 || request->count > TEXTS) {
    return false;
  }
  const char *heads[2];
  while (at < length) {
    char *text = message + at;
    at += strlen(text) + 1;
    if (head < 2) {
      heads[head++] = text;
      continue;
    }
    if (count == request->count) {
      texts[count++] = NULL;
    }
    if (count > TEXTS) {
      return false;
    }
    texts[count++] = text;
  }
  if (count < request->count) {
    return false;
  }
  if (count == request->count) {
    texts[count++] = NULL;
  }
  texts[count] = NULL;
  launch->directory = heads[0];
  launch->log = heads[1];
  launch->arguments = texts;
  launch->environment = texts + request->count + 1;
  return true;
}

static void start(int fd, size_t length, const struct request *request) {
  struct launch launch;
  /* The agent may have seen the end of the server before it was told here. */
  server_look();
  if (!split(length, request, &launch)) {
    answer(fd, request, BAD, 0);
  } else if (!fence_allows_start()) {
    answer(fd, request, REFUSED, 0);
  } else if (launching >= 0 || server_pid() != 0) {
    answer(fd, request, BUSY, 0);
  } else {
    launching = server_start(&launch);
    if (launching < 0) {
      answer(fd, request, FAILED, errno);
      return;
    }
    asked_by = fd;
    asked = *request;
  }
}

/* The program runs, or could not be run. */
static void launched(void) {
  int error = 0;
  ssize_t got = read(launching, &error, sizeof error);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  close(launching);
  launching = -1;
  if (asked_by >= 0) {
    answer(asked_by, &asked, got > 0 ? FAILED : DONE, error);
    asked_by = -1;
  }
}

static enum status carry_out(size_t length, const struct request *request, int *error) {
  switch ((enum request_type)request->type) {
    case HELLO:
      return DONE;
    case PROMOTE:
      if (request->pid == 0 || request->pid != server_pid()) {
        return NOT_FOUND;
      }
      if (!fence_allows_promotion()) {
        return REFUSED;
      }
      *error = server_signal(request->pid, SIGUSR1) ? 0 : errno;
      return *error == 0 ? DONE : FAILED;
    case ADOPT:
      if (length <= sizeof *request || message[length - 1] != 0) {
        return BAD;
      }
      if (server_pid() != 0 && server_pid() != request->pid) {
        return BUSY;
      }
      if (server_pid() == request->pid) {
        return DONE;
      }
      if (!server_adopt(request->pid, request->start_ticks, message + sizeof *request)) {
        return NOT_FOUND;
      }
      fence_server_came();
      return DONE;
    case ARM:
    case PAUSE:
    case DISARM:
    case RELEASE:
    case SAFE:
      if (request->seq <= last_seq) {
        return STALE_SEQ;
      }
      last_seq = request->seq;
      return fence_told(request);
    case START:
      break;
  }
  return BAD;
}

static void receive(struct client *client) {
  int fd = client->fd;
  ssize_t length = recv(fd, message, MESSAGE_BYTES, MSG_DONTWAIT | MSG_TRUNC);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  struct request request;
  if (length < (ssize_t)sizeof request || length > MESSAGE_BYTES) {
    /* The end of a connection means nothing, and what is no message has no answer. */
    hang_up(client);
    return;
  }
  memcpy(&request, message, sizeof request);
  if (request.magic != MAGIC) {
    hang_up(client);
    return;
  }
  client->used = ++uses;
  int error = 0;
  if (request.version != VERSION || !makes_sense(&request)) {
    answer(fd, &request, BAD, 0);
    return;
  }
  if (request.type != HELLO && request.epoch < epoch) {
    answer(fd, &request, STALE_EPOCH, 0);
    return;
  }
  if (request.epoch > epoch) {
    /* Another agent: what it says counts from here on, and the deadline stands until it says something. */
    epoch = request.epoch;
    last_seq = 0;
  }
  if (request.type == START) {
    start(fd, (size_t)length, &request);
    return;
  }
  enum status status = carry_out((size_t)length, &request, &error);
  answer(fd, &request, status, error);
}

static void welcome(void) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    return;
  }
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || (peer.uid != geteuid() && peer.uid != 0)) {
    close(fd);
    return;
  }
  /* With every place taken, whoever has been silent for longest makes room. */
  struct client *place = &clients[0];
  for (int i = 0; i < CLIENTS; i++) {
    if (clients[i].fd < 0) {
      place = &clients[i];
      break;
    }
    if (clients[i].used < place->used) {
      place = &clients[i];
    }
  }
  if (place->fd >= 0) {
    hang_up(place);
  }
  place->fd = fd;
  place->used = ++uses;
}

/* ---- for ever ----------------------------------------------------------------------------------------------------- */

static bool is_lonely(void) {
  for (int i = 0; i < CLIENTS; i++) {
    if (clients[i].fd >= 0) {
      return false;
    }
  }
  return launching < 0 && server_pid() == 0 && server_is_gone();
}

/*
 * Nobody is there who could ask for a start, and nothing is left that could write: that is seen here, not concluded
 * from a pid that has vanished.
 */
static int64_t leave_if_lonely(void) {
  static int64_t since = -1;
  int64_t now = clocks_now().boot;
  if (!is_lonely()) {
    since = -1;
    return -1;
  }
  if (since < 0) {
    since = now;
  }
  if (now - since >= LONELY_NANOS) {
    unlinkat(folder, name, 0);
    cgroup_remove();
    _exit(0);
  }
  return since + LONELY_NANOS - now;
}

/*
 * Timers run on clocks that a time daemon speeds up or slows down, so the guard sleeps for four fifths of what is left
 * and looks again. The timer is on the clock that goes on while the machine is suspended: it wakes up with it.
 */
static struct timespec sleep_for(int64_t nanos) {
  int64_t part = nanos / 5 * 4;
  if (part < 100000) {
    part = 100000;
  }
  struct timespec time = {part / NANOS_PER_SECOND, part % NANOS_PER_SECOND};
  struct itimerspec once = {.it_value = time};
  timerfd_settime(timer, 0, &once, NULL);
  return time;
}

static void turn(void) {
  int64_t next = fence_look();
  int64_t leave = leave_if_lonely();
  if (leave >= 0 && (next < 0 || leave < next)) {
    next = leave;
  }
  struct timespec time = sleep_for(next < 0 ? 3600 * NANOS_PER_SECOND : next);
  struct pollfd fds[CLIENTS + 5];
  struct client *of[CLIENTS];
  int count = 0;
  int fixed[] = {signals, timer, listener, launching, server_exit_fd()};
  for (unsigned i = 0; i < sizeof fixed / sizeof *fixed; i++) {
    fds[count++] = (struct pollfd){.fd = fixed[i], .events = POLLIN};
  }
  int first = count;
  for (int i = 0; i < CLIENTS; i++) {
    if (clients[i].fd >= 0) {
      of[count - first] = &clients[i];
      fds[count++] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
    }
  }
  if (ppoll(fds, (nfds_t)count, &time, NULL) <= 0) {
    return;
  }
  uint64_t ticks[16];
  ssize_t ignored = read(timer, ticks, sizeof *ticks);
  if (fds[0].revents != 0) {
    struct signalfd_siginfo info;
    ignored = read(signals, &info, sizeof info);
    server_reap();
  }
  (void)ignored;
  if (fds[3].revents != 0) {
    launched();
  }
  if (fds[4].revents != 0) {
    server_exited();
  }
  for (int i = first; i < count; i++) {
    if (fds[i].revents != 0 && of[i - first]->fd == fds[i].fd) {
      /* Between any two messages the deadline counts. */
      fence_look();
      receive(of[i - first]);
    }
  }
  if (fds[2].revents != 0) {
    welcome();
  }
}

int main(int count, char **arguments) {
  if (count != 3) {
    errno = EINVAL;
    refuse(2, "usage: matriarch-guard FOLDER NAME");
  }
  name = arguments[2];
  prepare(arguments[1]);
  for (;;) {
    turn();
  }
}
