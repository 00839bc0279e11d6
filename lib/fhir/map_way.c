/* map_way.c - the steps between versions that the tables are read for
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/map_way.h"

#include <stdlib.h>

static const struct {
	enum fhir_version from, to;
} ways[MAP_WAY__MAX] = {
	[MAP_DSTU2_STU3] = { FHIR_DSTU2, FHIR_STU3 },
	[MAP_STU3_DSTU2] = { FHIR_STU3, FHIR_DSTU2 },
	[MAP_STU3_R4] = { FHIR_STU3, FHIR_R4 },
	[MAP_R4_STU3] = { FHIR_R4, FHIR_STU3 },
	[MAP_DSTU2_DSTU2] = { FHIR_DSTU2, FHIR_DSTU2 },
	[MAP_STU3_STU3] = { FHIR_STU3, FHIR_STU3 },
	[MAP_R4_R4] = { FHIR_R4, FHIR_R4 },
};

enum map_way
map_way_next(enum fhir_version from, enum fhir_version to)
{
	enum fhir_version next = from;

	if (to != from)
		next = to > from ? from + 1 : from - 1;
	for (int w = 0; w < MAP_WAY__MAX; w++)
		if (ways[w].from == from && ways[w].to == next)
			return (enum map_way)w;
	abort(); /* neighbours are all in the table */
}

enum fhir_version
map_way_from(enum map_way w)
{
	return ways[w].from;
}

enum fhir_version
map_way_to(enum map_way w)
{
	return ways[w].to;
}

bool
map_way_up(enum map_way w)
{
	return map_way_to(w) > map_way_from(w);
}
