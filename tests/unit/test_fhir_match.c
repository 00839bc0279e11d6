/* test_fhir_match.c - records are found and put in order as FHIR says
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "fhir/match.h"
#include "tree_help.h"

static struct search_param
param_of(enum iface_type t, enum fhir_version face, const char *name,
    const char *value)
{
	struct str modifier, plain = str_cut(str_of(name), ':', &modifier);
	struct search_param p = { .param = iface_param(t, face, plain),
		.value = str_of(value) };

	if (!p.param)
		fail_msg("%s", name);
	if (str_is(modifier, "exact"))
		p.modifier = IFACE_EXACT;
	if (str_is(modifier, "contains"))
		p.modifier = IFACE_CONTAINS;
	return p;
}

static bool
fits(enum iface_type t, enum fhir_version face, const char *name,
    const char *value, const char *json)
{
	struct arena *a = arena_new();
	struct search_param p = param_of(t, face, name, value);
	const struct match *m = match_open(a, t, face, &p, 1);
	bool yes = match_fits(m, a, help_read(a, json));

	arena_free(a);
	return yes;
}

#define ADA                                                                    \
	"{\"id\":\"p1\",\"name\":[{\"use\":\"official\",\"text\":\"Dr Ada\","  \
	"\"family\":\"Okafor Lindqvist\",\"given\":[\"Ada\",\"Zo\\u00eb\"]}]," \
	"\"gender\":\"female\",\"active\":true,\"birthDate\":\"1987-03-09\"}"
#define OLD_ADA                                                                \
	"{\"name\":{\"family\":[\"Okafor\",\"M\\u00fcller\"]},"                \
	"\"birthDate\":\"1987-03-09T00:00:00\",\"active\":\"true\"}"

static const struct {
	enum iface_type t;
	enum fhir_version face;
	const char *name, *value, *json;
	bool fits;
} cases[] = {
	/* strings: contained, without case and accents, unless :exact */
	{ IFACE_PATIENT, FHIR_R4, "family", "lind", ADA, true },
	{ IFACE_PATIENT, FHIR_R4, "family:contains", "FOR LIN", ADA, true },
	{ IFACE_PATIENT, FHIR_R4, "family", "ada", ADA, false },
	{ IFACE_PATIENT, FHIR_R4, "family", "smith,lind", ADA, true },
	{ IFACE_PATIENT, FHIR_R4, "family", "smith\\,lind", ADA, false },
	{ IFACE_PATIENT, FHIR_R4, "family:exact", "Okafor Lindqvist", ADA,
	    true },
	{ IFACE_PATIENT, FHIR_R4, "family:exact", "okafor lindqvist", ADA,
	    false },
	{ IFACE_PATIENT, FHIR_R4, "given", "zoe", ADA, true },
	{ IFACE_PATIENT, FHIR_R4, "name", "dr a", ADA, true },
	{ IFACE_PATIENT, FHIR_R4, "name", "official", ADA, false },
	{ IFACE_PATIENT, FHIR_DSTU2, "family", "mull", OLD_ADA, true },
	{ IFACE_PATIENT, FHIR_DSTU2, "family:exact", "Okafor", OLD_ADA, true },
	{ IFACE_PATIENT, FHIR_DSTU2, "given", "x", OLD_ADA, false },
	{ IFACE_PATIENT, FHIR_R4, "family", "a", "{\"name\":7}", false },
	/* tokens that are bare codes and booleans */
	{ IFACE_PATIENT, FHIR_R4, "gender", "female", ADA, true },
	{ IFACE_PATIENT, FHIR_R4, "gender", "male,female", ADA, true },
	{ IFACE_PATIENT, FHIR_R4, "gender", "male", ADA, false },
	{ IFACE_PATIENT, FHIR_R4, "gender",
	    "http://hl7.org/fhir/administrative-gender|female", ADA, true },
	{ IFACE_PATIENT, FHIR_R4, "active", "true", ADA, true },
	{ IFACE_PATIENT, FHIR_R4, "active", "false", ADA, false },
	{ IFACE_PATIENT, FHIR_DSTU2, "active", "true", OLD_ADA, true },
	/* dates */
	{ IFACE_PATIENT, FHIR_R4, "birthdate", "1987-03-09", ADA, true },
	{ IFACE_PATIENT, FHIR_R4, "birthdate", "1987", ADA, true },
	{ IFACE_PATIENT, FHIR_R4, "birthdate", "ne1987", ADA, false },
	{ IFACE_PATIENT, FHIR_R4, "birthdate", "1986,gt1987-03-08", ADA, true },
	{ IFACE_PATIENT, FHIR_DSTU2, "birthdate", "1987-03-09", OLD_ADA, true },
	{ IFACE_PATIENT, FHIR_R4, "birthdate", "lt1987-03-09", ADA, false },
	{ IFACE_PATIENT, FHIR_R4, "birthdate", "1987-03-09",
	    "{\"birthDate\":\"1987-03-09T00:00:00+10:00\"}", true },
	{ IFACE_PATIENT, FHIR_R4, "birthdate", "1987-03-08",
	    "{\"birthDate\":\"1987-03-09T00:00:00+10:00\"}", false },
	{ IFACE_ENCOUNTER, FHIR_R4, "date", "2026-11-19",
	    "{\"period\":{\"start\":\"2026-11-17T13:00:00+01:00\"}}", false },
	{ IFACE_ENCOUNTER, FHIR_R4, "date", "ge2026-11-19",
	    "{\"period\":{\"start\":\"2026-11-17T13:00:00+01:00\"}}", true },
	{ IFACE_ENCOUNTER, FHIR_R4, "date", "eb2026-11-19",
	    "{\"period\":{\"end\":\"2026-11-17\"}}", true },
	{ IFACE_ENCOUNTER, FHIR_DSTU2, "date", "ge1900",
	    "{\"period\":{\"start\":\"09/17/2018 1:00:00 PM\"}}", false },
	{ IFACE_OBSERVATION, FHIR_R4, "date", "2026-11",
	    "{\"effectivePeriod\":{\"start\":\"2026-11-02\","
	    "\"end\":\"2026-11-03\"}}",
	    true },
	{ IFACE_ALLERGY, FHIR_STU3, "date", "2026",
	    "{\"assertedDate\":\"2026-01-01\"}", true },
	/* tokens with a system, in any version's spelling */
	{ IFACE_OBSERVATION, FHIR_R4, "category", "vital-signs",
	    "{\"category\":[{\"coding\":[{\"code\":\"lab\"}]},"
	    "{\"coding\":[{\"code\":\"vital-signs\"}]}]}",
	    true },
	{ IFACE_OBSERVATION, FHIR_R4, "category",
	    "http://hl7.org/fhir/observation-category|vital-signs",
	    "{\"category\":[{\"coding\":[{\"system\":"
	    "\"http://terminology.hl7.org/CodeSystem/observation-category\","
	    "\"code\":\"vital-signs\"}]}]}",
	    true },
	{ IFACE_OBSERVATION, FHIR_R4, "category",
	    "http://loinc.org|vital-signs",
	    "{\"category\":[{\"coding\":[{\"code\":\"vital-signs\"}]}]}",
	    false },
	{ IFACE_OBSERVATION, FHIR_R4, "category", "|vital-signs",
	    "{\"category\":[{\"coding\":[{\"code\":\"vital-signs\"}]}]}",
	    true },
	{ IFACE_OBSERVATION, FHIR_R4, "code", "http://loinc.org|",
	    "{\"code\":{\"coding\":{\"system\":\"http://loinc.org\","
	    "\"code\":\"1\"}}}",
	    true },
	{ IFACE_OBSERVATION, FHIR_R4, "code", "1",
	    "{\"code\":{\"text\":\"1\"}}", false },
	{ IFACE_ENCOUNTER, FHIR_R4, "class", "IMP",
	    "{\"class\":{\"code\":\"IMP\"}}", true },
	/* ids, and whose record it is */
	{ IFACE_PATIENT, FHIR_R4, "_id", "p0,p1", ADA, true },
	{ IFACE_PATIENT, FHIR_R4, "_id", "p0", ADA, false },
	{ IFACE_CONDITION, FHIR_DSTU2, "patient", "p1",
	    "{\"patient\":{\"reference\":\"Patient/p1\"}}", true },
	{ IFACE_CONDITION, FHIR_R4, "patient", "p1",
	    "{\"subject\":{\"reference\":\"http://a/Patient/p1/_history/2\"}}",
	    true },
	{ IFACE_CONDITION, FHIR_R4, "patient", "p1",
	    "{\"subject\":{\"reference\":\"Patient/p2\"}}", false },
};

