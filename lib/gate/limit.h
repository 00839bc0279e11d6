/* limit.h - how often a client, a tenant, a source of failures may come
 * SPDX-License-Identifier: Apache-2.0
 *
 * A token bucket each: so many at once, refilled at so much a second. Its whole
 * state is one number, the time at which it will be full again (the "generic
 * cell rate algorithm", ITU-T I.371), changed by one compare-and-swap; so all
 * processes of a host share it without a lock (base/shared), and a process may
 * die at any instant.
 *
 * The buckets lie in tables of fixed size, eight to a set. A bucket that is
 * full tells nothing and its place is free: that is how old ones go. A set
 * with eight that are not full loses the fullest of them. So who sends much
 * from very many addresses makes the gateway forget those who failed least,
 * never himself: to be forgotten with n failures, seven others of that set must
 * have failed more often, and which addresses meet in a set is decided by a
 * keyed hash that nobody outside knows. Nobody is refused for want of a place.
 *
 * Where a place changes hands, who draws on it at that very instant draws on
 * the wrong bucket: one too many or too few for each such thread, no more. */
#ifndef GATE_LIMIT_H
#define GATE_LIMIT_H

#include "base/conf.h"
#include "base/enc.h"

/* Which bucket. Clients and tenants are drawn on only for requests that were
 * let in, sources only for failures: so nobody can empty another's. */
enum limit_kind { LIMIT_CLIENT, LIMIT_TENANT, LIMIT_SOURCE, LIMIT__MAX };

struct limit_rule {
	int64_t each_us; /* one more after that time; 0: no limit */
	int64_t burst;   /* this many at once */
};

/* limit_step - the arithmetic alone. full_us: when the bucket is full again, on
 * the clock that now_us is on. Returns the new one and *wait_us = 0, or, when
 * `cost` is more than what is left, full_us as it counts now and in how many
 * microseconds it would do. rule->each_us is not 0. */
int64_t limit_step(const struct limit_rule *rule, int64_t full_us,
    int64_t now_us, int64_t cost, int64_t *wait_us);

struct limits;

/* limits_open - owned; limits_close. The rules are those of the settings
 * client_rate, client_burst, tenant_rate, tenant_burst, failures_per_minute;
 * the memory is shared_dir/limits. NULL: ERR_CONF. */
struct limits *limits_open(const struct conf *conf, struct err *e);
void limits_close(struct limits *l);

/* limit_draw - takes `cost` from a bucket, or nothing at all.
 *   who     the client, the tenant, the source (web/source)
 *   now_us  clock_mono_us: the same clock for all processes
 * false: ERR_LIMIT_CLIENT, _TENANT, _SOURCE, with retry_after_s. */
bool limit_draw(struct limits *l, enum limit_kind kind, const struct guid *who,
    int64_t cost, int64_t now_us, struct err *e);

/* limit_left - how many more may come at once, and in how many seconds it is
 * all of them again; -1: there is no limit. Takes nothing. */
int64_t limit_left(struct limits *l, enum limit_kind kind,
    const struct guid *who, int64_t now_us, unsigned *full_s);

/* limit_burst - how many at once; what a refusal tells. */
int64_t limit_burst(const struct limits *l, enum limit_kind kind);

#endif
