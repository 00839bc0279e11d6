/* test_fhir_batch.c - what a batch asks, entry by entry, and how it is answered
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fhir/batch.h"
#include "tree_help.h"

#define MAX  100
#define SEED "0193455e8e40aaaabbbbccccddddeeee"
#define BASE "https://gw.example/fhir"

static struct arena *a;

static int
set_up(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static bool
read_body(
    enum fhir_version face, const char *body, struct batch *b, struct err *e)
{
	const struct batch_ask ask = { .face = face,
		.body = help_exact(a, body, strlen(body)),
		.bases = { STR(BASE "/r4"), STR(BASE) },
		.entries_max = MAX,
		.limits = { .depth = 64, .nodes = 50000 } };

	return batch_read(a, &ask, b, e);
}

/* A batch of one entry, whose content is given. */
static struct batch_entry
one(enum fhir_version face, const char *entry)
{
	struct err e = { .kind = ERR_NONE };
	struct batch b;

	if (!read_body(face,
		arena_printf(a,
		    "{\"resourceType\":\"Bundle\",\"type\":\"batch\","
		    "\"entry\":[%s]}",
		    entry),
		&b, &e))
		fail_msg("%s: %s", entry, e.said);
	assert_int_equal(b.n, 1);
	return b.entry[0];
}

static struct batch_entry
asks(enum fhir_version face, const char *method, const char *url)
{
	return one(face,
	    arena_printf(a, "{\"request\":{\"method\":\"%s\",\"url\":\"%s\"}}",
		method, url));
}

static void
assert_refused(struct batch_entry k, enum err_kind kind, const char *what)
{
	if (k.refused != kind)
		fail_msg("%s: kind %d", what, k.refused);
	assert_null(k.path.at);
	assert_null(k.query.at);
	assert_true(kind == ERR_INTERACTION || k.said);
}

static void
what_is_no_batch_is_refused_as_a_whole(void **state)
{
	static const struct {
		const char *body;
		enum err_kind kind;
		const char *word; /* in the sentence */
	} cases[] = {
		{ "", ERR_MALFORMED, "" },
		{ "[]", ERR_MALFORMED, "" },
		{ "{\"resourceType\":\"Bundle\",", ERR_MALFORMED, "" },
		{ "{}", ERR_MALFORMED, "Bundle" },
		{ "{\"resourceType\":\"Patient\",\"type\":\"batch\"}",
		    ERR_MALFORMED, "Bundle" },
		{ "{\"resourceType\":\"Bundle\"}", ERR_MALFORMED, "batch" },
		{ "{\"resourceType\":\"Bundle\",\"type\":\"transaction\"}",
		    ERR_MALFORMED, "Transactions" },
		{ "{\"resourceType\":\"Bundle\",\"type\":\"searchset\"}",
		    ERR_MALFORMED, "batch" },
		{ "{\"resourceType\":\"Bundle\",\"type\":\"Batch\"}",
		    ERR_MALFORMED, "batch" },
		{ "{\"resourceType\":\"Bundle\",\"type\":\"batch \"}",
		    ERR_MALFORMED, "batch" },
		{ "{\"resourceType\":\"Bundle\",\"type\":[\"batch\"]}",
		    ERR_MALFORMED, "batch" },
		{ "{\"resourceType\":\"Bundle\",\"type\":\"batch\","
		  "\"type\":\"batch\"}",
		    ERR_MALFORMED, "" },
		{ "{\"resourceType\":\"Bundle\",\"type\":\"batch\","
		  "\"entry\":{}}",
		    ERR_MALFORMED, "list" },
		{ "{\"resourceType\":\"Bundle\",\"type\":\"batch\","
		  "\"entry\":null}",
		    ERR_MALFORMED, "list" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct err e = { .kind = ERR_NONE };
		struct batch b;

		assert_false(read_body(FHIR_R4, cases[i].body, &b, &e));
		assert_int_equal(e.kind, cases[i].kind);
		assert_non_null(strstr(e.said, cases[i].word));
		assert_int_equal(b.n, 0);
	}
}

/* n times the same entry. */
static const char *
many(size_t n, const char *entry)
{
	struct buf b = buf_new(a, (size_t)1 << 24);
	size_t i;

	buf_str(&b, "{\"resourceType\":\"Bundle\",\"type\":\"batch\","
		    "\"entry\":[");
	for (i = 0; i < n; i++) {
		buf_str(&b, i ? "," : "");
		buf_str(&b, entry);
	}
	buf_str(&b, "]}");
	return buf_text(&b);
}

static void
entries_are_counted_before_they_are_run(void **state)
{
	static const struct {
		size_t n;
		enum err_kind kind;
	} cases[] = { { 0, ERR_NONE }, { 1, ERR_NONE }, { MAX, ERR_NONE },
		{ MAX + 1, ERR_TOO_LARGE }, { 10000, ERR_TOO_LARGE },
		{ 60000, ERR_TOO_MANY } };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct err e = { .kind = ERR_NONE };
		struct batch b;

		assert_int_equal(
		    read_body(FHIR_STU3, many(cases[i].n, "{}"), &b, &e),
		    !cases[i].kind);
		assert_int_equal(e.kind, cases[i].kind);
		assert_int_equal(b.n, cases[i].kind ? 0 : cases[i].n);
	}
}

