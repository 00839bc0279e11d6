/* map_organization.c - Organization in DSTU2, STU3 and R4
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/map_tables.h"

/* clang-format off */
static const struct map_row contact_rows[] = {
	MAP_ROW("purpose CodeableConcept", "=", "="),
	MAP_ROW("name HumanName", "=", "="),
	MAP_ROW("telecom * ContactPoint", "=", "="),
	MAP_ROW("address Address", "=", "="),
};

static const struct map contact = {
	.path = { "Organization.contact", "Organization.contact",
	    "Organization.contact" },
	MAP_ROWS(contact_rows),
};

static const struct map_row rows[] = {
	MAP_ROW("identifier * Identifier", "=", "="),
	MAP_ROW("active boolean", "=", "="),
	MAP_ROW("type CodeableConcept", "type * CodeableConcept", "=",
	    .why = "one became a list"),
	MAP_ROW("name string", "=", "="),
	MAP_ROW(NULL, "alias * string", "=", .why = "came with STU3"),
	MAP_ROW("telecom * ContactPoint", "=", "="),
	MAP_ROW("address * Address", "=", "="),
	MAP_ROW("partOf Reference", "=", "="),
	MAP_ROW("contact * {}", "=", "=", .map = &contact),
	MAP_ROW(NULL, "endpoint * Reference", "=", .why = "came with STU3"),
};
/* clang-format on */

const struct map map_organization = {
	.path = { "Organization", "Organization", "Organization" },
	MAP_ROWS(rows),
	.resource = true,
	.domain = true,
};
