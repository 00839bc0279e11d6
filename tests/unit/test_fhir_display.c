/* test_fhir_display.c - displays and texts that a provider left out
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fhir/display.h"
#include "tree_help.h"

#define BASE "https://ward.example:8443/fhir"

static struct arena *a;
static struct links base, called;

static int
set_up(void **state)
{
	(void)state;
	a = arena_new();
	assert_true(links_open(&base, a, STR(BASE), STR("https://gw/f")));
	assert_true(links_open(
	    &called, a, STR("http://inside/x"), STR("https://gw/f")));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

/* In texts of these tests ' stands for ". */
static char *
quoted(const char *text)
{
	char *copy = arena_dup(a, text, strlen(text)), *p;

	for (p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	return copy;
}

static struct tree_node *
settled(struct display *d, enum fhir_version v, const char *text)
{
	struct tree_node *root = help_read(a, quoted(text));

	*d = (struct display){
		.a = a, .version = v, .base = &base, .called = &called
	};
	display_settle(d, root);
	return root;
}

/* Types and ids that are to be asked, with blanks between. */
static const char *
asked(const struct display *d)
{
	struct buf b = buf_new(a, 4096);
	size_t i;

	for (i = 0; i < d->n; i++)
		buf_fmt(&b, "%s%.*s/%.*s", i ? " " : "",
		    STR_FMT(d->asks[i].type), STR_FMT(d->asks[i].id));
	return b.len ? buf_text(&b) : "";
}

static void
becomes(enum fhir_version v, const char *before, const char *after)
{
	struct display d;

	assert_string_equal(
	    help_write(a, settled(&d, v, before)), quoted(after));
}

/* ---- codes ------------------------------------------------------------------ */

/* %s is the concept. Whatever is in its place is completed, or is not. */
static const struct {
	enum fhir_version v;
	const char *record;
	bool shown;
} concepts[] = {
	{ FHIR_DSTU2, "{'resourceType':'Observation','code':%s}", true },
	{ FHIR_STU3, "{'resourceType':'Observation','code':%s}", true },
	{ FHIR_R4, "{'resourceType':'Observation','code':%s}", true },
	{ FHIR_R4, "{'resourceType':'Observation','component':[{'code':%s}]}",
	    true },
	{ FHIR_R4, "{'resourceType':'Observation','method':%s}", false },
	{ FHIR_R4, "{'resourceType':'Observation','category':[%s]}", false },
	{ FHIR_R4, "{'resourceType':'Observation','valueCodeableConcept':%s}",
	    false },
	{ FHIR_DSTU2, "{'resourceType':'Condition','code':%s}", true },
	{ FHIR_R4, "{'resourceType':'Condition','code':%s}", true },
	{ FHIR_R4, "{'resourceType':'Condition','severity':%s}", true },
	{ FHIR_R4, "{'resourceType':'Condition','clinicalStatus':%s}", false },
	{ FHIR_DSTU2, "{'resourceType':'Encounter','type':[%s]}", true },
	{ FHIR_R4, "{'resourceType':'Encounter','type':[{},%s]}", true },
	{ FHIR_R4, "{'resourceType':'Encounter','type':%s}", true },
	{ FHIR_R4, "{'resourceType':'Encounter','class':%s}", false },
	{ FHIR_DSTU2, "{'resourceType':'AllergyIntolerance','substance':%s}",
	    true },
	{ FHIR_DSTU2, "{'resourceType':'AllergyIntolerance','code':%s}",
	    false },
	{ FHIR_STU3, "{'resourceType':'AllergyIntolerance','code':%s}", true },
	{ FHIR_R4, "{'resourceType':'AllergyIntolerance','code':%s}", true },
	{ FHIR_R4, "{'resourceType':'AllergyIntolerance','substance':%s}",
	    false },
	{ FHIR_DSTU2,
	    "{'resourceType':'AllergyIntolerance','reaction':[{},{'substance':"
	    "%s}]}",
	    true },
	{ FHIR_R4,
	    "{'resourceType':'AllergyIntolerance','reaction':[{"
	    "'manifestation':[%s]}]}",
	    true },
	{ FHIR_DSTU2,
	    "{'resourceType':'MedicationOrder','medicationCodeableConcept':%s"
	    "}",
	    true },
	{ FHIR_DSTU2,
	    "{'resourceType':'MedicationRequest','medicationCodeableConcept':"
	    "%s}",
	    false },
	{ FHIR_STU3,
	    "{'resourceType':'MedicationRequest','medicationCodeableConcept':"
	    "%s}",
	    true },
	{ FHIR_R4,
	    "{'resourceType':'MedicationRequest','medicationCodeableConcept':"
	    "%s}",
	    true },
	{ FHIR_R4, "{'resourceType':'MedicationRequest','reasonCode':[%s]}",
	    false },
	{ FHIR_R4, "{'resourceType':'Coverage','type':%s}", false },
	{ FHIR_R4, "{'resourceType':'Location','type':[%s]}", false },
	{ FHIR_R4, "{'resourceType':'Patient','maritalStatus':%s}", false },
	{ FHIR_R4, "{'resourceType':'Basic','code':%s}", false },
	{ FHIR_R4,
	    "{'resourceType':'Basic','contained':[{'resourceType':"
	    "'Observation','code':%s}]}",
	    false },
	{ FHIR_R4, "{'code':%s}", false },
	{ FHIR_R4,
	    "{'resourceType':'Bundle','entry':[{'resource':{'resourceType':"
	    "'Condition','code':%s}}]}",
	    true },
	{ FHIR_R4,
	    "{'resourceType':'Bundle','entry':[{},{'resource':{"
	    "'resourceType':'Bundle','entry':[{'resource':{'resourceType':"
	    "'Condition','code':%s}}]}}]}",
	    true },
};

static void
exactly_the_codes_that_are_shown_complete_each_other(void **state)
{
	static const char before[] = "{'coding':[{'code':'1'}],'text':'Pulse'}";
	static const char after[] =
	    "{'coding':[{'code':'1','display':'Pulse'}],'text':'Pulse'}";
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(concepts); i++)
		becomes(concepts[i].v,
		    arena_printf(a, concepts[i].record, before),
		    arena_printf(a, concepts[i].record,
			concepts[i].shown ? after : before));
}