static void
each_spelling_of_an_own_url_is_the_same_place(void **state)
{
	static const struct {
		const char *url, *path, *query;
	} cases[] = {
		{ "Patient/1", "/Patient/1", NULL },
		{ "/Patient/1", "/Patient/1", NULL },
		{ "./Patient/1", "/Patient/1", NULL },
		{ BASE "/Patient/1", "/Patient/1", NULL },
		{ BASE "/r4/Patient/1", "/Patient/1", NULL },
		{ "HTTPS://GW.Example/fhir/Patient/1", "/Patient/1", NULL },
		{ "Patient/a.b-C", "/Patient/a.b-C", NULL },
		{ "Condition?patient=1&_count=10", "/Condition",
		    "patient=1&_count=10" },
		{ BASE "/Condition?patient=1", "/Condition", "patient=1" },
		{ "Condition?", "/Condition", "" },
		{ "Condition?a=b?c", "/Condition", "a=b?c" },
		{ "Patient?name=Jos\xc3\xa9 M", "/Patient",
		    "name=Jos\xc3\xa9 M" },
		{ "Patient?name=%2e%2e%2f", "/Patient", "name=%2e%2e%2f" },
		{ "Condition?patient=https://evil/", "/Condition",
		    "patient=https://evil/" },
		{ "Patient/$everything", "/Patient/$everything", NULL },
		{ "Patient/1/_history/2", "/Patient/1/_history/2", NULL },
		{ "Patient/", "/Patient/", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct batch_entry k = asks(FHIR_R4, "GET", cases[i].url);

		if (k.refused)
			fail_msg("%s: %s", cases[i].url, k.said);
		assert_true(str_is(k.path, cases[i].path));
		assert_int_equal(!k.query.at, !cases[i].query);
		assert_true(!cases[i].query || str_is(k.query, cases[i].query));
		assert_int_equal(k.method, BATCH_GET);
	}
}

static void
urls_that_lead_elsewhere_are_refused(void **state)
{
	static const char *const urls[] = { "", "/", "//", ".", "..", "./", "?",
		"?_type=Patient", "/?x=1", "https://evil/", "https://evil",
		"https://evil/fhir/Patient/1",
		"http://gw.example/fhir/Patient/1",
		"https://gw.example/Patient/1",
		"https://gw.example:444/fhir/Patient/1",
		"https://gw.example/FHIR/Patient/1",
		"https://gw.example/fhirx/Patient/1",
		"https://gw.example/fhir@evil/Patient/1",
		"https://gw.example@evil/fhir/Patient/1",
		"https://u:p@gw.example/fhir/Patient/1",
		"https://gw.example.evil/fhir/Patient/1", BASE, BASE "/",
		BASE "//evil/Patient/1", BASE "/../admin", BASE "#x",
		BASE "?_type=Patient", "//evil", "//evil/Patient/1",
		"///Patient/1", ".//evil", "http:evil", "https:Patient/1",
		"urn:uuid:5b0c1f0e-0000-4000-8000-00000000000a",
		"file:///etc/passwd", "\\\\\\\\evil", "\\\\Patient\\\\1",
		"/\\\\evil/Patient", "Patient\\\\1", "user@evil/Patient/1",
		"Patient/1#frag", "Patient?name=x#frag", "#Patient/1",
		"Patient/../Patient/1", "Patient/./1", "../Patient/1",
		"Patient/..", "Patient//1", "Patient/%31", "Patient%2f1",
		"Patient/1;x=y", "Patient/1 ", " Patient/1", "Patient/1\\n",
		"Patient/1\\r\\nHost: evil", "Patient?name=\\u000ax",
		"Patient?name=\\u007fx", "Pati\xc3\xa9nt/1", "Patient/\\u202e1",
		"Patient/*", "Patient/1,2", "Patient/<script>" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(urls); i++)
		assert_refused(
		    asks(FHIR_R4, "GET", urls[i]), ERR_ENTRY, urls[i]);
}

static void
a_url_without_end_is_refused(void **state)
{
	size_t lens[] = { BATCH_URL_BYTES_MAX, BATCH_URL_BYTES_MAX + 1 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(lens); i++) {
		char *url = arena_get(a, lens[i] + 1);
		struct batch_entry k;

		memset(url, 'x', lens[i]);
		k = asks(FHIR_R4, "GET", url);
		assert_int_equal(k.refused, i ? ERR_ADDRESS_LONG : ERR_NONE);
	}
}

static void
methods_are_those_of_the_version_in_upper_case(void **state)
{
	static const struct {
		const char *method;
		enum err_kind kind[FHIR__MAX];
	} cases[] = {
		{ "GET", { ERR_NONE, ERR_NONE, ERR_NONE } },
		{ "HEAD", { ERR_INTERACTION, ERR_INTERACTION, ERR_NONE } },
		{ "POST", { ERR_NONE, ERR_NONE, ERR_NONE } },
		{ "PUT",
		    { ERR_INTERACTION, ERR_INTERACTION, ERR_INTERACTION } },
		{ "PATCH",
		    { ERR_INTERACTION, ERR_INTERACTION, ERR_INTERACTION } },
		{ "DELETE",
		    { ERR_INTERACTION, ERR_INTERACTION, ERR_INTERACTION } },
		{ "get", { ERR_ENTRY, ERR_ENTRY, ERR_ENTRY } },
		{ "GET ", { ERR_ENTRY, ERR_ENTRY, ERR_ENTRY } },
		{ "delete", { ERR_ENTRY, ERR_ENTRY, ERR_ENTRY } },
		{ "TRACE", { ERR_ENTRY, ERR_ENTRY, ERR_ENTRY } },
		{ "", { ERR_ENTRY, ERR_ENTRY, ERR_ENTRY } },
	};
	size_t i;
	int v;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		for (v = 0; v < FHIR__MAX; v++) {
			struct batch_entry k = asks(
			    (enum fhir_version)v, cases[i].method, "Patient/1");

			assert_int_equal(k.refused, cases[i].kind[v]);
		}
	assert_int_equal(asks(FHIR_R4, "HEAD", "Patient/1").method, BATCH_HEAD);
	assert_int_equal(
	    asks(FHIR_STU3, "POST", "Patient/_search?name=x").method,
	    BATCH_POST);
}

static void
entries_that_ask_nothing_are_refused_alone(void **state)
{
	static const char *const entries[] = { "{}", "null", "1", "[]", "\"x\"",
		"{\"request\":null}", "{\"request\":[]}", "{\"request\":{}}",
		"{\"request\":\"GET Patient/1\"}",
		"{\"request\":{\"method\":\"GET\"}}",
		"{\"request\":{\"url\":\"Patient/1\"}}",
		"{\"request\":{\"method\":1,\"url\":\"Patient/1\"}}",
		"{\"request\":{\"method\":\"GET\",\"url\":1}}",
		"{\"request\":{\"method\":\"GET\",\"url\":[\"Patient/1\"]}}",
		"{\"request\":{\"method\":\"POST\"}}" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(entries); i++)
		assert_refused(one(FHIR_R4, entries[i]), ERR_ENTRY, entries[i]);
}

static void
a_batch_in_a_batch_is_refused(void **state)
{
	static const char *const urls[] = { "", "/", BASE, BASE "/", BASE "/r4",
		"./" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(urls); i++) {
		struct batch_entry k = asks(FHIR_R4, "POST", urls[i]);

		assert_refused(k, ERR_ENTRY, urls[i]);
		assert_non_null(strstr(k.said, "another batch"));
	}
}

static void
a_search_by_post_has_its_parameters_in_the_url(void **state)
{
	static const char with[] =
	    "{\"resource\":{\"resourceType\":\"Parameters\"},\"request\":{"
	    "\"method\":\"POST\",\"url\":\"%s\"}}";
	struct batch_entry k =
	    one(FHIR_R4, arena_printf(a, with, "Patient/_search?name=x"));

	(void)state;
	assert_refused(k, ERR_ENTRY, "Parameters");
	assert_non_null(strstr(k.said, "in the url"));
	k = one(FHIR_R4, arena_printf(a, with, "Patient"));
	assert_int_equal(k.refused, ERR_NONE); /* a create, for the router */
	k = asks(FHIR_R4, "POST", "Patient/_search?name=x");
	assert_true(str_is(k.path, "/Patient/_search"));
	assert_true(str_is(k.query, "name=x"));
}

static void
conditions_of_writes_mean_nothing_for_a_read(void **state)
{
	struct batch_entry k = one(FHIR_R4,
	    "{\"fullUrl\":\"<script>\",\"request\":{\"method\":\"GET\","
	    "\"url\":\"Patient/1\",\"ifNoneMatch\":\"W/\\\"3\\\"\","
	    "\"ifMatch\":\"W/\\\"1\\\"\",\"ifNoneExist\":\"identifier=1\","
	    "\"ifModifiedSince\":\"2020-01-01T00:00:00Z\"}}");

	(void)state;
	assert_int_equal(k.refused, ERR_NONE);
	assert_true(str_is(k.none_match, "W/\"3\""));
	assert_null(asks(FHIR_R4, "GET", "Patient/1").none_match.at);
}

static void
one_bad_entry_leaves_the_others_alone(void **state)
{
	struct err e = { .kind = ERR_NONE };
	struct batch b;

	(void)state;
	assert_true(read_body(FHIR_R4,
	    "\xef\xbb\xbf{\"resourceType\":\"Bundle\",\"type\":\"batch\","
	    "\"entry\":["
	    "{\"request\":{\"method\":\"GET\",\"url\":\"Patient/1\"}},"
	    "7,"
	    "{\"request\":{\"method\":\"GET\",\"url\":\"//evil\"}},"
	    "{\"request\":{\"method\":\"GET\",\"url\":\"Patient\\/2\"}}]}",
	    &b, &e));
	assert_int_equal(b.n, 4);
	assert_true(str_is(b.entry[0].path, "/Patient/1"));
	assert_int_equal(b.entry[1].refused, ERR_ENTRY);
	assert_int_equal(b.entry[2].refused, ERR_ENTRY);
	assert_true(str_is(b.entry[3].path, "/Patient/2"));
}

/* ---- answers -------------------------------------------------------------------- */

static const char *
written(enum fhir_version v, const struct batch_answer *w, size_t n)
{
	struct buf b = buf_new(a, (size_t)1 << 20);

	batch_write(&b, v, w, n, SEED);
	assert_non_null(buf_text(&b));
	help_read(a, b.at); /* it is JSON */
	return b.at;
}

#define BODY    STR("{\"resourceType\":\"Patient\"}")
#define OUTCOME STR("{\"resourceType\":\"OperationOutcome\"}")
#define HEAD    "{\"resourceType\":\"Bundle\",\"type\":\"batch-response\""

static void
answers_stand_where_the_version_wants_them(void **state)
{
	static const struct batch_answer w[] = {
		{ "200 OK", BODY, false, STR(BASE "/Patient/1"), STR("W/\"1\""),
		    STR("2026-11-20T09:00:00Z") },
		{ "404 Not Found", OUTCOME, true, STR_NONE, STR_NONE,
		    STR_NONE },
		{ "304 Not Modified", STR_NONE, false, STR_NONE, STR("W/\"1\""),
		    STR_NONE },
	};
	static const char later[] = HEAD
	    ",\"entry\":[{\"fullUrl\":\"" BASE "/Patient/1\",\"resource\":{"
	    "\"resourceType\":\"Patient\"},\"response\":{\"status\":\"200 OK\","
	    "\"etag\":\"W/\\\"1\\\"\",\"lastModified\":"
	    "\"2026-11-20T09:00:00Z\"}},{\"response\":{\"status\":"
	    "\"404 Not Found\",\"outcome\":{\"resourceType\":"
	    "\"OperationOutcome\"}}},{\"response\":{\"status\":"
	    "\"304 Not Modified\",\"etag\":\"W/\\\"1\\\"\"}}]}";

	(void)state;
	assert_string_equal(written(FHIR_STU3, w, COUNT(w)), later);
	assert_string_equal(written(FHIR_R4, w, COUNT(w)), later);
	assert_string_equal(written(FHIR_DSTU2, w, COUNT(w)), HEAD
	    ",\"entry\":[{\"fullUrl\":\"" BASE "/Patient/1\",\"resource\":{"
	    "\"resourceType\":\"Patient\"},\"response\":{\"status\":\"200 OK\","
	    "\"etag\":\"W/\\\"1\\\"\",\"lastModified\":"
	    "\"2026-11-20T09:00:00Z\"}},{\"fullUrl\":\"urn:uuid:aaaabbbb-cccc-"
	    "4ddd-8dee-000000000001\",\"resource\":{\"resourceType\":"
	    "\"OperationOutcome\"},\"response\":{\"status\":"
	    "\"404 Not Found\"}},{\"response\":{\"status\":"
	    "\"304 Not Modified\",\"etag\":\"W/\\\"1\\\"\"}}]}");
	assert_string_equal(written(FHIR_R4, NULL, 0), HEAD "}");
}

/* bdl-7: the same record twice has not the same fullUrl twice. */
static void
no_full_url_stands_twice(void **state)
{
	static const struct batch_answer w[] = {
		{ "200 OK", BODY, false, STR(BASE "/Patient/1"), STR_NONE,
		    STR_NONE },
		{ "200 OK", BODY, false, STR(BASE "/Patient/1"), STR_NONE,
		    STR_NONE },
	};

	(void)state;
	assert_string_equal(written(FHIR_R4, w, 2),
	    HEAD ",\"entry\":[{\"fullUrl\":\"" BASE "/Patient/1\",\"resource\":"
		 "{\"resourceType\":\"Patient\"},\"response\":{\"status\":"
		 "\"200 OK\"}},{\"resource\":{\"resourceType\":\"Patient\"},"
		 "\"response\":{\"status\":\"200 OK\"}}]}");
	assert_non_null(
	    strstr(written(FHIR_DSTU2, w, 2), "8dee-000000000001\""));
}

static void
what_does_not_fit_fails_as_a_whole(void **state)
{
	static const struct batch_answer w = { "200 OK", BODY, false, STR_NONE,
		STR_NONE, STR_NONE };
	struct buf b = buf_new(a, 50);

	(void)state;
	batch_write(&b, FHIR_R4, &w, 1, SEED);
	assert_true(b.failed);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_no_batch_is_refused_as_a_whole),
		TEST(entries_are_counted_before_they_are_run),
		TEST(each_spelling_of_an_own_url_is_the_same_place),
		TEST(urls_that_lead_elsewhere_are_refused),
		TEST(a_url_without_end_is_refused),
		TEST(methods_are_those_of_the_version_in_upper_case),
		TEST(entries_that_ask_nothing_are_refused_alone),
		TEST(a_batch_in_a_batch_is_refused),
		TEST(a_search_by_post_has_its_parameters_in_the_url),
		TEST(conditions_of_writes_mean_nothing_for_a_read),
		TEST(one_bad_entry_leaves_the_others_alone),
		TEST(answers_stand_where_the_version_wants_them),
		TEST(no_full_url_stands_twice),
		TEST(what_does_not_fit_fails_as_a_whole),
	};

	return cmocka_run_group_tests_name("fhir/batch", tests, NULL, NULL);
}
