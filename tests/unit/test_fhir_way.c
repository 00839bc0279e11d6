/* test_fhir_way.c - a statement says of one hospital what will happen there
 * SPDX-License-Identifier: Apache-2.0
 *
 * The statements of one limited hospital are compared with
 * tests/golden/capability/limited-*.json, which tests/fhir holds against the
 * definitions of FHIR. With WG_GOLDEN=write the files are written anew. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fhir/way.h"

static const char *const files[] = {
	[FHIR_DSTU2] = "tests/golden/capability/limited-dstu2.json",
	[FHIR_STU3] = "tests/golden/capability/limited-stu3.json",
	[FHIR_R4] = "tests/golden/capability/limited-r4.json",
};

/* Knows neither :contains nor _sort nor Location, and Coverage by subscriber
 * only. */
static const char limited[] =
    "{\"resourceType\":\"CapabilityStatement\",\"rest\":[{\"mode\":\"server\","
    "\"resource\":["
    "{\"type\":\"Patient\",\"searchParam\":[{\"name\":\"family\"},"
    "{\"name\":\"given\"},{\"name\":\"name\"},{\"name\":\"identifier\"},"
    "{\"name\":\"birthdate\"},{\"name\":\"gender\"}]},"
    "{\"type\":\"Observation\",\"searchParam\":[{\"name\":\"patient\"},"
    "{\"name\":\"category\"},{\"name\":\"code\"}]},"
    "{\"type\":\"Condition\",\"searchParam\":[{\"name\":\"subject\"},"
    "{\"name\":\"clinical-status\"},{\"name\":\"asserted-date\"}]},"
    "{\"type\":\"Encounter\",\"searchParam\":[{\"name\":\"patient\"},"
    "{\"name\":\"date\"},{\"name\":\"status\"},{\"name\":\"class\"}]},"
    "{\"type\":\"AllergyIntolerance\",\"searchParam\":["
    "{\"name\":\"patient\"}]},"
    "{\"type\":\"MedicationRequest\"},"
    "{\"type\":\"Coverage\",\"searchParam\":[{\"name\":\"subscriber\"}]}"
    "]}]}";

static const struct ability_switches no_words = { .post = "off",
	.contains = "off",
	.sort = "off",
	.total = "off",
	.batch = "on" };

static struct ability
able(struct arena *a, enum fhir_version v, const char *statement,
    const struct ability_switches *switches)
{
	struct err e = { .kind = ERR_NONE };
	struct ability can;
	struct tree_node *n;

	ability_start(&can, v);
	if (statement) {
		n = tree_read(a, str_of(statement),
		    &(struct tree_limits){ .object = true }, &e);
		assert_non_null(n);
		assert_true(ability_read(&can, n));
	}
	if (switches)
		ability_switch(&can, switches);
	return can;
}

static const struct capability_truth *
told(struct arena *a, enum fhir_version face, const struct ability *can)
{
	struct way_ask *ask = arena_get(a, sizeof *ask);

	*ask = (struct way_ask){ .face = face,
		.can = can,
		.tenant = "St \"Mary\"",
		.own_face = "https://gw.example/fhir/stu3",
		.extensions = true,
		.pages = 20 };
	return way_tell(a, ask);
}

static const char *
how(const struct capability_truth *t, enum fhir_version face,
    enum iface_type type, const char *name)
{
	const struct iface_param *p = iface_canonical(type, face, name);
	size_t i;

	assert_non_null(p);
	i = (size_t)(p - iface_resource(type)->params);
	if (!t->types[type].params[i].served)
		return "not served";
	return t->types[type].params[i].how ? t->types[type].params[i].how : "";
}

/* ---- one parameter -------------------------------------------------------- */

static const struct {
	enum fhir_version face;
	enum iface_type type;
	const char *name, *begins;
} limits[] = {
	{ FHIR_STU3, IFACE_PATIENT, "_id", "Native." },
	{ FHIR_STU3, IFACE_PATIENT, "birthdate", "Native." },
	{ FHIR_STU3, IFACE_PATIENT, "family",
	    "Emulated: The hospital's server finds only names that begin" },
	{ FHIR_STU3, IFACE_PATIENT, "identifier", "Emulated in part" },
	{ FHIR_STU3, IFACE_PATIENT, "gender", "Native." },
	{ FHIR_STU3, IFACE_PATIENT, "active", "Emulated: what the rest" },
	{ FHIR_STU3, IFACE_OBSERVATION, "date", "Emulated: what the rest" },
	{ FHIR_STU3, IFACE_OBSERVATION, "code", "Native." },
	{ FHIR_STU3, IFACE_OBSERVATION, "patient", "Native." },
	{ FHIR_DSTU2, IFACE_CONDITION, "clinicalstatus",
	    "Native, asked as clinical-status." },
	{ FHIR_R4, IFACE_CONDITION, "recorded-date",
	    "Native, asked as asserted-date." },
	{ FHIR_STU3, IFACE_CONDITION, "patient", "Native, asked as subject." },
	{ FHIR_R4, IFACE_CONDITION, "verification-status",
	    "Emulated: what the rest" },
	{ FHIR_DSTU2, IFACE_ALLERGY, "status", "Emulated: what the rest" },
	{ FHIR_STU3, IFACE_MEDICATION, "status", "" },
	{ FHIR_STU3, IFACE_COVERAGE, "patient", "Emulated in part" },
};