static void
a_record_fits_or_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (fits(cases[i].t, cases[i].face, cases[i].name,
			cases[i].value, cases[i].json) != cases[i].fits)
			fail_msg(
			    "row %zu: %s=%s", i, cases[i].name, cases[i].value);
}

static void
all_parameters_must_fit(void **state)
{
	struct arena *a = arena_new();
	struct search_param both[] = {
		param_of(IFACE_PATIENT, FHIR_R4, "family", "okafor"),
		param_of(IFACE_PATIENT, FHIR_R4, "gender", "male"),
	};
	struct tree_node *ada = help_read(a, ADA);

	(void)state;
	assert_true(
	    match_fits(match_open(a, IFACE_PATIENT, FHIR_R4, both, 1), a, ada));
	assert_false(
	    match_fits(match_open(a, IFACE_PATIENT, FHIR_R4, both, 2), a, ada));
	assert_true(
	    match_fits(match_open(a, IFACE_PATIENT, FHIR_R4, both, 0), a, ada));
	arena_free(a);
}

#define MR(system)                                                             \
	"{\"type\":{\"coding\":[{\"system\":\"" system                         \
	"\",\"code\":\"MR\"}]},\"value\":\"7\"}"
#define SSN "{\"type\":{\"coding\":[{\"code\":\"SS\"}]},\"value\":\"8\"}"

