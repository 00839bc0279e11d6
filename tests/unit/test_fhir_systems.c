/* test_fhir_systems.c - code systems stay themselves, whatever they are called
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "fhir/systems.h"

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

/* ---- all that moved ------------------------------------------------------ */

/* The list spells the edition of a v2 table as v2-0360|2.7. */
static void
is_written(
    struct system s, enum fhir_version to, struct str url, struct str version)
{
	struct str before = s.url;

	systems_for(a, &s, to);
	if (!str_eq(s.url, url))
		fail_msg("%.*s became %.*s, not %.*s", STR_FMT(before),
		    STR_FMT(s.url), STR_FMT(url));
	if (!str_eq(s.version, version) || !s.version.at != !version.at)
		fail_msg("%.*s has version '%.*s', not '%.*s'", STR_FMT(before),
		    STR_FMT(s.version), STR_FMT(version));
}

/* Each spelling to each version: the target's, and the way home. */
static void
row_moves(struct str old, struct str listed)
{
	struct str version, r4 = str_cut(listed, '|', &version);
	struct system spelt[] = { { old, STR_NONE }, { r4, version },
		{ listed, STR_NONE } };

	for (size_t i = 0; i < COUNT(spelt); i++) {
		is_written(spelt[i], FHIR_DSTU2, old, STR_NONE);
		is_written(spelt[i], FHIR_STU3, old, STR_NONE);
		is_written(spelt[i], FHIR_R4, r4, version);
	}
	assert_true(systems_same(old, listed));
	assert_true(systems_same(listed, old));
	assert_true(systems_same(r4, old));
}

static void
every_system_that_moved_is_found_in_both_places(void **state)
{
	FILE *list = fopen("tests/fhir/codesystems.tsv", "r");
	char line[512];
	unsigned rows = 0;

	(void)state;
	assert_non_null(list);
	assert_non_null(fgets(line, sizeof line, list)); /* the heading */
	while (fgets(line, sizeof line, list)) {
		struct str old, r4, s = str_trim(str_of(line), "\n");

		str_cut(s, '\t', &old);
		old = str_cut(old, '\t', &r4);
		row_moves(old, r4);
		rows++;
	}
	fclose(list);
	assert_int_equal(rows, 702);
}

/* ---- by hand ---------------------------------------------------------------
 */

#define V2   "http://hl7.org/fhir/v2/"
#define V3   "http://hl7.org/fhir/v3/"
#define FHIR "http://hl7.org/fhir/"
#define TERM "http://terminology.hl7.org/CodeSystem/"

static const struct {
	const char *url, *version; /* as it comes */
	const char *old, *old_version;
	const char *r4, *r4_version;
} spellings[] = {
	{ V2 "0203", NULL, V2 "0203", NULL, TERM "v2-0203", NULL },
	{ V2 "0203", "2.9", V2 "0203", "2.9", TERM "v2-0203", "2.9" },
	{ V3 "ActCode", NULL, V3 "ActCode", NULL, TERM "v3-ActCode", NULL },
	/* tables that came later follow the same rule */
	{ V2 "0999", NULL, V2 "0999", NULL, TERM "v2-0999", NULL },
	{ TERM "v3-NewerList", NULL, V3 "NewerList", NULL, TERM "v3-NewerList",
	    NULL },
	/* an edition: in the URL, in version, or both */
	{ V2 "0360/2.7", NULL, V2 "0360/2.7", NULL, TERM "v2-0360", "2.7" },
	{ TERM "v2-0360", "2.7", V2 "0360/2.7", NULL, TERM "v2-0360", "2.7" },
	{ TERM "v2-0360", "2.9", V2 "0360", "2.9", TERM "v2-0360", "2.9" },
	{ V2 "0360/2.7", "1", V2 "0360/2.7", "1", TERM "v2-0360|2.7", "1" },
	{ V2 "0360/2.7", "", V2 "0360/2.7", "", TERM "v2-0360", "2.7" },
	/* a converter's spelling, which is nobody's */
	{ "http://terminology.hl7.org/v3/ActCode", NULL, V3 "ActCode", NULL,
	    TERM "v3-ActCode", NULL },
	{ "http://terminology.hl7.org/v2/0203", NULL, V2 "0203", NULL,
	    TERM "v2-0203", NULL },
	/* renamed, not only moved */
	{ FHIR "allergy-clinical-status", NULL, FHIR "allergy-clinical-status",
	    NULL, TERM "allergyintolerance-clinical", NULL },
	{ FHIR "CodeSystem/medicationrequest-intent", NULL,
	    FHIR "medication-request-intent", NULL,
	    FHIR "CodeSystem/medicationrequest-intent", NULL },
};

static void
either_spelling_comes_out_as_the_targets(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(spellings); i++) {
		struct system s = { str_of(spellings[i].url),
			str_of(spellings[i].version) };

		is_written(s, FHIR_DSTU2, str_of(spellings[i].old),
		    str_of(spellings[i].old_version));
		is_written(s, FHIR_STU3, str_of(spellings[i].old),
		    str_of(spellings[i].old_version));
		is_written(s, FHIR_R4, str_of(spellings[i].r4),
		    str_of(spellings[i].r4_version));
	}
}

