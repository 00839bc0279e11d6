/* test_fhir_map_condition.c - Condition between the versions, rule by rule
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

/* What DSTU2 demands of each. */
#define C2 "{\"resourceType\":\"Condition\",\"code\":{\"text\":\"x\"}"
#define V2 C2 ",\"verificationStatus\":\"confirmed\""
#define C  C2
#define CV                                                                     \
	C ",\"verificationStatus\":{\"coding\":[{\"system\":\"" VER            \
	  "\",\"code\":\"confirmed\"}]}"
#define HOME  "http://hl7.org/fhir/"
#define X10   HOME "1.0/StructureDefinition/extension-Condition."
#define X30   HOME "3.0/StructureDefinition/extension-Condition."
#define X40   HOME "4.0/StructureDefinition/extension-Condition."
#define AT    HOME "StructureDefinition/condition-assertedDate"
#define CLIN  "http://terminology.hl7.org/CodeSystem/condition-clinical"
#define OLD_C HOME "condition-clinical"
#define VER   "http://terminology.hl7.org/CodeSystem/condition-ver-status"

#define CODING(system, code) "{\"system\":\"" system "\",\"code\":\"" code "\"}"
#define CODED(system, code)  "{\"coding\":[" CODING(system, code) "]}"
#define KEPT(url, value)     "{\"url\":\"" url "\"," value "}"
#define EXT(what)            "\"extension\":[" what "]"
#define OWN                  KEPT(X40 "notes", "\"valueCode\":\"x\"")
#define CLINICAL(code)       ",\"clinicalStatus\":\"" code "\""

