/* test_web_resp.c - the head of an answer, as a web server reads it
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "web/resp.h"

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

static const char *
head_of(const struct resp *r)
{
	struct buf b = buf_new(a, 8192);

	resp_head(&b, r);
	return buf_text(&b);
}

static void
a_head_has_status_type_fields_and_length(void **state)
{
	struct resp r = {
		.status = 200, .type = "application/json", .body = STR("{}")
	};

	(void)state;
	resp_header(&r, "X-One", "1");
	resp_header(&r, "X-Two", "two words");
	assert_string_equal(head_of(&r), "Status: 200 OK\r\n"
					 "Content-Type: application/json\r\n"
					 "X-One: 1\r\n"
					 "X-Two: two words\r\n"
					 "Content-Length: 2\r\n\r\n");
}

static void
without_a_body_the_length_is_zero(void **state)
{
	struct resp r = { .status = 204 };

	(void)state;
	assert_string_equal(
	    head_of(&r), "Status: 204 No Content\r\nContent-Length: 0\r\n\r\n");
}

/* RFC 9110 8.6: a 304 that said 0 would lie about the stored body. */
static void
not_modified_says_no_length(void **state)
{
	struct resp r = { .status = 304, .bodiless = true };

	(void)state;
	assert_string_equal(head_of(&r), "Status: 304 Not Modified\r\n\r\n");
}

static void
head_says_the_length_that_get_would_have(void **state)
{
	struct resp r = { .status = 200,
		.type = "text/plain",
		.body = STR("seven b"),
		.bodiless = true };

	(void)state;
	assert_non_null(strstr(head_of(&r), "Content-Length: 7\r\n"));
}

/* What a value could end or begin is never written. */
static void
a_value_with_a_line_end_is_left_out(void **state)
{
	static const char *const bad[] = { "a\r\nSet-Cookie: x", "a\nb", "a\rb",
		"\n", "\r" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		struct resp r = { .status = 200 };

		resp_header(&r, "X-Bad", bad[i]);
		resp_header(&r, "X-Good", "g");
		assert_int_equal(r.n, 1);
		assert_null(strstr(head_of(&r), "X-Bad"));
		assert_null(strstr(head_of(&r), "Set-Cookie"));
	}
}

static void
an_absent_value_is_left_out(void **state)
{
	struct resp r = { .status = 200 };

	(void)state;
	resp_header(&r, "X-None", NULL);
	assert_int_equal(r.n, 0);
}

static void
more_fields_than_there_is_room_for_are_left_out(void **state)
{
	struct resp r = { .status = 200 };
	size_t i;

	(void)state;
	for (i = 0; i < RESP_HEADERS_MAX + 5; i++)
		resp_header(&r, "X", "y");
	assert_int_equal(r.n, RESP_HEADERS_MAX);
	assert_non_null(head_of(&r));
}

static void
what_is_dropped_is_gone(void **state)
{
	struct resp r = { .status = 200, .type = "t", .body = STR("secret") };

	(void)state;
	resp_header(&r, "ETag", "W/\"1\"");
	resp_drop(&r);
	r.status = 503;
	assert_string_equal(head_of(&r), "Status: 503 Service Unavailable\r\n"
					 "Content-Length: 0\r\n\r\n");
}

static void
a_head_that_does_not_fit_fails(void **state)
{
	struct resp r = { .status = 200 };
	struct buf b = buf_new(a, 30);

	(void)state;
	resp_header(&r, "X-Long", "0123456789012345678901234567890");
	resp_head(&b, &r);
	assert_true(b.failed);
}

static void
every_status_that_is_answered_has_its_phrase(void **state)
{
	static const struct {
		unsigned status;
		const char *phrase;
	} known[] = { { 200, "OK" }, { 304, "Not Modified" },
		{ 400, "Bad Request" }, { 401, "Unauthorized" },
		{ 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 406, "Not Acceptable" },
		{ 409, "Conflict" }, { 410, "Gone" },
		{ 413, "Content Too Large" }, { 415, "Unsupported Media Type" },
		{ 429, "Too Many Requests" }, { 500, "Internal Server Error" },
		{ 501, "Not Implemented" }, { 502, "Bad Gateway" },
		{ 503, "Service Unavailable" }, { 504, "Gateway Timeout" },
		{ 299, "Unknown" } };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(known); i++)
		assert_string_equal(
		    resp_phrase(known[i].status), known[i].phrase);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_has_status_type_fields_and_length),
		cmocka_unit_test(without_a_body_the_length_is_zero),
		cmocka_unit_test(not_modified_says_no_length),
		cmocka_unit_test(head_says_the_length_that_get_would_have),
		cmocka_unit_test(a_value_with_a_line_end_is_left_out),
		cmocka_unit_test(an_absent_value_is_left_out),
		cmocka_unit_test(
		    more_fields_than_there_is_room_for_are_left_out),
		cmocka_unit_test(what_is_dropped_is_gone),
		cmocka_unit_test(a_head_that_does_not_fit_fails),
		cmocka_unit_test(every_status_that_is_answered_has_its_phrase),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