static const char *const unmoved[] = {
	"http://loinc.org",
	"http://snomed.info/sct",
	"http://unitsofmeasure.org/",
	"urn:oid:2.16.840.1.113883.4.1",
	"http://hospital.example/v2/0203",
	"https://hl7.org/fhir/v2/0203",
	"http://hl7.org/fhir/observation-status",
	"http://hl7.org/fhir/ValueSet/restful-security-service",
	"http://hl7.org/fhir/condition-clinica",
	"http://hl7.org/fhir/condition-clinicals",
	"http://hl7.org/fhir/v2/",
	"http://hl7.org/fhir/v2/203",
	"http://hl7.org/fhir/v2/0203/",
	"http://hl7.org/fhir/v2/02O3",
	"http://hl7.org/fhir/v3/",
	"http://hl7.org/fhir/v3/a/b",
	"http://hl7.org/fhir/",
	"http://terminology.hl7.org/",
	"http://terminology.hl7.org/CodeSystem/",
	"http://terminology.hl7.org/CodeSystem/coverage-class",
	"http://terminology.hl7.org/CodeSystem/v2-0203/2.7",
	"http://terminology.hl7.org/CodeSystem/v3-Act|Code",
	"http://terminology.hl7.org/condition-clinical",
	"http://",
	"h",
	"",
};

static void
what_did_not_move_stays_and_costs_no_memory(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(unmoved); i++)
		for (int v = 0; v < FHIR__MAX; v++) {
			struct system s = { str_of(unmoved[i]), STR("1") };
			size_t used = arena_used(a);

			if (systems_for(a, &s, (enum fhir_version)v))
				fail_msg("%s", unmoved[i]);
			assert_ptr_equal(s.url.at, unmoved[i]);
			assert_true(str_is(s.version, "1"));
			assert_int_equal(arena_used(a), used);
		}
}

static void
what_is_spelt_right_already_is_left_alone(void **state)
{
	struct system old = { STR(V3 "ActCode"), STR_NONE };
	struct system r4 = { STR(TERM "v3-ActCode"), STR_NONE };
	struct system none = { STR_NONE, STR_NONE };

	(void)state;
	assert_false(systems_for(a, &old, FHIR_DSTU2));
	assert_false(systems_for(a, &old, FHIR_STU3));
	assert_false(systems_for(a, &r4, FHIR_R4));
	assert_false(systems_for(a, &none, FHIR_R4));
	assert_null(none.url.at);
}

static const struct {
	const char *one, *other;
	bool same;
} pairs[] = {
	{ "http://loinc.org", "http://loinc.org", true },
	{ "http://loinc.org", "http://loinc.org/", false },
	{ V2 "0203", TERM "v2-0203", true },
	{ V2 "0203", V3 "0203", false },
	{ V2 "0203", TERM "v2-0204", false },
	{ V3 "ActCode", "http://terminology.hl7.org/v3/ActCode", true },
	{ V2 "0360/2.7", TERM "v2-0360", true },
	{ V2 "0360/2.7", TERM "v2-0360|2.7", true },
	{ V2 "0360/2.7", V2 "0360/2.3.1", false },
	{ FHIR "condition-clinical", TERM "condition-clinical", true },
	{ FHIR "condition-clinical", TERM "condition-ver-status", false },
	{ FHIR "allergy-clinical-status", TERM "allergyintolerance-clinical",
	    true },
	{ FHIR "allergy-clinical-status",
	    TERM "allergyintolerance-verification", false },
	{ FHIR "ex-claimtype", TERM "claim-type", true },
	{ NULL, NULL, false },
	{ NULL, "http://loinc.org", false },
	{ "", "", true },
};

static void
two_spellings_of_one_system_are_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct str one = str_of(pairs[i].one);
		struct str other = str_of(pairs[i].other);

		if (systems_same(one, other) != pairs[i].same ||
		    systems_same(other, one) != pairs[i].same)
			fail_msg("%s, %s", pairs[i].one, pairs[i].other);
	}
}

static const struct {
	const char *name, *old, *r4;
} named[] = {
	{ "v3-ActCode", V3 "ActCode", TERM "v3-ActCode" },
	{ "v2-0203", V2 "0203", TERM "v2-0203" },
	{ "condition-clinical", FHIR "condition-clinical",
	    TERM "condition-clinical" },
	{ "allergyintolerance-clinical", FHIR "allergy-clinical-status",
	    TERM "allergyintolerance-clinical" },
	{ "medicationrequest-status", FHIR "medication-request-status",
	    FHIR "CodeSystem/medicationrequest-status" },
	{ "administrative-gender", FHIR "administrative-gender",
	    FHIR "administrative-gender" },
};

static void
a_table_names_a_system_and_gets_its_url(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(named); i++) {
		assert_string_equal(
		    systems_url(a, named[i].name, FHIR_DSTU2), named[i].old);
		assert_string_equal(
		    systems_url(a, named[i].name, FHIR_STU3), named[i].old);
		assert_string_equal(
		    systems_url(a, named[i].name, FHIR_R4), named[i].r4);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_system_that_moved_is_found_in_both_places),
		cmocka_unit_test(either_spelling_comes_out_as_the_targets),
		cmocka_unit_test(what_did_not_move_stays_and_costs_no_memory),
		cmocka_unit_test(what_is_spelt_right_already_is_left_alone),
		cmocka_unit_test(two_spellings_of_one_system_are_the_same),
		cmocka_unit_test(a_table_names_a_system_and_gets_its_url),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
