/* test_fhir_map_observation.c - Observation between the versions, rule by rule
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

#define O    "{\"resourceType\":\"Observation\""
#define HOME "http://hl7.org/fhir/"
#define X30  HOME "3.0/StructureDefinition/extension-Observation."
#define X40  HOME "4.0/StructureDefinition/extension-Observation."
#define REL  HOME "3.0/StructureDefinition/Observation."
#define OLD  HOME "observation-category"
#define NEW  "http://terminology.hl7.org/CodeSystem/observation-category"

#define CODED(system, code)                                                    \
	"{\"coding\":[{\"system\":\"" system "\",\"code\":\"" code "\"}]}"
#define REF(to)            "{\"reference\":\"" to "\"}"
#define RELATED(type, ref) "{\"type\":\"" type "\",\"target\":" REF(ref) "}"
#define KEPT(url, value)   "{\"url\":\"" url "\"," value "}"
#define EXT(what)          ",\"extension\":[" what "]"

/* clang-format off */
static const struct convert_case both_ways[] = {
	{ "one category becomes a list of one", D, S,
	    O ",\"category\":" CODED(OLD, "vital-signs") "}",
	    O ",\"category\":[" CODED(OLD, "vital-signs") "]}" },
	{ "its system is R4's there", D, R,
	    O ",\"category\":" CODED(OLD, "laboratory") "}",
	    O ",\"category\":[" CODED(NEW, "laboratory") "]}" },
	{ "of several categories the first goes over", S, D,
	    O ",\"category\":[{\"text\":\"a\"},{\"text\":\"b\"}]}",
	    O ",\"category\":{\"text\":\"a\"}"
	      EXT(KEPT(X30 "category", "\"valueCodeableConcept\":{\"text\":\"b\"}")) "}" },
	{ "the encounter is a context in STU3", D, S,
	    O ",\"encounter\":" REF("Encounter/1") "}",
	    O ",\"context\":" REF("Encounter/1") "}" },
	{ "and an encounter in R4", S, R,
	    O ",\"context\":" REF("https://h.example/Encounter/1") "}",
	    O ",\"encounter\":" REF("https://h.example/Encounter/1") "}" },
	{ "an episode of care has no home in DSTU2", S, D,
	    O ",\"context\":" REF("EpisodeOfCare/1") "}",
	    O EXT(KEPT(X30 "context", "\"valueReference\":" REF("EpisodeOfCare/1"))) "}" },
	{ "nor in R4", S, R,
	    O ",\"context\":" REF("https://h.example/r/EpisodeOfCare/1") "}",
	    O EXT(KEPT(X30 "context",
	      "\"valueReference\":" REF("https://h.example/r/EpisodeOfCare/1"))) "}" },
	{ "comments, comment", D, S,
	    O ",\"comments\":\"x\",\"_comments\":{\"id\":\"1\"}}",
	    O ",\"comment\":\"x\",\"_comment\":{\"id\":\"1\"}}" },
	{ "a comment is a note in R4", D, R,
	    O ",\"comments\":\"a\\nb\"}", O ",\"note\":[{\"text\":\"a\\nb\"}]}" },
	{ "notes are joined, and kept", R, S,
	    O ",\"note\":[{\"authorString\":\"A\",\"text\":\"a\"},{\"text\":\"b\"}]}",
	    O ",\"comment\":\"a\\nb\",\"_comment\":{\"extension\":["
	      KEPT(X40 "note", "\"valueAnnotation\":{\"authorString\":\"A\",\"text\":\"a\"}") ","
	      KEPT(X40 "note", "\"valueAnnotation\":{\"text\":\"b\"}") "]}}" },
	{ "interpretation", S, R,
	    O ",\"interpretation\":" CODED(HOME "v2/0078", "H") "}",
	    O ",\"interpretation\":["
	      CODED("http://terminology.hl7.org/CodeSystem/v2-0078", "H") "]}" },
	{ "several interpretations", R, D,
	    O ",\"interpretation\":[{\"text\":\"a\"},{\"text\":\"b\"}]}",
	    O ",\"interpretation\":{\"text\":\"a\"}"
	      EXT(KEPT(X40 "interpretation", "\"valueCodeableConcept\":{\"text\":\"b\"}")) "}" },
	{ "what a reference range means", D, S,
	    O ",\"referenceRange\":[{\"high\":{\"value\":140.0},\"meaning\":{\"text\":\"n\"}}]}",
	    O ",\"referenceRange\":[{\"high\":{\"value\":140.0},\"type\":{\"text\":\"n\"}}]}" },
	{ "to whom it applies", S, D,
	    O ",\"component\":[{\"referenceRange\":[{\"appliesTo\":[{\"text\":\"men\"}]}]}]}",
	    O ",\"component\":[{\"referenceRange\":[{\"extension\":["
	      KEPT(X30 "referenceRange.appliesTo", "\"valueCodeableConcept\":{\"text\":\"men\"}")
	      "]}]}]}" },
	{ "corrected is amended in DSTU2", S, D,
	    O ",\"status\":\"corrected\"}",
	    O ",\"status\":\"amended\",\"_status\":{\"extension\":["
	      KEPT(X30 "status", "\"valueCode\":\"corrected\"") "]}}" },
	{ "amended is amended", D, R, O ",\"status\":\"amended\"}", O ",\"status\":\"amended\"}" },
	{ "entered in error everywhere", R, D, O ",\"status\":\"entered-in-error\"}",
	    O ",\"status\":\"entered-in-error\"}" },
	{ "an integer is a quantity without unit", R, S,
	    O ",\"valueInteger\":7}",
	    O ",\"valueQuantity\":{\"value\":7}"
	      EXT(KEPT(X40 "value", "\"valueInteger\":7")) "}" },
	{ "in a component too, all the way", R, D,
	    O ",\"component\":[{\"valueInteger\":-0}]}",
	    O ",\"component\":[{\"valueQuantity\":{\"value\":-0},\"extension\":["
	      KEPT(X40 "component.value", "\"valueInteger\":-0") "]}]}" },
	{ "a boolean is Y or N in DSTU2", S, D,
	    O ",\"valueBoolean\":true}",
	    O ",\"valueCodeableConcept\":" CODED(HOME "v2/0136", "Y")
	      EXT(KEPT(X30 "value", "\"valueBoolean\":true")) "}" },
	{ "and in a component of STU3", R, S,
	    O ",\"component\":[{\"valueBoolean\":false}]}",
	    O ",\"component\":[{\"valueCodeableConcept\":" CODED(HOME "v2/0136", "N")
	      EXT(KEPT(X40 "component.value", "\"valueBoolean\":false")) "}]}" },
	{ "a boolean stays one between STU3 and R4", S, R,
	    O ",\"valueBoolean\":false}", O ",\"valueBoolean\":false}" },
	{ "an attachment has no home in R4", D, R,
	    O ",\"valueAttachment\":{\"url\":\"http://x\"}}",
	    O EXT(KEPT(X30 "value", "\"valueAttachment\":{\"url\":\"http://x\"}")) "}" },
	{ "the first event of a timing", R, D,
	    O ",\"effectiveTiming\":{\"event\":[\"2026-11-18\",\"2026-11-19\"]}}",
	    O ",\"effectiveDateTime\":\"2026-11-18\""
	      EXT(KEPT(X40 "effective",
	        "\"valueTiming\":{\"event\":[\"2026-11-18\",\"2026-11-19\"]}")) "}" },
	{ "a timing without event", R, S,
	    O ",\"effectiveTiming\":{\"code\":{\"text\":\"BID\"}}}",
	    O EXT(KEPT(X40 "effective", "\"valueTiming\":{\"code\":{\"text\":\"BID\"}}")) "}" },
	{ "periods", D, R,
	    O ",\"effectivePeriod\":{\"start\":\"2026\"},\"valuePeriod\":{\"end\":\"2027\"}}",
	    O ",\"effectivePeriod\":{\"start\":\"2026\"},\"valuePeriod\":{\"end\":\"2027\"}}" },
	{ "members and sources", S, R,
	    O ",\"related\":[" RELATED("has-member", "Observation/1") ","
	      RELATED("has-member", "Observation/2") "," RELATED("derived-from", "Observation/3") "]}",
	    O ",\"hasMember\":[" REF("Observation/1") "," REF("Observation/2")
	      "],\"derivedFrom\":[" REF("Observation/3") "]}" },
	{ "and back, as far as DSTU2", R, D,
	    O ",\"hasMember\":[" REF("Observation/1") "],\"derivedFrom\":[" REF("#m") "]}",
	    O ",\"related\":[" RELATED("has-member", "Observation/1") ","
	      RELATED("derived-from", "#m") "]}" },
	{ "other relations have HL7's extensions", S, R,
	    O ",\"related\":[" RELATED("sequel-to", "Observation/1") ","
	      RELATED("replaces", "Observation/2") "," RELATED("qualified-by", "Observation/3") ","
	      RELATED("interfered-by", "Observation/4") "]}",
	    O EXT(KEPT(REL "sequelTo", "\"valueReference\":" REF("Observation/1")) ","
	      KEPT(REL "replaces", "\"valueReference\":" REF("Observation/2")) ","
	      KEPT(REL "qualifiedBy", "\"valueReference\":" REF("Observation/3")) ","
	      KEPT(REL "interferedBy", "\"valueReference\":" REF("Observation/4"))) "}" },
	{ "a relation that does not say which is none of these", D, R,
	    O ",\"related\":[{\"target\":" REF("Observation/1") "}]}",
	    O EXT(KEPT(X30 "related", "\"extension\":["
	      KEPT("target", "\"valueReference\":" REF("Observation/1")) "]")) "}" },
	{ "relations in an order of their own are kept as they are", S, R,
	    O ",\"related\":[" RELATED("derived-from", "Observation/1") ","
	      RELATED("has-member", "Observation/2") "]}",
	    O ",\"hasMember\":[" REF("Observation/2") "],\"derivedFrom\":[" REF("Observation/1") "]"
	      EXT(KEPT(X30 "related", "\"extension\":[" KEPT("type", "\"valueCode\":\"derived-from\"")
	        "," KEPT("target", "\"valueReference\":" REF("Observation/1")) "]") ","
	      KEPT(X30 "related", "\"extension\":[" KEPT("type", "\"valueCode\":\"has-member\"")
	        "," KEPT("target", "\"valueReference\":" REF("Observation/2")) "]")) "}" },
	{ "basedOn, partOf", R, D,
	    O ",\"basedOn\":[" REF("CarePlan/1") "],\"partOf\":[" REF("Procedure/1") "]}",
	    O EXT(KEPT(X40 "partOf", "\"valueReference\":" REF("Procedure/1")) ","
	      KEPT(X30 "basedOn", "\"valueReference\":" REF("CarePlan/1"))) "}" },
	{ "what it is about stays a modifier", R, S,
	    O ",\"focus\":[" REF("Device/1") "]}",
	    O ",\"modifierExtension\":["
	      KEPT(X40 "focus", "\"valueReference\":" REF("Device/1")) "]}" },
	{ "interpretations of components", R, D,
	    O ",\"component\":[{\"interpretation\":[{\"text\":\"H\"}]}]}",
	    O ",\"component\":[{\"extension\":[" KEPT(X30 "component.interpretation",
	      "\"valueCodeableConcept\":{\"text\":\"H\"}") "]}]}" },
};

