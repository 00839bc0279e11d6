/* bulkhead.c - how many requests may hold threads for one hospital
 * SPDX-License-Identifier: Apache-2.0 */
#include "relay/bulkhead.h"

#include <pthread.h>
#include <stdlib.h>

#define LEAST 4 /* an eighth of few threads would be none */

struct holder {
	struct guid provider;
	unsigned n;
	bool unwell;      /* how its last request ended */
	int64_t since_us; /* it began to hold, or something ended well */
};

struct bulkhead {
	pthread_mutex_t lock; /* guards what follows */
	unsigned threads, most, held;
	unsigned holders;       /* in use; those that hold nothing go */
	struct holder holder[]; /* threads of them: no more can hold one */
};

struct bulkhead *
bulkhead_new(unsigned threads, unsigned most)
{
	struct bulkhead *b =
	    calloc(1, sizeof *b + threads * sizeof b->holder[0]);

	if (!b)
		abort();
	pthread_mutex_init(&b->lock, NULL);
	b->threads = threads;
	b->most = most ? most : threads / 8;
	if (!most && b->most < LEAST)
		b->most = LEAST;
	return b;
}

void
bulkhead_free(struct bulkhead *b)
{
	if (!b)
		return;
	pthread_mutex_destroy(&b->lock);
	free(b);
}

/* ---- under the lock --------------------------------------------------------------- */

static struct holder *
find(struct bulkhead *b, const struct guid *provider)
{
	unsigned i;

	for (i = 0; i < b->holders; i++)
		if (guid_eq(&b->holder[i].provider, provider))
			return &b->holder[i];
	return NULL;
}

static bool
silent(const struct holder *h, int64_t now_us)
{
	return h->unwell || now_us - h->since_us > BULKHEAD_SILENT_US;
}

static unsigned
held_by_silent(const struct bulkhead *b, int64_t now_us)
{
	unsigned i, n = 0;

	for (i = 0; i < b->holders; i++)
		if (silent(&b->holder[i], now_us))
			n += b->holder[i].n;
	return n;
}

/* All of `most` while half of the threads are free; then less and less. */
static unsigned
share(const struct bulkhead *b, unsigned most)
{
	unsigned left = b->threads - b->held, least = b->threads / 32;
	unsigned n = most;

	if (b->held * 2 > b->threads)
		n = (unsigned)((uint64_t)most * 2 * left / b->threads);
	if (n < least)
		n = least < most ? least : most;
	return n ? n : 1;
}

static bool
full(struct bulkhead *b, const struct holder *h, unsigned most, int64_t now_us)
{
	if (b->held == b->threads)
		return true;
	if (!h)
		return false;
	return h->n >= share(b, most) ||
	       (silent(h, now_us) &&
		   held_by_silent(b, now_us) * 2 >= b->threads);
}

static void
hold(struct bulkhead *b, struct holder *h, const struct guid *provider,
    int64_t now_us)
{
	if (!h) {
		h = &b->holder[b->holders++];
		*h = (struct holder){ .provider = *provider,
			.since_us = now_us };
	}
	h->n++;
	b->held++;
}

/* ---- one request -------------------------------------------------------------------- */

bool
bulkhead_enter(struct bulkhead *b, const struct guid *provider, unsigned most,
    int64_t now_us, struct err *e)
{
	struct holder *h;
	bool fits;

	pthread_mutex_lock(&b->lock);
	h = find(b, provider);
	fits = !full(b, h, most ? most : b->most, now_us);
	if (fits)
		hold(b, h, provider, now_us);
	pthread_mutex_unlock(&b->lock);
	if (fits)
		return true;
	err_why(e, ERR_UPSTREAM_FULL,
	    "as many requests wait for the provider as may");
	e->retry_after_s = BULKHEAD_WAIT_S;
	return false;
}

void
bulkhead_leave(
    struct bulkhead *b, const struct guid *provider, bool well, int64_t now_us)
{
	struct holder *h;

	pthread_mutex_lock(&b->lock);
	h = find(b, provider);
	h->unwell = !well;
	if (well)
		h->since_us = now_us;
	b->held--;
	if (!--h->n)
		*h = b->holder[--b->holders];
	pthread_mutex_unlock(&b->lock);
}

unsigned
bulkhead_held(struct bulkhead *b, const struct guid *provider)
{
	const struct holder *h;
	unsigned n;

	pthread_mutex_lock(&b->lock);
	h = provider ? find(b, provider) : NULL;
	n = provider ? (h ? h->n : 0) : b->held;
	pthread_mutex_unlock(&b->lock);
	return n;
}
