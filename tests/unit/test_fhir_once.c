/* test_fhir_once.c - which records of a search have come before
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fhir/once.h"

static bool
first(struct once *o, const char *json)
{
	const struct tree_limits lim = { .object = true };
	struct err e = { .kind = ERR_NONE };
	struct tree_node *n = tree_read(o->a, str_of(json), &lim, &e);

	assert_non_null(n);
	return once_first(o, n);
}

static void
a_record_is_first_once(void **state)
{
	struct arena *a = arena_new();
	struct once o;

	(void)state;
	once_open(&o, a);
	assert_true(first(&o, "{\"id\":\"a\"}"));
	assert_true(first(&o, "{\"id\":\"A\"}"));
	assert_true(first(&o, "{\"id\":\"aa\"}"));
	assert_false(first(&o, "{\"id\":\"a\",\"status\":\"final\"}"));
	assert_false(first(&o, "{\"id\":\"\\u0061\"}"));
	arena_free(a);
}

static void
what_has_no_id_is_always_first(void **state)
{
	struct arena *a = arena_new();
	struct once o;

	(void)state;
	once_open(&o, a);
	for (int i = 0; i < 3; i++) {
		assert_true(first(&o, "{}"));
		assert_true(first(&o, "{\"id\":\"\"}"));
		assert_true(first(&o, "{\"id\":7}"));
	}
	arena_free(a);
}

static void
thousands_are_told_apart(void **state)
{
	struct arena *a = arena_new();
	struct once o;

	(void)state;
	once_open(&o, a);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 5000; i++)
			assert_int_equal(
			    first(&o, arena_printf(a, "{\"id\":\"r%d\"}", i)),
			    !round);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_first_once),
		cmocka_unit_test(what_has_no_id_is_always_first),
		cmocka_unit_test(thousands_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
