/* test_fhir_search.c - searches are read, refused, and written again
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "fhir/search.h"

#define BASE "https://gw.example"

static struct search_ask
ask_of(enum fhir_version face, enum iface_type type, const char *query,
    const char *form)
{
	return (struct search_ask){ .face = face,
		.type = type,
		.query = str_of(query),
		.form = str_of(form),
		.public_base = STR(BASE),
		.count_default = 50,
		.count_max = 1000 };
}

/* What a search becomes, or with which kind it is refused. */
static const struct {
	enum fhir_version face;
	enum iface_type type;
	const char *query, *form;
	enum err_kind kind;
	const char *written; /* as our own link says it */
} cases[] = {
	/* what the app sends */
	{ FHIR_DSTU2, IFACE_PATIENT, NULL,
	    "family%3Acontains=M%C3%BCller&given=Ann+Marie&_count=20", 0,
	    "family:contains=M%C3%BCller&given=Ann%20Marie&_count=20" },
	{ FHIR_STU3, IFACE_PATIENT, NULL,
	    "id=w-1001&birthdate=1980-05-17&gender=female&identifier=HG1", 0,
	    "_id=w-1001&birthdate=1980-05-17&gender=female&identifier=HG1"
	    "" },
	{ FHIR_DSTU2, IFACE_OBSERVATION,
	    "patient=7&category=vital-signs&_sort:desc=date&_count=10", NULL, 0,
	    "patient=7&category=vital-signs&_sort:desc=date&_count=10" },
	{ FHIR_STU3, IFACE_OBSERVATION,
	    "patient=7&category=vital-signs&_sort=-date&_count=10", NULL, 0,
	    "patient=7&category=vital-signs&_sort=-date&_count=10" },
	{ FHIR_R4, IFACE_ENCOUNTER, "Patient=Patient/7&sort:desc=date&_count=1",
	    NULL, 0, "patient=7&_sort=-date&_count=1" },
	{ FHIR_DSTU2, IFACE_ENCOUNTER, "patient=7&_sort=-date", NULL, 0,
	    "patient=7&_sort:desc=date" },
	{ FHIR_R4, IFACE_ALLERGY, "PATIENT=" BASE "/fhir/r4/Patient/7", NULL, 0,
	    "patient=7" },
	{ FHIR_R4, IFACE_CONDITION, "subject%3APatient=7", NULL, 0,
	    "patient=7" },
	{ FHIR_R4, IFACE_LOCATION, "_id=ward-4", NULL, 0, "_id=ward-4" },
	/* both sets count; equal ones count once; each value its own AND */
	{ FHIR_DSTU2, IFACE_PATIENT, "family=a&_count=5", "given=b&given=c", 0,
	    "family=a&given=b&given=c&_count=5" },
	{ FHIR_DSTU2, IFACE_PATIENT, "family=a&_count=5", "family=a&_count=5",
	    0, "family=a&_count=5" },
	{ FHIR_DSTU2, IFACE_ENCOUNTER, "patient=7&Patient=Patient%2F7", NULL, 0,
	    "patient=7" },
	{ FHIR_DSTU2, IFACE_PATIENT, "&&family=a&", "&", 0, "family=a" },
	/* sort keys: lists, repetition, ascending */
	{ FHIR_DSTU2, IFACE_PATIENT, "family=a&_sort=birthdate,-given", NULL, 0,
	    "family=a&_sort:asc=birthdate&_sort:desc=given" },
	{ FHIR_R4, IFACE_PATIENT,
	    "family=a&_sort:asc=birthdate&_sort:desc=given,family&_sort=-given",
	    NULL, 0, "family=a&_sort=birthdate,-given,-family" },
	{ FHIR_R4, IFACE_ENCOUNTER, "patient=7&_sort=", NULL, 0, "patient=7" },
	{ FHIR_R4, IFACE_ENCOUNTER, "patient=7&_sort:down=date", NULL,
	    ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_ENCOUNTER, "patient=7&_sort:desc=-date", NULL,
	    ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_PATIENT,
	    "family=a&_sort=family,given,name,birthdate,-birthdate", NULL, 0,
	    "family=a&_sort=family,given,name,birthdate" },
	/* counts: cut, none, wrong */
	{ FHIR_DSTU2, IFACE_PATIENT, "family=a&_count=999999", NULL, 0,
	    "family=a&_count=1000" },
	{ FHIR_DSTU2, IFACE_PATIENT, "family=a&_count=99999999999999999999999",
	    NULL, 0, "family=a&_count=1000" },
	{ FHIR_DSTU2, IFACE_PATIENT, "family=a&_count=0&_sort=family", NULL, 0,
	    "family=a&_sort:asc=family&_count=0" },
	{ FHIR_R4, IFACE_PATIENT, "family=a&_count=", NULL, 0, "family=a" },
	{ FHIR_R4, IFACE_PATIENT, "family=a&_count=-1", NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a&_count=abc", NULL, ERR_PARAM,
	    NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a&_count=+1", NULL, 0,
	    "family=a&_count=1" },
	{ FHIR_R4, IFACE_PATIENT, "family=a&_count=%2B1", NULL, ERR_PARAM,
	    NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a&_count=1e3", NULL, ERR_PARAM,
	    NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a&_count=5&_count=6", NULL,
	    ERR_REPEATED, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a&_count:exact=5", NULL, ERR_PARAM,
	    NULL },
	/* what reaches into other records */
	{ FHIR_R4, IFACE_PATIENT, "family=a&_include=Patient:organization",
	    NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a&_include:iterate=x", NULL,
	    ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a", "_RevInclude=Provenance:target",
	    ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a&%5Fhas:Observation:patient:code=1",
	    NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a&_filter=", NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a&_query=x", NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_ENCOUNTER, "patient=1&subject:Patient.name=x", NULL,
	    ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_ENCOUNTER, "patient=1&patient.name=x", NULL, ERR_PARAM,
	    NULL },
	{ FHIR_R4, IFACE_ENCOUNTER, "patient=1&patient%2Ename=x", NULL,
	    ERR_PARAM, NULL },
	/* modifiers are never lost silently */
	{ FHIR_R4, IFACE_PATIENT, "family:exact=a", NULL, 0, "family:exact=a" },
	{ FHIR_R4, IFACE_PATIENT, "family:missing=true", NULL, ERR_PARAM,
	    NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a&gender:not=male", NULL, ERR_PARAM,
	    NULL },
	{ FHIR_R4, IFACE_PATIENT, "family:=a", NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_CONDITION, "subject:Group=1", NULL, ERR_PARAM, NULL },
	/* unknown ones are left out */
	{ FHIR_DSTU2, IFACE_PATIENT,
	    "family=a&ssn=1&_elements=id&_summary=true", NULL, 0, "family=a" },
	{ FHIR_DSTU2, IFACE_ENCOUNTER, "patient=7&_sort=-status", NULL, 0,
	    "patient=7" },
	{ FHIR_DSTU2, IFACE_PATIENT, "family=a&access_token=x", NULL, 0,
	    "family=a" },
	/* what narrows nothing */
	{ FHIR_R4, IFACE_PATIENT, NULL, NULL, ERR_UNSELECTIVE, NULL },
	{ FHIR_R4, IFACE_PATIENT, "ssn=1", NULL, ERR_UNSELECTIVE, NULL },
	{ FHIR_R4, IFACE_PATIENT, "gender=male&_count=5", NULL, ERR_UNSELECTIVE,
	    NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=&given=", NULL, ERR_UNSELECTIVE,
	    NULL },
	{ FHIR_R4, IFACE_PATIENT, "birthdate=ge1900-01-01", NULL,
	    ERR_UNSELECTIVE, NULL },
	{ FHIR_R4, IFACE_PATIENT, "birthdate=1980", NULL, ERR_UNSELECTIVE,
	    NULL },
	{ FHIR_R4, IFACE_PATIENT, "birthdate=1980-05-17", NULL, 0,
	    "birthdate=1980-05-17" },
	{ FHIR_R4, IFACE_OBSERVATION, "category=vital-signs", NULL,
	    ERR_UNSELECTIVE, NULL },
	{ FHIR_R4, IFACE_OBSERVATION, "_id=5", NULL, 0, "_id=5" },
	{ FHIR_R4, IFACE_LOCATION, "name=ward", NULL, ERR_UNSELECTIVE, NULL },
	/* bad values */
	{ FHIR_R4, IFACE_PATIENT, "birthdate=girl", NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a&gender=girl", NULL, ERR_PARAM,
	    NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a&identifier=a|b|c", NULL, ERR_PARAM,
	    NULL },
	{ FHIR_R4, IFACE_ENCOUNTER, "patient=1,2", NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_ENCOUNTER, "patient=../1", NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_ENCOUNTER, "patient=Group/1", NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_ENCOUNTER, "patient=1&patient=2", NULL, ERR_REPEATED,
	    NULL },
	{ FHIR_R4, IFACE_PATIENT, "_id=1&id=2", NULL, ERR_REPEATED, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a&_total=most", NULL, ERR_PARAM,
	    NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a&_total=none", NULL, 0, "family=a" },
	/* bytes */
	{ FHIR_R4, IFACE_PATIENT, "family=a%0d%0ab", NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a%00", NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=%C0%80", NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=%FF", NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=%ED%A0%80", NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=%z1", NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=%", NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a&x%0a=1", NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a&x=%0a", NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a&=1", NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a&:x=1", NULL, ERR_PARAM, NULL },
	{ FHIR_R4, IFACE_PATIENT, "family=a%26_count%3D7", NULL, 0,
	    "family=a%26_count%3D7" },
	{ FHIR_R4, IFACE_PATIENT, "family=O%5C%2CNeil,x&identifier=a%7Cb\\|c",
	    NULL, 0, "family=O%5C%2CNeil%2Cx&identifier=a%7Cb%5C%7Cc" },
	{ FHIR_R4, IFACE_PATIENT, "family=%20a%20", NULL, 0, "family=a" },
	/* page links */
	{ FHIR_R4, IFACE_PATIENT, "_cursor=abc&_format=json", NULL, 0, NULL },
	{ FHIR_R4, IFACE_ENCOUNTER, "_cursor=abc", NULL, 0, NULL },
	{ FHIR_R4, IFACE_ENCOUNTER, "_cursor=abc&patient=1", NULL, ERR_PARAM,
	    NULL },
	{ FHIR_R4, IFACE_ENCOUNTER, "_cursor=abc&_count=5", NULL, ERR_PARAM,
	    NULL },
	{ FHIR_R4, IFACE_ENCOUNTER, "_cursor=abc&_cursor=abd", NULL,
	    ERR_REPEATED, NULL },
	{ FHIR_R4, IFACE_ENCOUNTER, "_cursor=", NULL, ERR_UNSELECTIVE, NULL },
};

static void
a_search_is_written_from_the_tables_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena *a = arena_new();
		struct search_ask ask = ask_of(cases[i].face, cases[i].type,
		    cases[i].query, cases[i].form);
		struct err e = { 0 };
		const struct search *s = search_read(a, &ask, &e);
		struct buf b = buf_new(a, 8192);

		if (e.kind != cases[i].kind || !s != !!e.kind)
			fail_msg("row %zu: %s & %s: %d %s", i, cases[i].query,
			    cases[i].form, e.kind, e.said);
		if (e.kind)
			assert_true(e.said[0]);
		if (s && cases[i].written) {
			search_self(&b, s);
			assert_string_equal(buf_text(&b), cases[i].written);
		}
		if (s && !cases[i].written)
			assert_true(str_is(s->cursor, "abc"));
		arena_free(a);
	}
}

