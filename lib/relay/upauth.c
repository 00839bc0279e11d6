/* upauth.c - calls to servers that want a token: had, kept, renewed, one at a time
 * SPDX-License-Identifier: Apache-2.0 */
#include "relay/upauth.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "ext/crypt.h"
#include "relay/upauth_find.h"

#define BUCKETS   256u
#define SKEW_MS   5000  /* before its end a token is sent no more, ... */
#define MARGIN_MS 60000 /* ... and this long, to twice as long, renewed */

/* A token that requests hold; immutable. */
struct bearer {
	atomic_uint holders;
	char *line;
};

/* What is known of one tenant's token. */
struct place {
	struct guid provider;
	int64_t revision;
	struct place *same; /* next in the bucket */
	struct bearer *now; /* NULL: none */
	int64_t end_ms;     /* it is sent no more */
	int64_t renew_ms;   /* it is to be renewed */
	int64_t refused_ms; /* when a 401 last had it renewed */
	int64_t pause_ms;   /* until then nobody asks */
	struct err failed;  /* and this is why */
	int64_t used_ms;
	char *found; /* its token endpoint, where the server says; NULL: not
	              * asked yet. Of the thread that renews */
	bool renewing;
	unsigned waiting;
	pthread_cond_t over; /* of a renewal */
};

struct upauth {
	pthread_mutex_t lock; /* of these two */
	struct place *bucket[BUCKETS];
	size_t n;
	struct upauth_doors doors;
};

/* One call that needs a token. */
struct need {
	struct upauth *u;
	struct engine *en;
	const struct upstream_ask *ask;
	int64_t deadline_ms;
};

/* ---- tokens ------------------------------------------------------------------- */

static void
let_go(void *p)
{
	struct bearer *b = p;

	if (!b || atomic_fetch_sub(&b->holders, 1) > 1)
		return;
	credential_free(b->line);
	free(b);
}

static struct bearer *
hold(struct bearer *b)
{
	atomic_fetch_add(&b->holders, 1);
	return b;
}

static struct bearer *
bearer_new(char *line)
{
	struct bearer *b = malloc(sizeof *b);

	if (!b)
		abort();
	atomic_init(&b->holders, 1);
	b->line = line;
	return b;
}

/* ---- the table; the lock is held ------------------------------------------------ */

static struct place **
bucket_of(struct upauth *u, const struct guid *id)
{
	return &u->bucket[(id->at[0] ^ id->at[15]) % BUCKETS];
}

static bool
is_busy(const struct place *p)
{
	return p->renewing || p->waiting;
}

static void
drop(struct upauth *u, struct place **at)
{
	struct place *p = *at;

	*at = p->same;
	let_go(p->now);
	free(p->found);
	pthread_cond_destroy(&p->over);
	free(p);
	u->n--;
}

/* Of the same tenant, what another revision left behind. */
static void
drop_older(struct upauth *u, const struct guid *id, int64_t revision)
{
	struct place **at = bucket_of(u, id);

	while (*at)
		if (guid_eq(&(*at)->provider, id) &&
		    (*at)->revision < revision && !is_busy(*at))
			drop(u, at);
		else
			at = &(*at)->same;
}

static void
drop_longest_unused(struct upauth *u)
{
	struct place **at, **worst = NULL;
	unsigned i;

	for (i = 0; i < BUCKETS; i++)
		for (at = &u->bucket[i]; *at; at = &(*at)->same)
			if (!is_busy(*at) &&
			    (!worst || (*at)->used_ms < (*worst)->used_ms))
				worst = at;
	if (worst)
		drop(u, worst);
}

static void
cond_of_mono(pthread_cond_t *c)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(c, &attr);
	pthread_condattr_destroy(&attr);
}

static struct place *
place_for(struct upauth *u, const struct upstream_target *to)
{
	struct place *p, **at = bucket_of(u, &to->provider);

	for (p = *at; p; p = p->same)
		if (guid_eq(&p->provider, &to->provider) &&
		    p->revision == to->revision)
			break;
	if (!p) {
		drop_older(u, &to->provider, to->revision);
		if (u->n >= UPAUTH_KEPT_MAX)
			drop_longest_unused(u);
		if (!(p = calloc(1, sizeof *p)))
			abort();
		p->provider = to->provider;
		p->revision = to->revision;
		p->refused_ms = INT64_MIN / 2;
		cond_of_mono(&p->over);
		at = bucket_of(u, &to->provider);
		p->same = *at;
		*at = p;
		u->n++;
	}
	p->used_ms = u->doors.now_ms();
	return p;
}

/* ---- having one; the lock is held, and let go to ask or to wait --------------------- */

