/* test_relay_engine.c - threads wait for the loop, turn it, and always leave
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "../rig/provider.h"
#include "base/clock.h"
#include "base/str.h"
#include "relay/engine.h"

#define WATCHDOG_S 120

static struct provider plain;
static struct engine *en;
static struct err e;

static const struct conf settings = {
	.answer_bytes = 1 << 20,
	.answer_header_bytes = 32 << 10,
	.answer_headers = 100,
	.provider_connect_ms = 1234,
	.provider_wait_ms = 5678,
	.provider_slow_bytes_s = 1024,
	.provider_slow_s = 1,
};

static int
open_stage(void **state)
{
	(void)state;
	alarm(WATCHDOG_S);
	provider_start(&plain, false);
	return 0;
}

static int
close_stage(void **state)
{
	(void)state;
	provider_stop(&plain);
	return 0;
}

static int
start(void **state)
{
	(void)state;
	err_clear(&e);
	en = engine_start(&settings, NULL, &e);
	return en ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	engine_stop(en);
	return 0;
}

#define NEEDS_PROVIDER()                                                       \
	do {                                                                   \
		if (!plain.port)                                               \
			skip();                                                \
	} while (0)

struct asker {
	pthread_t thread;
	struct fetch_job job;
	struct fetch_addr here;
	unsigned owner, times, good;
	int64_t wait_ms; /* the engine's deadline */
	const char *path;
	atomic_bool back;
};

static atomic_uint entered; /* how often somebody came in */

static bool
run(struct asker *k)
{
	struct fetch_job *job = &k->job;
	struct arena *a = arena_new();
	bool ok;

	k->here = (struct fetch_addr){ .port = (uint16_t)plain.port,
		.at = { 127, 0, 0, 1 } };
	*job = (struct fetch_job){
		.a = a,
		.owner.at[0] = (unsigned char)k->owner,
		.url = { .host = "ward.test",
		    .port = (uint16_t)plain.port,
		    .path = k->path },
		.addrs = &k->here,
		.addrs_n = 1,
		.plain_http = true,
		.guard = { .loopback = true },
		.connect_ms = 3000,
		.total_ms = 60000,
		.limits = engine_limits(en),
	};
	if ((ok = engine_enter(en, &job->e))) {
		atomic_fetch_add(&entered, 1);
		ok = engine_run(en, job, clock_mono_ms() + k->wait_ms);
		engine_leave(en);
	}
	ok = ok && job->status == 200 && job->body.len > 100;
	arena_free(a);
	return ok;
}

static void *
asks(void *ctx)
{
	struct asker *k = ctx;
	unsigned i;

	for (i = 0; i < k->times; i++)
		k->good += run(k);
	atomic_store(&k->back, true);
	return NULL;
}

static void
begin(struct asker *k, unsigned n, const char *path, unsigned times)
{
	unsigned i;

	memset(k, 0, n * sizeof *k);
	for (i = 0; i < n; i++) {
		k[i].owner = i % 5;
		k[i].times = times;
		k[i].wait_ms = 60000;
		k[i].path = path;
		pthread_create(&k[i].thread, NULL, asks, &k[i]);
	}
}

static void
settings_are_the_limits(void **state)
{
	(void)state;
	assert_int_equal(engine_connect_ms(en), 1234);
	assert_int_equal(engine_total_ms(en), 5678);
	assert_int_equal(engine_limits(en)->headers, 100);
	assert_int_equal(engine_limits(en)->body_bytes, 1 << 20);
}

static void
every_thread_gets_its_answers(void **state)
{
	struct asker k[40];
	unsigned i;

	(void)state;
	NEEDS_PROVIDER();
	begin(k, COUNT(k), "/echo", 25);
	for (i = 0; i < COUNT(k); i++) {
		pthread_join(k[i].thread, NULL);
		assert_int_equal(k[i].good, 25);
	}
}

/* The deadline is the engine's own, not libcurl's: the job may take 60 s. */
static void
a_deadline_ends_a_job_that_nothing_else_ends(void **state)
{
	struct asker alone = { .path = "/~hang/x", .wait_ms = 50 };
	struct asker k[10];
	unsigned i;

	(void)state;
	NEEDS_PROVIDER();
	assert_false(run(&alone));
	assert_int_equal(alone.job.e.kind, ERR_UPSTREAM_TIMEOUT);
	begin(k, COUNT(k), "/~delay-1000/echo", 1);
	assert_false(run(&alone));
	assert_int_equal(alone.job.e.kind, ERR_UPSTREAM_TIMEOUT);
	for (i = 0; i < COUNT(k); i++) {
		pthread_join(k[i].thread, NULL);
		assert_int_equal(k[i].good, 1);
	}
}

/* Whoever turns the loop leaves when its own answer is there; somebody else
 * has to go on, again and again. The keeper, which would help in the end,
 * looks in too late for these deadlines. */
static void
the_loop_is_handed_on(void **state)
{
	static const char *const paths[] = {
		"/~delay-60/echo",
		"/~delay-120/echo",
		"/~delay-180/echo",
		"/~delay-240/echo",
		"/~delay-300/echo",
	};
	struct asker k[COUNT(paths)];
	unsigned i;

	(void)state;
	NEEDS_PROVIDER();
	memset(k, 0, sizeof k);
	for (i = 0; i < COUNT(k); i++) {
		k[i].times = 1;
		k[i].wait_ms = 4000;
		k[i].path = paths[i];
		pthread_create(&k[i].thread, NULL, asks, &k[i]);
	}
	for (i = 0; i < COUNT(k); i++) {
		pthread_join(k[i].thread, NULL);
		assert_int_equal(k[i].good, 1);
	}
}

static void
a_stop_waits_for_those_inside(void **state)
{
	struct timespec wait = { 0, 1000 * 1000 };
	struct asker k[6];
	unsigned i;

	(void)state;
	NEEDS_PROVIDER();
	atomic_store(&entered, 0);
	begin(k, COUNT(k), "/~hang/x", 1);
	while (atomic_load(&entered) < COUNT(k))
		nanosleep(&wait, NULL);
	engine_stop(en);
	for (i = 0; i < COUNT(k); i++) {
		pthread_join(k[i].thread, NULL);
		assert_int_equal(k[i].job.e.kind, ERR_BUSY);
	}
	assert_int_equal(start(state), 0);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(settings_are_the_limits),
		T(every_thread_gets_its_answers),
		T(a_deadline_ends_a_job_that_nothing_else_ends),
		T(the_loop_is_handed_on),
		T(a_stop_waits_for_those_inside),
	};

	return cmocka_run_group_tests(tests, open_stage, close_stage);
}
