/* test_relay_resolve.c - names become addresses, and deadlines are kept
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "relay/resolve.h"

#define LONG_MS 60000

static sem_t release;
static atomic_uint asked; /* look-ups made */
static atomic_uint answers;
static atomic_uint back; /* askers that have been answered or refused */

/* hang*: waits to be released. none*: nothing. Others: 10.0.0.1, .2, ... in
 * the order of answers. many: more than fits. */
static unsigned
lookup(void *ctx, const char *name, struct fetch_addr *to)
{
	unsigned i;

	(void)ctx;
	atomic_fetch_add(&asked, 1);
	if (!strncmp(name, "hang", 4)) {
		sem_wait(&release);
		sem_post(&release);
	}
	if (!strncmp(name, "none", 4))
		return 0;
	memset(to, 0, sizeof *to);
	memcpy(to->at, "\x0a\0\0", 3);
	to->at[3] = (unsigned char)(atomic_fetch_add(&answers, 1) + 1);
	if (strcmp(name, "many"))
		return 1;
	for (i = 1; i < FETCH_ADDRS_MAX; i++)
		to[i] = to[0];
	return FETCH_ADDRS_MAX;
}

static struct resolve *r;
static struct err e;
static const struct guid one = { { 1 } };

static int
open_it(void **state)
{
	(void)state;
	atomic_store(&asked, 0);
	atomic_store(&answers, 0);
	atomic_store(&back, 0);
	sem_init(&release, 0, 0);
	err_clear(&e);
	r = resolve_start(lookup, NULL, &e);
	return r ? 0 : -1;
}

/* Threads left behind in a look-up are released, and end by themselves. */
static int
close_it(void **state)
{
	(void)state;
	sem_post(&release);
	resolve_stop(r);
	return 0;
}

static unsigned
ask(const char *host, int64_t ms, struct fetch_addr *to)
{
	err_clear(&e);
	return resolve_name(r, &one, host, 8443, clock_mono_ms() + ms, to, &e);
}

static void
literals_need_no_look_up(void **state)
{
	struct fetch_addr at[FETCH_ADDRS_MAX];

	(void)state;
	assert_int_equal(ask("192.0.2.7", LONG_MS, at), 1);
	assert_false(at[0].v6);
	assert_memory_equal(at[0].at, "\xc0\0\x02\x07", 4);
	assert_int_equal(at[0].port, 8443);
	assert_int_equal(ask("2001:db8::1", LONG_MS, at), 1);
	assert_true(at[0].v6);
	assert_int_equal(atomic_load(&asked), 0);
}

static void
an_answer_is_used_again(void **state)
{
	struct fetch_addr at[FETCH_ADDRS_MAX];
	int i;

	(void)state;
	for (i = 0; i < 10; i++) {
		assert_int_equal(ask("a.test", LONG_MS, at), 1);
		assert_int_equal(at[0].at[3], 1);
		assert_int_equal(at[0].port, 8443);
	}
	assert_int_equal(atomic_load(&asked), 1);
	assert_int_equal(ask("many", LONG_MS, at), FETCH_ADDRS_MAX);
	assert_int_equal(at[FETCH_ADDRS_MAX - 1].port, 8443);
}

static void
no_such_name_is_believed_for_a_moment(void **state)
{
	struct fetch_addr at[FETCH_ADDRS_MAX];
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(ask("none.test", LONG_MS, at), 0);
		assert_int_equal(e.kind, ERR_UPSTREAM_CONNECT);
	}
	assert_int_equal(atomic_load(&asked), 1);
}

static void
a_name_that_hangs_costs_its_asker_the_deadline(void **state)
{
	struct fetch_addr at[FETCH_ADDRS_MAX];
	int i;

	(void)state;
	assert_int_equal(ask("hang.test", 50, at), 0);
	assert_int_equal(e.kind, ERR_UPSTREAM_TIMEOUT);
	for (i = 0; i < 20; i++)
		assert_int_equal(ask("other.test", LONG_MS, at), 1);
	assert_int_equal(ask("hang.test", 50, at), 0);
	assert_int_equal(atomic_load(&asked), 2); /* not looked up twice */
	sem_post(&release);
	assert_int_equal(ask("hang.test", LONG_MS, at), 1);
}

/* All four threads hang: literals and remembered names still work, and the
 * deadline of everybody else is kept. */
static void
when_every_thread_hangs_deadlines_are_kept(void **state)
{
	struct fetch_addr at[FETCH_ADDRS_MAX];
	char name[32];
	int i;

	(void)state;
	assert_int_equal(ask("known.test", LONG_MS, at), 1);
	for (i = 0; i < RESOLVE_THREADS; i++) {
		snprintf(name, sizeof name, "hang%d.test", i);
		assert_int_equal(ask(name, 20, at), 0);
	}
	assert_int_equal(ask("new.test", 50, at), 0);
	assert_int_equal(e.kind, ERR_UPSTREAM_TIMEOUT);
	assert_int_equal(ask("known.test", 50, at), 1);
	assert_int_equal(ask("127.0.0.1", 50, at), 1);
	sem_post(&release);
	assert_int_equal(ask("new.test", LONG_MS, at), 1);
}

