/* test_gate_found.c - what one program learned, another one reads
 * SPDX-License-Identifier: Apache-2.0
 *
 * With WG_TEST_DB, a string for a database with the schema, it also travels
 * through there. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ext/js.h"
#include "gate/found.h"

static const char statement[] =
    "{\"resourceType\":\"CapabilityStatement\",\"rest\":[{\"mode\":\"server\","
    "\"interaction\":[{\"code\":\"batch\"}],\"resource\":["
    "{\"type\":\"Patient\",\"interaction\":[{\"code\":\"search-type\"}],"
    "\"searchParam\":[{\"name\":\"family\"},{\"name\":\"birthdate\"},"
    "{\"name\":\"_sort\"},{\"name\":\"</script>\"}]},"
    "{\"type\":\"Coverage\",\"searchParam\":[{\"name\":\"subscriber\"},"
    "{\"name\":\"beneficiary\"}]},"
    "{\"type\":\"Observation\",\"searchParam\":[{\"name\":\"subject\"}]},"
    "{\"type\":\"Practitioner\"}]}]}";

static const struct ability_switches switches = { .post = "off",
	.contains = "on",
	.sort = "off",
	.coverage_person = "none" };

static struct ability
learned(struct arena *a, enum fhir_version v)
{
	struct err e = { .kind = ERR_NONE };
	struct ability can;
	struct tree_node *n = tree_read(
	    a, str_of(statement), &(struct tree_limits){ .object = true }, &e);

	assert_non_null(n);
	ability_start(&can, v);
	assert_true(ability_read(&can, n));
	return can;
}

#define DAY   ((int64_t)86400)
#define TODAY ((int64_t)20777)
#define NOW   (TODAY * DAY + 7)

static struct str
written(struct arena *a, const struct ability *can)
{
	struct buf b = buf_new(a, FOUND_BYTES_MAX);
	struct found_days days = { 0 };

	for (int t = 0; t < IFACE__MAX; t++)
		for (int i = 0; i < FOUND_PARAMS_MAX; i++)
			if (can->types[t].passed >> i & 1)
				days.of[t][i] = TODAY;
	found_write(&b, can, &days);
	assert_non_null(buf_text(&b));
	return (struct str){ b.at, b.len };
}

static const struct iface_param *
birthdate(enum fhir_version v)
{
	return iface_canonical(IFACE_PATIENT, v, "birthdate");
}

/* The day after it is still believed, then no more. */
static void
what_a_probe_saw_is_believed_until_the_next_day_is_over(void **state)
{
	static const char text[] = "{\"version\":\"R4\",\"told\":false,"
				   "\"facts\":{},\"probed\":20777}";
	struct arena *a = arena_new();

	(void)state;
	for (int64_t day = -1; day <= 2; day++) {
		struct ability can;

		ability_start(&can, FHIR_R4);
		assert_true(found_read(&can, a, str_of(text), NOW + day * DAY));
		assert_int_equal(can.probed, day == 0 || day == 1);
	}
	arena_free(a);
}

static void
what_was_learned_is_read_as_it_was(void **state)
{
	(void)state;
	for (int v = 0; v < FHIR__MAX; v++) {
		struct arena *a = arena_new();
		struct ability can = learned(a, (enum fhir_version)v), again;

		ability_seen(&can, ABILITY_CONTAINS, false);
		ability_seen(&can, ABILITY_POST, true);
		ability_person_refused(&can, (enum ability_person)can.person);
		ability_param_passed(
		    &can, IFACE_PATIENT, birthdate((enum fhir_version)v));
		ability_start(&again, (enum fhir_version)v);
		assert_true(found_read(&again, a, written(a, &can), NOW));
		assert_memory_equal(&again, &can, sizeof can);
		arena_free(a);
	}
}

