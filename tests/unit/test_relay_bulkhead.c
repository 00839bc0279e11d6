/* test_relay_bulkhead.c - no hospital, and no eight of them, hold all threads
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "relay/bulkhead.h"

#define SECOND INT64_C(1000000)
#define START  (1000 * SECOND) /* of a clock that only tests turn */

static struct bulkhead *b;
static struct err e;

static int
fresh(void **state)
{
	(void)state;
	b = bulkhead_new(128, 0);
	return 0;
}

static int
spent(void **state)
{
	(void)state;
	bulkhead_free(b);
	return 0;
}

static struct guid
ward(unsigned n)
{
	return (struct guid){ { (unsigned char)n, 1 } };
}

/* How many of so many requests for one hospital get a thread. */
static unsigned
taken(unsigned who, unsigned tries, unsigned most, int64_t now_us)
{
	struct guid g = ward(who);
	unsigned n = 0;

	err_clear(&e);
	while (tries--)
		n += bulkhead_enter(b, &g, most, now_us, &e);
	return n;
}

static void
one_may_hold_an_eighth(void **state)
{
	struct guid g = ward(1);

	(void)state;
	assert_int_equal(taken(1, 100, 0, START), 16);
	assert_int_equal(e.kind, ERR_UPSTREAM_FULL);
	assert_int_equal(e.retry_after_s, BULKHEAD_WAIT_S);
	bulkhead_leave(b, &g, true, START);
	assert_int_equal(taken(1, 100, 0, START), 1);
	assert_int_equal(bulkhead_held(b, &g), 16);
	assert_int_equal(taken(2, 1, 0, START), 1);
}

static void
or_what_is_said_of_it(void **state)
{
	(void)state;
	assert_int_equal(taken(1, 100, 3, START), 3);
	assert_int_equal(taken(2, 100, 60, START), 60);
	bulkhead_free(b);
	b = bulkhead_new(128, 40);
	assert_int_equal(taken(1, 100, 0, START), 40);
	bulkhead_free(b);
	b = bulkhead_new(8, 0);
	assert_int_equal(taken(1, 100, 0, START), 4);
	bulkhead_free(b);
	b = bulkhead_new(1, 0);
	assert_int_equal(taken(1, 100, 0, START), 1);
}

/* Eight hang in the same instant; nobody knows it yet. */
static void
U15_the_last_threads_are_never_theirs(void **state)
{
	unsigned i, held = 0;

	(void)state;
	for (i = 1; i <= 8; i++)
		held += taken(i, 1000, 0, START);
	assert_in_range(held, 64, 112);
	for (i = 9; i <= 12; i++) /* and there is room for others */
		assert_true(taken(i, 4, 0, START) >= 3);
}

static void
U15_those_that_hang_have_half_together(void **state)
{
	int64_t later = START + BULKHEAD_SILENT_US + 1;
	struct guid g = ward(9), h = ward(1);
	unsigned i;

	(void)state;
	for (i = 1; i <= 4; i++)
		assert_int_equal(taken(i, 16, 0, START), 16);
	bulkhead_leave(b, &h, false, later);
	assert_int_equal(taken(1, 1, 0, later), 1); /* still below half */
	assert_int_equal(taken(1, 1, 0, later), 0);
	assert_int_equal(taken(9, 4, 0, START), 4);
	bulkhead_leave(b, &h, false, later);
	bulkhead_leave(b, &h, false, later);
	assert_int_equal(taken(1, 100, 0, later), 0); /* with the ninth */
	bulkhead_leave(b, &g, true, later);           /* which is well again */
	assert_int_equal(taken(1, 100, 0, later), 1);
}

static void
slow_and_steady_is_well(void **state)
{
	struct guid g = ward(1);
	int64_t now = START;
	int i;

	(void)state;
	assert_int_equal(taken(1, 16, 0, now), 16);
	assert_int_equal(taken(2, 16, 0, now), 16);
	assert_int_equal(taken(3, 16, 0, now), 16);
	assert_int_equal(taken(4, 16, 0, now), 16);
	for (i = 0; i < 20; i++) {
		now += BULKHEAD_SILENT_US / 2;
		bulkhead_leave(b, &g, true, now);
		assert_int_equal(taken(1, 2, 0, now), 1);
	}
}

static void
who_holds_nothing_takes_no_room(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < 10000; i++) {
		struct guid g = { { (unsigned char)i,
		    (unsigned char)(i >> 8) } };

		assert_true(bulkhead_enter(b, &g, 0, START, &e));
		bulkhead_leave(b, &g, i % 2, START);
	}
	assert_int_equal(bulkhead_held(b, NULL), 0);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fresh, spent)
	const struct CMUnitTest tests[] = {
		T(one_may_hold_an_eighth),
		T(or_what_is_said_of_it),
		T(U15_the_last_threads_are_never_theirs),
		T(U15_those_that_hang_have_half_together),
		T(slow_and_steady_is_well),
		T(who_holds_nothing_takes_no_room),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
