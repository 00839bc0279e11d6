/* engine.h - the process's one loop of transfers, and how threads wait for it
 * SPDX-License-Identifier: Apache-2.0
 *
 * There is one loop, and no thread of its own for it: a request thread begins
 * its transfer itself, and then either turns the loop for everybody, if nobody
 * else does, or sleeps on a futex until it is told that its answer is there or
 * that it is its turn to turn. So an answer costs one wake-up at most, and
 * none when the process is otherwise idle, where a thread for the loop would
 * cost two; on virtual machines each is dearer than all that libcurl does. A
 * keeper thread looks in every few seconds for what grows old unused.
 *
 * Whoever turns the loop never resolves a name and waits for nothing but
 * epoll, and then without the lock: a provider that hangs costs the others
 * nothing.
 *
 * Shared between threads: all of ext/fetch (pools, connections, transfers)
 * and the list of waiting threads, under one lock (engine.lock), let go while
 * the loop waits. The resolver has its own room and lock (relay/resolve). */
#ifndef RELAY_ENGINE_H
#define RELAY_ENGINE_H

#include "base/conf.h"
#include "ext/fetch.h"
#include "relay/breaker.h"
#include "relay/resolve.h"

struct engine;

/* Doors that a test may turn elsewhere. */
struct engine_doors {
	resolve_lookup *lookup; /* NULL: getaddrinfo */
	void *lookup_ctx;
	const char *ca_dir; /* hashed folder of CAs; NULL: the system's */
};

/* engine_start - the loop, its keeper and the resolver's threads; signals are
 * blocked in these.
 *   c      limits; taken by value where needed, not kept
 *   doors  NULL: the system's own
 * Returns: owned; engine_stop. NULL: ERR_BROKEN, with the cause. */
struct engine *engine_start(
    const struct conf *c, const struct engine_doors *doors, struct err *e);

/* engine_stop - calls under way end with ERR_BUSY; returns when their threads
 * have left. A resolver thread that hangs in the system's resolver is left
 * behind and cleans up after itself. No call may begin after this one. NULL
 * is fine. */
void engine_stop(struct engine *en);

/* engine_enter, engine_leave - around a thread's use of what follows, so that
 * a stop can wait for it. false: ERR_BUSY, it stops. */
bool engine_enter(struct engine *en, struct err *e);
void engine_leave(struct engine *en);

/* engine_run - begin a transfer and wait until it is done. The job and the
 * arena it names are lent to whoever turns the loop until this returns.
 *   deadline_ms  clock_mono_ms; the transfer is cut off there
 * false: job->e is set (ext/fetch), or ERR_BUSY while stopping. */
bool engine_run(struct engine *en, struct fetch_job *job, int64_t deadline_ms);

/* engine_heed - calls go by these breakers from now on, which outlive it. Before
 * the first call; without, nobody is left alone. */
void engine_heed(struct engine *en, struct breakers *b);

/* What the settings say, and the resolver: for relay/upstream. */
struct breakers *engine_breakers(struct engine *en); /* NULL: none */
struct resolve *engine_resolver(struct engine *en);
const struct fetch_limits *engine_limits(const struct engine *en);
unsigned engine_connect_ms(const struct engine *en);
unsigned engine_total_ms(const struct engine *en);

#endif
