/* test_fhir_search_plan.c - what is asked of a provider, what is done here
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "fhir/search_plan.h"
#include "tree_help.h"

#define DSTU2 FHIR_DSTU2
#define STU3  FHIR_STU3
#define R4    FHIR_R4

static const struct search *
search_of(struct arena *a, enum fhir_version face, enum iface_type t,
    const char *query)
{
	struct search_ask ask = { .face = face,
		.type = t,
		.query = str_of(query),
		.public_base = STR("https://gw.example"),
		.count_default = 50,
		.count_max = 1000 };
	struct err e = { 0 };
	const struct search *s = search_read(a, &ask, &e);

	if (!s)
		fail_msg("%s: %s", query, e.said);
	return s;
}

static const char *
written(struct arena *a, const struct search_plan *p)
{
	struct buf b = buf_new(a, 8192);

	search_plan_write(&b, p, false);
	return buf_text(&b);
}

/* What is left to be done here. */
static const char *
left(struct arena *a, const struct search_plan *p)
{
	struct buf b = buf_new(a, 1024);

	for (size_t i = 0; i < p->n_filter; i++) {
		if (b.len)
			buf_char(&b, ' ');
		buf_str(&b, p->filter[i].param->name);
	}
	if (p->sort_here)
		buf_str(&b, b.len ? " sort" : "sort");
	if (p->others)
		buf_str(&b, b.len ? " others" : "others");
	return buf_text(&b);
}

