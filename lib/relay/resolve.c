/* resolve.c - names of providers become addresses, in threads that may hang
 * SPDX-License-Identifier: Apache-2.0 */
#include "relay/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define BUCKETS  256u
#define FRESH_MS (RESOLVE_LIFE_MS / 3 * 2) /* then looked up again */
#define LEAVE_MS 200 /* how long a stop waits for threads that hang */

struct name {
	char host[FETCH_HOST_MAX];
	struct name *next;  /* in its bucket */
	struct name *after; /* in the queue of names to be looked up */
	bool looking;       /* queued, or a thread has it */
	unsigned waiters;
	unsigned turn;      /* look-ups that have ended */
	int64_t until_ms;   /* the answer is used up to here */
	int64_t refresh_ms; /* from here on a better one is sought */
	unsigned n;         /* 0: no such name */
	struct fetch_addr at[FETCH_ADDRS_MAX];
};

/* An asker that sleeps; on its own stack. */
struct waiter {
	struct waiter *next;
	const struct guid *provider;
};

struct resolve {
	pthread_mutex_t lock;
	pthread_cond_t work; /* the queue is not empty, or stop */
	pthread_cond_t done; /* a look-up ended, a thread left, or stop */
	resolve_lookup *lookup;
	void *ctx;
	struct name *bucket[BUCKETS];
	unsigned names;
	struct name *first, *last; /* the queue */
	struct waiter *waiting;
	unsigned threads;
	bool stop, abandoned;
};

/* ---- addresses -------------------------------------------------------------- */

static bool
read_literal(const char *host, struct fetch_addr *to)
{
	memset(to, 0, sizeof *to);
	if (inet_pton(AF_INET, host, to->at) == 1)
		return true;
	to->v6 = true;
	return inet_pton(AF_INET6, host, to->at) == 1;
}

static unsigned
system_lookup(void *ctx, const char *name, struct fetch_addr *to)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all, *i;
	unsigned n = 0;

	(void)ctx;
	if (getaddrinfo(name, NULL, &hints, &all))
		return 0;
	for (i = all; i && n < FETCH_ADDRS_MAX; i = i->ai_next) {
		const struct sockaddr_in *in = (const void *)i->ai_addr;
		const struct sockaddr_in6 *in6 = (const void *)i->ai_addr;

		memset(&to[n], 0, sizeof to[n]);
		to[n].v6 = i->ai_family == AF_INET6;
		if (to[n].v6)
			memcpy(to[n++].at, &in6->sin6_addr, 16);
		else if (i->ai_family == AF_INET)
			memcpy(to[n++].at, &in->sin_addr, 4);
	}
	freeaddrinfo(all);
	return n;
}

/* ---- the table of names; all under the lock ----------------------------------- */

static struct name **
bucket_of(struct resolve *r, const char *host)
{
	unsigned h = 5381;

	while (*host)
		h = h * 33 ^ (unsigned char)*host++;
	return &r->bucket[h % BUCKETS];
}

static struct name *
find(struct resolve *r, const char *host)
{
	struct name *i = *bucket_of(r, host);

	while (i && strcmp(i->host, host))
		i = i->next;
	return i;
}

static void
forget(struct resolve *r, struct name *x)
{
	struct name **at = bucket_of(r, x->host);

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	r->names--;
	free(x);
}

/* The name that grows old first and that nobody is busy with. */
static void
make_room(struct resolve *r)
{
	struct name *oldest = NULL, *i;
	unsigned b;

	for (b = 0; b < BUCKETS; b++)
		for (i = r->bucket[b]; i; i = i->next)
			if (!i->looking && !i->waiters &&
			    (!oldest || i->until_ms < oldest->until_ms))
				oldest = i;
	if (oldest)
		forget(r, oldest);
}

static struct name *
find_or_make(struct resolve *r, const char *host)
{
	struct name *x = find(r, host), **at = bucket_of(r, host);

	if (x)
		return x;
	if (r->names >= RESOLVE_NAMES_MAX)
		make_room(r);
	if (r->names >= RESOLVE_NAMES_MAX)
		return NULL;
	if (!(x = calloc(1, sizeof *x)))
		abort(); /* no memory */
	memcpy(x->host, host, strlen(host) + 1);
	x->next = *at;
	*at = x;
	r->names++;
	return x;
}