static void
our_own_link_reads_back_as_the_same_search(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena *a = arena_new();
		struct search_ask ask = ask_of(cases[i].face, cases[i].type,
		    cases[i].query, cases[i].form);
		struct buf link = buf_new(a, 8192), again = buf_new(a, 8192);
		struct err e = { 0 };
		const struct search *before, *s = search_read(a, &ask, &e);

		if (s && !s->cursor.len) {
			search_self(&link, s);
			ask.form = STR_NONE;
			ask.query = (struct str){ link.at, link.len };
			before = s;
			s = search_read(a, &ask, &e);
			assert_non_null(s);
			search_self(&again, s);
			assert_string_equal(buf_text(&again), buf_text(&link));
			assert_int_equal(s->count, before->count);
			assert_int_equal(s->n_dropped, 0);
		}
		arena_free(a);
	}
}

static void
what_is_left_out_is_named_once_and_safely(void **state)
{
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct search_ask ask = ask_of(FHIR_R4, IFACE_PATIENT,
	    "family=a&ssn=123&ssn:exact=4&_elements=id&%3Cb%3E=1", NULL);
	const struct search *s = search_read(a, &ask, &e);

	(void)state;
	assert_non_null(s);
	assert_string_equal(search_said(a, s),
	    "Not served here, so left out of the search: ssn, _elements, "
	    "(a name with other signs).");
	ask.strict = true;
	assert_null(search_read(a, &ask, &e));
	assert_int_equal(e.kind, ERR_PARAM_STRICT);
	assert_string_equal(e.said,
	    "Under handling=strict: ssn is not served for Patient here.");
	err_clear(&e);
	ask.query = STR("family=a&_count=7&_format=json&_total=accurate");
	s = search_read(a, &ask, &e);
	assert_non_null(s);
	assert_null(search_said(a, s));
	assert_true(str_is(s->format, "json"));
	arena_free(a);
}