/* What the versions alone make of a search. */
static const struct {
	enum fhir_version face, to;
	enum iface_type t;
	const char *query;
	const char *asked; /* without _count and _total */
	const char *here;
} cases[] = {
	/* the same version: names are searched within, all else as it came */
	{ R4, R4, IFACE_PATIENT, "family=a&given:exact=b&name:contains=c",
	    "family:contains=a&given:exact=b&name:contains=c", "" },
	{ R4, R4, IFACE_PATIENT, "id=7&gender=female&birthdate=1980-05-17",
	    "_id=7&gender=female&birthdate=1980-05-17", "" },
	{ R4, R4, IFACE_PATIENT, "identifier=a|b\\|c,x|",
	    "identifier=a%7Cb%5C%7Cc%2Cx%7C", "" },
	{ R4, R4, IFACE_PATIENT, "identifier=123", "identifier=123",
	    "identifier" },
	{ R4, R4, IFACE_OBSERVATION, "patient=7&category=vital-signs",
	    "patient=7&category=vital-signs", "" },
	/* names that changed */
	{ DSTU2, STU3, IFACE_CONDITION, "patient=7&date-recorded=ge2020",
	    "patient=7&asserted-date=ge2020", "" },
	{ DSTU2, R4, IFACE_CONDITION, "patient=7&date-recorded=ge2020",
	    "patient=7&recorded-date=ge2020", "" },
	{ R4, DSTU2, IFACE_CONDITION,
	    "patient=7&recorded-date=2020&onset-date=2019",
	    "patient=7&date-recorded=2020&onset=2019", "" },
	{ DSTU2, R4, IFACE_MEDICATION, "patient=7&datewritten=2020",
	    "patient=7&authoredon=2020", "" },
	{ R4, DSTU2, IFACE_MEDICATION, "patient=7&authoredon=2020",
	    "patient=7&datewritten=2020", "" },
	{ DSTU2, R4, IFACE_CONDITION, "patient=7&clinicalstatus=active",
	    "patient=7&clinical-status=active", "" },
	/* codes that changed */
	{ DSTU2, R4, IFACE_CONDITION, "patient=7&clinicalstatus=relapse",
	    "patient=7&clinical-status=recurrence%2Crelapse", "" },
	{ STU3, DSTU2, IFACE_CONDITION,
	    "patient=7&clinical-status=active,recurrence",
	    "patient=7&clinicalstatus=active%2Crelapse", "" },
	{ R4, STU3, IFACE_CONDITION, "patient=7&clinical-status=relapse",
	    "patient=7&clinical-status=recurrence", "clinical-status" },
	{ R4, DSTU2, IFACE_CONDITION, "patient=7&verification-status=refuted",
	    "patient=7", "verification-status" },
	{ DSTU2, R4, IFACE_ENCOUNTER, "patient=7&status=finished",
	    "patient=7&status=finished%2Cunknown", "status" },
	{ DSTU2, STU3, IFACE_ENCOUNTER, "patient=7&status=arrived",
	    "patient=7&status=arrived%2Ctriaged", "" },
	{ R4, DSTU2, IFACE_ENCOUNTER, "patient=7&status=unknown", "patient=7",
	    "status" },
	{ R4, DSTU2, IFACE_ENCOUNTER, "patient=7&class=IMP", "patient=7",
	    "class" },
	{ R4, STU3, IFACE_ENCOUNTER, "patient=7&class=IMP",
	    "patient=7&class=IMP%2Cinpatient", "class" },
	{ R4, STU3, IFACE_ENCOUNTER, "patient=7&class=PRENC",
	    "patient=7&class=PRENC", "" },
	{ R4, DSTU2, IFACE_OBSERVATION, "patient=7&status=corrected",
	    "patient=7&status=amended", "status" },
	{ DSTU2, STU3, IFACE_MEDICATION, "patient=7&status=active,stopped",
	    "patient=7&status=active%2Cstopped%2Ccancelled", "" },
	{ R4, STU3, IFACE_MEDICATION, "patient=7&status=unknown", "patient=7",
	    "status" },
	{ DSTU2, R4, IFACE_CONDITION, "patient=7&clinicalstatus=recurrence",
	    "patient=7", "clinicalstatus" },
	{ R4, DSTU2, IFACE_CONDITION, "patient=7&clinical-status=urn:x|",
	    "patient=7", "clinical-status" },
	/* one status there, two here */
	{ DSTU2, R4, IFACE_ALLERGY, "patient=7&status=confirmed",
	    "patient=7&verification-status=confirmed", "status" },
	{ DSTU2, R4, IFACE_ALLERGY, "patient=7&status=refuted",
	    "patient=7&verification-status=refuted", "" },
	{ DSTU2, R4, IFACE_ALLERGY, "patient=7&status=active", "patient=7",
	    "status" },
	{ DSTU2, R4, IFACE_ALLERGY, "patient=7&status=confirmed,resolved",
	    "patient=7", "status" },
	{ R4, DSTU2, IFACE_ALLERGY, "patient=7&clinical-status=active",
	    "patient=7&status=active%2Cunconfirmed%2Cconfirmed", "" },
	{ STU3, DSTU2, IFACE_ALLERGY,
	    "patient=7&verification-status=unconfirmed", "patient=7",
	    "verification-status" },
	{ DSTU2, R4, IFACE_ALLERGY, "patient=7&category=other",
	    "patient=7&category=biologic", "" },
	/* code systems */
	{ DSTU2, STU3, IFACE_OBSERVATION,
	    "patient=7&category=http://hl7.org/fhir/observation-category|"
	    "vital-signs",
	    "patient=7&category=http%3A%2F%2Fhl7.org%2Ffhir%2Fobservation-"
	    "category%7Cvital-signs",
	    "" },
	{ DSTU2, R4, IFACE_OBSERVATION,
	    "patient=7&category=http://hl7.org/fhir/observation-category|v",
	    "patient=7&category=http%3A%2F%2Fterminology.hl7.org%2FCodeSystem"
	    "%2Fobservation-category%7Cv%2Chttp%3A%2F%2Fhl7.org%2Ffhir%2F"
	    "observation-category%7Cv",
	    "" },
	{ R4, DSTU2, IFACE_OBSERVATION,
	    "patient=7&category=http://terminology.hl7.org/CodeSystem/"
	    "observation-category|v",
	    "patient=7&category=http%3A%2F%2Fhl7.org%2Ffhir%2Fobservation-"
	    "category%7Cv",
	    "" },
	{ R4, DSTU2, IFACE_OBSERVATION, "patient=7&code=http://loinc.org|1",
	    "patient=7&code=http%3A%2F%2Floinc.org%7C1", "" },
	{ R4, DSTU2, IFACE_CONDITION,
	    "patient=7&clinical-status=http://terminology.hl7.org/CodeSystem/"
	    "condition-clinical|recurrence",
	    "patient=7&clinicalstatus=relapse", "" },
	/* order */
	{ DSTU2, R4, IFACE_CONDITION,
	    "patient=7&_sort:desc=date-recorded&_sort=onset",
	    "patient=7&_sort=-recorded-date,onset-date", "" },
	{ R4, DSTU2, IFACE_MEDICATION, "patient=7&_sort=-authoredon",
	    "patient=7&_sort:desc=datewritten", "" },
	/* the person of a Coverage */
	{ DSTU2, R4, IFACE_COVERAGE, "patient=7", "patient=7", "" },
	{ R4, STU3, IFACE_COVERAGE, "Patient=7", "beneficiary=7", "" },
	{ R4, DSTU2, IFACE_COVERAGE, "patient=7", "", "others" },
};

