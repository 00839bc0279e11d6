/* test_fhir_tree_read.c - what the reader takes, and at which byte it stops
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "tree_help.h"

#define T(literal) literal, sizeof literal - 1

static struct arena *a;

static int
arena_up(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
arena_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static struct tree_node *
reads(const char *text, size_t len, struct tree_limits lim, struct err *e)
{
	memset(e, 0, sizeof *e);
	return tree_read(a, help_exact(a, text, len), &lim, e);
}

/* ---- taken ----------------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *text;
	size_t len;
	enum tree_kind kind;
	const char *shows; /* tree_text of the root; NULL: none */
} good[] = {
	{ T("null"), TREE_NULL, NULL },
	{ T("true"), TREE_TRUE, "true" },
	{ T("false"), TREE_FALSE, "false" },
	{ T("0"), TREE_NUMBER, "0" },
	{ T("-0"), TREE_NUMBER, "-0" },
	{ T("72.0"), TREE_NUMBER, "72.0" },
	{ T("1.00"), TREE_NUMBER, "1.00" },
	{ T("0.1"), TREE_NUMBER, "0.1" },
	{ T("0.000100"), TREE_NUMBER, "0.000100" },
	{ T("1e2"), TREE_NUMBER, "1e2" },
	{ T("1E+2"), TREE_NUMBER, "1E+2" },
	{ T("-1.5e-07"), TREE_NUMBER, "-1.5e-07" },
	{ T("1e400"), TREE_NUMBER, "1e400" },
	{ T("0e0"), TREE_NUMBER, "0e0" },
	{ T("9223372036854775808"), TREE_NUMBER, "9223372036854775808" },
	{ T("123456789012345678901234567890"), TREE_NUMBER,
	  "123456789012345678901234567890" },
	{ T(" \t\r\n7 \t\r\n"), TREE_NUMBER, "7" },
	{ T("                                  7"), TREE_NUMBER, "7" },
	{ T("\xef\xbb\xbf\"a\""), TREE_STRING, "a" },
	{ T("\"\""), TREE_STRING, "" },
	{ T("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), TREE_STRING, "\"\\/\b\f\n\r\t" },
	{ T("\"\\u0041\\u00e9\\u20AC\\uD83D\\uDE00\""), TREE_STRING,
	  "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ T("\"\\uFFFF\\ud800\\udc00\\uDBFF\\uDFFF\""), TREE_STRING,
	  "\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
	{ T("\"\\u0001\\u001f\\u007f\\u0080\\u07ff\\u0800\""), TREE_STRING,
	  "\x01\x1f\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80" },
	{ T("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80"
	    "\xf4\x8f\xbf\xbf\""), TREE_STRING,
	  "\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80"
	  "\xf4\x8f\xbf\xbf" },
	{ T("\"\x7f\""), TREE_STRING, "\x7f" },
	{ T("\"\xef\xbb\xbf\""), TREE_STRING, "\xef\xbb\xbf" },
	{ T("[]"), TREE_ARRAY, NULL },
	{ T("{}"), TREE_OBJECT, NULL },
	{ T(" [ ] "), TREE_ARRAY, NULL },
	{ T("\t{\n}\r"), TREE_OBJECT, NULL },
	{ T("[[],{},[[]],\"\",0,null]"), TREE_ARRAY, NULL },
	{ T("{\"\":{\"\":1}}"), TREE_OBJECT, NULL },
	{ T("{ \"a\" : 1 , \"b\" : [ 1 , 2 ] }"), TREE_OBJECT, NULL },
	{ T("{\"a\":{\"a\":{\"a\":1}}}"), TREE_OBJECT, NULL },
	{ T("{\"id\":1,\"Id\":1,\"ID\":1,\"id \":1}"), TREE_OBJECT, NULL },
};

/* ---- refused --------------------------------------------------------------- */

#define VALUE   "a value is missing"
#define NAME    "a member name is missing"
#define COLON   "a colon is missing"
#define BRACE   "a comma or } is missing"
#define BRACKET "a comma or ] is missing"
#define DIGIT   "a digit is missing"
#define ENDS    "it ends within a string"
#define CONTROL "a control character in a string"
#define UTF8    "bytes that are not UTF-8"
#define ESCAPE  "an escape that JSON lacks"
#define HEX     "\\u without four hexadecimal digits"
#define NUL     "\\u0000"
#define HALF    "a surrogate without its other half"
#define TWICE   "a member name for the second time"
#define AFTER   "text after the value"

static const struct {
	const char *text;
	size_t len;
	size_t byte;
	const char *what;
} bad[] = {
	{ T(""), 0, VALUE },
	{ T(" \n"), 2, VALUE },
	{ T("\xef\xbb\xbf"), 3, VALUE },
	{ T("\xef\xbb\xbf\xef\xbb\xbf{}"), 3, VALUE },
	{ T(" \xef\xbb\xbf{}"), 1, VALUE },
	{ T("\xfe\xff\0{\0}"), 0, VALUE },
	{ T("\0"), 0, VALUE },
	{ T("{}\0"), 2, AFTER },
	{ T("\v1"), 0, VALUE },
	{ T("\f1"), 0, VALUE },
	{ T("\xc2\xa0" "1"), 0, VALUE },
	{ T("nul"), 0, VALUE },
	{ T("nulL"), 0, VALUE },
	{ T("tru"), 0, VALUE },
	{ T("True"), 0, VALUE },
	{ T("NaN"), 0, VALUE },
	{ T("Infinity"), 0, VALUE },
	{ T("-Infinity"), 1, DIGIT },
	{ T("undefined"), 0, VALUE },
	{ T("'a'"), 0, VALUE },
	{ T("nullx"), 4, AFTER },
	{ T("truefalse"), 4, AFTER },
	{ T("1 2"), 2, AFTER },
	{ T("{} {}"), 3, AFTER },
	{ T("{}}"), 2, AFTER },
	{ T("[]]"), 2, AFTER },
	{ T("[] // a remark"), 3, AFTER },
	{ T("/**/{}"), 0, VALUE },
	/* numbers */
	{ T("-"), 1, DIGIT },
	{ T("+1"), 0, VALUE },
	{ T("--1"), 1, DIGIT },
	{ T("01"), 1, AFTER },
	{ T("-01"), 2, AFTER },
	{ T("00"), 1, AFTER },
	{ T(".5"), 0, VALUE },
	{ T("1."), 2, DIGIT },
	{ T("1.e1"), 2, DIGIT },
	{ T("-.5"), 1, DIGIT },
	{ T("1e"), 2, DIGIT },
	{ T("1e+"), 3, DIGIT },
	{ T("1E-x"), 3, DIGIT },
	{ T("1e1.5"), 3, AFTER },
	{ T("0x10"), 1, AFTER },
	{ T("1_000"), 1, AFTER },
	{ T("1,5"), 1, AFTER },
	{ T("[1 5]"), 3, BRACKET },
	/* strings */
	{ T("\""), 1, ENDS },
	{ T("\"abc"), 4, ENDS },
	{ T("\"0123456789abcdef0123456789abcdef"), 33, ENDS },
	{ T("\"\\"), 1, ESCAPE },
	{ T("\"\\\""), 3, ENDS },
	{ T("\"\\a\""), 1, ESCAPE },
	{ T("\"\\U0041\""), 1, ESCAPE },
	{ T("\"\\x41\""), 1, ESCAPE },
	{ T("\"\\'\""), 1, ESCAPE },
	{ T("\"\\\0\""), 1, ESCAPE },
	{ T("\"\\u\""), 1, HEX },
	{ T("\"ab\\u12"), 3, HEX },
	{ T("\"ab\\u123"), 3, HEX },
	{ T("\"\\u12g4\""), 1, HEX },
	{ T("\"\\u 123\""), 1, HEX },
	{ T("\"\\u+123\""), 1, HEX },
	{ T("\"\\u0000\""), 1, NUL },
	{ T("\"a\\u0000b\""), 2, NUL },
	{ T("\"\\ud800\""), 1, HALF },
	{ T("\"\\udc00\""), 1, HALF },
	{ T("\"\\ud800\\ud800\""), 1, HALF },
	{ T("\"\\ud800x\""), 1, HALF },
	{ T("\"\\ud800\\n\""), 1, HALF },
	{ T("\"\\ud83d\\ude0\""), 1, HALF },
	{ T("\"\\udc00\\ud800\""), 1, HALF },
	{ T("\"\n\""), 1, CONTROL },
	{ T("\"a\tb\""), 2, CONTROL },
	{ T("\"\0\""), 1, CONTROL },
	{ T("\"\x1f\""), 1, CONTROL },
	{ T("\"0123456789abcdef0123\x01\""), 21, CONTROL },
	{ T("\"\x80\""), 1, UTF8 },
	{ T("\"\xff\""), 1, UTF8 },
	{ T("\"\xc3\""), 1, UTF8 },
	{ T("\"\xc3"), 1, UTF8 },
	{ T("\"\xc0\x80\""), 1, UTF8 },
	{ T("\"\xc1\xbf\""), 1, UTF8 },
	{ T("\"\xe0\x9f\xbf\""), 1, UTF8 },
	{ T("\"\xed\xa0\x80\""), 1, UTF8 },
	{ T("\"\xed\xb0\x80\""), 1, UTF8 },
	{ T("\"\xf0\x8f\xbf\xbf\""), 1, UTF8 },
	{ T("\"\xf4\x90\x80\x80\""), 1, UTF8 },
	{ T("\"\xf5\x80\x80\x80\""), 1, UTF8 },
	{ T("\"\xe2\x82\""), 1, UTF8 },
	{ T("\"caf\xe9\""), 4, UTF8 },
	{ T("\"\xc3\xa9\xc3\xa9\x80\""), 5, UTF8 },
	/* containers */
	{ T("["), 1, VALUE },
	{ T("[ "), 2, VALUE },
	{ T("[1"), 2, BRACKET },
	{ T("[1,"), 3, VALUE },
	{ T("[1,]"), 3, VALUE },
	{ T("[,1]"), 1, VALUE },
	{ T("[1,,2]"), 3, VALUE },
	{ T("[1}"), 2, BRACKET },
	{ T("[1:2]"), 2, BRACKET },
	{ T("]"), 0, VALUE },
	{ T("{"), 1, NAME },
	{ T("{]"), 1, NAME },
	{ T("[}"), 1, VALUE },
	{ T("{,}"), 1, NAME },
	{ T("{1:2}"), 1, NAME },
	{ T("{a:1}"), 1, NAME },
	{ T("{'a':1}"), 1, NAME },
	{ T("{null:1}"), 1, NAME },
	{ T("{\"a\""), 4, COLON },
	{ T("{\"a\"}"), 4, COLON },
	{ T("{\"a\" 1}"), 5, COLON },
	{ T("{\"a\",1}"), 4, COLON },
	{ T("{\"a\":"), 5, VALUE },
	{ T("{\"a\":}"), 5, VALUE },
	{ T("{\"a\"::1}"), 5, VALUE },
	{ T("{\"a\":1"), 6, BRACE },
	{ T("{\"a\":1]"), 6, BRACE },
	{ T("{\"a\":1,}"), 7, NAME },
	{ T("{\"a\":1,,\"b\":1}"), 7, NAME },
	{ T("{\"a\":1 \"b\":2}"), 7, BRACE },
	{ T("{\"a"), 3, ENDS },
	{ T("{\"\\u0000\":1}"), 2, NUL },
	{ T("{\"\x80\":1}"), 2, UTF8 },
	/* names twice: known, unknown, empty, in another spelling */
	{ T("{\"id\":1,\"id\":1}"), 8, TWICE },
	{ T("{\"id\":1, \"x\":[], \"id\" : 2}"), 17, TWICE },
	{ T("{\"zzz\":1,\"zzz\":1}"), 9, TWICE },
	{ T("{\"\":1,\"\":1}"), 6, TWICE },
	{ T("{\"id\":1,\"\\u0069d\":1}"), 8, TWICE },
	{ T("{\"\\u0069d\":1,\"id\":1}"), 13, TWICE },
	{ T("{\"a/b\":1,\"a\\/b\":1}"), 9, TWICE },
	{ T("{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":1}"), 10, TWICE },
	{ T("{\"a\":{\"b\":1,\"b\":2}}"), 12, TWICE },
	{ T("[{\"a\":1},{\"a\":1,\"c\":1,\"a\":1}]"), 22, TWICE },
};
/* clang-format on */

static void
good_text_is_read_and_written_back_byte_for_byte(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		struct err e;
		struct tree_node *n = reads(
		    good[i].text, good[i].len, (struct tree_limits){ 0 }, &e);
		const char *body = good[i].text, *out;

		if (!n)
			fail_msg("%s: %s", good[i].text, e.said);
		assert_int_equal(n->kind, good[i].kind);
		if (good[i].shows)
			assert_true(str_is(tree_text(n), good[i].shows));
		else
			assert_null(tree_text(n).at);
		out = help_write(a, n);
		if (!strncmp(body, "\xef\xbb\xbf", 3))
			body += 3;
		if (n->kind >= TREE_ARRAY)
			assert_string_equal(out, body);
		else
			assert_non_null(strstr(body, out));
	}
}

static void
bad_text_is_refused_with_reason_and_byte(void **state)
{
	char said[320];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		struct err e;
		struct tree_node *n = reads(
		    bad[i].text, bad[i].len, (struct tree_limits){ 0 }, &e);

		if (n)
			fail_msg("taken: %s", bad[i].text);
		assert_int_equal(e.kind, ERR_MALFORMED);
		snprintf(said, sizeof said,
		    "The JSON is not well formed at byte %zu: %s.", bad[i].byte,
		    bad[i].what);
		if (strcmp(e.said, said))
			fail_msg("%s\ngave: %s\nnot:  %s", bad[i].text, e.said,
			    said);
	}
}