static const struct convert_case one_way[] = {
	{ "vital signs go over before the others", S, D,
	    O ",\"category\":[{\"text\":\"a\"},{\"coding\":[{\"code\":\"vital-signs\"}]}]}",
	    O ",\"category\":{\"coding\":[{\"code\":\"vital-signs\"}]}"
	      EXT(KEPT(X30 "category", "\"valueCodeableConcept\":{\"text\":\"a\"}")) "}" },
	{ "an instant is a dateTime, as it is written", R, S,
	    O ",\"effectiveInstant\":\"2026-11-18T06:40:00.250Z\"}",
	    O ",\"effectiveDateTime\":\"2026-11-18T06:40:00.250Z\"}" },
	{ "a quantity that was changed wins over the integer", S, R,
	    O ",\"valueQuantity\":{\"value\":8}" EXT(KEPT(X40 "value", "\"valueInteger\":7")) "}",
	    O ",\"valueQuantity\":{\"value\":8}}" },
	{ "a word that was changed wins over the boolean", D, S,
	    O ",\"valueString\":\"maybe\"" EXT(KEPT(X30 "value", "\"valueBoolean\":true")) "}",
	    O ",\"valueString\":\"maybe\"}" },
	{ "a dateTime that was changed wins over the timing", S, R,
	    O ",\"effectiveDateTime\":\"2027\""
	      EXT(KEPT(X40 "effective", "\"valueTiming\":{\"event\":[\"2026\"]}")) "}",
	    O ",\"effectiveDateTime\":\"2027\"}" },
	{ "relations that were changed win over those kept", R, S,
	    O ",\"hasMember\":[" REF("Observation/9") "]"
	      EXT(KEPT(X30 "related", "\"extension\":[" KEPT("type", "\"valueCode\":\"has-member\"")
	        "," KEPT("target", "\"valueReference\":" REF("Observation/2")) "]")) "}",
	    O ",\"related\":[" RELATED("has-member", "Observation/9") "]}" },
	{ "one where a list belongs", R, S,
	    O ",\"hasMember\":" REF("Observation/1") ",\"category\":{\"text\":\"a\"}}",
	    O ",\"related\":[" RELATED("has-member", "Observation/1") "],\"category\":[{\"text\":\"a\"}]}" },
	{ "a list where one belongs", R, D,
	    O ",\"valueInteger\":[1,2],\"effectiveTiming\":{\"event\":\"2026\"}}",
	    O ",\"valueQuantity\":{\"value\":1},\"effectiveDateTime\":\"2026\"" EXT(
	      KEPT(X40 "effective", "\"valueTiming\":{\"event\":[\"2026\"]}") ","
	      KEPT(X40 "value", "\"valueInteger\":1") ","
	      KEPT(X40 "value", "\"valueInteger\":2")) "}" },
	{ "what is no relation is let be", S, R,
	    O ",\"related\":[7,null,{},{\"type\":\"has-member\"},{\"type\":\"replaces\","
	      "\"target\":\"x\"}]}",
	    O EXT(KEPT(X30 "related", "\"extension\":[" KEPT("type", "\"valueCode\":\"has-member\"") "]")
	      "," KEPT(X30 "related", "\"extension\":[" KEPT("type", "\"valueCode\":\"replaces\"") ","
	      KEPT("target", "\"valueReference\":\"x\"") "]")) "}" },
	{ "nothing of nothing", R, D,
	    O ",\"hasMember\":[],\"note\":[],\"basedOn\":null,\"category\":[{}],\"component\":[{}],"
	      "\"valueInteger\":null,\"focus\":[null]}",
	    O "}" },
	{ "of kinds that do not belong there", R, D,
	    O ",\"hasMember\":\"x\",\"note\":5,\"category\":true,\"component\":[[]],"
	      "\"interpretation\":\"H\",\"effectiveTiming\":[]}",
	    O ",\"related\":[{\"type\":\"has-member\",\"target\":\"x\"}],\"category\":true,"
	      "\"interpretation\":\"H\",\"_comments\":{\"extension\":["
	      KEPT(X40 "note", "\"valueAnnotation\":5") "]}}" },
};
static const struct convert_case bare[] = {
	{ "in one step", R, S,
	    O ",\"focus\":[" REF("Device/1") "],\"partOf\":[" REF("Procedure/1")
	      "],\"valueInteger\":7}",
	    O ",\"valueQuantity\":{\"value\":7},\"modifierExtension\":["
	      KEPT(X40 "focus", "\"valueReference\":" REF("Device/1")) "]}" },
	{ "in two", R, D,
	    O ",\"focus\":[" REF("Device/1") "],\"partOf\":[" REF("Procedure/1")
	      "],\"status\":\"corrected\",\"contained\":[{\"resourceType\":\"Patient\","
	      "\"identifier\":[{\"use\":\"old\",\"value\":\"7\"}],\"name\":[{\"_given\":"
	      "[null,{\"id\":\"g\"}]}]}]}",
	    O ",\"contained\":[{\"resourceType\":\"Patient\",\"identifier\":[{\"value\":"
	      "\"7\"}],\"name\":[{\"_given\":[null,{\"id\":\"g\"}]}]}],\"status\":\"amended\","
	      "\"modifierExtension\":["
	      KEPT(X40 "focus", "\"valueReference\":" REF("Device/1")) "]}" },
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
a_bare_answer_keeps_what_modifies(void **state)
{
	(void)state;
	convert_bare(bare, COUNT(bare));
}

/* Each relation costs about the same, however many there are. */
static void
many_relations_are_sorted_in_time(void **state)
{
	struct arena *a = arena_new();
	struct buf b = buf_new(a, (size_t)64 * 1024 * 1024);
	const char *r4, *stu3;

	(void)state;
	buf_str(&b, O);
	for (int i = 0; i < 50000; i++)
		buf_fmt(&b, ",\"m%d\":1", i);
	buf_str(&b, ",\"extension\":[{\"url\":\"u:a\"}");
	for (int i = 0; i < 50000; i++)
		buf_fmt(&b, ",{\"url\":\"u:%d\",\"valueId\":\"x\"}", i);
	buf_str(&b, "],\"related\":[" RELATED("replaces", "Observation/0"));
	for (int i = 1; i < 50000; i++)
		buf_fmt(&b, "," RELATED("replaces", "Observation/%d"), i);
	buf_str(&b, "]}");
	r4 = convert_json(a, S, R, buf_text(&b), false, NULL);
	assert_non_null(strstr(r4, REL "replaces"));
	assert_null(strstr(r4, "related"));
	stu3 = convert_json(a, R, S, r4, false, NULL);
	assert_non_null(strstr(stu3, RELATED("replaces", "Observation/49999")));
	assert_null(strstr(stu3, REL));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_as_the_tables_say),
		cmocka_unit_test(what_was_kept_comes_back),
		cmocka_unit_test(a_bare_answer_keeps_what_modifies),
		cmocka_unit_test(many_relations_are_sorted_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
