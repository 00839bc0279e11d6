/* test_fhir_links.c - provider URLs outward, page links inward
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fhir/links.h"

#define OURS "https://gw.example/fhir/r4"

static struct links
opened(struct arena *a, const char *base)
{
	struct links l;

	assert_true(links_open(&l, a, str_of(base), STR(OURS)));
	return l;
}

static void
only_urls_under_the_base_go_outward(void **state)
{
	static const struct {
		const char *url, *ours; /* NULL: left alone */
	} rows[] = {
		{ "https://ehr.example/api/fhir/Patient/1", OURS "/Patient/1" },
		{ "HTTPS://EHR.example:443/api/fhir/Patient/1",
		    OURS "/Patient/1" },
		{ "https://ehr.example/api/fhir", OURS },
		{ "https://ehr.example/api/fhir?page=2", OURS "?page=2" },
		{ "https://ehr.example/api/fhir/Patient?a=b#c",
		    OURS "/Patient?a=b#c" },
		{ "https://ehr.example/api/fhirx/Patient/1", NULL },
		{ "https://ehr.example/API/fhir/Patient/1", NULL },
		{ "https://ehr.example.evil.test/api/fhir/Patient/1", NULL },
		{ "https://ehr.example@evil.test/api/fhir/Patient/1", NULL },
		{ "http://ehr.example/api/fhir/Patient/1", NULL },
		{ "https://ehr.example:8443/api/fhir/Patient/1", NULL },
		{ "https://other.example/api/fhir/Patient/1", NULL },
		{ "urn:uuid:0b4b51a2-0d1c-4f0a-9a55-6f1c8f4d0001", NULL },
		{ "Patient/1", NULL },
		{ "#contained", NULL },
		{ "https://", NULL },
		{ "https://:443/api/fhir/Patient/1", NULL },
		{ "", NULL },
	};
	struct arena *a = arena_new();
	struct links l = opened(a, "https://ehr.example/api/fhir/");
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct str got = links_outward(&l, a, str_of(rows[i].url));
		struct str rest;
		bool under = links_under(&l, str_of(rows[i].url), &rest);

		if (!rows[i].ours)
			assert_null(got.at);
		else
			assert_true(str_is(got, rows[i].ours));
		/* the same but for what a query or fragment follows */
		assert_int_equal(
		    under, rows[i].ours && !strchr(rows[i].ours, '?'));
		if (under)
			assert_true(str_is(rest, rows[i].ours + strlen(OURS)));
	}
	arena_free(a);
}

static void
places_are_rewritten_and_names_stay(void **state)
{
	static const char in[] =
	    "{\"resourceType\":\"Bundle\",\"link\":[{\"relation\":\"self\","
	    "\"url\":\"http://p:8080/f/Patient\"}],\"entry\":[{\"fullUrl\":"
	    "\"http://p:8080/f/Patient/1\",\"resource\":{\"extension\":[{"
	    "\"url\":\"http://p:8080/f/def\",\"valueReference\":{"
	    "\"reference\":\"http:\\/\\/p:8080/f/Patient/2\"}}],"
	    "\"identifier\":[{\"system\":\"http://p:8080/f/ids\"}],"
	    "\"photo\":[{\"url\":\"http://p:8080/f/Binary/3\"}],\"v\":72.0},"
	    "\"response\":{\"location\":\"http://p:8080/f/Patient/1\"}}]}";
	static const char want[] =
	    "{\"resourceType\":\"Bundle\",\"link\":[{\"relation\":\"self\","
	    "\"url\":\"" OURS "/Patient\"}],\"entry\":[{\"fullUrl\":"
	    "\"" OURS "/Patient/1\",\"resource\":{\"extension\":[{"
	    "\"url\":\"http://p:8080/f/def\",\"valueReference\":{"
	    "\"reference\":\"" OURS "/Patient/2\"}}],"
	    "\"identifier\":[{\"system\":\"http://p:8080/f/ids\"}],"
	    "\"photo\":[{\"url\":\"" OURS "/Binary/3\"}],\"v\":72.0},"
	    "\"response\":{\"location\":\"" OURS "/Patient/1\"}}]}";
	struct arena *a = arena_new();
	struct links l = opened(a, "http://p:8080/f");
	struct tree_limits lim = { .object = true };
	struct err e = { .kind = ERR_NONE };
	struct tree_node *root = tree_read(a, STR(in), &lim, &e);
	struct buf b = buf_new(a, 4096);

	(void)state;
	assert_non_null(root);
	links_rewrite(&l, a, root);
	tree_write(&b, root);
	assert_string_equal(buf_text(&b), want);
	arena_free(a);
}

static void
page_links_lead_only_under_the_base(void **state)
{
	static const struct {
		const char *link, *path, *query; /* path NULL: nowhere */
	} rows[] = {
		{ "https://p.example/f/Patient?page=2", "Patient", "page=2" },
		{ "https://p.example/f?_getpages=a%20b", "",
		    "_getpages=a%20b" },
		{ "http://internal:8080/f/Patient?page=2", "Patient",
		    "page=2" },
		{ "/f/Patient?page=2", "Patient", "page=2" },
		{ "?page=2", "Patient", "page=2" },
		{ "Patient?page=2#x", "Patient", "page=2" },
		{ "Patient?name=J\xc3\xb6rg x", "Patient",
		    "name=J%C3%B6rg%20x" },
		{ "Patient?a=b\r\nHost: evil", "Patient",
		    "a=b%0D%0AHost:%20evil" },
		{ "https://p.example/g/Patient?page=2", NULL, NULL },
		{ "https://p.example/f/../admin", NULL, NULL },
		{ "https://p.example/f/%2e%2e/admin", NULL, NULL },
		{ "../admin", NULL, NULL },
		{ "//evil.test/f/Patient", NULL, NULL },
		{ "file:///etc/passwd", NULL, NULL },
		{ "javascript:alert(1)", NULL, NULL },
		{ "", NULL, NULL },
	};
	struct arena *a = arena_new();
	struct links l = opened(a, "https://p.example/f");
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct str path, query;
		bool found = links_inward(
		    &l, a, str_of(rows[i].link), STR("Patient"), &path, &query);

		assert_int_equal(found, rows[i].path != NULL);
		if (!found)
			continue;
		assert_true(str_is(path, rows[i].path));
		assert_true(str_is(query, rows[i].query));
	}
	arena_free(a);
}

static void
a_base_must_be_a_plain_http_url(void **state)
{
	static const char *const bad[] = { "", "ftp://h/x", "https://",
		"https://u:p@h/x", "https://h/x?y", "https://h:0/x",
		"https://h:99999/x", "h/x" };
	struct arena *a = arena_new();
	struct links l;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++)
		assert_false(links_open(&l, a, str_of(bad[i]), STR(OURS)));
	l = opened(a, "https://[2001:db8::1]/x");
	assert_true(str_is(
	    links_outward(&l, a, STR("https://[2001:DB8::1]:443/x/Patient/1")),
	    OURS "/Patient/1"));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_urls_under_the_base_go_outward),
		cmocka_unit_test(places_are_rewritten_and_names_stay),
		cmocka_unit_test(page_links_lead_only_under_the_base),
		cmocka_unit_test(a_base_must_be_a_plain_http_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
