/* breaker.c - which hospitals' servers are left alone for a while
 * SPDX-License-Identifier: Apache-2.0 */
#include "relay/breaker.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/shared.h"
#include "base/sip.h"
#include "base/str.h"
#include "gate/limit.h"

#define LAYOUT    1
#define SET       8
#define SETS      512
#define SECOND    INT64_C(1000000)
#define WINDOW_US (10 * SECOND)
#define LONGEST   (3600 * SECOND) /* what is further off is not believed */

struct breaker {
	_Atomic uint64_t key; /* 0: nobody's yet */
	_Atomic int64_t used_us;
	_Atomic int64_t open_us; /* 0: closed; else: until then */
	_Atomic uint64_t window; /* which | calls in it | those that failed */
	_Atomic uint64_t late;   /* time-outs in a row */
	_Atomic int64_t wait_us; /* patience until then ... */
	_Atomic uint64_t wait_kind; /* ... 0: it was 503; else 429 */
	_Atomic int64_t full_us;    /* of the rate's bucket: gate/limit */
};

struct breakers {
	struct breaker *place;
	size_t bytes;
	uint64_t calls, percent, late; /* calls, late: 0 for never */
	int64_t pause_us, patience_us;
};

/* ---- the table ------------------------------------------------------------------ */

struct breakers *
breakers_open(const struct conf *conf, struct err *e)
{
	struct breakers *b = calloc(1, sizeof *b);
	struct shared_plan plan = { .dir = conf->shared_dir,
		.name = "providers",
		.layout = shared_mix(shared_mix(LAYOUT, SET), SETS),
		.bytes = SET * SETS * sizeof *b->place };

	if (!b)
		abort();
	b->bytes = plan.bytes;
	b->calls = (uint64_t)conf->breaker_calls;
	b->percent = (uint64_t)conf->breaker_percent;
	b->late = (uint64_t)conf->breaker_time_outs;
	b->pause_us = conf->breaker_pause_ms * 1000;
	b->patience_us = conf->provider_patience_s * SECOND;
	if ((b->place = shared_open(&plan, e)))
		return b;
	breakers_close(b);
	return NULL;
}

void
breakers_close(struct breakers *b)
{
	if (!b)
		return;
	shared_close(b->place, b->bytes);
	free(b);
}

/* Who takes a place makes it new. Others who come at that instant may count
 * one call too many or too few. */
static void
move_in(struct breaker *p, uint64_t key)
{
	atomic_store(&p->open_us, 0);
	atomic_store(&p->window, 0);
	atomic_store(&p->late, 0);
	atomic_store(&p->wait_us, 0);
	atomic_store(&p->full_us, 0);
	atomic_store(&p->key, key);
}

/* Its place; if it has none, that which was not used for longest. */
static struct breaker *
place_of(struct breakers *b, const struct guid *provider, int64_t revision)
{
	static const uint64_t zero[2];
	unsigned char of[sizeof provider->at + sizeof revision];
	struct breaker *set, *oldest;
	uint64_t key;
	int i;

	memcpy(of, provider->at, sizeof provider->at);
	memcpy(of + sizeof provider->at, &revision, sizeof revision);
	key = sip(zero, of, sizeof of) | 1;
	oldest = set = &b->place[(key >> 1) % SETS * SET];
	for (i = 0; i < SET; i++) {
		if (atomic_load(&set[i].key) == key)
			return &set[i];
		if (atomic_load(&set[i].used_us) <
		    atomic_load(&oldest->used_us))
			oldest = &set[i];
	}
	move_in(oldest, key);
	return oldest;
}

/* ---- may it be asked? ------------------------------------------------------------ */

static bool
refuse(enum err_kind kind, int64_t wait_us, const char *why, struct err *e)
{
	err_why(e, kind, "%s", why);
	e->retry_after_s = (unsigned)((wait_us + SECOND - 1) / SECOND);
	return false;
}

static bool
patient(struct breaker *p, int64_t now_us, struct err *e)
{
	int64_t left = atomic_load(&p->wait_us) - now_us;

	if (left <= 0 || left > LONGEST)
		return true;
	return refuse(
	    atomic_load(&p->wait_kind) ? ERR_UPSTREAM_LIMIT : ERR_UPSTREAM_BUSY,
	    left, "the provider asked for patience", e);
}

static bool
within_rate(
    struct breaker *p, unsigned calls_per_s, int64_t now_us, struct err *e)
{
	struct limit_rule rule = { .burst = calls_per_s };
	int64_t was = atomic_load(&p->full_us), next, wait_us;

