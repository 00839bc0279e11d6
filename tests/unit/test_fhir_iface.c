/* test_fhir_iface.c - the contract's tables hold together
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"
#include "fhir/iface.h"

static const struct {
	enum fhir_version face;
	const char *name;
	int type; /* -1: not served */
} types[] = {
	{ FHIR_DSTU2, "Patient", IFACE_PATIENT },
	{ FHIR_DSTU2, "MedicationOrder", IFACE_MEDICATION },
	{ FHIR_DSTU2, "MedicationRequest", -1 },
	{ FHIR_STU3, "MedicationRequest", IFACE_MEDICATION },
	{ FHIR_R4, "MedicationRequest", IFACE_MEDICATION },
	{ FHIR_R4, "MedicationOrder", -1 },
	{ FHIR_STU3, "MedicationStatement", -1 },
	{ FHIR_R4, "Location", IFACE_LOCATION },
	{ FHIR_R4, "patient", -1 },
	{ FHIR_R4, "Practitioner", -1 },
	{ FHIR_R4, "", -1 },
};

static void
a_face_serves_the_types_of_its_version(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		enum iface_type t = IFACE__MAX;
		bool found =
		    iface_named(&t, types[i].face, str_of(types[i].name));

		if (found != (types[i].type >= 0) ||
		    (found && (int)t != types[i].type))
			fail_msg("%s", types[i].name);
		if (found)
			assert_string_equal(
			    iface_name(t, types[i].face), types[i].name);
	}
}

static const struct {
	enum iface_type type;
	enum fhir_version face;
	const char *name;
	const char *canonical; /* NULL: unknown */
} params[] = {
	{ IFACE_PATIENT, FHIR_DSTU2, "_id", "_id" },
	{ IFACE_PATIENT, FHIR_DSTU2, "id", "_id" },
	{ IFACE_PATIENT, FHIR_R4, "ID", "_id" },
	{ IFACE_PATIENT, FHIR_R4, "BirthDate", "birthdate" },
	{ IFACE_PATIENT, FHIR_R4, "patient", NULL },
	{ IFACE_ALLERGY, FHIR_STU3, "Patient", "patient" },
	{ IFACE_ALLERGY, FHIR_STU3, "PATIENT", "patient" },
	{ IFACE_CONDITION, FHIR_R4, "subject", "patient" },
	{ IFACE_COVERAGE, FHIR_DSTU2, "patient", "patient" },
	{ IFACE_COVERAGE, FHIR_STU3, "beneficiary", "patient" },
	{ IFACE_CONDITION, FHIR_DSTU2, "clinicalstatus", "clinicalstatus" },
	{ IFACE_CONDITION, FHIR_R4, "clinicalstatus", NULL },
	{ IFACE_CONDITION, FHIR_R4, "clinical-status", "clinical-status" },
	{ IFACE_ENCOUNTER, FHIR_DSTU2, "class", NULL },
	{ IFACE_MEDICATION, FHIR_DSTU2, "datewritten", "datewritten" },
	{ IFACE_MEDICATION, FHIR_R4, "datewritten", NULL },
	{ IFACE_PATIENT, FHIR_R4, "ssn", NULL },
	{ IFACE_PATIENT, FHIR_R4, "", NULL },
};

static void
a_parameter_is_found_by_any_of_its_spellings(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(params); i++) {
		const struct iface_param *p = iface_param(
		    params[i].type, params[i].face, str_of(params[i].name));

		if (!!p != !!params[i].canonical)
			fail_msg("%s", params[i].name);
		if (!p)
			continue;
		assert_string_equal(p->name, params[i].canonical);
		assert_ptr_equal(p,
		    iface_canonical(params[i].type, params[i].face, p->name));
	}
	assert_null(iface_canonical(IFACE_PATIENT, FHIR_R4, "id"));
}

