/* map_observation.h - what the tables of Observation share
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FHIR_MAP_OBSERVATION_H
#define FHIR_MAP_OBSERVATION_H

#include "fhir/map_tables.h"

extern const struct map map_observation_related;

/* Members and sources have elements in R4, other relations the extensions of
 * HL7's maps (map_observation_related.c). */
void observation_related_up(struct convert *c, struct map_object *o);
void observation_related_down(struct convert *c, struct map_object *o);

#endif