static const struct {
	enum iface_type type;
	const char *query;
	const char *patient, *ids;
} named[] = {
	{ IFACE_PATIENT, "_id=7", "7", "7" },
	{ IFACE_PATIENT, "_id=7,8", NULL, "7,8" },
	{ IFACE_PATIENT, "family=a", NULL, NULL },
	{ IFACE_ENCOUNTER, "patient=Patient/7", "7", NULL },
	{ IFACE_ENCOUNTER, "patient=7&_id=e1", "7", "e1" },
	{ IFACE_ENCOUNTER, "_id=e1", NULL, "e1" },
};

static void
the_search_says_whose_records_it_wants(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(named); i++) {
		struct err e = { 0 };
		struct search_ask ask =
		    ask_of(FHIR_STU3, named[i].type, named[i].query, NULL);
		const struct search *s = search_read(a, &ask, &e);

		assert_non_null(s);
		assert_true(str_eq(s->patient, str_of(named[i].patient)));
		assert_int_equal(!s->patient.at, !named[i].patient);
		assert_true(str_eq(s->ids, str_of(named[i].ids)));
		assert_int_equal(!s->ids.at, !named[i].ids);
	}
	arena_free(a);
}

static void
a_refusal_never_repeats_a_value(void **state)
{
	static const char *const queries[] = {
		"family=a&birthdate=SECRET",
		"family=a&gender=SECRET",
		"family=a&_count=SECRET",
		"family=a&_total=SECRET",
		"family=a&family:SECRET=x",
		"patient.SECRET=x",
		"_id=SECRET/1",
		"family=a&identifier=SECRET|SECRET|SECRET",
		"family=a&_format=SECRET&_format=b",
		"_id=SECRET&_id=b",
		"family=SECRET%0a",
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(queries); i++) {
		struct err e = { 0 };
		struct search_ask ask =
		    ask_of(FHIR_R4, IFACE_PATIENT, queries[i], NULL);

		assert_null(search_read(a, &ask, &e));
		if (strstr(e.said, "SECRET") || strstr(e.why, "SECRET"))
			fail_msg("%s: %s", queries[i], e.said);
	}
	arena_free(a);
}

