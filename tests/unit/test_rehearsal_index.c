/* test_rehearsal_index.c - resources are found by what stands in them
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "rehearsal/rehearsal_index.h"
#include "rehearsal/rehearsal_type.h"

#define DAY "2026-11-19T00:00:00.000000..2026-11-20T00:00:00.000000"

/* Terms of one parameter as "key[@system][..upto] " in order. */
static const struct {
	enum fhir_version v;
	const char *resource, *param, *terms;
} cases[] = {
	{ FHIR_R4, "{\"resourceType\":\"Patient\",\"id\":\"p-1\"}", "_id",
	    "p-1@ " },
	{ FHIR_R4,
	    "{\"resourceType\":\"Patient\",\"name\":[{\"use\":\"official\","
	    "\"family\":\"Østergård\",\"given\":[\"Åse\",\"Maj\"]},"
	    "{\"family\":\"Weiß\"}]}",
	    "family", "ostergard weiss " },
	{ FHIR_DSTU2,
	    "{\"resourceType\":\"Patient\",\"name\":[{\"family\":[\"García\","
	    "\"Ruiz\"]}]}",
	    "family", "garcia ruiz " },
	{ FHIR_R4,
	    "{\"resourceType\":\"Patient\",\"name\":[{\"use\":\"official\","
	    "\"_family\":{\"id\":\"x\"},\"family\":\"A\",\"given\":[\"B\"],"
	    "\"prefix\":[\"Dr\"],\"period\":{\"start\":\"2020\"}}]}",
	    "name", "a b dr " },
	{ FHIR_R4,
	    "{\"resourceType\":\"Patient\",\"identifier\":[{\"system\":\"s\","
	    "\"value\":\"1\"},{\"value\":\"2\"},{\"system\":\"only\"}]}",
	    "identifier", "1@s 2@ " },
	{ FHIR_R4,
	    "{\"resourceType\":\"Patient\",\"identifier\":[{\"type\":{"
	    "\"coding\":[{\"system\":\"t\",\"code\":\"MR\"}]},"
	    "\"value\":\"1\"}]}",
	    "identifier:of-type", "1@t|MR " },
	{ FHIR_R4, "{\"resourceType\":\"Patient\",\"active\":true}", "active",
	    "true@ " },
	{ FHIR_R4,
	    "{\"resourceType\":\"Patient\",\"birthDate\":\"2026-11-19\"}",
	    "birthdate", DAY " " },
	{ FHIR_R4, "{\"resourceType\":\"Patient\",\"birthDate\":\"soon\"}",
	    "birthdate", "" },
	{ FHIR_STU3,
	    "{\"resourceType\":\"Encounter\",\"period\":{\"start\":"
	    "\"2026-11-19\"}}",
	    "date", "2026-11-19T00:00:00.000000..9999-99-99T99:99:99.999999 " },
	{ FHIR_STU3,
	    "{\"resourceType\":\"Encounter\",\"period\":{\"end\":"
	    "\"2026-11-19\"}}",
	    "date", "0000-00-00T00:00:00.000000..2026-11-20T00:00:00.000000 " },
	{ FHIR_R4,
	    "{\"resourceType\":\"Observation\",\"category\":[{\"coding\":[{"
	    "\"system\":\"c\",\"code\":\"vital-signs\"},{\"code\":\"x\"}]}]}",
	    "category", "vital-signs@c x@ " },
	{ FHIR_DSTU2, /* one value where later versions have a list */
	    "{\"resourceType\":\"Observation\",\"category\":{\"coding\":[{"
	    "\"code\":\"vital-signs\"}]}}",
	    "category", "vital-signs@ " },
	{ FHIR_R4,
	    "{\"resourceType\":\"Observation\",\"component\":[{\"code\":{"
	    "\"coding\":[{\"code\":\"8480-6\"}]}},{\"code\":{\"coding\":[{"
	    "\"code\":\"8462-4\"}]}}]}",
	    "component-code", "8480-6@ 8462-4@ " },
	{ FHIR_R4,
	    "{\"resourceType\":\"Observation\",\"subject\":{\"reference\":"
	    "\"Patient/p-1\"}}",
	    "patient", "p-1@Patient " },
	{ FHIR_R4,
	    "{\"resourceType\":\"Observation\",\"subject\":{\"reference\":"
	    "\"Group/g-1\"}}",
	    "patient", "" },
	{ FHIR_R4,
	    "{\"resourceType\":\"Observation\",\"subject\":{\"reference\":"
	    "\"Group/g-1/_history/3\"}}",
	    "subject", "g-1@Group " },
	{ FHIR_R4,
	    "{\"resourceType\":\"Observation\",\"subject\":{\"reference\":"
	    "\"http://elsewhere.example/Patient/1\"}}",
	    "subject", "http://elsewhere.example/Patient/1@ " },
	{ FHIR_R4,
	    "{\"resourceType\":\"Observation\",\"subject\":{\"reference\":"
	    "\"#p\"}}",
	    "subject", "" },
	{ FHIR_DSTU2,
	    "{\"resourceType\":\"Coverage\",\"subscriber\":{\"reference\":"
	    "\"Patient/p-1\"}}",
	    "patient", "p-1@Patient " },
	{ FHIR_STU3,
	    "{\"resourceType\":\"MedicationRequest\",\"requester\":{\"agent\":"
	    "{\"reference\":\"Practitioner/d-1\"}}}",
	    "requester", "d-1@Practitioner " },
	{ FHIR_R4,
	    "{\"resourceType\":\"Condition\",\"clinicalStatus\":{\"coding\":[{"
	    "\"system\":\"c\",\"code\":\"active\"}]}}",
	    "clinical-status", "active@c " },
	{ FHIR_DSTU2,
	    "{\"resourceType\":\"Condition\",\"clinicalStatus\":\"active\"}",
	    "clinicalstatus", "active@ " },
	{ FHIR_STU3,
	    "{\"resourceType\":\"AllergyIntolerance\",\"code\":{\"coding\":[{"
	    "\"code\":\"1\"}]},\"reaction\":[{\"substance\":{\"coding\":[{"
	    "\"code\":\"2\"}]}}]}",
	    "code", "1@ 2@ " },
	{ FHIR_R4, /* wrong shapes have no terms and do no harm */
	    "{\"resourceType\":\"Patient\",\"name\":7,\"identifier\":[[[]]],"
	    "\"birthDate\":{},\"gender\":null,\"managingOrganization\":[]}",
	    "gender", "" },
};

