/* breaker.h - which hospitals' servers are left alone for a while
 * SPDX-License-Identifier: Apache-2.0
 *
 * A server that fails, or hangs, is not asked for some seconds; then one call
 * is let through, and only when that one is answered, all are (a circuit
 * breaker with a half-open trial). One that asks for patience (Retry-After)
 * gets it, and one may have a rate of calls that is not to be exceeded.
 *
 * All processes of a host share this (base/shared): each number is changed by
 * one atomic operation, so any process may be killed at any instant; a trial
 * that dies with its process ends by itself. It is kept for a provider in its
 * present shape: whoever corrects an address begins anew. */
#ifndef RELAY_BREAKER_H
#define RELAY_BREAKER_H

#include "base/conf.h"
#include "base/enc.h"

struct breakers;
struct breaker; /* of one provider */

/* breakers_open - owned; breakers_close. The settings breaker_calls,
 * breaker_percent, breaker_time_outs, breaker_pause_ms, provider_patience_s;
 * the memory is shared_dir/providers. NULL: ERR_CONF. */
struct breakers *breakers_open(const struct conf *conf, struct err *e);
void breakers_close(struct breakers *b);

enum breaker_state { BREAKER_CLOSED, BREAKER_TRIAL, BREAKER_OPEN };

/* A call on its way; zeros before. */
struct breaker_call {
	struct breaker *of; /* NULL: it was refused, or nobody counts */
	bool trial;
};

/* breaker_enter - may this provider be asked now?
 *   calls_per_s  0: as often as one likes
 *   now_us       clock_mono_us, on which lease_us is as well: by then the call
 *                will have ended
 * true: breaker_leave must follow. false, with retry_after_s:
 * ERR_UPSTREAM_OPEN; ERR_UPSTREAM_QUOTA; ERR_UPSTREAM_LIMIT or _BUSY, what it
 * said itself when it asked for patience. */
bool breaker_enter(struct breakers *b, const struct guid *provider,
    int64_t revision, unsigned calls_per_s, int64_t now_us, int64_t lease_us,
    struct breaker_call *call, struct err *e);

/* What came of a call, as far as it says something of the server. */
enum breaker_told {
	BREAKER_NOTHING, /* it was not the server's doing */
	BREAKER_WELL,    /* it answered, whatever it answered */
	BREAKER_ILL,     /* unreachable, cut off, 502, 503, 504 */
	BREAKER_LATE     /* no answer in time */
};

/* breaker_leave - returns the state that the call left behind.
 *   patience   ERR_UPSTREAM_LIMIT or _BUSY: it asked not to be asked for
 *   patience_s so long; else 0 */
enum breaker_state breaker_leave(struct breakers *b, struct breaker_call *call,
    enum breaker_told told, enum err_kind patience, unsigned patience_s,
    int64_t now_us);

#endif