static void
each_parameter_says_who_does_it(void **state)
{
	struct arena *a = arena_new();
	struct ability can = able(a, FHIR_STU3, limited, &no_words);

	(void)state;
	for (size_t i = 0; i < COUNT(limits); i++) {
		const char *said = how(told(a, limits[i].face, &can),
		    limits[i].face, limits[i].type, limits[i].name);

		if (limits[i].begins[0] ? strncmp(said, limits[i].begins,
					      strlen(limits[i].begins))
					: said[0])
			fail_msg("%s on the face of %s: %s", limits[i].name,
			    version_name(limits[i].face), said);
	}
	arena_free(a);
}

static void
before_anybody_asked_no_parameter_is_promised_or_denied(void **state)
{
	struct arena *a = arena_new();
	struct ability can = able(a, FHIR_R4, NULL, NULL);
	const struct capability_truth *t = told(a, FHIR_R4, &can);

	(void)state;
	for (int i = 0; i < IFACE__MAX; i++)
		assert_true(t->types[i].served);
	assert_string_equal(how(t, FHIR_R4, IFACE_PATIENT, "family"), "");
	assert_string_equal(how(t, FHIR_R4, IFACE_COVERAGE, "patient"), "");
	assert_non_null(strstr(t->note, "has not been asked yet"));
	assert_null(strstr(t->note, "Native"));
	assert_null(strstr(t->note, "Missing"));
	arena_free(a);
}

static const struct {
	const char *person, *begins;
} persons[] = {
	{ "patient", "Native." },
	{ "beneficiary", "Native, asked as beneficiary." },
	{ "subscriber", "Emulated in part" },
	{ "policy-holder", "Emulated in part" },
	{ "compartment", "Emulated: all of Patient/[id]/Coverage" },
	{ "none", "not served" },
};

static void
the_person_of_a_coverage_is_asked_for_as_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(persons); i++) {
		struct arena *a = arena_new();
		struct ability can = able(a, FHIR_STU3, NULL,
		    &(struct ability_switches){
			.coverage_person = persons[i].person });
		const struct capability_truth *t = told(a, FHIR_R4, &can);
		const char *said = how(t, FHIR_R4, IFACE_COVERAGE, "patient");

		if (strncmp(said, persons[i].begins, strlen(persons[i].begins)))
			fail_msg("%s: %s", persons[i].person, said);
		assert_true(t->types[IFACE_COVERAGE].served);
		assert_int_equal(!strcmp(persons[i].person, "none"),
		    t->types[IFACE_COVERAGE].search != NULL);
		arena_free(a);
	}
}

static void
a_known_system_of_record_numbers_spares_the_second_look(void **state)
{
	struct arena *a = arena_new();
	struct ability can = able(a, FHIR_STU3, limited, NULL);
	const struct way_ask ask = { .face = FHIR_R4,
		.can = &can,
		.tenant = "T",
		.own_face = "",
		.mrn_system = STR("urn:oid:1.2.3"),
		.pages = 20 };

	(void)state;
	assert_string_equal(
	    how(way_tell(a, &ask), FHIR_R4, IFACE_PATIENT, "identifier"),
	    "Native.");
	arena_free(a);
}

/* ---- types, versions, modes ------------------------------------------------ */

#define GONE (1u << IFACE_COVERAGE | 1u << IFACE_CONDITION)

static void
what_is_not_granted_is_left_out_and_said_apart(void **state)
{
	struct arena *a = arena_new();
	struct ability can = able(a, FHIR_STU3, limited, NULL);
	const struct way_ask ask = { .face = FHIR_R4,
		.can = &can,
		.tenant = "T",
		.own_face = "",
		.left_out = { [IFACE_READ] = GONE | 1u << IFACE_PATIENT,
		    [IFACE_SEARCH] = GONE | 1u << IFACE_ENCOUNTER },
		.pages = 20 };
	const struct capability_truth *t = way_tell(a, &ask);

	(void)state;
	for (int i = 0; i < IFACE__MAX; i++)
		assert_int_equal(t->types[i].served, i != IFACE_COVERAGE &&
							 i != IFACE_CONDITION &&
							 i != IFACE_LOCATION);
	assert_non_null(strstr(t->note, "Missing: Location."));
	assert_non_null(strstr(t->note,
	    "Not granted: Patient (read), Condition, Encounter (search), "
	    "Coverage."));
	assert_int_equal(t->types[IFACE_PATIENT].withheld, 1u << IFACE_READ);
	assert_int_equal(
	    t->types[IFACE_ENCOUNTER].withheld, 1u << IFACE_SEARCH);
	assert_int_equal(t->types[IFACE_OBSERVATION].withheld, 0);
	arena_free(a);
}