/* Calls back with each parameter of each face. */
static void
each_param(void (*see)(enum iface_type, enum fhir_version,
	       const struct iface_param *, void *),
    void *ctx)
{
	for (int t = 0; t < IFACE__MAX; t++)
		for (int v = 0; v < FHIR__MAX; v++)
			for (size_t i = 0; i < iface_resource(t)->n; i++) {
				const struct iface_param *p =
				    &iface_resource(t)->params[i];

				if (p->versions & FHIR_BIT(v))
					see((enum iface_type)t,
					    (enum fhir_version)v, p, ctx);
			}
}

static void
see_row(enum iface_type t, enum fhir_version v, const struct iface_param *p,
    void *ctx)
{
	(void)ctx;
	/* no name or alias is taken twice on one face */
	if (iface_param(t, v, str_of(p->name)) != p)
		fail_msg("%s.%s", iface_name(t, v), p->name);
	if (p->alias && iface_param(t, v, str_of(p->alias)) != p)
		fail_msg("%s.%s", iface_name(t, v), p->alias);
	assert_true(p->about && p->about[0]);
	assert_true(!p->codes || p->kind == IFACE_TOKEN);
	assert_true(!p->modifiers || p->kind == IFACE_STRING);
	assert_non_null(iface_kind_name(p->kind));
}

static void
every_row_is_of_one_piece(void **state)
{
	(void)state;
	each_param(see_row, NULL);
	for (int t = 0; t < IFACE__MAX; t++) {
		const struct iface_resource *r = iface_resource(t);

		assert_true(r->actions & (1u << IFACE_READ));
		assert_int_equal(r->clinical, r->subject[FHIR_R4] != NULL);
		assert_int_equal(r->clinical,
		    iface_param(t, FHIR_R4, STR("patient")) != NULL);
	}
}

/* The standard's own list: version, resource, name, type, targets. */
static bool
in_standard(FILE *list, enum fhir_version v, const char *type,
    const struct iface_param *p)
{
	static const char *const names[] = { "dstu2", "stu3", "r4" };
	char line[16384], want[256];

	snprintf(want, sizeof want, "%s\t%s\t%s\t%s\t", names[v], type, p->name,
	    iface_kind_name(p->kind));
	rewind(list);
	while (fgets(line, sizeof line, list))
		if (!strncmp(line, want, strlen(want)))
			return true;
	return false;
}

static void
see_standard(enum iface_type t, enum fhir_version v,
    const struct iface_param *p, void *ctx)
{
	if (!strcmp(p->name, "_id") ||
	    (t == IFACE_COVERAGE && v != FHIR_R4)) /* the app's own */
		return;
	if (!in_standard(ctx, v, iface_name(t, v), p))
		fail_msg("%s.%s is no parameter of %s", iface_name(t, v),
		    p->name, version_name(v));
}

static void
every_name_and_kind_is_the_standards(void **state)
{
	FILE *list = fopen("tests/fhir/searchparams.tsv", "r");

	(void)state;
	assert_non_null(list); /* tests run at the top of the repository */
	each_param(see_standard, list);
	fclose(list);
}

static const struct {
	const char *text;
	bool good;
} ids[] = {
	{ "a", true },
	{ "A-1.b", true },
	{ "...a", true },
	{ "0123456789012345678901234567890123456789012345678901234567890123",
	    true },
	{ "01234567890123456789012345678901234567890123456789012345678901234",
	    false },
	{ "", false },
	{ ".", false },
	{ "..", false },
	{ "a/b", false },
	{ "a b", false },
	{ "a_b", false },
	{ "\xc3\xa4", false },
	{ "a%20", false },
};

static void
an_id_is_safe_to_stand_in_a_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ids); i++)
		if (iface_id(str_of(ids[i].text)) != ids[i].good)
			fail_msg("%s", ids[i].text);
	assert_false(iface_id((struct str){ "a\0b", 3 }));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_face_serves_the_types_of_its_version),
		cmocka_unit_test(a_parameter_is_found_by_any_of_its_spellings),
		cmocka_unit_test(every_row_is_of_one_piece),
		cmocka_unit_test(every_name_and_kind_is_the_standards),
		cmocka_unit_test(an_id_is_safe_to_stand_in_a_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
