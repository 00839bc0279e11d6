/* test_fhir_display_name.c - what is shown of a record that others refer to
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fhir/display_name.h"
#include "tree_help.h"

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
static struct str
name_of(const char *type, const char *members)
{
	char *text =
	    arena_printf(a, "{'resourceType':'%s','id':'1'%s}", type, members);
	char *p;

	for (p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	return display_name(a, help_read(a, text));
}

struct row {
	const char *members, *name; /* NULL: nothing to show */
};

static void
check(const char *type, const struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct str s = name_of(type, rows[i].members);

		if (rows[i].name)
			assert_string_equal(
			    s.len ? str_text(a, s) : "", rows[i].name);
		else
			assert_null(s.at);
	}
}

static void
a_place_is_called_by_what_it_has(void **state)
{
	static const struct row rows[] = {
		{ ",'name':'Ward 4, Bed 12','description':'x'",
		    "Ward 4, Bed 12" },
		{ ",'name':'','description':' By the window '",
		    "By the window" },
		/* DSTU2 and STU3: one type; R4: a list */
		{ ",'type':{'text':'Bed'}", "Bed" },
		{ ",'type':{'coding':[{'code':'NEUR'},{'display':'Neurology'"
		  "}]},'identifier':[{'value':'B12'}]",
		    "Neurology" },
		{ ",'type':[{'coding':[{'code':'NEUR'}]},{'text':'Ward'}]",
		    "Ward" },
		{ ",'type':[{'coding':[{'code':'NEUR'}]}],'identifier':["
		  "{'system':'s'},{'value':'B12'}]",
		    "B12" },
		{ ",'identifier':{'value':'B13'}", "B13" },
		{ ",'name':['Ward']", NULL },
		{ ",'name':7,'description':null", NULL },
		{ "", NULL },
	};

	(void)state;
	check("Location", rows, COUNT(rows));
}

static void
a_person_is_called_by_the_name_in_use(void **state)
{
	static const struct row rows[] = {
		/* DSTU2: one name, whose parts are lists */
		{ ",'name':{'family':['Sato'],'given':['Mina'],'prefix':['Dr']"
		  "}",
		    "Dr Mina Sato" },
		{ ",'name':{'family':['van','Dijk'],'given':['Jan','P.']}",
		    "Jan P. van Dijk" },
		/* STU3, R4: a list of names, each with one family */
		{ ",'name':[{'family':'Sato','given':['Mina'],'prefix':['Dr']}"
		  "]",
		    "Dr Mina Sato" },
		{ ",'name':[{'text':'Dr. M. Sato','family':'Sato'}]",
		    "Dr. M. Sato" },
		{ ",'name':[{'text':' ','family':'Sato'}]", "Sato" },
		{ ",'name':[{'use':'nickname','text':'Mimi'},{'use':'usual',"
		  "'text':'Mina S'},{'use':'official','text':'Mina Sato'}]",
		    "Mina Sato" },
		{ ",'name':[{'use':'old','text':'Mina Mori'},{'text':'Mina'}]",
		    "Mina" },
		{ ",'name':[{'use':'official'},{'use':'old','text':'Mori'}]",
		    "Mori" },
		{ ",'name':[{'use':'temp','text':'A'},{'text':'B'}]", "A" },
		{ ",'name':[null,7,{'given':[null,'Mina',{}],'family':{}}]",
		    "Mina" },
		{ ",'name':'Mina'", NULL },
		{ ",'name':[]", NULL },
		{ "", NULL },
	};

	(void)state;
	check("Practitioner", rows, COUNT(rows));
}

static void
a_role_is_called_by_its_person_or_its_code(void **state)
{
	static const struct row rows[] = {
		{ ",'practitioner':{'display':'Dr Mina Sato'},'code':[{'text':"
		  "'Surgeon'}]",
		    "Dr Mina Sato" },
		{ ",'practitioner':{'reference':'Practitioner/7'},'code':[{"
		  "'coding':[{'display':'Surgeon'}]}]",
		    "Surgeon" },
		{ ",'practitioner':{'reference':'Practitioner/7'}", NULL },
	};

	(void)state;
	check("PractitionerRole", rows, COUNT(rows));
}

static void
organizations_and_medications_have_one_name(void **state)
{
	static const struct row insurers[] = {
		{ ",'name':'Fjord Mutual'", "Fjord Mutual" },
		{ ",'alias':['Fjord']", NULL },
	};
	static const struct row drugs[] = {
		{ ",'code':{'text':'Gabapentin','coding':[{'display':'g'}]}",
		    "Gabapentin" },
		{ ",'code':{'coding':[{'code':'N02'},{'display':'Gabapentin'}]"
		  "}",
		    "Gabapentin" },
		{ ",'code':{'coding':[{'code':'N02'}]}", NULL },
		{ ",'code':'Gabapentin'", NULL },
	};

	(void)state;
	check("Organization", insurers, COUNT(insurers));
	check("Medication", drugs, COUNT(drugs));
}

static void
names_that_cannot_be_shown_are_none(void **state)
{
	char longest[DISPLAY_BYTES_MAX + 2];
	char *members;

	(void)state;
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	members = arena_printf(a, ",'name':'%s'", longest);
	assert_null(name_of("Location", members).at);
	longest[sizeof longest - 2] = '\0';
	members = arena_printf(a, ",'name':'%s'", longest);
	assert_int_equal(name_of("Location", members).len, DISPLAY_BYTES_MAX);
	members = arena_printf(
	    a, ",'name':{'given':['Mina'],'family':['%s']}", longest);
	assert_null(name_of("Practitioner", members).at);
	assert_null(name_of("Location", ",'name':'Ward\\u00074'").at);
	assert_null(name_of("Location", ",'name':'Ward\\n4'").at);
}

static void
only_what_an_answer_refers_to_has_a_name(void **state)
{
	static const char *const others[] = { "Patient", "RelatedPerson",
		"Binary", "Device", "location", "" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(others); i++) {
		assert_false(display_known(str_of(others[i])));
		assert_null(name_of(others[i], ",'name':'SECRET'").at);
	}
	assert_false(display_known(STR_NONE));
	assert_null(display_name(a, help_read(a, "{\"name\":\"x\"}")).at);
	assert_null(display_name(a, help_read(a, "[]")).at);
	assert_null(display_name(a, NULL).at);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_place_is_called_by_what_it_has, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_person_is_called_by_the_name_in_use, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_role_is_called_by_its_person_or_its_code, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    organizations_and_medications_have_one_name, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    names_that_cannot_be_shown_are_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    only_what_an_answer_refers_to_has_a_name, set_up,
		    tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
