/* test_fhir_map_coverage.c - Coverage in three versions
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

#define C     "{'resourceType':'Coverage'"
#define X10   "http://hl7.org/fhir/1.0/StructureDefinition/extension-"
#define X30   "http://hl7.org/fhir/3.0/StructureDefinition/extension-"
#define X40   "http://hl7.org/fhir/4.0/StructureDefinition/extension-"
#define CLASS "http://terminology.hl7.org/CodeSystem/coverage-class"

/* clang-format off */
static const struct convert_case both_ways[] = {
	{ "the issuer is the first payor", D, S,
	    C ",'plan':'P','issuer':{'display':'F'}}",
	    C ",'grouping':{'plan':'P','planDisplay':'P'},"
	      "'payor':[{'display':'F'}]}" },
	{ "further payors are kept", S, D,
	    C ",'grouping':{'plan':'p','planDisplay':'p'},"
	      "'payor':[{'display':'F'},{'display':'G'}]}",
	    C ",'plan':'p','issuer':{'display':'F'},"
	      "'extension':[{'url':'" X30 "Coverage.payor',"
	      "'valueReference':{'display':'G'}}]}" },
	{ "the subscriber is who is insured", D, S,
	    C ",'subscriber':{'reference':'Patient/1'}}",
	    C ",'subscriber':{'reference':'Patient/1'},"
	      "'beneficiary':{'reference':'Patient/1'}}" },
	{ "another beneficiary is kept", S, D,
	    C ",'subscriber':{'reference':'Patient/1'},"
	      "'beneficiary':{'reference':'Patient/2'}}",
	    C ",'subscriber':{'reference':'Patient/1'},"
	      "'extension':[{'url':'" X30 "Coverage.beneficiary',"
	      "'valueReference':{'reference':'Patient/2'}}]}" },
	{ "the patient is shown, not the relative", S, D,
	    C ",'subscriber':{'reference':'RelatedPerson/9'},"
	      "'beneficiary':{'reference':'Patient/1'}}",
	    C ",'subscriber':{'reference':'Patient/1'},"
	      "'extension':[{'url':'" X30 "Coverage.subscriber',"
	      "'valueReference':{'reference':'RelatedPerson/9'}},{'url':'" X30
	      "Coverage.beneficiary',"
	      "'valueReference':{'reference':'Patient/1'}}]}" },
	{ "a beneficiary alone", S, D,
	    C ",'beneficiary':{'reference':'Patient/1'}}",
	    C ",'subscriber':{'reference':'Patient/1'},"
	      "'extension':[{'url':'" X30 "Coverage.beneficiary',"
	      "'valueReference':{'reference':'Patient/1'}}]}" },
	{ "an identifier's value", D, S,
	    C ",'subscriberId':{'value':'7'},'network':{'value':'N'}}",
	    C ",'subscriberId':'7','network':'N'}" },
	{ "the rest of an identifier is kept", D, S,
	    C ",'subscriberId':{'system':'urn:x','value':'7'}}",
	    C ",'subscriberId':'7',"
	      "'_subscriberId':{'extension':[{'url':'" X10
	      "Coverage.subscriberId','valueIdentifier':{'system':'urn:x',"
	      "'value':'7'}}]}}" },
	{ "a coding becomes a concept", D, S,
	    C ",'type':{'code':'EHCPOL'}}",
	    C ",'type':{'coding':[{'code':'EHCPOL'}]}}" },
	{ "digits become text", D, S,
	    C ",'dependent':1,'sequence':2}",
	    C ",'dependent':'1','sequence':'2'}" },
	{ "group and plan are both name and text", D, S,
	    C ",'group':'G','plan':'P','subPlan':'S'}",
	    C ",'grouping':{'group':'G','groupDisplay':'G','plan':'P',"
	      "'planDisplay':'P','subPlan':'S','subPlanDisplay':'S'}}" },
	{ "a plan is shown as it is called", S, D,
	    C ",'grouping':{'plan':'1','planDisplay':'Silver',"
	      "'subClass':'c'}}",
	    C ",'plan':'Silver','extension':[{'url':'" X30
	      "Coverage.grouping','extension':[{'url':'plan',"
	      "'valueString':'1'},{'url':'planDisplay',"
	      "'valueString':'Silver'},{'url':'subClass',"
	      "'valueString':'c'}]}]}" },
	{ "the payor stands in for a missing plan", S, D,
	    C ",'payor':[{'display':'F'}]}",
	    C ",'issuer':{'display':'F'},'plan':'F',"
	      "'_plan':{'extension':[{'url':'" X30 "Coverage.payor',"
	      "'valueString':'F'}]}}" },
	{ "a status in force", S, D,
	    C ",'status':'active'}",
	    C ",'extension':[{'url':'" X30 "Coverage.status',"
	      "'valueCode':'active'}]}" },
	{ "a status that voids the record modifies", S, D,
	    C ",'status':'cancelled'}",
	    C ",'modifierExtension':[{'url':'" X30 "Coverage.status',"
	      "'valueCode':'cancelled'}]}" },
	{ "order and relationship wait", S, D,
	    C ",'order':2,'relationship':{'text':'child'},"
	      "'policyHolder':{'display':'E'}}",
	    C ",'extension':[{'url':'" X30 "Coverage.policyHolder',"
	      "'valueReference':{'display':'E'}},{'url':'" X30
	      "Coverage.relationship',"
	      "'valueCodeableConcept':{'text':'child'}},{'url':'" X30
	      "Coverage.order','valuePositiveInt':2}]}" },
	{ "pairs are classes", S, R,
	    C ",'grouping':{'group':'1','groupDisplay':'G','plan':'2',"
	      "'planDisplay':'P'},'sequence':'3','status':'active',"
	      "'beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}",
	    C ",'class':[{'type':{'coding':[{'system':'" CLASS "',"
	      "'code':'group'}]},'value':'1','name':'G'},"
	      "{'type':{'coding':[{'system':'" CLASS "','code':'plan'}]},"
	      "'value':'2','name':'P'},{'type':{'coding':[{'system':'" CLASS
	      "','code':'sequence'}]},'value':'3'}],'status':'active',"
	      "'beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}" },
	{ "half a pair comes back as half", S, R,
	    C ",'grouping':{'subGroup':'1','planDisplay':'P'},"
	      "'status':'active','beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}",
	    C ",'class':[{'type':{'coding':[{'system':'" CLASS "',"
	      "'code':'subgroup'}]},'value':'1'},"
	      "{'type':{'coding':[{'system':'" CLASS "','code':'plan'}]},"
	      "'value':'P','name':'P'}],'extension':[{'url':'" X30
	      "Coverage.grouping','extension':[{'url':'subGroup',"
	      "'valueString':'1'},{'url':'planDisplay',"
	      "'valueString':'P'}]}],'status':'active',"
	      "'beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}" },
	{ "two of one kind", R, S,
	    C ",'class':[{'type':{'coding':[{'system':'" CLASS "',"
	      "'code':'plan'}]},'value':'1','name':'A'},"
	      "{'type':{'coding':[{'system':'" CLASS "','code':'plan'}]},"
	      "'value':'2','name':'B'}],'status':'active',"
	      "'beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}",
	    C ",'grouping':{'plan':'1','planDisplay':'A'},"
	      "'extension':[{'url':'" X40 "Coverage.class',"
	      "'extension':[{'url':'type',"
	      "'valueCodeableConcept':{'coding':[{'system':'" CLASS "',"
	      "'code':'plan'}]}},{'url':'value','valueString':'2'},"
	      "{'url':'name','valueString':'B'}]}],'status':'active',"
	      "'beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}" },
	{ "two that say the same", R, S,
	    C ",'class':[{'type':{'coding':[{'system':'" CLASS "',"
	      "'code':'sequence'}]},'value':'9'},"
	      "{'type':{'coding':[{'system':'" CLASS "',"
	      "'code':'sequence'}]},'value':'9'}],'status':'active',"
	      "'beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}",
	    C ",'sequence':'9','extension':[{'url':'" X40
	      "Coverage.class','extension':[{'url':'type',"
	      "'valueCodeableConcept':{'coding':[{'system':'" CLASS "',"
	      "'code':'sequence'}]}},{'url':'value','valueString':'9'}]},"
	      "{'url':'" X40 "Coverage.class','extension':[{'url':'type',"
	      "'valueCodeableConcept':{'coding':[{'system':'" CLASS "',"
	      "'code':'sequence'}]}},{'url':'value','valueString':'9'}]}],"
	      "'status':'active','beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}" },
	{ "a drug plan's classes, before a plan", R, S,
	    C ",'class':[{'type':{'coding':[{'system':'" CLASS "',"
	      "'code':'rxid'}]},'value':'1'},"
	      "{'type':{'coding':[{'system':'" CLASS "','code':'plan'}]},"
	      "'value':'2','name':'P'}],'status':'active',"
	      "'beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}",
	    C ",'grouping':{'plan':'2','planDisplay':'P'},"
	      "'extension':[{'url':'" X40 "Coverage.class',"
	      "'extension':[{'url':'type',"
	      "'valueCodeableConcept':{'coding':[{'system':'" CLASS "',"
	      "'code':'rxid'}]}},{'url':'value','valueString':'1'}]},"
	      "{'url':'" X40 "Coverage.class','extension':[{'url':'type',"
	      "'valueCodeableConcept':{'coding':[{'system':'" CLASS "',"
	      "'code':'plan'}]}},{'url':'value','valueString':'2'},"
	      "{'url':'name','valueString':'P'}]}],'status':'active',"
	      "'beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}" },
	{ "what else a class says is kept", R, S,
	    C ",'class':[{'type':{'coding':[{'system':'" CLASS "',"
	      "'code':'plan','display':'Plan'}]},'value':'2','name':'P'}],"
	      "'status':'active','beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}",
	    C ",'grouping':{'plan':'2','planDisplay':'P'},"
	      "'extension':[{'url':'" X40 "Coverage.class',"
	      "'extension':[{'url':'type',"
	      "'valueCodeableConcept':{'coding':[{'system':'" CLASS "',"
	      "'code':'plan','display':'Plan'}]}},{'url':'value',"
	      "'valueString':'2'},{'url':'name','valueString':'P'}]}],"
	      "'status':'active','beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}" },
	{ "costs wait", R, S,
	    C ",'costToBeneficiary':[{'type':{'text':'visit'},"
	      "'valueQuantity':{'value':20.5},"
	      "'exception':[{'type':{'text':'retired'}}]}],"
	      "'subrogation':false,'status':'active',"
	      "'beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}",
	    C ",'extension':[{'url':'" X40 "Coverage.costToBeneficiary',"
	      "'extension':[{'url':'type',"
	      "'valueCodeableConcept':{'text':'visit'}},{'url':'value',"
	      "'valueQuantity':{'value':20.5}},{'url':'exception',"
	      "'extension':[{'url':'type',"
	      "'valueCodeableConcept':{'text':'retired'}}]}]},{'url':'" X40
	      "Coverage.subrogation','valueBoolean':false}],"
	      "'status':'active','beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}" },
};

