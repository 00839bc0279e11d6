/* test_fhir_version.c - faces, media types and version numbers
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "fhir/version.h"

#define NONE FHIR__MAX /* refused */

static const struct {
	const char *path;
	enum fhir_version version; /* NONE: under no face */
	bool fixed;
	const char *face, *rest;
} paths[] = {
	{ "/fhir", FHIR_R4, false, "/fhir", "" },
	{ "/fhir/", FHIR_R4, false, "/fhir", "/" },
	{ "/fhir/metadata", FHIR_R4, false, "/fhir", "/metadata" },
	{ "/fhir/Patient/1", FHIR_R4, false, "/fhir", "/Patient/1" },
	{ "/fhir/dstu2", FHIR_DSTU2, true, "/fhir/dstu2", "" },
	{ "/fhir/dstu2/Patient", FHIR_DSTU2, true, "/fhir/dstu2", "/Patient" },
	{ "/fhir/stu3/", FHIR_STU3, true, "/fhir/stu3", "/" },
	{ "/fhir/r4/a/b", FHIR_R4, true, "/fhir/r4", "/a/b" },
	{ "/fhir/dstu2x/Patient", FHIR_R4, false, "/fhir", "/dstu2x/Patient" },
	{ "/fhir/DSTU2/Patient", FHIR_R4, false, "/fhir", "/DSTU2/Patient" },
	{ "/fhirs", NONE, false, "", "" },
	{ "/", NONE, false, "", "" },
	{ "", NONE, false, "", "" },
	{ "/oauth2/token", NONE, false, "", "" },
};

static void
a_path_names_its_face_or_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct version_face f;
		bool found =
		    version_of_path(&f, str_of(paths[i].path), FHIR_R4);

		if (found != (paths[i].version != NONE))
			fail_msg("%s", paths[i].path);
		if (!found)
			continue;
		assert_int_equal(f.version, paths[i].version);
		assert_int_equal(f.fixed, paths[i].fixed);
		assert_true(str_is(f.path, paths[i].face));
		assert_true(str_is(f.rest, paths[i].rest));
	}
}

static const struct {
	const char *face; /* as in a path */
	const char *accept, *format;
	enum fhir_version version; /* of the answer; NONE: 406 */
} asked[] = {
	{ "/fhir/r4", NULL, NULL, FHIR_R4 },
	{ "/fhir/r4", "", "", FHIR_R4 },
	{ "/fhir/r4", "*/*", NULL, FHIR_R4 },
	{ "/fhir/r4", "application/*", NULL, FHIR_R4 },
	{ "/fhir/r4", "application/json", NULL, FHIR_R4 },
	{ "/fhir/r4", "Application/JSON+FHIR", NULL, FHIR_R4 },
	{ "/fhir/dstu2", "application/fhir+json", NULL, FHIR_DSTU2 },
	{ "/fhir/r4", "application/fhir+json; charset=utf-8", NULL, FHIR_R4 },
	{ "/fhir/r4", "text/html,application/xhtml+xml,*/*;q=0.8", NULL,
	    FHIR_R4 },
	{ "/fhir/r4", "application/fhir+xml, application/json;q=0.1", NULL,
	    FHIR_R4 },
	/* nothing but JSON is written */
	{ "/fhir/r4", "application/fhir+xml", NULL, NONE },
	{ "/fhir/r4", "application/xml, text/xml", NULL, NONE },
	{ "/fhir/r4", "text/html", NULL, NONE },
	{ "/fhir/r4", "text/*", NULL, NONE },
	{ "/fhir/r4", "application/jsonp", NULL, NONE },
	{ "/fhir/r4", "application/json;q=0", NULL, NONE },
	{ "/fhir/r4", "application/json;q=0.000, */*", NULL, NONE },
	{ "/fhir/r4", "application/json;q=0, application/fhir+json", NULL,
	    FHIR_R4 },
	{ "/fhir/r4", "\"application/json", NULL, NONE },
	{ "/fhir/r4", ",,;;==", NULL, NONE },
	/* _format wins, and a bare + arrives as a blank */
	{ "/fhir/r4", "application/fhir+xml", "json", FHIR_R4 },
	{ "/fhir/r4", "application/json", "xml", NONE },
	{ "/fhir/r4", NULL, "application/fhir json", FHIR_R4 },
	{ "/fhir/dstu2", NULL, "application/json fhir", FHIR_DSTU2 },
	{ "/fhir/r4", NULL, "application/fhir+xml", NONE },
	{ "/fhir/r4", NULL, "html", NONE },
	{ "/fhir/r4", NULL, " ", FHIR_R4 },
	/* fhirVersion must be the face's; on the default face it chooses */
	{ "/fhir/r4", "application/fhir+json; fhirVersion=4.0", NULL, FHIR_R4 },
	{ "/fhir/r4", "application/fhir+json; fhirVersion=\"4.0\"", NULL,
	    FHIR_R4 },
	{ "/fhir/r4", "application/fhir+json; FHIRVERSION=3.0", NULL, NONE },
	{ "/fhir/r4", "application/fhir+json; fhirVersion=5.0", NULL, NONE },
	{ "/fhir/r4", "*/*; fhirVersion=3.0", NULL, NONE },
	{ "/fhir/r4",
	    "application/fhir+json;fhirVersion=3.0, "
	    "application/fhir+json;fhirVersion=4.0;q=0.5",
	    NULL, FHIR_R4 },
	{ "/fhir", "application/fhir+json; fhirVersion=3.0", NULL, FHIR_STU3 },
	{ "/fhir", "application/json; fhirVersion=1.0", NULL, FHIR_DSTU2 },
	{ "/fhir", "application/fhir+json; fhirVersion=5.0", NULL, NONE },
	{ "/fhir",
	    "application/fhir+json;fhirVersion=3.0;q=0.2, "
	    "application/fhir+json;fhirVersion=1.0;q=0.9",
	    NULL, FHIR_DSTU2 },
	{ "/fhir", NULL, "application/fhir+json; fhirVersion=3.0", FHIR_STU3 },
	{ "/fhir", "application/json", NULL, FHIR_R4 },
};

