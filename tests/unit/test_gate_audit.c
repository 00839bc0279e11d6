/* test_gate_audit.c - durable before the answer leaves, or no answer
 * SPDX-License-Identifier: Apache-2.0
 *
 * Needs WG_TEST_DB, a string for a database with the schema; without it
 * everything here is skipped. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "ext/crypt.h"
#include "gate/audit.h"

#define WAIT_MS 10000

static const char vocabulary[] =
    "prepare audit_write (wardgate.audit_row[]) as\n"
    "  select wardgate.audit_write($1) as n;\n";

static const char owner_words[] =
    "prepare kept as select count(*) from wardgate.audit;\n"
    "prepare has (uuid) as select count(*) from wardgate.audit\n"
    "  where trace_id = $1;\n"
    "prepare forget as delete from wardgate.audit;\n"
    "prepare hanging as select count(*) from pg_locks where not granted;\n"
    "prepare shut as select count(pg_terminate_backend(pid, 5000))\n"
    "  from pg_stat_activity where application_name = 'trail';\n";

static const char *server;

/* The trail under test, and the database seen by its owner. */
struct trail {
	struct arena *a;
	struct conf conf;
	struct db *db, *owner;
	struct db_conn *conn;
	struct audit *audit;
	atomic_int *failed; /* of a crowd, so far */
};

static struct db *
open_db(const char *name, const char *words, int64_t wait_ms)
{
	const struct db_opts o = { .conninfo = server,
		.role = "wg_owner",
		.application_name = name,
		.prepare_sql = words,
		.connections = 2,
		.wait_ms = wait_ms };
	struct err e = { .kind = ERR_NONE };
	struct db *db = db_open(&o, &e);

	assert_non_null(db);
	return db;
}

static int64_t
number(struct trail *t, const char *statement, const struct db_arg *arg)
{
	struct err e = { .kind = ERR_NONE };
	const struct db_rows *rows =
	    db_ask_on(t->conn, t->a, statement, arg, arg ? 1 : 0, &e);

	if (!rows)
		fail_msg("%s: %s", statement, e.why);
	return db_count(rows) ? db_int(rows, 0, 0) : 0;
}

static void
begun_on(struct trail *t, int64_t queue, int64_t wait_ms, int64_t db_wait_ms)
{
	struct err e = { .kind = ERR_NONE };
	int64_t until = clock_mono_ms() + WAIT_MS;

	if (!server)
		skip();
	*t = (struct trail){ .a = arena_new() };
	t->conf.audit_queue = queue;
	t->conf.audit_wait_ms = wait_ms;
	t->db = open_db("trail", vocabulary, db_wait_ms);
	t->owner = open_db("owner", owner_words, WAIT_MS);
	assert_non_null(t->conn = db_take(t->owner, &e));
	number(t, "forget", NULL);
	do { /* to connect may take longer than rows are given */
		err_clear(&e);
		t->audit = audit_start(t->db, &t->conf, "facade", &e);
	} while (!t->audit && clock_mono_ms() < until);
	assert_non_null(t->audit);
}

static void
begun(struct trail *t, int64_t queue, int64_t wait_ms)
{
	begun_on(t, queue, wait_ms, wait_ms);
}

static void
over(struct trail *t)
{
	audit_stop(t->audit);
	db_give(t->conn);
	db_close(t->owner);
	db_close(t->db);
	arena_free(t->a);
}

/* One row of its own; *trace tells it from all others. */
static bool
keep(struct trail *t, struct arena *a, struct guid *trace, struct err *e)
{
	struct audit_row row;
	char hex[33] = { 0 };
	int64_t change;

	crypt_random(trace->at, sizeof trace->at);
	enc_hex(hex, trace->at, sizeof trace->at);
	audit_row_init(&row);
	row.at_us = clock_now_us();
	row.trace = hex;
	row.status = 200;
	row.reason = "ok";
	return audit_keep(t->audit, a, &row, &change, e);
}

static bool
has(struct trail *t, const struct guid *trace)
{
	const struct db_arg arg = db_arg_guid(trace);

	return number(t, "has", &arg) == 1;
}

static void
run(struct trail *t, const char *sql)
{
	struct err e = { .kind = ERR_NONE };

	if (!db_run_script(t->conn, sql, &e))
		fail_msg("%s: %s", sql, e.why);
}

static void
a_row_is_there_when_it_is_said_to_be(void **state)
{
	struct trail t;
	struct guid trace;
	int i;

	(void)state;
	begun(&t, 100, WAIT_MS);
	for (i = 0; i < 20; i++) {
		struct err e = { .kind = ERR_NONE };

		assert_true(keep(&t, t.a, &trace, &e));
		assert_true(has(&t, &trace));
	}
	over(&t);
}