/* These come back too; what they are on the way is not looked at. */
static const struct convert_case returning[] = {
	{ "text that is no number comes back", S, D,
	    C ",'grouping':{'plan':'p','planDisplay':'p'},"
	      "'dependent':'first'}", NULL },
	{ "a text that stood in goes", S, D,
	    C ",'type':{'text':'Public'},'payor':[{'display':'F'}]}", NULL },
	{ "a class that is a bin", R, D,
	    C ",'class':[{'type':{'coding':[{'system':'" CLASS "',"
	      "'code':'rxbin'}]},'value':'004336'},"
	      "{'type':{'coding':[{'system':'" CLASS "','code':'plan'}]},"
	      "'value':'P','name':'P'}],'status':'active',"
	      "'beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}", NULL },
	{ "zero is no positive number", S, D,
	    C ",'grouping':{'plan':'p','planDisplay':'p'},"
	      "'dependent':'0'}", NULL },
};

static const struct convert_case one_way[] = {
	{ "camel case is read", R, S,
	    C ",'class':[{'type':{'coding':[{'system':'" CLASS "',"
	      "'code':'subPlan'}]},'value':'1','name':'A'}],"
	      "'status':'active','beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}",
	    C ",'grouping':{'subPlan':'1','subPlanDisplay':'A'},"
	      "'extension':[{'url':'" X40 "Coverage.class',"
	      "'extension':[{'url':'type',"
	      "'valueCodeableConcept':{'coding':[{'system':'" CLASS "',"
	      "'code':'subPlan'}]}},{'url':'value','valueString':'1'},"
	      "{'url':'name','valueString':'A'}]}],'status':'active',"
	      "'beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}" },
	{ "a text names a kind", R, S,
	    C ",'class':[{'type':{'text':'Plan'},'value':'Bronze'}],"
	      "'status':'active','beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}",
	    C ",'grouping':{'plan':'Bronze','planDisplay':'Bronze'},"
	      "'extension':[{'url':'" X40 "Coverage.class',"
	      "'extension':[{'url':'type',"
	      "'valueCodeableConcept':{'text':'Plan'}},{'url':'value',"
	      "'valueString':'Bronze'}]}],'status':'active',"
	      "'beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}" },
	{ "a foreign system names none", R, S,
	    C ",'class':[{'type':{'coding':[{'system':'urn:x',"
	      "'code':'plan'}]},'value':'B'}],'status':'active',"
	      "'beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}",
	    C ",'extension':[{'url':'" X40 "Coverage.class',"
	      "'extension':[{'url':'type',"
	      "'valueCodeableConcept':{'coding':[{'system':'urn:x',"
	      "'code':'plan'}]}},{'url':'value','valueString':'B'}]}],"
	      "'status':'active','beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}" },
	{ "a name is as good as a value", R, S,
	    C ",'class':[{'type':{'coding':[{'system':'" CLASS "',"
	      "'code':'group'}]},'value':'1'}],'status':'active',"
	      "'beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}",
	    C ",'grouping':{'group':'1','groupDisplay':'1'},"
	      "'status':'active','beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}" },
	{ "what R4 demands", S, R,
	    C "}",
	    C ",'status':'active','beneficiary':{'display':'unknown'},"
	      "'payor':[{'display':'unknown'}]}" },
	{ "the insured is the subscriber", S, R,
	    C ",'subscriber':{'reference':'Patient/1'},'status':'draft'}",
	    C ",'subscriber':{'reference':'Patient/1'},'status':'draft',"
	      "'beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'unknown'}]}" },
	{ "a relative is not the insured", S, R,
	    C ",'subscriber':{'reference':'RelatedPerson/9'},"
	      "'status':'draft'}",
	    C ",'subscriber':{'reference':'RelatedPerson/9'},"
	      "'status':'draft','beneficiary':{'display':'unknown'},"
	      "'payor':[{'display':'unknown'}]}" },
	{ "what only R4 demanded goes", R, S,
	    C ",'status':'draft','beneficiary':{'display':'unknown'},"
	      "'payor':[{'display':'unknown'}]}",
	    C ",'status':'draft'}" },
	{ "a plan that was changed wins", D, S,
	    C ",'plan':'Gold','extension':[{'url':'" X30
	      "Coverage.grouping','extension':[{'url':'plan',"
	      "'valueString':'1'},{'url':'planDisplay',"
	      "'valueString':'Silver'}]}]}",
	    C ",'grouping':{'plan':'Gold','planDisplay':'Gold'}}" },
	{ "a class that was changed wins", R, S,
	    C ",'class':[{'type':{'coding':[{'system':'" CLASS "',"
	      "'code':'plan'}]},'value':'2','name':'Gold'}],"
	      "'extension':[{'url':'" X30 "Coverage.grouping',"
	      "'extension':[{'url':'planDisplay','valueString':'P'}]}],"
	      "'status':'active','beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}",
	    C ",'grouping':{'plan':'2','planDisplay':'Gold'},"
	      "'status':'active','beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}" },
	{ "a class is a bin of DSTU2", R, D,
	    C ",'class':[{'type':{'coding':[{'system':'" CLASS "',"
	      "'code':'rxbin'}]},'value':'004336'}],'status':'active',"
	      "'beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}",
	    C ",'bin':{'value':'004336'},"
	      "'subscriber':{'reference':'Patient/1'},"
	      "'issuer':{'display':'F'},'plan':'F',"
	      "'_plan':{'extension':[{'url':'" X30 "Coverage.payor',"
	      "'valueString':'F'}]},'extension':[{'url':'" X40
	      "Coverage.class','extension':[{'url':'type',"
	      "'valueCodeableConcept':{'coding':[{'system':'" CLASS "',"
	      "'code':'rxbin'}]}},{'url':'value',"
	      "'valueString':'004336'}]},{'url':'" X30 "Coverage.status',"
	      "'valueCode':'active'},{'url':'" X30 "Coverage.beneficiary',"
	      "'valueReference':{'reference':'Patient/1'}}]}" },
	{ "a bin of DSTU2 is a class", D, R,
	    C ",'subscriber':{'reference':'Patient/1'},"
	      "'issuer':{'display':'F'},'bin':{'value':'004336'}}",
	    C ",'subscriber':{'reference':'Patient/1'},"
	      "'extension':[{'url':'" X10 "Coverage.bin',"
	      "'valueIdentifier':{'value':'004336'}}],"
	      "'class':[{'type':{'coding':[{'system':'" CLASS "',"
	      "'code':'rxbin'}]},'value':'004336'}],'status':'active',"
	      "'beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}" },
	{ "a sibling that is no object holds nothing", D, S,
	    C ",'network':{'system':'urn:x','value':'N','_value':0}}",
	    C ",'network':'N','_network':{'extension':[{'url':'" X10
	      "Coverage.network','valueIdentifier':{'system':'urn:x',"
	      "'value':'N','_value':0}}]}}" },
	{ "one class for a list", R, S,
	    C ",'class':{'type':{'coding':[{'system':'" CLASS "',"
	      "'code':'plan'}]},'value':'1','name':'A'},'status':'active',"
	      "'beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}",
	    C ",'grouping':{'plan':'1','planDisplay':'A'},"
	      "'status':'active','beneficiary':{'reference':'Patient/1'},"
	      "'payor':[{'display':'F'}]}" },
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
	convert_returns(returning, COUNT(returning));
}

/* A status that voids the record must be seen by whoever reads it. */
static void
without_extensions_a_void_record_still_says_so(void **state)
{
	struct arena *a = arena_new();
	const char *got = convert_json(
	    a, S, D, C ",'status':'entered-in-error','order':2}", true, NULL);

	(void)state;
	assert_true(convert_equal(convert_read(a, got),
	    convert_read(a,
		C ",'modifierExtension':[{'url':'" X30
		  "Coverage.status','valueCode':'entered-in-error'}]}")));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_element_has_a_place_in_the_other_version),
		cmocka_unit_test(it_comes_back_as_it_was),
		cmocka_unit_test(
		    without_extensions_a_void_record_still_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
