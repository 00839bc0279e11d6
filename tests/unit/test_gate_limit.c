/* test_gate_limit.c - buckets empty, refill, age, and are never another's
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

#include "gate/limit.h"

#define SECOND INT64_C(1000000)
#define START  (1000 * SECOND) /* of a clock that only tests turn */

static char dir[] = "/tmp/wg-limit-XXXXXX";

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

	snprintf(path, sizeof path, "%s/limits", dir);
	unlink(path);
}

static int
tear_down(void **state)
{
	(void)state;
	clear();
	return rmdir(dir);
}

static struct limits *
opened(int64_t places)
{
	const struct conf c = { .shared_dir = dir,
		.client_rate = 50,
		.client_burst = 200,
		.tenant_rate = 0,
		.tenant_burst = 800,
		.failures_per_minute = 10,
		.limit_places = places };
	struct err e = { .kind = ERR_NONE };
	struct limits *l = limits_open(&c, &e);

	assert_non_null(l);
	return l;
}

static struct limits *
fresh(int64_t places)
{
	clear();
	return opened(places);
}

static struct guid
someone(unsigned n)
{
	struct guid g = { { 0 } };

	memcpy(g.at, &n, sizeof n);
	g.at[15] = 1;
	return g;
}

static unsigned
passed(struct limits *l, enum limit_kind kind, unsigned who, unsigned tries,
    int64_t now_us)
{
	struct guid id = someone(who);
	unsigned n = 0;

	while (tries--) {
		struct err e = { .kind = ERR_NONE };

		n += limit_draw(l, kind, &id, 1, now_us, &e);
	}
	return n;
}

/* ---- the arithmetic ---------------------------------------------------------- */

static const struct step {
	int64_t full_us, now_us, cost; /* of 10 a second, 5 at once */
	int64_t then_us, wait_us;
} steps[] = {
	{ 0, START, 1, START + 100000, 0 },                   /* full */
	{ START, START, 5, START + 500000, 0 },               /* all of it */
	{ START, START, 6, START, 100000 },                   /* never fits */
	{ START + 500000, START, 1, START + 500000, 100000 }, /* empty */
	{ START + 400000, START, 1, START + 500000, 0 },      /* the last */
	{ START + 400001, START, 1, START + 400001, 1 },
	{ START + 300000, START, 3, START + 300000, 100000 }, /* all or none */
	/* no clock of ours has said this: it is empty, not more */
	{ START * 9, START, 1, START + 500000, 100000 },
	{ INT64_MAX, START, 1, START + 500000, 100000 },
	{ INT64_MIN, START, 1, START + 100000, 0 },
};

static void
a_bucket_is_one_number(void **state)
{
	const struct limit_rule r = { .each_us = 100000, .burst = 5 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(steps); i++) {
		const struct step *s = &steps[i];
		int64_t wait_us = -1;

		assert_int_equal(
		    limit_step(&r, s->full_us, s->now_us, s->cost, &wait_us),
		    s->then_us);
		assert_int_equal(wait_us, s->wait_us);
	}
}

/* ---- the tables ---------------------------------------------------------------- */

static void
a_burst_passes_and_then_the_rate(void **state)
{
	struct limits *l = fresh(64);

	(void)state;
	assert_int_equal(passed(l, LIMIT_CLIENT, 1, 300, START), 200);
	assert_int_equal(passed(l, LIMIT_CLIENT, 1, 300, START + SECOND), 50);
	assert_int_equal(
	    passed(l, LIMIT_CLIENT, 1, 300, START + 60 * SECOND), 200);
	limits_close(l);
}

static void
one_at_its_limit_does_not_slow_another(void **state)
{
	struct limits *l = fresh(64);

	(void)state;
	passed(l, LIMIT_CLIENT, 1, 1000, START);
	assert_int_equal(passed(l, LIMIT_CLIENT, 2, 10, START), 10);
	assert_int_equal(passed(l, LIMIT_SOURCE, 1, 10, START), 10);
	limits_close(l);
}

static void
no_rate_is_no_limit(void **state)
{
	struct limits *l = fresh(64);

	(void)state;
	assert_int_equal(passed(l, LIMIT_TENANT, 1, 5000, START), 5000);
	limits_close(l);
}

static void
ten_failures_a_minute(void **state)
{
	struct limits *l = fresh(64);
	int64_t t;
	unsigned n = 0;

	(void)state;
	assert_int_equal(passed(l, LIMIT_SOURCE, 1, 100, START), 10);
	for (t = START; t < START + 60 * SECOND; t += SECOND / 100)
		n += passed(l, LIMIT_SOURCE, 1, 1, t);
	assert_int_equal(n, 9); /* one each six seconds, the first at 6 */
	limits_close(l);
}

