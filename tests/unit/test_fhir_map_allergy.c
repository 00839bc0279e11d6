/* test_fhir_map_allergy.c - AllergyIntolerance between the versions
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

/* With what each version demands: a substance, and how sure that is. */
#define A  "{\"resourceType\":\"AllergyIntolerance\""
#define A2 A ",\"substance\":{\"text\":\"x\"}"
#define AC A ",\"code\":{\"text\":\"x\"}"
#define A3 AC ",\"verificationStatus\":\"unconfirmed\"," UNSAID
#define A4 AC

#define HOME  "http://hl7.org/fhir/"
#define XA    "StructureDefinition/extension-AllergyIntolerance."
#define X10   HOME "1.0/" XA
#define X30   HOME "3.0/" XA
#define X40   HOME "4.0/" XA
#define R2    HOME "AllergyIntolerance-r2-certainty"
#define TERM  "http://terminology.hl7.org/CodeSystem/"
#define CLIN  TERM "allergyintolerance-clinical"
#define VER   TERM "allergyintolerance-verification"
#define CLIN3 HOME "allergy-clinical-status"

#define KEPT(url, value) "{\"url\":\"" url "\"," value "}"
#define EXT(what)        "\"extension\":[" what "]"
#define CODED(system, code)                                                    \
	"{\"coding\":[{\"system\":\"" system "\",\"code\":\"" code "\"}]}"
#define ABSENT                                                                 \
	KEPT(HOME "StructureDefinition/data-absent-reason",                    \
	    "\"valueCode\":\"unknown\"")
#define UNSAID       "\"_verificationStatus\":{" EXT(ABSENT) "}"
#define STATUS(word) ",\"status\":\"" word "\""
#define IS(word)     ",\"clinicalStatus\":\"" word "\""
#define SURE(word)   ",\"verificationStatus\":\"" word "\""
#define IS4(word)    ",\"clinicalStatus\":" CODED(CLIN, word)
#define SURE4(word)  ",\"verificationStatus\":" CODED(VER, word)
#define WAS(is, sure)                                                          \
	",\"_status\":{" EXT(                                                  \
	    KEPT(X30 "clinicalStatus", "\"valueCode\":\"" is "\"") "," KEPT(   \
		X30 "verificationStatus", "\"valueCode\":\"" sure "\"")) "}"

#define AUTHOR(number)                                                         \
	KEPT(HOME "3.0/StructureDefinition/extension-Reference.identifier",    \
	    "\"valueIdentifier\":{\"value\":\"" number "\"}")

