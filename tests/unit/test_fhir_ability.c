/* test_fhir_ability.c - statements are read leniently, and voices have a rank
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "fhir/ability.h"
#include "tree_help.h"

static const struct iface_param *
param_of(const struct ability *can, enum iface_type t, const char *name)
{
	const struct iface_param *p = iface_canonical(t, can->version, name);

	assert_non_null(p);
	return p;
}

/* One rest component, and what it says. */
static const struct {
	enum fhir_version v;
	const char *rest;
	enum ability_answer batch, sort;
	enum ability_person person;
} statements[] = {
	{ FHIR_DSTU2, "{\"transactionMode\":\"batch\"}", ABILITY_YES, 0, 0 },
	{ FHIR_DSTU2, "{\"transactionMode\":\"both\"}", ABILITY_YES, 0, 0 },
	{ FHIR_DSTU2, "{\"transactionMode\":\"none\"}", ABILITY_NO, 0, 0 },
	{ FHIR_DSTU2, "{\"transactionMode\":\"not-supported\"}", ABILITY_NO, 0,
	    0 },
	{ FHIR_R4, "{\"interaction\":[{\"code\":\"batch\"}]}", ABILITY_YES, 0,
	    ABILITY_PATIENT },
	{ FHIR_R4, "{\"interaction\":[{\"code\":\"transaction\"}]}", ABILITY_NO,
	    0, ABILITY_PATIENT },
	{ FHIR_STU3, "{\"interaction\":{\"code\":\"batch\"}}", ABILITY_YES, 0,
	    0 },
	{ FHIR_STU3, "{\"interaction\":[\"batch\"]}", ABILITY_YES, 0, 0 },
	{ FHIR_DSTU2, "{\"interaction\":[{\"code\":\"batch\"}]}", ABILITY_YES,
	    0, 0 },
	{ FHIR_STU3, "{}", 0, 0, 0 },
	{ FHIR_STU3, "{\"searchParam\":[{\"name\":\"_sort\"}]}", 0, ABILITY_YES,
	    0 },
	{ FHIR_STU3, "{\"mode\":\"client\",\"interaction\":[]}", 0, 0, 0 },
	/* the person of a Coverage: the first of four that is listed */
	{ FHIR_STU3,
	    "{\"resource\":[{\"type\":\"Coverage\",\"searchParam\":["
	    "{\"name\":\"policy-holder\"},{\"name\":\"beneficiary\"}]}]}",
	    0, 0, ABILITY_BENEFICIARY },
	{ FHIR_STU3,
	    "{\"resource\":{\"type\":\"Coverage\",\"searchParam\":"
	    "{\"name\":\"subscriber\"}}}",
	    0, 0, ABILITY_SUBSCRIBER },
	{ FHIR_R4,
	    "{\"resource\":[{\"type\":\"Coverage\",\"searchParam\":["
	    "{\"name\":\"beneficiary\"}]}]}",
	    0, 0, ABILITY_BENEFICIARY },
	{ FHIR_DSTU2,
	    "{\"resource\":[{\"type\":\"Coverage\",\"searchParam\":["
	    "{\"name\":\"issuer\"}]}]}",
	    0, 0, ABILITY_COMPARTMENT },
	{ FHIR_DSTU2, "{\"resource\":[{\"type\":\"Coverage\"}]}", 0, 0, 0 },
	{ FHIR_R4, "{\"resource\":[{\"type\":\"Coverage\"}]}", 0, 0,
	    ABILITY_PATIENT },
	{ FHIR_DSTU2, "{\"resource\":[{\"type\":\"Patient\"}]}", 0, 0,
	    ABILITY_PERSON_NONE },
	{ FHIR_R4,
	    "{\"resource\":[{\"type\":\"Coverage\","
	    "\"interaction\":[{\"code\":\"read\"}]}]}",
	    0, 0, ABILITY_PERSON_NONE },
};

static void
a_statement_is_read_in_every_spelling(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(statements); i++) {
		struct arena *a = arena_new();
		struct ability can;
		bool alone = i % 2; /* a single rest that is no list */

		ability_start(&can, statements[i].v);
		assert_true(ability_read(
		    &can, help_read(a,
			      arena_printf(a,
				  "{\"resourceType\":\"%s\",\"rest\":%s%s%s}",
				  i % 3 ? "CapabilityStatement" : "Conformance",
				  alone ? "" : "[", statements[i].rest,
				  alone ? "" : "]"))));
		assert_true(can.told);
		if (ability_can(&can, ABILITY_BATCH) != statements[i].batch ||
		    ability_can(&can, ABILITY_SORT) != statements[i].sort ||
		    can.person != statements[i].person)
			fail_msg("row %zu: batch %d sort %d person %d", i,
			    ability_can(&can, ABILITY_BATCH),
			    ability_can(&can, ABILITY_SORT), can.person);
		arena_free(a);
	}
}