/* clang-format off */
static const struct convert_case both_ways[] = {
	{ "whose it is", D, R,
	    V2 ",\"patient\":{\"reference\":\"Patient/1\"}}",
	    CV ",\"subject\":{\"reference\":\"Patient/1\"}}" },
	{ "the encounter is a context in STU3", D, S,
	    V2 ",\"encounter\":{\"reference\":\"Encounter/1\"}}",
	    V2 ",\"context\":{\"reference\":\"Encounter/1\"}}" },
	{ "an episode of care has no home in R4", S, R,
	    C ",\"context\":{\"reference\":\"EpisodeOfCare/1\"}}",
	    C "," EXT(KEPT(X30 "context", "\"valueReference\":{\"reference\":\"EpisodeOfCare/1\"}")) "}" },
	{ "a day is a dateTime", D, R,
	    V2 ",\"dateRecorded\":\"2026-11-17\"}", CV ",\"recordedDate\":\"2026-11-17\"}" },
	{ "a time is cut to its day, and kept", S, D,
	    V2 ",\"assertedDate\":\"2026-11-17T23:30:00-05:00\"}",
	    V2 ",\"dateRecorded\":\"2026-11-17\",\"_dateRecorded\":{"
	      EXT(KEPT(X30 "assertedDate", "\"valueDateTime\":\"2026-11-17T23:30:00-05:00\"")) "}}" },
	{ "what R4 asserts is STU3's date, what it records is kept", R, S,
	    C ",\"recordedDate\":\"2026-11-18\"," EXT(KEPT(AT, "\"valueDateTime\":\"2026-11-01\"")) "}",
	    C ",\"assertedDate\":\"2026-11-01\","
	      EXT(KEPT(X40 "recordedDate", "\"valueDateTime\":\"2026-11-18\"")) "}" },
	{ "but DSTU2 has what it records", R, D,
	    CV ",\"recordedDate\":\"2026-11-18T01:02:03Z\","
	      EXT(KEPT(AT, "\"valueDateTime\":\"2026-11-01\"")) "}",
	    V2 ",\"dateRecorded\":\"2026-11-18\","
	      EXT(KEPT(X40 "recordedDate", "\"valueDateTime\":\"2026-11-18T01:02:03Z\"") ","
	        KEPT(X30 "assertedDate", "\"valueDateTime\":\"2026-11-01\"")) "}" },
	{ "one category becomes a list of one", D, S,
	    V2 ",\"category\":{\"coding\":[{\"code\":\"finding\"}]}}",
	    V2 ",\"category\":[{\"coding\":[{\"code\":\"finding\"}]}]}" },
	{ "the first of several goes over", R, D,
	    CV ",\"category\":[{\"text\":\"a\"},{\"text\":\"b\"}]}",
	    V2 ",\"category\":{\"text\":\"a\"},"
	      EXT(KEPT(X30 "category", "\"valueCodeableConcept\":{\"text\":\"b\"}")) "}" },
	{ "active", D, S, V2 CLINICAL("active") "}", V2 CLINICAL("active") "}" },
	{ "relapse is a recurrence", D, S, V2 CLINICAL("relapse") "}", V2 CLINICAL("recurrence") "}" },
	{ "in R4 too", D, R, V2 CLINICAL("relapse") "}",
	    CV ",\"clinicalStatus\":" CODED(CLIN, "recurrence") "}" },
	{ "what R4 calls relapse is one as well, and kept", R, S,
	    C ",\"clinicalStatus\":" CODED(CLIN, "relapse") "}",
	    C CLINICAL("recurrence") ",\"_clinicalStatus\":{"
	      EXT(KEPT(X40 "clinicalStatus", "\"valueCodeableConcept\":" CODED(OLD_C, "relapse"))) "}}" },
	{ "down to DSTU2", R, D,
	    CV ",\"clinicalStatus\":" CODED(CLIN, "relapse") "}",
	    V2 CLINICAL("relapse") ",\"_clinicalStatus\":{"
	      EXT(KEPT(X40 "clinicalStatus", "\"valueCodeableConcept\":" CODED(OLD_C, "relapse"))) "}}" },
	{ "DSTU2 data may say recurrence", D, S, V2 CLINICAL("recurrence") "}",
	    V2 CLINICAL("recurrence") ",\"_clinicalStatus\":{"
	      EXT(KEPT(X10 "clinicalStatus", "\"valueCode\":\"recurrence\"")) "}}" },
	{ "inactive passes", S, D, V2 CLINICAL("inactive") "}", V2 CLINICAL("inactive") "}" },
	{ "remission", R, S, C ",\"clinicalStatus\":" CODED(CLIN, "remission") "}",
	    C CLINICAL("remission") "}" },
	{ "resolved", S, R, C CLINICAL("resolved") "}",
	    C ",\"clinicalStatus\":" CODED(CLIN, "resolved") "}" },
	{ "a word of nobody's list goes no further than DSTU2", D, R,
	    V2 CLINICAL("chronic") "}",
	    CV ",\"clinicalStatus\":{" EXT(KEPT(X10 "clinicalStatus", "\"valueCode\":\"chronic\"")) "}}" },
	{ "among foreign codings the right one counts, the others are kept", R, S,
	    C ",\"clinicalStatus\":{\"coding\":[" CODING("urn:x", "resolved") ","
	      CODING(CLIN, "active") "],\"text\":\"going on\"}}",
	    C CLINICAL("active") ",\"_clinicalStatus\":{" EXT(KEPT(X40 "clinicalStatus",
	      "\"valueCodeableConcept\":{\"coding\":[" CODING("urn:x", "resolved") ","
	      CODING(HOME "condition-clinical", "active") "],\"text\":\"going on\"}")) "}}" },
	{ "a foreign coding alone is no status of ours", R, S,
	    C ",\"clinicalStatus\":" CODED("urn:x", "resolved") "}",
	    C ",\"_clinicalStatus\":{" EXT(KEPT(X40 "clinicalStatus",
	      "\"valueCodeableConcept\":" CODED("urn:x", "resolved"))) "}}" },
	{ "how sure", S, R, C ",\"verificationStatus\":\"differential\"}",
	    C ",\"verificationStatus\":" CODED(VER, "differential") "}" },
	{ "unknown has no word in R4", D, R, C ",\"verificationStatus\":\"unknown\"}",
	    C "," EXT(KEPT(X30 "verificationStatus", "\"valueCode\":\"unknown\"")) "}" },
	{ "unconfirmed is provisional before R4", R, S,
	    C ",\"verificationStatus\":" CODED(VER, "unconfirmed") "}",
	    C ",\"verificationStatus\":\"provisional\",\"_verificationStatus\":{"
	      EXT(KEPT(X40 "verificationStatus",
	        "\"valueCodeableConcept\":" CODED(HOME "condition-ver-status", "unconfirmed"))) "}}" },
	{ "entered in error", R, D, C ",\"verificationStatus\":" CODED(VER, "entered-in-error") "}",
	    C ",\"verificationStatus\":\"entered-in-error\"}" },
	{ "ages", D, R, V2 ",\"onsetQuantity\":{\"value\":39.0},\"abatementQuantity\":{\"value\":40}}",
	    CV ",\"onsetAge\":{\"value\":39.0},\"abatementAge\":{\"value\":40}}" },
	{ "abated, with a status", S, R, C CLINICAL("inactive") ",\"abatementBoolean\":true}",
	    C ",\"clinicalStatus\":" CODED(CLIN, "inactive") ","
	      EXT(KEPT(X30 "abatement", "\"valueBoolean\":true")) "}" },
	{ "abated, without: R4 says resolved", D, R, V2 ",\"abatementBoolean\":true}",
	    CV ",\"clinicalStatus\":{\"coding\":[" CODING(CLIN, "resolved") "],"
	      EXT(KEPT(X30 "abatement", "\"valueBoolean\":true")) "},"
	      EXT(KEPT(X30 "abatement", "\"valueBoolean\":true")) "}" },
	{ "not abated says nothing in R4", S, R, C ",\"abatementBoolean\":false}",
	    C "," EXT(KEPT(X30 "abatement", "\"valueBoolean\":false")) "}" },
	{ "the stage", S, R, C ",\"stage\":{\"summary\":{\"text\":\"II\"}}}",
	    C ",\"stage\":[{\"summary\":{\"text\":\"II\"}}]}" },
	{ "the second stage, and what kind the first is of", R, S,
	    C ",\"stage\":[{\"summary\":{\"text\":\"II\"},\"type\":{\"text\":\"t\"}},"
	      "{\"summary\":{\"text\":\"A\"},\"type\":{\"text\":\"u\"}}]}",
	    C ",\"stage\":{\"summary\":{\"text\":\"II\"},"
	      EXT(KEPT(X40 "stage.type", "\"valueCodeableConcept\":{\"text\":\"t\"}")) "},"
	      EXT(KEPT(X40 "stage", EXT(KEPT("summary", "\"valueCodeableConcept\":{\"text\":\"A\"}")
	        "," KEPT("type", "\"valueCodeableConcept\":{\"text\":\"u\"}")))) "}" },
	{ "evidence", D, R, V2 ",\"evidence\":[{\"code\":{\"text\":\"a\"},\"detail\":[{\"display\":\"d\"}]}]}",
	    CV ",\"evidence\":[{\"code\":[{\"text\":\"a\"}],\"detail\":[{\"display\":\"d\"}]}]}" },
	{ "of several pieces of evidence the first", S, D,
	    V2 ",\"evidence\":[{\"code\":[{\"text\":\"a\"},{\"text\":\"b\"}]}]}",
	    V2 ",\"evidence\":[{\"code\":{\"text\":\"a\"},"
	      EXT(KEPT(X30 "evidence.code", "\"valueCodeableConcept\":{\"text\":\"b\"}")) "}]}" },
	{ "notes", D, R, V2 ",\"notes\":\"a\"}", CV ",\"note\":[{\"text\":\"a\"}]}" },
	{ "notes joined", S, D, V2 ",\"note\":[{\"text\":\"a\"},{\"text\":\"b\",\"time\":\"2026\"}]}",
	    V2 ",\"notes\":\"a\\nb\",\"_notes\":{" EXT(
	      KEPT(X30 "note", "\"valueAnnotation\":{\"text\":\"a\"}") ","
	      KEPT(X30 "note", "\"valueAnnotation\":{\"text\":\"b\",\"time\":\"2026\"}")) "}}" },
	{ "who wrote it down", R, S, C ",\"recorder\":{\"display\":\"d\"}}",
	    C "," EXT(KEPT(X40 "recorder", "\"valueReference\":{\"display\":\"d\"}")) "}" },
};

