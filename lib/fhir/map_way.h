/* map_way.h - the steps between versions that the tables are read for
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FHIR_MAP_WAY_H
#define FHIR_MAP_WAY_H

#include <stdbool.h>

#include "fhir/version.h"

/* One step of a conversion: between two neighbours, in one direction; or from
 * a version to itself, which mends what is read leniently and nothing else. */
enum map_way {
	MAP_DSTU2_STU3,
	MAP_STU3_DSTU2,
	MAP_STU3_R4,
	MAP_R4_STU3,
	MAP_DSTU2_DSTU2,
	MAP_STU3_STU3,
	MAP_R4_R4,
	MAP_WAY__MAX
};

/* map_way_next - the step that leads from a version towards another. */
enum map_way map_way_next(enum fhir_version from, enum fhir_version to);

enum fhir_version map_way_from(enum map_way w);
enum fhir_version map_way_to(enum map_way w);
bool map_way_up(enum map_way w);

#endif
