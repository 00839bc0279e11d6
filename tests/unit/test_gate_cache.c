/* test_gate_cache.c - what is cached is never older than its last change
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gate/cache.h"

static struct guid
id(unsigned n)
{
	struct guid g = { { 0 } };

	g.at[15] = (unsigned char)n;
	g.at[14] = (unsigned char)(n >> 8);
	g.at[0] = 1;
	return g;
}

static struct cache_key
key(unsigned first, unsigned second)
{
	struct cache_key k = { .kind = 1, .first = id(first) };

	if (second)
		k.second = id(second);
	return k;
}

static void
put(struct cache *c, struct cache_key k, int value, int64_t n)
{
	int *v = cache_value(sizeof *v);

	*v = value;
	cache_put(c, &k, v, n);
	cache_let_go(v);
}

static int
get(struct cache *c, struct cache_key k)
{
	struct arena *a = arena_new();
	const int *v = cache_get(c, a, &k);
	int value = v ? *v : 0;

	arena_free(a);
	return value;
}

static void
what_was_put_is_found_and_nothing_else(void **state)
{
	struct cache *c = cache_new(8);

	(void)state;
	put(c, key(1, 2), 12, 5);
	put(c, key(1, 0), 10, 5);
	assert_int_equal(get(c, key(1, 2)), 12);
	assert_int_equal(get(c, key(1, 0)), 10);
	assert_int_equal(get(c, key(2, 1)), 0);
	put(c, key(1, 2), 13, 6);
	assert_int_equal(get(c, key(1, 2)), 13);
	assert_int_equal(cache_count(c), 2);
	cache_free(c);
}

static void
a_change_drops_just_what_depends_on_it(void **state)
{
	static const struct {
		unsigned first, second; /* what changed */
		int left[4];            /* 1/2, 1/3, 4/2, 1 */
	} rows[] = {
		{ 1, 0, { 0, 0, 1, 0 } },
		{ 2, 0, { 0, 1, 0, 1 } },
		{ 1, 2, { 0, 1, 1, 1 } },
		{ 9, 0, { 1, 1, 1, 1 } },
	};
	const struct cache_key keys[] = { key(1, 2), key(1, 3), key(4, 2),
		key(1, 0) };
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct cache *c = cache_new(8);
		struct guid first = id(rows[i].first);
		struct guid second = id(rows[i].second);

		for (k = 0; k < 4; k++)
			put(c, keys[k], 1, 10);
		cache_changed(c, &first, rows[i].second ? &second : NULL, 11);
		for (k = 0; k < 4; k++)
			assert_int_equal(get(c, keys[k]), rows[i].left[k]);
		cache_free(c);
	}
}

static void
a_late_fill_cannot_bring_an_old_row_back(void **state)
{
	struct cache *c = cache_new(8);
	struct guid tenant = id(2);

	(void)state;
	cache_changed(c, &tenant, NULL, 11);
	put(c, key(1, 2), 1, 10); /* read before the change */
	assert_int_equal(get(c, key(1, 2)), 0);
	put(c, key(1, 2), 2, 11); /* read with it */
	assert_int_equal(get(c, key(1, 2)), 2);
	cache_forget(c, 12);
	assert_int_equal(get(c, key(1, 2)), 0);
	cache_free(c);
}

static void
the_oldest_goes_when_the_room_is_full(void **state)
{
	struct cache *c = cache_new(3);

	(void)state;
	put(c, key(1, 0), 1, 1);
	put(c, key(2, 0), 2, 1);
	put(c, key(3, 0), 3, 1);
	assert_int_equal(get(c, key(1, 0)), 1); /* used last */
	put(c, key(4, 0), 4, 1);
	assert_int_equal(get(c, key(2, 0)), 0);
	assert_int_equal(get(c, key(1, 0)), 1);
	assert_int_equal(cache_count(c), 3);
	cache_free(c);
}

static void
a_value_outlives_its_place_while_it_is_held(void **state)
{
	struct cache *c = cache_new(3);
	struct arena *a = arena_new();
	struct cache_key k = key(1, 0);
	const int *v;

	(void)state;
	put(c, k, 7, 1);
	v = cache_get(c, a, &k);
	cache_free(c);
	assert_int_equal(*v, 7);
	arena_free(a);
}

static void
more_changes_than_can_be_remembered_forget_everything(void **state)
{
	struct cache *c = cache_new(3);
	unsigned n;

	(void)state;
	put(c, key(1, 0), 1, 1);
	for (n = 2; n < 70000; n++) {
		struct guid g = id(n & 0xffff);

		g.at[13] = (unsigned char)(n >> 16);
		cache_changed(c, &g, NULL, (int64_t)n);
	}
	assert_int_equal(get(c, key(1, 0)), 0);
	cache_free(c);
}

static int ended;

static void
ends(void *value)
{
	ended += *(int *)value;
}

static void
what_a_value_owns_goes_with_its_last_holder(void **state)
{
	struct cache *c = cache_new(8);
	struct arena *a = arena_new();
	struct cache_key k = key(1, 0);
	struct guid one = id(1);
	int *v = cache_value(sizeof *v);

	(void)state;
	ended = 0;
	*v = 7;
	cache_value_ends(v, ends);
	cache_put(c, &k, v, 1);
	cache_let_go(v);
	assert_non_null(cache_get(c, a, &k));
	cache_changed(c, &one, NULL, 2);
	assert_null(cache_get(c, a, &k));
	cache_free(c);
	assert_int_equal(ended, 0);
	arena_free(a); /* held it to the end */
	assert_int_equal(ended, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_found_and_nothing_else),
		cmocka_unit_test(a_change_drops_just_what_depends_on_it),
		cmocka_unit_test(a_late_fill_cannot_bring_an_old_row_back),
		cmocka_unit_test(the_oldest_goes_when_the_room_is_full),
		cmocka_unit_test(a_value_outlives_its_place_while_it_is_held),
		cmocka_unit_test(what_a_value_owns_goes_with_its_last_holder),
		cmocka_unit_test(
		    more_changes_than_can_be_remembered_forget_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