#define THREADS 16
#define ROWS    100
#define FEW     10

struct asker {
	struct trail *t;
	int rows; /* to ask for, at most ROWS */
	struct guid trace[ROWS];
	bool kept[ROWS];
	atomic_int *failed;
};

static void *
asks(void *arg)
{
	struct asker *k = arg;
	struct arena *a = arena_new();
	int i;

	for (i = 0; i < k->rows; i++) {
		struct err e = { .kind = ERR_NONE };

		k->kept[i] = keep(k->t, a, &k->trace[i], &e);
		if (!k->kept[i]) {
			atomic_fetch_add(k->failed, 1);
			if (e.kind != ERR_AUDIT)
				abort();
		}
		arena_reset(a);
	}
	arena_free(a);
	return NULL;
}

/* All at once; while they ask `meanwhile` runs. */
static int
crowd(struct trail *t, struct asker *k, int rows,
    void (*meanwhile)(struct trail *))
{
	atomic_int failed = 0;
	pthread_t id[THREADS];
	int i;

	t->failed = &failed;
	for (i = 0; i < THREADS; i++) {
		k[i].t = t;
		k[i].rows = rows;
		k[i].failed = &failed;
		assert_int_equal(pthread_create(&id[i], NULL, asks, &k[i]), 0);
	}
	if (meanwhile)
		meanwhile(t);
	for (i = 0; i < THREADS; i++)
		pthread_join(id[i], NULL);
	return failed;
}

static void
many_threads_share_commits_and_lose_nothing(void **state)
{
	static struct asker k[THREADS];
	struct trail t;

	(void)state;
	begun(&t, 10000, WAIT_MS);
	assert_int_equal(crowd(&t, k, ROWS, NULL), 0);
	assert_int_equal(number(&t, "kept", NULL), THREADS * ROWS);
	over(&t);
}

static void
shut_some(struct trail *t)
{
	int i;

	for (i = 0; i < 5; i++) {
		nanosleep(&(struct timespec){ 0, 2000000 }, NULL);
		number(t, "shut", NULL);
	}
}

static void
whatever_breaks_what_was_said_to_be_kept_is_kept(void **state)
{
	static struct asker k[THREADS];
	struct trail t;
	int i, j;

	(void)state;
	begun(&t, 10000, 1000);
	crowd(&t, k, ROWS, shut_some);
	for (i = 0; i < THREADS; i++)
		for (j = 0; j < ROWS; j++)
			assert_true(!k[i].kept[j] || has(&t, &k[i].trace[j]));
	over(&t);
}

/* Until a row is kept again. */
static void
comes_back(struct trail *t)
{
	int64_t until = clock_mono_ms() + 6 * WAIT_MS;
	struct guid trace;
	bool back = false;

	while (!back && clock_mono_ms() < until) {
		struct err e = { .kind = ERR_NONE };

		back = keep(t, t->a, &trace, &e);
		if (!back)
			nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
	}
	assert_true(back);
	assert_true(has(t, &trace));
}

static void
a_trail_that_hangs_is_no_trail_and_comes_back(void **state)
{
	struct err e = { .kind = ERR_NONE };
	struct trail t;
	struct guid trace;

	(void)state;
	begun(&t, 100, 100);
	run(&t, "begin; lock table wardgate.audit in exclusive mode");
	assert_false(keep(&t, t.a, &trace, &e));
	assert_int_equal(e.kind, ERR_AUDIT);
	run(&t, "rollback");
	comes_back(&t);
	over(&t);
}

static void
a_full_queue_refuses_and_is_emptied_in_time(void **state)
{
	static struct asker k[THREADS];
	struct trail t;
	int i, j, failed;

	(void)state;
	begun(&t, 2, 50);
	run(&t, "begin; lock table wardgate.audit in exclusive mode");
	failed = crowd(&t, k, FEW, NULL);
	run(&t, "rollback");
	assert_int_equal(failed, THREADS * FEW);
	comes_back(&t);
	failed = crowd(&t, k, FEW, NULL);
	assert_true(failed < THREADS * FEW);
	for (i = 0; i < THREADS; i++)
		for (j = 0; j < FEW; j++)
			assert_true(!k[i].kept[j] || has(&t, &k[i].trace[j]));
	over(&t);
}