/* Every good text cut short anywhere must be refused, or be good itself. */
static void
a_text_that_is_cut_short_is_refused(void **state)
{
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		if (good[i].kind != TREE_OBJECT && good[i].kind != TREE_ARRAY &&
		    good[i].kind != TREE_STRING)
			continue;
		for (n = 0; n + 1 < good[i].len; n++) {
			struct err e;

			if (strchr(" \n\r\t", good[i].text[n]) &&
			    n > good[i].len / 2)
				continue;
			assert_null(reads(
			    good[i].text, n, (struct tree_limits){ 0 }, &e));
			assert_int_equal(e.kind, ERR_MALFORMED);
		}
	}
}

static void
the_caller_says_which_kinds_of_error(void **state)
{
	struct tree_limits theirs = { .depth = 1,
		.nodes = 2,
		.bad = ERR_UPSTREAM_BAD,
		.large = ERR_UPSTREAM_LARGE };
	struct err e;

	(void)state;
	assert_null(reads(T("<html>"), theirs, &e));
	assert_int_equal(e.kind, ERR_UPSTREAM_BAD);
	assert_null(reads(T("[[]]"), theirs, &e));
	assert_int_equal(e.kind, ERR_UPSTREAM_LARGE);
	assert_null(reads(T("[1,2]"), theirs, &e));
	assert_int_equal(e.kind, ERR_UPSTREAM_LARGE);
	assert_null(reads(T("[1,2]"), (struct tree_limits){ .nodes = 2 }, &e));
	assert_int_equal(e.kind, ERR_TOO_MANY);
}

