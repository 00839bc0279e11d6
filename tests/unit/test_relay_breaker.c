/* test_relay_breaker.c - who fails is left alone, tried once, and let back in
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "relay/breaker.h"

#define SECOND INT64_C(1000000)
#define START  (1000 * SECOND) /* of a clock that only tests turn */
#define LEASE  (20 * SECOND)

static char dir[] = "/tmp/wg-break-XXXXXX";
static struct conf conf = { .shared_dir = dir,
	.provider_patience_s = 300,
	.breaker_calls = 20,
	.breaker_percent = 50,
	.breaker_time_outs = 5,
	.breaker_pause_ms = 5000 };
static const struct guid ward = { { 7 } };
static struct breakers *b;
static struct err e;

static int
set_up(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static void
clear(void)
{
	char path[64];

	snprintf(path, sizeof path, "%s/providers", dir);
	unlink(path);
}

static int
tear_down(void **state)
{
	(void)state;
	clear();
	return rmdir(dir);
}

static struct breakers *
opened(void)
{
	struct breakers *made;

	err_clear(&e);
	made = breakers_open(&conf, &e);
	assert_non_null(made);
	return made;
}

static int
fresh(void **state)
{
	(void)state;
	clear();
	b = opened();
	return 0;
}

static int
spent(void **state)
{
	(void)state;
	breakers_close(b);
	return 0;
}

static bool
enter(struct breakers *of, int64_t revision, int64_t now_us,
    struct breaker_call *call)
{
	*call = (struct breaker_call){ NULL, false };
	err_clear(&e);
	return breaker_enter(
	    of, &ward, revision, 0, now_us, now_us + LEASE, call, &e);
}

/* One call that ends at once; false: it was not let through. */
static bool
call(enum breaker_told told, int64_t now_us)
{
	struct breaker_call c;

	if (!enter(b, 1, now_us, &c))
		return false;
	breaker_leave(b, &c, told, ERR_NONE, 0, now_us);
	return true;
}

static void
open_it(int64_t now_us)
{
	int i;

	for (i = 0; i < 5; i++)
		assert_true(call(BREAKER_LATE, now_us));
	assert_false(call(BREAKER_WELL, now_us));
}

static void
half_of_twenty_that_fail_open_it(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 9; i++)
		assert_true(call(BREAKER_ILL, START));
	for (i = 0; i < 10; i++)
		assert_true(call(BREAKER_WELL, START));
	assert_true(call(BREAKER_ILL, START)); /* the twentieth */
	assert_false(call(BREAKER_WELL, START));
	assert_int_equal(e.kind, ERR_UPSTREAM_OPEN);
	assert_int_equal(e.retry_after_s, 5);
}

static void
fewer_calls_or_fewer_failures_do_not(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 19; i++) /* however bad */
		assert_true(call(BREAKER_ILL, START));
	for (i = 0; i < 200; i++) { /* in the next ten seconds */
		int64_t now = START + 10 * SECOND;

		assert_true(call(i % 5 < 2 ? BREAKER_ILL : BREAKER_WELL, now));
	}
	for (i = 0; i < 200; i++) /* what is not its doing */
		assert_true(call(BREAKER_NOTHING, START + 20 * SECOND));
}

static void
five_time_outs_in_a_row_open_it(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_true(call(BREAKER_LATE, START));
	assert_true(call(BREAKER_WELL, START)); /* not in a row */
	open_it(START);
}

static void
one_call_tries_and_lets_all_in(void **state)
{
	struct breaker_call trial, other;
	int64_t then = START + 5 * SECOND;

	(void)state;
	open_it(START);
	assert_false(enter(b, 1, then - 1, &other));
	assert_int_equal(e.retry_after_s, 1);
	assert_true(enter(b, 1, then, &trial));
	assert_true(trial.trial);
	assert_false(enter(b, 1, then, &other));
	assert_false(enter(b, 1, then + LEASE, &other));
	assert_int_equal(
	    breaker_leave(b, &trial, BREAKER_WELL, ERR_NONE, 0, then),
	    BREAKER_CLOSED);
	assert_true(call(BREAKER_WELL, then));
	/* and what failed before is forgotten */
	assert_true(call(BREAKER_LATE, then));
	assert_true(call(BREAKER_LATE, then));
}

static void
a_trial_that_fails_begins_the_pause_anew(void **state)
{
	struct breaker_call trial;
	int64_t then = START + 5 * SECOND;

	(void)state;
	open_it(START);
	assert_true(enter(b, 1, then, &trial));
	assert_int_equal(
	    breaker_leave(b, &trial, BREAKER_LATE, ERR_NONE, 0, then),
	    BREAKER_OPEN);
	assert_false(call(BREAKER_WELL, then + 5 * SECOND - 1));
	assert_true(enter(b, 1, then + 5 * SECOND, &trial));
	/* one that says nothing lets the next one try at once */
	breaker_leave(
	    b, &trial, BREAKER_NOTHING, ERR_NONE, 0, then + 5 * SECOND);
	assert_true(enter(b, 1, then + 5 * SECOND, &trial));
	assert_true(trial.trial);
	breaker_leave(b, &trial, BREAKER_WELL, ERR_NONE, 0, then + 5 * SECOND);
}