static void
what_a_code_lacks_is_copied_and_nothing_overwritten(void **state)
{
	static const struct {
		const char *before, *after; /* NULL: stays */
	} rows[] = {
		{ "{'coding':[{'display':'A'}]}",
		    "{'coding':[{'display':'A'}],'text':'A'}" },
		{ "{'coding':[{'display':'\\u00e5'}]}",
		    "{'coding':[{'display':'\\u00e5'}],'text':'\xc3\xa5'}" },
		{ "{'coding':[{},{'display':'B'}],'text':'A'}",
		    "{'coding':[{'display':'A'},{'display':'B'}],'text':'A'}" },
		{ "{'coding':[{'display':''}],'text':'A'}",
		    "{'coding':[{'display':'A'}],'text':'A'}" },
		{ "{'coding':[{'display':'A'}],'text':null}",
		    "{'coding':[{'display':'A'}],'text':'A'}" },
		{ "{'coding':{'code':'1'},'text':'A'}",
		    "{'coding':{'code':'1','display':'A'},'text':'A'}" },
		{ "{'coding':[{'display':'A'}],'text':'B'}", NULL },
		{ "{'coding':[{'code':'1'},{'display':'B'}]}", NULL },
		{ "{'coding':[],'text':'A'}", NULL },
		{ "{'coding':[null,{}],'text':'A'}", NULL },
		{ "{'coding':['x'],'text':'A'}", NULL },
		{ "{'text':'A'}", NULL },
		{ "{'coding':[{'code':'1'}]}", NULL },
		{ "{'coding':[{'_display':{'extension':[]}}],'text':'A'}",
		    NULL },
		{ "{'coding':[{'display':'A'}],'_text':{'extension':[]}}",
		    NULL },
		{ "{'coding':[{'display':7}],'text':['A']}", NULL },
		{ "{}", NULL },
		{ "[]", NULL },
		{ "'A'", NULL },
		{ "null", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		const char *record = "{'resourceType':'Condition','code':%s}";

		becomes(FHIR_R4, arena_printf(a, record, rows[i].before),
		    arena_printf(a, record,
			rows[i].after ? rows[i].after : rows[i].before));
	}
}

/* ---- references --------------------------------------------------------------- */

static const struct {
	enum fhir_version v;
	const char *record, *asked;
} shown_references[] = {
	{ FHIR_DSTU2,
	    "{'resourceType':'Patient','careProvider':[{'reference':"
	    "'Practitioner/1'},{'reference':'Organization/2'}]}",
	    "Practitioner/1 Organization/2" },
	{ FHIR_STU3,
	    "{'resourceType':'Patient','generalPractitioner':[{"
	    "'reference':'Practitioner/1'}]}",
	    "Practitioner/1" },
	{ FHIR_R4,
	    "{'resourceType':'Patient','generalPractitioner':[{"
	    "'reference':'PractitionerRole/1'}],"
	    "'managingOrganization':{'reference':'Organization/1'}}",
	    "PractitionerRole/1" },
	{ FHIR_STU3,
	    "{'resourceType':'Encounter','location':[{'location':{"
	    "'reference':'Location/1'},'status':'active'}],"
	    "'serviceProvider':{'reference':'Organization/1'},"
	    "'participant':[{'individual':{'reference':"
	    "'Practitioner/1'}}]}",
	    "Location/1" },
	{ FHIR_DSTU2,
	    "{'resourceType':'MedicationOrder','prescriber':{"
	    "'reference':'Practitioner/1'},'medicationReference':{"
	    "'reference':'Medication/2'}}",
	    "Medication/2 Practitioner/1" },
	{ FHIR_STU3,
	    "{'resourceType':'MedicationRequest','requester':{'agent'"
	    ":{'reference':'Practitioner/1'},'onBehalfOf':{"
	    "'reference':'Organization/1'}}}",
	    "Practitioner/1" },
	{ FHIR_R4,
	    "{'resourceType':'MedicationRequest','requester':{"
	    "'reference':'Practitioner/1'},'medicationReference':{"
	    "'reference':'Medication/2'},'recorder':{'reference':"
	    "'Practitioner/3'}}",
	    "Medication/2 Practitioner/1" },
	{ FHIR_DSTU2,
	    "{'resourceType':'Coverage','issuer':{'reference':"
	    "'Organization/1'},'subscriber':{'reference':'Patient/1'}"
	    "}",
	    "Organization/1" },
	{ FHIR_R4,
	    "{'resourceType':'Coverage','payor':[{'reference':"
	    "'Organization/1'},{'reference':'Patient/1'}]}",
	    "Organization/1" },
	{ FHIR_R4,
	    "{'resourceType':'AllergyIntolerance','recorder':{"
	    "'reference':'Practitioner/1'}}",
	    "" },
};

static void
exactly_the_references_that_are_shown_are_asked(void **state)
{
	struct display d;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(shown_references); i++) {
		settled(&d, shown_references[i].v, shown_references[i].record);
		assert_string_equal(asked(&d), shown_references[i].asked);
	}
}