static void
a_refusal_says_how_long(void **state)
{
	struct limits *l = fresh(64);
	struct guid id = someone(1);
	struct err e = { .kind = ERR_NONE };

	(void)state;
	passed(l, LIMIT_SOURCE, 1, 10, START);
	assert_false(
	    limit_draw(l, LIMIT_SOURCE, &id, 1, START + SECOND / 2, &e));
	assert_int_equal(e.kind, ERR_LIMIT_SOURCE);
	assert_int_equal(e.retry_after_s, 6); /* 5.5, rounded up */
	assert_int_equal(limit_burst(l, LIMIT_SOURCE), 10);
	limits_close(l);
}

static void
what_is_left_is_told_and_asking_takes_nothing(void **state)
{
	struct limits *l = fresh(64);
	struct guid who = someone(1), other = someone(2);
	unsigned full_s;
	int i;

	(void)state;
	passed(l, LIMIT_CLIENT, 1, 60, START);
	for (i = 0; i < 3; i++) {
		assert_int_equal(
		    limit_left(l, LIMIT_CLIENT, &who, START, &full_s), 140);
		assert_int_equal(full_s, 2); /* 60 at 50 a second, rounded up */
	}
	assert_int_equal(
	    limit_left(l, LIMIT_CLIENT, &who, START + 1000000, &full_s), 190);
	assert_int_equal(
	    limit_left(l, LIMIT_CLIENT, &other, START, &full_s), 200);
	assert_int_equal(full_s, 0);
	passed(l, LIMIT_CLIENT, 1, 500, START);
	assert_int_equal(limit_left(l, LIMIT_CLIENT, &who, START, &full_s), 0);
	limits_close(l);
}

static void
who_opens_it_again_finds_the_same_buckets(void **state)
{
	struct limits *l = fresh(64), *other;

	(void)state;
	passed(l, LIMIT_CLIENT, 1, 150, START);
	other = opened(64);
	assert_int_equal(passed(other, LIMIT_CLIENT, 1, 100, START), 50);
	limits_close(l);
	assert_int_equal(passed(other, LIMIT_CLIENT, 1, 100, START), 0);
	limits_close(other);
}

/* One set of eight: the ninth that fails takes the place of who failed least,
 * not of the one that is at its limit. */
static void
who_fills_the_table_does_not_free_himself(void **state)
{
	struct limits *l = fresh(64);
	unsigned n;

	(void)state;
	assert_int_equal(passed(l, LIMIT_SOURCE, 1, 100, START), 10);
	for (n = 2; n < 5000; n++)
		assert_int_equal(passed(l, LIMIT_SOURCE, n, 1, START), 1);
	assert_int_equal(passed(l, LIMIT_SOURCE, 1, 100, START), 0);
	limits_close(l);
}

static void
a_full_table_refuses_nobody_for_want_of_a_place(void **state)
{
	struct limits *l = fresh(64);
	unsigned n;

	(void)state;
	for (n = 1; n < 2000; n++)
		passed(l, LIMIT_SOURCE, n, 10, START);
	assert_int_equal(passed(l, LIMIT_SOURCE, 2000, 3, START), 3);
	limits_close(l);
}

static void
places_come_free_by_themselves(void **state)
{
	struct limits *l = fresh(64);
	int64_t later = START + 61 * SECOND;
	unsigned n;

	(void)state;
	for (n = 1; n < 1000; n++)
		passed(l, LIMIT_SOURCE, n, 10, START);
	assert_int_equal(passed(l, LIMIT_SOURCE, 5000, 20, later), 10);
	assert_int_equal(passed(l, LIMIT_SOURCE, 5000, 20, later), 0);
	limits_close(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_is_one_number),
		cmocka_unit_test(a_burst_passes_and_then_the_rate),
		cmocka_unit_test(one_at_its_limit_does_not_slow_another),
		cmocka_unit_test(no_rate_is_no_limit),
		cmocka_unit_test(ten_failures_a_minute),
		cmocka_unit_test(a_refusal_says_how_long),
		cmocka_unit_test(what_is_left_is_told_and_asking_takes_nothing),
		cmocka_unit_test(who_opens_it_again_finds_the_same_buckets),
		cmocka_unit_test(who_fills_the_table_does_not_free_himself),
		cmocka_unit_test(
		    a_full_table_refuses_nobody_for_want_of_a_place),
		cmocka_unit_test(places_come_free_by_themselves),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