static const struct {
	const char *value, *identifiers;
	bool fits;
} numbers[] = {
	{ "7", MR("http://hl7.org/fhir/v2/0203"), true },
	{ "7", MR("http://terminology.hl7.org/CodeSystem/v2-0203"), true },
	{ "7", MR(""), true },
	{ "8", MR("http://hl7.org/fhir/v2/0203") "," SSN, false },
	{ "7", MR("http://hl7.org/fhir/v2/0203") "," SSN, true },
	/* nobody says which number is the record number: any is */
	{ "8", SSN, true },
	{ "9", SSN, false },
	{ "7", MR("http://other.example/types"), true },
	{ "8", MR("http://other.example/types") "," SSN, true },
	{ "7,8", MR("http://hl7.org/fhir/v2/0203") "," SSN, true },
	/* asked with a system it is that identifier, whatever its type */
	{ "urn:x|8",
	    "{\"system\":\"urn:x\",\"value\":\"8\"}," MR(
		"http://hl7.org/fhir/v2/0203"),
	    true },
	{ "urn:y|8", "{\"system\":\"urn:x\",\"value\":\"8\"}", false },
};

static void
a_number_without_system_is_a_record_number(void **state)
{
	char json[512];

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		snprintf(json, sizeof json, "{\"identifier\":[%s]}",
		    numbers[i].identifiers);
		if (fits(IFACE_PATIENT, FHIR_R4, "identifier", numbers[i].value,
			json) != numbers[i].fits)
			fail_msg("row %zu", i);
	}
}

#define KEPT(v)                                                                \
	"\"extension\":[{\"url\":\"http://hl7.org/fhir/" v                     \
	"/StructureDefinition/extension-Coverage.beneficiary\","               \
	"\"valueReference\":{\"reference\":\"Patient/child\"}}]"