/* What is asked, without the page size and what goes with it. */
static const char *
body_of(struct arena *a, const struct search_plan *p)
{
	struct str text = str_of(written(a, p));
	const char *end = memmem(text.at, text.len, "_count=", 7);

	assert_non_null(end);
	return arena_dup(
	    a, text.at, end == text.at ? 0 : (size_t)(end - text.at) - 1);
}

static void
a_search_is_asked_in_the_providers_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena *a = arena_new();
		const struct search_plan *p;
		struct ability can;

		ability_start(&can, cases[i].to);
		p = search_plan_make(a,
		    search_of(a, cases[i].face, cases[i].t, cases[i].query),
		    &can, STR_NONE);
		if (strcmp(body_of(a, p), cases[i].asked) ||
		    strcmp(left(a, p), cases[i].here))
			fail_msg("row %zu %s: %s, here: %s", i, cases[i].query,
			    body_of(a, p), left(a, p));
		assert_int_equal(
		    p->count, search_plan_here(p) ? SEARCH_PLAN_PAGE : 50);
		arena_free(a);
	}
}

/* What is known about the provider, and what becomes of a search then. */
static const struct {
	enum fhir_version to; /* the face's own */
	struct ability_switches can;
	const char *statement; /* its resources, or NULL */
	const char *mrn_system;
	enum iface_type t;
	const char *query, *asked, *here;
	const char *said; /* issue codes; a ! for a warning */
} limited[] = {
	/* :contains is unknown to it */
	{ R4, { .contains = "off" }, NULL, NULL, IFACE_PATIENT,
	    "family=a&birthdate=1980-05-17", "birthdate=1980-05-17", "family",
	    "informational" },
	{ R4, { .contains = "off" }, NULL, NULL, IFACE_PATIENT, "family=a",
	    "family=a", "family", "!not-supported" },
	{ R4, { .contains = "off" }, NULL, NULL, IFACE_PATIENT,
	    "family=a&birthdate=1980", "family=a&birthdate=1980", "family",
	    "!not-supported" },
	{ R4, { .contains = "off" }, NULL, NULL, IFACE_PATIENT,
	    "family:exact=a", "family:exact=a", "", "" },
	{ DSTU2, { 0 },
	    "{\"type\":\"Patient\",\"searchParam\":[{\"name\":\"family\"},"
	    "{\"name\":\"given\",\"modifier\":[\"contains\"]}]}",
	    NULL, IFACE_PATIENT, "family=a&given=b", "given:contains=b",
	    "family", "informational" },
	{ DSTU2, { .contains = "on" },
	    "{\"type\":\"Patient\",\"searchParam\":[{\"name\":\"family\"},"
	    "{\"name\":\"given\",\"modifier\":[\"exact\"]}]}",
	    NULL, IFACE_PATIENT, "family=a&given=b",
	    "family:contains=a&given:contains=b", "", "" },
	/* order and number */
	{ R4, { .sort = "off" }, NULL, NULL, IFACE_ENCOUNTER,
	    "patient=7&_sort=-date&_count=1", "patient=7", "sort",
	    "informational" },
	{ R4, { .sort = "off" }, NULL, NULL, IFACE_ENCOUNTER,
	    "patient=7&_sort=-date&_count=0", "patient=7&_summary=count", "",
	    "" },
	{ R4, { .total = "off" }, NULL, NULL, IFACE_ENCOUNTER, "patient=7",
	    "patient=7", "", "" },
	/* parameters that it does not list */
	{ R4, { 0 },
	    "{\"type\":\"Observation\",\"searchParam\":[{\"name\":\"patient\"},"
	    "{\"name\":\"date\"}]}",
	    NULL, IFACE_OBSERVATION, "patient=7&category=v&date=2020",
	    "patient=7&date=2020", "category", "informational" },
	{ R4, { 0 },
	    "{\"type\":\"Observation\",\"searchParam\":[{\"name\":\"subject\"}]"
	    "}",
	    NULL, IFACE_OBSERVATION, "patient=7", "subject=Patient%2F7", "",
	    "" },
	{ R4, { 0 },
	    "{\"type\":\"Patient\",\"searchParam\":[{\"name\":\"family\"}]}",
	    NULL, IFACE_PATIENT, "birthdate=1980-05-17", "birthdate=1980-05-17",
	    "birthdate", "informational" },
	/* record numbers */
	{ R4, { 0 }, NULL, "urn:oid:2.999", IFACE_PATIENT,
	    "identifier=7,urn:x|8",
	    "identifier=urn%3Aoid%3A2.999%7C7%2Curn"
	    "%3Ax%7C8",
	    "", "" },
	{ R4, { 0 }, NULL, "urn:oid:2.999", IFACE_PATIENT, "identifier=urn:x|8",
	    "identifier=urn%3Ax%7C8", "", "" },
	{ R4, { 0 }, NULL, "", IFACE_PATIENT, "identifier=7", "identifier=7",
	    "identifier", "" },
	/* the person of a Coverage */
	{ R4, { .coverage_person = "subscriber" }, NULL, NULL, IFACE_COVERAGE,
	    "patient=7", "subscriber=Patient%2F7", "others", "" },
	{ R4, { .coverage_person = "none" }, NULL, NULL, IFACE_COVERAGE,
	    "patient=7", "", "", "!not-supported" },
	{ STU3, { 0 },
	    "{\"type\":\"Coverage\",\"searchParam\":[{\"name\":\"patient\"}]}",
	    NULL, IFACE_COVERAGE, "patient=7", "patient=7", "", "" },
};

