/* test_app_facade_tag.c - tags go out marked and come back only to their own
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app/facade_tag.h"

static const struct guid here = { { 1, 2, 3 } };
static const struct guid there = { { 1, 2, 4 } };

static void
a_mark_differs_by_tenant_revision_and_version(void **state)
{
	struct arena *a = arena_new();
	struct str mark = tag_mark(a, &here, 7, FHIR_R4);

	(void)state;
	assert_true(str_eq(mark, tag_mark(a, &here, 7, FHIR_R4)));
	assert_false(str_eq(mark, tag_mark(a, &there, 7, FHIR_R4)));
	assert_false(str_eq(mark, tag_mark(a, &here, 8, FHIR_R4)));
	assert_false(str_eq(mark, tag_mark(a, &here, 7, FHIR_STU3)));
	arena_free(a);
}

static void
a_tag_goes_out_with_the_mark(void **state)
{
	static const struct {
		const char *theirs, *ours; /* NULL: none */
	} rows[] = {
		{ "W/\"1\"", "W/\"m-1\"" },
		{ "\"abc,d\"", "\"m-abc,d\"" },
		{ "\"\"", "\"m-\"" },
		{ "", NULL },
		{ "1", NULL },
		{ "\"", NULL },
		{ "W/", NULL },
		{ "W/\"", NULL },
		{ "w/\"1\"", NULL },
		{ "\"1", NULL },
		{ "\"1\"x", NULL },
		{ "\"1\", \"2\"", NULL },
		{ "\"a b\"", NULL },
		{ "\"\xc3\xa9\"", NULL },
		{ "*", NULL },
	};
	struct arena *a = arena_new();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		const char *got =
		    tag_outward(a, STR("m-"), str_of(rows[i].theirs));

		if (rows[i].ours)
			assert_string_equal(got, rows[i].ours);
		else
			assert_null(got);
	}
	assert_null(tag_outward(a, STR("m-"), STR_NONE));
	arena_free(a);
}

static void
only_tags_with_the_mark_come_in(void **state)
{
	static const struct {
		const char *field, *kept; /* NULL: none */
	} rows[] = {
		{ "W/\"m-1\"", "W/\"1\"" },
		{ "\"m-1\"", "\"1\"" },
		{ "W/\"1\"", NULL },
		{ "W/\"n-1\"", NULL },
		{ "W/\"m\"", NULL },
		{ "W/\"n-1\", W/\"m-2\" ,\t\"m-3\"", "W/\"2\", \"3\"" },
		{ "\"m-a,b\", \"n-c\"", "\"a,b\"" },
		{ "*", NULL },
		{ "W/\"m-1\", *", NULL },
		{ "W/\"m-1\", junk", NULL },
		{ "junk, W/\"m-1\"", NULL },
		{ "W/\"m-\xc3\xa9\"", NULL },
		{ "W/\"m-1", NULL },
		{ "", NULL },
	};
	struct arena *a = arena_new();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct str got =
		    tag_inward(a, STR("m-"), str_of(rows[i].field));

		if (rows[i].kept)
			assert_true(str_is(got, rows[i].kept));
		else
			assert_null(got.at);
	}
	assert_null(tag_inward(a, STR("m-"), STR_NONE).at);
	arena_free(a);
}

static void
what_goes_out_comes_in_and_nothing_too_long_does(void **state)
{
	struct arena *a = arena_new();
	struct str mark = tag_mark(a, &here, 1, FHIR_DSTU2);
	char tag[400];

	(void)state;
	assert_true(str_is(
	    tag_inward(a, mark, str_of(tag_outward(a, mark, STR("W/\"9\"")))),
	    "W/\"9\""));
	memset(tag, '"', sizeof tag);
	memset(tag + 1, 'x', sizeof tag - 2);
	assert_null(tag_outward(a, mark, (struct str){ tag, sizeof tag }));
	arena_free(a);
}

static void
a_tag_is_met_by_weak_comparison(void **state)
{
	static const struct {
		const char *field, *etag;
		bool met;
	} rows[] = {
		{ "W/\"m-1\"", "W/\"m-1\"", true },
		{ "\"m-1\"", "W/\"m-1\"", true },
		{ "W/\"m-1\"", "\"m-1\"", true },
		{ "\"x\", W/\"m-1\" , \"y\"", "W/\"m-1\"", true },
		{ "W/\"m-2\"", "W/\"m-1\"", false },
		{ "W/\"n-1\"", "W/\"m-1\"", false },
		{ "W/\"1\"", "W/\"m-1\"", false },
		{ "*", "W/\"m-1\"", false },
		{ "W/\"m-1\", junk", "W/\"m-1\"", false },
		{ "junk, W/\"m-1\"", "W/\"m-1\"", false },
		{ "", "W/\"m-1\"", false },
		{ "W/\"m-1\"", NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (tag_meets(str_of(rows[i].field), rows[i].etag) !=
		    rows[i].met)
			fail_msg("row %zu", i);
	assert_false(tag_meets(STR_NONE, "W/\"m-1\""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mark_differs_by_tenant_revision_and_version),
		cmocka_unit_test(a_tag_goes_out_with_the_mark),
		cmocka_unit_test(only_tags_with_the_mark_come_in),
		cmocka_unit_test(
		    what_goes_out_comes_in_and_nothing_too_long_does),
		cmocka_unit_test(a_tag_is_met_by_weak_comparison),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
