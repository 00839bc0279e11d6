/* test_fhir_map_encounter.c - Encounter between the versions, rule by rule
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

#define E    "{\"resourceType\":\"Encounter\""
#define HOME "http://hl7.org/fhir/"
#define TERM "http://terminology.hl7.org/CodeSystem/"
#define X10  HOME "1.0/StructureDefinition/extension-Encounter."
#define X30  HOME "3.0/StructureDefinition/extension-Encounter."
#define X40  HOME "4.0/StructureDefinition/extension-Encounter."

#define REF(to)          "{\"reference\":\"" to "\"}"
#define KEPT(url, value) "{\"url\":\"" url "\"," value "}"
#define HAS(what)        "\"extension\":[" what "]"
#define ACT(code)        "{\"system\":\"" HOME "v3/ActCode\",\"code\":\"" code "\"}"
#define ACT4(code)       "{\"system\":\"" TERM "v3-ActCode\",\"code\":\"" code "\"}"
#define ROLE(code)                                                             \
	"{\"coding\":[{\"system\":\"" HOME "diagnosis-role\",\"code\":\"" code \
	"\"}]}"
#define USE(code)                                                              \
	"{\"coding\":[{\"system\":\"" TERM "diagnosis-role\",\"code\":\"" code \
	"\"}]}"
#define ABSENT(why)                                                            \
	"{" HAS(KEPT(HOME "StructureDefinition/data-absent-reason",            \
	    "\"valueCode\":\"" why "\"")) "}"
#define NONE4 ",\"class\":" ABSENT("unknown")

/* clang-format off */
static const struct convert_case both_ways[] = {
	/* names */
	{ "the patient is the subject", D, S,
	    E ",\"patient\":" REF("Patient/1") "}",
	    E ",\"subject\":" REF("Patient/1") "}" },
	{ "a referral is what it is based on", S, R,
	    E ",\"incomingReferral\":[" REF("ReferralRequest/1") "]}",
	    E ",\"basedOn\":[" REF("ReferralRequest/1") "]" NONE4 "}" },
	{ "an appointment becomes a list", D, R,
	    E ",\"appointment\":" REF("Appointment/1") "}",
	    E ",\"appointment\":[" REF("Appointment/1") "]" NONE4 "}" },
	{ "of several appointments one goes over", R, S,
	    E ",\"appointment\":[" REF("A/1") "," REF("A/2") "],\"class\":" ACT4("IMP") "}",
	    E ",\"appointment\":" REF("A/1") ",\"class\":" ACT("IMP") ","
	      HAS(KEPT(X40 "appointment", "\"valueReference\":" REF("A/2"))) "}" },
	{ "a reason is a code in R4", D, R,
	    E ",\"reason\":[{\"text\":\"a\"},{\"text\":\"b\"}]}",
	    E ",\"reasonCode\":[{\"text\":\"a\"},{\"text\":\"b\"}]" NONE4 "}" },
	{ "its length", D, S,
	    E ",\"length\":{\"value\":3.0}}", E ",\"length\":{\"value\":3.0}}" },
	{ "what DSTU2 has no place for", S, D,
	    E ",\"account\":[" REF("Account/1") "],\"classHistory\":[{\"class\":"
	      ACT("EMER") ",\"period\":{\"end\":\"2019\"}}]}",
	    E "," HAS(KEPT(X30 "classHistory",
	        HAS(KEPT("class", "\"valueCoding\":" ACT("EMER")) ","
	            KEPT("period", "\"valuePeriod\":{\"end\":\"2019\"}"))) ","
	        KEPT(X30 "account", "\"valueReference\":" REF("Account/1"))) "}" },
	{ "what only R4 has a place for", R, D,
	    E ",\"serviceType\":{\"text\":\"x\"},\"class\":" ACT4("IMP")
	      ",\"location\":[{\"location\":" REF("L/1") ",\"physicalType\":{\"text\":\"bed\"}}]}",
	    E ",\"class\":\"inpatient\"," HAS(KEPT(X40 "serviceType",
	        "\"valueCodeableConcept\":{\"text\":\"x\"}")) ",\"location\":[{\"location\":"
	      REF("L/1") "," HAS(KEPT(X40 "location.physicalType",
	        "\"valueCodeableConcept\":{\"text\":\"bed\"}")) "}]}" },

	/* status */
	{ "triaged has arrived", S, D,
	    E ",\"status\":\"triaged\",\"_status\":{\"id\":\"s\"}}",
	    E ",\"status\":\"arrived\",\"_status\":{\"id\":\"s\","
	      HAS(KEPT(X30 "status", "\"valueCode\":\"triaged\"")) "}}" },
	{ "unknown without an end is in progress", S, D,
	    E ",\"status\":\"unknown\",\"period\":{\"start\":\"2019\"}}",
	    E ",\"status\":\"in-progress\",\"_status\":{"
	      HAS(KEPT(X30 "status", "\"valueCode\":\"unknown\""))
	      "},\"period\":{\"start\":\"2019\"}}" },
	{ "unknown with an end is finished", R, D,
	    E ",\"status\":\"unknown\",\"period\":{\"end\":\"2019\"},\"class\":" ACT4("IMP") "}",
	    E ",\"status\":\"finished\",\"_status\":{"
	      HAS(KEPT(X30 "status", "\"valueCode\":\"unknown\""))
	      "},\"period\":{\"end\":\"2019\"},\"class\":\"inpatient\"}" },
	{ "a void record is cancelled and tells that it is void", S, D,
	    E ",\"status\":\"entered-in-error\"}",
	    E ",\"status\":\"cancelled\",\"modifierExtension\":["
	      KEPT(X30 "status", "\"valueCode\":\"entered-in-error\"") "]}" },
	{ "the history goes by the same table", S, D,
	    E ",\"statusHistory\":[{\"status\":\"triaged\",\"period\":{\"end\":\"2019\"}},"
	      "{\"status\":\"unknown\",\"period\":{\"end\":\"2019\"}},"
	      "{\"status\":\"planned\"}]}",
	    E ",\"statusHistory\":[{\"status\":\"arrived\",\"_status\":{"
	      HAS(KEPT(X30 "statusHistory.status", "\"valueCode\":\"triaged\""))
	      "},\"period\":{\"end\":\"2019\"}},{\"status\":\"finished\",\"_status\":{"
	      HAS(KEPT(X30 "statusHistory.status", "\"valueCode\":\"unknown\""))
	      "},\"period\":{\"end\":\"2019\"}},{\"status\":\"planned\"}]}" },

	/* class */
	{ "inpatient", D, S, E ",\"class\":\"inpatient\"}", E ",\"class\":" ACT("IMP") "}" },
	{ "daytime", D, R, E ",\"class\":\"daytime\"}", E ",\"class\":" ACT4("SS") "}" },
	{ "home", D, R, E ",\"class\":\"home\"}", E ",\"class\":" ACT4("HH") "}" },
	{ "field", D, R, E ",\"class\":\"field\"}", E ",\"class\":" ACT4("FLD") "}" },
	{ "virtual", D, R, E ",\"class\":\"virtual\"}", E ",\"class\":" ACT4("VR") "}" },
	{ "emergency", D, R, E ",\"class\":\"emergency\"}", E ",\"class\":" ACT4("EMER") "}" },
	{ "ambulatory", D, R, E ",\"class\":\"ambulatory\"}", E ",\"class\":" ACT4("AMB") "}" },
	{ "outpatient is ambulatory, and told apart", D, R,
	    E ",\"class\":\"outpatient\"}",
	    E ",\"class\":{\"system\":\"" TERM "v3-ActCode\",\"code\":\"AMB\","
	      HAS(KEPT(X10 "class", "\"valueCode\":\"outpatient\"")) "}}" },
	{ "other has no code", D, S,
	    E ",\"class\":\"other\"}",
	    E "," HAS(KEPT(X10 "class", "\"valueCode\":\"other\"")) "}" },
	{ "R4 is told that it has none", D, R,
	    E ",\"class\":\"other\"}",
	    E "," HAS(KEPT(X10 "class", "\"valueCode\":\"other\"")) ",\"class\":"
	      ABSENT("unsupported") "}" },
	{ "and that nobody said any", D, R, E "}", E NONE4 "}" },
	{ "another reason is the provider's own", R, D,
	    E ",\"class\":" ABSENT("masked") "}",
	    E ",\"_class\":" ABSENT("masked") "}" },
	{ "an acute stay is inpatient", S, D,
	    E ",\"class\":" ACT("ACUTE") "}",
	    E ",\"class\":\"inpatient\",\"_class\":{"
	      HAS(KEPT(X30 "class", "\"valueCoding\":" ACT("ACUTE"))) "}}" },
	{ "a display is kept", R, D,
	    E ",\"class\":{\"system\":\"" TERM "v3-ActCode\",\"code\":\"IMP\",\"display\":\"in\"}}",
	    E ",\"class\":\"inpatient\",\"_class\":{" HAS(KEPT(X30 "class",
	      "\"valueCoding\":{\"system\":\"" HOME "v3/ActCode\",\"code\":\"IMP\","
	      "\"display\":\"in\"}")) "}}" },
	{ "a word of DSTU2 is taken as such", S, D,
	    E ",\"class\":{\"code\":\"outpatient\"}}",
	    E ",\"class\":\"outpatient\",\"_class\":{"
	      HAS(KEPT(X30 "class", "\"valueCoding\":{\"code\":\"outpatient\"}")) "}}" },
	{ "what is no class of DSTU2 is another", S, D,
	    E ",\"class\":" ACT("PRENC") "}",
	    E ",\"class\":\"other\",\"_class\":{"
	      HAS(KEPT(X30 "class", "\"valueCoding\":" ACT("PRENC"))) "}}" },
	{ "a code of another system is another", S, D,
	    E ",\"class\":{\"system\":\"urn:x\",\"code\":\"IMP\"}}",
	    E ",\"class\":\"other\",\"_class\":{" HAS(KEPT(X30 "class",
	      "\"valueCoding\":{\"system\":\"urn:x\",\"code\":\"IMP\"}")) "}}" },
	{ "what hangs on a class goes with it", D, S,
	    E ",\"class\":\"home\",\"_class\":{" HAS("{\"url\":\"u:a\",\"valueId\":\"x\"}") "}}",
	    E ",\"class\":{\"system\":\"" HOME "v3/ActCode\",\"code\":\"HH\","
	      HAS("{\"url\":\"u:a\",\"valueId\":\"x\"}") "}}" },

	/* why */
	{ "an indication is a diagnosis without a role", D, R,
	    E ",\"indication\":[" REF("Condition/1") "," REF("Procedure/2") "]}",
	    E ",\"diagnosis\":[{\"condition\":" REF("Condition/1") "},{\"condition\":"
	      REF("Procedure/2") "}]" NONE4 "}" },
	{ "diagnoses of the hospitalization have roles", D, S,
	    E ",\"indication\":[" REF("Condition/1") "],\"hospitalization\":{"
	      "\"admittingDiagnosis\":[" REF("Condition/2") "],"
	      "\"dischargeDiagnosis\":[" REF("Condition/3") "," REF("Condition/4") "],"
	      "\"admitSource\":{\"text\":\"gp\"}}}",
	    E ",\"diagnosis\":[{\"condition\":" REF("Condition/1") "},"
	      "{\"condition\":" REF("Condition/2") ",\"role\":" ROLE("AD") "},"
	      "{\"condition\":" REF("Condition/3") ",\"role\":" ROLE("DD") "},"
	      "{\"condition\":" REF("Condition/4") ",\"role\":" ROLE("DD") "}],"
	      "\"hospitalization\":{\"admitSource\":{\"text\":\"gp\"}}}" },
	{ "a hospitalization of nothing else goes", D, R,
	    E ",\"hospitalization\":{\"admittingDiagnosis\":[" REF("Condition/2") "]}}",
	    E ",\"diagnosis\":[{\"condition\":" REF("Condition/2") ",\"use\":" USE("AD") "}]"
	      NONE4 "}" },
	{ "rank and another role go with the reference", S, D,
	    E ",\"diagnosis\":[{\"condition\":" REF("Condition/1")
	      ",\"role\":" ROLE("CC") ",\"rank\":2}]}",
	    E ",\"indication\":[{\"reference\":\"Condition/1\"," HAS(
	        KEPT(X30 "diagnosis.role", "\"valueCodeableConcept\":" ROLE("CC")) ","
	        KEPT(X30 "diagnosis.rank", "\"valuePositiveInt\":2")) "}]}" },
	{ "so does all that a role says", S, D,
	    E ",\"diagnosis\":[{\"condition\":" REF("Condition/1")
	      ",\"role\":{\"text\":\"x\",\"coding\":[{\"code\":\"1\"},{\"system\":\"" HOME
	      "diagnosis-role\",\"code\":\"DD\"}]}}]}",
	    E ",\"hospitalization\":{\"dischargeDiagnosis\":[{\"reference\":\"Condition/1\","
	      HAS(KEPT(X30 "diagnosis.role", "\"valueCodeableConcept\":{\"text\":\"x\","
	        "\"coding\":[{\"code\":\"1\"},{\"system\":\"" HOME
	        "diagnosis-role\",\"code\":\"DD\"}]}")) "}]}}" },
	{ "a diagnosis that DSTU2 cannot say", S, D,
	    E ",\"diagnosis\":[{\"rank\":1}]}",
	    E "," HAS(KEPT(X30 "diagnosis", HAS(KEPT("rank", "\"valuePositiveInt\":1")))) "}" },
	{ "a role is a use", S, R,
	    E ",\"diagnosis\":[{\"condition\":" REF("C/1") ",\"role\":" ROLE("CC") "}]}",
	    E ",\"diagnosis\":[{\"condition\":" REF("C/1") ",\"use\":" USE("CC") "}]" NONE4 "}" },
	{ "a reason by reference is a diagnosis, marked", R, S,
	    E ",\"class\":" ACT4("IMP") ",\"diagnosis\":[{\"condition\":" REF("Condition/1")
	      "}],\"reasonReference\":[" REF("http://h.example/Condition/2/_history/3") "]}",
	    E ",\"class\":" ACT("IMP") ",\"diagnosis\":[{\"condition\":" REF("Condition/1")
	      "},{\"condition\":{\"reference\":\"http://h.example/Condition/2/_history/3\","
	      HAS(KEPT(X40 "reasonReference", "\"valueReference\":"
	        REF("http://h.example/Condition/2/_history/3"))) "}}]}" },
	{ "and an indication", R, D,
	    E ",\"class\":" ACT4("IMP") ",\"reasonReference\":[" REF("Procedure/2") "]}",
	    E ",\"class\":\"inpatient\",\"indication\":[{\"reference\":\"Procedure/2\","
	      HAS(KEPT(X40 "reasonReference", "\"valueReference\":" REF("Procedure/2")))
	      "}]}" },
	{ "one that may be none of these is kept", R, D,
	    E ",\"class\":" ACT4("IMP") ",\"reasonReference\":[" REF("Observation/2") ","
	      REF("#c") ",{\"display\":\"x\"}]}",
	    E ",\"class\":\"inpatient\"," HAS(
	        KEPT(X40 "reasonReference", "\"valueReference\":" REF("Observation/2")) ","
	        KEPT(X40 "reasonReference", "\"valueReference\":" REF("#c")) ","
	        KEPT(X40 "reasonReference", "\"valueReference\":{\"display\":\"x\"}")) "}" },
};