static void
know(struct arena *a, struct ability *can, size_t i)
{
	ability_start(can, limited[i].to);
	ability_switch(can, &limited[i].can);
	if (limited[i].statement)
		ability_read(
		    can, help_read(a,
			     arena_printf(a,
				 "{\"resourceType\":\"Conformance\",\"rest\":[{"
				 "\"resource\":[%s]}]}",
				 limited[i].statement)));
}

static const char *
said(struct arena *a, const struct search_plan *p)
{
	struct buf b = buf_new(a, 1024);

	for (size_t i = 0; i < p->n_said; i++)
		buf_fmt(&b, "%s%s%s", b.len ? " " : "",
		    p->said[i].warning ? "!" : "", p->said[i].code);
	return buf_text(&b);
}

static void
what_a_provider_cannot_do_is_left_to_the_gateway(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(limited); i++) {
		struct arena *a = arena_new();
		const struct search_plan *p;
		struct ability can;

		know(a, &can, i);
		p = search_plan_make(a,
		    search_of(a, limited[i].to, limited[i].t, limited[i].query),
		    &can, str_of(limited[i].mrn_system));
		if (strcmp(body_of(a, p), limited[i].asked) ||
		    strcmp(left(a, p), limited[i].here) ||
		    strcmp(said(a, p), limited[i].said))
			fail_msg("row %zu %s: %s, here: %s, said: %s", i,
			    limited[i].query, body_of(a, p), left(a, p),
			    said(a, p));
		arena_free(a);
	}
}

/* What was seen to be passed over is asked all the same, and looked through. */
static const struct {
	const char *param, *query, *asked, *here;
} passed[] = {
	{ "birthdate", "birthdate=1980-05-17&gender=female",
	    "birthdate=1980-05-17&gender=female", "birthdate" },
	{ "family", "family=a", "family:contains=a", "family" },
	{ "family", "family:exact=a", "family:exact=a", "family" },
	{ "identifier", "identifier=7", "identifier=7", "identifier" },
	{ "gender", "family=a", "family:contains=a", "" },
};

static void
what_is_passed_over_is_looked_through(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(passed); i++) {
		struct arena *a = arena_new();
		const struct search_plan *p;
		struct ability can;

		ability_start(&can, R4);
		ability_param_passed(&can, IFACE_PATIENT,
		    iface_canonical(IFACE_PATIENT, R4, passed[i].param));
		p = search_plan_make(a,
		    search_of(a, R4, IFACE_PATIENT, passed[i].query), &can,
		    STR_NONE);
		if (strcmp(body_of(a, p), passed[i].asked) ||
		    strcmp(left(a, p), passed[i].here) ||
		    strcmp(
			said(a, p), passed[i].here[0] ? "informational" : ""))
			fail_msg("row %zu: %s, here: %s, said: %s", i,
			    body_of(a, p), left(a, p), said(a, p));
		arena_free(a);
	}
}

