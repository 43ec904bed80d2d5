#include "proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Kept open: a descriptor that could not be had at the deadline must not be needed then. */
static int all = -1;
static bool lists_children;

static char *append(char *to, const char *text) {
  while (*text != 0) {
    *to++ = *text++;
  }
  *to = 0;
  return to;
}

static char *append_number(char *to, pid_t number) {
  char digits[16];
  int length = 0;
  do {
    digits[length++] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  while (length > 0) {
    *to++ = digits[--length];
  }
  *to = 0;
  return to;
}

static int open_of(pid_t pid, const char *what, bool task) {
  char path[64];
  char *end = append_number(path, pid);
  if (task) {
    end = append_number(append(end, "/task/"), pid);
  }
  append(end, what);
  return openat(all, path, O_RDONLY | O_CLOEXEC);
}

void proc_prepare(void) {
  all = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int file = open_of(getpid(), "/children", true);
  lists_children = file >= 0;
  if (file >= 0) {
    close(file);
  }
}

static uint64_t number_at(const char **text) {
  uint64_t value = 0;
  while (**text >= '0' && **text <= '9') {
    value = value * 10 + (uint64_t)(*(*text)++ - '0');
  }
  return value;
}

bool proc_stat(pid_t pid, struct proc_stat *stat) {
  char text[1024];
  int file = open_of(pid, "/stat", false);
  if (file < 0) {
    return false;
  }
  ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  if (length <= 0) {
    return false;
  }
  text[length] = 0;
  /* The name may hold anything, brackets included: what follows begins after the last one. */
  const char *name = strchr(text, '(');
  const char *at = strrchr(text, ')');
  if (name == NULL || at == NULL || strlen(at) < 4) {
    return false;
  }
  stat->server = strncmp(name + 1, "post", 4) == 0;
  stat->dead = at[2] == 'Z' || at[2] == 'X' || at[2] == 'x';
  at += 4;
  stat->parent = (pid_t)number_at(&at);
  /* From the parent, the fourth field, to the start, the twenty-second. */
  for (int blanks = 0; *at != 0 && blanks < 18; at++) {
    blanks += *at == ' ';
  }
  stat->start_ticks = number_at(&at);
  return true;
}

bool proc_directory(pid_t pid, char *path, size_t size) {
  char link[32];
  append(append_number(link, pid), "/cwd");
  ssize_t length = readlinkat(all, link, path, size - 1);
  if (length < 0) {
    return false;
  }
  path[length] = 0;
  return true;
}

bool proc_works_in(pid_t pid, const char *directory) {
  struct proc_stat stat;
  char path[PATH_MAX];
  return proc_stat(pid, &stat) && stat.server && !stat.dead && proc_directory(pid, path, sizeof path)
      && strcmp(path, directory) == 0;
}

/* Calls for every process there is, until it says to end. */
static void each(bool (*visit)(pid_t pid, void *context), void *context) {
  static char entries[16384] __attribute__((aligned(16)));
  if (lseek(all, 0, SEEK_SET) != 0) {
    return;
  }
  for (;;) {
    long length = syscall(SYS_getdents64, all, entries, sizeof entries);
    if (length <= 0) {
      return;
    }
    for (long at = 0; at < length;) {
      struct dirent64 *entry = (struct dirent64 *)(entries + at);
      at += entry->d_reclen;
      const char *name = entry->d_name;
      if (*name >= '1' && *name <= '9' && !visit((pid_t)number_at(&name), context)) {
        return;
      }
    }
  }
}

struct search {
  pid_t parent;
  const char *directory;
  pid_t *found;
  int room;
  int length;
};

static bool visit_child(pid_t pid, void *context) {
  struct search *search = context;
  struct proc_stat stat;
  if (proc_stat(pid, &stat) && stat.parent == search->parent) {
    search->found[search->length++] = pid;
  }
  return search->length < search->room;
}

static bool visit_worker(pid_t pid, void *context) {
  struct search *search = context;
  if (proc_works_in(pid, search->directory)) {
    search->found[search->length++] = pid;
  }
  return search->length < search->room;
}

static int listed_children(pid_t parent, pid_t *found, int room) {
  int file = open_of(parent, "/children", true);
  if (file < 0) {
    return 0;
  }
  char text[4096];
  int count = 0;
  uint64_t pid = 0;
  ssize_t length;
  while (count < room && (length = read(file, text, sizeof text)) > 0) {
    for (ssize_t i = 0; i < length && count < room; i++) {
      if (text[i] >= '0' && text[i] <= '9') {
        pid = pid * 10 + (uint64_t)(text[i] - '0');
      } else if (pid != 0) {
        found[count++] = (pid_t)pid;
        pid = 0;
      }
    }
  }
  close(file);
  return count;
}

int proc_children(pid_t parent, pid_t *found, int room) {
  if (room <= 0) {
    return 0;
  }
  if (lists_children) {
    return listed_children(parent, found, room);
  }
  struct search search = {.parent = parent, .found = found, .room = room};
  each(visit_child, &search);
  return search.length;
}

int proc_working_in(const char *directory, pid_t *found, int room) {
  if (directory[0] == 0) {
    return 0;
  }
  struct search search = {.directory = directory, .found = found, .room = room};
  each(visit_worker, &search);
  return search.length;
}
