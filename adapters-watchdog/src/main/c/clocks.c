#include "clocks.h"

#include <stdlib.h>
#include <time.h>

static int64_t read_clock(clockid_t clock) {
  struct timespec time;
  /* Without a clock there is no deadline: whoever guards with a wrong one does harm, so it is better gone. */
  if (clock_gettime(clock, &time) != 0) {
    abort();
  }
  return (int64_t)time.tv_sec * NANOS_PER_SECOND + time.tv_nsec;
}

struct moment clocks_now(void) {
  struct moment now;
  now.boot = read_clock(CLOCK_BOOTTIME);
  now.raw = read_clock(CLOCK_MONOTONIC_RAW);
  now.monotonic = read_clock(CLOCK_MONOTONIC);
  return now;
}

/*
 * By the boot clock, which a time daemon may have slowed down, or by the raw clock and what the machine slept
 * meanwhile, of which the raw clock knows nothing: boot time is monotonic time and sleep.
 */
int64_t counted_since(const struct moment *now, const struct moment *since) {
  int64_t boot = now->boot - since->boot;
  int64_t slept = boot - (now->monotonic - since->monotonic);
  if (slept < 0) {
    slept = 0;
  }
  int64_t raw = now->raw - since->raw + slept;
  return boot > raw ? boot : raw;
}