static void
an_object_may_be_demanded_at_the_top(void **state)
{
	struct tree_limits lim = { .object = true };
	struct err e;

	(void)state;
	assert_non_null(reads(T("\xef\xbb\xbf {}"), lim, &e));
	assert_null(reads(T(" []"), lim, &e));
	assert_int_equal(e.kind, ERR_MALFORMED);
	assert_string_equal(e.said, "The JSON is not well formed at byte 1: "
				    "an object is expected.");
	assert_null(reads(T("null"), lim, &e));
	assert_null(reads(T(""), lim, &e));
	assert_null(reads(T("{} {}"), lim, &e));
}

/* depth times "[" or {"a": around a 1, closed or not. */
static struct str
nested(unsigned depth, bool objects, bool closed)
{
	struct buf b = buf_new(a, 1 << 20);
	unsigned i;

	for (i = 0; i < depth; i++)
		buf_str(&b, objects ? "{\"a\":" : "[");
	buf_str(&b, "1");
	for (i = 0; i < depth && closed; i++)
		buf_str(&b, objects ? "}" : "]");
	return (struct str){ b.at, b.len };
}

static void
depth_is_bounded(void **state)
{
	/* clang-format off */
	static const struct {
		unsigned limit, deepest;
	} rows[] = { { 0, 64 }, { 1, 1 }, { 64, 64 }, { 256, 256 },
		{ 100000, 256 } };
	/* clang-format on */
	char said[320];
	struct err e;
	size_t i;
	int objects;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		for (objects = 0; objects < 2; objects++) {
			struct tree_limits lim = { .depth = rows[i].limit };
			unsigned most = rows[i].deepest;
			struct str s = nested(most, objects, true);

			assert_non_null(reads(s.at, s.len, lim, &e));
			s = nested(most + 1, objects, true);
			assert_null(reads(s.at, s.len, lim, &e));
			assert_int_equal(e.kind, ERR_TOO_MANY);
			snprintf(said, sizeof said,
			    "The JSON is nested deeper than %u levels, at byte "
			    "%u.",
			    most, objects ? most * 5 : most);
			assert_string_equal(e.said, said);
			s = nested(3000, objects, false);
			assert_null(reads(s.at, s.len, lim, &e));
			assert_int_equal(e.kind, ERR_TOO_MANY);
		}
}