/* The writer has at most two rows that hang, and two more may wait. */
static void
unlock_when_refused(struct trail *t)
{
	int64_t until = clock_mono_ms() + WAIT_MS / 2;

	while (*t->failed < THREADS - 4 && clock_mono_ms() < until)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	run(t, "rollback");
}

/* Long before anybody has waited for as long as he may. */
static void
who_finds_the_queue_full_is_refused_at_once(void **state)
{
	static struct asker k[THREADS];
	struct trail t;
	int i, failed, kept = 0;

	(void)state;
	begun(&t, 2, WAIT_MS);
	run(&t, "begin; lock table wardgate.audit in exclusive mode");
	failed = crowd(&t, k, 1, unlock_when_refused);
	assert_in_range(failed, THREADS - 4, THREADS - 1);
	for (i = 0; i < THREADS; i++) {
		kept += k[i].kept[0];
		assert_int_equal(k[i].kept[0], has(&t, &k[i].trace[0]));
	}
	assert_int_equal(kept, THREADS - failed);
	over(&t);
}

static void *
asks_once(void *arg)
{
	struct trail *t = arg;
	struct arena *a = arena_new();
	struct err e = { .kind = ERR_NONE };
	struct guid trace;
	bool kept = keep(t, a, &trace, &e);

	arena_free(a);
	return kept ? t : NULL;
}

/* A commit may hang for longer than anybody behind it has to wait; who gives up
 * gives the place back. */
static void
who_waits_behind_a_commit_that_hangs_waits_no_longer_than_told(void **state)
{
	struct err e = { .kind = ERR_NONE };
	struct trail t;
	struct guid trace;
	pthread_t first;
	void *kept;
	int64_t began;
	int i;

	(void)state;
	begun_on(&t, 3, 100, WAIT_MS);
	run(&t, "begin; lock table wardgate.audit in exclusive mode");
	assert_int_equal(pthread_create(&first, NULL, asks_once, &t), 0);
	while (!number(&t, "hanging", NULL))
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	for (i = 0; i < 5; i++) {
		began = clock_mono_ms();
		assert_false(keep(&t, t.a, &trace, &e));
		assert_int_equal(e.kind, ERR_AUDIT);
		assert_in_range(clock_mono_ms() - began, 90, WAIT_MS / 2);
	}
	run(&t, "rollback");
	pthread_join(first, &kept);
	assert_non_null(kept); /* as soon as it could be */
	assert_false(has(&t, &trace));
	comes_back(&t);
	over(&t);
}

static void
unlock_late(struct trail *t)
{
	nanosleep(&(struct timespec){ 0, 48000000 }, NULL);
	run(t, "rollback");
}

/* The writer comes back from a hanging commit just as those who wait give up,
 * whichever of both is first. */
static void
who_gives_up_does_not_take_the_writer_along(void **state)
{
	static struct asker k[THREADS];
	struct trail t;
	int i;

	(void)state;
	begun(&t, 100, 50);
	for (i = 0; i < 10; i++) {
		crowd(&t, k, 1, NULL);
		run(&t, "begin; lock table wardgate.audit in exclusive mode");
		crowd(&t, k, 2, unlock_late);
		comes_back(&t);
	}
	over(&t);
}

static void
one_row_that_is_refused_refuses_only_its_batch(void **state)
{
	struct err e = { .kind = ERR_NONE };
	struct audit_row row;
	struct trail t;
	struct guid trace;
	int64_t change;

	(void)state;
	begun(&t, 100, WAIT_MS);
	audit_row_init(&row); /* no trace id, no status: not null columns */
	row.at_us = clock_now_us();
	assert_false(audit_keep(t.audit, t.a, &row, &change, &e));
	err_clear(&e);
	assert_true(keep(&t, t.a, &trace, &e));
	assert_true(has(&t, &trace));
	over(&t);
}

/* The rows of a request with n entries; number `bad` is refused. */
static bool
keep_together(struct trail *t, struct arena *a, struct guid *trace, int n,
    int bad, struct err *e)
{
	struct audit_row *row = arena_get(a, (size_t)(n + 1) * sizeof *row);
	char *hex = arena_get(a, 33);
	int64_t at_us = clock_now_us(), change;
	int i;

	crypt_random(trace->at, sizeof trace->at);
	enc_hex(hex, trace->at, sizeof trace->at);
	for (i = 0; i <= n; i++) {
		audit_row_init(&row[i]);
		row[i].at_us = at_us;
		row[i].trace = hex;
		row[i].entry = i;
		row[i].status = i == bad ? -1 : 200;
		row[i].with = i < n ? &row[i + 1] : NULL;
	}
	return audit_keep(t->audit, a, row, &change, e);
}