static void
look_up(struct resolve *r, struct name *x)
{
	if (x->looking)
		return;
	x->looking = true;
	x->after = NULL;
	if (r->first)
		r->last->after = x;
	else
		r->first = x;
	r->last = x;
	pthread_cond_signal(&r->work);
}

/* While an answer still lives, a failure does not replace it: resolvers have
 * bad moments, and what was true half a minute ago is used that long anyway. */
static void
take_answer(struct name *x, const struct fetch_addr *at, unsigned n)
{
	int64_t now = clock_mono_ms();

	x->looking = false;
	x->turn++;
	if (n) {
		memcpy(x->at, at, n * sizeof *at);
		x->n = n;
		x->until_ms = now + RESOLVE_LIFE_MS;
		x->refresh_ms = now + FRESH_MS;
	} else if (x->n && x->until_ms > now) {
		x->refresh_ms = now + RESOLVE_DEAD_LIFE_MS;
	} else {
		x->n = 0;
		x->until_ms = x->refresh_ms = now + RESOLVE_DEAD_LIFE_MS;
	}
}

/* ---- threads ---------------------------------------------------------------- */

static void
resolve_free(struct resolve *r)
{
	unsigned b;

	for (b = 0; b < BUCKETS; b++)
		while (r->bucket[b])
			forget(r, r->bucket[b]);
	pthread_cond_destroy(&r->work);
	pthread_cond_destroy(&r->done);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

/* With the lock held, which is given up during the look-up. */
static void
serve(struct resolve *r, struct name *x)
{
	struct fetch_addr at[FETCH_ADDRS_MAX];
	unsigned n;

	r->first = x->after;
	pthread_mutex_unlock(&r->lock);
	n = r->lookup(r->ctx, x->host, at);
	pthread_mutex_lock(&r->lock);
	take_answer(x, at, n);
	pthread_cond_broadcast(&r->done);
}

static void *
worker(void *ctx)
{
	struct resolve *r = ctx;
	bool last;

	pthread_mutex_lock(&r->lock);
	while (!r->stop)
		if (r->first)
			serve(r, r->first);
		else
			pthread_cond_wait(&r->work, &r->lock);
	last = !--r->threads && r->abandoned;
	pthread_cond_broadcast(&r->done);
	pthread_mutex_unlock(&r->lock);
	if (last)
		resolve_free(r);
	return NULL;
}

static bool
start_threads(struct resolve *r)
{
	pthread_attr_t attr;
	sigset_t all, old;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	pthread_mutex_lock(&r->lock);
	while (r->threads < RESOLVE_THREADS &&
	       !pthread_create(&t, &attr, worker, r))
		r->threads++;
	pthread_mutex_unlock(&r->lock);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return r->threads == RESOLVE_THREADS;
}

struct resolve *
resolve_start(resolve_lookup *lookup, void *ctx, struct err *e)
{
	struct resolve *r = calloc(1, sizeof *r);
	pthread_condattr_t attr;

	if (!r)
		abort(); /* no memory */
	r->lookup = lookup ? lookup : system_lookup;
	r->ctx = ctx;
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&r->work, &attr);
	pthread_cond_init(&r->done, &attr);
	pthread_condattr_destroy(&attr);
	if (!start_threads(r)) {
		err_why(e, ERR_BROKEN, "no thread for the resolver");
		resolve_stop(r);
		return NULL;
	}
	return r;
}

/* Sleeps until `done` is signalled or until_ms is past: then false. */
static bool
sleep_until(struct resolve *r, int64_t until_ms)
{
	struct timespec t = { until_ms / 1000, until_ms % 1000 * 1000000 };

	return pthread_cond_timedwait(&r->done, &r->lock, &t) != ETIMEDOUT;
}