static void
what_the_server_does_not_serve_is_missing(void **state)
{
	struct arena *a = arena_new();
	struct ability can = able(a, FHIR_STU3, limited, NULL);

	(void)state;
	for (int v = 0; v < FHIR__MAX; v++) {
		const struct capability_truth *t =
		    told(a, (enum fhir_version)v, &can);

		assert_false(t->types[IFACE_LOCATION].served);
		assert_true(t->types[IFACE_PATIENT].served);
		assert_non_null(strstr(t->note, "Missing: Location."));
	}
	arena_free(a);
}

static void
conversion_is_told_with_what_becomes_of_the_rest(void **state)
{
	struct arena *a = arena_new();
	struct ability can = able(a, FHIR_STU3, limited, NULL);
	struct way_ask ask = { .can = &can, .tenant = "T", .own_face = "" };

	(void)state;
	ask.face = FHIR_STU3;
	assert_string_equal(
	    way_tell(a, &ask)->types[IFACE_PATIENT].read, "Native.");
	ask.face = FHIR_R4;
	assert_non_null(strstr(way_tell(a, &ask)->types[IFACE_PATIENT].read,
	    "Converted from STU3; what R4 has no place for is left out"));
	ask.extensions = true;
	assert_non_null(strstr(way_tell(a, &ask)->types[IFACE_PATIENT].read,
	    "kept in extensions"));
	arena_free(a);
}

static void
in_mode_links_other_faces_serve_nothing(void **state)
{
	struct arena *a = arena_new();
	struct ability can = able(a, FHIR_STU3, NULL, NULL);
	struct way_ask ask = { .can = &can,
		.tenant = "T",
		.own_face = "https://gw.example/fhir/stu3",
		.links = true };

	(void)state;
	for (int v = 0; v < FHIR__MAX; v++) {
		const struct capability_truth *t;

		ask.face = (enum fhir_version)v;
		t = way_tell(a, &ask);
		for (int i = 0; i < IFACE__MAX; i++)
			assert_int_equal(t->types[i].served, v == FHIR_STU3);
		assert_int_equal(strstr(t->description, ask.own_face) != NULL,
		    v != FHIR_STU3);
	}
	arena_free(a);
}

/* ---- whole statements ------------------------------------------------------ */

static char *
written(struct arena *a, enum fhir_version v, const struct capability_truth *t)
{
	const struct capability facts = {
		.face_url = "https://gw.example/fhir",
		.token_url = "https://gw.example/oauth2/token",
		.authorize_url = "https://gw.example/oauth2/authorize",
		.publisher = "Operator",
		.contact = "",
		.software = "0.0.0",
		.truth = t,
	};
	struct buf b = buf_new(a, 1u << 20);

	capability_write(&b, v, &facts);
	buf_char(&b, '\n');
	assert_non_null(buf_text(&b));
	return b.at;
}

static void
compare(struct arena *a, const char *path, const char *text)
{
	const char *mode = getenv("WG_GOLDEN");
	bool write = mode && !strcmp(mode, "write");
	char *golden = arena_get(a, 1u << 20);
	FILE *f = fopen(path, write ? "wb" : "rb");

	if (!f)
		fail_msg("%s is missing", path);
	if (write)
		fputs(text, f);
	else if (!fread(golden, 1, (1u << 20) - 1, f))
		fail_msg("%s is empty", path);
	fclose(f);
	if (!write)
		assert_string_equal(text, golden);
}

static void
statements_of_a_limited_hospital_are_as_agreed(void **state)
{
	(void)state;
	for (int v = 0; v < FHIR__MAX; v++) {
		struct arena *a = arena_new();
		struct ability can = able(a, FHIR_STU3, limited, &no_words);

		compare(a, files[v],
		    written(a, (enum fhir_version)v,
			told(a, (enum fhir_version)v, &can)));
		arena_free(a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_parameter_says_who_does_it),
		cmocka_unit_test(
		    before_anybody_asked_no_parameter_is_promised_or_denied),
		cmocka_unit_test(the_person_of_a_coverage_is_asked_for_as_told),
		cmocka_unit_test(
		    a_known_system_of_record_numbers_spares_the_second_look),
		cmocka_unit_test(what_the_server_does_not_serve_is_missing),
		cmocka_unit_test(
		    what_is_not_granted_is_left_out_and_said_apart),
		cmocka_unit_test(
		    conversion_is_told_with_what_becomes_of_the_rest),
		cmocka_unit_test(in_mode_links_other_faces_serve_nothing),
		cmocka_unit_test(
		    statements_of_a_limited_hospital_are_as_agreed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
