/* limit.c - how often a client, a tenant, a source of failures may come
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/limit.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/shared.h"
#include "base/sip.h"
#include "ext/crypt.h"

#define SET      8
#define LAYOUT   1
#define TRIES    4
#define SECOND   INT64_C(1000000)
#define MINUTE   (60 * SECOND)
#define WAIT_MAX 3600

/* Its key is the hash of who it is for: 64 bits under a secret key are enough
 * that no two ever meet in one set. */
struct bucket {
	_Atomic uint64_t key; /* 0: nobody's yet */
	_Atomic int64_t full_us;
};

struct memory {
	uint64_t hash_key[2];
	struct bucket bucket[];
};

struct limits {
	struct limit_rule rule[LIMIT__MAX];
	struct memory *memory;
	size_t bytes;
	uint64_t sets; /* of each kind */
};

/* ---- one bucket ------------------------------------------------------------------ */

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A bucket is never emptier than empty: what says so is from before the host's
 * clock, or the settings, began anew. */
static int64_t
as_it_counts(const struct limit_rule *r, int64_t full_us, int64_t now_us)
{
	return full_us < now_us
	           ? now_us
	           : least(full_us, now_us + r->burst * r->each_us);
}

int64_t
limit_step(const struct limit_rule *r, int64_t full_us, int64_t now_us,
    int64_t cost, int64_t *wait_us)
{
	int64_t from = as_it_counts(r, full_us, now_us);
	int64_t then = from + cost * r->each_us;
	int64_t over = then - (now_us + r->burst * r->each_us);

	*wait_us = over > 0 ? over : 0;
	return over > 0 ? from : then;
}

static int64_t
draw(const struct limit_rule *r, struct bucket *b, int64_t now_us, int64_t cost)
{
	int64_t was = atomic_load(&b->full_us), next, wait_us;

	do
		next = limit_step(r, was, now_us, cost, &wait_us);
	while (
	    !wait_us && !atomic_compare_exchange_weak(&b->full_us, &was, next));
	return wait_us;
}

/* ---- finding it -------------------------------------------------------------------- */

/* The bucket of `key`; else *spare: one that is full, or the fullest. */
static struct bucket *
in_set(struct bucket *set, uint64_t key, int64_t now_us, struct bucket **spare)
{
	int64_t fullest = INT64_MAX;
	int i;

	*spare = &set[0];
	for (i = 0; i < SET; i++) {
		int64_t full_us = atomic_load(&set[i].full_us);

		if (atomic_load(&set[i].key) == key)
			return &set[i];
		if (full_us <= now_us)
			full_us = INT64_MIN + i; /* the first of these */
		if (full_us < fullest) {
			fullest = full_us;
			*spare = &set[i];
		}
	}
	return NULL;
}

/* Whoever was there is forgotten. When others are quicker, one of them may be
 * the one that is looked for. */
static struct bucket *
bucket_of(struct bucket *set, uint64_t key, int64_t now_us)
{
	struct bucket *spare = NULL, *b;
	int i;

	for (i = 0; i < TRIES; i++) {
		uint64_t was;
		int64_t full_us;

		if ((b = in_set(set, key, now_us, &spare)))
			return b;
		was = atomic_load(&spare->key);
		if (was == key)
			return spare;
		full_us = atomic_load(&spare->full_us);
		if (!atomic_compare_exchange_strong(&spare->key, &was, key))
			continue;
		if (full_us > now_us)
			atomic_compare_exchange_strong(
			    &spare->full_us, &full_us, 0);
		return spare;
	}
	return spare;
}

/* ---- the tables ---------------------------------------------------------------------- */

static void
fill(void *at)
{
	struct memory *m = at;

	crypt_random(m->hash_key, sizeof m->hash_key);
}

static struct limit_rule
a_second(int64_t rate, int64_t burst)
{
	return (struct limit_rule){ rate ? SECOND / rate : 0, burst };
}

static void
read_rules(struct limits *l, const struct conf *c)
{
	int64_t failures = c->failures_per_minute;

	l->rule[LIMIT_CLIENT] = a_second(c->client_rate, c->client_burst);
	l->rule[LIMIT_TENANT] = a_second(c->tenant_rate, c->tenant_burst);
	l->rule[LIMIT_SOURCE] =
	    (struct limit_rule){ failures ? MINUTE / failures : 0, failures };
}

struct limits *
limits_open(const struct conf *conf, struct err *e)
{
	struct limits *l = calloc(1, sizeof *l);
	struct shared_plan plan = {
		.dir = conf->shared_dir, .name = "limits", .fill = fill
	};

	if (!l)
		abort();
	read_rules(l, conf);
	l->sets = ((uint64_t)conf->limit_places + SET - 1) / SET;
	l->bytes = sizeof *l->memory +
	           LIMIT__MAX * l->sets * SET * sizeof(struct bucket);
	plan.bytes = l->bytes;
	plan.layout = shared_mix(shared_mix(LAYOUT, LIMIT__MAX), SET);
	if ((l->memory = shared_open(&plan, e)))
		return l;
	limits_close(l);
	return NULL;
}

void
limits_close(struct limits *l)
{
	if (!l)
		return;
	shared_close(l->memory, l->bytes);
	free(l);
}

static bool
over(enum limit_kind kind, int64_t wait_us, struct err *e)
{
	static const enum err_kind kinds[LIMIT__MAX] = {
		[LIMIT_CLIENT] = ERR_LIMIT_CLIENT,
		[LIMIT_TENANT] = ERR_LIMIT_TENANT,
		[LIMIT_SOURCE] = ERR_LIMIT_SOURCE,
	};

	err_set(e, kinds[kind], NULL);
	e->retry_after_s =
	    (unsigned)least((wait_us + SECOND - 1) / SECOND, WAIT_MAX);
	return false;
}

/* The set that a bucket is in, if it is anywhere. */
static struct bucket *
set_of(struct limits *l, enum limit_kind kind, const struct guid *who,
    uint64_t *key)
{
	*key = sip(l->memory->hash_key, who->at, sizeof who->at) | 1;
	return &l->memory->bucket[((uint64_t)kind * l->sets +
				      (*key >> 1) % l->sets) *
				  SET];
}

bool
limit_draw(struct limits *l, enum limit_kind kind, const struct guid *who,
    int64_t cost, int64_t now_us, struct err *e)
{
	const struct limit_rule *r = &l->rule[kind];
	uint64_t key;
	struct bucket *set;
	int64_t wait_us;

	if (!r->each_us)
		return true;
	set = set_of(l, kind, who, &key);
	wait_us = draw(r, bucket_of(set, key, now_us), now_us, cost);
	return !wait_us || over(kind, wait_us, e);
}

int64_t
limit_left(struct limits *l, enum limit_kind kind, const struct guid *who,
    int64_t now_us, unsigned *full_s)
{
	const struct limit_rule *r = &l->rule[kind];
	struct bucket *set, *spare, *b;
	uint64_t key;
	int64_t full_us;

	*full_s = 0;
	if (!r->each_us)
		return -1;
	set = set_of(l, kind, who, &key);
	if (!(b = in_set(set, key, now_us, &spare)))
		return r->burst;
	full_us = as_it_counts(r, atomic_load(&b->full_us), now_us);
	*full_s = (unsigned)((full_us - now_us + SECOND - 1) / SECOND);
	return (now_us + r->burst * r->each_us - full_us) / r->each_us;
}

int64_t
limit_burst(const struct limits *l, enum limit_kind kind)
{
	return l->rule[kind].burst;
}