void
resolve_close(struct resolve *r)
{
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	pthread_cond_broadcast(&r->work);
	pthread_cond_broadcast(&r->done);
	pthread_mutex_unlock(&r->lock);
}

void
resolve_stop(struct resolve *r)
{
	int64_t until_ms = clock_mono_ms() + LEAVE_MS;
	bool last;

	if (!r)
		return;
	resolve_close(r);
	pthread_mutex_lock(&r->lock);
	while (r->threads && sleep_until(r, until_ms))
		;
	r->abandoned = true;
	last = !r->threads;
	pthread_mutex_unlock(&r->lock);
	if (last)
		resolve_free(r);
}

/* ---- askers ----------------------------------------------------------------- */

static unsigned
waiting_for(const struct resolve *r, const struct guid *provider)
{
	const struct waiter *w;
	unsigned n = 0;

	for (w = r->waiting; w; w = w->next)
		n += guid_eq(w->provider, provider);
	return n;
}

static void
leave(struct resolve *r, struct waiter *w, struct name *x)
{
	struct waiter **at = &r->waiting;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	x->waiters--;
}

/* Until a look-up of this name has ended. */
static bool
await(struct resolve *r, const struct guid *provider, struct name *x,
    int64_t deadline_ms, struct err *e)
{
	struct waiter w = { r->waiting, provider };
	unsigned turn = x->turn;
	bool in_time = true;

	if (waiting_for(r, provider) >= RESOLVE_WAITING_MAX)
		return err_why(e, ERR_UPSTREAM_BUSY,
		    "too many requests wait for the provider's address");
	r->waiting = &w;
	x->waiters++;
	look_up(r, x);
	while (!r->stop && x->turn == turn && in_time)
		in_time = sleep_until(r, deadline_ms);
	leave(r, &w, x);
	if (x->turn != turn)
		return true;
	if (r->stop)
		return err_why(e, ERR_BUSY, "the process stops");
	return err_why(e, ERR_UPSTREAM_TIMEOUT,
	    "the provider's name was not resolved in time");
}

static unsigned
ask(struct resolve *r, const struct guid *provider, const char *host,
    int64_t deadline_ms, struct fetch_addr *to, struct err *e)
{
	struct name *x = r->stop ? NULL : find_or_make(r, host);
	int64_t now = clock_mono_ms();

	if (r->stop) {
		err_why(e, ERR_BUSY, "the process stops");
		return 0;
	}
	if (!x) {
		err_why(e, ERR_UPSTREAM_BUSY, "too many names at once");
		return 0;
	}
	if (x->until_ms <= now && !await(r, provider, x, deadline_ms, e))
		return 0;
	if (x->refresh_ms <= now)
		look_up(r, x);
	if (!x->n)
		err_why(e, ERR_UPSTREAM_CONNECT,
		    "the provider's name has no address");
	memcpy(to, x->at, x->n * sizeof *to);
	return x->n;
}

unsigned
resolve_name(struct resolve *r, const struct guid *provider, const char *host,
    unsigned port, int64_t deadline_ms, struct fetch_addr *to, struct err *e)
{
	unsigned i, n = 1;

	if (strlen(host) >= FETCH_HOST_MAX) {
		err_why(e, ERR_UPSTREAM_CONNECT, "the name is too long");
		return 0;
	}
	if (!read_literal(host, to)) {
		pthread_mutex_lock(&r->lock);
		n = ask(r, provider, host, deadline_ms, to, e);
		pthread_mutex_unlock(&r->lock);
	}
	for (i = 0; i < n; i++)
		to[i].port = (uint16_t)port;
	return n;
}

void
resolve_doubt(struct resolve *r, const char *host)
{
	int64_t now = clock_mono_ms();
	struct name *x;

	pthread_mutex_lock(&r->lock);
	x = find(r, host);
	if (x && x->n && x->until_ms > now + RESOLVE_DEAD_LIFE_MS) {
		x->until_ms = now + RESOLVE_DEAD_LIFE_MS;
		x->refresh_ms = now;
	}
	pthread_mutex_unlock(&r->lock);
}