#define PAYS "\"subscriber\":{\"reference\":\"Patient/parent\"}"

static const struct {
	enum fhir_version face;
	const char *json, *patient;
} covered[] = {
	{ FHIR_R4,
	    "{" PAYS ",\"beneficiary\":{\"reference\":\"Patient/child\"}}",
	    "child" },
	{ FHIR_DSTU2, "{" PAYS "}", "parent" },
	{ FHIR_DSTU2, "{" PAYS "," KEPT("4.0") "}", "child" },
	{ FHIR_DSTU2, "{" PAYS "," KEPT("3.0") "}", "child" },
	{ FHIR_STU3, "{" PAYS "}", "parent" },
};

static void
a_coverage_is_about_its_beneficiary(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(covered); i++) {
		struct tree_node *n = help_read(a, covered[i].json);

		assert_true(match_about(IFACE_COVERAGE, covered[i].face, n,
		    str_of(covered[i].patient)));
		assert_false(match_about(IFACE_COVERAGE, covered[i].face, n,
		    strcmp(covered[i].patient, "child") ? STR("child")
							: STR("parent")));
	}
	arena_free(a);
}

static void
a_record_is_about_whom_it_refers_to(void **state)
{
	static const struct {
		const char *reference;
		bool about;
	} rows[] = {
		{ "Patient/7", true },
		{ "https://p.example/f/Patient/7", true },
		{ "Patient/7/_history/2", true },
		{ "Patient/77", false },
		{ "Patient/", false },
		{ "Group/7", false },
		{ "urn:uuid:7", false },
		{ "7", false },
		{ "", false },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    match_about(IFACE_OBSERVATION, FHIR_R4,
			help_read(a, arena_printf(a,
					 "{\"subject\":{\"reference\":\"%s\"}}",
					 rows[i].reference)),
			STR("7")),
		    rows[i].about);
	assert_true(match_about(
	    IFACE_PATIENT, FHIR_R4, help_read(a, "{\"id\":\"7\"}"), STR("7")));
	assert_false(
	    match_about(IFACE_PATIENT, FHIR_R4, help_read(a, "{}"), STR("7")));
	assert_true(
	    match_about(IFACE_LOCATION, FHIR_R4, help_read(a, "{}"), STR("7")));
	arena_free(a);
}

static void
a_record_says_whom_it_is_about(void **state)
{
	static const struct {
		enum iface_type t;
		enum fhir_version face;
		const char *json, *whom;
	} rows[] = {
		{ IFACE_PATIENT, FHIR_R4, "{\"id\":\"7\"}", "7" },
		{ IFACE_PATIENT, FHIR_R4, "{\"id\":\"7 8\"}", NULL },
		{ IFACE_OBSERVATION, FHIR_R4,
		    "{\"subject\":{\"reference\":\"http://x/Patient/7\"}}",
		    "7" },
		{ IFACE_OBSERVATION, FHIR_R4,
		    "{\"subject\":{\"reference\":\"Group/7\"}}", NULL },
		{ IFACE_CONDITION, FHIR_DSTU2,
		    "{\"patient\":{\"reference\":\"Patient/7/_history/1\"}}",
		    "7" },
		{ IFACE_COVERAGE, FHIR_R4,
		    "{\"subscriber\":{\"reference\":\"Patient/8\"},"
		    "\"beneficiary\":{\"reference\":\"Patient/7\"}}",
		    "7" },
		{ IFACE_LOCATION, FHIR_R4, "{\"id\":\"7\"}", NULL },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str whom = match_whom(
		    rows[i].t, rows[i].face, help_read(a, rows[i].json));

		assert_int_equal(!whom.at, !rows[i].whom);
		assert_true(!whom.at || str_is(whom, rows[i].whom));
	}
	arena_free(a);
}

