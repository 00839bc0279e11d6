/* test_fhir_tree_repeat.c - a name that comes twice is found in any company
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "fhir/tree_repeat.h"

/* An object whose i-th member is called names[i]. */
static struct tree_node *
object_of(struct arena *a, const char *const *names, size_t n)
{
	struct tree_node *o = tree_object(a), *c;
	size_t i;

	for (i = 0; i < n; i++) {
		c = tree_null(a);
		tree_rename(a, c, names[i]);
		tree_append(o, c);
	}
	return o;
}

static void
the_first_that_stood_before_is_named(void **state)
{
	static const struct {
		const char *names[8];
		int at; /* -1: none */
	} rows[] = {
		{ { "a" }, -1 },
		{ { "a", "a" }, 1 },
		{ { "a", "b", "c", "b", "a" }, 3 },
		{ { "id", "Id", "iD", "ID", "i", "d", "", "id " }, -1 },
		{ { "", "x", "" }, 2 },
		{ { "1234567", "12345678", "123456789", "12345678" }, 3 },
		{ { "valueQuantity", "valueString", "valueQuantity" }, 2 },
		{ { "abcdefgh1", "abcdefgh2", "bbcdefgh1", "abcdefg" }, -1 },
	};
	struct arena *a = arena_new();
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		const struct tree_node *o, *found;

		for (n = 0; n < 8 && rows[i].names[n];)
			n++;
		o = object_of(a, rows[i].names, n);
		found = tree_repeat(o, n);
		if (rows[i].at < 0) {
			assert_null(found);
			continue;
		}
		assert_non_null(found);
		for (n = 0; tree_first(o) != found; n++)
			tree_remove(tree_first(o));
		assert_int_equal(n, rows[i].at);
	}
	arena_free(a);
}

static void
long_names_count_in_full(void **state)
{
	struct arena *a = arena_new();
	char *one = arena_get(a, 1001), *two = arena_get(a, 1001);
	const char *names[3] = { one, two, one };
	size_t i;

	(void)state;
	for (i = 0; i < 1000; i++)
		one[i] = two[i] = 'n';
	for (i = 0; i < 1000; i += 37) {
		two[i] = 'm';
		assert_null(tree_repeat(object_of(a, names, 2), 2));
		assert_non_null(tree_repeat(object_of(a, names, 3), 3));
		two[i] = 'n';
	}
	assert_non_null(tree_repeat(object_of(a, names, 2), 2));
	arena_free(a);
}

static void
what_it_took_is_given_back(void **state)
{
	struct arena *a = arena_new();
	static const char *const names[] = { "a", "b", "a" };
	struct tree_node *o = object_of(a, names, 3);
	size_t held = arena_total();

	(void)state;
	assert_non_null(tree_repeat(o, 3));
	assert_int_equal(arena_total(), held);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_that_stood_before_is_named),
		cmocka_unit_test(long_names_count_in_full),
		cmocka_unit_test(what_it_took_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
