/* test_fhir_search_map.c - parameters change their names and come back
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fhir/search_map.h"

/* What one version can be asked and another cannot. */
static const struct {
	enum iface_type t;
	enum fhir_version face, to;
	const char *name;
} alone[] = {
	{ IFACE_CONDITION, FHIR_STU3, FHIR_DSTU2, "verification-status" },
	{ IFACE_CONDITION, FHIR_R4, FHIR_DSTU2, "verification-status" },
	{ IFACE_ENCOUNTER, FHIR_STU3, FHIR_DSTU2, "class" },
	{ IFACE_ENCOUNTER, FHIR_R4, FHIR_DSTU2, "class" },
	{ IFACE_ALLERGY, FHIR_DSTU2, FHIR_STU3, "status" },
	{ IFACE_ALLERGY, FHIR_DSTU2, FHIR_R4, "status" },
	{ IFACE_ALLERGY, FHIR_STU3, FHIR_DSTU2, "clinical-status" },
	{ IFACE_ALLERGY, FHIR_STU3, FHIR_DSTU2, "verification-status" },
	{ IFACE_ALLERGY, FHIR_R4, FHIR_DSTU2, "clinical-status" },
	{ IFACE_ALLERGY, FHIR_R4, FHIR_DSTU2, "verification-status" },
};

static bool
stands_alone(enum iface_type t, enum fhir_version face, enum fhir_version to,
    const char *name)
{
	for (size_t i = 0; i < COUNT(alone); i++)
		if (alone[i].t == t && alone[i].face == face &&
		    alone[i].to == to && !strcmp(alone[i].name, name))
			return true;
	return false;
}

static void
goes_and_comes_back(enum iface_type t, enum fhir_version face,
    enum fhir_version to, const struct iface_param *p)
{
	const struct iface_param *there = search_map_param(t, face, to, p);

	if (!there != stands_alone(t, face, to, p->name))
		fail_msg("%s %s to %s", iface_name(t, face), p->name,
		    version_name(to));
	if (!there)
		return;
	assert_true(there->versions & FHIR_BIT(to));
	assert_int_equal(there->kind, p->kind);
	assert_ptr_equal(search_map_param(t, to, face, there), p);
}

static void
every_name_of_a_face_is_known_elsewhere_or_listed_here(void **state)
{
	(void)state;
	for (int t = 0; t < IFACE__MAX; t++)
		for (int v = 0; v < FHIR__MAX * FHIR__MAX; v++) {
			const struct iface_resource *r =
			    iface_resource((enum iface_type)t);
			enum fhir_version face = (enum fhir_version)(v / 3);
			enum fhir_version to = (enum fhir_version)(v % 3);

			for (size_t i = 0; i < r->n; i++)
				if (r->params[i].versions & FHIR_BIT(face))
					goes_and_comes_back((enum iface_type)t,
					    face, to, &r->params[i]);
		}
}

static struct search_mapped
map(struct arena *a, enum iface_type t, enum fhir_version face,
    enum fhir_version to, const char *name, const char *value)
{
	struct search_param p = { .param = iface_canonical(t, face, name),
		.value = str_of(value) };

	assert_non_null(p.param);
	return search_map(a, t, face, to, &p);
}

static void
what_did_not_change_keeps_its_bytes(void **state)
{
	static const char *const values[] = { "a", "a\\,b,c", "|a",
		"urn:x|a\\|b", "http://loinc.org|1-8,http://loinc.org|2",
		"urn:x|" };
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++)
		for (int v = 0; v < FHIR__MAX * FHIR__MAX; v++) {
			struct search_mapped m = map(a, IFACE_OBSERVATION,
			    (enum fhir_version)(v / 3),
			    (enum fhir_version)(v % 3), "code", values[i]);

			assert_true(str_is(m.value, values[i]));
			assert_true(m.exact);
			assert_string_equal(m.param->name, "code");
		}
	arena_free(a);
}

static void
one_code_that_cannot_be_asked_takes_the_rest_along(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_null(map(
	    a, IFACE_ALLERGY, FHIR_DSTU2, FHIR_R4, "status", "confirmed,active")
			.param);
	assert_null(map(a, IFACE_ALLERGY, FHIR_DSTU2, FHIR_R4, "status",
	    "confirmed,resolved")
			.param);
	assert_false(map(a, IFACE_ALLERGY, FHIR_DSTU2, FHIR_R4, "status",
	    "refuted,confirmed")
			 .exact);
	assert_true(map(a, IFACE_ALLERGY, FHIR_DSTU2, FHIR_R4, "status",
	    "refuted,entered-in-error")
			.exact);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_name_of_a_face_is_known_elsewhere_or_listed_here),
		cmocka_unit_test(what_did_not_change_keeps_its_bytes),
		cmocka_unit_test(
		    one_code_that_cannot_be_asked_takes_the_rest_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
