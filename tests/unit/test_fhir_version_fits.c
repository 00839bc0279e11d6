/* test_fhir_version_fits.c - notices other versions, never refuses its own
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "fhir/version.h"

#define D FHIR_BIT(FHIR_DSTU2)
#define S FHIR_BIT(FHIR_STU3)
#define R FHIR_BIT(FHIR_R4)

static const struct tree_limits any = { .object = true };

static const struct {
	const char *json;
	unsigned fits;
} cases[] = {
	{ "{'resourceType':'Patient','id':'1'}", D | S | R },
	{ "{'resourceType':'Patient','name':[{'family':['A']}]}", D },
	{ "{'resourceType':'Patient','name':[{'family':'A'}]}", S | R },
	{ "{'resourceType':'Patient','name':{'family':'A'}}", S | R },
	{ "{'resourceType':'Patient','name':[]}", D | S | R },
	{ "{'resourceType':'Patient','name':[{'family':null}]}", D | S | R },
	{ "{'resourceType':'Patient','careProvider':[{}]}", D },
	{ "{'resourceType':'Patient','generalPractitioner':[{}]}", S | R },
	{ "{'resourceType':'Observation','category':{}}", D },
	{ "{'resourceType':'Observation','category':[{}],'context':{}}", S },
	{ "{'resourceType':'Observation','note':[{}]}", R },
	{ "{'resourceType':'Condition','patient':{}}", D },
	{ "{'resourceType':'Condition','subject':{},"
	  "'clinicalStatus':'active'}",
	    S },
	{ "{'resourceType':'Condition','subject':{},'clinicalStatus':{}}", R },
	{ "{'resourceType':'Encounter','patient':{},'class':'inpatient'}", D },
	{ "{'resourceType':'Encounter','subject':{},'class':{}}", S | R },
	{ "{'resourceType':'Encounter','subject':{},'reasonCode':[]}", R },
	{ "{'resourceType':'AllergyIntolerance','substance':{}}", D },
	{ "{'resourceType':'AllergyIntolerance','code':{},"
	  "'assertedDate':'2020'}",
	    S },
	{ "{'resourceType':'AllergyIntolerance','code':{},"
	  "'recordedDate':'2020'}",
	    R },
	{ "{'resourceType':'MedicationOrder'}", D },
	{ "{'resourceType':'MedicationRequest'}", S | R },
	{ "{'resourceType':'MedicationRequest','requester':{'agent':{}}}", S },
	{ "{'resourceType':'MedicationRequest',"
	  "'dosageInstruction':[{'doseAndRate':[]}]}",
	    R },
	{ "{'resourceType':'Coverage','plan':'x'}", D },
	{ "{'resourceType':'Coverage','beneficiary':{},'class':[]}", R },
	{ "{'resourceType':'Coverage','beneficiary':{},'grouping':{}}", S },
	{ "{'resourceType':'Location','alias':[]}", S | R },
	/* evidence against itself, and what is not known, passes */
	{ "{'resourceType':'Patient','careProvider':[{}],"
	  "'name':[{'family':'A'}]}",
	    D | S | R },
	{ "{'resourceType':'Organization','patient':1}", D | S | R },
	{ "{'resourceType':7}", D | S | R },
	{ "{}", D | S | R },
};

static struct tree_node *
read_text(struct arena *a, struct str text)
{
	struct err e = { 0 };
	struct tree_node *n = tree_read(a, text, &any, &e);

	if (!n)
		fail_msg("%s", e.said);
	return n;
}

static void
only_its_own_versions_take_a_resource(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = str_text(a, str_of(cases[i].json));
		struct tree_node *n;
		unsigned fits = 0;

		for (char *p = text; (p = strchr(p, '\''));)
			*p = '"';
		n = read_text(a, str_of(text));
		for (int v = 0; v < FHIR__MAX; v++) {
			struct err e = { 0 };

			if (version_fits((enum fhir_version)v, n, &e))
				fits |= FHIR_BIT(v);
			else
				assert_int_equal(e.kind, ERR_UPSTREAM_BAD);
		}
		if (fits != cases[i].fits)
			fail_msg("%s: %u", cases[i].json, fits);
	}
	arena_free(a);
}