static void
nodes_are_bounded_and_every_value_counts(void **state)
{
	struct err e;

	(void)state;
	assert_non_null(
	    reads(T("{\"a\":[1,{}]}"), (struct tree_limits){ .nodes = 4 }, &e));
	assert_null(
	    reads(T("{\"a\":[1,{}]}"), (struct tree_limits){ .nodes = 3 }, &e));
	assert_string_equal(
	    e.said, "The JSON has more than 3 values; the next is at byte 8.");
	assert_non_null(reads(T("1"), (struct tree_limits){ .nodes = 1 }, &e));
}

/* [{},{},...] grows 77-fold in Jansson. */
static void
memory_is_bounded_by_the_text(void **state)
{
	static const char *const units[] = { "{},", "[],", "1,", "\"\\n\",",
		"{\"\":1}," };
	size_t i, j, n = 200000, nodes;

	(void)state;
	for (i = 0; i < COUNT(units); i++) {
		struct arena *own = arena_new();
		struct buf b = buf_new(a, 1 << 24);
		struct tree_limits lim = { 0 };
		struct err e = { 0 };

		buf_char(&b, '[');
		for (j = 0; j < n; j++)
			buf_str(&b, units[i]);
		b.at[b.len - 1] = ']';
		assert_non_null(
		    tree_read(own, (struct str){ b.at, b.len }, &lim, &e));
		nodes = (strlen(units[i]) > 5 ? 2 : 1) * n + 1;
		assert_true(arena_used(own) <= nodes * 48 + (2 << 20));
		arena_free(own);
	}
}

