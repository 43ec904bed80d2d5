#include "fence.h"

#include "clocks.h"
#include "server.h"

#include <signal.h>
#include <string.h>

/* Between two rounds of a kill: something that sleeps in the kernel may take any time to end. */
#define AGAIN_NANOS 2000000LL
#define SELDOM_NANOS 50000000LL
#define ROUNDS 100

#define REMEMBERED 8

static enum state mode = DISARMED;
static bool told; /* whether there is a deadline, which also counts while paused */
static struct moment deadline;
static int64_t quit_before;
static int64_t kill_before;
static char lease[LEASE_BYTES];
static char released[REMEMBERED][LEASE_BYTES];
static unsigned releases;

static bool quit_sent;
static bool counted; /* among the fences: this deadline has ended a server */
static int rounds; /* of the kill that is under way, 0 when there is none */
static bool gone;  /* the deadline has passed, and nothing is left of the server */

static uint64_t fences;
static uint64_t killed;
static uint64_t refused;
static int64_t fence_early;

static int64_t left(void) {
  struct moment now = clocks_now();
  return -counted_since(&now, &deadline);
}

/* The kill takes a moment of its own: it begins half of the courtesy before it has to be over. */
static int64_t kill_from(void) {
  return kill_before + (quit_before - kill_before) / 2;
}

static bool is_released(const char *id) {
  for (int i = 0; i < REMEMBERED; i++) {
    if (memcmp(released[i], id, LEASE_BYTES) == 0) {
      return true;
    }
  }
  return false;
}

static enum status arm(const struct request *request) {
  if (request->lease[0] == 0) {
    return BAD;
  }
  if (is_released(request->lease)) {
    return RELEASED;
  }
  /* The last word counts, also an earlier one: the agent numbers its words, and overtaken ones are not heard. */
  deadline = (struct moment){request->boot, request->raw, request->monotonic};
  quit_before = request->quit_before;
  kill_before = request->kill_before;
  memcpy(lease, request->lease, LEASE_BYTES);
  told = true;
  mode = ARMED;
  fence_server_came();
  return DONE;
}

enum status fence_told(const struct request *request) {
  switch ((enum request_type)request->type) {
    case ARM:
      return arm(request);
    case PAUSE:
      mode = PAUSED;
      return DONE;
    case DISARM:
      mode = DISARMED;
      told = false;
      server_forget();
      return DONE;
    case SAFE:
      if (mode != ARMED) {
        return REFUSED;
      }
      mode = SAFE_POINT;
      return DONE;
    case RELEASE:
      memcpy(released[releases++ % REMEMBERED], request->lease, LEASE_BYTES);
      return DONE;
    case HELLO:
    case START:
    case PROMOTE:
    case ADOPT:
      break;
  }
  return BAD;
}

bool fence_allows_start(void) {
  bool allowed = mode != SAFE_POINT && !(mode == ARMED && left() <= quit_before);
  refused += !allowed;
  return allowed;
}

bool fence_allows_promotion(void) {
  bool allowed = told && mode != SAFE_POINT && left() > quit_before;
  refused += !allowed;
  return allowed;
}

void fence_server_came(void) {
  quit_sent = false;
  counted = false;
  rounds = 0;
  gone = false;
}

static void count_fence(void) {
  fences += !counted;
  counted = true;
}

static int64_t kill_round(void) {
  if (gone) {
    return -1;
  }
  if (rounds == 0 && server_is_gone()) {
    gone = true;
    return -1;
  }
  killed += (uint64_t)server_kill();
  count_fence();
  if (rounds++ == 0) {
    fence_early = left() - kill_before;
  }
  if (server_is_gone()) {
    gone = true;
    return -1;
  }
  return rounds < ROUNDS ? AGAIN_NANOS : SELDOM_NANOS;
}

int64_t fence_look(void) {
  if (mode != ARMED) {
    return -1;
  }
  int64_t rest = left();
  if (rest <= kill_from()) {
    return kill_round();
  }
  if (rest > quit_before) {
    return rest - quit_before;
  }
  if (!quit_sent) {
    quit_sent = true;
    if (server_signal(server_pid(), SIGQUIT)) {
      count_fence();
    }
  }
  return rest - kill_from();
}

void fence_describe(struct reply *reply) {
  int64_t rest = told ? left() : 0;
  reply->state = mode == ARMED && rest <= quit_before ? EXPIRED : mode;
  reply->left = told ? rest - kill_before : 0;
  reply->fences = fences;
  reply->killed = killed;
  reply->refused = refused;
  reply->fence_early = fence_early;
}
