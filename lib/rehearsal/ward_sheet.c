/* ward_sheet.c - one made-up resource while it is being written
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/ward_sheet.h"

#include <stdio.h>

#define MONTH     "2026-11" /* all of it plays around the 19th */
#define MONTH_DAY 19

/* A few rounds of multiply and shift over what the pick depends on: enough
 * for values to look unlike each other (constants of SplitMix64). */
unsigned
ward_pick(const struct ward_sheet *s, unsigned purpose, unsigned n)
{
	uint64_t x = (uint64_t)s->w->world << 48 | (uint64_t)s->i << 32 |
	             (uint64_t)s->k << 16 | purpose;
	int round;

	for (round = 0; round < 3; round++) {
		x += 0x9e3779b97f4a7c15u;
		x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
		x = (x ^ x >> 27) * 0x94d049bb133111ebu;
		x ^= x >> 31;
	}
	return (unsigned)(x % n);
}

const struct ward_hospital *
ward_hospital(const struct ward_sheet *s)
{
	return &ward_hospitals[s->w->world % WARD_HOSPITALS];
}

void
ward_day(struct ward_sheet *s, const char *key, unsigned before)
{
	ward_textf(&s->j, key, MONTH "-%02u", (MONTH_DAY - before) % 32);
}

void
ward_time(struct ward_sheet *s, const char *key, unsigned before, unsigned hour,
    unsigned minute)
{
	ward_textf(&s->j, key, MONTH "-%02uT%02u:%02u:00%s",
	    (MONTH_DAY - before) % 32, hour, minute, ward_hospital(s)->offset);
}

void
ward_begin(struct ward_sheet *s, const char *type)
{
	unsigned version = 1 + (s->i + s->k) % 3;

	ward_open(&s->j, NULL, '{');
	ward_text(&s->j, "resourceType", type);
	ward_text(&s->j, "id", s->id);
	ward_open(&s->j, "meta", '{');
	ward_textf(&s->j, "versionId", "%u", version);
	ward_time(s, "lastUpdated", 0, 6 + version, s->k % 60);
	ward_close(&s->j, '}');
}

void
ward_about(struct ward_sheet *s, const char *const keys[FHIR__MAX])
{
	ward_refer(&s->j, keys[s->w->v], NULL, "Patient/p-%u", s->person);
}

void
ward_during(struct ward_sheet *s)
{
	ward_refer(&s->j, s->w->v == FHIR_STU3 ? "context" : "encounter", NULL,
	    "Encounter/e-%u-1", s->person);
}

void
ward_by(struct ward_sheet *s, const char *key, unsigned doctor, bool display)
{
	const struct ward_doctor *d = &ward_doctors[doctor % WARD_DOCTORS];
	char name[64];

	snprintf(name, sizeof name, "Dr %s %s", d->given, d->family);
	ward_refer(&s->j, key, display ? name : NULL, "Practitioner/d-%u",
	    doctor % WARD_DOCTORS + 1);
}

/* triaged came with STU3. */
const char *
ward_status(enum fhir_version v, unsigned i)
{
	switch (i % 8) {
	case 2:
		return "planned";
	case 4:
		return "arrived";
	case 6:
		return v == FHIR_DSTU2 ? "arrived" : "triaged";
	case 7:
		return "onleave";
	default:
		return "in-progress";
	}
}

char *
ward_bed(char to[WARD_BED_LEN], const struct ward_hospital *h, unsigned i)
{
	snprintf(
	    to, WARD_BED_LEN, "%s, %s %u", h->ward[i % 2], h->bed, i / 2 + 1);
	return to;
}

void
ward_birth(char to[11], const struct ward_sheet *s)
{
	snprintf(to, 11, "%04u-%02u-%02u",
	    1931 + ward_pick(s, WARD_PICK_BIRTH, 84),
	    1 + ward_pick(s, WARD_PICK_BIRTH_MONTH, 12),
	    1 + ward_pick(s, WARD_PICK_BIRTH_DAY, 28));
}
