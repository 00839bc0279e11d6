/* ward_sheet.h - one made-up resource while it is being written
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_WARD_SHEET_H
#define APP_WARD_SHEET_H

#include "rehearsal/ward_facts.h"
#include "rehearsal/ward_json.h"
#include "rehearsal/ward_people.h"

/* A world is a hospital with its people, see ward_people.h. */
struct ward {
	enum fhir_version v;
	unsigned world;
};

#define WARD_ID_FIRST 101 /* Patient/p-101 */

/* Numbers of a patient's own resources, the same for each patient. */
#define WARD_OBSERVATIONS 20
#define WARD_LABS         2 /* of them: not vital signs */
#define WARD_PROBLEMS     3
#define WARD_VISITS       3
#define WARD_ALLERGIES    2
#define WARD_ORDERS       3

/* One resource while it is being written. */
struct ward_sheet {
	struct ward_json j;
	const struct ward *w;
	const char *id;  /* its own, or as asked */
	unsigned i;      /* the patient it is about, 0 and up */
	unsigned k;      /* its number among that patient's */
	unsigned person; /* the same in ids: 101 and up */
};

/* ward_pick - below n; depends on world, patient, number and purpose only. */
unsigned ward_pick(const struct ward_sheet *s, unsigned purpose, unsigned n);

/* What picks are for: two things that must not go together differ here. */
enum ward_purpose {
	WARD_PICK_BIRTH = 1,
	WARD_PICK_BIRTH_MONTH,
	WARD_PICK_BIRTH_DAY,
	WARD_PICK_STREET,
	WARD_PICK_VALUE,
	WARD_PICK_VALUE_MORE,
	WARD_PICK_MINUTE,
	WARD_PICK_SEVERITY,
	WARD_PICK_DAY
};

/* ward_begin - resourceType, id and meta. ward_about - the reference to the
 * patient, under the name it has in each version. ward_during - to the present
 * encounter. ward_by - to a doctor, with display. ward_day - "2026-11-DD" of
 * days before the 19th; ward_time - the same with time and offset. */
void ward_begin(struct ward_sheet *s, const char *type);
void ward_about(struct ward_sheet *s, const char *const keys[FHIR__MAX]);
void ward_during(struct ward_sheet *s);
void ward_by(
    struct ward_sheet *s, const char *key, unsigned doctor, bool display);
void ward_day(struct ward_sheet *s, const char *key, unsigned before);
void ward_time(struct ward_sheet *s, const char *key, unsigned before,
    unsigned hour, unsigned minute);
const struct ward_hospital *ward_hospital(const struct ward_sheet *s);

/* ward_status - of the present encounter of patient i. ward_bed - its display
 * text in `to`. */
const char *ward_status(enum fhir_version v, unsigned i);
#define WARD_BED_LEN 80
char *ward_bed(
    char to[WARD_BED_LEN], const struct ward_hospital *h, unsigned i);
void ward_birth(char to[11], const struct ward_sheet *s);

#endif