static int64_t
count(struct trail *t, const struct guid *trace)
{
	const struct db_arg arg = db_arg_guid(trace);

	return number(t, "has", &arg);
}

static void
rows_of_one_request_are_kept_together_or_not_at_all(void **state)
{
	static const struct {
		int n, bad;
		bool kept;
	} cases[] = { { 1, -1, true }, { 100, -1, true }, { 100, 57, false },
		{ AUDIT_TOGETHER_MAX - 1, -1, true },
		{ AUDIT_TOGETHER_MAX, -1, false } };
	struct trail t;
	struct guid trace;
	size_t i;

	(void)state;
	begun(&t, 20, WAIT_MS); /* who comes while there is room comes whole */
	for (i = 0; i < COUNT(cases); i++) {
		struct err e = { .kind = ERR_NONE };
		bool kept = keep_together(
		    &t, t.a, &trace, cases[i].n, cases[i].bad, &e);

		assert_int_equal(kept, cases[i].kept);
		assert_int_equal(e.kind, kept ? ERR_NONE : ERR_AUDIT);
		assert_int_equal(count(&t, &trace), kept ? cases[i].n + 1 : 0);
	}
	over(&t);
}

/* ---- rows that nobody waits for ------------------------------------------------ */

#define POSTS 600 /* more than one commit takes */

/* What became of one; it has an arena of its own, as a request has. */
struct post {
	struct arena *a;
	struct guid trace;
	bool taken;
	atomic_int kept, lost; /* how often it was told so */
};

static void
note(void *ctx, bool kept, int64_t change)
{
	struct post *p = ctx;

	if (!kept && change) /* only what is kept has a number */
		abort();
	arena_free(p->a); /* as who is told may */
	atomic_fetch_add(kept ? &p->kept : &p->lost, 1);
}

static void
post(struct trail *t, struct post *p)
{
	struct audit_row row;
	char hex[33] = { 0 };

	*p = (struct post){ .a = arena_new() };
	crypt_random(p->trace.at, sizeof p->trace.at);
	enc_hex(hex, p->trace.at, sizeof p->trace.at);
	audit_row_init(&row);
	row.at_us = clock_now_us();
	row.trace = hex;
	row.status = 200;
	row.reason = "ok";
	p->taken = audit_post(t->audit, p->a, &row, note, p);
	if (!p->taken)
		arena_free(p->a);
}

/* Until each that was taken is told of. */
static void
await_told(struct post *p, size_t n)
{
	int64_t until = clock_mono_ms() + WAIT_MS;
	size_t i;

	for (i = 0; i < n; i++)
		while (p[i].taken && p[i].kept + p[i].lost == 0) {
			assert_true(clock_mono_ms() < until);
			nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
		}
}

static void
who_does_not_wait_is_told_once_when_the_row_is_there(void **state)
{
	static struct post p[POSTS];
	struct trail t;
	size_t i;

	(void)state;
	begun(&t, 10000, WAIT_MS);
	for (i = 0; i < POSTS; i++)
		post(&t, &p[i]);
	await_told(p, POSTS);
	for (i = 0; i < POSTS; i++) {
		assert_true(p[i].taken);
		assert_true(has(&t, &p[i].trace));
	}
	over(&t);
	for (i = 0; i < POSTS; i++) {
		assert_int_equal(p[i].kept, 1);
		assert_int_equal(p[i].lost, 0);
	}
}

/* The first ones hang in their commit; what comes then is late before it is
 * looked at, and is not written any more. */
static void
who_does_not_wait_is_told_of_a_trail_that_hangs(void **state)
{
	static struct post first[FEW], then[FEW];
	struct trail t;
	size_t i;

	(void)state;
	begun(&t, 100, 100);
	run(&t, "begin; lock table wardgate.audit in exclusive mode");
	for (i = 0; i < FEW; i++)
		post(&t, &first[i]);
	for (i = 0; i < FEW; i++)
		post(&t, &then[i]);
	await_told(first, FEW);
	await_told(then, FEW);
	run(&t, "rollback");
	comes_back(&t);
	over(&t);
	for (i = 0; i < FEW; i++) {
		assert_true(first[i].taken && then[i].taken);
		assert_int_equal(first[i].kept + then[i].kept, 0);
		assert_int_equal(first[i].lost, 1);
		assert_int_equal(then[i].lost, 1);
	}
}