static void
too_much_is_refused(void **state)
{
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct search_ask ask = ask_of(FHIR_R4, IFACE_PATIENT, NULL, NULL);
	struct buf b = buf_new(a, 65536);

	(void)state;
	for (size_t i = 0; i <= SEARCH_PARAMS_MAX; i++)
		buf_fmt(&b, "family=a%zu&", i);
	ask.form = (struct str){ b.at, b.len };
	assert_null(search_read(a, &ask, &e));
	assert_int_equal(e.kind, ERR_TOO_MANY);
	err_clear(&e);

	b = buf_new(a, 65536);
	buf_str(&b, "family=");
	for (size_t i = 0; i < SEARCH_VALUE_BYTES_MAX; i++)
		buf_char(&b, 'a');
	ask.form = (struct str){ b.at, b.len };
	assert_non_null(search_read(a, &ask, &e));
	buf_char(&b, 'a');
	ask.form = (struct str){ b.at, b.len };
	assert_null(search_read(a, &ask, &e));
	assert_int_equal(e.kind, ERR_PARAM);
	err_clear(&e);

	b = buf_new(a, 65536); /* but a page cursor may be long */
	buf_str(&b, "_cursor=");
	for (size_t i = 0; i < 2 * SEARCH_VALUE_BYTES_MAX; i++)
		buf_char(&b, 'a');
	ask.form = (struct str){ b.at, b.len };
	assert_non_null(search_read(a, &ask, &e));
	arena_free(a);
}