static void
the_byte_budget_stops_a_reader(void **state)
{
	struct buf b = buf_new(a, 1 << 24);
	struct err e;
	size_t j;

	(void)state;
	buf_char(&b, '[');
	for (j = 0; j < 400000; j++)
		buf_str(&b, "1,");
	b.at[b.len - 1] = ']';
	arena_budget(arena_total() + (4 << 20));
	assert_null(reads(b.at, b.len, (struct tree_limits){ 0 }, &e));
	arena_budget(0);
	assert_int_equal(e.kind, ERR_BUSY);
	assert_string_equal(e.said, "");
	assert_non_null(reads(b.at, b.len, (struct tree_limits){ 0 }, &e));
}

/* n members m0, m1, ... of which the one at `again` repeats the one at `of`;
 * the byte at which it stands. */
static size_t
wide(struct buf *b, size_t n, size_t again, size_t of)
{
	size_t i, byte = 0;

	buf_str(b, "{ ");
	for (i = 0; i < n; i++) {
		buf_str(b, i ? " ,\n " : "");
		if (i == again)
			byte = b->len;
		buf_fmt(b, "\"m%zu\" : \"x,\\\"y\"", i == again ? of : i);
	}
	buf_str(b, " }");
	return byte;
}

static void
a_name_twice_is_found_however_wide_the_object(void **state)
{
	/* clang-format off */
	static const struct {
		size_t members, again, of;
	} rows[] = {
		{ 2, 1, 0 }, { 31, 30, 0 }, { 32, 31, 0 }, { 33, 32, 0 },
		{ 33, 32, 31 }, { 33, 1, 0 }, { 34, 33, 32 },
		{ 1000, 999, 998 }, { 1000, 500, 3 }, { 50000, 49999, 0 },
		{ 50000, 49999, 49998 }, { 50000, 70, 69 },
	};
	/* clang-format on */
	char said[320];
	size_t i, byte;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct buf b = buf_new(a, 1 << 24);
		struct err e;

		byte = wide(&b, rows[i].members, rows[i].again, rows[i].of);
		assert_null(reads(b.at, b.len, (struct tree_limits){ 0 }, &e));
		snprintf(said, sizeof said,
		    "The JSON is not well formed at byte %zu: %s.", byte,
		    TWICE);
		assert_string_equal(e.said, said);
		b = buf_new(a, 1 << 24);
		wide(&b, rows[i].members, rows[i].members, 0);
		assert_non_null(
		    reads(b.at, b.len, (struct tree_limits){ 0 }, &e));
	}
}