static void
what_finds_no_room_is_not_told_of(void **state)
{
	static struct post p[POSTS];
	struct trail t;
	size_t i, n = 0;

	(void)state;
	begun(&t, 3, 500);
	run(&t, "begin; lock table wardgate.audit in exclusive mode");
	do
		post(&t, &p[n]);
	while (p[n++].taken && n < POSTS);
	assert_true(n > 3);
	assert_false(p[n - 1].taken);
	await_told(p, n);
	run(&t, "rollback");
	over(&t);
	for (i = 0; i < n; i++)
		assert_int_equal(p[i].kept + p[i].lost, p[i].taken);
}

static void
who_does_not_wait_is_told_before_the_audit_ends(void **state)
{
	static struct post p[POSTS];
	struct trail t;
	size_t i;

	(void)state;
	begun(&t, 10000, WAIT_MS);
	for (i = 0; i < POSTS; i++)
		post(&t, &p[i]);
	over(&t);
	for (i = 0; i < POSTS; i++)
		assert_int_equal(p[i].kept, 1);
}

struct batcher {
	struct trail *t;
	int n;
	struct guid trace[FEW];
	atomic_int *failed;
};

static void *
asks_together(void *arg)
{
	struct batcher *k = arg;
	struct arena *a = arena_new();
	int i;

	for (i = 0; i < FEW; i++) {
		struct err e = { .kind = ERR_NONE };

		if (!keep_together(k->t, a, &k->trace[i], k->n, -1, &e))
			atomic_fetch_add(k->failed, 1);
		arena_reset(a);
	}
	arena_free(a);
	return NULL;
}

/* More rows at once than one commit takes, from requests of all sizes. */
static void
large_and_small_requests_share_the_trail(void **state)
{
	static struct batcher k[THREADS];
	atomic_int failed = 0;
	pthread_t id[THREADS];
	struct trail t;
	int i, j;

	(void)state;
	begun(&t, 10000, WAIT_MS);
	for (i = 0; i < THREADS; i++) {
		k[i] = (struct batcher){
			.t = &t, .n = i % 3 ? i * 30 : 0, .failed = &failed
		};
		assert_int_equal(
		    pthread_create(&id[i], NULL, asks_together, &k[i]), 0);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(id[i], NULL);
	assert_int_equal(failed, 0);
	for (i = 0; i < THREADS; i++)
		for (j = 0; j < FEW; j++)
			assert_int_equal(count(&t, &k[i].trace[j]), k[i].n + 1);
	over(&t);
}

static void
without_a_database_it_does_not_start(void **state)
{
	static const struct db_opts nowhere = {
		.conninfo = "host=/nonexistent dbname=x",
		.connections = 1,
		.wait_ms = 200
	};
	struct conf conf = { .audit_queue = 10, .audit_wait_ms = 100 };
	struct err e = { .kind = ERR_NONE };
	struct db *db = db_open(&nowhere, &e);

	(void)state;
	assert_non_null(db);
	assert_null(audit_start(db, &conf, "facade", &e));
	assert_int_equal(e.kind, ERR_DB);
	db_close(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_there_when_it_is_said_to_be),
		cmocka_unit_test(many_threads_share_commits_and_lose_nothing),
		cmocka_unit_test(
		    whatever_breaks_what_was_said_to_be_kept_is_kept),
		cmocka_unit_test(a_trail_that_hangs_is_no_trail_and_comes_back),
		cmocka_unit_test(a_full_queue_refuses_and_is_emptied_in_time),
		cmocka_unit_test(who_finds_the_queue_full_is_refused_at_once),
		cmocka_unit_test(
		    who_waits_behind_a_commit_that_hangs_waits_no_longer_than_told),
		cmocka_unit_test(who_gives_up_does_not_take_the_writer_along),
		cmocka_unit_test(
		    one_row_that_is_refused_refuses_only_its_batch),
		cmocka_unit_test(
		    rows_of_one_request_are_kept_together_or_not_at_all),
		cmocka_unit_test(
		    who_does_not_wait_is_told_once_when_the_row_is_there),
		cmocka_unit_test(
		    who_does_not_wait_is_told_of_a_trail_that_hangs),
		cmocka_unit_test(what_finds_no_room_is_not_told_of),
		cmocka_unit_test(
		    who_does_not_wait_is_told_before_the_audit_ends),
		cmocka_unit_test(large_and_small_requests_share_the_trail),
		cmocka_unit_test(without_a_database_it_does_not_start),
	};
	struct err e = { .kind = ERR_NONE };

	server = getenv("WG_TEST_DB");
	if (!server)
		puts("skipped: WG_TEST_DB names no database");
	if (!crypt_start(&e))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