/* clang-format off */
static const struct convert_case both_ways[] = {
	{ "active says nothing about how sure it is", D, S, A2 STATUS("active") "}",
	    AC IS("active") SURE("unconfirmed") "," UNSAID "}" },
	{ "and R4 need not", D, R, A2 STATUS("active") "}", AC IS4("active") "}" },
	{ "unconfirmed", D, S, A2 STATUS("unconfirmed") "}",
	    AC IS("active") SURE("unconfirmed") "}" },
	{ "which R4 says too", D, R, A2 STATUS("unconfirmed") "}",
	    AC IS4("active") SURE4("unconfirmed") "}" },
	{ "confirmed", D, R, A2 STATUS("confirmed") "}", AC IS4("active") SURE4("confirmed") "}" },
	{ "inactive", D, S, A2 STATUS("inactive") "}",
	    AC IS("inactive") SURE("unconfirmed") "," UNSAID "}" },
	{ "inactive in R4", D, R, A2 STATUS("inactive") "}", AC IS4("inactive") "}" },
	{ "resolved", D, S, A2 STATUS("resolved") "}",
	    AC IS("resolved") SURE("unconfirmed") "," UNSAID "}" },
	{ "resolved in R4", D, R, A2 STATUS("resolved") "}", AC IS4("resolved") "}" },
	{ "refuted is inactive", D, S, A2 STATUS("refuted") "}",
	    AC IS("inactive") SURE("refuted") "}" },
	{ "refuted in R4", D, R, A2 STATUS("refuted") "}", AC IS4("inactive") SURE4("refuted") "}" },
	{ "entered in error is nothing else", D, S, A2 STATUS("entered-in-error") "}",
	    AC SURE("entered-in-error") "}" },
	{ "entered in error in R4", D, R, A2 STATUS("entered-in-error") "}",
	    AC SURE4("entered-in-error") "}" },
	{ "no status", D, S, A2 "}", A3 "}" },
	{ "no status in R4", R, D, AC "}", A2 "}" },
	{ "a word of nobody's list", D, S, A2 STATUS("chronic") "}",
	    A3 ",\"modifierExtension\":[" KEPT(X10 "status", "\"valueCode\":\"chronic\"") "]}" },
	{ "what stands beside the status", D, S,
	    A2 STATUS("confirmed") ",\"_status\":{\"id\":\"a\"}}",
	    AC IS("active") SURE("confirmed") ",\"_verificationStatus\":{\"id\":\"a\"}}" },
	{ "resolved and confirmed", S, D, AC IS("resolved") SURE("confirmed") "}",
	    A2 STATUS("resolved") WAS("resolved", "confirmed") "}" },
	{ "resolved and said to be unconfirmed", S, D, AC IS("resolved") SURE("unconfirmed") "}",
	    A2 STATUS("resolved") WAS("resolved", "unconfirmed") "}" },
	{ "inactive and confirmed", R, D, AC IS4("inactive") SURE4("confirmed") "}",
	    A2 STATUS("inactive") WAS("inactive", "confirmed") "}" },
	{ "active and refuted", S, D, AC IS("active") SURE("refuted") "}",
	    A2 STATUS("refuted") WAS("active", "refuted") "}" },
	{ "resolved and entered in error", S, D, AC IS("resolved") SURE("entered-in-error") "}",
	    A2 STATUS("entered-in-error") WAS("resolved", "entered-in-error") "}" },
	{ "confirmed alone", R, D, AC SURE4("confirmed") "}",
	    A2 STATUS("confirmed") ",\"_status\":{" EXT(
	      KEPT(X30 "verificationStatus", "\"valueCode\":\"confirmed\"")) "}}" },
	{ "codes and concepts", S, R, AC IS("inactive") SURE("unconfirmed") "}",
	    AC IS4("inactive") SURE4("unconfirmed") "}" },
	{ "a concept that says more is kept", R, D,
	    AC ",\"clinicalStatus\":{\"coding\":[{\"system\":\"" CLIN "\",\"code\":\"active\"}],"
	      "\"text\":\"now\"}" SURE4("confirmed") "}",
	    A2 STATUS("confirmed") ",\"_status\":{" EXT(KEPT(X30 "clinicalStatus",
	      "\"valueCode\":\"active\",\"_valueCode\":{" EXT(KEPT(X40 "clinicalStatus",
	        "\"valueCodeableConcept\":{\"coding\":[{\"system\":\"" CLIN3 "\",\"code\":\"active\"}],"
	        "\"text\":\"now\"}")) "}") ","
	      KEPT(X30 "verificationStatus", "\"valueCode\":\"confirmed\"")) "}}" },
	{ "a concept of foreign words", R, S, AC ",\"verificationStatus\":" CODED("urn:x", "sure") "}",
	    AC SURE("unconfirmed") ",\"_verificationStatus\":{" EXT(KEPT(X40 "verificationStatus",
	      "\"valueCodeableConcept\":" CODED("urn:x", "sure")) "," ABSENT) "}}" },
	{ "criticality", D, R, A2 ",\"criticality\":\"CRITL\"}", A4 ",\"criticality\":\"low\"}" },
	{ "high", D, S, A2 ",\"criticality\":\"CRITH\"}", A3 ",\"criticality\":\"high\"}" },
	{ "not to be assessed", D, S, A2 ",\"criticality\":\"CRITU\"}",
	    A3 ",\"criticality\":\"unable-to-assess\"}" },
	{ "DSTU2 data with the words of STU3", D, S, A2 ",\"criticality\":\"high\"}",
	    A3 ",\"criticality\":\"high\",\"_criticality\":{"
	      EXT(KEPT(X10 "criticality", "\"valueCode\":\"high\"")) "}}" },
	{ "one category becomes a list of one", D, R, A2 ",\"category\":\"food\"}",
	    A4 ",\"category\":[\"food\"]}" },
	{ "other is no word after DSTU2", D, S, A2 ",\"category\":\"other\"}",
	    A3 ",\"_category\":[{" EXT(KEPT(X10 "category", "\"valueCode\":\"other\"")) "}]}" },
	{ "biologic is other", S, D, A3 ",\"category\":[\"biologic\"]}",
	    A2 ",\"category\":\"other\",\"_category\":{"
	      EXT(KEPT(X30 "category", "\"valueCode\":\"biologic\"")) "}}" },
	{ "of several categories the first", R, D, A4 ",\"category\":[\"food\",\"medication\"]}",
	    A2 ",\"category\":\"food\"," EXT(KEPT(X30 "category", "\"valueCode\":\"medication\"")) "}" },
	{ "onset", D, R, A2 ",\"onset\":\"2019-06\",\"_onset\":{\"id\":\"o\"}}",
	    A4 ",\"onsetDateTime\":\"2019-06\",\"_onsetDateTime\":{\"id\":\"o\"}}" },
	{ "an onset that is no time", S, D, A3 ",\"onsetAge\":{\"value\":3.0}}",
	    A2 "," EXT(KEPT(X30 "onset", "\"valueQuantity\":{\"value\":3.0}")) "}" },
	{ "who, when", D, S, A2 ",\"recordedDate\":\"2026\",\"reporter\":{\"display\":\"r\"},"
	      "\"recorder\":{\"display\":\"w\"},\"lastOccurence\":\"2025\"}",
	    A3 ",\"assertedDate\":\"2026\",\"asserter\":{\"display\":\"r\"},"
	      "\"recorder\":{\"display\":\"w\"},\"lastOccurrence\":\"2025\"}" },
	{ "who, when in R4", S, R, A3 ",\"assertedDate\":\"2026\",\"asserter\":{\"display\":\"r\"}}",
	    A4 ",\"recordedDate\":\"2026\",\"asserter\":{\"display\":\"r\"}}" },
	{ "the note becomes a list of one", D, R, A2 ",\"note\":{\"text\":\"a\",\"time\":\"2026\"}}",
	    A4 ",\"note\":[{\"text\":\"a\",\"time\":\"2026\"}]}" },
	{ "notes joined", S, D, A3 ",\"note\":[{\"text\":\"a\"},{\"text\":\"b\"}]}",
	    A2 ",\"note\":{\"text\":\"a\\nb\"," EXT(
	      KEPT(X30 "note", "\"valueAnnotation\":{\"text\":\"a\"}") ","
	      KEPT(X30 "note", "\"valueAnnotation\":{\"text\":\"b\"}")) "}}" },
	{ "the author of a note is one of the target's", S, D,
	    A3 ",\"note\":[{\"authorReference\":{\"display\":\"d\",\"identifier\":{\"value\":\"7\"}},"
	      "\"text\":\"a\"}]}",
	    A2 ",\"note\":{\"authorReference\":{\"display\":\"d\"," EXT(AUTHOR("7")) "},"
	      "\"text\":\"a\"}}" },
	{ "the authors of several notes", S, D,
	    A3 ",\"note\":[{\"authorReference\":{\"display\":\"d\",\"identifier\":{\"value\":\"7\"}},"
	      "\"text\":\"a\"},{\"text\":\"b\"}]}",
	    A2 ",\"note\":{\"authorReference\":{\"display\":\"d\"," EXT(AUTHOR("7")) "},\"text\":\"a\\nb\"," EXT(
	      KEPT(X30 "note", "\"valueAnnotation\":{\"authorReference\":{\"display\":\"d\","
	        EXT(AUTHOR("7")) "},\"text\":\"a\"}") ","
	      KEPT(X30 "note", "\"valueAnnotation\":{\"text\":\"b\"}")) "}}" },
	{ "a reaction", D, R, A2 ",\"reaction\":[{\"certainty\":\"likely\",\"manifestation\":"
	      "[{\"text\":\"m\"}],\"severity\":\"mild\",\"note\":{\"text\":\"n\"}}]}",
	    A4 ",\"reaction\":[{" EXT(KEPT(X10 "reaction.certainty", "\"valueCode\":\"likely\""))
	      ",\"manifestation\":[{\"text\":\"m\"}],\"severity\":\"mild\",\"note\":[{\"text\":\"n\"}]}]}" },
	{ "where it was found", R, S, A4 ",\"encounter\":{\"reference\":\"Encounter/1\"}}",
	    A3 "," EXT(KEPT(X40 "encounter", "\"valueReference\":{\"reference\":\"Encounter/1\"}")) "}" },
};