static void
wide_objects_within_each_other_are_told_apart(void **state)
{
	struct buf b = buf_new(a, 1 << 20);
	struct err e;
	size_t i;

	(void)state;
	buf_str(&b, "{\"in\":");
	wide(&b, 100, 100, 0);
	for (i = 0; i < 100; i++)
		buf_fmt(&b, ",\"m%zu\":{\"m%zu\":1}", i, i);
	buf_char(&b, '}');
	assert_non_null(reads(b.at, b.len, (struct tree_limits){ 0 }, &e));
}

static void
names_of_any_length_are_kept(void **state)
{
	static const size_t lens[] = { 0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31,
		32, 33, 253, 254, 255, 256, 300, 70000 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(lens); i++) {
		struct buf b = buf_new(a, 1 << 20);
		struct tree_node *n;
		char *name = arena_get(a, lens[i] + 1);
		struct str text = { name, lens[i] };
		struct err e;

		memset(name, 'n', lens[i]);
		buf_fmt(&b, "{\"%s\":1,\"%sx\":2}", name, name);
		n = reads(b.at, b.len, (struct tree_limits){ 0 }, &e);
		assert_non_null(n);
		assert_true(str_eq(tree_name(tree_first(n)), text));
		assert_ptr_equal(tree_member(n, text), tree_first(n));
		b.len = 0;
		buf_fmt(&b, "{\"%s\":1,\"%s\":2}", name, name);
		assert_null(reads(b.at, b.len, (struct tree_limits){ 0 }, &e));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    good_text_is_read_and_written_back_byte_for_byte),
		cmocka_unit_test(bad_text_is_refused_with_reason_and_byte),
		cmocka_unit_test(a_text_that_is_cut_short_is_refused),
		cmocka_unit_test(the_caller_says_which_kinds_of_error),
		cmocka_unit_test(an_object_may_be_demanded_at_the_top),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(nodes_are_bounded_and_every_value_counts),
		cmocka_unit_test(memory_is_bounded_by_the_text),
		cmocka_unit_test(the_byte_budget_stops_a_reader),
		cmocka_unit_test(a_name_twice_is_found_however_wide_the_object),
		cmocka_unit_test(wide_objects_within_each_other_are_told_apart),
		cmocka_unit_test(names_of_any_length_are_kept),
	};

	return cmocka_run_group_tests(tests, arena_up, arena_down);
}
