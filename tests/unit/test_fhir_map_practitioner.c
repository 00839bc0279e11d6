/* test_fhir_map_practitioner.c - Practitioner between the versions
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

#define P "{\"resourceType\":\"Practitioner\""
#define X10                                                                    \
	"http://hl7.org/fhir/1.0/StructureDefinition/extension-Practitioner."
#define X30                                                                    \
	"http://hl7.org/fhir/3.0/StructureDefinition/extension-Practitioner."

/* clang-format off */
static const struct convert_case both_ways[] = {
	{ "one name becomes a list of one, its family one text", D, R,
	    P ",\"name\":{\"family\":[\"Sato\"],\"given\":[\"Mina\"]}}",
	    P ",\"name\":[{\"family\":\"Sato\",\"given\":[\"Mina\"]}]}" },
	{ "of several names the first goes over", S, D,
	    P ",\"name\":[{\"text\":\"a\"},{\"text\":\"b\"}]}",
	    P ",\"name\":{\"text\":\"a\"},\"extension\":[{\"url\":\"" X30
	      "name\",\"valueHumanName\":{\"text\":\"b\"}}]}" },
	{ "roles have no home after DSTU2", D, R,
	    P ",\"practitionerRole\":[{\"role\":{\"text\":\"r\"},\"specialty\":"
	      "[{\"text\":\"a\"},{\"text\":\"b\"}],\"period\":{\"start\":\"2026\"}}]}",
	    P ",\"extension\":[{\"url\":\"" X10 "practitionerRole\",\"extension\":["
	      "{\"url\":\"role\",\"valueCodeableConcept\":{\"text\":\"r\"}},"
	      "{\"url\":\"specialty\",\"valueCodeableConcept\":{\"text\":\"a\"}},"
	      "{\"url\":\"specialty\",\"valueCodeableConcept\":{\"text\":\"b\"}},"
	      "{\"url\":\"period\",\"valuePeriod\":{\"start\":\"2026\"}}]}]}" },
	{ "contained in a record", D, S,
	    "{\"resourceType\":\"Patient\",\"contained\":[" P
	      ",\"id\":\"p\",\"name\":{\"family\":[\"Sato\"]}}],\"careProvider\":"
	      "[{\"reference\":\"#p\"}]}",
	    "{\"resourceType\":\"Patient\",\"contained\":[" P
	      ",\"id\":\"p\",\"name\":[{\"family\":\"Sato\"}]}],"
	      "\"generalPractitioner\":[{\"reference\":\"#p\"}]}" },
	{ "all the rest", D, R,
	    P ",\"active\":true,\"gender\":\"female\",\"qualification\":[{\"code\":"
	      "{\"text\":\"MD\"},\"issuer\":{\"display\":\"U\"}}],\"communication\":"
	      "[{\"text\":\"ja\"}]}",
	    P ",\"active\":true,\"gender\":\"female\",\"qualification\":[{\"code\":"
	      "{\"text\":\"MD\"},\"issuer\":{\"display\":\"U\"}}],\"communication\":"
	      "[{\"text\":\"ja\"}]}" },
};

static const struct convert_case one_way[] = {
	{ "a list where one belongs, and no objects", D, S,
	    P ",\"name\":[{\"text\":\"a\"}],\"practitionerRole\":[7,{}],"
	      "\"qualification\":{\"code\":[]}}",
	    P ",\"name\":[{\"text\":\"a\"}]}" },
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_as_the_tables_say),
		cmocka_unit_test(what_was_kept_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
