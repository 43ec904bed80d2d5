#ifndef CLOCKS_H
#define CLOCKS_H

#include <stdint.h>

#define NANOS_PER_SECOND 1000000000LL

/* One reading of the clocks a lease is counted on. */
struct moment {
  int64_t boot;
  int64_t raw;
  int64_t monotonic;
};

struct moment clocks_now(void);

/* Time since a moment as the holder of a lease counts it; the same as MonotonicTime.countedSince of the agent. */
int64_t counted_since(const struct moment *now, const struct moment *since);

#endif
