/* The processes of the one server: their start, their end, and who they are. */
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct launch {
  const char *directory;
  const char *log;
  char **arguments;
  char **environment;
};

/* Looks around once, before memory is locked: what /proc offers and what the server must not inherit. */
void server_prepare(void);

/* The living postmaster, 0 without one. */
pid_t server_pid(void);

/* Readable once an adopted postmaster has ended, which server_exited is to be told; -1 while there is none. */
int server_exit_fd(void);
void server_exited(void);

/*
 * Starts the server in a session of its own.
 * Returns a descriptor that ends once the program runs, or that brings the errno of a failure; -1 with errno set.
 */
int server_start(const struct launch *what);

/*
 * Takes over a postmaster that somebody else started. Its pid, its start and its directory have to be what was said.
 * True if it is guarded now.
 */
bool server_adopt(pid_t pid, uint64_t start_ticks, const char *directory);

/* Signals the postmaster and nothing else. False when there is none. */
bool server_signal(pid_t pid, int signal);

/* Collects children that have ended. True when there is no child left at all. */
bool server_reap(void);

/* Whether the postmaster still lives, looked up now. */
void server_look(void);

/* It was proven elsewhere that nothing is left: processes in the directory are no longer looked for. */
void server_forget(void);

/*
 * SIGKILL for the postmaster, then for everything else of the server. To be repeated until server_is_gone.
 * Returns how many processes got one.
 */
int server_kill(void);

/* Whether nothing is left: no child, and nothing in the directory of an adopted server. */
bool server_is_gone(void);

#endif
