/* test_ext_db.c - the database door, against a server named by WG_TEST_DB
 * SPDX-License-Identifier: Apache-2.0
 *
 * Without WG_TEST_DB only what needs no server runs. The string's user may
 * create tables; nothing is left behind. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "ext/db.h"
#include "ext/db_link.h"

#define ROWS(...)                                                              \
	(const struct db_arg[])                                                \
	{                                                                      \
		__VA_ARGS__                                                    \
	}

static const char vocabulary[] =
    "prepare echo (text, bigint, boolean, bytea, uuid, timestamptz) as\n"
    "  select $1, $2, $3, $4, $5, $6;\n"
    "prepare sleep (bigint) as select pg_sleep($1 / 1000.0)::text;\n"
    "prepare me as select pg_backend_pid(), current_user::text;\n"
    "prepare kill (bigint) as\n"
    "  select pg_terminate_backend($1::integer, 1000);\n"
    "prepare texts as select array['a', null, 'ccc'], '{}'::text[];\n"
    "prepare ends as select timestamptz 'infinity', timestamptz '-infinity',\n"
    "  timestamptz '2026-11-20 09:30:00.123456+00', 7::smallint, -7;\n"
    "prepare divide (bigint) as select 1 / $1;\n"
    "prepare now as select now();\n"
    "prepare keep (bigint) as select set_config('test.kept', $1::text, true);\n"
    "prepare kept as select current_setting('test.kept', true);\n"
    "prepare ints (bytea) as select '{}'::int4[]::text;\n";

static const char *server;
static struct arena *a;

static struct db *
open_db(unsigned connections, int64_t wait_ms)
{
	struct db_opts o = { .conninfo = server,
		.application_name = "test_ext_db",
		.prepare_sql = vocabulary,
		.connections = connections,
		.wait_ms = wait_ms };
	struct err e = { 0 };
	struct db *db = db_open(&o, &e);

	assert_non_null(db);
	return db;
}

static bool
skipped(void)
{
	return !server;
}

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
bad_strings_are_refused_before_anything_is_connected(void **state)
{
	static const char *const bad[] = { "host", "nonsense=1",
		"host=/tmp password=secret", "postgresql://u:secret@h/d",
		"host=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		struct db_opts o = { .conninfo = bad[i] };
		struct err e = { 0 };

		assert_null(db_open(&o, &e));
		assert_int_equal(e.kind, ERR_CONF);
		assert_null(strstr(e.said, "secret"));
		assert_true(e.said[0] != 0);
	}
}

static void
an_absent_server_fails_fast_and_says_so(void **state)
{
	struct db_opts o = { .conninfo = "host=/nonexistent,/absent dbname=x",
		.role = "wg_token",
		.connections = 1,
		.wait_ms = 5000 };
	struct err e = { 0 };
	struct db *db = db_open(&o, &e);
	int64_t before = clock_mono_ms();

	(void)state;
	assert_null(db_ask(db, a, "me", NULL, 0, &e));
	assert_int_equal(e.kind, ERR_DB);
	assert_non_null(strstr(e.why, "/absent"));
	assert_true(clock_mono_ms() - before < 5000);
	err_clear(&e);
	assert_null(db_ask(db, a, "me", NULL, 0, &e));
	assert_int_equal(e.kind, ERR_DB);
	db_close(db);
}

static void
values_come_back_as_they_went(void **state)
{
	struct db *db;
	struct err e = { 0 };
	struct guid g, none = { { 0 } };
	const struct db_rows *r;

	(void)state;
	if (skipped())
		skip();
	db = open_db(1, 5000);
	assert_true(guid_read(&g, STR("00112233-4455-6677-8899-aabbccddeeff")));
	r = db_ask(db, a, "echo",
	    ROWS(db_arg_text(STR("h\xc3\xa9 'quoted'; --")),
		db_arg_int(INT64_MIN), db_arg_bool(true),
		db_arg_bytes((struct str){ "\0\xff\1", 3 }), db_arg_guid(&g),
		db_arg_time(1700000000123456)),
	    6, &e);
	assert_non_null(r);
	assert_int_equal(db_count(r), 1);
	assert_true(str_is(db_text(r, 0, 0), "h\xc3\xa9 'quoted'; --"));
	assert_true(db_int(r, 0, 1) == INT64_MIN);
	assert_true(db_bool(r, 0, 2));
	assert_true(str_eq(db_bytes(r, 0, 3), (struct str){ "\0\xff\1", 3 }));
	g = db_guid(r, 0, 4);
	assert_int_equal(g.at[0] * 256 + g.at[15], 0x00ff);
	assert_true(db_time(r, 0, 5) == 1700000000123456);
	r = db_ask(db, a, "echo",
	    ROWS(db_arg_text(STR_NONE), db_arg_null(), db_arg_bool(false),
		db_arg_bytes(STR("")), db_arg_guid(NULL), db_arg_null()),
	    6, &e);
	assert_non_null(r);
	assert_true(db_null(r, 0, 0) && !db_text(r, 0, 0).at);
	assert_true(db_null(r, 0, 1) && db_int(r, 0, 1) == 0);
	assert_false(db_bool(r, 0, 2));
	assert_true(!db_null(r, 0, 3) && db_bytes(r, 0, 3).len == 0);
	g = db_guid(r, 0, 4);
	assert_true(guid_eq(&g, &none));
	assert_null(db_name(r, 6));
	db_close(db);
}

static void
lists_and_the_ends_of_time_are_read(void **state)
{
	struct db *db;
	struct err e = { 0 };
	const struct db_rows *r;
	struct str *t;

	(void)state;
	if (skipped())
		skip();
	db = open_db(1, 5000);
	r = db_ask(db, a, "texts", NULL, 0, &e);
	assert_int_equal(db_texts(r, a, 0, 0, &t), 3);
	assert_true(str_is(t[0], "a") && !t[1].at && str_is(t[2], "ccc"));
	assert_int_equal(db_texts(r, a, 0, 1, &t), 0);
	r = db_ask(db, a, "ends", NULL, 0, &e);
	assert_true(db_time(r, 0, 0) == INT64_MAX);
	assert_true(db_time(r, 0, 1) == INT64_MIN);
	assert_true(db_time(r, 0, 2) == 1795167000123456);
	assert_int_equal(db_int(r, 0, 3), 7);
	assert_int_equal(db_int(r, 0, 4), -7);
	db_close(db);
}

static void
text_that_is_no_utf8_never_reaches_the_server(void **state)
{
	static const struct str bad[] = { { "a\0b", 3 }, { "\xff", 1 },
		{ "\xc0\x80", 2 }, { "\xed\xa0\x80", 3 } };
	struct db_arg args[6] = { 0 };
	struct db_opts o = { .conninfo = "host=/nonexistent", .wait_ms = 100 };
	struct err e = { 0 };
	struct db *db = db_open(&o, &e);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		args[0] = db_arg_text(bad[i]);
		assert_null(db_ask(db, a, "echo", args, 6, &e));
		assert_int_equal(e.kind, ERR_MALFORMED);
		err_clear(&e);
	}
	db_close(db);
}

static void
a_failing_statement_tells_state_and_name_but_no_value(void **state)
{
	struct db *db;
	struct err e = { 0 };

	(void)state;
	if (skipped())
		skip();
	db = open_db(1, 5000);
	assert_null(db_ask(db, a, "divide", ROWS(db_arg_int(0)), 1, &e));
	assert_int_equal(e.kind, ERR_DB);
	assert_string_equal(e.why, "divide: SQLSTATE 22012");
	err_clear(&e);
	assert_non_null(db_ask(db, a, "divide", ROWS(db_arg_int(1)), 1, &e));
	db_close(db);
}

static void
our_own_refusals_carry_their_sentence(void **state)
{
	struct db *db;
	struct db_conn *c;
	struct err e = { 0 };

	(void)state;
	if (skipped())
		skip();
	db = open_db(1, 5000);
	c = db_take(db, &e);
	assert_false(db_run_script(c,
	    "do $$ begin raise exception 'Six is too many.'"
	    " using errcode = 'WG409'; end $$",
	    &e));
	assert_int_equal(e.kind, ERR_CONFLICT);
	assert_string_equal(e.said, "Six is too many.");
	db_give(c);
	db_close(db);
}

static void
a_script_names_its_line(void **state)
{
	struct db *db;
	struct db_conn *c;
	struct err e = { 0 };

	(void)state;
	if (skipped())
		skip();
	db = open_db(1, 5000);
	c = db_take(db, &e);
	assert_false(db_run_script(
	    c, "select '\xc3\xa9\xc3\xa9';\n\nselect wrong;\n", &e));
	assert_non_null(strstr(e.why, "line 3"));
	err_clear(&e);
	assert_false(db_run_script(c, "copy (select 1) to stdout", &e));
	err_clear(&e);
	assert_true(db_run_script(c, "select 1", &e));
	db_give(c);
	db_close(db);
}

static void
a_late_answer_is_given_up_and_the_next_ask_works(void **state)
{
	struct db *db;
	int64_t until = clock_mono_ms() + 30000;
	struct err e = { 0 };

	(void)state;
	if (skipped())
		skip();
	db = open_db(1, 3000);
	assert_null(db_ask(db, a, "sleep", ROWS(db_arg_int(60000)), 1, &e));
	assert_int_equal(e.kind, ERR_DB);
	/* as soon as a busy machine connects within 300 ms */
	do
		err_clear(&e);
	while (!db_ask(db, a, "me", NULL, 0, &e) && clock_mono_ms() < until);
	assert_int_equal(e.kind, ERR_NONE);
	db_close(db);
}

