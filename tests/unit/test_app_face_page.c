/* test_app_face_page.c - a person who opens a face learns what it is
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "app/face_page.h"

static char *
page(struct arena *a, const struct conf *conf, enum fhir_version v)
{
	struct buf b = buf_new(a, 65536);

	face_page_write(&b, conf, v);
	assert_non_null(buf_text(&b));
	return b.at;
}

static void
it_says_whom_to_ask_and_where_the_statement_is(void **state)
{
	struct conf conf = { .public_base = "https://gw.example",
		.operator_name = "North & <South>",
		.operator_contact = "help@gw.example" };
	struct arena *a = arena_new();
	const char *text = page(a, &conf, FHIR_STU3);

	(void)state;
	assert_non_null(strstr(text, "North &amp; &lt;South&gt;"));
	assert_non_null(strstr(text, "href=\"mailto:help@gw.example\""));
	assert_non_null(
	    strstr(text, "href=\"https://gw.example/fhir/stu3/metadata\""));
	assert_non_null(strstr(text, "STU3 (3.0.1)"));
	assert_non_null(strstr(text, "https://gw.example/fhir/dstu2</code>"));
	assert_null(strstr(text, "<script"));
	arena_free(a);
}

static void
without_a_contact_it_names_none(void **state)
{
	struct conf conf = { .public_base = "https://gw.example",
		.operator_name = "N",
		.operator_contact = "" };
	struct arena *a = arena_new();

	(void)state;
	assert_null(strstr(page(a, &conf, FHIR_R4), "Questions"));
	assert_null(strstr(page(a, &conf, FHIR_R4), "mailto"));
	arena_free(a);
}

/* Every element that opens closes, in order; enough of a check to notice a
 * forgotten tag. */
static void
its_elements_nest(void **state)
{
	struct conf conf = { .public_base = "https://gw.example",
		.operator_name = "N",
		.operator_contact = "https://gw.example/help" };
	struct arena *a = arena_new();
	const char *p = page(a, &conf, FHIR_DSTU2);
	struct str open[32];
	size_t n = 0;

	(void)state;
	for (p = strchr(p, '<'); p; p = strchr(p + 1, '<')) {
		bool end = p[1] == '/';
		struct str name = { p + 1 + end, strcspn(p + 1 + end, " >") };

		if (p[1] == '!' || str_is(name, "meta"))
			continue;
		if (!end) {
			assert_true(n < COUNT(open));
			open[n++] = name;
			continue;
		}
		assert_true(n > 0);
		if (!str_eq(open[--n], name))
			fail_msg("%.*s closes %.*s", STR_FMT(name),
			    STR_FMT(open[n]));
	}
	assert_int_equal(n, 0);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    it_says_whom_to_ask_and_where_the_statement_is),
		cmocka_unit_test(without_a_contact_it_names_none),
		cmocka_unit_test(its_elements_nest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
