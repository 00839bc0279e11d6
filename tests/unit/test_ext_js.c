/* test_ext_js.c - what strangers may send as JSON, and what we hand on
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "ext/js.h"

static void
hostile_texts_are_refused(void **state)
{
	/* clang-format off */
	static const struct {
		struct str text;
		const char *why; /* part of it */
	} rows[] = {
		{ STR_NONE, "absent" },
		{ STR(""), "JSON" },
		{ STR(" "), "JSON" },
		{ STR("null"), "JSON" },
		{ STR("\"text\""), "JSON" },
		{ STR("7"), "JSON" },
		{ STR("[]"), "not an object" },
		{ STR("[{}]"), "not an object" },
		{ STR("{"), "cut off" },
		{ STR("{\"a\":1"), "cut off" },
		{ STR("{\"a\":1,}"), "syntax" },
		{ STR("{\"a\":1}{}"), "after the end" },
		{ STR("{\"a\":1}x"), "after the end" },
		{ STR("{\"a\":1}\0"), "NUL byte" },
		{ STR("{\"a\":1}\0{\"a\":2}"), "NUL byte" },
		{ STR("{\"a\":1e40\0,\"b\":1}"), "NUL byte" },
		{ STR("{\"a\":1,\"a\":1}"), "twice" },
		{ STR("{\"a\":1,\"\\u0061\":2}"), "twice" },
		{ STR("{\"b\":{\"a\":1,\"a\":2}}"), "twice" },
		{ STR("{\"b\":[{\"a\":1,\"a\":2}]}"), "twice" },
		{ STR("{\"a\":\"\\u0000\"}"), "NUL" },
		{ STR("{\"a\\u0000b\":1}"), "NUL" },
		{ STR("{\"a\":\"\0\"}"), "NUL byte" },
		{ STR("{\"a\":\"\n\"}"), "syntax" },
		{ STR("\xef\xbb\xbf{\"a\":1}"), "syntax" },
		{ STR("{\"a\":\"\xff\"}"), "UTF-8" },
		{ STR("{\"a\":\"\xc0\x80\"}"), "UTF-8" },
		{ STR("{\"a\":\"\\ud800\"}"), "syntax" },
		{ STR("{\"a\":1e400}"), "range" },
		{ STR("{\"a\":9223372036854775808}"), "range" },
		{ STR("{\"a\":NaN}"), "syntax" },
		{ STR("{\"a\":01}"), "syntax" },
		{ STR("{'a':1}"), "syntax" },
		{ STR("{\"a\":1 /* */}"), "syntax" },
		{ STR("{\"much longer than\":\"the limit of this test is allowed\"}"),
		    "over 50 bytes" },
	};
	/* clang-format on */
	struct arena *a = arena_new();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct err e = { 0 };

		if (js_read(a, rows[i].text, 50, &e))
			fail_msg("row %zu was taken", i);
		assert_int_equal(e.kind, ERR_MALFORMED);
		if (!strstr(e.why, rows[i].why))
			fail_msg("row %zu: %s", i, e.why);
	}
	arena_free(a);
}

static void
the_log_learns_nothing_of_the_content(void **state)
{
	struct arena *a = arena_new();
	struct err e = { 0 };

	(void)state;
	assert_null(js_read(a,
	    STR("{\"client_secret\":\"canary\",\"client_secret\":\"canary\"}"),
	    100, &e));
	assert_null(strstr(e.why, "canary"));
	assert_null(strstr(e.why, "client"));
	assert_string_equal(e.said, "");
	arena_free(a);
}

/* {"a":[[[...]]]} with `depth` levels, object included. */
static struct str
nested(char *to, size_t depth, bool closed)
{
	size_t n = 0, i;

	n = strlen(strncpy(to, "{\"a\":", 6));
	for (i = 1; i < depth; i++)
		to[n++] = '[';
	for (i = 1; closed && i < depth; i++)
		to[n++] = ']';
	if (closed)
		to[n++] = '}';
	return (struct str){ to, n };
}

