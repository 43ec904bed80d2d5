/* What the guard knows of the lease, and when it acts on it. */
#ifndef FENCE_H
#define FENCE_H

#include "protocol.h"

#include <stdbool.h>
#include <stdint.h>

/* Takes a message that is about the lease. */
enum status fence_told(const struct request *request);

/* Whether a start would come up guarded, or needs no guard. Counts the refusals. */
bool fence_allows_start(void);

/* Whether the server may be made writable: only on a lease that still runs. Counts the refusals. */
bool fence_allows_promotion(void);

/* There is a server again that the present deadline counts for, even if it has passed. */
void fence_server_came(void);

/*
 * Does what is due. Returns how long nothing else can be, in nanoseconds, as the clocks of the lease count it;
 * -1 when only news change anything.
 */
int64_t fence_look(void);

void fence_describe(struct reply *reply);

#endif
