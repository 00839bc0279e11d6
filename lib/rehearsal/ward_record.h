/* ward_record.h - a made-up ward's records: Observation, Encounter, ...
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_WARD_RECORD_H
#define APP_WARD_RECORD_H

#include "rehearsal/ward_sheet.h"

/* Each writes the resource of its sheet, all but the last brace. */
void ward_observation(struct ward_sheet *s);
void ward_condition(struct ward_sheet *s);
void ward_encounter(struct ward_sheet *s);
void ward_allergy(struct ward_sheet *s);
void ward_order(struct ward_sheet *s);

#endif