static void
a_statement_that_was_never_read_says_nothing_of_types(void **state)
{
	struct arena *a = arena_new();
	struct ability can, again;

	(void)state;
	ability_start(&can, FHIR_STU3);
	ability_seen(&can, ABILITY_SORT, false);
	ability_start(&again, FHIR_STU3);
	assert_true(found_read(&again, a, written(a, &can), NOW));
	assert_memory_equal(&again, &can, sizeof can);
	assert_false(again.told);
	arena_free(a);
}

static void
what_is_passed_over_is_believed_until_the_next_day(void **state)
{
	static const struct {
		int64_t now_s;
		bool known;
	} days[] = {
		{ NOW, true }, { NOW + DAY, true }, { NOW + 2 * DAY - 8, true },
		{ NOW + 2 * DAY - 7, false },
		{ NOW - DAY, false }, /* somebody's clock was wrong */
	};
	struct arena *a = arena_new();
	struct ability can, again;

	(void)state;
	ability_start(&can, FHIR_STU3);
	ability_param_passed(&can, IFACE_PATIENT, birthdate(FHIR_STU3));
	for (size_t i = 0; i < COUNT(days); i++) {
		ability_start(&again, FHIR_STU3);
		assert_true(
		    found_read(&again, a, written(a, &can), days[i].now_s));
		assert_false(again.told);
		if (ability_passed(&again, IFACE_PATIENT,
			birthdate(FHIR_STU3)) != days[i].known)
			fail_msg("row %zu", i);
	}
	arena_free(a);
}

static void
the_operators_word_is_not_written_and_wins_afterwards(void **state)
{
	struct arena *a = arena_new();
	struct ability can = learned(a, FHIR_STU3), again;

	(void)state;
	ability_switch(&can, &switches);
	ability_start(&again, FHIR_STU3);
	assert_true(found_read(&again, a, written(a, &can), NOW));
	assert_int_equal(ability_can(&again, ABILITY_POST), ABILITY_UNKNOWN);
	assert_int_equal(again.person, ABILITY_PERSON_UNKNOWN);
	ability_switch(&again, &switches);
	assert_int_equal(ability_can(&again, ABILITY_POST), ABILITY_NO);
	assert_int_equal(again.person, ABILITY_PERSON_NONE);
	assert_int_equal(ability_can(&again, ABILITY_BATCH), ABILITY_YES);
	arena_free(a);
}

static void
nothing_of_the_providers_words_is_in_it(void **state)
{
	struct arena *a = arena_new();
	struct ability can = learned(a, FHIR_R4);
	char *text = str_text(a, written(a, &can));

	(void)state;
	assert_non_null(strstr(text, "birthdate"));
	assert_null(strstr(text, "script"));
	assert_null(strstr(text, "Practitioner"));
	arena_free(a);
}

static void
all_there_can_be_has_room(void **state)
{
	struct arena *a = arena_new();
	struct ability can;

	(void)state;
	for (int v = 0; v < FHIR__MAX; v++) {
		memset(&can, 0xff, sizeof can);
		can.version = (enum fhir_version)v;
		can.told = true;
		for (int f = 0; f < ABILITY_FACT__MAX; f++) {
			can.facts[f].answer = ABILITY_NO;
			can.facts[f].voice = ABILITY_STATEMENT;
		}
		can.person = ABILITY_POLICY_HOLDER;
		can.person_voice = ABILITY_STATEMENT;
		for (int t = 0; t < IFACE__MAX; t++) {
			can.types[t].listed = can.types[t].subject = true;
			can.types[t].params_told = true;
			can.types[t].contains_told = true;
		}
		assert_true(written(a, &can).len < FOUND_BYTES_MAX);
	}
	arena_free(a);
}

static const char *const wrong[] = {
	"",
	"null",
	"[]",
	"{}",
	"{\"told\":true}",
	"{\"version\":\"STU3\"}",
	"{\"version\":\"R4\",\"told\":true}",
	"{\"version\":\"stu3\",\"told\":true}",
	"{\"version\":\"STU3\",\"told\":1}",
	"{\"version\":\"STU3\",\"told\":true",
	"{\"version\":\"STU3\",\"told\":true}x",
};

