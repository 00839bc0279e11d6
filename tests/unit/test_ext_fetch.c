/* test_ext_fetch.c - pools share nothing, and nothing goes where it must not
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "../rig/provider.h"
#include "base/clock.h"
#include "base/str.h"
#include "ext/fetch.h"
#include "ext/fetch_pool.h"

#define WATCHDOG_S 120

static struct provider plain;
static struct arena *a;
static struct fetch *f;
static struct fetch_addr here;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct fetch_limits limits = { 1 << 20, 32 << 10, 100, 1024, 1 };
static unsigned ended;

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
fresh(void **state)
{
	struct err e = { 0 };

	(void)state;
	a = arena_new();
	ended = 0;
	here = (struct fetch_addr){ .port = (uint16_t)plain.port,
		.at = { 127, 0, 0, 1 } };
	assert_true(fetch_init(&e));
	f = fetch_new(NULL, &e);
	return f ? 0 : -1;
}

static int
spent(void **state)
{
	(void)state;
	pthread_mutex_lock(&lock);
	fetch_end_all(f);
	fetch_free(f);
	pthread_mutex_unlock(&lock);
	arena_free(a);
	return 0;
}

static void
on_done(struct fetch_job *job)
{
	(void)job;
	ended++;
}

static struct fetch_job *
job_for(unsigned owner, int64_t revision, const char *path)
{
	struct fetch_job *job = arena_get(a, sizeof *job);

	job->a = a;
	job->owner.at[0] = (unsigned char)owner;
	job->owner.at[1] = (unsigned char)(owner >> 8);
	job->revision = revision;
	job->url = (struct fetch_url){
		.host = "ward.test", .port = (uint16_t)plain.port, .path = path
	};
	job->addrs = &here;
	job->addrs_n = 1;
	job->plain_http = true;
	job->guard.loopback = true;
	job->connect_ms = 3000;
	job->total_ms = 20000;
	job->limits = &limits;
	job->done = on_done;
	return job;
}

static void
begin(struct fetch_job *job)
{
	pthread_mutex_lock(&lock);
	fetch_begin(f, job);
	pthread_mutex_unlock(&lock);
}

static void
turn_until(unsigned n)
{
	pthread_mutex_lock(&lock);
	while (ended < n)
		fetch_turn(f, 1000, &lock);
	pthread_mutex_unlock(&lock);
}

static void
turn_for(int64_t ms)
{
	int64_t until = clock_mono_ms() + ms;

	pthread_mutex_lock(&lock);
	while (clock_mono_ms() < until)
		fetch_turn(f, 20, &lock);
	pthread_mutex_unlock(&lock);
}

static struct fetch_job *
run(struct fetch_job *job)
{
	unsigned before = ended;

	begin(job);
	turn_until(before + 1);
	return job;
}

#define NEEDS_PROVIDER()                                                       \
	do {                                                                   \
		if (!plain.port)                                               \
			skip();                                                \
	} while (0)

static void
names_need_no_resolver_and_connections_are_kept(void **state)
{
	struct fetch_job *job;

	(void)state;
	NEEDS_PROVIDER();
	job = run(job_for(1, 0, "/echo"));
	assert_int_equal(job->e.kind, ERR_NONE);
	assert_int_equal(job->status, 200);
	assert_true(job->fresh);
	assert_true(job->sent);
	job = run(job_for(1, 0, "/echo"));
	assert_int_equal(job->status, 200);
	assert_false(job->fresh);
	assert_int_equal(fetch_pools(f), 1);
	assert_int_equal(fetch_running(f), 0);
}

static void
only_pinned_addresses_are_used(void **state)
{
	struct fetch_job *job;

	(void)state;
	NEEDS_PROVIDER();
	job = job_for(1, 0, "/echo");
	job->url.host = "192.0.2.1"; /* whatever the URL says */
	assert_int_equal(run(job)->e.kind, ERR_NONE);
	job = job_for(2, 0, "/echo");
	job->url.host = "::1"; /* which libcurl reads itself */
	job->url.v6 = true;
	assert_int_equal(run(job)->e.kind, ERR_UPSTREAM_ADDRESS);
	assert_non_null(strstr(job->e.why, "pinned"));
	assert_false(job->sent);
	job = job_for(3, 0, "/echo");
	here.port++;
	assert_int_equal(run(job)->e.kind, ERR_UPSTREAM_ADDRESS);
	assert_non_null(strstr(job->e.why, "pinned"));
	here.port--;
}

/* Pinned by whoever asked, and yet not opened. */
static void
U2_the_guard_is_asked_when_a_socket_is_opened(void **state)
{
	struct fetch_job *job;

	(void)state;
	NEEDS_PROVIDER();
	job = job_for(4, 0, "/echo");
	job->guard.loopback = false;
	assert_int_equal(run(job)->e.kind, ERR_UPSTREAM_ADDRESS);
	assert_non_null(strstr(job->e.why, "may be reached"));
	assert_false(job->sent);
}

