/* test_gate_loss.c - what was counted is in the report, once
 * SPDX-License-Identifier: Apache-2.0
 *
 * With WG_TEST_DB, a string for a database with the schema, what was counted
 * is also read from there; without it those cases are skipped. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/loss.h"

#define WAIT_MS 10000

static const char facade_words[] = "prepare loss_add (text) as\n"
				   "  select wardgate.loss_add($1) as kept;\n";

static const char owner_words[] =
    "prepare times (text) as select coalesce(sum(times), 0)::bigint\n"
    "  from wardgate.loss where $1 is null or element = $1;\n"
    "prepare row as select tenant_id::text || ' ' || from_version || ' '\n"
    "  || to_version || ' ' || element || ' ' || fate || ' ' || times\n"
    "  from wardgate.loss order by 1 limit 1;\n";

static const char *server;

static const struct guid tenant = { { 0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x33,
    0x33, 0x44, 0x44, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55 } };
#define TENANT "11111111-2222-3333-4444-555555555555"

static const struct loss_entry usual = { .tenant = tenant,
	.from = FHIR_R4,
	.to = FHIR_DSTU2,
	.element = "Observation.valueAttachment",
	.fate = CONVERT_EXTENSION,
	.times = 1 };

static struct db *
open_db(const char *conninfo, const char *role, const char *words)
{
	const struct db_opts o = { .conninfo = conninfo,
		.role = role,
		.application_name = words == facade_words ? "loss" : "owner",
		.prepare_sql = words,
		.connections = 2,
		.wait_ms = WAIT_MS };
	struct err e = { .kind = ERR_NONE };
	struct db *db = db_open(&o, &e);

	assert_non_null(db);
	return db;
}

static void
note(struct loss *l, const char *element, uint64_t times)
{
	struct loss_entry x = usual;

	x.element = element;
	x.times = times;
	loss_note(l, &x);
}

/* ---- without a database --------------------------------------------------- */

static struct db *
no_db(void)
{
	return open_db("host=/nonexistent", NULL, facade_words);
}

static void
the_same_is_one_entry_and_anything_else_another(void **state)
{
	static const struct loss_entry others[] = {
		{ { { 1 } }, FHIR_R4, FHIR_DSTU2, "Observation.valueAttachment",
		    CONVERT_EXTENSION, 1 },
		{ tenant, FHIR_STU3, FHIR_DSTU2, "Observation.valueAttachment",
		    CONVERT_EXTENSION, 1 },
		{ tenant, FHIR_R4, FHIR_STU3, "Observation.valueAttachment",
		    CONVERT_EXTENSION, 1 },
		{ tenant, FHIR_R4, FHIR_DSTU2, "Observation.focus",
		    CONVERT_EXTENSION, 1 },
		{ tenant, FHIR_R4, FHIR_DSTU2, "Observation.valueAttachment",
		    CONVERT_DROPPED, 1 },
	};
	struct db *db = no_db();
	struct loss *l = loss_alone(db);
	char again[] = "Observation.valueAttachment";

	(void)state;
	loss_note(l, &usual);
	loss_note(l, &usual);
	note(l, again, 1); /* the text counts, not where it lies */
	memset(again, 'x', sizeof again - 1);
	loss_note(l, &usual);
	assert_int_equal(loss_waiting(l), 1);
	for (size_t i = 0; i < COUNT(others); i++) {
		loss_note(l, &others[i]);
		assert_int_equal(loss_waiting(l), i + 2);
	}
	loss_stop(l);
	db_close(db);
}

static void
what_is_no_name_is_not_counted(void **state)
{
	char longest[LOSS_ELEMENT_MAX + 2];
	static const char *const wrong[] = { "", "patient.name", "A b",
		"Miller, Anna", "Patient.name=1", "Patient/1", "Pat\xc3\xa9",
		"A\n", "A\"" };
	struct db *db = no_db();
	struct loss *l = loss_alone(db);

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		note(l, wrong[i], 1);
	note(l, "Patient", 0);
	memset(longest, 'A', sizeof longest);
	longest[sizeof longest - 1] = '\0';
	note(l, longest, 1);
	assert_int_equal(loss_waiting(l), 0);
	longest[LOSS_ELEMENT_MAX] = '\0';
	note(l, longest, 1);
	note(l, "Observation.value[x]", 1);
	assert_int_equal(loss_waiting(l), 2);
	loss_stop(l);
	db_close(db);
}

