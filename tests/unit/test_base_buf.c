/* test_base_buf.c - text grows up to its ceiling, and failure sticks
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

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
a_ceiling_is_exact_and_failure_sticks(void **state)
{
	struct buf b = buf_new(a, 5);

	(void)state;
	buf_str(&b, "abc");
	buf_put(&b, "de", 2);
	assert_false(b.failed);
	assert_string_equal(buf_text(&b), "abcde");
	buf_char(&b, 'f');
	assert_true(b.failed);
	assert_null(buf_text(&b));
	assert_int_equal(b.len, 5);
	buf_str(&b, "");
	assert_true(b.failed);
}

static void
long_text_arrives_whole(void **state)
{
	struct buf b = buf_new(a, 1u << 20);
	size_t i;

	(void)state;
	for (i = 0; i < 50000; i++)
		buf_fmt(&b, "%05zu,", i);
	buf_fmt(&b, "%2000d", 7);
	assert_false(b.failed);
	assert_int_equal(b.len, 50000 * 6 + 2000);
	assert_memory_equal(b.at + 49999 * 6, "49999,", 6);
}

static void
what_is_written_as_json_is_json(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *json;
	} rows[] = {
		{ "plain", 5, "\"plain\"" },
		{ "", 0, "\"\"" },
		{ "a\"b\\c/", 6, "\"a\\\"b\\\\c/\"" },
		{ "\n\r\t\x01\x1b", 5, "\"\\n\\r\\t\\u0001\\u001b\"" },
		{ "a\0b", 3, "\"a\\u0000b\"" },
		{ "\x7f", 1, "\"\\u007f\"" },
		{ "J\xc3\xb6rg", 5, "\"J\xc3\xb6rg\"" },
		{ "\xf0\x9f\x98\x80", 4, "\"\xf0\x9f\x98\x80\"" },
		{ "\xff\xc0\x80", 3,
		    "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "x\xed\xa0\x80y", 5,
		    "\"x\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdy\"" },
		{ "\xe2\x82", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf b = buf_new(a, 1000);

		buf_json(&b, rows[i].text, rows[i].n);
		assert_string_equal(buf_text(&b), rows[i].json);
	}
}

static void
a_reader_fills_room_of_its_own(void **state)
{
	struct buf b = buf_new(a, 10);
	char *to = buf_room(&b, 8);

	(void)state;
	memcpy(to, "abc", 3);
	buf_filled(&b, 3);
	assert_non_null(buf_room(&b, 7));
	assert_null(buf_room(&b, 8));
	assert_true(b.failed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ceiling_is_exact_and_failure_sticks),
		cmocka_unit_test(long_text_arrives_whole),
		cmocka_unit_test(what_is_written_as_json_is_json),
		cmocka_unit_test(a_reader_fills_room_of_its_own),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