static void
put_terms(struct buf *b, const struct rehearsal_terms *t, const char *param)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		const struct rehearsal_term *m = &t->at[i];

		if (strcmp(m->param, param))
			continue;
		buf_put(b, m->key.at, m->key.len);
		if (m->system.at)
			buf_fmt(b, "@%.*s", STR_FMT(m->system));
		if (m->upto.at)
			buf_fmt(b, "..%.*s", STR_FMT(m->upto));
		buf_char(b, ' ');
	}
}

static void
every_kind_of_value_has_its_terms(void **state)
{
	const struct tree_limits lim = { .object = true };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct arena *a = arena_new();
		struct err e = { .kind = ERR_NONE };
		struct rehearsal_terms t = { .a = a };
		struct buf b = buf_new(a, 10000);
		struct tree_node *n =
		    tree_read(a, str_of(cases[i].resource), &lim, &e);
		const char *type;

		assert_non_null(n);
		type = rehearsal_type(cases[i].v, tree_str(n, "resourceType"));
		assert_non_null(type);
		rehearsal_index(&t, cases[i].v, n, type);
		put_terms(&b, &t, cases[i].param);
		if (strcmp(buf_text(&b), cases[i].terms))
			fail_msg("%s of %s: %s", cases[i].param,
			    cases[i].resource, buf_text(&b));
		arena_free(a);
	}
}

static void
long_values_are_cut_between_characters(void **state)
{
	struct arena *a = arena_new();
	struct err e = { .kind = ERR_NONE };
	const struct tree_limits lim = { .object = true };
	struct rehearsal_terms t = { .a = a };
	struct buf b = buf_new(a, 10000);
	int i;

	(void)state;
	buf_str(&b, "{\"gender\":\"x");
	for (i = 0; i < 400; i++)
		buf_str(&b, "語");
	buf_str(&b, "\"}");
	rehearsal_index(&t, FHIR_R4,
	    tree_read(a, (struct str){ buf_text(&b), b.len }, &lim, &e),
	    "Patient");
	assert_int_equal(t.n, 1);
	assert_int_equal(t.at[0].key.len, REHEARSAL_KEY_MAX - 1);
	assert_true(utf8_valid(t.at[0].key));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_value_has_its_terms),
		cmocka_unit_test(long_values_are_cut_between_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
