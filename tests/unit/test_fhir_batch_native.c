/* test_fhir_batch_native.c - our own batch, and answers of all kinds of servers
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fhir/batch_native.h"
#include "tree_help.h"

#define N 3

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

static void
the_batch_holds_each_question(void **state)
{
	static const struct batch_call calls[] = {
		{ STR("Patient/1"), STR_NONE, STR_NONE },
		{ STR("Patient/1"), STR_NONE, STR("W/\"3\"") },
		{ STR("Condition"), STR("patient=1&_count=10"), STR_NONE },
		{ STR("Patient"), STR("name=%22"), STR_NONE },
	};
	struct buf b = buf_new(a, 1 << 16);

	(void)state;
	batch_native_write(&b, calls, COUNT(calls));
	assert_string_equal(buf_text(&b),
	    "{\"resourceType\":\"Bundle\",\"type\":\"batch\",\"entry\":["
	    "{\"request\":{\"method\":\"GET\",\"url\":\"Patient/1\"}},"
	    "{\"request\":{\"method\":\"GET\",\"url\":\"Patient/1\","
	    "\"ifNoneMatch\":\"W/\\\"3\\\"\"}},"
	    "{\"request\":{\"method\":\"GET\",\"url\":"
	    "\"Condition?patient=1&_count=10\"}},"
	    "{\"request\":{\"method\":\"GET\",\"url\":"
	    "\"Patient?name=%22\"}}]}");
}

static bool
taken_apart(const char *text, struct batch_said said[N], struct err *e)
{
	const struct tree_limits lim = { .object = true,
		.nodes = 1000,
		.bad = ERR_UPSTREAM_BAD,
		.large = ERR_UPSTREAM_LARGE };

	memset(said, 0, N * sizeof *said);
	return batch_native_read(
	    a, help_exact(a, text, strlen(text)), &lim, said, N, e);
}

#define HEAD "{\"resourceType\":\"Bundle\",\"type\":\"batch-response\","

static void
answers_are_told_apart(void **state)
{
	struct err e = { .kind = ERR_NONE };
	struct batch_said said[N];

	(void)state;
	assert_true(taken_apart(HEAD
	    "\"entry\":["
	    "{\"fullUrl\":\"x\",\"resource\":{\"resourceType\": "
	    "\"Patient\",\"n\":1.00},\"response\":{\"status\":"
	    "\"200 OK\",\"etag\":\"W/\\\"3\\\"\",\"lastModified\":"
	    "\"2026-11-20T10:00:00.5+01:00\"}},"
	    "{\"response\":{\"status\":\"404\",\"outcome\":{}}},"
	    "{\"response\":{\"status\":\"304 Not Modified\"}}]}",
	    said, &e));
	assert_int_equal(said[0].status, 200);
	assert_true(
	    str_is(said[0].body, "{\"resourceType\": \"Patient\",\"n\":1.00}"));
	assert_true(str_is(said[0].etag, "W/\"3\""));
	assert_true(
	    str_is(said[0].last_modified, "Fri, 20 Nov 2026 09:00:00 GMT"));
	assert_int_equal(said[1].status, 404);
	assert_int_equal(said[1].body.len, 0);
	assert_int_equal(said[2].status, 304);
}

static void
what_cannot_be_told_is_no_status(void **state)
{
	static const char *const responses[] = { "{}", "null", "\"200\"",
		"{\"status\":200}", "{\"status\":\"\"}", "{\"status\":\"OK\"}",
		"{\"status\":\"2000\"}", "{\"status\":\"20\"}",
		"{\"status\":\"-200\"}", "{\"status\":\"200OK\"}",
		"{\"status\":null}" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(responses); i++) {
		struct err e = { .kind = ERR_NONE };
		struct batch_said said[N];

		assert_true(taken_apart(
		    arena_printf(a, HEAD "\"entry\":[{\"response\":%s},{},7]}",
			responses[i]),
		    said, &e));
		assert_int_equal(said[0].status, 0);
		assert_int_equal(said[1].status, 0);
		assert_int_equal(said[2].status, 0);
	}
}

static void
what_is_no_answer_to_the_batch_is_refused(void **state)
{
	static const struct {
		const char *text;
		enum err_kind kind;
	} cases[] = {
		{ "", ERR_UPSTREAM_BAD },
		{ "[]", ERR_UPSTREAM_BAD },
		{ "{\"resourceType\":\"Bundle\"", ERR_UPSTREAM_BAD },
		{ "{\"resourceType\":\"OperationOutcome\"}", ERR_UPSTREAM_BAD },
		{ "{\"resourceType\":\"Bundle\",\"type\":\"searchset\","
		  "\"entry\":[{},{},{}]}",
		    ERR_UPSTREAM_BAD },
		{ "{\"resourceType\":\"Bundle\",\"type\":"
		  "\"batch-response\"}",
		    ERR_UPSTREAM_BAD },
		{ HEAD "\"entry\":[{},{}]}", ERR_UPSTREAM_BAD },
		{ HEAD "\"entry\":[{},{},{},{}]}", ERR_UPSTREAM_BAD },
		{ HEAD "\"entry\":7}", ERR_UPSTREAM_BAD },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct err e = { .kind = ERR_NONE };
		struct batch_said said[N];

		assert_false(taken_apart(cases[i].text, said, &e));
		assert_int_equal(e.kind, cases[i].kind);
	}
}

static void
times_become_dates_of_http(void **state)
{
	static const struct {
		const char *instant, *date;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT" },
		{ "2000-02-29T23:59:59.999Z", "Tue, 29 Feb 2000 23:59:59 GMT" },
		{ "2026-12-31T23:30:00-05:00",
		    "Fri, 01 Jan 2027 04:30:00 GMT" },
		{ "2026-11-20", NULL },
		{ "1969-12-31T00:00:00Z", NULL },
		{ "yesterday", NULL },
		{ "", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct err e = { .kind = ERR_NONE };
		struct batch_said said[N];

		assert_true(taken_apart(
		    arena_printf(a,
			HEAD "\"entry\":[{\"response\":{\"lastModified\":"
			     "\"%s\"}},{},{}]}",
			cases[i].instant),
		    said, &e));
		assert_int_equal(!said[0].last_modified.at, !cases[i].date);
		assert_true(!cases[i].date ||
			    str_is(said[0].last_modified, cases[i].date));
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_batch_holds_each_question),
		TEST(answers_are_told_apart),
		TEST(what_cannot_be_told_is_no_status),
		TEST(what_is_no_answer_to_the_batch_is_refused),
		TEST(times_become_dates_of_http),
	};

	return cmocka_run_group_tests_name(
	    "fhir/batch_native", tests, NULL, NULL);
}
