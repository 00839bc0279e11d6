/* map_medicationrequest.h - what the tables of medication orders share
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FHIR_MAP_MEDICATIONREQUEST_H
#define FHIR_MAP_MEDICATIONREQUEST_H

#include "fhir/map_tables.h"

/* The parts of an order (map_medicationrequest_part.c). */
extern const struct map map_medicationrequest_requester;
extern const struct map map_medicationrequest_dispense;
extern const struct map map_medicationrequest_substitution;

/* Who prescribes: a Reference of that name in DSTU2 and R4, an object with an
 * agent in STU3. */
void requester_from_agent(
    struct convert *c, struct map_object *o, const char *name);
void requester_to_agent(
    struct convert *c, struct map_object *o, enum name name);

#endif