struct place {
	char host[256], port[16];
};

static void
note_place(void *ctx, const char *key, const char *value)
{
	struct place *p = ctx;

	if (!strcmp(key, "host"))
		snprintf(p->host, sizeof p->host, "%s", value);
	if (!strcmp(key, "port"))
		snprintf(p->port, sizeof p->port, "%s", value);
}

/* Takes connections and never says a word. */
static int
silent_server(unsigned *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

static void
a_silent_first_server_leaves_time_for_the_second(void **state)
{
	struct place p = { .port = "5432" };
	const char *whole = server;
	struct err e = { 0 };
	struct db *db;
	char both[1024];
	unsigned port;
	int fd;

	(void)state;
	if (skipped())
		skip();
	assert_true(link_settings(server, note_place, &p, &e));
	if (!*p.host)
		skip();
	fd = silent_server(&port);
	snprintf(both, sizeof both, "%s host=127.0.0.1,%s port=%u,%s", whole,
	    p.host, port, p.port);
	server = both;
	db = open_db(1, 6000);
	server = whole;
	assert_non_null(db_ask(db, a, "me", NULL, 0, &e));
	db_close(db);
	close(fd);
}

static void
a_session_that_died_while_idle_is_replaced_unseen(void **state)
{
	struct db *db, *other;
	struct db_conn *c;
	struct err e = { 0 };
	const struct db_rows *r;
	uint64_t first;
	uint32_t oid;

	(void)state;
	if (skipped())
		skip();
	db = open_db(1, 5000);
	other = open_db(1, 5000);
	c = db_take(db, &e);
	assert_int_equal(db_session(c), 0);
	r = db_ask_on(c, a, "me", NULL, 0, &e);
	assert_non_null(r);
	first = db_session(c);
	oid = db_oid(c, "pg_catalog.pg_class", &e);
	assert_true(oid != 0 && db_oid(c, "pg_catalog.pg_class", &e) == oid);
	assert_non_null(
	    db_ask(other, a, "kill", ROWS(db_arg_int(db_int(r, 0, 0))), 1, &e));
	assert_non_null(db_ask_on(c, a, "me", NULL, 0, &e));
	assert_true(db_session(c) != first);
	db_give(c);
	db_close(other);
	db_close(db);
}

static void
a_transaction_is_never_continued_in_another_session(void **state)
{
	struct db *db, *other;
	struct db_conn *c;
	struct err e = { 0 };
	const struct db_rows *r;

	(void)state;
	if (skipped())
		skip();
	db = open_db(1, 5000);
	other = open_db(1, 5000);
	c = db_take(db, &e);
	assert_true(db_begin(c, &e));
	r = db_ask_on(c, a, "me", NULL, 0, &e);
	assert_non_null(
	    db_ask(other, a, "kill", ROWS(db_arg_int(db_int(r, 0, 0))), 1, &e));
	assert_null(db_ask_on(c, a, "me", NULL, 0, &e));
	assert_int_equal(e.kind, ERR_DB);
	db_rollback(c);
	err_clear(&e);
	assert_true(db_begin(c, &e));
	assert_null(db_ask_on(c, a, "divide", ROWS(db_arg_int(0)), 1, &e));
	err_clear(&e);
	assert_false(db_commit(c, &e));
	err_clear(&e);
	assert_non_null(db_ask_on(c, a, "me", NULL, 0, &e));
	db_give(c);
	db_close(other);
	db_close(db);
}

static void
a_full_pool_is_waited_for_and_then_refused(void **state)
{
	struct db *db;
	struct db_conn *c;
	struct err e = { 0 };

	(void)state;
	if (skipped())
		skip();
	db = open_db(1, 2000);
	c = db_take(db, &e);
	assert_non_null(c);
	assert_null(db_ask(db, a, "me", NULL, 0, &e));
	assert_int_equal(e.kind, ERR_DB);
	err_clear(&e);
	db_give(c);
	assert_non_null(db_ask(db, a, "me", NULL, 0, &e));
	db_close(db);
}

static void *
many_asks(void *db)
{
	struct arena *mine = arena_new();
	struct err e = { 0 };
	size_t i, good = 0;

	for (i = 0; i < 50; i++)
		good += db_ask(db, mine, "divide", ROWS(db_arg_int(1)), 1,
			    &e) != NULL;
	arena_free(mine);
	return good == 50 ? db : NULL;
}

static void
several_go_in_one_go_and_one_transaction(void **state)
{
	const struct db_arg six = db_arg_int(6), seven = db_arg_int(7);
	const struct db_ask all[] = { { "now", NULL, 0 }, { "keep", &six, 1 },
		{ "kept", NULL, 0 }, { "keep", &seven, 1 }, { "kept", NULL, 0 },
		{ "now", NULL, 0 } };
	const struct db_rows *rows[COUNT(all)];
	struct err e = { 0 };
	struct db *db;

	(void)state;
	if (skipped())
		skip();
	db = open_db(1, 20000);
	assert_true(db_ask_all(db, a, all, COUNT(all), rows, &e));
	assert_int_equal(db_time(rows[0], 0, 0), db_time(rows[5], 0, 0));
	assert_string_equal(str_text(a, db_text(rows[2], 0, 0)), "6");
	assert_string_equal(str_text(a, db_text(rows[4], 0, 0)), "7");
	/* until its end, and no longer */
	assert_non_null(rows[0] = db_ask(db, a, "kept", NULL, 0, &e));
	assert_int_equal(db_text(rows[0], 0, 0).len, 0);
	db_close(db);
}

static void
of_several_none_holds_when_one_fails(void **state)
{
	const struct db_arg one = db_arg_int(1), zero = db_arg_int(0);
	const struct db_arg bad = db_arg_text(STR("\xff"));
	struct db_ask all[] = { { "me", NULL, 0 }, { "divide", &one, 1 },
		{ "divide", &zero, 1 }, { "me", NULL, 0 } };
	const struct db_rows *rows[COUNT(all)], *after;
	struct err e = { 0 };
	int64_t session;
	struct db *db;

	(void)state;
	if (skipped())
		skip();
	db = open_db(1, 20000);
	assert_false(db_ask_all(db, a, all, COUNT(all), rows, &e));
	assert_int_equal(e.kind, ERR_DB);
	assert_string_equal(e.why, "divide: SQLSTATE 22012");
	assert_int_equal(db_int(rows[1], 0, 0), 1);
	assert_null(rows[2]);
	assert_null(rows[3]);
	session = db_int(rows[0], 0, 0);
	err_clear(&e);
	/* the session is as good as before, also for a single one */
	assert_non_null(after = db_ask(db, a, "me", NULL, 0, &e));
	assert_int_equal(db_int(after, 0, 0), session);
	all[2] = (struct db_ask){ "echo", &bad, 1 };
	assert_false(db_ask_all(db, a, all, COUNT(all), rows, &e));
	assert_int_equal(e.kind, ERR_MALFORMED);
	assert_null(rows[0]); /* nothing was sent */
	db_close(db);
}

static void
a_session_that_dies_among_several_is_replaced(void **state)
{
	struct db_arg self;
	struct db_ask all[] = { { "me", NULL, 0 }, { "kill", &self, 1 },
		{ "me", NULL, 0 } };
	const struct db_rows *rows[COUNT(all)], *r;
	struct err e = { 0 };
	struct db *db;

	(void)state;
	if (skipped())
		skip();
	db = open_db(1, 20000);
	assert_non_null(r = db_ask(db, a, "me", NULL, 0, &e));
	self = db_arg_int(db_int(r, 0, 0));
	assert_false(db_ask_all(db, a, all, COUNT(all), rows, &e));
	assert_int_equal(e.kind, ERR_DB);
	assert_null(rows[2]);
	err_clear(&e);
	assert_true(db_ask_all(db, a, all, 1, rows, &e));
	assert_int_not_equal(db_int(rows[0], 0, 0), self.number);
	db_close(db);
}

static void
threads_share_few_connections(void **state)
{
	struct db *db;
	pthread_t t[8];
	void *result;
	size_t i;

	(void)state;
	if (skipped())
		skip();
	db = open_db(2, 10000);
	for (i = 0; i < COUNT(t); i++)
		pthread_create(&t[i], NULL, many_asks, db);
	for (i = 0; i < COUNT(t); i++) {
		pthread_join(t[i], &result);
		assert_non_null(result);
	}
	db_close(db);
}

static void
a_superuser_is_refused_where_a_plain_role_is_wanted(void **state)
{
	struct db_opts o = { .conninfo = server,
		.prepare_sql = "prepare above as select "
			       "current_setting('is_superuser')::boolean",
		.connections = 1,
		.wait_ms = 5000 };
	struct err e = { 0 };
	const struct db_rows *r;
	struct db *db, *plain;
	bool above;

	(void)state;
	if (skipped())
		skip();
	db = db_open(&o, &e);
	assert_non_null(r = db_ask(db, a, "above", NULL, 0, &e));
	above = db_bool(r, 0, 0);
	o.plain = true;
	plain = db_open(&o, &e);
	assert_int_equal(db_ask(plain, a, "above", NULL, 0, &e) == NULL, above);
	assert_int_equal(e.kind, above ? ERR_CONF : ERR_NONE);
	db_close(plain);
	db_close(db);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bad_strings_are_refused_before_anything_is_connected),
		TEST(an_absent_server_fails_fast_and_says_so),
		TEST(text_that_is_no_utf8_never_reaches_the_server),
		TEST(values_come_back_as_they_went),
		TEST(lists_and_the_ends_of_time_are_read),
		TEST(a_failing_statement_tells_state_and_name_but_no_value),
		TEST(our_own_refusals_carry_their_sentence),
		TEST(a_script_names_its_line),
		TEST(a_late_answer_is_given_up_and_the_next_ask_works),
		TEST(a_silent_first_server_leaves_time_for_the_second),
		TEST(a_session_that_died_while_idle_is_replaced_unseen),
		TEST(a_transaction_is_never_continued_in_another_session),
		TEST(a_full_pool_is_waited_for_and_then_refused),
		TEST(several_go_in_one_go_and_one_transaction),
		TEST(of_several_none_holds_when_one_fails),
		TEST(a_session_that_dies_among_several_is_replaced),
		TEST(threads_share_few_connections),
		TEST(a_superuser_is_refused_where_a_plain_role_is_wanted),
	};

	server = getenv("WG_TEST_DB");
	if (!server || !*server) {
		server = NULL;
		puts("test_ext_db: WG_TEST_DB is not set, so only what needs "
		     "no server is tested");
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
