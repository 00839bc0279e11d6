/* test_app_names.c - names that are asked for once, whoever wants them
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/names.h"
#include "base/clock.h"

#define LONG_MS  60000
#define THREADS  16
#define DISTINCT 5
#define ROUNDS   200

static struct arena *a;
static struct names names;

static int
set_up(void **state)
{
	(void)state;
	a = arena_new();
	names_open(&names, a, DISTINCT, 2);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	names_close(&names);
	arena_free(a);
	return 0;
}

static int64_t
soon(void)
{
	return clock_mono_ms() + 1;
}

static int64_t
later(void)
{
	return clock_mono_ms() + LONG_MS;
}

static void
the_first_has_it_and_the_others_learn_it(void **state)
{
	bool mine;
	struct names_one *one, *same, *other;

	(void)state;
	one = names_claim(&names, STR("Location"), STR("1"), &mine);
	assert_non_null(one);
	assert_true(mine);
	same = names_claim(&names, STR("Location"), STR("1"), &mine);
	assert_ptr_equal(one, same);
	assert_false(mine);
	other = names_claim(&names, STR("Medication"), STR("1"), &mine);
	assert_ptr_not_equal(one, other);
	assert_true(mine);
	assert_null(names_wait(&names, one, soon()).at);
	names_tell(&names, one, STR("Ward 4"));
	assert_true(str_is(names_wait(&names, same, later()), "Ward 4"));
	names_tell(&names, other, STR_NONE);
	assert_null(names_wait(&names, other, later()).at);
}

static void
room_is_bounded(void **state)
{
	char longest[NAMES_ID_MAX + 1];
	struct names_one *one;
	bool mine;
	int i;

	(void)state;
	memset(longest, '1', sizeof longest);
	assert_null(names_claim(&names, STR("Location"),
	    (struct str){ longest, sizeof longest }, &mine));
	for (i = 0; i < DISTINCT; i++)
		assert_non_null(names_claim(&names, STR("Location"),
		    (struct str){ longest, NAMES_ID_MAX - (size_t)i }, &mine));
	assert_null(
	    names_claim(&names, STR("Location"), STR("another"), &mine));
	one = names_claim(&names, STR("Location"),
	    (struct str){ longest, NAMES_ID_MAX }, &mine);
	assert_non_null(one);
	assert_false(mine);
}

static void
only_so_many_ask_at_once_and_nobody_who_must_not(void **state)
{
	(void)state;
	assert_true(names_begin(&names, later()));
	assert_true(names_begin(&names, later()));
	assert_false(names_begin(&names, soon()));
	names_end(&names);
	assert_true(names_begin(&names, later()));
	names_end(&names);
	atomic_store(&names.enough, true);
	assert_false(names_begin(&names, later()));
}

/* ---- many threads ------------------------------------------------------------ */

static atomic_uint asked, asking, most;

static void
tell(struct names_one *one, unsigned id)
{
	unsigned now;
	char text[2] = { (char)('a' + id), 'x' };

	if (!names_begin(&names, later()))
		abort();
	now = atomic_fetch_add(&asking, 1) + 1;
	if (now > atomic_load(&most))
		atomic_store(&most, now);
	atomic_fetch_add(&asked, 1);
	atomic_fetch_sub(&asking, 1);
	names_tell(&names, one, (struct str){ text, sizeof text });
	names_end(&names);
}

/* Claims all in an order of its own, tells what is its own, then waits. */
static void *
entry(void *ctx)
{
	unsigned first = *(unsigned *)ctx, i;
	struct names_one *one[DISTINCT];
	bool mine[DISTINCT];

	for (i = 0; i < DISTINCT; i++) {
		char id = (char)('0' + (first + i) % DISTINCT);

		one[i] = names_claim(
		    &names, STR("Location"), (struct str){ &id, 1 }, &mine[i]);
	}
	for (i = 0; i < DISTINCT; i++)
		if (mine[i])
			tell(one[i], (first + i) % DISTINCT);
	for (i = 0; i < DISTINCT; i++) {
		struct str s = names_wait(&names, one[i], later());

		if (s.len != 2 ||
		    s.at[0] != (char)('a' + (first + i) % DISTINCT))
			abort();
	}
	return NULL;
}

static void
many_entries_ask_each_name_once(void **state)
{
	pthread_t thread[THREADS];
	unsigned first[THREADS], round, i;

	for (round = 0; round < ROUNDS; round++) {
		atomic_store(&asked, 0);
		for (i = 0; i < THREADS; i++) {
			first[i] = i;
			assert_int_equal(
			    pthread_create(&thread[i], NULL, entry, &first[i]),
			    0);
		}
		for (i = 0; i < THREADS; i++)
			pthread_join(thread[i], NULL);
		assert_int_equal(atomic_load(&asked), DISTINCT);
		assert_in_range(atomic_load(&most), 1, 2);
		tear_down(state);
		set_up(state);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    the_first_has_it_and_the_others_learn_it, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    room_is_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    only_so_many_ask_at_once_and_nobody_who_must_not, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    many_entries_ask_each_name_once, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
