/* For each line of six numbers, now and a moment on the three clocks: the time since then as the guard counts it. */
#include "clocks.h"

#include <inttypes.h>
#include <stdio.h>

int main(void) {
  struct moment now;
  struct moment since;
  while (scanf("%" SCNd64 "%" SCNd64 "%" SCNd64 "%" SCNd64 "%" SCNd64 "%" SCNd64, &now.boot, &now.raw, &now.monotonic,
               &since.boot, &since.raw, &since.monotonic) == 6) {
    printf("%" PRId64 "\n", counted_since(&now, &since));
  }
  return 0;
}