static const struct {
	const char *reference, *asked;
} places[] = {
	{ "Location/1", "Location/1" },
	{ "Location/a-B.9", "Location/a-B.9" },
	{ "Location/1/_history/4", "Location/1" },
	{ BASE "/Location/1", "Location/1" },
	{ "HTTPS://Ward.Example:8443/fhir/Location/1", "Location/1" },
	{ BASE "/Location/1/_history/4", "Location/1" },
	{ "http://inside/x/Location/1", "Location/1" },
	/* elsewhere, or nowhere */
	{ "http://169.254.169.254/", "" },
	{ "http://169.254.169.254/Location/1", "" },
	{ "https://ward.example/fhir/Location/1", "" },
	{ "http://ward.example:8443/fhir/Location/1", "" },
	{ "https://ward.example:8443/fhirx/Location/1", "" },
	{ "https://ward.example:8443/Location/1", "" },
	{ "https://ward.example:8443@evil.example/fhir/Location/1", "" },
	{ BASE "/../admin/Location/1", "" },
	{ BASE "//Location/1", "" },
	{ BASE "/Location/1?_format=xml", "" },
	{ BASE "/Location/1#x", "" },
	{ BASE "/Location", "" },
	{ BASE, "" },
	{ "//evil.example/Location/1", "" },
	{ "/fhir/Location/1", "" },
	{ "../admin", "" },
	{ "../Location/1", "" },
	{ "Location/..", "" },
	{ "Location/.", "" },
	{ "Location/%2e%2e", "" },
	{ "Location/1/", "" },
	{ "Location/1/2", "" },
	{ "Location/1/_history", "" },
	{ "Location/1/_history/..", "" },
	{ "Location/1/_history/1/2", "" },
	{ "Location/1?x", "" },
	{ "Location/a b", "" },
	{ "Location/", "" },
	{ "Location", "" },
	{ "1", "" },
	{ "Patient/1", "" },
	{ "Observation/1", "" },
	{ "metadata", "" },
	{ "location/1", "" },
	{ "urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e", "" },
	{ "urn:oid:1.2", "" },
	{ "file:///Location/1", "" },
	{ "javascript:alert(1)", "" },
	{ "#l1", "" },
	{ "#", "" },
	{ " ", "" },
};

