/* test_ext_db_value.c - PostgreSQL's binary format, without a server
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "ext/db_value.h"

enum {
	BOOL = 16,
	BYTEA = 17,
	NAME = 19,
	INT8 = 20,
	INT2 = 21,
	INT4 = 23,
	TEXT = 25,
	OID = 26,
	TEXTS = 1009,
	VARCHAR = 1043,
	TIMESTAMPTZ = 1184,
	UUID = 2950
};

#define BYTES(literal)                                                         \
	{                                                                      \
		literal, sizeof literal - 1                                    \
	}
#define US_2000 INT64_C(946684800000000)

static void
whole_numbers_are_read_by_their_type(void **state)
{
	static const struct {
		struct db_cell cell;
		bool ok;
		int64_t n;
	} rows[] = {
		{ { INT2, BYTES("\0\x7") }, true, 7 },
		{ { INT2, BYTES("\xff\xff") }, true, -1 },
		{ { INT4, BYTES("\x80\0\0\0") }, true, INT32_MIN },
		{ { INT4, BYTES("\0\0\1\0") }, true, 256 },
		{ { OID, BYTES("\xff\xff\xff\xff") }, false, 0 },
		{ { INT8, BYTES("\x80\0\0\0\0\0\0\0") }, true, INT64_MIN },
		{ { INT8, BYTES("\x7f\xff\xff\xff\xff\xff\xff\xff") }, true,
		    INT64_MAX },
		{ { INT8, { NULL, 0 } }, true, 0 },
		{ { INT8, BYTES("\0\0\0\1") }, false, 0 },
		{ { INT4, BYTES("") }, false, 0 },
		{ { TEXT, BYTES("12345678") }, false, 0 },
		{ { BOOL, BYTES("\1") }, false, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		int64_t n = 99;

		assert_int_equal(db_read_int(rows[i].cell, &n), rows[i].ok);
		if (rows[i].ok)
			assert_true(n == rows[i].n);
	}
}

static void
truth_is_one_byte(void **state)
{
	static const struct {
		struct db_cell cell;
		bool ok, b;
	} rows[] = {
		{ { BOOL, BYTES("\1") }, true, true },
		{ { BOOL, BYTES("\0") }, true, false },
		{ { BOOL, { NULL, 0 } }, true, false },
		{ { BOOL, BYTES("\1\1") }, false, false },
		{ { INT2, BYTES("\0\1") }, false, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		bool b = true;

		assert_int_equal(db_read_bool(rows[i].cell, &b), rows[i].ok);
		assert_int_equal(b, rows[i].b);
	}
}

static void
text_and_bytes_are_not_taken_for_each_other(void **state)
{
	static const uint32_t texts[] = { TEXT, VARCHAR, NAME };
	struct db_cell v = { TEXT, BYTES("abc") };
	struct str s;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		v.type = texts[i];
		assert_true(db_read_text(v, &s) && str_is(s, "abc"));
		assert_false(db_read_bytes(v, &s));
	}
	v.type = BYTEA;
	assert_true(db_read_bytes(v, &s) && str_is(s, "abc"));
	assert_false(db_read_text(v, &s));
	v.bytes = STR_NONE;
	assert_true(db_read_bytes(v, &s) && !s.at);
}

static void
times_count_from_1970_and_may_be_endless(void **state)
{
	static const struct {
		struct db_cell cell;
		bool ok;
		int64_t us;
	} rows[] = {
		{ { TIMESTAMPTZ, BYTES("\0\0\0\0\0\0\0\0") }, true, US_2000 },
		{ { TIMESTAMPTZ, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff") },
		    true, US_2000 - 1 },
		{ { TIMESTAMPTZ, BYTES("\x7f\xff\xff\xff\xff\xff\xff\xff") },
		    true, INT64_MAX },
		{ { TIMESTAMPTZ, BYTES("\x80\0\0\0\0\0\0\0") }, true,
		    INT64_MIN },
		{ { TIMESTAMPTZ, { NULL, 0 } }, true, 0 },
		{ { TIMESTAMPTZ, BYTES("\0\0\0\0") }, false, 0 },
		{ { INT8, BYTES("\0\0\0\0\0\0\0\0") }, false, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		int64_t us = 99;

		assert_int_equal(db_read_time(rows[i].cell, &us), rows[i].ok);
		if (rows[i].ok)
			assert_true(us == rows[i].us);
	}
}

static void
a_time_goes_and_comes_back(void **state)
{
	static const int64_t rows[] = { 0, 1, -1, US_2000, 1795167000123456,
		INT64_MAX, INT64_MIN };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct db_arg arg = db_arg_time(rows[i]);
		struct db_bound to;
		struct err e = { 0 };
		struct db_cell v = { TIMESTAMPTZ, { NULL, 8 } };
		int64_t us;

		assert_true(db_bind(&to, &arg, 1, &e));
		v.bytes.at = to.at[0];
		assert_true(db_read_time(v, &us) && us == rows[i]);
	}
}

static void
a_guid_is_sixteen_bytes(void **state)
{
	struct db_cell v = { UUID, BYTES("0123456789abcdef") };
	struct guid g;

	(void)state;
	assert_true(db_read_guid(v, &g));
	assert_memory_equal(g.at, "0123456789abcdef", 16);
	v.bytes.len = 15;
	assert_false(db_read_guid(v, &g));
	v.bytes = STR_NONE;
	assert_true(db_read_guid(v, &g) && !guid_usable(&g));
	v.type = BYTEA;
	assert_false(db_read_guid(v, &g));
}

/* Head of a text[] of one dimension with n elements. */
#define HEAD(n) "\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0" n "\0\0\0\1"
#define EMPTY   "\0\0\0\0\0\0\0\0\0\0\0\x19"

