/* test_ext_fcgi_guard.c - what a FastCGI peer may say
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ext/fcgi_guard.h"

#define BEGIN  "\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0"
#define PARAMS "\1\4\0\1\0\5\3\0\2\1ABC\0\0\0"
#define NO_PAR "\1\4\0\1\0\0\0\0"
#define BODY   "\1\5\0\1\0\4\0\0body"
#define NO_IN  "\1\5\0\1\0\0\0\0"

/* A string literal and its length, NULs counted. */
#define ROW(text) (text), sizeof(text) - 1

static const struct {
	const char *what;
	const char *sent;
	size_t n;
	enum fcgi_phase phase;
} rows[] = {
	{ "nothing", ROW(""), FCGI_AT_BEGIN },
	{ "half a head", ROW("\1\1\0"), FCGI_AT_BEGIN },
	{ "a begin record", ROW(BEGIN), FCGI_AT_PARAMS },
	{ "parameters", ROW(BEGIN PARAMS), FCGI_AT_PARAMS },
	{ "their end", ROW(BEGIN PARAMS NO_PAR), FCGI_AT_BODY },
	{ "no parameters at all", ROW(BEGIN NO_PAR), FCGI_AT_BODY },
	{ "some body", ROW(BEGIN PARAMS NO_PAR BODY), FCGI_AT_BODY },
	{ "all", ROW(BEGIN PARAMS NO_PAR BODY BODY NO_IN), FCGI_AT_END },
	{ "an empty pair", ROW(BEGIN "\1\4\0\1\0\2\0\0\0\0" NO_PAR),
	    FCGI_AT_BODY },
	{ "a pair over two records",
	    ROW(BEGIN "\1\4\0\1\0\3\0\0\2\1A"
		      "\1\4\0\1\0\2\0\0BC" NO_PAR),
	    FCGI_AT_BODY },
	{ "lengths of four bytes, over two records",
	    ROW(BEGIN "\1\4\0\1\0\3\0\0\x80\0\0"
		      "\1\4\0\1\0\10\0\0\1\x80\0\0\2ABC" NO_PAR),
	    FCGI_AT_BODY },
	{ "version 2", ROW("\2\1\0\1\0\10\0\0"), FCGI_REFUSED },
	{ "request 0", ROW("\1\1\0\0\0\10\0\0"), FCGI_REFUSED },
	{ "a begin record of nine bytes", ROW("\1\1\0\1\0\11\0\0"),
	    FCGI_REFUSED },
	{ "a padded begin record", ROW("\1\1\0\1\0\10\1\0"), FCGI_REFUSED },
	{ "parameters first", ROW(PARAMS), FCGI_REFUSED },
	{ "a management record first", ROW("\1\11\0\0\0\0\0\0"), FCGI_REFUSED },
	{ "an authorizer", ROW("\1\1\0\1\0\10\0\0\0\2"), FCGI_REFUSED },
	{ "a role of 257", ROW("\1\1\0\1\0\10\0\0\1\1"), FCGI_REFUSED },
	{ "a management record among parameters",
	    ROW(BEGIN "\1\11\0\0\0\0\0\0"), FCGI_REFUSED },
	{ "an unknown record", ROW(BEGIN "\1\77\0\1\0\0\0\0"), FCGI_REFUSED },
	{ "parameters of another request", ROW(BEGIN "\1\4\0\2\0\0\0\0"),
	    FCGI_REFUSED },
	{ "a second begin", ROW(BEGIN BEGIN), FCGI_REFUSED },
	{ "a body too early", ROW(BEGIN BODY), FCGI_REFUSED },
	{ "a pair that is cut", ROW(BEGIN "\1\4\0\1\0\3\0\0\2\1A" NO_PAR),
	    FCGI_REFUSED },
	{ "lengths that are cut", ROW(BEGIN "\1\4\0\1\0\1\0\0\2" NO_PAR),
	    FCGI_REFUSED },
	{ "parameters whose end is padded", ROW(BEGIN "\1\4\0\1\0\0\1\0"),
	    FCGI_REFUSED },
	{ "a NUL in a name", ROW(BEGIN "\1\4\0\1\0\3\0\0\1\0\0"),
	    FCGI_REFUSED },
	{ "a NUL in a value", ROW(BEGIN "\1\4\0\1\0\4\0\0\1\1A\0"),
	    FCGI_REFUSED },
	{ "= in a name", ROW(BEGIN "\1\4\0\1\0\4\0\0\2\0A="), FCGI_REFUSED },
	{ "= in a value", ROW(BEGIN "\1\4\0\1\0\4\0\0\1\1A=" NO_PAR),
	    FCGI_AT_BODY },
	{ "a name of two gigabytes",
	    ROW(BEGIN "\1\4\0\1\0\10\0\0\xff\xff\xff\xff\1A="), FCGI_REFUSED },
	{ "a value of two gigabytes",
	    ROW(BEGIN "\1\4\0\1\0\10\0\0\1\xff\xff\xff\xff"), FCGI_REFUSED },
	{ "a value one byte too long",
	    ROW(BEGIN "\1\4\0\1\0\10\0\0\1\x80\1\0\1"), FCGI_REFUSED },
	{ "parameters again", ROW(BEGIN NO_PAR PARAMS), FCGI_REFUSED },
	{ "parameters in the body", ROW(BEGIN NO_PAR BODY PARAMS),
	    FCGI_REFUSED },
	{ "an abort", ROW(BEGIN NO_PAR "\1\2\0\1\0\0\0\0"), FCGI_REFUSED },
	{ "a body of another request", ROW(BEGIN NO_PAR "\1\5\0\2\0\0\0\0"),
	    FCGI_REFUSED },
	{ "a management record in the body",
	    ROW(BEGIN NO_PAR BODY "\1\11\0\0\0\0\0\0"), FCGI_REFUSED },
};

