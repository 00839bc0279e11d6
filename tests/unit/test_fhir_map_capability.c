/* test_fhir_map_capability.c - Conformance and CapabilityStatement
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

#define K2  "{'resourceType':'Conformance','fhirVersion':'1.0.2'"
#define K3  "{'resourceType':'CapabilityStatement','fhirVersion':'3.0.2'"
#define K4  "{'resourceType':'CapabilityStatement','fhirVersion':'4.0.1'"
#define X10 "http://hl7.org/fhir/1.0/StructureDefinition/extension-"
#define X30 "http://hl7.org/fhir/3.0/StructureDefinition/extension-"
#define X40 "http://hl7.org/fhir/4.0/StructureDefinition/extension-"

/* clang-format off */
static const struct convert_case both_ways[] = {
	{ "requirements are the purpose", D, S,
	    K2 ",'requirements':'r','acceptUnknown':'no',"
	      "'status':'active'}",
	    K3 ",'purpose':'r','acceptUnknown':'no','status':'active'}" },
	{ "no status is an unknown one", D, S,
	    K2 ",'kind':'instance'}",
	    K3 ",'kind':'instance','status':'unknown'}" },
	{ "media types have their new names", D, S,
	    K2 ",'format':['application/json+fhir','json'],"
	      "'status':'active'}",
	    K3 ",'format':['application/fhir+json','json'],"
	      "'status':'active'}" },
	{ "what is accepted waits in R4", S, R,
	    K3 ",'acceptUnknown':'no','status':'active'}",
	    K4 ",'extension':[{'url':'" X30
	      "CapabilityStatement.acceptUnknown','valueCode':'no'}],"
	      "'status':'active'}" },
	{ "titles and contexts wait in DSTU2", S, D,
	    K3 ",'title':'t','instantiates':['u:a'],'status':'active'}",
	    K2 ",'extension':[{'url':'" X30 "CapabilityStatement.title',"
	      "'valueString':'t'},{'url':'" X30
	      "CapabilityStatement.instantiates','valueUri':'u:a'}],"
	      "'status':'active'}" },
	{ "a context is no datatype of DSTU2: it waits part by part", S, D,
	    K3 ",'useContext':[{'code':{'code':'a'},'valueRange':{'low':"
	      "{'value':1.0}}}],'status':'active'}",
	    K2 ",'extension':[{'url':'" X30
	      "CapabilityStatement.useContext','extension':[{'url':'code',"
	      "'valueCoding':{'code':'a'}},{'url':'value','valueRange':"
	      "{'low':{'value':1.0}}}]}],'status':'active'}" },
	{ "contacts", D, R,
	    K2 ",'contact':[{'name':'n','telecom':[{'value':'1'}]}],"
	      "'acceptUnknown':'no','status':'active'}",
	    K4 ",'contact':[{'name':'n','telecom':[{'value':'1'}]}],"
	      "'extension':[{'url':'" X30
	      "CapabilityStatement.acceptUnknown','valueCode':'no'}],"
	      "'status':'active'}" },
	{ "profiles wait in R4", S, R,
	    K3 ",'profile':[{'reference':'u:p'}],'acceptUnknown':'no',"
	      "'status':'active'}",
	    K4 ",'extension':[{'url':'" X30
	      "CapabilityStatement.acceptUnknown','valueCode':'no'},"
	      "{'url':'" X30 "CapabilityStatement.profile',"
	      "'valueReference':{'reference':'u:p'}}],'status':'active'}" },
	{ "types have their new names", D, S,
	    K2 ",'rest':[{'resource':[{'type':'MedicationOrder',"
	      "'searchInclude':['MedicationOrder:patient','Patient:link',"
	      "'MedicationOrder.encounter']}]}],'status':'active'}",
	    K3 ",'rest':[{'resource':[{'type':'MedicationRequest',"
	      "'searchInclude':['MedicationRequest:patient',"
	      "'Patient:link','MedicationRequest.encounter']}]}],"
	      "'status':'active'}" },
	{ "a type that went has no name", D, S,
	    K2 ",'rest':[{'resource':[{'type':'Order'}]}],"
	      "'status':'active'}",
	    K3 ",'rest':[{'resource':[{'_type':{'extension':[{'url':'" X10
	      "Conformance.rest.resource.type','valueCode':'Order'}]}}]}],"
	      "'status':'active'}" },
	{ "a type that came has none below", R, S,
	    K4 ",'rest':[{'resource':[{'type':'Evidence'}]}],"
	      "'extension':[{'url':'" X30
	      "CapabilityStatement.acceptUnknown','valueCode':'no'}],"
	      "'status':'active'}",
	    K3 ",'rest':[{'resource':[{'_type':{'extension':[{'url':'" X40
	      "CapabilityStatement.rest.resource.type',"
	      "'valueCode':'Evidence'}]}}]}],'acceptUnknown':'no',"
	      "'status':'active'}" },
	{ "a profile is an address", S, R,
	    K3 ",'rest':[{'resource':[{'type':'Patient',"
	      "'profile':{'reference':'u:p'}}],'operation':[{'name':'o',"
	      "'definition':{'reference':'u:o'}}]}],'acceptUnknown':'no',"
	      "'status':'active'}",
	    K4 ",'rest':[{'resource':[{'type':'Patient',"
	      "'profile':'u:p'}],'operation':[{'name':'o',"
	      "'definition':'u:o'}]}],'extension':[{'url':'" X30
	      "CapabilityStatement.acceptUnknown','valueCode':'no'}],"
	      "'status':'active'}" },
	{ "how a profile is called is kept", S, R,
	    K3 ",'document':[{'profile':{'reference':'u:p',"
	      "'display':'P'}}],'acceptUnknown':'no','status':'active'}",
	    K4 ",'document':[{'profile':'u:p',"
	      "'_profile':{'extension':[{'url':'" X30
	      "CapabilityStatement.document.profile',"
	      "'valueReference':{'reference':'u:p','display':'P'}}]}}],"
	      "'extension':[{'url':'" X30
	      "CapabilityStatement.acceptUnknown','valueCode':'no'}],"
	      "'status':'active'}" },
	{ "validate went", D, S,
	    K2 ",'rest':[{'resource':[{'interaction':[{'code':'read'},"
	      "{'code':'validate'},{'code':'create'}]}]}],"
	      "'status':'active'}",
	    K3 ",'rest':[{'resource':[{'interaction':[{'code':'read'},"
	      "{'code':'create'}],'extension':[{'url':'" X10
	      "Conformance.rest.resource.interaction',"
	      "'extension':[{'url':'code','valueCode':'validate'}]}]}]}],"
	      "'status':'active'}" },
	{ "patch came", S, D,
	    K3 ",'rest':[{'resource':[{'interaction':[{'code':'update'},"
	      "{'code':'patch','documentation':'d'},"
	      "{'code':'delete'}]}]}],'status':'active'}",
	    K2 ",'rest':[{'resource':[{'interaction':[{'code':'update'},"
	      "{'code':'delete'}],'extension':[{'url':'" X30
	      "CapabilityStatement.rest.resource.interaction',"
	      "'extension':[{'url':'code','valueCode':'patch'},"
	      "{'url':'documentation','valueString':'d'}]}]}]}],"
	      "'status':'active'}" },
	{ "batch is a mode", D, S,
	    K2 ",'rest':[{'transactionMode':'batch'}],'status':'active'}",
	    K3 ",'rest':[{'interaction':[{'code':'batch'}]}],"
	      "'status':'active'}" },
	{ "both are a mode", D, S,
	    K2 ",'rest':[{'transactionMode':'both',"
	      "'interaction':[{'code':'transaction'},"
	      "{'code':'search-system'}]}],'status':'active'}",
	    K3 ",'rest':[{'interaction':[{'code':'transaction'},"
	      "{'code':'search-system'},{'code':'batch'}]}],"
	      "'status':'active'}" },
	{ "a mode that said it alone", D, S,
	    K2 ",'rest':[{'transactionMode':'transaction'}],"
	      "'status':'active'}",
	    K3 ",'rest':[{'interaction':[{'code':'transaction'}],"
	      "'extension':[{'url':'" X10
	      "Conformance.rest.transactionMode',"
	      "'valueCode':'transaction'}]}],'status':'active'}" },
	{ "a mode that says no", D, S,
	    K2 ",'rest':[{'mode':'server',"
	      "'transactionMode':'not-supported'}],'status':'active'}",
	    K3 ",'rest':[{'mode':'server','extension':[{'url':'" X10
	      "Conformance.rest.transactionMode',"
	      "'valueCode':'not-supported'}]}],'status':'active'}" },
	{ "what was said of batch is kept", S, D,
	    K3 ",'rest':[{'interaction':[{'code':'search-system'},"
	      "{'code':'batch','documentation':'d'}]}],'status':'active'}",
	    K2 ",'rest':[{'transactionMode':'batch',"
	      "'interaction':[{'code':'search-system'}],"
	      "'extension':[{'url':'" X30
	      "CapabilityStatement.rest.interaction',"
	      "'extension':[{'url':'code','valueCode':'batch'},"
	      "{'url':'documentation','valueString':'d'}]}]}],"
	      "'status':'active'}" },
	{ "modifiers and chains wait", D, S,
	    K2 ",'rest':[{'resource':[{'searchParam':[{'name':'n',"
	      "'type':'string','modifier':['exact','contains'],"
	      "'chain':['a'],'target':['Patient']}]}]}],'status':'active'}",
	    K3 ",'rest':[{'resource':[{'searchParam':[{'name':'n',"
	      "'type':'string','extension':[{'url':'" X10
	      "Conformance.rest.resource.searchParam.target',"
	      "'valueCode':'Patient'},{'url':'" X10
	      "Conformance.rest.resource.searchParam.modifier',"
	      "'valueCode':'exact'},{'url':'" X10
	      "Conformance.rest.resource.searchParam.modifier',"
	      "'valueCode':'contains'},{'url':'" X10
	      "Conformance.rest.resource.searchParam.chain',"
	      "'valueString':'a'}]}]}]}],'status':'active'}" },
	{ "special parameters", R, S,
	    K4 ",'rest':[{'searchParam':[{'name':'near',"
	      "'type':'special'}]}],'extension':[{'url':'" X30
	      "CapabilityStatement.acceptUnknown','valueCode':'no'}],"
	      "'status':'active'}",
	    K3 ",'rest':[{'searchParam':[{'name':'near',"
	      "'_type':{'extension':[{'url':'" X40
	      "CapabilityStatement.rest.resource.searchParam.type',"
	      "'valueCode':'special'}]}}]}],'acceptUnknown':'no',"
	      "'status':'active'}" },
	{ "where tokens come from, in any order", D, R,
	    K2 ","
	      "'rest':[{'security':{'extension':[{'extension':[{'valueUri':'https://h/t',"
	      "'url':'token'}],"
	      "'url':'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris'}],"
	      "'service':[{'coding':[{'system':'http://hl7.org/fhir/restful-security-service',"
	      "'code':'OAuth'}]}]}}],'acceptUnknown':'no',"
	      "'status':'active'}",
	    K4 ","
	      "'rest':[{'security':{'extension':[{'extension':[{'valueUri':'https://h/t',"
	      "'url':'token'}],"
	      "'url':'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris'}],"
	      "'service':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/restful-security-service',"
	      "'code':'OAuth'}]}]}}],'extension':[{'url':'" X30
	      "CapabilityStatement.acceptUnknown','valueCode':'no'}],"
	      "'status':'active'}" },
	{ "certificates wait in R4", S, R,
	    K3 ",'rest':[{'security':{'certificate':[{'type':'a/b',"
	      "'blob':'AA=='}]}}],'acceptUnknown':'no','status':'active'}",
	    K4 ",'rest':[{'security':{'extension':[{'url':'" X30
	      "CapabilityStatement.rest.security.certificate',"
	      "'extension':[{'url':'type','valueCode':'a/b'},"
	      "{'url':'blob','valueBase64Binary':'AA=='}]}]}}],"
	      "'extension':[{'url':'" X30
	      "CapabilityStatement.acceptUnknown','valueCode':'no'}],"
	      "'status':'active'}" },
	{ "operations of a type wait in STU3", R, S,
	    K4 ",'rest':[{'resource':[{'type':'Patient',"
	      "'operation':[{'name':'n','definition':'u:o'}]}]}],"
	      "'extension':[{'url':'" X30
	      "CapabilityStatement.acceptUnknown','valueCode':'no'}],"
	      "'status':'active'}",
	    K3 ",'rest':[{'resource':[{'type':'Patient',"
	      "'extension':[{'url':'" X40
	      "CapabilityStatement.rest.resource.operation',"
	      "'extension':[{'url':'name','valueString':'n'},"
	      "{'url':'definition','valueUri':'u:o'}]}]}]}],"
	      "'acceptUnknown':'no','status':'active'}" },
	{ "messages without events wait in DSTU2", S, D,
	    K3 ",'messaging':[{'documentation':'d','reliableCache':30}],"
	      "'status':'active'}",
	    K2 ",'extension':[{'url':'" X30
	      "CapabilityStatement.messaging',"
	      "'extension':[{'url':'documentation','valueString':'d'},"
	      "{'url':'reliableCache','valueUnsignedInt':30}]}],"
	      "'status':'active'}" },
	{ "events", D, S,
	    K2 ",'messaging':[{'event':[{'focus':'MedicationOrder',"
	      "'request':{'reference':'u:r'}}]}],'status':'active'}",
	    K3 ",'messaging':[{'event':[{'focus':'MedicationRequest',"
	      "'request':{'reference':'u:r'}}]}],'status':'active'}" },
};

