/* test_fhir_value.c - search values are checked and put into one form
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "fhir/value.h"

static const struct {
	const char *text;
	bool good, day;
} dates[] = {
	{ "1980", true, false },
	{ "1980-05", true, false },
	{ "1980-05-17", true, true },
	{ "eq1980-05-17", true, true },
	{ "ge1980-05-17", true, false },
	{ "ne1980", true, false },
	{ "ap1980-05-17", true, false },
	{ "2000-02-29", true, true },
	{ "2026-11-20T09:30", true, true },
	{ "2026-11-20T09:30:00Z", true, true },
	{ "2026-11-20T09:30:00.123+01:00", true, true },
	{ "2026-11-20T09:30:00 01:00", true, true },
	{ "2026-11-20T09:30:60-05:00", true, true },
	{ "1900-02-29", false, false },
	{ "1980-13", false, false },
	{ "1980-00-01", false, false },
	{ "1980-04-31", false, false },
	{ "0000", false, false },
	{ "80", false, false },
	{ "girl", false, false },
	{ "xx1980", false, false },
	{ "q 1980", false, false },
	{ "eq", false, false },
	{ "", false, false },
	{ "1980-5-17", false, false },
	{ "1980/05/17", false, false },
	{ "1980-05-17 ", false, false },
	{ "1980-05-17T", false, false },
	{ "1980-05-17T9:30", false, false },
	{ "1980-05-17T24:00", false, false },
	{ "1980-05-17T09:30:00.", false, false },
	{ "1980-05-17T09:30:00+1", false, false },
	{ "1980-05-17T09:30:00ZZ", false, false },
	{ "1980-05-17T09:30:00.1234567890Z", false, false },
};

static void
a_date_is_a_day_of_the_calendar(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(dates); i++) {
		bool day;

		if (value_date(str_of(dates[i].text), &day) != dates[i].good)
			fail_msg("%s", dates[i].text);
		if (dates[i].good)
			assert_int_equal(day, dates[i].day);
	}
}

static const struct {
	const char *text;
	bool good;
} tokens[] = {
	{ "male", true },
	{ "urn:oid:1.2|123", true },
	{ "|123", true },
	{ "urn:x|", true },
	{ "a b", true },
	{ "a\\|b", true },
	{ "s|a\\|b", true },
	{ "", false },
	{ "|", false },
	{ "a|b|c", false },
	{ "||", false },
};

static void
a_token_has_at_most_one_bar(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(tokens); i++)
		if (value_token(str_of(tokens[i].text)) != tokens[i].good)
			fail_msg("%s", tokens[i].text);
}

static void
alternatives_end_at_commas_without_backslash(void **state)
{
	static const char *const parts[] = { "a", "b\\,c", "", "d\\\\", "e\\" };
	struct str rest = STR("a,b\\,c,,d\\\\,e\\");
	size_t n = 0;

	(void)state;
	while (rest.at) {
		assert_true(n < COUNT(parts));
		assert_true(str_is(value_cut(&rest), parts[n++]));
	}
	assert_int_equal(n, COUNT(parts));
}

#define BASE "https://gw.example"

static const struct {
	const char *text, *id; /* NULL: refused */
} references[] = {
	{ "123", "123" },
	{ "w-1.A", "w-1.A" },
	{ "Patient/123", "123" },
	{ BASE "/fhir/Patient/123", "123" },
	{ BASE "/fhir/stu3/Patient/123", "123" },
	{ BASE "/fhir/r4/Patient/123/_history/1", NULL },
	{ BASE "/fhir/r4/Group/123", NULL },
	{ BASE ".evil/fhir/Patient/123", NULL },
	{ BASE "/Patient/123", NULL },
	{ "https://other.example/fhir/Patient/123", NULL },
	{ "Group/123", NULL },
	{ "patient/123", NULL },
	{ "Patient/", NULL },
	{ "Patient/1/2", NULL },
	{ "1,2", NULL },
	{ "..", NULL },
	{ "a_b", NULL },
	{ "", NULL },
};

static void
a_reference_comes_down_to_a_patients_id(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(references); i++) {
		struct str id;
		bool good =
		    value_patient(str_of(references[i].text), STR(BASE), &id);

		if (good != !!references[i].id)
			fail_msg("%s", references[i].text);
		if (good)
			assert_true(str_is(id, references[i].id));
	}
}

