/* ward_house.h - a made-up ward's people and places: Patient, Coverage, ...
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_WARD_HOUSE_H
#define APP_WARD_HOUSE_H

#include "rehearsal/ward_sheet.h"

/* Each writes the resource of its sheet, all but the last brace. */
void ward_patient(struct ward_sheet *s);
void ward_practitioner(struct ward_sheet *s);
void ward_organization(struct ward_sheet *s);
void ward_location(struct ward_sheet *s);
void ward_medication(struct ward_sheet *s);
void ward_coverage(struct ward_sheet *s);

#endif