/* Each says one thing that cannot be; the rest is as if it were not there. */
static const char *const odd[] = {
	"{\"version\":\"STU3\",\"told\":false,\"facts\":[]}",
	"{\"version\":\"STU3\",\"told\":false,\"facts\":{\"sort\":true}}",
	"{\"version\":\"STU3\",\"told\":false,"
	"\"facts\":{\"sort\":{\"works\":true,\"by\":\"operator\"}}}",
	"{\"version\":\"STU3\",\"told\":false,"
	"\"facts\":{\"sort\":{\"works\":\"no\",\"by\":\"seen\"}}}",
	"{\"version\":\"STU3\",\"told\":false,"
	"\"facts\":{\"fly\":{\"works\":true,\"by\":\"seen\"}}}",
	"{\"version\":\"STU3\",\"told\":false,"
	"\"person\":{\"is\":\"payor\",\"by\":\"seen\"}}",
	"{\"version\":\"STU3\",\"told\":false,\"types\":{\"Patient\":{}}}",
	"{\"version\":\"STU3\",\"told\":false,"
	"\"passed\":{\"Patient\":[\"birthdate\"]}}",
	"{\"version\":\"STU3\",\"told\":false,"
	"\"passed\":{\"Patient\":{\"birthdate\":true,\"gender\":-1}}}",
	"{\"version\":\"STU3\",\"told\":false,"
	"\"passed\":{\"Patient\":{\"height\":20777}}}",
};

static void
what_is_not_ours_changes_nothing(void **state)
{
	struct arena *a = arena_new();
	struct ability can, before;

	(void)state;
	ability_start(&can, FHIR_STU3);
	before = can;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		if (found_read(&can, a, str_of(wrong[i]), NOW))
			fail_msg("%s", wrong[i]);
		assert_memory_equal(&can, &before, sizeof can);
	}
	for (size_t i = 0; i < COUNT(odd); i++) {
		if (!found_read(&can, a, str_of(odd[i]), NOW) ||
		    memcmp(&can, &before, sizeof can))
			fail_msg("%s", odd[i]);
	}
	arena_free(a);
}

/* ---- through the database -------------------------------------------------- */

#define TENANT "11111111-2222-3333-4444-666666666666"

static const char words[] =
    "prepare found_put (uuid, bigint, text) as\n"
    "  select wardgate.found_put($1, $2, $3) as kept;\n"
    "prepare found_get (uuid, bigint) as\n"
    "  select wardgate.found_get($1, $2) as facts;\n"
    "prepare revision as select revision from wardgate.provider\n"
    "  where tenant_id = '" TENANT "';\n"
    "prepare facts as select facts::text from wardgate.provider_found\n"
    "  where tenant_id = '" TENANT "';\n";

static void
run(struct db_conn *c, const char *sql)
{
	struct err e = { .kind = ERR_NONE };

	if (!db_run_script(c, sql, &e))
		fail_msg("%s: %s", sql, e.why);
}

static const struct db_rows *
asked(struct db *db, struct arena *a, const char *name)
{
	struct err e = { .kind = ERR_NONE };
	const struct db_rows *rows = db_ask(db, a, name, NULL, 0, &e);

	if (!rows)
		fail_msg("%s: %s", name, e.why);
	return rows;
}

static bool
known(struct db *db, struct arena *a, const struct guid *tenant,
    int64_t revision, int64_t now_s)
{
	struct err e = { .kind = ERR_NONE };
	struct ability can;

	ability_start(&can, FHIR_R4);
	assert_true(found_get(db, a, tenant, revision, &can, now_s, &e));
	return ability_passed(&can, IFACE_PATIENT, birthdate(FHIR_R4));
}

