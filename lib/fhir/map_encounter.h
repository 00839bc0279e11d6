/* map_encounter.h - what the tables of Encounter share
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FHIR_MAP_ENCOUNTER_H
#define FHIR_MAP_ENCOUNTER_H

#include "fhir/map_tables.h"

extern const struct map map_encounter_diagnosis;
extern const struct map map_encounter_hospitalization;

/* Why the patient came, in all the places where a version says so: DSTU2's
 * indication and the diagnoses of its hospitalization, STU3's diagnosis, R4's
 * diagnosis and reasonReference (map_encounter_why.c). */
void encounter_why_d_up(struct convert *c, struct map_object *o);
void encounter_why_d_down(struct convert *c, struct map_object *o);
void encounter_why_r_up(struct convert *c, struct map_object *o);
void encounter_why_r_down(struct convert *c, struct map_object *o);

#endif