struct asker {
	pthread_t thread;
	const char *host;
	struct guid provider;
	struct err e;
	unsigned n;
	int64_t ms;
};

static void *
asks(void *ctx)
{
	struct fetch_addr at[FETCH_ADDRS_MAX];
	struct asker *k = ctx;

	k->n = resolve_name(
	    r, &k->provider, k->host, 1, clock_mono_ms() + k->ms, at, &k->e);
	atomic_fetch_add(&back, 1);
	return NULL;
}

static void
start(struct asker *k, unsigned n, const char *host)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		k[i] = (struct asker){
			.host = host, .provider = one, .ms = LONG_MS
		};
		pthread_create(&k[i].thread, NULL, asks, &k[i]);
	}
}

static void
a_provider_has_a_bounded_queue_of_its_own(void **state)
{
	struct asker k[RESOLVE_WAITING_MAX + 20], other;
	unsigned i, busy = 0, good = 0;

	(void)state;
	start(k, COUNT(k), "hang.test");
	while (atomic_load(&back) < 20) /* refused at once */
		usleep(1000);
	other = (struct asker){
		.host = "free.test", .provider = { { 2 } }, .ms = LONG_MS
	};
	asks(&other);
	assert_int_equal(other.n, 1);
	sem_post(&release);
	for (i = 0; i < COUNT(k); i++) {
		pthread_join(k[i].thread, NULL);
		busy += k[i].e.kind == ERR_UPSTREAM_BUSY;
		good += k[i].n == 1;
	}
	assert_int_equal(busy, 20);
	assert_int_equal(good, RESOLVE_WAITING_MAX);
	assert_int_equal(atomic_load(&asked), 2);
}

static void
a_stop_lets_askers_go(void **state)
{
	struct asker k[8];
	unsigned i;

	(void)state;
	start(k, COUNT(k), "hang.test");
	while (!atomic_load(&asked))
		usleep(1000);
	resolve_close(r);
	for (i = 0; i < COUNT(k); i++) {
		pthread_join(k[i].thread, NULL);
		assert_int_equal(k[i].n, 0);
		assert_int_equal(k[i].e.kind, ERR_BUSY);
	}
	asks(&k[0]);
	assert_int_equal(k[0].n, 0);
}

static void
an_address_in_doubt_is_looked_up_again_meanwhile_used(void **state)
{
	struct fetch_addr at[FETCH_ADDRS_MAX];

	(void)state;
	assert_int_equal(ask("moved.test", LONG_MS, at), 1);
	resolve_doubt(r, "moved.test");
	resolve_doubt(r, "never.test");
	assert_int_equal(ask("moved.test", LONG_MS, at), 1);
	assert_int_equal(at[0].at[3], 1); /* nobody waits for the new one */
	while (at[0].at[3] == 1) {
		usleep(1000);
		assert_int_equal(ask("moved.test", LONG_MS, at), 1);
	}
	assert_int_equal(at[0].at[3], 2);
	assert_int_equal(atomic_load(&asked), 2);
}

static void
more_names_than_fit_push_out_old_ones(void **state)
{
	struct fetch_addr at[FETCH_ADDRS_MAX];
	char name[32];
	int i;

	(void)state;
	for (i = 0; i < RESOLVE_NAMES_MAX + 50; i++) {
		snprintf(name, sizeof name, "n%d.test", i);
		assert_int_equal(ask(name, LONG_MS, at), 1);
	}
	assert_int_equal(ask(name, LONG_MS, at), 1);
	assert_int_equal(atomic_load(&asked), RESOLVE_NAMES_MAX + 50);
	assert_int_equal(ask("n0.test", LONG_MS, at), 1);
	assert_int_equal(atomic_load(&asked), RESOLVE_NAMES_MAX + 51);
}

static void
a_name_that_is_too_long_is_none(void **state)
{
	struct fetch_addr at[FETCH_ADDRS_MAX];
	char name[300];

	(void)state;
	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_int_equal(ask(name, LONG_MS, at), 0);
	assert_int_equal(e.kind, ERR_UPSTREAM_CONNECT);
}

static void
the_systems_resolver_knows_localhost(void **state)
{
	struct resolve *own = resolve_start(NULL, NULL, &e);
	struct fetch_addr at[FETCH_ADDRS_MAX];
	unsigned n, i;

	(void)state;
	n = resolve_name(
	    own, &one, "localhost", 1, clock_mono_ms() + LONG_MS, at, &e);
	assert_true(n > 0);
	for (i = 0; i < n; i++)
		assert_true(at[i].v6 ? at[i].at[15] == 1 : at[i].at[0] == 127);
	resolve_stop(own);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_it, close_it)
	const struct CMUnitTest tests[] = {
		T(literals_need_no_look_up),
		T(an_answer_is_used_again),
		T(no_such_name_is_believed_for_a_moment),
		T(a_name_that_hangs_costs_its_asker_the_deadline),
		T(when_every_thread_hangs_deadlines_are_kept),
		T(a_provider_has_a_bounded_queue_of_its_own),
		T(a_stop_lets_askers_go),
		T(an_address_in_doubt_is_looked_up_again_meanwhile_used),
		T(more_names_than_fit_push_out_old_ones),
		T(a_name_that_is_too_long_is_none),
		T(the_systems_resolver_knows_localhost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