static void
depth_is_bounded_at_64(void **state)
{
	struct arena *a = arena_new();
	struct err e = { 0 };
	char text[8000];

	(void)state;
	assert_non_null(js_read(a, nested(text, 64, true), 8000, &e));
	assert_null(js_read(a, nested(text, 65, true), 8000, &e));
	assert_non_null(strstr(e.why, "64 levels"));
	err_clear(&e);
	assert_null(js_read(a, nested(text, 3000, true), 8000, &e));
	err_clear(&e);
	assert_null(js_read(a, nested(text, 3000, false), 8000, &e));
	err_clear(&e);
	/* brackets in strings are text; escapes do not end one */
	assert_non_null(js_read(a,
	    STR("{\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\\\":[{}]}"),
	    8000, &e));
	arena_free(a);
}

static void
getters_refuse_a_wrong_type(void **state)
{
	struct arena *a = arena_new();
	struct err e = { 0 };
	const struct json_t *o = js_read(a,
	    STR("{\"s\":\"tex\\u0074\",\"i\":7,\"r\":7.0,\"x\":7e0,\"t\":true,"
		"\"f\":false,\"n\":null,\"o\":{\"k\":-1},\"a\":[\"0\",1]}"),
	    1000, &e);
	struct str s = STR("kept");
	int64_t i = 42;
	bool b = true;

	(void)state;
	assert_non_null(o);
	assert_true(js_integer(o, "i", &i) && i == 7);
	assert_false(js_integer(o, "r", &i) || js_integer(o, "x", &i) ||
		     js_integer(o, "s", &i) || js_integer(o, "t", &i) ||
		     js_integer(o, "n", &i) || js_integer(o, "absent", &i));
	assert_int_equal(i, 7);
	assert_false(js_text(o, "i", &s) || js_text(o, "n", &s) ||
		     js_text(o, "o", &s) || js_text(o, "absent", &s));
	assert_true(str_is(s, "kept"));
	assert_true(js_text(o, "s", &s) && str_is(s, "text") && !s.at[s.len]);
	assert_true(js_bool(o, "f", &b) && !b);
	assert_false(js_bool(o, "n", &b) || js_bool(o, "i", &b) || b);
	assert_null(js_object(o, "a"));
	assert_null(js_array(o, "o"));
	assert_true(js_integer(js_object(o, "o"), "k", &i) && i == -1);
	assert_int_equal(js_count(js_array(o, "a")), 2);
	assert_true(js_value_text(js_at(js_array(o, "a"), 0), &s));
	assert_false(js_value_text(js_at(js_array(o, "a"), 1), &s));
	assert_null(js_at(js_array(o, "a"), 2));
	assert_true(js_has(o, "n") && !js_has(o, "N"));
	assert_int_equal(js_count(NULL), 0);
	arena_free(a);
}

static bool
collect(void *ctx, struct str name, const struct json_t *value)
{
	char *to = ctx;
	struct str s;

	if (str_is(name, "stop"))
		return false;
	strncat(to, name.at, name.len);
	if (js_value_text(value, &s))
		strncat(to, s.at, s.len);
	return true;
}

static void
members_come_in_the_order_of_the_text(void **state)
{
	struct arena *a = arena_new();
	struct err e = { 0 };
	char seen[50] = "";

	(void)state;
	assert_true(js_each(
	    js_read(a, STR("{\"b\":\"1\",\"a\":2,\"c\":\"3\"}"), 100, &e),
	    collect, seen));
	assert_string_equal(seen, "b1ac3");
	assert_false(
	    js_each(js_read(a, STR("{\"z\":1,\"stop\":2,\"c\":3}"), 100, &e),
		collect, seen));
	assert_string_equal(seen, "b1ac3z");
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_texts_are_refused),
		cmocka_unit_test(the_log_learns_nothing_of_the_content),
		cmocka_unit_test(depth_is_bounded_at_64),
		cmocka_unit_test(getters_refuse_a_wrong_type),
		cmocka_unit_test(members_come_in_the_order_of_the_text),
	};

	js_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
