/* test_gate_revoked.c - what is revoked is in the set, and nothing else
 * SPDX-License-Identifier: Apache-2.0
 *
 * A set is complete once it was loaded, so most needs WG_TEST_DB, a string for
 * a database with the schema; without it those cases are skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "gate/revoked.h"

#define CLIENT "5e701ced-0000-4000-8000-000000000001"
#define TENANT "5e701ced-0000-4000-8000-000000000002"
#define OTHER  "5e701ced-0000-4000-8000-000000000003"
#define JTI    "AAECAwQFBgcICQoLDA0ODw"

/* Rows come from here, so that a test says what the database knows. */
static const char words[] =
    "prepare revocations as select kind, key, n, expires_at\n"
    "  from revoked_rows;\n"
    "prepare token_revoked (uuid, uuid, text, text, bigint) as\n"
    "  select wardgate.token_revoked($1, $2, $3, $4, $5) as revoked;\n";

static const char *server;

struct desk {
	struct db *db;
	struct revoked *set;
	struct claims token;
};

static void
run(struct desk *d, const char *sql)
{
	struct err e = { .kind = ERR_NONE };
	struct db_conn *c = db_take(d->db, &e);

	if (!c || !db_run_script(c, sql, &e))
		fail_msg("%s: %s", sql, e.why);
	db_give(c);
}

static struct claims
some_token(void)
{
	struct claims c = { .jti = JTI, .cred = "abcdefgh", .change = 50 };

	assert_true(guid_read(&c.client, STR(CLIENT)));
	assert_true(guid_read(&c.tenant, STR(TENANT)));
	return c;
}

static const char *
script(const char *rows)
{
	static char text[2048];

	snprintf(text, sizeof text,
	    "create or replace temporary view revoked_rows as select kind, "
	    "key, n::bigint, expires_at from (values %s) as v (kind, key, n, "
	    "expires_at);\n%s",
	    rows, words);
	return text;
}

/* Loaded with these rows of (kind, key, n, expires_at). */
static void
begun(struct desk *d, const char *rows)
{
	struct db_opts o = { .conninfo = server,
		.role = "wg_owner",
		.application_name = "revoked",
		.prepare_sql = script(rows),
		.connections = 1,
		.wait_ms = 10000 };
	struct err e = { .kind = ERR_NONE };

	if (!server)
		skip();
	*d = (struct desk){ .token = some_token() };
	assert_non_null(d->db = db_open(&o, &e));
	d->set = revoked_new(d->db);
	if (!revoked_load(d->set, &e))
		fail_msg("%s", e.why);
}

static void
over(struct desk *d)
{
	revoked_free(d->set);
	db_close(d->db);
}

#define NOTHING "('secret', '" CLIENT "/zzzzzzzz', 99, now() + interval '1 h')"

static bool
tell(struct desk *d, const char *told, int64_t n)
{
	return revoked_changed(d->set, "revocation", str_of(told), n);
}

static void
nothing_is_taken_in_before_all_was_read(void **state)
{
	struct revoked *set = revoked_new(NULL);

	(void)state;
	assert_false(revoked_changed(
	    set, "revocation", STR("token/9999999999/" JTI), 1));
	assert_false(revoked_changed(set, NULL, STR_NONE, 1));
	assert_true(revoked_changed(set, "client", STR(CLIENT), 1));
	assert_int_equal(revoked_count(set), 0);
	revoked_free(set);
}

/* One row of each kind: whom it bears on, and whom not. */
static const struct row {
	const char *kind, *key;
	bool number_counts; /* a token of a higher number is spared */
} rows[] = {
	{ "token", JTI, false },
	{ "secret", CLIENT "/abcdefgh", true },
	{ "client", CLIENT, true },
	{ "grant", CLIENT "/" TENANT, true },
	{ "tenant", TENANT, true },
	{ "everything", "", true },
};

static void
spares(struct desk *d, const struct row *r)
{
	struct claims c = d->token;
	bool all = !strcmp(r->kind, "everything");

	c.change = 60;
	assert_int_equal(revoked_holds(d->set, &c), !r->number_counts);
	c = d->token;
	assert_true(guid_read(&c.client, STR(OTHER))); /* with the same key */
	if (!strcmp(r->kind, "secret"))
		assert_false(revoked_holds(d->set, &c));
	c = d->token;
	c.jti[0] = 'x';
	memcpy(c.cred, "bbbbbbbb", 8);
	assert_true(guid_read(&c.client, STR(OTHER)));
	if (strcmp(r->kind, "tenant"))
		assert_int_equal(revoked_holds(d->set, &c), all);
	assert_true(guid_read(&c.tenant, STR(OTHER)));
	assert_int_equal(revoked_holds(d->set, &c), all);
}