static void
what_is_no_statement_changes_nothing(void **state)
{
	static const char *const texts[] = { "{}", "[]", "7",
		"{\"resourceType\":\"OperationOutcome\"}" };
	struct arena *a = arena_new();
	struct ability can, before;

	(void)state;
	ability_start(&can, FHIR_R4);
	before = can;
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_false(ability_read(&can, help_read(a, texts[i])));
	assert_memory_equal(&can, &before, sizeof can);
	arena_free(a);
}

static void
parameters_are_known_once_any_is_listed(void **state)
{
	struct arena *a = arena_new();
	struct ability can;

	(void)state;
	ability_start(&can, FHIR_DSTU2);
	assert_int_equal(ability_param(&can, IFACE_PATIENT,
			     param_of(&can, IFACE_PATIENT, "family")),
	    ABILITY_UNKNOWN);
	ability_read(&can,
	    help_read(a,
		"{\"resourceType\":\"Conformance\",\"rest\":[{\"resource\":["
		"{\"type\":\"Patient\",\"searchParam\":["
		"{\"name\":\"family\",\"modifier\":[\"contains\",\"exact\"]},"
		"{\"name\":\"given\",\"modifier\":[\"exact\"]},"
		"{\"name\":\"name\"}]},"
		"{\"type\":\"Encounter\",\"searchParam\":[{\"name\":"
		"\"subject\"}]},"
		"{\"type\":\"Condition\",\"searchParam\":[{\"name\":\"_id\"}]},"
		"{\"type\":\"Nothing\"},7]}]}"));
	assert_int_equal(ability_param(&can, IFACE_PATIENT,
			     param_of(&can, IFACE_PATIENT, "family")),
	    ABILITY_YES);
	assert_int_equal(ability_param(&can, IFACE_PATIENT,
			     param_of(&can, IFACE_PATIENT, "birthdate")),
	    ABILITY_NO);
	assert_int_equal(ability_param(&can, IFACE_PATIENT,
			     param_of(&can, IFACE_PATIENT, "_id")),
	    ABILITY_UNKNOWN);
	assert_int_equal(ability_param(&can, IFACE_CONDITION,
			     param_of(&can, IFACE_CONDITION, "patient")),
	    ABILITY_UNKNOWN);
	assert_int_equal(ability_param(&can, IFACE_ENCOUNTER,
			     param_of(&can, IFACE_ENCOUNTER, "patient")),
	    ABILITY_NO);
	assert_true(can.types[IFACE_ENCOUNTER].subject);
	assert_int_equal(ability_contains(&can, IFACE_PATIENT,
			     param_of(&can, IFACE_PATIENT, "family")),
	    ABILITY_YES);
	assert_int_equal(ability_contains(&can, IFACE_PATIENT,
			     param_of(&can, IFACE_PATIENT, "given")),
	    ABILITY_NO);
	assert_int_equal(ability_contains(&can, IFACE_PATIENT,
			     param_of(&can, IFACE_PATIENT, "name")),
	    ABILITY_NO);
	arena_free(a);
}

static void
a_louder_voice_is_not_overruled(void **state)
{
	const struct ability_switches off = { .sort = "off",
		.contains = "auto",
		.batch = "nonsense",
		.coverage_person = "subscriber" };
	struct arena *a = arena_new();
	struct ability can;
	const struct iface_param *family;

	(void)state;
	ability_start(&can, FHIR_R4);
	family = param_of(&can, IFACE_PATIENT, "family");
	assert_int_equal(ability_can(&can, ABILITY_TOTAL), ABILITY_UNKNOWN);
	ability_seen(&can, ABILITY_SORT, true);
	ability_seen(&can, ABILITY_CONTAINS, false);
	assert_int_equal(
	    ability_contains(&can, IFACE_PATIENT, family), ABILITY_NO);
	ability_switch(&can, &off);
	ability_seen(&can, ABILITY_SORT, true);
	ability_person_refused(&can, ABILITY_SUBSCRIBER);
	ability_read(&can,
	    help_read(a, "{\"resourceType\":\"CapabilityStatement\",\"rest\":"
			 "[{\"searchParam\":[{\"name\":\"_sort\"}],"
			 "\"resource\":[{\"type\":\"Coverage\",\"searchParam\":"
			 "[{\"name\":\"patient\"}]}]}]}"));
	assert_int_equal(ability_can(&can, ABILITY_SORT), ABILITY_NO);
	assert_int_equal(ability_can(&can, ABILITY_CONTAINS), ABILITY_NO);
	assert_int_equal(ability_can(&can, ABILITY_BATCH), ABILITY_UNKNOWN);
	assert_int_equal(can.person, ABILITY_SUBSCRIBER);
	arena_free(a);
}