static const struct {
	const char *prefer;
	bool strict;
} prefers[] = {
	{ NULL, false },
	{ "", false },
	{ "handling=strict", true },
	{ "Handling=Strict", true },
	{ "return=minimal, handling=strict; x=y", true },
	{ "handling = \"strict\"", true },
	{ "handling=lenient", false },
	{ "handling", false },
	{ "xhandling=strict", false },
	{ "handling=stricter", false },
	{ ",,;=", false },
};

static void
strict_handling_is_a_preference(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(prefers); i++)
		if (search_strict(str_of(prefers[i].prefer)) !=
		    prefers[i].strict)
			fail_msg("%s", prefers[i].prefer);
}

static const struct {
	const char *query;
	const char *format; /* NULL: none */
	enum err_kind kind;
} formats[] = {
	{ NULL, NULL, 0 },
	{ "", NULL, 0 },
	{ "a=b&c", NULL, 0 },
	{ "_format=json", "json", 0 },
	{ "x=%zz&_FORMAT=application/fhir%2Bjson", "application/fhir+json", 0 },
	{ "_format=application/fhir+json", "application/fhir json", 0 },
	{ "_format=", NULL, 0 },
	{ "_formats=xml", NULL, 0 },
	{ "%5Fform%61t=json", "json", 0 },
	{ "%5fformat=json&_format=xml", NULL, ERR_REPEATED },
	{ "%5zformat=json", NULL, 0 },
	{ "_format=json&_format=json", "json", 0 },
	{ "_format=json&_format=xml", NULL, ERR_REPEATED },
	{ "_format=%zz", NULL, ERR_PARAM },
};

static void
the_format_of_a_read_is_found(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(formats); i++) {
		struct err e = { 0 };
		struct str format;

		search_format(a, str_of(formats[i].query), &format, &e);
		if (e.kind != formats[i].kind)
			fail_msg("%s", formats[i].query);
		if (!e.kind)
			assert_true(str_eq(format, str_of(formats[i].format)));
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_search_is_written_from_the_tables_or_refused),
		cmocka_unit_test(our_own_link_reads_back_as_the_same_search),
		cmocka_unit_test(what_is_left_out_is_named_once_and_safely),
		cmocka_unit_test(the_search_says_whose_records_it_wants),
		cmocka_unit_test(a_refusal_never_repeats_a_value),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(strict_handling_is_a_preference),
		cmocka_unit_test(the_format_of_a_read_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
