/* display_place.h - where a patient is: the active place comes first
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FHIR_DISPLAY_PLACE_H
#define FHIR_DISPLAY_PLACE_H

#include "fhir/tree.h"

/* display_place_first - Encounter.location with the patient's present place in
 * front: the first whose status is `active`; else the one whose period began
 * last. Where a patient is only expected (`planned`, `reserved`) is not where
 * the patient is, and stays where it stands; so does what has no period. All
 * other places keep their order. Anything but a list of several stays. */
void display_place_first(struct tree_node *places);

#endif