static const struct convert_case one_way[] = {
	{ "the class that a converter spells wrong", R, D,
	    E ",\"class\":{\"system\":\"http://terminology.hl7.org/v3/ActCode\",\"code\":\"SS\"}}",
	    E ",\"class\":\"daytime\"}" },
	{ "a class of DSTU2 that was changed wins over the kept one", D, S,
	    E ",\"class\":\"home\",\"_class\":{"
	      HAS(KEPT(X30 "class", "\"valueCoding\":" ACT("ACUTE"))) "}}",
	    E ",\"class\":" ACT("HH") "}" },
	{ "so does a status", D, S,
	    E ",\"status\":\"finished\",\"_status\":{"
	      HAS(KEPT(X30 "status", "\"valueCode\":\"triaged\"")) "}}",
	    E ",\"status\":\"finished\"}" },
	{ "and one that is not void any more", D, S,
	    E ",\"status\":\"finished\",\"modifierExtension\":["
	      KEPT(X30 "status", "\"valueCode\":\"entered-in-error\"") "]}",
	    E ",\"status\":\"finished\"}" },
	{ "a role that belongs to another list", D, S,
	    E ",\"indication\":[{\"reference\":\"C/1\"," HAS(KEPT(X30 "diagnosis.role",
	      "\"valueCodeableConcept\":" ROLE("DD"))) "}]}",
	    E ",\"diagnosis\":[{\"condition\":" REF("C/1") "}]}" },
	{ "a reason that was given a role is a diagnosis", S, R,
	    E ",\"diagnosis\":[{\"role\":" ROLE("CC") ",\"condition\":{\"reference\":\"C/1\","
	      HAS(KEPT(X40 "reasonReference", "\"valueReference\":" REF("C/1"))) "}}]}",
	    E ",\"diagnosis\":[{\"use\":" USE("CC") ",\"condition\":" REF("C/1") "}]" NONE4 "}" },
	{ "the id of a diagnosis goes with the reference", S, D,
	    E ",\"diagnosis\":[{\"id\":\"d\",\"condition\":" REF("C/1") "}]}",
	    E ",\"indication\":[{\"id\":\"d\",\"reference\":\"C/1\"}]}" },
	{ "a diagnosis with a modifier is not shown", S, D,
	    E ",\"diagnosis\":[{\"condition\":" REF("C/1") ",\"modifierExtension\":["
	      "{\"url\":\"u:no\",\"valueBoolean\":true}]}]}",
	    E "," HAS(KEPT(X30 "diagnosis", HAS(KEPT("condition", "\"valueReference\":"
	      REF("C/1")) ",{\"url\":\"u:no\",\"valueBoolean\":true}"))) "}" },

	/* read leniently */
	{ "a reason that is no list", D, S,
	    E ",\"reason\":{\"text\":\"x\"}}", E ",\"reason\":[{\"text\":\"x\"}]}" },
	{ "an indication that is no list", D, S,
	    E ",\"indication\":" REF("C/1") "}",
	    E ",\"diagnosis\":[{\"condition\":" REF("C/1") "}]}" },
	{ "a hospitalization that is a list", D, S,
	    E ",\"hospitalization\":[{\"admittingDiagnosis\":" REF("C/1") ",\"origin\":"
	      REF("L/1") "}]}",
	    E ",\"diagnosis\":[{\"condition\":" REF("C/1") ",\"role\":" ROLE("AD") "}],"
	      "\"hospitalization\":{\"origin\":" REF("L/1") "}}" },
	{ "a diagnosis that is no list", S, D,
	    E ",\"diagnosis\":{\"condition\":" REF("C/1") "}}",
	    E ",\"indication\":[" REF("C/1") "]}" },
	{ "a status that is a list", S, D,
	    E ",\"status\":[\"planned\"]}", E ",\"status\":\"planned\"}" },
	{ "nothing at all", D, S,
	    E ",\"indication\":[],\"hospitalization\":{},\"class\":\"\",\"status\":null}", E "}" },
};

