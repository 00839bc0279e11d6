/* test_fhir_map_medication.c - Medication between the versions, rule by rule
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

#define M    "{\"resourceType\":\"Medication\""
#define HOME "http://hl7.org/fhir/"
#define X10  HOME "1.0/StructureDefinition/extension-Medication."
#define X30  HOME "3.0/StructureDefinition/extension-Medication."
#define X40  HOME "4.0/StructureDefinition/extension-Medication."

#define REF(to)          "{\"reference\":\"" to "\"}"
#define TEXT(what)       "{\"text\":\"" what "\"}"
#define KEPT(url, value) "{\"url\":\"" url "\"," value "}"
#define HAS(what)        "\"extension\":[" what "]"
#define LOT(what)        "{\"lotNumber\":\"" what "\"}"

/* clang-format off */
static const struct convert_case both_ways[] = {
	{ "its code", D, R, M ",\"code\":" TEXT("a") "}", M ",\"code\":" TEXT("a") "}" },
	{ "what a product holds stands in the medication", D, S,
	    M ",\"product\":{\"form\":" TEXT("f") ",\"ingredient\":[{\"item\":"
	      REF("Substance/1") ",\"amount\":{\"numerator\":{\"value\":1.50}}}],\"batch\":["
	      LOT("1") "," LOT("2") "]}}",
	    M ",\"form\":" TEXT("f") ",\"ingredient\":[{\"itemReference\":"
	      REF("Substance/1") ",\"amount\":{\"numerator\":{\"value\":1.50}}}],"
	      "\"package\":{\"batch\":[" LOT("1") "," LOT("2") "]}}" },
	{ "and in R4", D, R,
	    M ",\"isBrand\":true,\"product\":{\"ingredient\":[{\"item\":" REF("Substance/1")
	      ",\"amount\":{\"numerator\":{\"value\":1.50}}}],\"batch\":[" LOT("1") "]}}",
	    M "," HAS(KEPT(X30 "isBrand", "\"valueBoolean\":true")) ",\"ingredient\":[{"
	      "\"itemReference\":" REF("Substance/1") ",\"strength\":{\"numerator\":"
	      "{\"value\":1.50}}}],\"batch\":" LOT("1") "}" },
	{ "batches join the package", D, S,
	    M ",\"package\":{\"container\":" TEXT("box") "},\"product\":{\"batch\":["
	      LOT("1") "]}}",
	    M ",\"package\":{\"container\":" TEXT("box") ",\"batch\":[" LOT("1") "]}}" },
	{ "R4 has one batch and no package", S, R,
	    M ",\"package\":{\"container\":" TEXT("box") ",\"content\":[{"
	      "\"itemCodeableConcept\":" TEXT("a") "}],\"batch\":[" LOT("1") "," LOT("2") "]}}",
	    M ",\"batch\":" LOT("1") "," HAS(KEPT(X30 "package", HAS(
	      KEPT("container", "\"valueCodeableConcept\":" TEXT("box")) ","
	      KEPT("content", HAS(KEPT("item", "\"valueCodeableConcept\":" TEXT("a")))) ","
	      KEPT("batch", HAS(KEPT("lotNumber", "\"valueString\":\"2\"")))))) "}" },
	{ "a batch of R4 is in a package", R, S,
	    M ",\"batch\":" LOT("1") "}", M ",\"package\":{\"batch\":[" LOT("1") "]}}" },
	{ "a batch of R4 in DSTU2", R, D,
	    M ",\"batch\":" LOT("1") "}", M ",\"product\":{\"batch\":[" LOT("1") "]}}" },
	{ "an ingredient by code is a reference that shows it", S, D,
	    M ",\"ingredient\":[{\"itemCodeableConcept\":" TEXT("salt") ",\"isActive\":false}]}",
	    M ",\"product\":{\"ingredient\":[{\"item\":{\"display\":\"salt\","
	      HAS(KEPT(X30 "ingredient.item", "\"valueCodeableConcept\":" TEXT("salt")))
	      "}," HAS(KEPT(X30 "ingredient.isActive", "\"valueBoolean\":false")) "}]}}" },
	{ "by the display of its first coding", R, D,
	    M ",\"ingredient\":[{\"itemCodeableConcept\":{\"coding\":[{\"display\":\"salt\"}]}}]}",
	    M ",\"product\":{\"ingredient\":[{\"item\":{\"display\":\"salt\","
	      HAS(KEPT(X30 "ingredient.item", "\"valueCodeableConcept\":{\"coding\":[{"
	      "\"display\":\"salt\"}]}")) "}}]}}" },
	{ "so is a part of a package", S, D,
	    M ",\"package\":{\"content\":[{\"itemCodeableConcept\":" TEXT("a")
	      ",\"amount\":{\"value\":2}}]}}",
	    M ",\"package\":{\"content\":[{\"item\":{\"display\":\"a\","
	      HAS(KEPT(X30 "package.content.item", "\"valueCodeableConcept\":" TEXT("a")))
	      "},\"amount\":{\"value\":2}}]}}" },
	{ "an active medication", S, D,
	    M ",\"status\":\"active\"}",
	    M "," HAS(KEPT(X30 "status", "\"valueCode\":\"active\"")) "}" },
	{ "a void one", R, D,
	    M ",\"status\":\"entered-in-error\"}",
	    M ",\"modifierExtension\":[" KEPT(X30 "status", "\"valueCode\":\"entered-in-error\"")
	      "]}" },
	{ "what STU3 alone has", S, R,
	    M ",\"isOverTheCounter\":true,\"image\":[{\"url\":\"u\"}]}",
	    M "," HAS(KEPT(X30 "isOverTheCounter", "\"valueBoolean\":true") ","
	      KEPT(X30 "image", "\"valueAttachment\":{\"url\":\"u\"}")) "}" },
	{ "what R4 alone has", R, D,
	    M ",\"amount\":{\"numerator\":{\"value\":5}},\"identifier\":[{\"value\":\"1\"}]}",
	    M "," HAS(KEPT(X40 "identifier", "\"valueIdentifier\":{\"value\":\"1\"}") ","
	      KEPT(X40 "amount", "\"valueRatio\":{\"numerator\":{\"value\":5}}")) "}" },
	{ "within an order", D, S,
	    "{\"resourceType\":\"MedicationOrder\",\"patient\":" REF("P/1") ",\"contained\":["
	      M ",\"id\":\"m\",\"product\":{\"form\":" TEXT("f") "}}]}",
	    "{\"resourceType\":\"MedicationRequest\",\"intent\":\"order\",\"subject\":"
	      REF("P/1") ",\"contained\":[" M ",\"id\":\"m\",\"form\":" TEXT("f") "}]}" },
};

