/*
 * What is said over the guard's socket: one message, one answer, both of a fixed layout in the machine's own byte
 * order. GuardMessage.java is the other end; a change here is a new VERSION.
 */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <stdint.h>

#define MAGIC 0x4452474du
#define VERSION 1
#define LEASE_BYTES 64

enum request_type { HELLO = 1, ARM, PAUSE, DISARM, RELEASE, SAFE, START, PROMOTE, ADOPT };

struct request {
  uint32_t magic;
  uint16_t version;
  uint16_t type;
  uint64_t epoch;       /* of the agent's process; a lower one than that in force is ignored */
  uint64_t seq;         /* of the message; ordered within an epoch */
  int64_t boot;         /* the deadline, on each of the clocks, in nanoseconds */
  int64_t raw;
  int64_t monotonic;
  int64_t quit_before;  /* how long before the deadline the immediate shutdown begins */
  int64_t kill_before;  /* how long before the deadline everything has been killed */
  uint64_t start_ticks; /* ADOPT: the start of the process, which together with its pid names it */
  int32_t pid;          /* PROMOTE, ADOPT: the postmaster */
  uint32_t count;       /* START: how many of the texts are arguments */
  char lease[LEASE_BYTES];
  /* START: working directory, log, arguments, environment; ADOPT: data directory. Each text ends with a zero. */
};

enum status { DONE = 0, STALE_EPOCH, STALE_SEQ, RELEASED, REFUSED, BUSY, NOT_FOUND, FAILED, BAD };

enum state { DISARMED = 0, ARMED, EXPIRED, PAUSED, SAFE_POINT };

enum trait { LOCKED = 1, REAL_TIME = 2, UNKILLABLE = 4, OWN_CGROUP = 8 };

struct reply {
  uint32_t magic;
  uint16_t version;
  uint16_t type;
  uint64_t seq;
  uint32_t status;
  uint32_t error;      /* errno of a FAILED */
  uint64_t epoch;      /* in force */
  uint32_t state;
  int32_t server;      /* pid of the postmaster, 0 without one */
  int64_t left;        /* until everything has to be dead, as the guard counts it */
  uint64_t fences;     /* how often a deadline has ended a server */
  uint64_t killed;     /* how many SIGKILL that took */
  uint64_t refused;    /* starts and promotions refused */
  int64_t fence_early; /* how long before that point the last fence had sent SIGKILL to everything */
  uint32_t traits;
  uint32_t unused;
};

#endif