static void
only_places_of_the_provider_are_asked(void **state)
{
	struct display d;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(places); i++) {
		settled(&d, FHIR_R4,
		    arena_printf(a,
			"{'resourceType':'Encounter','location':[{'location':{"
			"'reference':'%s'}}]}",
			places[i].reference));
		assert_string_equal(asked(&d), places[i].asked);
		assert_int_equal(d.bare, 1);
	}
}

static void
what_has_a_display_or_says_why_not_is_left(void **state)
{
	static const char *const rows[] = {
		"{'reference':'Location/1','display':'Ward 4'}",
		"{'reference':'Location/1','_display':{'extension':[]}}",
		"{'display':'Ward 4'}", "{'identifier':{'value':'1'}}",
		"{'reference':''}", "{'reference':['Location/1']}",
		"{'reference':null}", "{}", "'Location/1'", "7", "null", "[]"
	};
	struct display d;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		const char *record = arena_printf(a,
		    "{'resourceType':'Encounter','location':[{'location':%s}]}",
		    rows[i]);

		becomes(FHIR_R4, record, record);
		settled(&d, FHIR_R4, record);
		assert_int_equal(d.n, 0);
		assert_int_equal(d.bare, 0);
	}
}

static void
each_record_is_asked_once_in_the_order_of_the_answer(void **state)
{
	struct display d;
	struct tree_node *root = settled(&d, FHIR_R4,
	    "{'resourceType':'Bundle','entry':["
	    "{'resource':{'resourceType':'Encounter','location':["
	    "{'location':{'reference':'Location/9'}},"
	    "{'location':{'reference':'Location/1'}},"
	    "{'location':{'reference':'" BASE "/Location/9'}}]}},"
	    "{'resource':{'resourceType':'Encounter','location':["
	    "{'location':{'reference':'Location/1/_history/2'}},"
	    "{'location':{'reference':'Location/5'}}]}}]}");

	(void)state;
	assert_string_equal(asked(&d), "Location/9 Location/1 Location/5");
	assert_int_equal(d.bare, 5);
	display_put(&d, 1, STR("One"));
	display_put(&d, 2, STR_NONE);
	display_put(&d, 0, STR("N\"ine"));
	assert_int_equal(d.bare, 1);
	assert_string_equal(help_write(a, root),
	    quoted("{'resourceType':'Bundle','entry':["
		   "{'resource':{'resourceType':'Encounter','location':["
		   "{'location':{'reference':'Location/9','display':'N\\'ine'}"
		   "},"
		   "{'location':{'reference':'Location/1','display':'One'}},"
		   "{'location':{'reference':'" BASE "/Location/9',"
		   "'display':'N\\'ine'}}]}},"
		   "{'resource':{'resourceType':'Encounter','location':["
		   "{'location':{'reference':'Location/1/_history/2',"
		   "'display':'One'}},"
		   "{'location':{'reference':'Location/5'}}]}}]}"));
}