static const struct {
	enum iface_type type;
	const char *name, *text;
	const char *value; /* NULL: refused */
	bool narrow;
} values[] = {
	{ IFACE_PATIENT, "family", "Müller", "Müller", true },
	{ IFACE_PATIENT, "family", "a,b\\,c", "a,b\\,c", true },
	{ IFACE_PATIENT, "family", "a,,b", NULL, false },
	{ IFACE_PATIENT, "family", ",", NULL, false },
	{ IFACE_PATIENT, "gender", "Female", "female", false },
	{ IFACE_PATIENT, "gender", "male,OTHER", "male,other", false },
	{ IFACE_PATIENT, "gender", "http://hl7.org/fhir/x|male",
	    "http://hl7.org/fhir/x|male", false },
	{ IFACE_PATIENT, "gender", "girl", NULL, false },
	{ IFACE_PATIENT, "gender", "mal", NULL, false },
	{ IFACE_PATIENT, "gender", "male other", NULL, false },
	{ IFACE_PATIENT, "gender", "x|", NULL, false },
	{ IFACE_PATIENT, "active", "TRUE", "true", false },
	{ IFACE_PATIENT, "birthdate", "1980-05-17", "1980-05-17", true },
	{ IFACE_PATIENT, "birthdate", "1980-05-17,1981-05-17",
	    "1980-05-17,1981-05-17", true },
	{ IFACE_PATIENT, "birthdate", "1980-05-17,1981", "1980-05-17,1981",
	    false },
	{ IFACE_PATIENT, "birthdate", "ge1900-01-01", "ge1900-01-01", false },
	{ IFACE_PATIENT, "birthdate", "1980-05-17T00:00:00 01:00",
	    "1980-05-17T00:00:00+01:00", true },
	{ IFACE_PATIENT, "birthdate", "girl", NULL, false },
	{ IFACE_PATIENT, "_id", "a,b", "a,b", true },
	{ IFACE_PATIENT, "_id", "a/b", NULL, false },
	{ IFACE_PATIENT, "_id", "a,..", NULL, false },
	{ IFACE_PATIENT, "identifier", "HG 1", "HG 1", true },
	{ IFACE_ENCOUNTER, "patient", "Patient/7", "7", true },
	{ IFACE_ENCOUNTER, "date", "2026-11-20", "2026-11-20", false },
	{ IFACE_OBSERVATION, "category", "vital-signs,s|laboratory",
	    "vital-signs,s|laboratory", false },
};

static void
a_value_is_put_into_its_one_form_or_refused(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		const struct iface_param *p =
		    iface_canonical(values[i].type, FHIR_STU3, values[i].name);
		struct str out;
		bool narrow, good;

		assert_non_null(p);
		good = value_read(
		    a, p, STR(BASE), str_of(values[i].text), &out, &narrow);
		if (good != !!values[i].value)
			fail_msg("%s=%s", values[i].name, values[i].text);
		assert_non_null(value_wants(a, p));
		if (!good)
			continue;
		assert_true(str_is(out, values[i].value));
		if (narrow != values[i].narrow)
			fail_msg("%s=%s", values[i].name, values[i].text);
	}
	arena_free(a);
}

static const struct {
	const char *plain, *escaped;
} escapes[] = {
	{ "a", "a" },
	{ "a,b|c$d", "a\\,b\\|c\\$d" },
	{ "\\", "\\\\" },
	{ "", "" },
};

static void
backslashes_come_and_go(void **state)
{
	struct arena *a = arena_new();
	struct str rest, one;

	(void)state;
	for (size_t i = 0; i < COUNT(escapes); i++) {
		assert_true(str_is(value_escaped(a, str_of(escapes[i].plain)),
		    escapes[i].escaped));
		assert_true(str_is(value_plain(a, str_of(escapes[i].escaped)),
		    escapes[i].plain));
	}
	assert_true(str_is(value_plain(a, STR("a\\b\\")), "a\\b\\"));
	assert_null(value_plain(a, STR_NONE).at);
	assert_null(value_escaped(a, STR_NONE).at);
	one = value_part(STR("a\\|b|c|d"), '|', &rest);
	assert_true(str_is(one, "a\\|b"));
	assert_true(str_is(rest, "c|d"));
	value_part(STR("a"), '|', &rest);
	assert_null(rest.at);
	arena_free(a);
}

static void
a_reference_names_a_patient_in_every_form(void **state)
{
	(void)state;
	assert_true(value_refers(STR("Patient/7"), STR("7")));
	assert_true(value_refers(STR("http://a/b/Patient/7"), STR("7")));
	assert_true(value_refers(STR("Patient/7/_history/2"), STR("7")));
	assert_false(value_refers(STR("Patient/7"), STR("8")));
	assert_false(value_refers(STR("Group/7"), STR("7")));
	assert_false(value_refers(STR("Patient/"), STR("")));
	assert_false(value_refers(STR_NONE, STR("7")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_date_is_a_day_of_the_calendar),
		cmocka_unit_test(a_token_has_at_most_one_bar),
		cmocka_unit_test(alternatives_end_at_commas_without_backslash),
		cmocka_unit_test(a_reference_comes_down_to_a_patients_id),
		cmocka_unit_test(backslashes_come_and_go),
		cmocka_unit_test(a_reference_names_a_patient_in_every_form),
		cmocka_unit_test(a_value_is_put_into_its_one_form_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
