/* test_fhir_map_organization.c - Organization in three versions
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "convert_help.h"

#define D FHIR_DSTU2
#define S FHIR_STU3
#define R FHIR_R4

#define G   "{'resourceType':'Organization'"
#define X30 "http://hl7.org/fhir/3.0/StructureDefinition/extension-"

/* clang-format off */
static const struct convert_case both_ways[] = {
	{ "one type becomes a list", D, S,
	    G ",'type':{'text':'ward'},'name':'N'}",
	    G ",'type':[{'text':'ward'}],'name':'N'}" },
	{ "further types are kept", S, D,
	    G ",'type':[{'text':'a'},{'text':'b'}]}",
	    G ",'type':{'text':'a'},'extension':[{'url':'" X30
	      "Organization.type','valueCodeableConcept':{'text':'b'}}]}" },
	{ "alias and endpoint wait", S, D,
	    G ",'alias':['A','B'],'endpoint':[{'display':'e'}]}",
	    G ",'extension':[{'url':'" X30 "Organization.alias',"
	      "'valueString':'A'},{'url':'" X30 "Organization.alias',"
	      "'valueString':'B'},{'url':'" X30 "Organization.endpoint',"
	      "'valueReference':{'display':'e'}}]}" },
	{ "names of people in it", D, R,
	    G ",'contact':[{'name':{'family':['F']},"
	      "'telecom':[{'value':'1'}]}],'active':true}",
	    G ",'contact':[{'name':{'family':'F'},"
	      "'telecom':[{'value':'1'}]}],'active':true}" },
};
/* clang-format on */

static void
each_element_has_a_place_in_the_other_version(void **state)
{
	(void)state;
	convert_cases(both_ways, COUNT(both_ways));
}

static void
it_comes_back_as_it_was(void **state)
{
	(void)state;
	convert_returns(both_ways, COUNT(both_ways));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_element_has_a_place_in_the_other_version),
		cmocka_unit_test(it_comes_back_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