static void
what_one_was_told_another_takes_over(void **state)
{
	struct arena *a = arena_new();
	struct ability told, can;

	(void)state;
	ability_start(&told, FHIR_STU3);
	ability_start(&can, FHIR_STU3);
	ability_seen(&can, ABILITY_SORT, false);
	ability_seen(&told, ABILITY_POST, false);
	ability_read(&told,
	    help_read(a, "{\"resourceType\":\"CapabilityStatement\",\"rest\":"
			 "[{\"searchParam\":[{\"name\":\"_sort\"}],"
			 "\"interaction\":[{\"code\":\"batch\"}],"
			 "\"resource\":[{\"type\":\"Coverage\",\"searchParam\":"
			 "[{\"name\":\"patient\"}]}]}]}"));
	ability_take(&can, &told);
	assert_true(can.told);
	assert_true(can.types[IFACE_COVERAGE].listed);
	assert_int_equal(can.person, ABILITY_PATIENT);
	assert_int_equal(ability_can(&can, ABILITY_BATCH), ABILITY_YES);
	assert_int_equal(ability_can(&can, ABILITY_SORT), ABILITY_NO);
	assert_int_equal(ability_can(&can, ABILITY_POST), ABILITY_UNKNOWN);
	arena_free(a);
}

static void
a_refused_person_leaves_the_compartment_then_nothing(void **state)
{
	struct ability can;

	(void)state;
	ability_start(&can, FHIR_R4);
	assert_string_equal(
	    ability_person_name((enum ability_person)can.person), "patient");
	ability_person_refused(&can, ABILITY_PATIENT);
	assert_int_equal(can.person, ABILITY_COMPARTMENT);
	ability_person_refused(&can, ABILITY_COMPARTMENT);
	assert_int_equal(can.person, ABILITY_PERSON_NONE);
}

static void
a_parameter_that_was_passed_over_is_not_known_whatever_is_said(void **state)
{
	const struct iface_param *born =
	    iface_canonical(IFACE_PATIENT, FHIR_R4, "birthdate");
	struct ability can;

	(void)state;
	ability_start(&can, FHIR_R4);
	can.types[IFACE_PATIENT].params_told = true;
	can.types[IFACE_PATIENT].params = UINT32_MAX;
	assert_int_equal(ability_param(&can, IFACE_PATIENT, born), ABILITY_YES);
	ability_param_passed(&can, IFACE_PATIENT, born);
	assert_int_equal(ability_param(&can, IFACE_PATIENT, born), ABILITY_NO);
	assert_int_equal(ability_param(&can, IFACE_PATIENT,
			     iface_canonical(IFACE_PATIENT, FHIR_R4, "gender")),
	    ABILITY_YES);
}

static void
a_statement_does_not_make_it_forgotten(void **state)
{
	struct arena *a = arena_new();
	const struct iface_param *born =
	    iface_canonical(IFACE_PATIENT, FHIR_R4, "birthdate");
	struct ability told, can;

	(void)state;
	ability_start(&told, FHIR_R4);
	ability_start(&can, FHIR_R4);
	ability_param_passed(&can, IFACE_PATIENT, born);
	assert_true(ability_read(&told,
	    help_read(a, "{\"resourceType\":\"CapabilityStatement\",\"rest\":"
			 "[{\"resource\":[{\"type\":\"Patient\","
			 "\"searchParam\":[{\"name\":\"birthdate\"}]}]}]}")));
	assert_false(ability_passed(&told, IFACE_PATIENT, born));
	ability_take(&can, &told);
	assert_true(ability_passed(&can, IFACE_PATIENT, born));
	assert_true(ability_read(
	    &can, help_read(a, "{\"resourceType\":\"CapabilityStatement\"}")));
	assert_true(ability_passed(&can, IFACE_PATIENT, born));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_statement_is_read_in_every_spelling),
		cmocka_unit_test(what_is_no_statement_changes_nothing),
		cmocka_unit_test(parameters_are_known_once_any_is_listed),
		cmocka_unit_test(a_louder_voice_is_not_overruled),
		cmocka_unit_test(what_one_was_told_another_takes_over),
		cmocka_unit_test(
		    a_parameter_that_was_passed_over_is_not_known_whatever_is_said),
		cmocka_unit_test(a_statement_does_not_make_it_forgotten),
		cmocka_unit_test(
		    a_refused_person_leaves_the_compartment_then_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