static void
an_id_is_one_of_a_list(void **state)
{
	struct arena *a = arena_new();
	struct tree_node *n = help_read(a, "{\"id\":\"2\"}");

	(void)state;
	assert_true(match_among(n, STR("2")));
	assert_true(match_among(n, STR("1,2")));
	assert_false(match_among(n, STR("12")));
	assert_false(match_among(n, STR(",")));
	assert_false(match_among(n, STR_NONE));
	assert_false(match_among(help_read(a, "{}"), STR(",")));
	assert_false(match_among(help_read(a, "{\"id\":\"\"}"), STR(",")));
	arena_free(a);
}

/* ---- order --------------------------------------------------------------- */

static struct tree_node **
list_of(struct arena *a, const char *json, size_t *n)
{
	struct tree_node *array = help_read(a, json), *c;
	struct tree_node **list =
	    arena_get(a, tree_count(array) * sizeof *list);

	*n = 0;
	tree_each(c, array) list[(*n)++] = c;
	return list;
}

static const struct {
	enum iface_type t;
	enum fhir_version face;
	const char *first, *second; /* - in front: newest first */
	const char *records, *order;
	bool sorted; /* were they so before, as far as can be told? */
} orders[] = {
	{ IFACE_ENCOUNTER, FHIR_R4, "-date", NULL,
	    "[{\"id\":\"a\",\"period\":{\"start\":\"2026-01-01\"}},"
	    "{\"id\":\"b\"},"
	    "{\"id\":\"c\",\"period\":{\"start\":\"2026-03-01T08:00:00Z\"}},"
	    "{\"id\":\"d\",\"period\":{\"start\":\"09/17/2018 1:00:00 PM\"}},"
	    "{\"id\":\"e\",\"period\":{\"start\":\"2026-03-01T08:30:00+01:00\"}"
	    "}]",
	    "ceabd", false },
	{ IFACE_ENCOUNTER, FHIR_R4, "date", NULL,
	    "[{\"id\":\"b\"},"
	    "{\"id\":\"a\",\"period\":{\"start\":\"2026-01-01\"}},"
	    "{\"id\":\"c\",\"period\":{\"end\":\"2026-03-01\"}}]",
	    "acb", true },
	{ IFACE_ENCOUNTER, FHIR_R4, "-date", NULL, /* by their ends */
	    "[{\"id\":\"a\",\"period\":{\"start\":\"2020\",\"end\":\"2026\"}},"
	    "{\"id\":\"b\",\"period\":{\"start\":\"2021\",\"end\":\"2022\"}}]",
	    "ba", true },
	{ IFACE_OBSERVATION, FHIR_R4, "-date", NULL,
	    "[{\"id\":\"a\",\"effectiveDateTime\":\"2026-01-02\"},"
	    "{\"id\":\"b\",\"effectivePeriod\":{\"start\":\"2026-01-03\"}},"
	    "{\"id\":\"c\",\"effectiveDateTime\":\"2026-01-02\"}]",
	    "bac", false },
	{ IFACE_PATIENT, FHIR_R4, "family", "-birthdate",
	    "[{\"id\":\"a\",\"name\":[{\"family\":\"zed\"}]},"
	    "{\"id\":\"b\",\"name\":[{\"family\":\"\\u00c4dler\"}],"
	    "\"birthDate\":\"1980\"},"
	    "{\"id\":\"c\",\"name\":[{\"family\":\"adler\"}],"
	    "\"birthDate\":\"1990\"},{\"id\":\"d\"},"
	    "{\"id\":\"e\",\"name\":[{\"family\":\"Abe\"},{\"family\":\"Zu\"}]}"
	    "]",
	    "ecbad", true },
	{ IFACE_PATIENT, FHIR_R4, "-family", NULL,
	    "[{\"id\":\"a\",\"name\":[{\"family\":\"abe\"},{\"family\":\"zz\"}]"
	    "},"
	    "{\"id\":\"b\",\"name\":[{\"family\":\"zu\"}]}]",
	    "ab", true },
	{ IFACE_CONDITION, FHIR_DSTU2, "-date-recorded", NULL,
	    "[{\"id\":\"a\",\"dateRecorded\":\"2020-01-01\"},"
	    "{\"id\":\"b\",\"dateRecorded\":\"2021-01-01\"}]",
	    "ba", false },
};

