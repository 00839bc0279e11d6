/* test_fhir_map_outcome.c - OperationOutcome in three versions
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

#define O   "{'resourceType':'OperationOutcome','issue':[{"
#define X30 "http://hl7.org/fhir/3.0/StructureDefinition/extension-"
#define X40 "http://hl7.org/fhir/4.0/StructureDefinition/extension-"

/* clang-format off */
static const struct convert_case both_ways[] = {
	{ "R4 says where as expression", S, R,
	    O "'severity':'error','location':['http.gender']}]}",
	    O "'severity':'error','location':['http.gender'],"
	      "'expression':['http.gender']}]}" },
	{ "all the way", D, R,
	    O "'severity':'error','location':['a','b']}]}",
	    O "'severity':'error','location':['a','b'],"
	      "'expression':['a','b']}]}" },
	{ "another expression stays", S, R,
	    O "'location':['/f:a'],'expression':['a']}]}",
	    O "'location':['/f:a'],'expression':['a']}]}" },
	{ "another expression is kept", S, D,
	    O "'location':['/f:a'],'expression':['a']}]}",
	    O "'location':['/f:a'],'extension':[{'url':'" X30
	      "OperationOutcome.issue.expression','valueString':'a'}]}]}" },
	{ "a finer code keeps its word", R, S,
	    O "'code':'deleted'}]}",
	    O "'code':'not-found','_code':{'extension':[{'url':'" X40
	      "OperationOutcome.issue.code','valueCode':'deleted'}]}}]}" },
	{ "the other finer code", R, D,
	    O "'code':'multiple-matches'}]}",
	    O "'code':'processing','_code':{'extension':[{'url':'" X40
	      "OperationOutcome.issue.code',"
	      "'valueCode':'multiple-matches'}]}}]}" },
	{ "codes of all versions", D, R,
	    O "'severity':'fatal','code':'throttled',"
	      "'details':{'text':'t'},'diagnostics':'d'}]}",
	    O "'severity':'fatal','code':'throttled',"
	      "'details':{'text':'t'},'diagnostics':'d'}]}" },
};

static const struct convert_case one_way[] = {
	{ "an expression alone becomes the location", S, D,
	    O "'expression':['a']}]}",
	    O "'location':['a']}]}" },
	{ "and from above", R, D,
	    O "'expression':['a']}]}",
	    O "'location':['a']}]}" },
	{ "what is said twice is said once", S, D,
	    O "'location':['a'],'expression':['a']}]}",
	    O "'location':['a']}]}" },
};
/* clang-format on */

static void
each_issue_has_a_place_in_the_other_version(void **state)
{
	(void)state;
	convert_cases(both_ways, COUNT(both_ways));
	convert_cases(one_way, COUNT(one_way));
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
		cmocka_unit_test(each_issue_has_a_place_in_the_other_version),
		cmocka_unit_test(it_comes_back_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
