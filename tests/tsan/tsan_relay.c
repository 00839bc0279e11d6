/* tsan_relay.c - 10,000 calls of many threads to many providers, good and bad
 * SPDX-License-Identifier: Apache-2.0
 *
 * What must hold: each call ends the way its path says, an answer is the one
 * to its own question, and no connection ever serves two providers. Meant for
 * -fsanitize=thread; without a provider double it says so and passes. */
#include <pthread.h>
#include <stdatomic.h>

#include "../rig/provider.h"
#include "base/clock.h"
#include "base/str.h"
#include "relay/upstream.h"

#define THREADS   24
#define CALLS     10000
#define PROVIDERS 12
#define CONNS_MAX 100000
#define LONGEST_S 180

static const struct {
	const char *fault;
	enum err_kind kind;
	unsigned total_ms;
	unsigned parts; /* of a hundred calls */
} mix[] = {
	{ "", ERR_NONE, 0, 60 },
	{ "~chunked/", ERR_NONE, 0, 8 },
	{ "~gzip/", ERR_NONE, 0, 8 },
	{ "~delay-5/", ERR_NONE, 0, 8 },
	{ "~status-404/", ERR_UPSTREAM_NOT_FOUND, 0, 5 },
	{ "~cut/", ERR_UPSTREAM_BAD, 0, 2 },
	{ "~chunkjunk/", ERR_UPSTREAM_BAD, 0, 2 },
	{ "~close/", ERR_UPSTREAM_BAD, 0, 2 },
	{ "~redirect/", ERR_UPSTREAM_REDIRECT, 0, 2 },
	{ "~hang/", ERR_UPSTREAM_TIMEOUT, 30, 1 },
	{ "~stalled/", ERR_UPSTREAM_TIMEOUT, 30, 1 },
	{ "~heads-200/", ERR_UPSTREAM_LARGE, 0, 1 },
};

static struct provider plain;
static struct engine *en;
static atomic_uint next_call, wrong;
static atomic_uchar owner_of[CONNS_MAX]; /* 0: nobody yet */

static unsigned
lookup(void *ctx, const char *name, struct fetch_addr *to)
{
	(void)ctx;
	(void)name;
	*to = (struct fetch_addr){ .at = { 127, 0, 0, 1 } };
	return 1;
}

static size_t
kind_of_call(unsigned n)
{
	unsigned at = n * 7919 % 100;
	size_t i = 0;

	while (at >= mix[i].parts)
		at -= mix[i++].parts;
	return i;
}

static void
complain(const char *what, const char *path, const struct err *e)
{
	atomic_fetch_add(&wrong, 1);
	fprintf(stderr, "%s: %s: kind %d, %s\n", path, what, e->kind, e->why);
}

static void
check_connection(const struct upstream_answer *w, unsigned provider,
    const char *path, const struct err *e)
{
	const char *at =
	    memmem(w->body.at, w->body.len, "\"connection\": ", 14);
	unsigned long n = at ? strtoul(at + 14, NULL, 10) : CONNS_MAX;
	unsigned char was = 0;

	if (n >= CONNS_MAX)
		complain("no connection in the answer", path, e);
	else if (!atomic_compare_exchange_strong(
		     &owner_of[n], &was, (unsigned char)(provider + 1)) &&
		 was != provider + 1)
		complain("connection of another provider", path, e);
}

static void
check(const struct upstream_answer *w, const char *question, unsigned provider,
    const char *path, const struct err *e)
{
	if (!memmem(w->body.at, w->body.len, question, strlen(question)))
		complain("somebody else's answer", path, e);
	check_connection(w, provider, path, e);
}

static void
one_call(struct arena *a, unsigned n)
{
	unsigned provider = n % PROVIDERS;
	size_t m = kind_of_call(n);
	char *path = arena_printf(a, "%scall-%u/echo", mix[m].fault, n);
	struct upstream_target to = { .loopback_http = true,
		.total_ms = mix[m].total_ms };
	struct upstream_ask k = { .to = &to, .path = str_of(path) };
	const struct upstream_answer *w;
	struct err e = { 0 };

	to.provider.at[0] = (unsigned char)(provider + 1);
	to.base_url =
	    arena_printf(a, "http://p%u.test:%u", provider % 5, plain.port);
	if (n % 3 == 0) {
		k.method = UPSTREAM_POST_FORM;
		k.body = STR("a=b");
	}
	w = upstream_call(en, a, &k, &e);
	if (e.kind != mix[m].kind)
		complain("another kind than expected", path, &e);
	if (w)
		check(w, arena_printf(a, "/call-%u/echo\"", n), provider, path,
		    &e);
}

static void *
calls(void *ctx)
{
	struct arena *a = arena_new();
	unsigned n;

	(void)ctx;
	while ((n = atomic_fetch_add(&next_call, 1)) < CALLS) {
		one_call(a, n);
		arena_reset(a);
	}
	arena_free(a);
	return NULL;
}

static const struct conf settings = {
	.answer_bytes = 1 << 20,
	.answer_header_bytes = 32 << 10,
	.answer_headers = 100,
	.provider_connect_ms = 20000,
	.provider_wait_ms = 40000,
	.provider_slow_bytes_s = 1,
	.provider_slow_s = 30,
};

int
main(void)
{
	struct engine_doors doors = { .lookup = lookup };
	pthread_t thread[THREADS];
	struct err e = { 0 };
	int64_t began;
	int i;

	alarm(LONGEST_S);
	if (!provider_start(&plain, false))
		return 0;
	if (!(en = engine_start(&settings, &doors, &e)))
		return 1;
	began = clock_mono_ms();
	for (i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, calls, NULL);
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	engine_stop(en);
	provider_stop(&plain);
	printf("tsan_relay: %d calls, %u wrong, %.1f s\n", CALLS,
	    atomic_load(&wrong), (double)(clock_mono_ms() - began) / 1000);
	return atomic_load(&wrong) ? 1 : 0;
}
