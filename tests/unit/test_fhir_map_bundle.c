/* test_fhir_map_bundle.c - Bundle in three versions
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "convert_help.h"

#define D FHIR_DSTU2
#define S FHIR_STU3
#define R FHIR_R4

#define B   "{'resourceType':'Bundle'"
#define OO  "{'resourceType':'OperationOutcome','issue':[{'severity':'error'}]}"
#define X30 "http://hl7.org/fhir/3.0/StructureDefinition/extension-"
#define X40 "http://hl7.org/fhir/4.0/StructureDefinition/extension-"

/* clang-format off */
static const struct convert_case both_ways[] = {
	{ "a refusal's outcome is its response's", D, S,
	    B ",'entry':[{'resource':" OO ","
	      "'response':{'status':'404 Not Found'}}]}",
	    B ",'entry':[{'response':{'status':'404 Not Found',"
	      "'outcome':" OO "}}]}" },
	{ "of a server's fault too", D, R,
	    B ",'entry':[{'resource':" OO ","
	      "'response':{'status':'500'}}]}",
	    B ",'entry':[{'response':{'status':'500','outcome':" OO "}}]}" },
	{ "an outcome among matches stays", D, S,
	    B ",'entry':[{'resource':" OO ","
	      "'search':{'mode':'outcome'}}]}",
	    B ",'entry':[{'resource':" OO ","
	      "'search':{'mode':'outcome'}}]}" },
	{ "an outcome that was asked for stays", D, S,
	    B ",'entry':[{'resource':" OO ","
	      "'response':{'status':'200'}}]}",
	    B ",'entry':[{'resource':" OO ","
	      "'response':{'status':'200'}}]}" },
	{ "what entries hold is converted", D, S,
	    B ",'entry':[{'resource':{'resourceType':'Patient',"
	      "'careProvider':[{'display':'x'}]}}]}",
	    B ",'entry':[{'resource':{'resourceType':'Patient',"
	      "'generalPractitioner':[{'display':'x'}]}}]}" },
	{ "a bundle in a bundle", D, R,
	    B ",'entry':[{'resource':" B ","
	      "'entry':[{'resource':{'resourceType':'Patient',"
	      "'careProvider':[{'display':'x'}]}}]}}]}",
	    B ",'entry':[{'resource':" B ","
	      "'entry':[{'resource':{'resourceType':'Patient',"
	      "'generalPractitioner':[{'display':'x'}]}}]}}]}" },
	{ "an outcome is converted where it stands", D, R,
	    B ",'entry':[{'resource':{'resourceType':'OperationOutcome',"
	      "'issue':[{'location':['a']}]},"
	      "'response':{'status':'400'}}]}",
	    B ",'entry':[{'response':{'status':'400',"
	      "'outcome':{'resourceType':'OperationOutcome',"
	      "'issue':[{'location':['a'],'expression':['a']}]}}}]}" },
	{ "types are renamed in addresses", D, S,
	    B ",'entry':[{'fullUrl':'http://h/MedicationOrder/1',"
	      "'request':{'method':'GET',"
	      "'url':'MedicationOrder?patient=MedicationOrder/1'},"
	      "'response':{'location':'MedicationOrder/1/_history/2'}}]}",
	    B ",'entry':[{'fullUrl':'http://h/MedicationRequest/1',"
	      "'request':{'method':'GET',"
	      "'url':'MedicationRequest?patient=MedicationOrder/1'},"
	      "'response':{'location':'MedicationRequest/1/_history/2'}}]}" },
	{ "the address of the whole", D, S,
	    B ",'link':[{'relation':'self',"
	      "'url':'http://h/MedicationOrder?_count=1'}]}",
	    B ",'link':[{'relation':'self',"
	      "'url':'http://h/MedicationRequest?_count=1'}]}" },
	{ "a link to another page is opaque", D, S,
	    B ",'link':[{'relation':'next',"
	      "'url':'http://h/MedicationOrder?_page=2'}]}",
	    B ",'link':[{'relation':'next',"
	      "'url':'http://h/MedicationOrder?_page=2'}]}" },
	{ "a method without a word", R, S,
	    B ",'entry':[{'request':{'method':'PATCH',"
	      "'url':'Patient/1'}}]}",
	    B ",'entry':[{'request':{'_method':{'extension':[{'url':'" X40
	      "Bundle.entry.request.method','valueCode':'PATCH'}]},"
	      "'url':'Patient/1'}}]}" },
	{ "what has no home waits on meta", R, S,
	    B ",'timestamp':'2026-11-01T00:00:00Z',"
	      "'meta':{'versionId':'3'}}",
	    B ",'meta':{'versionId':'3','extension':[{'url':'" X40
	      "Bundle.timestamp','valueInstant':'2026-11-01T00:00:00Z'}]}}" },
	{ "without a meta too", R, D,
	    B ",'timestamp':'2026-11-01T00:00:00Z',"
	      "'identifier':{'value':'i'}}",
	    B ",'meta':{'extension':[{'url':'" X40 "Bundle.timestamp',"
	      "'valueInstant':'2026-11-01T00:00:00Z'},{'url':'" X30
	      "Bundle.identifier','valueIdentifier':{'value':'i'}}]}}" },
	{ "total, score and etag keep their text", D, R,
	    B ",'total':7,'entry':[{'search':{'mode':'match',"
	      "'score':0.5},'response':{'etag':'W/\\\\1'}}]}",
	    B ",'total':7,'entry':[{'search':{'mode':'match',"
	      "'score':0.5},'response':{'etag':'W/\\\\1'}}]}" },
};

