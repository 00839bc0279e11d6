/* bulkhead.h - how many requests may hold threads for one hospital
 * SPDX-License-Identifier: Apache-2.0
 *
 * A hospital may hold an eighth of the threads. When more than half of all are
 * held, the share shrinks with what is left, down to a thirty-second; so the
 * last threads are never all one's own. Hospitals for which nothing has ended
 * well for a second, while requests wait for them, may hold half together. Who
 * comes over that is turned away at once: a thread that waits for a server that
 * hangs would be missing to the others.
 *
 * Of one process. Shared between its threads: who holds how many, under one
 * lock (bulkhead.lock). */
#ifndef RELAY_BULKHEAD_H
#define RELAY_BULKHEAD_H

#include "base/enc.h"
#include "base/err.h"

#define BULKHEAD_SILENT_US 1000000 /* then a hospital counts as unwell */
#define BULKHEAD_WAIT_S    2       /* Retry-After */

struct bulkhead;

/* bulkhead_new - for so many threads; most: what one hospital may hold, 0: an
 * eighth of them (and four, where that is less). Owned; bulkhead_free. */
struct bulkhead *bulkhead_new(unsigned threads, unsigned most);
void bulkhead_free(struct bulkhead *b);

/* bulkhead_enter - one more request for a provider.
 *   most    of this provider; 0: as the others
 *   now_us  clock_mono_us
 * true: bulkhead_leave must follow. false: ERR_UPSTREAM_FULL. */
bool bulkhead_enter(struct bulkhead *b, const struct guid *provider,
    unsigned most, int64_t now_us, struct err *e);

/* bulkhead_leave - well: its server answered, whatever it answered. */
void bulkhead_leave(
    struct bulkhead *b, const struct guid *provider, bool well, int64_t now_us);

/* bulkhead_held - threads that one provider holds; NULL: that all do. */
unsigned bulkhead_held(struct bulkhead *b, const struct guid *provider);

#endif