static struct search_sort
key_of(enum iface_type t, enum fhir_version face, const char *text)
{
	bool newest = text[0] == '-';

	return (struct search_sort){ .param = iface_param(
					 t, face, str_of(text + newest)),
		.newest = newest };
}

static bool
is_sorted(enum iface_type t, enum fhir_version face,
    const struct search_sort *sort, size_t sorts, struct tree_node **list,
    size_t n)
{
	struct match_end end = { .has = false };

	return match_sorted(t, face, sort, sorts, list, n, &end);
}

static void
records_are_put_in_order_and_odd_ones_last(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(orders); i++) {
		struct arena *a = arena_new();
		enum iface_type t = orders[i].t;
		enum fhir_version face = orders[i].face;
		struct search_sort sort[2];
		size_t n, sorts = orders[i].second ? 2 : 1;
		struct tree_node **list = list_of(a, orders[i].records, &n);
		struct buf b = buf_new(a, 64);

		sort[0] = key_of(t, face, orders[i].first);
		if (orders[i].second)
			sort[1] = key_of(t, face, orders[i].second);
		if (is_sorted(t, face, sort, sorts, list, n) !=
		    orders[i].sorted)
			fail_msg("row %zu", i);
		match_sort(a, t, face, sort, sorts, list, n);
		for (size_t k = 0; k < n; k++)
			buf_put(&b, tree_str(list[k], "id").at, 1);
		assert_string_equal(buf_text(&b), orders[i].order);
		assert_true(is_sorted(t, face, sort, sorts, list, n));
		arena_free(a);
	}
}

/* The first page ends with the second record. */
static const struct {
	const char *key, *first, *second;
	bool sorted;
} pages[] = {
	{ "-date", "2026-01-03", "2026-01-02", true },
	{ "-date", "2026-01-03", "2026-01-03", true },
	{ "-date", "2026-01-03", "2026-01-04", false },
	{ "date", "2026-01-03", "2026-01-04", true },
	{ "date", "2026-01-03", "2026-01-02", false },
	{ "date", "someday", "2026-01-02", true },
};

static void
an_order_goes_on_over_pages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pages); i++) {
		struct arena *a = arena_new();
		struct search_sort sort =
		    key_of(IFACE_OBSERVATION, FHIR_R4, pages[i].key);
		struct match_end end = { .has = false };
		struct tree_node *one[2];

		one[0] = help_read(
		    a, arena_printf(a, "{\"effectiveDateTime\":\"%s\"}",
			   pages[i].first));
		one[1] = help_read(
		    a, arena_printf(a, "{\"effectiveDateTime\":\"%s\"}",
			   pages[i].second));
		assert_true(match_sorted(
		    IFACE_OBSERVATION, FHIR_R4, &sort, 1, one, 1, &end));
		if (match_sorted(IFACE_OBSERVATION, FHIR_R4, &sort, 1, one + 1,
			1, &end) != pages[i].sorted)
			fail_msg("row %zu", i);
		arena_free(a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_fits_or_not),
		cmocka_unit_test(all_parameters_must_fit),
		cmocka_unit_test(a_number_without_system_is_a_record_number),
		cmocka_unit_test(a_coverage_is_about_its_beneficiary),
		cmocka_unit_test(a_record_is_about_whom_it_refers_to),
		cmocka_unit_test(a_record_says_whom_it_is_about),
		cmocka_unit_test(an_id_is_one_of_a_list),
		cmocka_unit_test(records_are_put_in_order_and_odd_ones_last),
		cmocka_unit_test(an_order_goes_on_over_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