static void
each_conversation_ends_where_it_should(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fcgi_guard g = { 0 };
		size_t took = fcgi_guard_take(&g, rows[i].sent, rows[i].n);

		if (g.phase != rows[i].phase)
			fail_msg("%s: phase %d, not %d", rows[i].what,
			    (int)g.phase, (int)rows[i].phase);
		if (g.phase == FCGI_REFUSED)
			assert_true(took < rows[i].n);
		else
			assert_int_equal(took, rows[i].n);
		if (g.phase != FCGI_REFUSED)
			assert_int_equal(g.asked, g.phase >= FCGI_AT_BODY);
	}
}

static void
it_does_not_matter_how_the_bytes_are_cut(void **state)
{
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fcgi_guard g = { 0 };

		for (at = 0; at < rows[i].n; at++)
			fcgi_guard_take(&g, rows[i].sent + at, 1);
		if (g.phase != rows[i].phase)
			fail_msg("%s, byte by byte: phase %d", rows[i].what,
			    (int)g.phase);
	}
}

static void
what_follows_the_request_is_not_passed_on(void **state)
{
	static const char sent[] = BEGIN NO_PAR NO_IN BEGIN NO_PAR NO_IN;
	struct fcgi_guard g = { 0 };

	(void)state;
	assert_int_equal(fcgi_guard_take(&g, sent, sizeof sent - 1), 32);
	assert_int_equal(g.phase, FCGI_AT_END);
	assert_int_equal(fcgi_guard_take(&g, sent, sizeof sent - 1), 0);
}

static void
what_was_refused_stays_refused(void **state)
{
	struct fcgi_guard g = { 0 };

	(void)state;
	assert_int_equal(fcgi_guard_take(&g, PARAMS, 13), 7);
	assert_int_equal(fcgi_guard_take(&g, BEGIN, 16), 0);
	assert_int_equal(g.phase, FCGI_REFUSED);
}

/* Records of n bytes of parameters, all one byte of name and 125 of value. */
static enum fcgi_phase
told_parameters(size_t n)
{
	static char record[FCGI_HEAD_BYTES + 128] = "\1\4\0\1\0\x80\0\0\1\x7d";
	struct fcgi_guard g = { 0 };
	size_t sent;

	memset(record + FCGI_HEAD_BYTES + 2, 'x', 126);
	fcgi_guard_take(&g, BEGIN, 16);
	for (sent = 0; sent < n; sent += 128)
		fcgi_guard_take(&g, record, sizeof record);
	fcgi_guard_take(&g, NO_PAR, 8);
	return g.phase;
}

static void
parameters_may_have_64_kib_together(void **state)
{
	(void)state;
	assert_int_equal(told_parameters(FCGI_PARAMS_MAX), FCGI_AT_BODY);
	assert_int_equal(told_parameters(FCGI_PARAMS_MAX + 1), FCGI_REFUSED);
}

static void
a_record_may_be_padded_and_as_long_as_records_get(void **state)
{
	size_t n = FCGI_HEAD_BYTES + 65535 + 255;
	char *sent = calloc(1, n);
	struct fcgi_guard g = { 0 };

	(void)state;
	assert_non_null(sent);
	memcpy(sent, "\1\5\0\1\xff\xff\xff\0", FCGI_HEAD_BYTES);
	fcgi_guard_take(&g, BEGIN NO_PAR, 24);
	assert_int_equal(fcgi_guard_take(&g, sent, n), n);
	assert_int_equal(fcgi_guard_take(&g, sent, n), n);
	assert_int_equal(fcgi_guard_take(&g, NO_IN, 8), 8);
	assert_int_equal(g.phase, FCGI_AT_END);
	free(sent);
}

static void
heads_are_written_as_they_are_read(void **state)
{
	unsigned char head[FCGI_HEAD_BYTES];
	unsigned id;

	(void)state;
	fcgi_record_head(head, FCGI_OUT, 0x1234, 0xfedc);
	assert_memory_equal(head, "\1\6\x12\x34\xfe\xdc\0\0", sizeof head);
	fcgi_record_head(head, FCGI_BEGIN, 0x1234, 8);
	assert_true(fcgi_record_begins(head, &id));
	assert_int_equal(id, 0x1234);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_conversation_ends_where_it_should),
		cmocka_unit_test(it_does_not_matter_how_the_bytes_are_cut),
		cmocka_unit_test(what_follows_the_request_is_not_passed_on),
		cmocka_unit_test(what_was_refused_stays_refused),
		cmocka_unit_test(parameters_may_have_64_kib_together),
		cmocka_unit_test(
		    a_record_may_be_padded_and_as_long_as_records_get),
		cmocka_unit_test(heads_are_written_as_they_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