static const struct convert_case one_way[] = {
	{ "an outcome without refusal is the resource of DSTU2", S, D,
	    B ",'entry':[{'response':{'status':'200','outcome':" OO "}}]}",
	    B ",'entry':[{'resource':" OO ","
	      "'response':{'status':'200'}}]}" },
	{ "beside a resource there is no room", S, D,
	    B ",'entry':[{'resource':{'resourceType':'Patient',"
	      "'generalPractitioner':[{'display':'x'}]},"
	      "'response':{'status':'201','outcome':" OO "}}]}",
	    B ",'entry':[{'resource':{'resourceType':'Patient',"
	      "'careProvider':[{'display':'x'}]},"
	      "'response':{'status':'201'}}]}" },
	{ "an outcome of its own is not replaced", D, S,
	    B ",'entry':[{'resource':" OO ",'response':{'status':'400',"
	      "'outcome':{'resourceType':'OperationOutcome'}}}]}",
	    B ",'entry':[{'resource':" OO ",'response':{'status':'400',"
	      "'outcome':{'resourceType':'OperationOutcome'}}}]}" },
	{ "a signature signs another body", S, R,
	    B ",'type':'document','signature':{'blob':'AA=='}}",
	    B ",'type':'document'}" },
	{ "a signature signs another body", D, S,
	    B ",'type':'document','signature':{'blob':'AA=='}}",
	    B ",'type':'document'}" },
	{ "entries that are nobody's", S, R,
	    B ",'entry':[{'fileName':'x'},{}]}",
	    B ",'entry':[{'fileName':'x'}]}" },
};
/* clang-format on */

static void
each_entry_has_a_place_in_the_other_version(void **state)
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

static void
what_is_dropped_is_counted(void **state)
{
	struct convert_losses losses = { NULL };
	struct arena *a = arena_new();
	bool outcome = false, signature = false;

	(void)state;
	convert_json(a, S, D,
	    B ",'signature':{'blob':'AA=='},'entry':[{'resource':{"
	      "'resourceType':'Patient'},'response':{'outcome':" OO "}}]}",
	    false, &losses);
	for (struct convert_loss *l = losses.first; l; l = l->next) {
		assert_int_equal(l->fate, CONVERT_DROPPED);
		assert_int_equal(l->times, 1);
		outcome = outcome ||
		          !strcmp(l->element, "Bundle.entry.response.outcome");
		signature =
		    signature || !strcmp(l->element, "Bundle.signature");
	}
	assert_true(outcome && signature);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_entry_has_a_place_in_the_other_version),
		cmocka_unit_test(it_comes_back_as_it_was),
		cmocka_unit_test(what_is_dropped_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