static const struct convert_case bare[] = {
	{ "that a class has no code", D, R, E ",\"class\":\"other\"}",
	    E ",\"class\":" ABSENT("unsupported") "}" },
	{ "a reason by reference", R, D,
	    E ",\"class\":" ACT4("IMP") ",\"reasonReference\":[" REF("Condition/1") "]}",
	    E ",\"class\":\"inpatient\",\"indication\":[" REF("Condition/1") "]}" },
	{ "that it is void", S, D,
	    E ",\"status\":\"entered-in-error\",\"class\":" ACT("ACUTE")
	      ",\"diagnosis\":[{\"condition\":" REF("C/1") ",\"rank\":1}]}",
	    E ",\"status\":\"cancelled\",\"indication\":[" REF("C/1")
	      "],\"class\":\"inpatient\",\"modifierExtension\":["
	      KEPT(X30 "status", "\"valueCode\":\"entered-in-error\"") "]}" },
};

/* What a stranger may send: whatever becomes of it, nothing breaks, and what
 * comes out is read again. */
static const char *const strange[] = {
	E ",\"status\":{},\"class\":{},\"period\":7,\"hospitalization\":\"x\"}",
	E ",\"status\":[[\"unknown\"]],\"period\":[{\"end\":[1]}],\"class\":[[]]}",
	E ",\"class\":[{\"code\":7},{\"code\":\"IMP\"}],\"_class\":\"x\"}",
	E ",\"class\":{\"extension\":7,\"code\":\"AMB\"},\"extension\":{}}",
	E ",\"class\":{\"extension\":[7,null]},\"_status\":[{}]}",
	E ",\"diagnosis\":[7,null,[],{},{\"condition\":7},{\"condition\":{}}]}",
	E ",\"diagnosis\":[{\"condition\":{\"reference\":7,\"extension\":7},"
	  "\"extension\":{\"url\":\"u\"},\"role\":[],\"rank\":\"x\"}]}",
	E ",\"diagnosis\":\"x\",\"reasonReference\":[7,[],{\"reference\":\"/\"}]}",
	E ",\"reasonReference\":{\"reference\":\"Condition/1\"},\"diagnosis\":7}",
	E ",\"indication\":[7,[{}],{\"reference\":[]}],\"hospitalization\":["
	  "\"x\",{\"admittingDiagnosis\":[[[]]]}]}",
	E ",\"hospitalization\":[{\"dischargeDiagnosis\":{\"x\":1}},{},{\"a\":1}]}",
	E ",\"statusHistory\":[7,{\"status\":{\"a\":1}},{\"period\":\"x\"}]}",
	E ",\"location\":{\"location\":[{\"reference\":7}],\"status\":[]}}",
	"{\"resourceType\":\"Encounter\",\"contained\":[" E ",\"class\":7}]}",
};
/* clang-format on */

