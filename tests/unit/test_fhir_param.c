/* test_fhir_param.c - which parameters a type has, and what they look at
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "fhir/iface.h"
#include "fhir/param.h"
#include "tree_help.h"

static void
every_parameter_of_a_face_is_known(void **state)
{
	(void)state;
	for (int v = 0; v < FHIR__MAX; v++)
		for (int t = 0; t < IFACE__MAX; t++) {
			const struct iface_resource *r =
			    iface_resource((enum iface_type)t);

			for (size_t i = 0; i < r->n; i++)
				if ((r->params[i].versions & FHIR_BIT(v)) &&
				    !param_find((enum fhir_version)v,
					r->name[v], str_of(r->params[i].name)))
					fail_msg("%s %s", r->name[v],
					    r->params[i].name);
		}
}

struct found {
	struct buf *b;
};

static void
note(void *ctx, struct tree_node *n)
{
	struct found *f = ctx;

	if (f->b->len)
		buf_char(f->b, ' ');
	if (tree_is(n, TREE_OBJECT))
		buf_str(f->b, "{}");
	else
		buf_put(f->b, tree_text(n).at, tree_text(n).len);
}

static const struct {
	enum fhir_version v;
	const char *type, *param, *json, *values;
} cases[] = {
	{ FHIR_DSTU2, "Patient", "family",
	    "{\"name\":[{\"family\":[\"a\",\"b\"]},{\"family\":\"c\"}]}",
	    "a b c" },
	{ FHIR_R4, "Patient", "birthdate", "{\"birthDate\":\"1980\"}", "1980" },
	{ FHIR_R4, "Patient", "birthdate", "{\"birthDate\":null}", "" },
	{ FHIR_R4, "Observation", "date",
	    "{\"effectivePeriod\":{\"start\":\"2020\"},"
	    "\"effectiveDateTime\":\"2021\"}",
	    "2021 {}" },
	{ FHIR_R4, "Observation", "date",
	    "{\"effectiveTiming\":{\"event\":[\"2020\",\"2021\"]}}",
	    "2020 2021" },
	{ FHIR_STU3, "AllergyIntolerance", "date",
	    "{\"assertedDate\":\"2020\",\"recordedDate\":\"2021\"}", "2020" },
	{ FHIR_R4, "Patient", "family", "{\"name\":\"x\"}", "" },
};

static void
a_parameter_finds_its_values_in_lists_and_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena *a = arena_new();
		struct buf b = buf_new(a, 256);
		struct found f = { &b };
		const struct param *p = param_find(
		    cases[i].v, cases[i].type, str_of(cases[i].param));

		assert_non_null(p);
		param_each(p, help_read(a, cases[i].json), note, &f);
		assert_string_equal(buf_text(&b), cases[i].values);
		arena_free(a);
	}
}

static bool
in_definitions(const char *v, const struct param *p, FILE *tsv)
{
	char line[4096], head[128];
	int n = snprintf(head, sizeof head, "%s\t%s\t%s\t%s\t", v, p->type,
	    p->name, param_kind_name(p->kind));

	rewind(tsv);
	while (fgets(line, sizeof line, tsv))
		if (!strncmp(line, head, (size_t)n))
			return true;
	return false;
}

/* tests/fhir/searchparams.tsv is taken from the definitions of HL7. */
static void
what_fhir_does_not_define_is_marked_as_extra(void **state)
{
	static const char *const names[] = { "dstu2", "stu3", "r4" };
	static const struct param *p;
	FILE *tsv = fopen("tests/fhir/searchparams.tsv", "r");

	(void)state;
	assert_non_null(tsv);
	for (int v = 0; v < FHIR__MAX; v++)
		for (int t = 0; t < IFACE__MAX; t++) {
			const char *type = iface_name(
			    (enum iface_type)t, (enum fhir_version)v);

			for (p = NULL;
			     (p = param_next((enum fhir_version)v, type, p));)
				if (p->type[0] &&
				    in_definitions(names[v], p, tsv) ==
					!!(p->extra & FHIR_BIT(v)))
					fail_msg("%s %s %s", names[v], type,
					    p->name);
		}
	fclose(tsv);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_parameter_of_a_face_is_known),
		cmocka_unit_test(
		    a_parameter_finds_its_values_in_lists_and_alone),
		cmocka_unit_test(what_fhir_does_not_define_is_marked_as_extra),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