static void
contained_records_answer_without_being_asked(void **state)
{
	struct display d;

	(void)state;
	becomes(FHIR_R4,
	    "{'resourceType':'Encounter','contained':[{'resourceType':"
	    "'Location','id':'l1','name':'Ward 4'},{'resourceType':'Location',"
	    "'id':'l2'}],'location':[{'location':{'reference':'#l1'}},{"
	    "'location':{'reference':'#l2'}},{'location':{'reference':'#l3'}}"
	    "]}",
	    "{'resourceType':'Encounter','contained':[{'resourceType':"
	    "'Location','id':'l1','name':'Ward 4'},{'resourceType':'Location',"
	    "'id':'l2'}],'location':[{'location':{'reference':'#l1','display':"
	    "'Ward 4'}},{'location':{'reference':'#l2'}},{'location':{"
	    "'reference':'#l3'}}]}");
	/* of another resource, or the entry itself */
	settled(&d, FHIR_R4,
	    "{'resourceType':'Bundle','entry':[{'resource':{'resourceType':"
	    "'Encounter','location':[{'location':{'reference':'#l1'}}]}},{"
	    "'resource':{'resourceType':'Encounter','contained':[{"
	    "'resourceType':'Location','id':'l1','name':'x'}]}},{'resource':{"
	    "'resourceType':'Location','id':'l1','name':'x'}}]}");
	assert_int_equal(d.n, 0);
	assert_int_equal(d.bare, 1);
	/* a name is nothing that a contained record can be asked by */
	settled(&d, FHIR_R4,
	    "{'resourceType':'Encounter','contained':[{'resourceType':"
	    "'Location','id':'l1','name':'x'}],'location':[{'location':{"
	    "'reference':'Location/l1'}}]}");
	assert_string_equal(asked(&d), "Location/l1");
}

static void
entries_of_the_answer_answer_each_other(void **state)
{
	static const char urn[] =
	    "urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e";
	static const struct {
		const char *url, *reference;
		bool found;
	} rows[] = {
		{ NULL, "Location/1", true },
		{ NULL, BASE "/Location/1", true },
		{ BASE "/Location/1", "Location/1", true },
		{ BASE "/Location/1", BASE "/Location/1/_history/2", true },
		{ "http://inside/x/Location/1", "Location/1", true },
		{ "Location/1", "Location/1", true },
		{ urn, urn, true },
		{ "http://other/Location/1", "http://other/Location/1", true },
		{ NULL, "Location/2", false },
		{ BASE "/Location/2", "Location/1", false },
		{ "http://other/Location/1", "Location/1", false },
		{ urn, "Location/1", false },
		{ urn, "urn:uuid:other", false },
		{ NULL, urn, false },
	};
	size_t i, aside;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		for (aside = 0; aside < 2; aside++) {
			const char *name = arena_printf(a,
			    "{'resource':{'resourceType':'Location','id':'1',"
			    "'name':'Ward 4'}%s%s%s}",
			    rows[i].url ? ",'fullUrl':'" : "",
			    rows[i].url ? rows[i].url : "",
			    rows[i].url ? "'" : "");
			const char *root = arena_printf(a,
			    "{'resourceType':'Bundle','entry':[{'resource':{"
			    "'resourceType':'Encounter','location':[{"
			    "'location':{'reference':'%s'}}]}}%s%s]}",
			    rows[i].reference, aside ? "" : ",",
			    aside ? "" : name);
			struct display d = { .a = a,
				.version = FHIR_STU3,
				.base = &base,
				.called = &called };

			if (aside)
				d.aside = help_read(
				    a, quoted(arena_printf(a, "[%s]", name)));
			display_settle(&d, help_read(a, quoted(root)));
			assert_int_equal(d.bare, !rows[i].found);
			if (rows[i].found)
				assert_int_equal(d.n, 0);
		}
}

static void
the_present_place_comes_first_everywhere(void **state)
{
	static const char *const around[] = { "%s",
		"{'resourceType':'Bundle','entry':[{'resource':%s}]}",
		"{'resourceType':'Bundle','entry':[{'resource':{"
		"'resourceType':'Bundle','entry':[{'resource':%s}]}}]}" };
	static const char encounter[] =
	    "{'resourceType':'Encounter','location':[{'id':'%s'},{'id':'%s',"
	    "'status':'active'}]}";
	enum fhir_version v;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(around); i++)
		for (v = FHIR_DSTU2; v < FHIR__MAX; v++) {
			struct display d;
			struct tree_node *n,
			    *root = settled(&d, v,
				arena_printf(a, around[i],
				    arena_printf(a, encounter, "a", "b")));

			for (n = root; n; n = tree_walk(n, root))
				if (n->id == NAME_location)
					break;
			assert_non_null(n);
			assert_true(str_is(tree_str(tree_first(n), "id"), "b"));
		}
}

