/* test_ext_db_choice.c - which of several servers is to be believed
 * SPDX-License-Identifier: Apache-2.0
 *
 * What needs servers is told by tests/e2e/test_hosts.py. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ext/db_choice.h"

static bool
says(struct db_choice *c, const char *system, unsigned timeline)
{
	struct link_lineage is = { .timeline = timeline };

	snprintf(is.system, sizeof is.system, "%s", system);
	return choice_believes(c, &is, NULL);
}

static void
who_led_before_is_not_believed(void **state)
{
	const struct db_servers two = { .count = 2 };
	struct db_choice c = choice_new(&two);

	(void)state;
	assert_true(says(&c, "7", 1));
	assert_false(choice_old(&c, 1));
	assert_true(says(&c, "7", 3));
	assert_true(choice_old(&c, 1));
	assert_false(says(&c, "7", 1));
	assert_false(says(&c, "7", 2));
	assert_true(says(&c, "7", 3));
}

static void
who_only_follows_says_nothing_about_the_lead(void **state)
{
	const struct db_servers two = { .count = 2 };
	struct db_choice c = choice_new(&two);

	(void)state;
	assert_true(says(&c, "7", 2));
	assert_true(says(&c, "7", 0));
	assert_true(says(&c, "8", 0));
	assert_false(choice_old(&c, 0));
	assert_true(says(&c, "7", 2));
}

static void
another_cluster_is_not_believed(void **state)
{
	const struct db_servers two = { .count = 2 };
	struct db_choice c = choice_new(&two);
	struct link_lineage other = { .timeline = 9, .system = "8" };
	struct err e = { 0 };

	(void)state;
	assert_true(says(&c, "7", 1));
	assert_false(choice_believes(&c, &other, &e));
	assert_int_equal(e.kind, ERR_DB);
	assert_non_null(strstr(e.why, "another cluster"));
	assert_true(says(&c, "7", 1));
}

static bool
never(void *ctx, struct link *l, int64_t deadline, struct err *e)
{
	(void)ctx, (void)l, (void)deadline, (void)e;
	fail_msg("nobody is there to be fit");
	return false;
}

static void
it_is_looked_again_until_somebody_leads(void **state)
{
	static const struct db_servers two = { .count = 2,
		.keys = { "host", "dbname" },
		.values = { { "/nowhere", "d" }, { "/nowhere/else", "d" } } };
	struct db_choice c = choice_new(&two);
	unsigned timeline = 0;
	struct err e = { 0 };

	(void)state;
	assert_true(c.look);
	assert_null(choice_dial(
	    &c, false, never, NULL, clock_mono_ms() + 500, &timeline, &e));
	assert_int_equal(e.kind, ERR_DB);
	assert_true(c.look);
}

static void
they_are_looked_at_again_in_a_while(void **state)
{
	static const struct db_servers two = { .count = 2,
		.keys = { "host", "dbname" },
		.values = { { "/nowhere", "d" }, { "/nowhere/else", "d" } } };
	struct db_choice c = choice_new(&two);

	(void)state;
	assert_false(choice_due(&c));
	choice_look(&c, clock_mono_ms() + 500);
	assert_true(atomic_load(&c.again_ms) > clock_mono_ms());
	atomic_store(&c.again_ms, clock_mono_ms());
	assert_true(choice_due(&c));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_led_before_is_not_believed),
		cmocka_unit_test(who_only_follows_says_nothing_about_the_lead),
		cmocka_unit_test(another_cluster_is_not_believed),
		cmocka_unit_test(it_is_looked_again_until_somebody_leads),
		cmocka_unit_test(they_are_looked_at_again_in_a_while),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