static void
jobs_that_make_no_sense_end_at_once(void **state)
{
	struct fetch_job *job;

	(void)state;
	job = job_for(1, 0, "/echo");
	job->plain_http = false;
	begin(job);
	assert_int_equal(job->e.kind, ERR_BROKEN);
	job = job_for(1, 0, "/echo");
	job->addrs_n = 0;
	begin(job);
	assert_int_equal(job->e.kind, ERR_BROKEN);
	job = job_for(1, 0, "/echo");
	job->total_ms = 0; /* libcurl would take that for ever */
	begin(job);
	assert_int_equal(job->e.kind, ERR_BROKEN);
	assert_int_equal(ended, 3);
	assert_int_equal(fetch_pools(f), 0);
}

static void
a_superseded_revision_loses_its_pool(void **state)
{
	(void)state;
	NEEDS_PROVIDER();
	run(job_for(1, 4, "/echo"));
	run(job_for(2, 1, "/echo"));
	assert_true(run(job_for(1, 5, "/echo"))->fresh);
	assert_int_equal(fetch_pools(f), 3);
	turn_for(1300);
	assert_int_equal(fetch_pools(f), 2);
	/* a request that began before the change still gets its answer */
	assert_true(run(job_for(1, 4, "/echo"))->fresh);
	assert_false(run(job_for(1, 5, "/echo"))->fresh);
	turn_for(1300);
	assert_int_equal(fetch_pools(f), 2);
}

static void
pools_are_bounded_and_the_longest_idle_goes(void **state)
{
	unsigned i;

	(void)state;
	NEEDS_PROVIDER();
	for (i = 0; i < FETCH_POOLS_MAX + 20; i++)
		assert_int_equal(run(job_for(i, 0, "/echo"))->status, 200);
	assert_int_equal(fetch_pools(f), FETCH_POOLS_MAX);
	assert_false(run(job_for(i - 1, 0, "/echo"))->fresh);
	assert_true(run(job_for(0, 0, "/echo"))->fresh);
}

static void
a_job_can_be_ended_at_any_time(void **state)
{
	struct fetch_job *job = job_for(1, 0, "/~hang/x");
	int i;

	(void)state;
	NEEDS_PROVIDER();
	begin(job);
	assert_int_equal(fetch_running(f), 1);
	fetch_end(f, job, ERR_UPSTREAM_TIMEOUT, "enough");
	assert_int_equal(job->e.kind, ERR_UPSTREAM_TIMEOUT);
	assert_string_equal(job->e.why, "enough");
	fetch_end(f, job, ERR_BROKEN, "again");
	assert_int_equal(ended, 1);
	for (i = 0; i < 20; i++)
		begin(job_for(1, 0, "/~stalled/x"));
	turn_for(100);
	assert_int_equal(fetch_running(f), 20);
	fetch_end_all(f);
	assert_int_equal(fetch_running(f), 0);
	assert_int_equal(ended, 21);
	assert_int_equal(run(job_for(1, 0, "/echo"))->status, 200);
}

static void
many_at_once_in_one_pool(void **state)
{
	struct fetch_job *job[200];
	unsigned i;

	(void)state;
	NEEDS_PROVIDER();
	for (i = 0; i < COUNT(job); i++)
		begin(job[i] = job_for(1, 0, "/~delay-50/echo"));
	turn_until(COUNT(job));
	for (i = 0; i < COUNT(job); i++)
		assert_int_equal(job[i]->status, 200);
	assert_int_equal(fetch_running(f), 0);
}

static void
dead_connections_are_replaced_however_often(void **state)
{
	unsigned i;

	(void)state;
	NEEDS_PROVIDER();
	for (i = 0; i < 12; i++) {
		assert_int_equal(
		    run(job_for(1, 0, "/~smuggled/echo"))->status, 200);
		turn_for(120); /* what nobody asked for arrives */
		assert_int_equal(run(job_for(1, 0, "/echo"))->e.kind, 0);
	}
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fresh, spent)
	const struct CMUnitTest tests[] = {
		T(names_need_no_resolver_and_connections_are_kept),
		T(only_pinned_addresses_are_used),
		T(U2_the_guard_is_asked_when_a_socket_is_opened),
		T(jobs_that_make_no_sense_end_at_once),
		T(a_superseded_revision_loses_its_pool),
		T(pools_are_bounded_and_the_longest_idle_goes),
		T(a_job_can_be_ended_at_any_time),
		T(many_at_once_in_one_pool),
		T(dead_connections_are_replaced_however_often),
	};

	return cmocka_run_group_tests(tests, open_stage, close_stage);
}
