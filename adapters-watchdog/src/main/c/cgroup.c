#include "cgroup.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[PATH_MAX];
/* Open from the start: nothing has to be looked for at the deadline. */
static int enter = -1;
static int end = -1;

/* Where the second version of control groups is: alone, or beside the first. */
static const char *mounted(void) {
  static const char *const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
  for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
    char file[64];
    snprintf(file, sizeof file, "%s/cgroup.procs", places[i]);
    if (access(file, F_OK) == 0) {
      return places[i];
    }
  }
  return NULL;
}

/* The group the guard itself is in; what cannot be told reads as the root. */
static void own_group(char *group, size_t size) {
  char text[4096];
  int file = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
  ssize_t length = file < 0 ? 0 : read(file, text, sizeof text - 1);
  if (file >= 0) {
    close(file);
  }
  text[length < 0 ? 0 : length] = 0;
  snprintf(group, size, "/");
  for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    if (strncmp(line, "0::/", 4) == 0) {
      snprintf(group, size, "%s", line + 3);
    }
  }
}

static int open_in(const char *what) {
  char file[PATH_MAX + 32];
  snprintf(file, sizeof file, "%s/%s", path, what);
  return open(file, O_WRONLY | O_CLOEXEC);
}

bool cgroup_prepare(const char *name) {
  char group[PATH_MAX / 2];
  const char *root = mounted();
  own_group(group, sizeof group);
  /* The root belongs to the host, or to a container that was given none to divide. */
  if (root == NULL || strcmp(group, "/") == 0) {
    return false;
  }
  /* Whoever moves a process needs this right, too: without it the group would stay empty. */
  snprintf(path, sizeof path, "%s%s/cgroup.procs", root, group);
  if (access(path, W_OK) != 0) {
    return false;
  }
  snprintf(path, sizeof path, "%s%s/%s", root, group, name);
  mkdir(path, 0755);
  enter = open_in("cgroup.procs");
  end = open_in("cgroup.kill");
  if (enter < 0 || end < 0) {
    close(enter);
    close(end);
    enter = end = -1;
    rmdir(path);
    return false;
  }
  return true;
}

void cgroup_enter(void) {
  if (enter >= 0) {
    ssize_t ignored = write(enter, "0", 1);
    (void)ignored;
  }
}

bool cgroup_kill(void) {
  return end >= 0 && write(end, "1", 1) == 1;
}

void cgroup_remove(void) {
  if (end >= 0) {
    rmdir(path);
  }
}