static void
a_plan_says_what_it_relies_on_untried(void **state)
{
	struct arena *a = arena_new();
	struct ability can;
	const struct search *s = search_of(
	    a, R4, IFACE_PATIENT, "family=a&_sort=birthdate&_count=10");
	const struct search_plan *p;

	(void)state;
	ability_start(&can, R4);
	p = search_plan_make(a, s, &can, STR_NONE);
	assert_int_equal(p->tries, 1u << ABILITY_CONTAINS | 1u << ABILITY_SORT |
				       1u << ABILITY_TOTAL |
				       1u << ABILITY_POST);
	assert_string_equal(written(a, p),
	    "family:contains=a&_sort=birthdate&_count=10&_total=accurate");
	ability_seen(&can, ABILITY_POST, true);
	ability_seen(&can, ABILITY_CONTAINS, true);
	ability_seen(&can, ABILITY_SORT, true);
	ability_seen(&can, ABILITY_TOTAL, false);
	p = search_plan_make(a, s, &can, STR_NONE);
	assert_int_equal(p->tries, 1u << ABILITY_CONTAINS);
	assert_string_equal(
	    written(a, p), "family:contains=a&_sort=birthdate&_count=10");
	assert_true(p->post);
	ability_seen(&can, ABILITY_POST, false);
	assert_false(search_plan_make(a, s, &can, STR_NONE)->post);
	arena_free(a);
}

static void
the_total_alone_can_be_asked_for(void **state)
{
	struct arena *a = arena_new();
	struct ability can;
	struct buf b = buf_new(a, 1024);

	(void)state;
	ability_start(&can, R4);
	search_plan_write(&b,
	    search_plan_make(a,
		search_of(
		    a, R4, IFACE_ENCOUNTER, "patient=7&_sort=-date&_count=3"),
		&can, STR_NONE),
	    true);
	assert_string_equal(buf_text(&b), "patient=7&_summary=count&_count=0");
	arena_free(a);
}

static void
a_plan_that_reads_all_pages_asks_for_long_ones(void **state)
{
	struct arena *a = arena_new();
	struct ability can;

	(void)state;
	ability_start(&can, R4);
	assert_string_equal(
	    written(a,
		search_plan_walk(a, search_plan_make(a,
					search_of(a, R4, IFACE_ENCOUNTER,
					    "patient=7&_sort=-date&_count=3"),
					&can, STR_NONE))),
	    "patient=7&_sort=-date&_count=250");
	arena_free(a);
}

static void
only_the_person_of_a_coverage_needs_the_statement(void **state)
{
	struct arena *a = arena_new();
	struct ability can;

	(void)state;
	for (int v = 0; v < FHIR__MAX; v++)
		for (int t = 0; t < IFACE__MAX; t++) {
			const char *query =
			    iface_resource((enum iface_type)t)->clinical
				? "patient=7"
				: "_id=7";

			ability_start(&can, (enum fhir_version)v);
			assert_int_equal(
			    search_plan_unsure(
				search_of(a, R4, (enum iface_type)t, query),
				&can),
			    t == IFACE_COVERAGE && v != FHIR_R4);
		}
	ability_start(&can, DSTU2);
	ability_read(&can, help_read(a, "{\"resourceType\":\"Conformance\"}"));
	assert_false(search_plan_unsure(
	    search_of(a, R4, IFACE_COVERAGE, "patient=7"), &can));
	arena_free(a);
}

static void
a_compartment_is_asked_where_no_parameter_names_the_person(void **state)
{
	struct arena *a = arena_new();
	struct ability can;
	const struct search_plan *p;

	(void)state;
	ability_start(&can, DSTU2);
	p = search_plan_make(
	    a, search_of(a, R4, IFACE_COVERAGE, "patient=7"), &can, STR_NONE);
	assert_true(str_is(p->compartment, "7"));
	assert_int_equal(p->tries_person, ABILITY_COMPARTMENT);
	assert_false(p->nothing);
	ability_person_refused(&can, p->tries_person);
	p = search_plan_make(
	    a, search_of(a, R4, IFACE_COVERAGE, "patient=7"), &can, STR_NONE);
	assert_true(p->nothing);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_search_is_asked_in_the_providers_words),
		cmocka_unit_test(
		    what_a_provider_cannot_do_is_left_to_the_gateway),
		cmocka_unit_test(what_is_passed_over_is_looked_through),
		cmocka_unit_test(a_plan_says_what_it_relies_on_untried),
		cmocka_unit_test(the_total_alone_can_be_asked_for),
		cmocka_unit_test(
		    a_plan_that_reads_all_pages_asks_for_long_ones),
		cmocka_unit_test(
		    only_the_person_of_a_coverage_needs_the_statement),
		cmocka_unit_test(
		    a_compartment_is_asked_where_no_parameter_names_the_person),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