static void
a_database_that_is_away_loses_nothing_that_has_a_place(void **state)
{
	struct db *db = no_db();
	struct loss *l = loss_alone(db);
	struct loss_entry x = usual;
	size_t most;

	(void)state;
	for (int round = 0; round < 3; round++) {
		struct err e = { .kind = ERR_NONE };

		note(l, "Patient.animal", 1);
		assert_false(loss_write(l, &e));
		assert_int_equal(e.kind, ERR_DB);
		assert_int_equal(loss_waiting(l), 1);
	}
	for (unsigned i = 0; i < LOSS_PLACES * 2; i++) {
		memcpy(x.tenant.at, &i, sizeof i);
		loss_note(l, &x);
	}
	most = loss_waiting(l);
	assert_in_range(most, LOSS_PLACES / 2, LOSS_PLACES - 1);
	note(l, "Patient.animal", 1); /* is known, so it has a place */
	assert_int_equal(loss_waiting(l), most);
	loss_stop(l);
	db_close(db);
}

static void
names_without_end_have_an_end(void **state)
{
	struct db *db = no_db();
	struct loss *l = loss_alone(db);
	char name[32];

	(void)state;
	for (int i = 0; i < LOSS_NAMES * 2; i++) {
		snprintf(name, sizeof name, "Made.up%d", i);
		note(l, name, 1);
	}
	assert_int_equal(loss_waiting(l), LOSS_NAMES);
	note(l, "Made.up0", 1);
	assert_int_equal(loss_waiting(l), LOSS_NAMES);
	loss_stop(l);
	db_close(db);
}

/* ---- with one ------------------------------------------------------------- */

struct report {
	struct arena *a;
	struct db *db, *owner;
	struct db_conn *conn;
	struct loss *loss;
};

static void
run(struct report *r, const char *sql)
{
	struct err e = { .kind = ERR_NONE };

	if (!db_run_script(r->conn, sql, &e))
		fail_msg("%s: %s", sql, e.why);
}

static void
begun(struct report *r, bool threaded)
{
	struct err e = { .kind = ERR_NONE };

	if (!server)
		skip();
	*r = (struct report){ .a = arena_new() };
	r->db = open_db(server, "wg_owner", facade_words);
	r->owner = open_db(server, "wg_owner", owner_words);
	assert_non_null(r->conn = db_take(r->owner, &e));
	run(r, "delete from wardgate.loss; delete from wardgate.tenant where "
	       "tenant_id = '" TENANT "'; insert into wardgate.tenant "
	       "(tenant_id, slug, name) values ('" TENANT "', 'lossy', 'L')");
	r->loss = threaded ? loss_start(r->db, &e) : loss_alone(r->db);
	assert_non_null(r->loss);
}

static void
over(struct report *r)
{
	loss_stop(r->loss);
	run(r, "delete from wardgate.tenant where tenant_id = '" TENANT "'");
	db_give(r->conn);
	db_close(r->owner);
	db_close(r->db);
	arena_free(r->a);
}

static int64_t
times(struct report *r, const char *element)
{
	struct err e = { .kind = ERR_NONE };
	struct db_arg arg = db_arg_text(str_of(element));
	const struct db_rows *rows =
	    db_ask_on(r->conn, r->a, "times", &arg, 1, &e);

	if (!rows)
		fail_msg("times: %s", e.why);
	return db_int(rows, 0, 0);
}

static void
write_now(struct report *r)
{
	struct err e = { .kind = ERR_NONE };

	if (!loss_write(r->loss, &e))
		fail_msg("loss_write: %s", e.why);
	assert_int_equal(loss_waiting(r->loss), 0);
}

static void
a_row_says_what_was_noted(void **state)
{
	static const struct {
		enum convert_fate fate;
		const char *row;
	} cases[] = {
		{ CONVERT_EXTENSION, TENANT
		    " R4 DSTU2 Observation.valueAttachment extension 3" },
		{ CONVERT_DROPPED,
		    TENANT " R4 DSTU2 Observation.valueAttachment dropped 3" },
		{ CONVERT_CODE, TENANT
		    " R4 DSTU2 Observation.valueAttachment other code 3" },
	};
	struct report r;

	(void)state;
	begun(&r, false);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { .kind = ERR_NONE };
		struct loss_entry x = usual;
		const struct db_rows *rows;

		run(&r, "delete from wardgate.loss");
		x.fate = cases[i].fate;
		x.times = 3;
		loss_note(r.loss, &x);
		write_now(&r);
		rows = db_ask_on(r.conn, r.a, "row", NULL, 0, &e);
		assert_non_null(rows);
		assert_string_equal(
		    str_text(r.a, db_text(rows, 0, 0)), cases[i].row);
	}
	over(&r);
}