static const struct convert_case one_way[] = {
	{ "DSTU2 demands a substance", R, D, A "}", A ",\"substance\":{\"text\":\"unspecified\"}}" },
	{ "nobody else does", D, R, A "}", A "}" },
	{ "a status that was changed wins over both", D, S,
	    A2 STATUS("active") WAS("resolved", "confirmed") "}",
	    AC IS("active") SURE("unconfirmed") "," UNSAID "}" },
	{ "one of both that was changed wins", S, D,
	    AC IS("inactive") SURE("confirmed") "," UNSAID "}",
	    A2 STATUS("inactive") ",\"_status\":{" EXT(
	      KEPT(X30 "clinicalStatus", "\"valueCode\":\"inactive\"") ","
	      KEPT(X30 "verificationStatus", "\"valueCode\":\"confirmed\",\"_valueCode\":{"
	        EXT(ABSENT) "}")) "}}" },
	{ "a concept with a word of DSTU2 is no status", R, S,
	    AC ",\"clinicalStatus\":{\"coding\":[{\"code\":\"confirmed\"}]}}",
	    AC SURE("unconfirmed") "," UNSAID ",\"_clinicalStatus\":{" EXT(KEPT(X40 "clinicalStatus",
	      "\"valueCodeableConcept\":{\"coding\":[{\"code\":\"confirmed\"}]}")) "}}" },
	{ "HL7's other URL of certainty is read", S, D,
	    A3 ",\"reaction\":[{" EXT(KEPT(R2, "\"valueCode\":\"confirmed\"")) "}]}",
	    A2 ",\"reaction\":[{\"certainty\":\"confirmed\"}]}" },
	{ "unless it says something else", S, D,
	    A3 ",\"reaction\":[{" EXT(KEPT(R2, "\"valueCode\":\"maybe\"")) "}]}",
	    A2 ",\"reaction\":[{" EXT(KEPT(R2, "\"valueCode\":\"maybe\"")) "}]}" },
	{ "a single category where a list belongs", S, R, A3 ",\"category\":\"food\"}",
	    A4 ",\"category\":[\"food\"]}" },
	{ "a list where one belongs", D, R, A2 ",\"status\":[\"confirmed\",\"active\"]}",
	    A4 IS4("active") SURE4("confirmed") ",\"modifierExtension\":["
	      KEPT(X10 "status", "\"valueCode\":\"active\"") "]}" },
	{ "of kinds that do not belong there", R, D,
	    A4 ",\"clinicalStatus\":\"active\",\"verificationStatus\":[7],\"category\":{\"a\":1},"
	      "\"note\":\"x\",\"reaction\":[\"y\",{\"note\":5,\"extension\":[{\"url\":\"" R2 "\"}]}]}",
	    A2 ",\"category\":{\"a\":1},\"note\":\"x\",\"reaction\":[\"y\",{\"note\":5,\"extension\":"
	      "[{\"url\":\"" R2 "\"}]}]," EXT(
	      KEPT(X30 "clinicalStatus", "\"_valueCode\":{" EXT(
	        KEPT(X40 "clinicalStatus", "\"valueCodeableConcept\":\"active\"")) "}") ","
	      KEPT(X30 "verificationStatus", "\"_valueCode\":{" EXT(
	        KEPT(X40 "verificationStatus", "\"valueCodeableConcept\":7")) "}")) "}" },
	{ "what is no note stands before the notes", R, D, A4 ",\"note\":[1.5,{\"text\":\"b\"}]}",
	    A2 ",\"note\":{\"text\":\"b\"," EXT(KEPT(X30 "note", "\"valueAnnotation\":1.5") ","
	      KEPT(X30 "note", "\"valueAnnotation\":{\"text\":\"b\"}")) "}}" },
	{ "nothing of nothing", D, R, A2 ",\"status\":\"\",\"category\":\"\",\"note\":{},\"reaction\":[{}]}",
	    A4 "}" },
};
/* That nobody said how sure it is, is no extension of ours. */
static const struct convert_case bare[] = {
	{ "in one step", R, S, AC IS4("active") "}",
	    AC IS("active") SURE("unconfirmed") "," UNSAID "}" },
	{ "in two", R, D, AC IS4("active") "}", A2 STATUS("active") "}" },
	{ "what comes from DSTU2", D, R, A2 STATUS("resolved") ",\"category\":\"other\"}",
	    AC IS4("resolved") "}" },
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
a_bare_answer_says_what_was_not_said(void **state)
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
		cmocka_unit_test(a_bare_answer_says_what_was_not_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
