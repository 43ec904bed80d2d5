/*
 * What /proc tells of processes. Only what cannot block: neither cmdline nor maps, which wait for a lock that the
 * process itself may hold while it waits for a disk.
 */
#ifndef PROC_H
#define PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct proc_stat {
  pid_t parent;
  uint64_t start_ticks;
  bool dead; /* a zombie counts as dead */
  bool server; /* its name begins as the server's processes' do */
};

void proc_prepare(void);

bool proc_stat(pid_t pid, struct proc_stat *stat);

/* The directory a process works in, as the kernel names it. */
bool proc_directory(pid_t pid, char *path, size_t size);

/* Whether that process is one of a server and works there. */
bool proc_works_in(pid_t pid, const char *directory);

/* The children of a process, at most so many. */
int proc_children(pid_t parent, pid_t *found, int room);

/* Every living process of a server that works in the directory, at most so many. */
int proc_working_in(const char *directory, pid_t *found, int room);

#endif