static const struct convert_case one_way[] = {
	{ "DSTU2 demands a code and how sure it is", R, D,
	    "{\"resourceType\":\"Condition\"}",
	    "{\"resourceType\":\"Condition\",\"code\":{\"text\":\"unspecified\"},"
	      "\"verificationStatus\":\"unknown\"}" },
	{ "nobody else does", D, S,
	    "{\"resourceType\":\"Condition\"}", "{\"resourceType\":\"Condition\"}" },
	{ "the system's old spelling", R, S,
	    C ",\"clinicalStatus\":" CODED(HOME "condition-clinical", "active") "}",
	    C CLINICAL("active") "}" },
	{ "no system, but a word of ours", R, D,
	    CV ",\"clinicalStatus\":{\"coding\":[{\"code\":\"chronic\"},{\"code\":\"resolved\"}]}}",
	    V2 CLINICAL("resolved") ",\"_clinicalStatus\":{" EXT(KEPT(X40 "clinicalStatus",
	      "\"valueCodeableConcept\":{\"coding\":[{\"code\":\"chronic\"},{\"code\":\"resolved\"}]}")) "}}" },
	{ "a status that was changed wins", S, R,
	    C CLINICAL("active") ",\"_clinicalStatus\":{"
	      EXT(KEPT(X40 "clinicalStatus", "\"valueCodeableConcept\":" CODED(CLIN, "relapse"))) "}}",
	    C ",\"clinicalStatus\":" CODED(CLIN, "active") "}" },
	{ "a day that was changed wins over both dates", D, R,
	    V2 ",\"dateRecorded\":\"2027-01-01\","
	      EXT(KEPT(X40 "recordedDate", "\"valueDateTime\":\"2026-11-18T01:02:03Z\"") ","
	        KEPT(X30 "assertedDate", "\"valueDateTime\":\"2026-11-01\"")) "}",
	    CV ",\"recordedDate\":\"2027-01-01\"}" },
	{ "asserted only", R, S, C "," EXT(KEPT(AT, "\"valueDateTime\":\"2026\"")) "}",
	    C ",\"assertedDate\":\"2026\"}" },
	{ "a status that was changed wins over what had abated", R, S,
	    C ",\"clinicalStatus\":{\"coding\":[" CODING(CLIN, "active") "],"
	      EXT(KEPT(X30 "abatement", "\"valueBoolean\":true")) "},"
	      EXT(KEPT(X30 "abatement", "\"valueBoolean\":true")) "}",
	    C CLINICAL("active") "}" },
	{ "a date with a time", D, S, V2 ",\"dateRecorded\":\"2026-11-17T10:00:00\"}",
	    V2 ",\"assertedDate\":\"2026-11-17T10:00:00\",\"_assertedDate\":{"
	      EXT(KEPT(X10 "dateRecorded", "\"valueDate\":\"2026-11-17T10:00:00\"")) "}}" },
	{ "one where a list belongs, a list where one belongs", R, D,
	    "{\"resourceType\":\"Condition\",\"code\":[{\"text\":\"x\"}],\"category\":{\"text\":\"a\"},"
	      "\"verificationStatus\":[" CODED(VER, "confirmed") "],\"note\":{\"text\":\"n\"},"
	      "\"stage\":{\"summary\":{\"text\":\"II\"}}}",
	    V2 ",\"category\":{\"text\":\"a\"},\"notes\":\"n\",\"stage\":{\"summary\":{\"text\":\"II\"}}}" },
	{ "of kinds that do not belong there", R, D,
	    CV ",\"clinicalStatus\":\"active\",\"recordedDate\":7,\"stage\":[3,[]],\"note\":[[]],"
	      "\"evidence\":\"x\",\"extension\":[{\"url\":\"" AT "\"},{\"url\":\"" AT "\",\"valueDateTime\":{}}]}",
	    V2 ",\"_clinicalStatus\":{" EXT(KEPT(X40 "clinicalStatus", "\"valueCodeableConcept\":\"active\""))
	      "},\"dateRecorded\":\"7\",\"stage\":3,\"evidence\":[\"x\"]}" },
	{ "nothing of nothing", R, D,
	    CV ",\"clinicalStatus\":{},\"note\":[{}],\"stage\":[{}],\"evidence\":[{\"code\":[]}],"
	      "\"category\":[]}", V2 "}" },
};
/* What the first of two steps has to keep, the second may have a place for. */
static const struct convert_case bare[] = {
	{ "when it was recorded", R, D,
	    C ",\"recordedDate\":\"2026-11-18\",\"recorder\":{\"display\":\"r\"},"
	      "\"verificationStatus\":" CODED(VER, "unconfirmed") ","
	      EXT(KEPT(AT, "\"valueDateTime\":\"2026-11-01\"") "," OWN) "}",
	    C ",\"verificationStatus\":\"provisional\",\"dateRecorded\":\"2026-11-18\"," EXT(OWN) "}" },
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
a_bare_answer_has_what_only_the_way_kept(void **state)
{
	(void)state;
	convert_bare(bare, COUNT(bare));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_as_the_tables_say),
		cmocka_unit_test(what_was_kept_comes_back),
		cmocka_unit_test(a_bare_answer_has_what_only_the_way_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
