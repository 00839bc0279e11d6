/* test_rehearsal_ward_edit.c - made-up records that are added and changed by hand
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rehearsal/ward_edit.h"
#include "rehearsal/ward_path.h"
#include "rehearsal/ward_shape.h"
#include "tree_help.h"

#define NOW_US INT64_C(1795000000123000) /* 2026-11-18T11:06:40.123Z */

static struct arena *a;

static int
set_up(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

/* A record in which ' stands for ". */
static struct tree_node *
record_of(const char *text)
{
	char *p, *copy = arena_printf(a, "%s", text);

	for (p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	return help_read(a, copy);
}

static const char *
quoted(const struct tree_node *n)
{
	char *p, *text = arena_printf(a, "%s", help_write(a, n));

	for (p = text; *p; p++)
		if (*p == '"')
			*p = '\'';
	return text;
}

static size_t
field(const struct ward_kind *k, const char *name)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (!strcmp(k->fields[i].name, name))
			return i;
	fail_msg("no field %s", name);
	return 0;
}

static struct tree_node *
set(struct tree_node *record, enum fhir_version v, const char *kind,
    const char *name, const char *value)
{
	const struct ward_kind *k = ward_kind_named(str_of(kind));

	ward_edit_set(a, k, v, record, field(k, name), str_of(value));
	return record;
}

static struct tree_node *
made(const struct ward_kind *k, enum fhir_version v)
{
	return ward_edit_new(a, v, k, ward_edit_id(a, k, STR("00ff00ff00ff")),
	    STR("person-1"), STR("stay-1"));
}

/* ---- new ---- */

static const char *
some_value(const struct ward_field *f, enum fhir_version v)
{
	struct str rest;

	if (f->words[v])
		return str_text(a, str_cut(str_of(f->words[v]), ' ', &rest));
	if (f->how == WARD_NUMBER)
		return "36.50";
	return ward_known(f->list, 0) ? ward_known(f->list, 0) : "2026-11-20";
}

static void
every_field_reads_as_it_was_set(void **state)
{
	size_t n, i;
	int v;

	(void)state;
	for (n = 0; n < ward_kinds_n; n++)
		for (v = 0; v < FHIR__MAX; v++) {
			const struct ward_kind *k = &ward_kinds[n];
			struct tree_node *r = made(k, v);

			for (i = 0; i < k->n; i++)
				set(r, v, k->name, k->fields[i].name,
				    some_value(&k->fields[i], v));
			r = help_read(a, help_write(a, r));
			for (i = 0; i < k->n; i++)
				assert_string_equal(
				    str_text(a,
					ward_field_get(a, &k->fields[i], v, r)),
				    some_value(&k->fields[i], v));
			if (k->made)
				assert_ptr_equal(ward_kind_of(v, r), k);
		}
}

/* But what is needed, which is always set. */
static void
a_new_one_is_empty_and_points_at_its_patient(void **state)
{
	struct tree_node *n;
	size_t k, i;
	int v;

	(void)state;
	for (k = 0; k < ward_kinds_n; k++)
		for (v = 0; v < FHIR__MAX; v++) {
			const struct ward_kind *kind = &ward_kinds[k];
			struct tree_node *r = made(kind, v);

			for (i = 0; i < kind->n; i++)
				if (!kind->fields[i].needed)
					assert_int_equal(
					    ward_field_get(
						a, &kind->fields[i], v, r)
						.len,
					    0);
			for (n = r; n; n = tree_walk(n, r)) {
				struct str to = tree_str(n, "reference");

				assert_true(!to.at ||
					    str_is(to, "Patient/person-1") ||
					    str_is(to, "Encounter/stay-1"));
				assert_true(
				    n->kind < TREE_ARRAY || tree_first(n));
			}
			assert_non_null(strstr(help_write(a, r), "HTEST"));
		}
}

static void
without_a_stay_it_points_at_none(void **state)
{
	const struct ward_kind *k = ward_kind_named(STR("heart"));
	int v;

	(void)state;
	for (v = 0; v < FHIR__MAX; v++)
		assert_null(strstr(help_write(a, ward_edit_new(a, v, k, "x",
						     STR("p"), STR_NONE)),
		    "Encounter"));
}

static void
known_texts_have_codes_and_others_have_none(void **state)
{
	const struct ward_kind *k = ward_kind_named(STR("order"));
	struct tree_node *r = made(k, FHIR_R4), *c;

	(void)state;
	set(r, FHIR_R4, "order", "medication", "Apixaban 5 mg tablet");
	c = ward_path_find(r, "medicationCodeableConcept");
	assert_non_null(
	    strstr(quoted(c), "'http://www.whocc.no/atc','code':'B01AF02'"));
	set(r, FHIR_R4, "order", "medication", "Tea");
	c = ward_path_find(r, "medicationCodeableConcept");
	assert_string_equal(
	    quoted(c), "{'coding':[{'display':'Tea'}],'text':'Tea'}");
}

/* ---- changed ---- */

static void
what_was_not_changed_keeps_its_bytes(void **state)
{
	const struct ward w = { FHIR_R4, 0 };
	struct buf b = buf_new(a, 1 << 20);
	struct tree_node *r;
	const struct ward_kind *k;
	size_t i;

	(void)state;
	ward_put(&b, &w, "Observation", 1, NULL);
	r = help_read(a, buf_text(&b));
	k = ward_kind_of(FHIR_R4, r);
	assert_string_equal(k->name, "temperature");
	for (i = 0; i < k->n; i++)
		assert_false(ward_edit_set(a, k, FHIR_R4, r, i,
		    ward_field_get(a, &k->fields[i], FHIR_R4, r)));
	assert_string_equal(help_write(a, r), buf_text(&b));
}

struct row {
	enum fhir_version v;
	const char *kind, *field, *value, *before, *after;
};

/* clang-format off */
static const struct row rows[] = {
	{ FHIR_R4, "heart", "value", "72.50",
	  "{'a' : 1.00,'valueQuantity':{'value':72.0,'unit':'x','code':'y'}}",
	  "{'a':1.00,'valueQuantity':{'value':72.50,'unit':'x','code':'y'}}" },
	{ FHIR_R4, "heart", "value", "",
	  "{'a':1.00,'valueQuantity':{'value':72.0,'unit':'x'}}", "{'a':1.00}" },
	{ FHIR_R4, "heart", "when", "2026-11-20",
	  "{'effectivePeriod':{'start':'2026'},'b':[]}",
	  "{'b':[],'effectiveDateTime':'2026-11-20'}" },
	{ FHIR_DSTU2, "person", "family", "C",
	  "{'name':[{'family':['A','B'],'given':['x','y']}]}",
	  "{'name':[{'family':['C'],'given':['x','y']}]}" },
	{ FHIR_R4, "person", "family", "C",
	  "{'name':[{'use':'usual','family':'N'},{'use':'official','text':'A B','family':'B','_family':{'id':'1'}}]}",
	  "{'name':[{'use':'usual','family':'N'},{'use':'official','family':'C'}]}" },
	{ FHIR_R4, "person", "family", "C", "{'name':{'family':'B'}}",
	  "{'name':{'family':'C'}}" },
	{ FHIR_R4, "person", "given", "", "{'name':[{'given':['A']}],'b':1e400}",
	  "{'b':1e400}" },
	{ FHIR_R4, "person", "mrn", "7",
	  "{'identifier':[{'value':'ssn'}]}",
	  "{'identifier':[{'value':'ssn'},{'type':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/v2-0203','code':'MR'}]},'value':'7'}]}" },
	{ FHIR_STU3, "person", "mrn", "7",
	  "{'identifier':[{'type':{'coding':[{'code':'MR'}]},'system':'urn:x','value':'6'}]}",
	  "{'identifier':[{'type':{'coding':[{'code':'MR'}]},'system':'urn:x','value':'7'}]}" },
	{ FHIR_R4, "stay", "bed", "Hall",
	  "{'location':[{'location':{'reference':'Location/1','display':'Old'},'status':'completed'},{'location':{'reference':'Location/2'},'status':'active'}]}",
	  "{'location':[{'location':{'reference':'Location/1','display':'Old'},'status':'completed'},{'location':{'display':'Hall'},'status':'active'}]}" },
	{ FHIR_R4, "stay", "bed", "",
	  "{'location':[{'location':{'display':'Hall'},'status':'active'}]}", "{}" },
	{ FHIR_R4, "allergy", "state", "resolved",
	  "{'clinicalStatus':{'coding':[{'code':'active'}]}}",
	  "{'clinicalStatus':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical','code':'resolved'}]}}" },
	{ FHIR_STU3, "allergy", "state", "resolved", "{'clinicalStatus':'active'}",
	  "{'clinicalStatus':'resolved'}" },
	{ FHIR_STU3, "allergy", "substance", "Tea",
	  "{'code':{'text':'Nuts'},'reaction':[{'substance':{'text':'Nuts'},'severity':'mild'}]}",
	  "{'code':{'coding':[{'display':'Tea'}],'text':'Tea'},'reaction':[{'substance':{'coding':[{'display':'Tea'}],'text':'Tea'},'severity':'mild'}]}" },
	{ FHIR_R4, "order", "medication", "Tea",
	  "{'medicationReference':{'reference':'Medication/1','display':'Nuts'}}",
	  "{'medicationCodeableConcept':{'coding':[{'display':'Tea'}],'text':'Tea'}}" },
	{ FHIR_STU3, "order", "prescriber", "",
	  "{'requester':{'agent':{'display':'Dr X'},'onBehalfOf':{}}}", "{}" },
	{ FHIR_R4, "cover", "plan", "Tin",
	  "{'class':[{'type':{'coding':[{'code':'group'}]},'value':'G1'}]}",
	  "{'class':[{'type':{'coding':[{'code':'group'}]},'value':'G1'},{'type':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/coverage-class','code':'plan'}]},'value':'Tin','name':'Tin'}]}" },
	{ FHIR_R4, "cover", "group", "",
	  "{'class':[{'type':{'coding':[{'code':'group'}]},'value':'G1','name':'G'}]}", "{}" },
	{ FHIR_STU3, "cover", "plan", "Tin", "{'grouping':{'plan':'P1','planDisplay':'Gold','class':'x'}}",
	  "{'grouping':{'plan':'Tin','planDisplay':'Tin','class':'x'}}" },
	{ FHIR_R4, "pressure", "upper", "120",
	  "{'component':[{'code':{'coding':[{'code':'8462-4'}]},'valueQuantity':{'value':80}},{'code':{'coding':[{'code':'8480-6'}]},'valueQuantity':{'value':130,'unit':'mm'}}]}",
	  "{'component':[{'code':{'coding':[{'code':'8462-4'}]},'valueQuantity':{'value':80}},{'code':{'coding':[{'code':'8480-6'}]},'valueQuantity':{'value':120,'unit':'mm'}}]}" },
	/* wrong shapes give way, and nothing else does */
	{ FHIR_R4, "stay", "since", "2026", "{'period':'x','b':[null]}",
	  "{'period':{'start':'2026'},'b':[null]}" },
	{ FHIR_R4, "person", "birth", "2026", "{'birthDate':{'c':1}}",
	  "{'birthDate':'2026'}" },
	{ FHIR_R4, "person", "family", "C", "{'name':[7]}",
	  "{'name':[{'family':'C'}]}" },
	{ FHIR_R4, "person", "family", "C", "{'name':[]}",
	  "{'name':[{'use':'official','family':'C'}]}" },
};
/* clang-format on */

static void
a_field_changes_what_it_stands_for_and_nothing_else(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_string_equal(
		    quoted(set(record_of(rows[i].before), rows[i].v,
			rows[i].kind, rows[i].field, rows[i].value)),
		    rows[i].after);
}

static void
what_is_done_tells_its_version_and_its_time(void **state)
{
	static const struct {
		const char *before, *after;
	} metas[] = {
		{ "{'meta':{'versionId':'9','lastUpdated':'x'}}",
		    "{'meta':{'versionId':'10','lastUpdated':"
		    "'2026-11-18T11:06:40.123Z'}}" },
		{ "{'meta':{'versionId':'a7'}}",
		    "{'meta':{'versionId':'1795000000123000'}}" },
		{ "{'meta':{'tag':[]}}", "{'meta':{'tag':[]}}" },
		{ "{'id':'1'}", "{'id':'1'}" },
		{ "{'text':{'div':'old'},'code':{'text':'<Tea> & co'}}",
		    "{'text':{'status':'generated','div':'<div xmlns=\\'http:"
		    "//www.w3.org/1999/xhtml\\'><p>&lt;Tea&gt; &amp; co</p>"
		    "</div>'},'code':{'text':'<Tea> & co'}}" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(metas); i++) {
		struct tree_node *r = record_of(metas[i].before);

		ward_edit_done(
		    a, ward_kind_named(STR("problem")), FHIR_R4, r, NOW_US);
		assert_string_equal(quoted(r), metas[i].after);
	}
}

static void
records_of_other_shapes_are_of_no_kind(void **state)
{
	(void)state;
	assert_null(ward_kind_of(FHIR_R4,
	    record_of("{'resourceType':'Observation','valueString':'x'}")));
	assert_null(ward_kind_of(
	    FHIR_DSTU2, record_of("{'resourceType':'MedicationRequest'}")));
	assert_null(ward_kind_of(FHIR_R4, record_of("{'resourceType':7}")));
	assert_string_equal(
	    ward_kind_of(FHIR_R4,
		record_of("{'resourceType':'Observation','valueQuantity':{}}"))
		->name,
	    "measure");
	assert_null(ward_kind_named(STR("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    every_field_reads_as_it_was_set, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_new_one_is_empty_and_points_at_its_patient, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    without_a_stay_it_points_at_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    known_texts_have_codes_and_others_have_none, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    what_was_not_changed_keeps_its_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_field_changes_what_it_stands_for_and_nothing_else, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    what_is_done_tells_its_version_and_its_time, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    records_of_other_shapes_are_of_no_kind, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