static void
more_than_one_transaction_holds_is_written_too(void **state)
{
	struct report r;
	char name[32];

	(void)state;
	begun(&r, false);
	for (int i = 0; i < 1234; i++) {
		snprintf(name, sizeof name, "Made.up%d", i);
		note(r.loss, name, 2);
	}
	write_now(&r);
	assert_int_equal(times(&r, NULL), 2 * 1234);
	write_now(&r);
	assert_int_equal(times(&r, NULL), 2 * 1234);
	over(&r);
}

static void
what_the_database_did_not_take_is_counted_once(void **state)
{
	struct err e = { .kind = ERR_NONE };
	struct report r;

	(void)state;
	begun(&r, false);
	note(r.loss, "Patient.animal", 5);
	write_now(&r);
	run(&r, "alter table wardgate.loss add constraint broken "
		"check (times < 0) not valid");
	note(r.loss, "Patient.animal", 7);
	note(r.loss, "Patient.active", 1);
	assert_false(loss_write(r.loss, &e));
	assert_int_equal(loss_waiting(r.loss), 2);
	note(r.loss, "Patient.animal", 1);
	run(&r, "alter table wardgate.loss drop constraint broken");
	write_now(&r);
	assert_int_equal(times(&r, "Patient.animal"), 13);
	assert_int_equal(times(&r, "Patient.active"), 1);
	over(&r);
}

#define THREADS 8
#define NOTES   20000

static void *
notes(void *arg)
{
	static const char *const names[] = { "Patient.animal", "Patient.active",
		"Observation.focus", "Timing.repeat.when" };

	for (unsigned i = 0; i < NOTES; i++)
		note(arg, names[i % COUNT(names)], 1);
	return NULL;
}

static void
threads_that_count_while_it_is_written_lose_nothing(void **state)
{
	pthread_t id[THREADS];
	struct report r;

	(void)state;
	begun(&r, false);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&id[i], NULL, notes, r.loss), 0);
	for (int i = 0; i < 20; i++) {
		struct err e = { .kind = ERR_NONE };

		assert_true(loss_write(r.loss, &e));
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(id[i], NULL);
	write_now(&r);
	assert_int_equal(times(&r, NULL), THREADS * NOTES);
	assert_int_equal(times(&r, "Patient.animal"), THREADS * NOTES / 4);
	over(&r);
}

static void
all_that_one_answer_lost_is_counted(void **state)
{
	struct convert_loss animal = { .element = "Patient.animal",
		.from = FHIR_STU3,
		.to = FHIR_R4,
		.times = 3 };
	struct convert_loss photo = { .next = &animal,
		.element = "Patient.photo",
		.from = FHIR_STU3,
		.to = FHIR_R4,
		.fate = CONVERT_DROPPED,
		.times = 2 };
	const struct convert_losses losses = { &photo }, none = { NULL };
	struct report r;

	(void)state;
	begun(&r, false);
	loss_note_all(r.loss, &tenant, &none);
	loss_note_all(r.loss, &tenant, &losses);
	loss_note_all(r.loss, &tenant, &losses);
	assert_int_equal(loss_waiting(r.loss), 2);
	write_now(&r);
	assert_int_equal(times(&r, "Patient.animal"), 6);
	assert_int_equal(times(&r, "Patient.photo"), 4);
	over(&r);
}

static void
the_end_writes_what_is_left(void **state)
{
	for (int threaded = 0; threaded < 2; threaded++) {
		struct report r;

		(void)state;
		begun(&r, threaded);
		note(r.loss, "Patient.animal", 4);
		loss_stop(r.loss);
		r.loss = NULL;
		assert_int_equal(times(&r, "Patient.animal"), 4);
		over(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_same_is_one_entry_and_anything_else_another),
		cmocka_unit_test(what_is_no_name_is_not_counted),
		cmocka_unit_test(
		    a_database_that_is_away_loses_nothing_that_has_a_place),
		cmocka_unit_test(names_without_end_have_an_end),
		cmocka_unit_test(a_row_says_what_was_noted),
		cmocka_unit_test(
		    more_than_one_transaction_holds_is_written_too),
		cmocka_unit_test(
		    what_the_database_did_not_take_is_counted_once),
		cmocka_unit_test(
		    threads_that_count_while_it_is_written_lose_nothing),
		cmocka_unit_test(all_that_one_answer_lost_is_counted),
		cmocka_unit_test(the_end_writes_what_is_left),
	};

	server = getenv("WG_TEST_DB");
	if (!server)
		puts("the report itself is skipped: WG_TEST_DB names no "
		     "database");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
