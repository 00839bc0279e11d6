/* map_capability.h - what the files of capability statements' conversion share
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FHIR_MAP_CAPABILITY_H
#define FHIR_MAP_CAPABILITY_H

#include "fhir/map_tables.h"

/* Reference and canonical URL. */
extern const struct map_turning capability_canonical;

/* What stands in a slot, as a list: one value where a list belongs is taken
 * for a list of one. */
struct tree_node *capability_list(struct convert *c, struct map_value v);

/* Names of resource types that one neighbour has and the other has not:
 * DSTU2 and STU3, STU3 and R4 (map_capability_type.c). */
extern const struct map_code capability_types_dstu2[];
extern const struct map_code capability_types_r4[];

/* Conformance.rest */
extern const struct map capability_rest;

#endif