static void
the_format_asked_for_is_json_of_the_faces_version(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(asked); i++) {
		struct version_face f;
		struct err e = { 0 };
		bool ok;

		assert_true(
		    version_of_path(&f, str_of(asked[i].face), FHIR_R4));
		ok = version_accepted(
		    &f, str_of(asked[i].accept), str_of(asked[i].format), &e);
		if (ok != (asked[i].version != NONE))
			fail_msg("row %zu: %s %s", i, asked[i].accept,
			    asked[i].format);
		if (ok)
			assert_int_equal(f.version, asked[i].version);
		else
			assert_int_equal(e.kind, ERR_NOT_ACCEPTED);
	}
}

static void
the_refusal_says_what_would_be_answered(void **state)
{
	struct version_face f;
	struct err e = { 0 };

	(void)state;
	version_of_path(&f, STR("/fhir/stu3/Patient"), FHIR_R4);
	assert_false(version_accepted(
	    &f, STR("application/fhir+json;fhirVersion=4.0"), STR_NONE, &e));
	assert_string_equal(e.said,
	    "fhirVersion asks for a FHIR version that this address does not "
	    "speak: /fhir/stu3 speaks STU3 (3.0.1).");
	err_clear(&e);
	assert_false(version_accepted(&f, STR("text/xml"), STR_NONE, &e));
	assert_string_equal(e.said,
	    "Answers come in JSON only: ask for application/fhir+json, or for "
	    "no format at all.");
}

static const struct {
	const char *media;
	bool json;
	unsigned fits; /* versions */
} media[] = {
	{ "application/json", true, FHIR_ALL },
	{ "application/fhir+json", true, FHIR_ALL },
	{ "application/json+fhir;charset=UTF-8", true, FHIR_ALL },
	{ "application/fhir+json; charset=\"utf-8\"", true, FHIR_ALL },
	{ "application/fhir+json; fhirVersion=4.0", true, FHIR_BIT(FHIR_R4) },
	{ "application/fhir+json; fhirVersion=3.0", true, FHIR_BIT(FHIR_STU3) },
	{ "application/fhir+json; fhirVersion=4.3", true, 0 },
	{ "application/json; charset=utf-16", false, 0 },
	{ "application/fhir+xml", false, 0 },
	{ "text/html", false, 0 },
	{ "", false, 0 },
	{ NULL, false, 0 },
	{ "*/*", false, 0 },
};

static void
json_is_known_by_its_media_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(media); i++) {
		unsigned fits = 0;

		if (version_is_json(str_of(media[i].media)) != media[i].json)
			fail_msg("%s", media[i].media);
		for (int v = 0; v < FHIR__MAX; v++)
			if (version_media_fits(
				(enum fhir_version)v, str_of(media[i].media)))
				fits |= FHIR_BIT(v);
		assert_int_equal(fits, media[i].fits);
	}
}

static const struct {
	const char *number;
	enum fhir_version version;
} numbers[] = {
	{ "1.0.2", FHIR_DSTU2 },
	{ "1.0.0", FHIR_DSTU2 },
	{ "1.0", FHIR_DSTU2 },
	{ "3.0.0", FHIR_STU3 },
	{ "3.0.1", FHIR_STU3 },
	{ "3.0.2", FHIR_STU3 },
	{ "4.0.1", FHIR_R4 },
	{ "4.0", FHIR_R4 },
	{ "4.0.", NONE },
	{ "4.01", NONE },
	{ "4.0.10", NONE },
	{ "4.0.1-ballot", NONE },
	{ "4.3.0", NONE },
	{ "4", NONE },
	{ "", NONE },
	{ "5.0.0", NONE },
};

static void
version_numbers_are_read_by_series(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		enum fhir_version v = NONE;

		version_numbered(&v, str_of(numbers[i].number));
		if (v != numbers[i].version)
			fail_msg("%s", numbers[i].number);
	}
}

static void
each_version_reads_its_own_facts(void **state)
{
	(void)state;
	for (int i = 0; i < FHIR__MAX; i++) {
		enum fhir_version v = (enum fhir_version)i, back = NONE;
		struct version_face f;

		assert_true(version_named(&back, str_of(version_name(v))));
		assert_int_equal(back, v);
		assert_true(version_numbered(&back, str_of(version_number(v))));
		assert_int_equal(back, v);
		assert_true(version_is_json(str_of(version_mime(v))));
		assert_true(version_of_path(
		    &f, str_of(version_face(v)), (enum fhir_version) !i));
		assert_int_equal(f.version, v);
	}
	assert_string_equal(
	    version_mime(FHIR_DSTU2), "application/json+fhir; charset=utf-8");
	assert_string_equal(
	    version_mime(FHIR_R4), "application/fhir+json; charset=utf-8");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_names_its_face_or_none),
		cmocka_unit_test(
		    the_format_asked_for_is_json_of_the_faces_version),
		cmocka_unit_test(the_refusal_says_what_would_be_answered),
		cmocka_unit_test(json_is_known_by_its_media_type),
		cmocka_unit_test(version_numbers_are_read_by_series),
		cmocka_unit_test(each_version_reads_its_own_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