static const struct convert_case one_way[] = {
	{ "the version that is spoken", R, D,
	    "{'resourceType':'CapabilityStatement',"
	      "'fhirVersion':'4.0.0','status':'active'}",
	    K2 ",'acceptUnknown':'no','status':'active'}" },
	{ "it is said even if it was not", R, S,
	    "{'resourceType':'CapabilityStatement','status':'active'}",
	    K3 ",'acceptUnknown':'no','status':'active'}" },
	{ "another server's word stays", R, S,
	    K4 ",'acceptUnknown':'both','status':'active'}",
	    K3 ",'acceptUnknown':'both','status':'active'}" },
	{ "an unknown status is left out", S, D,
	    K3 ",'status':'unknown'}",
	    K2 "}" },
	{ "transaction is a mode too", S, D,
	    K3 ",'rest':[{'interaction':[{'code':'batch'},"
	      "{'code':'transaction'}]}],'status':'active'}",
	    K2 ",'rest':[{'transactionMode':'both',"
	      "'interaction':[{'code':'transaction'}]}],'status':'active'}" },
	{ "another mode wins over the one that was", S, D,
	    K3 ",'rest':[{'mode':'server',"
	      "'interaction':[{'code':'batch'}],'extension':[{'url':'" X10
	      "Conformance.rest.transactionMode',"
	      "'valueCode':'not-supported'}]}],'status':'active'}",
	    K2 ",'rest':[{'mode':'server','transactionMode':'batch'}],"
	      "'status':'active'}" },
	{ "one interaction for a list", D, S,
	    K2 ",'rest':[{'interaction':{'code':'search-system'},"
	      "'resource':[{'interaction':{'code':'read'}}]}],"
	      "'status':'active'}",
	    K3 ",'rest':[{'interaction':[{'code':'search-system'}],"
	      "'resource':[{'interaction':[{'code':'read'}]}]}],"
	      "'status':'active'}" },
};
/* clang-format on */

static void
each_element_has_a_place_in_the_other_version(void **state)
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
		cmocka_unit_test(each_element_has_a_place_in_the_other_version),
		cmocka_unit_test(it_comes_back_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
