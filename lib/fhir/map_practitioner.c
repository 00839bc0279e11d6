/* map_practitioner.c - Practitioner in DSTU2, STU3 and R4
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where it is contained. Source: the Practitioner pages of the three
 * versions. */
#include "fhir/map_tables.h"

/* clang-format off */
static const struct map_row role_rows[] = {
	MAP_ROW("managingOrganization Reference", NULL, NULL,
	    .why = "as the role it is part of"),
	MAP_ROW("role CodeableConcept", NULL, NULL,
	    .why = "as the role it is part of"),
	MAP_ROW("specialty * CodeableConcept", NULL, NULL,
	    .why = "as the role it is part of"),
	MAP_ROW("period Period", NULL, NULL,
	    .why = "as the role it is part of"),
	MAP_ROW("location * Reference", NULL, NULL,
	    .why = "as the role it is part of"),
	MAP_ROW("healthcareService * Reference", NULL, NULL,
	    .why = "as the role it is part of"),
};
static const struct map role = {
	.path = { "Practitioner.practitionerRole", NULL, NULL },
	MAP_ROWS(role_rows) };

static const struct map_row qualification_rows[] = {
	MAP_ROW("identifier * Identifier", "=", "="),
	MAP_ROW("code CodeableConcept", "=", "="),
	MAP_ROW("period Period", "=", "="),
	MAP_ROW("issuer Reference", "=", "="),
};
static const struct map qualification = {
	.path = { "Practitioner.qualification", "Practitioner.qualification",
	    "Practitioner.qualification" },
	MAP_ROWS(qualification_rows) };

static const struct map_row practitioner_rows[] = {
	MAP_ROW("identifier * Identifier", "=", "="),
	MAP_ROW("active boolean", "=", "="),
	MAP_ROW("name HumanName", "name * HumanName", "=",
	    .why = "several from STU3 on"),
	MAP_ROW("telecom * ContactPoint", "=", "="),
	MAP_ROW("address * Address", "=", "="),
	MAP_ROW("gender code", "=", "="),
	MAP_ROW("birthDate date", "=", "="),
	MAP_ROW("photo * Attachment", "=", "="),
	MAP_ROW("practitionerRole * {}", NULL, NULL, .map = &role,
	    .why = "a resource of its own from STU3 on"),
	MAP_ROW("qualification * {}", "=", "=", .map = &qualification),
	MAP_ROW("communication * CodeableConcept", "=", "="),
};
/* clang-format on */

const struct map map_practitioner = {
	.path = { "Practitioner", "Practitioner", "Practitioner" },
	MAP_ROWS(practitioner_rows),
	.resource = true,
	.domain = true,
};