static bool
is_good(const struct place *p, int64_t now_ms)
{
	return p->now && now_ms < p->end_ms;
}

/* Requests do not all come to renew at the same moment on every host. */
static int64_t
spread(int64_t ms)
{
	unsigned char any[2];

	crypt_random(any, sizeof any);
	return ms * (any[0] | any[1] << 8) / 65536;
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void
keep(struct place *p, const struct upauth_token *t, int64_t asked_ms)
{
	int64_t life_ms = (int64_t)t->life_s * 1000;
	int64_t margin_ms = least(life_ms / 5, MARGIN_MS);

	let_go(p->now);
	p->now = bearer_new(t->line);
	p->end_ms = asked_ms + life_ms - least(life_ms / 10, SKEW_MS);
	p->renew_ms = asked_ms + life_ms - margin_ms - spread(margin_ms);
	p->pause_ms = 0;
}

/* The request had no time for it, or the process stops: whoever comes next may
 * have better luck. */
static bool
is_own_affair(const struct err *e, int64_t took_ms, bool cut)
{
	return e->kind == ERR_DEADLINE || e->kind == ERR_BUSY ||
	       (cut && took_ms < UPAUTH_EARLY_MS);
}

static void
keep_failure(struct place *p, const struct err *why, int64_t asked_ms,
    int64_t now_ms, int64_t until_ms)
{
	char tenant[GUID_LEN + 1];

	if (is_good(p, now_ms)) /* else the request itself tells of it */
		log_event(LOG_WARN, "provider_token_not_renewed", LOG_TENANT,
		    guid_write(tenant, &p->provider), LOG_WHY, why->why,
		    LOG_END);
	p->renew_ms = now_ms + UPAUTH_PAUSE_MS;
	if (is_own_affair(why, now_ms - asked_ms, now_ms >= until_ms))
		return;
	p->failed = *why;
	p->pause_ms = now_ms + UPAUTH_PAUSE_MS;
}

/* Where the server says, if it has to: what it said is believed until it
 * proves wrong. */
static bool
asked(const struct need *k, struct place *p, int64_t until_ms,
    struct upauth_token *t, struct err *e)
{
	struct credential_token how = *k->ask->to->token;
	struct upstream_target to = *k->ask->to;
	struct upstream_ask ask = *k->ask;
	bool fine;

	if (!*how.url && !p->found &&
	    !(p->found =
		    upauth_find(k->u->doors.call, k->en, &ask, until_ms, e)))
		return false;
	if (!*how.url)
		how.url = p->found;
	to.token = &how;
	ask.to = &to;
	fine = upauth_token_ask(k->u->doors.call, k->en, &ask, until_ms, t, e);
	if (!fine) {
		free(p->found);
		p->found = NULL;
	}
	return fine;
}

/* By this thread, while others wait or go on. */
static void
renew(const struct need *k, struct place *p, struct err *e)
{
	struct upauth *u = k->u;
	int64_t asked_ms = u->doors.now_ms(), until_ms = k->deadline_ms;
	struct upauth_token t = { 0 };
	bool fine;

	if (is_good(p, asked_ms))
		until_ms = least(until_ms, asked_ms + UPAUTH_EARLY_MS);
	p->renewing = true;
	pthread_mutex_unlock(&u->lock);
	fine = asked(k, p, until_ms, &t, e);
	pthread_mutex_lock(&u->lock);
	p->renewing = false;
	if (fine)
		keep(p, &t, asked_ms);
	else
		keep_failure(p, e, asked_ms, u->doors.now_ms(), until_ms);
	pthread_cond_broadcast(&p->over);
}

static bool
waited(const struct need *k, struct place *p, struct err *e)
{
	int64_t ms = k->deadline_ms - k->u->doors.now_ms();
	struct timespec t;

	if (ms <= 0)
		return err_why(e, ERR_UPSTREAM_TOKEN_AWAY,
		    "no token came within the deadline");
	if (p->waiting >= UPAUTH_WAIT_MAX)
		return err_why(
		    e, ERR_UPSTREAM_BUSY, "too many wait for a token");
	ms += clock_mono_ms();
	t = (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
	p->waiting++;
	pthread_cond_timedwait(&p->over, &k->u->lock, &t);
	p->waiting--;
	return true;
}

static struct bearer *
had(const struct need *k, struct place *p, struct err *e)
{
	for (;;) {
		int64_t now = k->u->doors.now_ms();

		if (is_good(p, now) && (now < p->renew_ms || p->renewing))
			return hold(p->now);
		if (p->renewing) {
			if (!waited(k, p, e))
				return NULL;
			continue;
		}
		if (!is_good(p, now) && now < p->pause_ms) {
			*e = p->failed;
			return NULL;
		}
		renew(k, p, e);
		if (is_good(p, k->u->doors.now_ms())) {
			err_clear(e);
			return hold(p->now);
		}
		if (e->kind)
			return NULL;
	}
}

/* The server refused this one. false: it has had another one for the same
 * reason just now, so a newer one would not help. */
static bool
ended(const struct need *k, struct place *p, const struct bearer *refused)
{
	int64_t now = k->u->doors.now_ms();

	if (p->now != refused)
		return true; /* somebody has renewed it since, or is at it */
	if (now - p->refused_ms < UPAUTH_REFUSED_MS)
		return false;
	p->refused_ms = now;
	let_go(p->now);
	p->now = NULL;
	return true;
}

/* refused: NULL, or the one that shall not be had again. Lives as long as a;
 * NULL and e clear: there is no point in another one. */
static const struct bearer *
token_for(const struct need *k, struct arena *a, const struct bearer *refused,
    struct err *e)
{
	struct bearer *b = NULL;
	struct place *p;

	pthread_mutex_lock(&k->u->lock);
	p = place_for(k->u, k->ask->to);
	if (!refused || ended(k, p, refused))
		b = had(k, p, e);
	pthread_mutex_unlock(&k->u->lock);
	return arena_adopt(a, b, let_go);
}

/* ---- calls ----------------------------------------------------------------------------- */

static const struct upstream_answer *
sent(const struct need *k, struct arena *a, const struct bearer *b,
    struct upstream_seen *seen, struct err *e)
{
	struct upstream_target to = *k->ask->to;
	struct upstream_ask ask = *k->ask;

	to.credential = b->line;
	ask.to = &to;
	ask.deadline_ms = k->deadline_ms;
	ask.seen = seen;
	return k->u->doors.call(k->en, a, &ask, e);
}

/* What a second one adds to the first. */
static void
add_seen(struct upstream_seen *seen, const struct upstream_seen *first)
{
	seen->tries += first->tries;
	seen->elapsed_ms += first->elapsed_ms;
}

static const struct upstream_answer *
called(const struct need *k, struct arena *a, struct upstream_seen *seen,
    struct err *e)
{
	const struct bearer *b = token_for(k, a, NULL, e);
	const struct upstream_answer *answer;
	struct upstream_seen first;
	struct err was;

	if (!b)
		return NULL;
	answer = sent(k, a, b, seen, e);
	if (answer || seen->status != 401 || k->ask->once)
		return answer;
	was = *e;
	err_clear(e);
	if (!(b = token_for(k, a, b, e))) {
		if (!e->kind)
			*e = was;
		return NULL;
	}
	first = *seen;
	answer = sent(k, a, b, seen, e);
	add_seen(seen, &first);
	return answer;
}

const struct upstream_answer *
upauth_call(struct engine *en, struct arena *a, const struct upstream_ask *ask,
    struct err *e)
{
	const struct upstream_target *to = ask->to;
	struct upstream_seen own = { 0 };
	struct need k = { to->tokens, en, ask, 0 };
	int64_t total;

	if (!to->token)
		return upstream_call(en, a, ask, e);
	total = to->total_ms ? to->total_ms : engine_total_ms(en);
	k.deadline_ms = k.u->doors.now_ms() + total;
	if (ask->deadline_ms)
		k.deadline_ms = least(k.deadline_ms, ask->deadline_ms);
	if (ask->seen)
		*ask->seen = own;
	return called(&k, a, ask->seen ? ask->seen : &own, e);
}

/* ---- birth and end ------------------------------------------------------------------------ */

struct upauth *
upauth_new(const struct upauth_doors *doors)
{
	struct upauth *u = calloc(1, sizeof *u);

	if (!u)
		abort();
	pthread_mutex_init(&u->lock, NULL);
	if (doors)
		u->doors = *doors;
	if (!u->doors.call)
		u->doors.call = upstream_call;
	if (!u->doors.now_ms)
		u->doors.now_ms = clock_mono_ms;
	return u;
}

void
upauth_free(struct upauth *u)
{
	unsigned i;

	if (!u)
		return;
	for (i = 0; i < BUCKETS; i++)
		while (u->bucket[i])
			drop(u, &u->bucket[i]);
	pthread_mutex_destroy(&u->lock);
	free(u);
}

size_t
upauth_count(struct upauth *u)
{
	size_t n;

	pthread_mutex_lock(&u->lock);
	n = u->n;
	pthread_mutex_unlock(&u->lock);
	return n;
}
