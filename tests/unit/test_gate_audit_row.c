/* test_gate_audit_row.c - audit rows as PostgreSQL reads them
 * SPDX-License-Identifier: Apache-2.0
 *
 * With WG_TEST_DB, a string for a database with the schema, rows also travel
 * through wardgate.audit_write and are read back; without it that is skipped. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ext/db.h"
#include "gate/audit_row.h"

#define COLUMNS  25
#define NONE     UINT32_MAX /* length of a null */
#define TRACE    "0193455e8e40aaaabbbbccccddddeeee"
#define AT_US    INT64_C(1795167000123456) /* 2026-11-20 09:30:00.123456Z */
#define AT_PG_US (AT_US - INT64_C(946684800000000))

enum column {
	AT,
	TRACE_ID,
	ENTRY,
	REQUEST,
	PARENT,
	PROGRAM,
	HOST,
	CLIENT,
	CRED,
	JTI,
	TENANT,
	INTERACTION,
	TYPE,
	ID,
	PATIENT,
	FACE,
	STATUS,
	REASON,
	MATCHES,
	RETURNED,
	UP_STATUS,
	UP_MS,
	LOOKUPS,
	DURATION,
	SOURCE
};

/* pg_type.oid of each column: timestamptz, uuid, text, int2, int4, inet */
static const uint32_t oids[COLUMNS] = { 1184, 2950, 21, 25, 25, 25, 25, 2950,
	25, 25, 2950, 25, 25, 25, 25, 25, 21, 25, 23, 23, 21, 23, 23, 23, 869 };

struct field {
	uint32_t oid, len;
	const unsigned char *at;
};

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

static struct audit_row
full_row(void)
{
	struct audit_row r;

	audit_row_init(&r);
	r.at_us = AT_US;
	r.trace = TRACE;
	r.request_id = STR("req-1");
	r.parent = STR("4bf92f3577b34da6a3ce929d0e0e4736");
	r.has_client = r.has_tenant = true;
	memset(r.client.at, 0xaa, sizeof r.client.at);
	memset(r.tenant.at, 0xbb, sizeof r.tenant.at);
	r.cred = STR("abcdefgh");
	r.jti = STR("jti");
	r.interaction = STR("search-type");
	r.type = STR("Observation");
	r.id = STR("o-1");
	r.patient = STR("p-1");
	r.face = STR("R4");
	r.status = 200;
	r.reason = "ok";
	r.matches = 12345;
	r.returned = 50;
	r.upstream_status = 203;
	r.upstream_ms = 17;
	r.lookups = 3;
	r.duration_us = 18000;
	r.source = STR("192.0.2.7");
	return r;
}

