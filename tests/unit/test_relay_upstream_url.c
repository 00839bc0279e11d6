/* test_relay_upstream_url.c - where a provider lives, and what lies under it
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "relay/upstream_url.h"

static const struct {
	const char *base;
	bool http, ok;
} bases[] = {
	{ "https://h.example", false, true },
	{ "https://h.example/", false, true },
	{ "https://h.example/fhir/r4", false, true },
	{ "https://h.example:8443/fhir/r4/", false, true },
	{ "http://127.0.0.1:1/x", true, true },
	{ "http://127.0.0.1:1/x", false, false },
	{ "https://h.example/fhir//r4", false, false },
	{ "https://h.example/fhir/../r4", false, false },
	{ "https://h.example/fhir/./r4", false, false },
	{ "https://h.example/fhir/%2e%2e/r4", false, false },
	{ "https://h.example/a%20b", false, false },
	{ "https://h.example/a|b", false, false },
	{ "https://h.example/fhir?x=1", false, false },
	{ "https://h.example/fhir#x", false, false },
	{ "https://u:p@h.example/fhir", false, false },
	{ "h.example/fhir", false, false },
	{ "", false, false },
	{ NULL, false, false },
};

static void
a_base_is_plain_or_refused_with_a_sentence(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bases); i++) {
		struct err e = { 0 };

		if (upstream_base_ok(bases[i].base, bases[i].http, &e) !=
		    bases[i].ok)
			fail_msg("%s", bases[i].base);
		assert_int_equal(e.kind, bases[i].ok ? ERR_NONE : ERR_CONF);
		assert_int_equal(e.said[0] != '\0', !bases[i].ok);
	}
}

static const struct {
	const char *base, *path, *query, *url;
} joins[] = {
	{ "https://h.example", "", "", "https://h.example/" },
	{ "https://h.example/", "Patient/1", "",
	    "https://h.example/Patient/1" },
	{ "https://h.example/r4", "", "page=2", "https://h.example/r4?page=2" },
	{ "https://h.example/r4/", "", "page=2",
	    "https://h.example/r4?page=2" },
	{ "https://h.example:8/r4/", "Patient", "name=a%20b",
	    "https://h.example:8/r4/Patient?name=a%20b" },
	{ "https://h.example:443/r4", "Patient/_search", "",
	    "https://h.example/r4/Patient/_search" },
	{ "http://[::1]:80/", "x", "", "http://[::1]/x" },
};

static void
paths_are_put_under_the_base(void **state)
{
	struct arena *a = arena_new();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(joins); i++) {
		struct err e = { 0 };
		struct fetch_url u;

		assert_true(upstream_url(a, joins[i].base, true,
		    str_of(joins[i].path), str_of(joins[i].query), &u, &e));
		assert_string_equal(fetch_url_write(a, &u), joins[i].url);
	}
	arena_free(a);
}

static const struct {
	const char *base, *url, *path, *query; /* path NULL: not under it */
} unders[] = {
	/* clang-format off */
	{ "https://h.example/r4", "https://h.example/r4/Patient?page=2", "Patient", "page=2" },
	{ "https://h.example/r4/", "https://H.EXAMPLE:443/r4/Patient", "Patient", "" },
	{ "https://h.example/r4", "https://h.example/r4?_getpages=x", "", "_getpages=x" },
	{ "https://h.example/r4", "https://h.example/r4/", "", "" },
	{ "https://h.example", "https://h.example/a/b", "a/b", "" },
	{ "https://h.example/r4", "https://h.example/r4/P?id=a|b&c={\"x\"}", "P", "id=a%7Cb&c=%7B%22x%22%7D" },
	{ "https://h.example/r4", "https://h.example/r4x/Patient", NULL, NULL },
	{ "https://h.example/r4", "https://h.example/R4/Patient", NULL, NULL },
	{ "https://h.example/r4", "https://h.example/", NULL, NULL },
	{ "https://h.example/r4", "https://h.example.evil.test/r4/P", NULL, NULL },
	{ "https://h.example/r4", "https://h.example@evil.test/r4/P", NULL, NULL },
	{ "https://h.example/r4", "https://evil.test/r4/P", NULL, NULL },
	{ "https://h.example/r4", "http://h.example/r4/P", NULL, NULL },
	{ "https://h.example/r4", "https://h.example:8443/r4/P", NULL, NULL },
	{ "https://h.example/r4", "https://h.example/r4/../admin", NULL, NULL },
	{ "https://h.example/r4", "https://h.example/r4/%2E%2e/admin", NULL, NULL },
	{ "https://h.example/r4", "https://h.example/r4//admin", NULL, NULL },
	{ "https://h.example/r4", "https://h.example/r4/P?x=%zz", NULL, NULL },
	{ "https://h.example/r4", "https://h.example/r4/P#x", NULL, NULL },
	{ "https://h.example/r4", "/r4/P", NULL, NULL },
	{ "https://h.example/r4", "P?page=2", NULL, NULL },
	/* clang-format on */
};

static void
only_what_lies_under_the_base_is_found_there(void **state)
{
	struct arena *a = arena_new();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(unders); i++) {
		struct str path, query;
		bool is = upstream_under(
		    a, unders[i].base, str_of(unders[i].url), &path, &query);

		if (is != (unders[i].path != NULL))
			fail_msg("%s", unders[i].url);
		if (!is)
			continue;
		assert_true(str_is(path, unders[i].path));
		assert_true(str_is(query, unders[i].query));
		assert_true(upstream_path_ok(path));
		assert_true(upstream_query_ok(query));
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_base_is_plain_or_refused_with_a_sentence),
		cmocka_unit_test(paths_are_put_under_the_base),
		cmocka_unit_test(only_what_lies_under_the_base_is_found_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
