/* test_fhir_map_location.c - Location between the versions, rule by rule
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

#define L    "{\"resourceType\":\"Location\""
#define HOME "http://hl7.org/fhir/"
#define TERM "http://terminology.hl7.org/CodeSystem/"
#define X30  HOME "3.0/StructureDefinition/extension-Location."
#define X40  HOME "4.0/StructureDefinition/extension-Location."

#define TEXT(what)       "{\"text\":\"" what "\"}"
#define KEPT(url, value) "{\"url\":\"" url "\"," value "}"
#define HAS(what)        "\"extension\":[" what "]"
#define TYPE(system)                                                           \
	"{\"coding\":[{\"system\":\"" system "\",\"code\":\"bd\"}]}"

/* clang-format off */
static const struct convert_case both_ways[] = {
	{ "a bed", D, R,
	    L ",\"status\":\"active\",\"name\":\"Bed 12\",\"mode\":\"instance\",\"position\":{"
	      "\"longitude\":1.50,\"latitude\":-0.0},\"physicalType\":"
	      TYPE(HOME "location-physical-type") "}",
	    L ",\"status\":\"active\",\"name\":\"Bed 12\",\"mode\":\"instance\",\"position\":{"
	      "\"longitude\":1.50,\"latitude\":-0.0},\"physicalType\":"
	      TYPE(TERM "location-physical-type") "}" },
	{ "its type becomes a list", S, R,
	    L ",\"type\":" TYPE(HOME "v3/RoleCode") "}",
	    L ",\"type\":[" TYPE(TERM "v3-RoleCode") "]}" },
	{ "of several types the first goes over", R, D,
	    L ",\"type\":[" TEXT("a") "," TEXT("b") "]}",
	    L ",\"type\":" TEXT("a") ","
	      HAS(KEPT(X40 "type", "\"valueCodeableConcept\":" TEXT("b"))) "}" },
	{ "what DSTU2 has no place for", S, D,
	    L ",\"alias\":[\"a\",\"b\"],\"operationalStatus\":{\"code\":\"C\"},\"endpoint\":["
	      "{\"display\":\"e\"}]}",
	    L "," HAS(KEPT(X30 "operationalStatus", "\"valueCoding\":{\"code\":\"C\"}") ","
	      KEPT(X30 "alias", "\"valueString\":\"a\"") ","
	      KEPT(X30 "alias", "\"valueString\":\"b\"") ","
	      KEPT(X30 "endpoint", "\"valueReference\":{\"display\":\"e\"}")) "}" },
	{ "what only R4 has a place for", R, S,
	    L ",\"availabilityExceptions\":\"x\",\"hoursOfOperation\":[{\"daysOfWeek\":[\"mon\","
	      "\"tue\"],\"openingTime\":\"08:00:00\"},{\"allDay\":true}]}",
	    L "," HAS(KEPT(X40 "hoursOfOperation", HAS(KEPT("daysOfWeek", "\"valueCode\":\"mon\"")
	      "," KEPT("daysOfWeek", "\"valueCode\":\"tue\"") ","
	      KEPT("openingTime", "\"valueTime\":\"08:00:00\""))) ","
	      KEPT(X40 "hoursOfOperation", HAS(KEPT("allDay", "\"valueBoolean\":true"))) ","
	      KEPT(X40 "availabilityExceptions", "\"valueString\":\"x\"")) "}" },
};

static const struct convert_case one_way[] = {
	{ "lists that are none, and one that is", D, S,
	    L ",\"telecom\":{\"value\":\"1\"},\"name\":[\"a\"],\"type\":[" TEXT("a") "]}",
	    L ",\"telecom\":[{\"value\":\"1\"}],\"name\":\"a\",\"type\":" TEXT("a") "}" },
	{ "numbers in quotes", D, S,
	    L ",\"position\":{\"longitude\":\"1.50\"}}", L ",\"position\":{\"longitude\":1.50}}" },
};

static const char *const strange[] = {
	L ",\"type\":7,\"position\":[7],\"alias\":{},\"hoursOfOperation\":7}",
	L ",\"type\":[[],{},7],\"position\":{\"longitude\":{}},\"alias\":[[]],\"name\":{}}",
	L ",\"hoursOfOperation\":[{\"daysOfWeek\":7,\"allDay\":{}},7,[]],\"endpoint\":\"x\"}",
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