static uint32_t
number(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* The fields of one element; checks the frame around them. */
static void
opened(struct field f[COLUMNS], const struct buf *b, size_t start)
{
	const unsigned char *p = (const unsigned char *)b->at + start;
	const unsigned char *end = p + 4 + number(p);
	size_t i;

	assert_false(b->failed);
	assert_ptr_equal(end, b->at + b->len);
	assert_int_equal(number(p + 4), COLUMNS);
	p += 8;
	for (i = 0; i < COLUMNS; i++) {
		f[i].oid = number(p);
		f[i].len = number(p + 4);
		f[i].at = p + 8;
		assert_int_equal(f[i].oid, oids[i]);
		p += 8 + (f[i].len == NONE ? 0 : f[i].len);
		assert_true(p <= end);
	}
	assert_ptr_equal(p, end);
}

static void
fields_of(struct field f[COLUMNS], const struct audit_row *row)
{
	struct buf b = buf_new(a, 8192);

	audit_row_wire(&b, row, "facade", "host.example");
	opened(f, &b, 0);
}

static void
has_text(const struct field *f, const char *text)
{
	assert_int_equal(f->len, strlen(text));
	assert_memory_equal(f->at, text, f->len);
}

static void
has_number(const struct field *f, uint32_t bytes, uint64_t n)
{
	uint64_t got = 0;
	size_t i;

	assert_int_equal(f->len, bytes);
	for (i = 0; i < bytes; i++)
		got = got << 8 | f->at[i];
	assert_true(got == n);
}

static void
every_column_has_its_type_and_value(void **state)
{
	struct audit_row r = full_row();
	struct field f[COLUMNS];

	(void)state;
	fields_of(f, &r);
	has_number(&f[AT], 8, (uint64_t)AT_PG_US);
	assert_int_equal(f[TRACE_ID].len, 16);
	assert_int_equal(f[TRACE_ID].at[0], 0x01);
	assert_int_equal(f[TRACE_ID].at[15], 0xee);
	has_number(&f[ENTRY], 2, 0);
	has_text(&f[REQUEST], "req-1");
	has_text(&f[PARENT], "4bf92f3577b34da6a3ce929d0e0e4736");
	has_text(&f[PROGRAM], "facade");
	has_text(&f[HOST], "host.example");
	assert_memory_equal(f[CLIENT].at, r.client.at, 16);
	has_text(&f[CRED], "abcdefgh");
	has_text(&f[JTI], "jti");
	assert_memory_equal(f[TENANT].at, r.tenant.at, 16);
	has_text(&f[INTERACTION], "search-type");
	has_text(&f[TYPE], "Observation");
	has_text(&f[ID], "o-1");
	has_text(&f[PATIENT], "p-1");
	has_text(&f[FACE], "R4");
	has_number(&f[STATUS], 2, 200);
	has_text(&f[REASON], "ok");
	has_number(&f[MATCHES], 4, 12345);
	has_number(&f[RETURNED], 4, 50);
	has_number(&f[UP_STATUS], 2, 203);
	has_number(&f[UP_MS], 4, 17);
	has_number(&f[LOOKUPS], 4, 3);
	has_number(&f[DURATION], 4, 18000);
	assert_int_equal(f[SOURCE].len, 8);
	assert_memory_equal(f[SOURCE].at, "\2\40\0\4\300\0\2\7", 8);
}

static void
what_is_not_known_is_null(void **state)
{
	struct audit_row r;
	struct field f[COLUMNS];
	size_t i;

	(void)state;
	audit_row_init(&r);
	r.at_us = AT_US;
	r.trace = TRACE;
	fields_of(f, &r);
	for (i = 0; i < COLUMNS; i++)
		if (i == AT || i == TRACE_ID || i == ENTRY || i == PROGRAM ||
		    i == HOST)
			assert_int_not_equal(f[i].len, NONE);
		else
			assert_int_equal(f[i].len, NONE);
}

/* One bad row must never spoil the batch that it travels in. */
static void
text_that_postgresql_would_refuse_becomes_null(void **state)
{
	static const struct str bad[] = { { "a\0b", 3 }, { "\xff", 1 },
		{ "\xc3\x28", 2 }, { "\xed\xa0\x80", 3 }, { "\xc0\x80", 2 },
		{ "a\nb", 3 }, { "\x1b[31m", 5 }, { "\x7f", 1 },
		{ "\xc2\x85", 2 } };
	struct audit_row r = full_row();
	struct field f[COLUMNS];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		r.request_id = r.id = r.patient = r.type = bad[i];
		fields_of(f, &r);
		assert_int_equal(f[REQUEST].len, NONE);
		assert_int_equal(f[ID].len, NONE);
		assert_int_equal(f[PATIENT].len, NONE);
		assert_int_equal(f[TYPE].len, NONE);
	}
}

static void
text_is_kept_up_to_200_bytes(void **state)
{
	struct audit_row r = full_row();
	struct field f[COLUMNS];
	char text[201];

	(void)state;
	memset(text, 'x', sizeof text);
	r.id = (struct str){ text, 200 };
	r.patient = (struct str){ text, 201 };
	r.type = (struct str){ "", 0 };
	fields_of(f, &r);
	assert_int_equal(f[ID].len, 200);
	assert_int_equal(f[PATIENT].len, NONE);
	assert_int_equal(f[TYPE].len, 0);
}