static void
the_log_learns_which_element_was_wrong(void **state)
{
	struct arena *a = arena_new();
	struct err e = { 0 };

	(void)state;
	assert_false(version_fits(FHIR_STU3,
	    read_text(a,
		STR("{\"resourceType\":\"Condition\",\"clinicalStatus\":{}}")),
	    &e));
	assert_string_equal(e.why,
	    "the provider is set up as STU3, but Condition.clinicalStatus is "
	    "of another version");
	arena_free(a);
}

/* ---- sample files -------------------------------------------------------- */

static const char *
samples(void)
{
	const char *dir = getenv("WG_SAMPLES");

	return dir && dir[0] ? dir : "../shared/fhir";
}

static struct str
file_text(struct arena *a, const char *path)
{
	struct buf b = buf_new(a, 1u << 26);
	FILE *f = fopen(path, "rb");
	char *at;
	size_t n;

	if (!f)
		fail_msg("%s", path);
	while ((at = buf_room(&b, 65536)) && (n = fread(at, 1, 65536, f)))
		buf_filled(&b, n);
	fclose(f);
	return (struct str){ b.at, b.len };
}

static unsigned resources;

/* A resource, and those in the entries of a bundle. */
static void
expect_fit(enum fhir_version v, const struct tree_node *n, const char *path)
{
	const struct tree_node *entry;
	struct err e = { 0 };

	resources++;
	if (!version_fits(v, n, &e))
		fail_msg("%s: %s", path, e.why);
	if (!str_is(tree_str(n, "resourceType"), "Bundle"))
		return;
	tree_each(entry, tree_get(n, "entry"))
	{
		const struct tree_node *inner = tree_get(entry, "resource");

		if (inner)
			expect_fit(v, inner, path);
	}
}

static void
see_file(enum fhir_version v, const char *path)
{
	bool lines =
	    strlen(path) > 7 && !strcmp(path + strlen(path) - 7, ".ndjson");
	struct arena *a = arena_new();
	struct str line, rest = file_text(a, path);

	while (rest.at) {
		line = lines ? str_cut(rest, '\n', &rest) : rest;
		if (!lines)
			rest = STR_NONE;
		if (line.len)
			expect_fit(v, read_text(a, line), path);
	}
	arena_free(a);
}

static void
see_folder(enum fhir_version v, const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	char path[4096];

	if (!d)
		fail_msg("%s", folder);
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.' ||
		    !strcmp(entry->d_name, "index.json"))
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		if (entry->d_type == DT_DIR)
			see_folder(v, path);
		else if (strstr(entry->d_name, "json"))
			see_file(v, path);
	}
	closedir(d);
}

static void
no_sample_is_refused_by_its_own_version(void **state)
{
	static const char *const names[] = { "dstu2", "stu3", "r4" };
	char path[4096];

	(void)state;
	snprintf(path, sizeof path, "%s/ward", samples());
	if (access(path, R_OK)) {
		print_message("no samples in %s: not looked at\n", samples());
		skip();
	}
	for (int v = 0; v < FHIR__MAX; v++) {
		snprintf(path, sizeof path, "%s/%s", samples(), names[v]);
		see_folder((enum fhir_version)v, path);
		snprintf(path, sizeof path, "%s/ward/%s", samples(), names[v]);
		see_folder((enum fhir_version)v, path);
	}
	print_message("%u resources\n", resources);
	assert_true(resources > 5000);
}

/* How well strangers are told apart: of the ward's resources, as many as carry
 * any evidence must be refused by the versions they are not of. */
static void
a_wards_records_are_refused_by_the_version_two_steps_away(void **state)
{
	static const char *const types[] = { "Patient", "Condition",
		"Encounter", "AllergyIntolerance", "Observation" };
	char path[4096];

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		struct arena *a = arena_new();
		struct str rest;

		snprintf(path, sizeof path, "%s/ward/dstu2/%s.ndjson",
		    samples(), types[i]);
		if (access(path, R_OK)) {
			print_message("no %s: not looked at\n", path);
			arena_free(a);
			skip();
		}
		rest = file_text(a, path);
		while (rest.at) {
			struct str line = str_cut(rest, '\n', &rest);
			struct err e = { 0 };

			if (line.len &&
			    version_fits(FHIR_R4, read_text(a, line), &e))
				fail_msg("%s: %.*s", path, STR_FMT(line));
		}
		arena_free(a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_its_own_versions_take_a_resource),
		cmocka_unit_test(the_log_learns_which_element_was_wrong),
		cmocka_unit_test(no_sample_is_refused_by_its_own_version),
		cmocka_unit_test(
		    a_wards_records_are_refused_by_the_version_two_steps_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