static const struct convert_case one_way[] = {
	{ "what else hangs on a product is kept", D, S,
	    M ",\"product\":{\"form\":" TEXT("f") "," HAS("{\"url\":\"u:a\",\"valueId\":\"x\"}")
	      "}}",
	    M ",\"form\":" TEXT("f") "," HAS(KEPT(X10 "product",
	      HAS("{\"url\":\"u:a\",\"valueId\":\"x\"}"))) "}" },
	{ "a product with a modifier is kept whole", D, S,
	    M ",\"product\":{\"form\":" TEXT("f") ",\"modifierExtension\":[{\"url\":\"u:a\","
	      "\"valueId\":\"x\"}]}}",
	    M "," HAS(KEPT(X10 "product", HAS(KEPT("form", "\"valueCodeableConcept\":" TEXT("f"))
	      ",{\"url\":\"u:a\",\"valueId\":\"x\"}"))) "}" },
	{ "an item whose display was changed", D, S,
	    M ",\"product\":{\"ingredient\":[{\"item\":{\"display\":\"b\"," HAS(KEPT(X30
	      "ingredient.item", "\"valueCodeableConcept\":" TEXT("a"))) "}}]}}",
	    M ",\"ingredient\":[{\"itemReference\":{\"display\":\"b\"}}]}" },
	{ "lists that are none", D, S,
	    M ",\"product\":[{\"ingredient\":{\"item\":" REF("S/1") "},\"batch\":" LOT("1") "}]}",
	    M ",\"ingredient\":[{\"itemReference\":" REF("S/1") "}],\"package\":{\"batch\":["
	      LOT("1") "]}}" },
};

/* What a stranger may send: whatever becomes of it, nothing breaks, and what
 * comes out is read again. */
static const char *const strange[] = {
	M ",\"product\":7,\"package\":7,\"status\":{},\"form\":7,\"ingredient\":7}",
	M ",\"product\":{\"form\":[],\"ingredient\":\"x\",\"batch\":7},\"package\":[]}",
	M ",\"product\":{\"ingredient\":[7,{\"item\":7},{}],\"batch\":[7,[]]}}",
	M ",\"package\":{\"batch\":7,\"content\":[{\"itemReference\":7}]},\"batch\":7}",
	M ",\"package\":{\"batch\":{},\"content\":7},\"batch\":[{}],\"ingredient\":[[]]}",
	M ",\"package\":{\"batch\":[7," LOT("1") "]},\"status\":[\"active\"]}",
	M ",\"ingredient\":[{\"itemCodeableConcept\":{\"text\":7}},{\"itemCodeableConcept\":[]}]}",
	M ",\"ingredient\":{\"itemReference\":{},\"itemCodeableConcept\":{\"coding\":7}}}",
	M ",\"ingredient\":[{\"itemReference\":" REF("S/1") ",\"itemCodeableConcept\":{}}]}",
	M "," HAS(KEPT(X10 "product", "\"valueId\":\"x\"") "," KEPT(X30 "package",
	  HAS("7,{\"url\":\"batch\"}")) "," KEPT(X30 "ingredient", HAS("{}"))) "}",
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_as_the_tables_say),
		cmocka_unit_test(what_was_kept_comes_back),
		cmocka_unit_test(strangers_break_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