static void
each_way_as_the_tables_say(void **state)
{
	(void)state;
	convert_cases(both_ways, COUNT(both_ways));
	convert_cases(one_way, COUNT(one_way));
}

static void
what_was_kept_comes_back(void **state)
{
	(void)state;
	convert_returns(both_ways, COUNT(both_ways));
}

static void
strangers_break_nothing(void **state)
{
	(void)state;
	convert_strange(strange, COUNT(strange));
}

static void
a_bare_answer_keeps_what_modifies(void **state)
{
	(void)state;
	convert_bare(bare, COUNT(bare));
}

/* Each diagnosis costs about the same, however many there are. */
static void
many_diagnoses_are_sorted_in_time(void **state)
{
	struct arena *a = arena_new();
	struct buf b = buf_new(a, (size_t)64 * 1024 * 1024);
	const char *dstu2, *stu3;

	(void)state;
	buf_str(&b, E ",\"diagnosis\":[{\"rank\":1}");
	for (int i = 0; i < 50000; i++)
		buf_fmt(&b,
		    ",{\"condition\":" REF("Condition/%d") ",\"role\":%s}", i,
		    i % 3 ? ROLE("AD") : ROLE("CC"));
	buf_str(&b, "]}");
	dstu2 = convert_json(a, S, D, buf_text(&b), false, NULL);
	assert_null(strstr(dstu2, "\"diagnosis\""));
	assert_non_null(strstr(dstu2, "Condition/49999"));
	stu3 = convert_json(a, D, S, dstu2, false, NULL);
	assert_non_null(strstr(stu3, REF("Condition/49999")));
	assert_null(strstr(stu3, X30));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_as_the_tables_say),
		cmocka_unit_test(what_was_kept_comes_back),
		cmocka_unit_test(strangers_break_nothing),
		cmocka_unit_test(a_bare_answer_keeps_what_modifies),
		cmocka_unit_test(many_diagnoses_are_sorted_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