static void
each_kind_is_read_and_bears_on_its_own_tokens(void **state)
{
	char text[300];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct desk d;

		snprintf(text, sizeof text,
		    "('%s', '%s', 60, now() + interval '1 h')", rows[i].kind,
		    rows[i].key);
		begun(&d, text);
		assert_int_equal(revoked_count(d.set), 1);
		assert_true(revoked_holds(d.set, &d.token));
		spares(&d, &rows[i]);
		over(&d);
	}
}

static void
each_kind_is_told_and_bears_on_its_own_tokens(void **state)
{
	char text[300];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct desk d;

		begun(&d, NOTHING);
		assert_false(revoked_holds(d.set, &d.token));
		snprintf(text, sizeof text, "%s/%lld/%s", rows[i].kind,
		    (long long)clock_now_s() + 60, rows[i].key);
		assert_true(tell(&d, text, 60));
		assert_true(revoked_holds(d.set, &d.token));
		spares(&d, &rows[i]);
		over(&d);
	}
}

static void
a_late_word_takes_nothing_back(void **state)
{
	struct desk d;

	(void)state;
	begun(&d, NOTHING);
	assert_true(tell(&d, "client/9999999999/" CLIENT, 60));
	assert_true(tell(&d, "client/1/" CLIENT, 40));
	assert_true(revoked_holds(d.set, &d.token));
	assert_int_equal(revoked_count(d.set), 2);
	assert_true(revoked_changed(d.set, NULL, STR_NONE, 70));
	assert_int_equal(revoked_count(d.set), 1); /* what the database says */
	over(&d);
}

static void
what_cannot_be_read_is_not_taken_in(void **state)
{
	static const char *const told[] = { "", "token", "token/5",
		"token//" JTI, "token/x/" JTI, "token/-1/" JTI, "other/5/x",
		"client/5/x", "client/5/" CLIENT "/" TENANT, "grant/5/" CLIENT,
		"tenant/5/", "secret/5/abcdefgh", "secret/5/" CLIENT,
		"secret/5/" CLIENT "/" };
	struct desk d;

	(void)state;
	begun(&d, NOTHING);
	for (size_t i = 0; i < COUNT(told); i++)
		assert_false(tell(&d, told[i], 60));
	assert_int_equal(revoked_count(d.set), 1);
	over(&d);
}

static void
what_is_over_is_forgotten_and_many_find_room(void **state)
{
	struct desk d;
	char text[100];
	struct claims c = some_token();

	(void)state;
	begun(&d, NOTHING);
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof text, "token/9999999999/%022d", i);
		assert_true(tell(&d, text, 60));
	}
	assert_int_equal(revoked_count(d.set), 5001);
	for (int i = 0; i < 5001; i++) {
		snprintf(c.jti, sizeof c.jti, "%022d", i);
		assert_int_equal(revoked_holds(d.set, &c), i < 5000);
	}
	over(&d);
	begun(&d, "('client', '" CLIENT "', 60, now() - interval '1 h')");
	assert_true(tell(&d, "client/9999999999/" OTHER, 60));
	assert_int_equal(revoked_count(d.set), 1);
	over(&d);
}

static void
the_database_says_the_same(void **state)
{
	struct arena *a = arena_new();
	struct err e = { .kind = ERR_NONE };
	struct desk d;
	bool yes;

	(void)state;
	begun(&d, NOTHING);
	d.token.change = 0;
	assert_true(revoked_asks(d.db, a, &d.token, &yes, &e));
	assert_false(yes);
	run(&d, "select wardgate.revocation_put('client', array['" CLIENT "'], "
		"now() + interval '1 h', null, '')");
	assert_true(revoked_asks(d.db, a, &d.token, &yes, &e));
	assert_true(yes);
	d.token.change = INT64_MAX; /* that was never counted here */
	assert_true(revoked_asks(d.db, a, &d.token, &yes, &e));
	assert_true(yes);
	run(&d, "delete from wardgate.revocation where key = '" CLIENT "'");
	over(&d);
	arena_free(a);
}

#define CASE(f) cmocka_unit_test(f)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(nothing_is_taken_in_before_all_was_read),
		CASE(each_kind_is_read_and_bears_on_its_own_tokens),
		CASE(each_kind_is_told_and_bears_on_its_own_tokens),
		CASE(a_late_word_takes_nothing_back),
		CASE(what_cannot_be_read_is_not_taken_in),
		CASE(what_is_over_is_forgotten_and_many_find_room),
		CASE(the_database_says_the_same),
	};

	server = getenv("WG_TEST_DB");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