	if (!calls_per_s)
		return true;
	rule.each_us = SECOND / calls_per_s;
	do
		next = limit_step(&rule, was, now_us, 1, &wait_us);
	while (
	    !wait_us && !atomic_compare_exchange_weak(&p->full_us, &was, next));
	return !wait_us || refuse(ERR_UPSTREAM_QUOTA, wait_us,
			       "the provider's own rate is used up", e);
}

/* Whoever is quickest when the pause is over makes the trial. While it runs
 * the breaker is open until the trial must have ended. */
static bool
closed_or_trial(struct breakers *b, struct breaker *p, int64_t now_us,
    int64_t lease_us, bool *trial, struct err *e)
{
	int64_t until = atomic_load(&p->open_us);

	*trial = false;
	if (!until || (!b->calls && !b->late))
		return true;
	if (until <= now_us || until > now_us + LONGEST) {
		*trial = atomic_compare_exchange_strong(
		    &p->open_us, &until, lease_us + SECOND);
		if (*trial)
			return true;
	}
	until = until > now_us ? until - now_us : 0;
	return refuse(ERR_UPSTREAM_OPEN,
	    until > 0 && until < b->pause_us ? until : b->pause_us,
	    "the provider failed too often and is left alone", e);
}

bool
breaker_enter(struct breakers *b, const struct guid *provider, int64_t revision,
    unsigned calls_per_s, int64_t now_us, int64_t lease_us,
    struct breaker_call *call, struct err *e)
{
	struct breaker *p = place_of(b, provider, revision);

	if (now_us - atomic_load(&p->used_us) > SECOND)
		atomic_store(&p->used_us, now_us);
	if (!patient(p, now_us, e) || !within_rate(p, calls_per_s, now_us, e) ||
	    !closed_or_trial(b, p, now_us, lease_us, &call->trial, e))
		return false;
	call->of = p;
	return true;
}

/* ---- what came of it --------------------------------------------------------------- */

#define COUNT_MAX 0xffffu

/* Counts a call; true: with it, too many of the window's failed. The number of
 * the window is above 32 bits of counts. */
static bool
too_many(struct breakers *b, struct breaker *p, bool failed, int64_t now_us)
{
	uint64_t number = (uint64_t)(now_us / WINDOW_US) & UINT32_MAX;
	uint64_t was = atomic_load(&p->window), calls, bad;

	do {
		bool same = was >> 32 == number;

		calls = same ? was >> 16 & COUNT_MAX : 0;
		bad = same ? was & COUNT_MAX : 0;
		if (calls == COUNT_MAX) {
			calls /= 2;
			bad /= 2;
		}
		calls++;
		bad += failed;
	} while (!atomic_compare_exchange_weak(
	    &p->window, &was, number << 32 | calls << 16 | bad));
	return failed && b->calls && calls >= b->calls &&
	       bad * 100 >= calls * b->percent;
}

static enum breaker_state
end_trial(struct breakers *b, struct breaker *p, enum breaker_told told,
    int64_t now_us)
{
	if (told == BREAKER_WELL) {
		atomic_store(&p->window, 0);
		atomic_store(&p->late, 0);
		atomic_store(&p->open_us, 0);
		return BREAKER_CLOSED;
	}
	atomic_store(&p->open_us,
	    told == BREAKER_NOTHING ? now_us : now_us + b->pause_us);
	return BREAKER_OPEN;
}

static enum breaker_state
count(struct breakers *b, struct breaker *p, enum breaker_told told,
    int64_t now_us)
{
	int64_t closed = 0;
	bool open = too_many(b, p, told != BREAKER_WELL, now_us);

	if (told == BREAKER_WELL && atomic_load(&p->late))
		atomic_store(&p->late, 0);
	if (told == BREAKER_LATE &&
	    atomic_fetch_add(&p->late, 1) + 1 >= b->late)
		open |= b->late > 0;
	if (open)
		atomic_compare_exchange_strong(
		    &p->open_us, &closed, now_us + b->pause_us);
	return atomic_load(&p->open_us) ? BREAKER_OPEN : BREAKER_CLOSED;
}

enum breaker_state
breaker_leave(struct breakers *b, struct breaker_call *call,
    enum breaker_told told, enum err_kind patience, unsigned patience_s,
    int64_t now_us)
{
	struct breaker *p = call->of;
	int64_t wait_us = patience_s * SECOND;

	call->of = NULL;
	if (wait_us > b->patience_us)
		wait_us = b->patience_us;
	if (wait_us) {
		atomic_store(&p->wait_kind, patience == ERR_UPSTREAM_LIMIT);
		atomic_store(&p->wait_us, now_us + wait_us);
	}
	if (call->trial)
		return end_trial(b, p, told, now_us);
	if (told == BREAKER_NOTHING)
		return atomic_load(&p->open_us) ? BREAKER_OPEN : BREAKER_CLOSED;
	return count(b, p, told, now_us);
}