static void
numbers_stay_within_their_columns(void **state)
{
	struct audit_row r = full_row();
	struct field f[COLUMNS];

	(void)state;
	r.status = 70000;
	r.upstream_status = -1;
	r.matches = INT64_MAX;
	r.returned = INT64_MIN;
	r.upstream_ms = INT32_MAX;
	r.duration_us = (int64_t)INT32_MAX + 1;
	fields_of(f, &r);
	has_number(&f[STATUS], 2, INT16_MAX);
	assert_int_equal(f[UP_STATUS].len, NONE);
	has_number(&f[MATCHES], 4, INT32_MAX);
	assert_int_equal(f[RETURNED].len, NONE);
	has_number(&f[UP_MS], 4, INT32_MAX);
	has_number(&f[DURATION], 4, INT32_MAX);
}

static void
addresses_of_both_kinds_are_read_and_others_are_null(void **state)
{
	static const struct {
		struct str text;
		const char *wire;
		uint32_t len;
	} rows[] = {
		{ { "0.0.0.0", 7 }, "\2\40\0\4\0\0\0\0", 8 },
		{ { "::1", 3 }, "\3\200\0\20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1",
		    20 },
		{ { "2001:db8::ff", 12 },
		    "\3\200\0\20\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\377", 20 },
		{ { "::ffff:192.0.2.7", 16 },
		    "\3\200\0\20\0\0\0\0\0\0\0\0\0\0\377\377\300\0\2\7", 20 },
		{ { "", 0 }, NULL, NONE },
		{ { NULL, 0 }, NULL, NONE },
		{ { "unix:", 5 }, NULL, NONE },
		{ { "host.example", 12 }, NULL, NONE },
		{ { "192.0.2.7/24", 12 }, NULL, NONE },
		{ { "192.0.2.7\0junk", 14 }, NULL, NONE },
		{ { "fe80::1%eth0", 12 }, NULL, NONE },
		{ { "1111:2222:3333:4444:5555:6666:7777:8888:9999", 44 }, NULL,
		    NONE },
	};
	struct audit_row r = full_row();
	struct field f[COLUMNS];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		r.source = rows[i].text;
		fields_of(f, &r);
		assert_int_equal(f[SOURCE].len, rows[i].len);
		if (rows[i].wire)
			assert_memory_equal(
			    f[SOURCE].at, rows[i].wire, rows[i].len);
	}
}

static void
a_row_that_does_not_fit_fails_as_a_whole(void **state)
{
	struct audit_row r = full_row();
	struct buf b = buf_new(a, 100);

	(void)state;
	audit_row_wire(&b, &r, "facade", "host");
	assert_true(b.failed);
}

static void
an_array_has_its_head(void **state)
{
	struct buf b = buf_new(a, 100);

	(void)state;
	audit_row_head(&b, 0x01020304, 7);
	assert_int_equal(b.len, 20);
	assert_memory_equal(
	    b.at, "\0\0\0\1\0\0\0\0\1\2\3\4\0\0\0\7\0\0\0\1", 20);
}

/* ---- against PostgreSQL ---------------------------------------------------- */

static const char vocabulary[] =
    "set timezone = 'UTC';\n"
    "prepare audit_write (wardgate.audit_row[]) as\n"
    "  select wardgate.audit_write($1);\n"
    "prepare kept (uuid) as select (t.*)::text from wardgate.audit t\n"
    "  where trace_id = $1;\n"
    "prepare forget (uuid) as delete from wardgate.audit\n"
    "  where trace_id = $1;\n";

static struct db_conn *conn;
static struct db *db;

static bool
no_database(void)
{
	const struct db_opts o = { .conninfo = getenv("WG_TEST_DB"),
		.role = "wg_owner",
		.application_name = "test_gate_audit_row",
		.prepare_sql = vocabulary,
		.connections = 1,
		.wait_ms = 10000 };
	struct err e = { .kind = ERR_NONE };

	if (!o.conninfo)
		return true;
	assert_non_null(db = db_open(&o, &e));
	assert_non_null(conn = db_take(db, &e));
	return false;
}

