/* map_tables.h - the list of all conversion tables
 * SPDX-License-Identifier: Apache-2.0
 *
 * One file per resource type (map_patient.c, ...), the datatypes in
 * map_types.c and its neighbours. */
#ifndef FHIR_MAP_TABLES_H
#define FHIR_MAP_TABLES_H

#include "fhir/map.h"

/* clang-format off */
#define MAP_TABLES(X) \
  X(map_Address) X(map_Age) X(map_Annotation) X(map_Attachment) \
  X(map_CodeableConcept) X(map_Coding) X(map_ContactDetail) \
  X(map_ContactPoint) X(map_Count) X(map_Distance) X(map_Dosage) \
  X(map_Duration) X(map_Extension) X(map_HumanName) X(map_Identifier) \
  X(map_Meta) X(map_Money) X(map_Narrative) X(map_Period) X(map_Quantity) \
  X(map_Range) X(map_Ratio) X(map_Reference) X(map_SampledData) \
  X(map_Signature) X(map_Timing) X(map_UsageContext) \
  X(map_patient) \
  X(map_observation) X(map_condition) X(map_allergy) X(map_practitioner) \
  X(map_coverage) X(map_capability) X(map_bundle) X(map_outcome) \
  X(map_organization) \
  X(map_encounter) X(map_medicationrequest) X(map_medication) X(map_location)
/* clang-format on */

#define MAP_TABLE(name) extern const struct map name;
MAP_TABLES(MAP_TABLE)
#undef MAP_TABLE

#endif