static void
lists_are_read_whole_or_not_at_all(void **state)
{
	static const struct {
		struct str bytes;
		bool ok;
		size_t n;
	} rows[] = {
		{ BYTES(EMPTY), true, 0 },
		{ { NULL, 0 }, true, 0 },
		{ BYTES(HEAD("\2") "\0\0\0\1a\xff\xff\xff\xff"), true, 2 },
		{ BYTES(HEAD("\1") "\0\0\0\0"), true, 1 },
		/* cut off, too long, too many, of another type */
		{ BYTES(HEAD("\2") "\0\0\0\1a"), false, 0 },
		{ BYTES(HEAD("\1") "\0\0\0\2a"), false, 0 },
		{ BYTES(HEAD("\1") "\0\0\0\1ab"), false, 0 },
		{ BYTES(HEAD("\x7f") "\0\0\0\1a"), false, 0 },
		{ BYTES("\0\0\0\1\0\0\0\0\0\0\0\x19\x7f\xff\xff\xff\0\0\0\1"),
		    false, 0 },
		{ BYTES("\0\0\0\7\0\0\0\0\0\0\0\x19"), false, 0 },
		{ BYTES("\0\0\0\0\0\0\0\0\0\0\0\x17"), false, 0 },
		{ BYTES("\0\0\0"), false, 0 },
		{ BYTES(""), false, 0 },
	};
	struct arena *a = arena_new();
	struct str *to;
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct db_cell v = { TEXTS, rows[i].bytes };

		assert_int_equal(db_read_texts(v, a, &to, &n), rows[i].ok);
		if (rows[i].ok)
			assert_int_equal(n, rows[i].n);
	}
	assert_true(db_read_texts(
	    (struct db_cell){ TEXTS, rows[2].bytes }, a, &to, &n));
	assert_true(str_is(to[0], "a") && !to[1].at);
	arena_free(a);
}

