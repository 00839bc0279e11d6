/* map_location.c - Location in DSTU2, STU3 and R4
 * SPDX-License-Identifier: Apache-2.0
 *
 * Source: the Location pages of the three versions. */
#include "fhir/map_tables.h"

/* clang-format off */
static const struct map_row position[] = {
	MAP_ROW("longitude decimal", "=", "="),
	MAP_ROW("latitude decimal", "=", "="),
	MAP_ROW("altitude decimal", "=", "="),
};
static const struct map location_position = {
	.path = { "Location.position", "Location.position",
	    "Location.position" },
	MAP_ROWS(position) };

static const struct map_row hours[] = {
	MAP_ROW(NULL, NULL, "daysOfWeek * code", .why = "came with R4"),
	MAP_ROW(NULL, NULL, "allDay boolean", .why = "came with R4"),
	MAP_ROW(NULL, NULL, "openingTime time", .why = "came with R4"),
	MAP_ROW(NULL, NULL, "closingTime time", .why = "came with R4"),
};
static const struct map location_hours = {
	.path = { NULL, NULL, "Location.hoursOfOperation" }, MAP_ROWS(hours) };

static const struct map_row rows[] = {
	MAP_ROW("identifier * Identifier", "=", "="),
	MAP_ROW("status code", "=", "="),
	MAP_ROW(NULL, "operationalStatus Coding", "=",
	    .why = "came with STU3"),
	MAP_ROW("name string", "=", "="),
	MAP_ROW(NULL, "alias * string", "=", .why = "came with STU3"),
	MAP_ROW("description string", "=", "="),
	MAP_ROW("mode code", "=", "="),
	MAP_ROW("type CodeableConcept", "=", "type * CodeableConcept",
	    .why = "several in R4"),
	MAP_ROW("telecom * ContactPoint", "=", "="),
	MAP_ROW("address Address", "=", "="),
	MAP_ROW("physicalType CodeableConcept", "=", "="),
	MAP_ROW("position {}", "=", "=", .map = &location_position),
	MAP_ROW("managingOrganization Reference", "=", "="),
	MAP_ROW("partOf Reference", "=", "="),
	MAP_ROW(NULL, NULL, "hoursOfOperation * {}", .map = &location_hours,
	    .why = "came with R4"),
	MAP_ROW(NULL, NULL, "availabilityExceptions string",
	    .why = "came with R4"),
	MAP_ROW(NULL, "endpoint * Reference", "=", .why = "came with STU3"),
};
/* clang-format on */

const struct map map_location = {
	.path = { "Location", "Location", "Location" },
	MAP_ROWS(rows),
	.resource = true,
	.domain = true,
};