/* ---- bounds ----------------------------------------------------------------------- */

static void
an_answer_with_nothing_missing_costs_no_memory(void **state)
{
	struct tree_node *root = help_read(a,
	    quoted(
		"{'resourceType':'Bundle','entry':["
		"{'resource':{'resourceType':'Observation','code':{'coding':[{"
		"'display':'Pulse'}],'text':'Pulse'},'component':[]}},"
		"{'resource':{'resourceType':'Encounter','location':[{"
		"'location':{'reference':'Location/1','display':'Ward'},"
		"'status':'active'},{'status':'completed'}]}}]}"));
	struct display d = { .a = a, .version = FHIR_R4, .base = &base };
	size_t before = arena_used(a);

	(void)state;
	display_settle(&d, root);
	assert_int_equal(arena_used(a), before);
	assert_false(root->changed);
	assert_int_equal(d.n, 0);
	assert_int_equal(d.bare, 0);
}

static void
what_is_added_to_one_answer_has_an_end(void **state)
{
	const size_t n = 2 * DISPLAY_ROOM_MAX / DISPLAY_BYTES_MAX;
	struct tree_node *root = tree_object(a), *list = tree_array(a), *c;
	char longest[DISPLAY_BYTES_MAX + 1];
	struct display d = { .a = a, .version = FHIR_R4, .base = &base };
	size_t i, filled = 0;

	(void)state;
	memset(longest, 'x', sizeof longest);
	tree_put(
	    a, root, "resourceType", tree_string(a, STR("MedicationRequest")));
	tree_put(a, root, "medicationReference", list);
	for (i = 0; i < n; i++) {
		c = tree_object(a);
		tree_put(
		    a, c, "reference", tree_string(a, STR("Medication/1")));
		tree_append(list, c);
	}
	display_settle(&d, root);
	assert_string_equal(asked(&d), "Medication/1");
	display_put(&d, 0, (struct str){ longest, sizeof longest });
	assert_int_equal(d.bare, n);
	display_put(&d, 0, (struct str){ longest, DISPLAY_BYTES_MAX });
	assert_in_range(d.bare, n / 2, n / 2 + 16);
	tree_each(c, list) filled += tree_at(c, NAME_display) != NULL;
	assert_int_equal(filled, n - d.bare);
}

static void
more_references_than_can_be_looked_up_are_counted(void **state)
{
	struct tree_node *root = tree_object(a), *list = tree_array(a), *c;
	struct display d = { .a = a, .version = FHIR_R4, .base = &base };
	size_t i;

	(void)state;
	tree_put(a, root, "resourceType", tree_string(a, STR("Coverage")));
	tree_put(a, root, "payor", list);
	for (i = 0; i < DISPLAY_WANTS_MAX + 7; i++) {
		c = tree_object(a);
		tree_put(a, c, "reference",
		    tree_string(
			a, str_of(arena_printf(a, "Organization/%zu", i))));
		tree_append(list, c);
	}
	display_settle(&d, root);
	assert_int_equal(d.n, DISPLAY_WANTS_MAX);
	assert_int_equal(d.bare, DISPLAY_WANTS_MAX + 7);
	assert_true(str_is(d.asks[0].id, "0"));
	assert_true(str_is(d.asks[9].id, "9"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    exactly_the_codes_that_are_shown_complete_each_other,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    what_a_code_lacks_is_copied_and_nothing_overwritten, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    exactly_the_references_that_are_shown_are_asked, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    only_places_of_the_provider_are_asked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    what_has_a_display_or_says_why_not_is_left, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    each_record_is_asked_once_in_the_order_of_the_answer,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    contained_records_answer_without_being_asked, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    entries_of_the_answer_answer_each_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    the_present_place_comes_first_everywhere, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    an_answer_with_nothing_missing_costs_no_memory, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    what_is_added_to_one_answer_has_an_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    more_references_than_can_be_looked_up_are_counted, set_up,
		    tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