static void
dimensions_read_as_one(void **state)
{
	static const char two[] = "\0\0\0\2\0\0\0\0\0\0\0\x19"
				  "\0\0\0\2\0\0\0\1\0\0\0\1\0\0\0\1"
				  "\0\0\0\1a\0\0\0\1b";
	struct db_cell v = { TEXTS, { two, sizeof two - 1 } };
	struct arena *a = arena_new();
	struct str *to;
	size_t n;

	(void)state;
	assert_true(db_read_texts(v, a, &to, &n));
	assert_int_equal(n, 2);
	assert_true(str_is(to[1], "b"));
	arena_free(a);
}

static void
parameters_are_bound_in_the_servers_form(void **state)
{
	struct guid g = { "0123456789abcdef" };
	const struct db_arg args[] = { db_arg_null(), db_arg_text(STR("x")),
		db_arg_text(STR_NONE), db_arg_int(-2), db_arg_bool(true),
		db_arg_bytes((struct str){ "\0\xff", 2 }), db_arg_guid(&g),
		db_arg_guid(NULL), db_arg_raw(STR("\1\2")),
		db_arg_text(STR("")) };
	static const struct str want[] = { { NULL, 0 }, BYTES("x"), { NULL, 0 },
		BYTES("\xff\xff\xff\xff\xff\xff\xff\xfe"), BYTES("\1"),
		BYTES("\0\xff"), BYTES("0123456789abcdef"), { NULL, 0 },
		BYTES("\1\2"), BYTES("") };
	struct db_bound to;
	struct err e = { 0 };
	size_t i;

	(void)state;
	assert_true(db_bind(&to, args, COUNT(args), &e));
	for (i = 0; i < COUNT(args); i++) {
		assert_int_equal(to.at[i] == NULL, want[i].at == NULL);
		assert_int_equal(to.len[i], want[i].len);
		assert_int_equal(to.format[i], 1);
		if (want[i].len)
			assert_memory_equal(to.at[i], want[i].at, want[i].len);
	}
}

static void
bad_text_and_too_many_parameters_are_refused(void **state)
{
	static const struct str bad[] = { BYTES("a\0b"), BYTES("\xff"),
		BYTES("\xc0\x80"), BYTES("\xed\xa0\x80") };
	struct db_arg args[DB_ARGS_MAX + 1] = { { 0 } };
	struct db_bound to;
	struct err e = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		args[0] = db_arg_text(bad[i]);
		assert_false(db_bind(&to, args, 1, &e));
		assert_int_equal(e.kind, ERR_MALFORMED);
		err_clear(&e);
		args[0] = db_arg_bytes(bad[i]);
		assert_true(db_bind(&to, args, 1, &e));
	}
	assert_true(db_bind(&to, args, DB_ARGS_MAX, &e));
	assert_false(db_bind(&to, args, DB_ARGS_MAX + 1, &e));
	assert_int_equal(e.kind, ERR_BROKEN);
}

static void
raw_parameters_are_built_big_end_first(void **state)
{
	struct arena *a = arena_new();
	struct buf b = buf_new(a, 64);

	(void)state;
	db_put_i16(&b, -2);
	db_put_i32(&b, 0x01020304);
	db_put_i64(&b, -1);
	db_put_time(&b, US_2000 + 5);
	assert_false(b.failed);
	assert_int_equal(b.len, 22);
	assert_memory_equal(b.at,
	    "\xff\xfe\1\2\3\4\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\5",
	    22);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers_are_read_by_their_type),
		cmocka_unit_test(truth_is_one_byte),
		cmocka_unit_test(text_and_bytes_are_not_taken_for_each_other),
		cmocka_unit_test(times_count_from_1970_and_may_be_endless),
		cmocka_unit_test(a_time_goes_and_comes_back),
		cmocka_unit_test(a_guid_is_sixteen_bytes),
		cmocka_unit_test(lists_are_read_whole_or_not_at_all),
		cmocka_unit_test(dimensions_read_as_one),
		cmocka_unit_test(parameters_are_bound_in_the_servers_form),
		cmocka_unit_test(bad_text_and_too_many_parameters_are_refused),
		cmocka_unit_test(raw_parameters_are_built_big_end_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
