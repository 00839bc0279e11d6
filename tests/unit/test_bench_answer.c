/* test_bench_answer.c - the load client sees where an answer ends
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "../bench/answer.c"

struct row {
	const char *bytes;
	bool ended;
	enum answer_is is;
	int status;
	const char *body;
	bool closes;
};

#define HEAD "HTTP/1.1 200 OK\r\n"

static const struct row rows[] = {
	{ HEAD "Content-Length: 2\r\n\r\nab", false, ANSWER_WHOLE, 200, "ab",
	    false },
	{ HEAD "content-length:2\r\n\r\na", false, ANSWER_PART, 0, NULL,
	    false },
	{ HEAD "Content-Length: 2\r\n\r\na", true, ANSWER_BAD, 0, NULL, false },
	{ HEAD "Content-Le", false, ANSWER_PART, 0, NULL, false },
	{ HEAD "X-Content-Length: 9\r\nContent-Length: 1\r\n\r\na", false,
	    ANSWER_WHOLE, 200, "a", false },
	{ HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\nA\r\n0123456789"
	       "\r\n0\r\n\r\n",
	    false, ANSWER_WHOLE, 200, "ab0123456789", false },
	{ HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n", false,
	    ANSWER_PART, 0, NULL, false },
	{ HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n", false,
	    ANSWER_BAD, 0, NULL, false },
	{ HEAD "\r\nall of it", false, ANSWER_PART, 0, NULL, false },
	{ HEAD "\r\nall of it", true, ANSWER_WHOLE, 200, "all of it", true },
	{ HEAD "Connection: close\r\nContent-Length: 0\r\n\r\n", false,
	    ANSWER_WHOLE, 200, "", true },
	{ "HTTP/1.0 503 Busy\r\nContent-Length: 0\r\n\r\n", false, ANSWER_WHOLE,
	    503, "", true },
	{ "HTTP/1.1 204 No Content\r\n\r\n", false, ANSWER_WHOLE, 204, "",
	    false },
	{ "SMTP ready\r\n\r\n", false, ANSWER_BAD, 0, NULL, false },
	{ "", true, ANSWER_BAD, 0, NULL, false },
};

static void
an_answer_ends_where_its_head_says(void **state)
{
	size_t i;
	struct answer a;
	char text[256];

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];

		memset(&a, 0, sizeof a);
		strncpy(text, r->bytes, sizeof text - 1);
		assert_int_equal(
		    answer_read(&a, text, strlen(r->bytes), r->ended), r->is);
		if (r->is != ANSWER_WHOLE)
			continue;
		assert_int_equal(a.status, r->status);
		assert_int_equal(a.body_len, strlen(r->body));
		assert_memory_equal(a.body, r->body, a.body_len);
		assert_int_equal(a.closes, r->closes);
	}
}

/* What is there at a time may be any prefix; none of them is taken for the
 * whole, and looking at one does not spoil the next. */
static void
every_prefix_of_an_answer_is_a_part(void **state)
{
	static const char whole[] =
	    HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0"
		 "\r\n\r\n";
	struct answer a = { 0 };
	char text[sizeof whole];
	size_t n, len = sizeof whole - 1;

	(void)state;
	memcpy(text, whole, sizeof whole);
	for (n = 0; n < len; n++)
		assert_int_equal(answer_read(&a, text, n, false), ANSWER_PART);
	assert_int_equal(answer_read(&a, text, len, false), ANSWER_WHOLE);
	assert_int_equal(a.body_len, 6);
	assert_memory_equal(a.body, "abcdef", 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_ends_where_its_head_says),
		cmocka_unit_test(every_prefix_of_an_answer_is_a_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