static bool
written(struct audit_row *rows, size_t n, struct err *e)
{
	struct buf b = buf_new(a, 65536);
	struct db_arg arg;
	size_t i;

	audit_row_head(&b, db_oid(conn, "wardgate.audit_row", e), n);
	for (i = 0; i < n; i++)
		audit_row_wire(&b, &rows[i], "facade", "host.example");
	arg = db_arg_raw((struct str){ b.at, b.len });
	return db_ask_on(conn, a, "audit_write", &arg, 1, e) != NULL;
}

/* The row in PostgreSQL's own words; it is gone afterwards. */
static char *
read_back(const char *trace)
{
	struct err e = { .kind = ERR_NONE };
	struct guid id;
	struct db_arg arg;
	const struct db_rows *rows;

	assert_true(dec_hex(id.at, sizeof id.at, str_of(trace)));
	arg = db_arg_guid(&id);
	rows = db_ask_on(conn, a, "kept", &arg, 1, &e);
	assert_non_null(rows);
	assert_int_equal(db_count(rows), 1);
	assert_non_null(db_ask_on(conn, a, "forget", &arg, 1, &e));
	return str_text(a, db_text(rows, 0, 0));
}

static void
close_database(void)
{
	db_give(conn);
	db_close(db);
}

static void
postgresql_reads_what_was_meant(void **state)
{
	struct audit_row r[3] = { full_row(), full_row(), full_row() };
	struct err e = { .kind = ERR_NONE };
	char bad[] = "\xff\0";

	(void)state;
	if (no_database()) {
		print_message("skipped: WG_TEST_DB names no database\n");
		skip();
	}
	r[1].trace = "0193455e8e40aaaabbbbccccddddeee1";
	r[1].entry = 7;
	r[1].source = STR("2001:db8::ff");
	r[1].matches = r[1].upstream_status = -1;
	r[1].has_client = false;
	r[1].request_id = (struct str){ bad, 2 };
	audit_row_init(&r[2]);
	r[2].at_us = AT_US - 999999;
	r[2].trace = "0193455e8e40aaaabbbbccccddddeee2";
	r[2].status = 503;
	r[2].type = STR("Beobachtung \xc3\xa4\xe2\x82\xac");
	assert_true(written(r, 3, &e));
	assert_string_equal(read_back(TRACE),
	    "(\"2026-11-20 09:30:00.123456+00\","
	    "0193455e-8e40-aaaa-bbbb-ccccddddeeee,0,req-1,"
	    "4bf92f3577b34da6a3ce929d0e0e4736,facade,host.example,"
	    "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa,abcdefgh,jti,"
	    "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb,search-type,Observation,"
	    "o-1,p-1,R4,200,ok,12345,50,203,17,3,18000,192.0.2.7,,)");
	assert_string_equal(read_back(r[1].trace),
	    "(\"2026-11-20 09:30:00.123456+00\","
	    "0193455e-8e40-aaaa-bbbb-ccccddddeee1,7,,"
	    "4bf92f3577b34da6a3ce929d0e0e4736,facade,host.example,"
	    ",abcdefgh,jti,"
	    "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb,search-type,Observation,"
	    "o-1,p-1,R4,200,ok,,50,,17,3,18000,2001:db8::ff,,)");
	assert_string_equal(read_back(r[2].trace),
	    "(\"2026-11-20 09:29:59.123457+00\","
	    "0193455e-8e40-aaaa-bbbb-ccccddddeee2,0,,,facade,host.example,"
	    ",,,,,\"Beobachtung \xc3\xa4\xe2\x82\xac\",,,,503,,,,,,,,,,)");
	close_database();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_column_has_its_type_and_value),
		cmocka_unit_test(what_is_not_known_is_null),
		cmocka_unit_test(
		    text_that_postgresql_would_refuse_becomes_null),
		cmocka_unit_test(text_is_kept_up_to_200_bytes),
		cmocka_unit_test(numbers_stay_within_their_columns),
		cmocka_unit_test(
		    addresses_of_both_kinds_are_read_and_others_are_null),
		cmocka_unit_test(a_row_that_does_not_fit_fails_as_a_whole),
		cmocka_unit_test(an_array_has_its_head),
		cmocka_unit_test(postgresql_reads_what_was_meant),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
