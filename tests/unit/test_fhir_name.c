/* test_fhir_name.c - each FHIR name has its number, and nothing else has one
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "fhir/name.h"

static void
every_name_is_found_under_its_number(void **state)
{
	unsigned id;

	(void)state;
	for (id = 1; id < NAME__MAX; id++) {
		struct str text = name_text((enum name)id);

		assert_true(text.len && !text.at[text.len]);
		assert_int_equal(name_find(text), id);
	}
	assert_true(str_is(name_text(NAME_reference), "reference"));
	assert_true(str_is(name_text(NAME__birthDate), "_birthDate"));
	assert_null(name_text(NAME_NONE).at);
	assert_null(name_text(NAME__MAX).at);
}

/* One byte changed, one lost, one more: another name or none. */
static void
what_is_nearly_a_name_is_not_that_name(void **state)
{
	char near[64];
	unsigned id;
	size_t i;

	(void)state;
	for (id = 1; id < NAME__MAX; id++) {
		struct str text = name_text((enum name)id);

		for (i = 0; i < text.len; i++) {
			memcpy(near, text.at, text.len);
			near[i] ^= 0x20;
			assert_int_not_equal(
			    name_find((struct str){ near, text.len }), id);
			near[i] = '\0';
			assert_int_equal(
			    name_find((struct str){ near, text.len }),
			    NAME_NONE);
		}
		memcpy(near, text.at, text.len);
		near[text.len] = near[text.len - 1];
		assert_int_not_equal(
		    name_find((struct str){ near, text.len + 1 }), id);
		assert_int_not_equal(
		    name_find((struct str){ near, text.len - 1 }), id);
	}
}

static void
other_text_has_no_number(void **state)
{
	static const char *const others[] = { "", "x", "ID", "Id",
		"resourcetype", "value[x]", "__birthDate", "\xc3\xa9",
		"reference ",
		"a name of more than thirty-two characters that is none" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(others); i++)
		assert_int_equal(name_find(str_of(others[i])), NAME_NONE);
	assert_int_equal(name_find(STR_NONE), NAME_NONE);
}

/* The last segment of a path of elements.tsv, a choice once per type. */
static void
check_element(char *path, char *types)
{
	char *last = strrchr(path, '.'), *type, *rest = types, name[128];

	if (!last)
		return;
	last++;
	if (!strchr(last, '[')) {
		assert_int_not_equal(name_find(str_of(last)), NAME_NONE);
		return;
	}
	*strchr(last, '[') = '\0';
	while ((type = strsep(&rest, "|"))) {
		type[strcspn(type, "(")] = '\0';
		snprintf(name, sizeof name, "%s%c%s", last,
		    toupper((unsigned char)type[0]), type + 1);
		assert_int_not_equal(name_find(str_of(name)), NAME_NONE);
	}
}

static void
the_list_holds_every_element_of_the_definitions(void **state)
{
	const char *samples = getenv("WG_SAMPLES");
	struct arena *a = arena_new();
	char line[4096], *rest, *column[6];
	size_t rows = 0, i;
	FILE *f = fopen(arena_printf(a, "%s/elements.tsv",
			    samples ? samples : "../shared/fhir"),
	    "r");

	(void)state;
	if (!f) {
		arena_free(a);
		print_message("no elements.tsv under WG_SAMPLES: skipped\n");
		skip();
	}
	while (fgets(line, sizeof line, f)) {
		rest = line;
		for (i = 0; i < COUNT(column); i++)
			column[i] = strsep(&rest, "\t");
		if (column[5] && rows++)
			check_element(column[2], column[5]);
	}
	fclose(f);
	arena_free(a);
	assert_true(rows > 3000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_is_found_under_its_number),
		cmocka_unit_test(what_is_nearly_a_name_is_not_that_name),
		cmocka_unit_test(other_text_has_no_number),
		cmocka_unit_test(
		    the_list_holds_every_element_of_the_definitions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