static void
a_trial_that_died_is_followed_by_another(void **state)
{
	struct breaker_call dead, next;
	int64_t then = START + 5 * SECOND;

	(void)state;
	open_it(START);
	assert_true(enter(b, 1, then, &dead));
	assert_false(enter(b, 1, then + LEASE + SECOND - 1, &next));
	assert_true(enter(b, 1, then + LEASE + SECOND, &next));
	assert_true(next.trial);
}

static void
what_was_under_way_does_not_close_it(void **state)
{
	struct breaker_call before;

	(void)state;
	assert_true(enter(b, 1, START, &before));
	open_it(START);
	breaker_leave(b, &before, BREAKER_WELL, ERR_NONE, 0, START);
	assert_false(call(BREAKER_WELL, START));
}

static void
other_processes_and_no_other_hospital_go_by_it(void **state)
{
	struct breakers *other = opened(), *ours = b;
	const struct guid elsewhere = { { 8 } };
	struct breaker_call c;

	(void)state;
	open_it(START);
	b = other;
	assert_false(call(BREAKER_WELL, START));
	b = ours;
	assert_true(
	    breaker_enter(b, &elsewhere, 1, 0, START, START + LEASE, &c, &e));
	/* the same one, corrected */
	assert_true(enter(other, 2, START, &c));
	breakers_close(other);
}

/* ---- patience, rate --------------------------------------------------------------- */

static void
patience_is_had_by_all(void **state)
{
	struct breakers *other = opened();
	struct breaker_call c;

	(void)state;
	assert_true(enter(b, 1, START, &c));
	breaker_leave(b, &c, BREAKER_WELL, ERR_UPSTREAM_LIMIT, 7, START);
	assert_false(enter(other, 1, START + SECOND, &c));
	assert_int_equal(e.kind, ERR_UPSTREAM_LIMIT);
	assert_int_equal(e.retry_after_s, 6);
	assert_true(enter(other, 1, START + 7 * SECOND, &c));
	breaker_leave(other, &c, BREAKER_ILL, ERR_UPSTREAM_BUSY, 99999,
	    START + 7 * SECOND);
	assert_false(enter(b, 1, START + 306 * SECOND, &c));
	assert_int_equal(e.kind, ERR_UPSTREAM_BUSY);
	assert_int_equal(e.retry_after_s, 1);
	assert_true(enter(b, 1, START + 307 * SECOND, &c));
	breakers_close(other);
}

static void
a_rate_is_kept_by_all_together(void **state)
{
	struct breakers *other = opened();
	struct breaker_call c;
	unsigned i, n = 0;

	(void)state;
	for (i = 0; i < 100; i++)
		n += breaker_enter(i % 2 ? b : other, &ward, 1, 10,
		    START + i * (SECOND / 100), START + LEASE, &c, &e);
	assert_in_range(n, 19, 20); /* ten at once, and ten a second */
	assert_int_equal(e.kind, ERR_UPSTREAM_QUOTA);
	assert_int_equal(e.retry_after_s, 1);
	breakers_close(other);
}

static void
what_is_switched_off_leaves_nobody_alone(void **state)
{
	struct breaker_call c;
	int i;

	(void)state;
	breakers_close(b);
	conf.breaker_calls = conf.breaker_time_outs = 0;
	conf.provider_patience_s = 0;
	b = opened();
	for (i = 0; i < 100; i++)
		assert_true(call(i % 2 ? BREAKER_LATE : BREAKER_ILL, START));
	assert_true(enter(b, 1, START, &c));
	breaker_leave(b, &c, BREAKER_ILL, ERR_UPSTREAM_LIMIT, 7, START);
	assert_true(call(BREAKER_WELL, START));
	conf.breaker_calls = 20;
	conf.breaker_time_outs = 5;
	conf.provider_patience_s = 300;
}

/* More hospitals than places: nobody is refused for that. */
static void
whoever_was_not_asked_for_longest_is_forgotten(void **state)
{
	struct breaker_call c;
	struct guid g = ward;
	unsigned i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		memcpy(g.at + 4, &i, sizeof i);
		assert_true(breaker_enter(b, &g, 1, 0, START + i * 2 * SECOND,
		    START + LEASE, &c, &e));
		breaker_leave(b, &c, BREAKER_LATE, ERR_NONE, 0, START);
	}
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fresh, spent)
	const struct CMUnitTest tests[] = {
		T(half_of_twenty_that_fail_open_it),
		T(fewer_calls_or_fewer_failures_do_not),
		T(five_time_outs_in_a_row_open_it),
		T(one_call_tries_and_lets_all_in),
		T(a_trial_that_fails_begins_the_pause_anew),
		T(a_trial_that_died_is_followed_by_another),
		T(what_was_under_way_does_not_close_it),
		T(other_processes_and_no_other_hospital_go_by_it),
		T(patience_is_had_by_all),
		T(a_rate_is_kept_by_all_together),
		T(what_is_switched_off_leaves_nobody_alone),
		T(whoever_was_not_asked_for_longest_is_forgotten),
	};
#undef T

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