/* Who has it from there does not make it younger. */
static void
its_day_stays(
    struct db *db, struct arena *a, const struct guid *tenant, int64_t revision)
{
	struct err e = { .kind = ERR_NONE };
	struct ability can;

	ability_start(&can, FHIR_R4);
	ability_param_passed(&can, IFACE_PATIENT, birthdate(FHIR_R4));
	assert_true(found_put(db, a, tenant, revision, &can, NOW, &e));
	assert_true(found_put(db, a, tenant, revision, &can, NOW + DAY, &e));
	assert_true(known(db, a, tenant, revision, NOW + DAY));
	assert_false(known(db, a, tenant, revision, NOW + 2 * DAY));
	assert_false(known(db, a, tenant, revision - 1, NOW));
}

static void
it_is_kept_for_the_revision_it_is_of(void **state)
{
	const struct db_opts o = { .conninfo = getenv("WG_TEST_DB"),
		.role = "wg_owner",
		.application_name = "found",
		.prepare_sql = words,
		.connections = 2,
		.wait_ms = 10000 };
	struct err e = { .kind = ERR_NONE };
	struct ability can, again;
	struct arena *a;
	struct guid tenant;
	struct db_conn *c;
	struct db *db;
	int64_t revision;

	(void)state;
	if (!o.conninfo)
		skip();
	a = arena_new();
	can = learned(a, FHIR_R4);
	assert_true(guid_read(&tenant, STR(TENANT)));
	assert_non_null(db = db_open(&o, &e));
	assert_non_null(c = db_take(db, &e));
	run(c, "insert into wardgate.tenant (tenant_id, slug, name) values "
	       "('" TENANT "', 'found', 'F'); insert into wardgate.provider "
	       "(tenant_id, base_url, fhir_version) values ('" TENANT "', "
	       "'https://fhir.example/r4', 'R4')");
	revision = db_int(asked(db, a, "revision"), 0, 0);
	assert_true(found_put(db, a, &tenant, revision - 1, &can, NOW, &e));
	assert_int_equal(db_count(asked(db, a, "facts")), 0);
	assert_true(found_put(db, a, &tenant, revision, &can, NOW, &e));
	ability_start(&again, FHIR_R4);
	assert_true(
	    found_read(&again, a, db_text(asked(db, a, "facts"), 0, 0), NOW));
	assert_memory_equal(&again, &can, sizeof can);

	/* what another process has found out is added; the statement stays */
	ability_start(&again, FHIR_R4);
	ability_seen(&again, ABILITY_SORT, false);
	assert_true(found_put(db, a, &tenant, revision, &again, NOW, &e));
	ability_seen(&can, ABILITY_SORT, false);
	ability_start(&again, FHIR_R4);
	assert_true(
	    found_read(&again, a, db_text(asked(db, a, "facts"), 0, 0), NOW));
	assert_memory_equal(&again, &can, sizeof can);

	its_day_stays(db, a, &tenant, revision);
	run(c, "delete from wardgate.provider where tenant_id = '" TENANT "'; "
	       "delete from wardgate.tenant where tenant_id = '" TENANT "'");
	db_give(c);
	db_close(db);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_a_probe_saw_is_believed_until_the_next_day_is_over),
		cmocka_unit_test(what_was_learned_is_read_as_it_was),
		cmocka_unit_test(
		    a_statement_that_was_never_read_says_nothing_of_types),
		cmocka_unit_test(
		    the_operators_word_is_not_written_and_wins_afterwards),
		cmocka_unit_test(
		    what_is_passed_over_is_believed_until_the_next_day),
		cmocka_unit_test(nothing_of_the_providers_words_is_in_it),
		cmocka_unit_test(all_there_can_be_has_room),
		cmocka_unit_test(what_is_not_ours_changes_nothing),
		cmocka_unit_test(it_is_kept_for_the_revision_it_is_of),
	};

	js_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
