/* ward_shape.c - the resources of a made-up ward, in any FHIR version
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/ward_shape.h"

#include <stdio.h>
#include <string.h>

#include "rehearsal/ward_house.h"
#include "rehearsal/ward_record.h"
#include "base/str.h"

#define EACH(n)   ((n)*WARD_PATIENTS)
#define LOCATIONS (3 + WARD_PATIENTS) /* house, two wards, a bed each */

/* per 0: not about a patient; ids count from 1. */
/* clang-format off */
static const struct kind {
	const char *type;
	const char *id; /* of number k of patient p: "%u" each, in order */
	unsigned per, count;
	void (*write)(struct ward_sheet *s);
} kinds[] = {
	{ "Patient", "p-%u", 1, EACH(1), ward_patient },
	{ "Observation", "o-%u-%u", WARD_OBSERVATIONS, EACH(WARD_OBSERVATIONS), ward_observation },
	{ "Condition", "c-%u-%u", WARD_PROBLEMS, EACH(WARD_PROBLEMS), ward_condition },
	{ "Encounter", "e-%u-%u", WARD_VISITS, EACH(WARD_VISITS), ward_encounter },
	{ "AllergyIntolerance", "a-%u-%u", WARD_ALLERGIES, EACH(WARD_ALLERGIES), ward_allergy },
	{ "MedicationOrder", "m-%u-%u", WARD_ORDERS, EACH(WARD_ORDERS), ward_order },
	{ "MedicationRequest", "m-%u-%u", WARD_ORDERS, EACH(WARD_ORDERS), ward_order },
	{ "Coverage", "v-%u", 1, EACH(1), ward_coverage },
	{ "Location", "l-%u", 0, LOCATIONS, ward_location },
	{ "Practitioner", "d-%u", 0, WARD_DOCTORS, ward_practitioner },
	{ "Organization", "org-%u", 0, 3, ward_organization },
	{ "Medication", "drug-%u", 0, WARD_DRUGS, ward_medication },
};
/* clang-format on */

static const struct kind *
kind_of(const struct ward *w, const char *type)
{
	size_t i;

	if (!strcmp(type,
		w->v == FHIR_DSTU2 ? "MedicationRequest" : "MedicationOrder"))
		return NULL;
	for (i = 0; i < COUNT(kinds); i++)
		if (!strcmp(kinds[i].type, type))
			return &kinds[i];
	return NULL;
}

unsigned
ward_world(enum fhir_version v, unsigned seed)
{
	return ((unsigned)v + 3 * (seed ? seed - 1 : 0)) % WARD_WORLDS;
}

unsigned
ward_count(const struct ward *w, const char *type)
{
	const struct kind *k = kind_of(w, type);

	return k ? k->count : 0;
}

void
ward_put(struct buf *b, const struct ward *w, const char *type, unsigned n,
    const char *id)
{
	const struct kind *k = kind_of(w, type);
	char own[32];
	struct ward_sheet s = { .j = { b, w->v }, .w = w, .id = id };

	if (!k)
		return;
	s.i = k->per ? n / k->per : 0;
	s.k = k->per ? n % k->per : n;
	s.person = s.i + WARD_ID_FIRST;
	if (!id) {
		snprintf(own, sizeof own, k->id, k->per ? s.person : s.k + 1,
		    s.k + 1);
		s.id = own;
	}
	k->write(&s);
	ward_close(&s.j, '}');
}

struct ward_fate
ward_fate(const struct ward *w, struct arena *a, unsigned i)
{
	struct ward_sheet s = { .w = w, .i = i };
	struct ward_fate f = { .status = ward_status(w->v, i) };
	char bed[WARD_BED_LEN];

	ward_bed(bed, ward_hospital(&s), i);
	f.bed = arena_dup(a, bed, strlen(bed));
	ward_birth(f.birth, &s);
	snprintf(f.mrn, sizeof f.mrn, "MRN%u", 100000 + WARD_ID_FIRST + i);
	return f;
}
