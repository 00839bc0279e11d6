/* ward_house.c - a made-up ward's people and places: Patient, Coverage, ...
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/ward_house.h"

#include <stdio.h>

#define MRN_SYSTEM     "urn:oid:2.999.7" /* plus one arc per hospital */
#define ACCOUNT_SYSTEM "urn:oid:2.999.8.1"
#define DISPLAYS_OUT   8 /* every so many are left bare */

/* ---- Patient ---- */

static void
identifier(struct ward_sheet *s, const char *use, const char *code,
    const char *display, unsigned value)
{
	struct ward_json *j = &s->j;

	ward_open(j, NULL, '{');
	ward_text(j, "use", use);
	ward_concept(j, "type", "hl7:v2/0203", code, display);
	if (code[0] == 'M')
		ward_textf(j, "system", MRN_SYSTEM ".%u", s->w->world + 1);
	else
		ward_text(j, "system", ACCOUNT_SYSTEM);
	ward_textf(j, "value", "MRN%u", value);
	ward_close(j, '}');
}

/* The last patient has an account number that is the record number of the one
 * before: who searches by number alone finds both. */
static void
identifiers(struct ward_sheet *s)
{
	unsigned mrn = 100000 + s->person;
	bool last = s->i == WARD_PATIENTS - 1;

	ward_open(&s->j, "identifier", '[');
	identifier(s, "usual", "MR", "Medical record number", mrn);
	identifier(s, "secondary", "AN", "Account number",
	    last ? mrn - 1 : 800000 + s->person);
	ward_close(&s->j, ']');
}

/* DSTU2 lists the parts of a family name, later versions join them. */
static void
family(struct ward_json *j, const struct ward_person *p)
{
	if (j->v == FHIR_DSTU2) {
		ward_open(j, "family", '[');
		ward_text(j, NULL, p->family);
		ward_text(j, NULL, p->family_more);
		ward_close(j, ']');
	} else if (p->family_more) {
		ward_textf(j, "family", "%s %s", p->family, p->family_more);
	} else {
		ward_text(j, "family", p->family);
	}
}

static void
name(struct ward_json *j, const struct ward_person *p)
{
	ward_open(j, "name", '[');
	ward_open(j, NULL, '{');
	ward_text(j, "use", "official");
	family(j, p);
	ward_open(j, "given", '[');
	ward_text(j, NULL, p->given);
	ward_close(j, ']');
	ward_open(j, "prefix", '[');
	ward_text(j, NULL, p->prefix);
	ward_close(j, ']');
	ward_close(j, '}');
	ward_close(j, ']');
}

static void
contact(struct ward_sheet *s)
{
	const struct ward_hospital *h = ward_hospital(s);
	struct ward_json *j = &s->j;

	ward_open(j, "telecom", '[');
	ward_open(j, NULL, '{');
	ward_text(j, "system", "phone");
	ward_textf(j, "value", "555-01%02u", s->i);
	ward_text(j, "use", "home");
	ward_close(j, '}');
	ward_close(j, ']');
	ward_open(j, "address", '[');
	ward_open(j, NULL, '{');
	ward_open(j, "line", '[');
	ward_textf(j, NULL, "%u Example Street",
	    1 + ward_pick(s, WARD_PICK_STREET, 98));
	ward_close(j, ']');
	ward_text(j, "city", h->city);
	ward_text(j, "country", h->country);
	ward_close(j, '}');
	ward_close(j, ']');
}

void
ward_patient(struct ward_sheet *s)
{
	struct ward_person p = ward_person(s->w->world, s->i);
	struct ward_json *j = &s->j;
	char birth[11];

	ward_begin(s, "Patient");
	identifiers(s);
	ward_raw(j, "active", "true");
	name(j, &p);
	ward_text(j, "gender", p.female ? "female" : "male");
	ward_birth(birth, s);
	ward_text(j, "birthDate", birth);
	contact(s);
	ward_open(j,
	    j->v == FHIR_DSTU2 ? "careProvider" : "generalPractitioner", '[');
	ward_by(s, NULL, s->i, s->i % DISPLAYS_OUT != 3);
	ward_close(j, ']');
	ward_refer(j, "managingOrganization", ward_hospital(s)->name,
	    "Organization/org-1");
}

/* ---- Coverage ---- */

static const char *const plans[] = { "Silver Plus", "Basic", "Gold Family" };
static const char *const groups[] = { "Harbour staff", "City employees",
	"Individual" };

static void
coverage_class(
    struct ward_json *j, const char *type, const char *value, const char *shown)
{
	ward_open(j, NULL, '{');
	ward_concept(j, "type", "hl7:coverage-class", type, type);
	ward_text(j, "value", value);
	ward_text(j, "name", shown);
	ward_close(j, '}');
}

/* Plan and group: texts in DSTU2, one object in STU3, a list in R4. */
static void
coverage_plan(struct ward_sheet *s)
{
	const char *plan = plans[s->i % 3], *group = groups[s->i % 3];
	struct ward_json *j = &s->j;
	char p[8], g[8];

	snprintf(p, sizeof p, "P%u", s->i % 3);
	snprintf(g, sizeof g, "G%u", s->i % 3);
	if (j->v == FHIR_DSTU2) {
		ward_text(j, "group", group);
		ward_text(j, "plan", plan);
	} else if (j->v == FHIR_STU3) {
		ward_open(j, "grouping", '{');
		ward_text(j, "group", g);
		ward_text(j, "groupDisplay", group);
		ward_text(j, "plan", p);
		ward_text(j, "planDisplay", plan);
		ward_close(j, '}');
	} else {
		ward_open(j, "class", '[');
		coverage_class(j, "group", g, group);
		coverage_class(j, "plan", p, plan);
		ward_close(j, ']');
	}
}

static void
insurer(struct ward_sheet *s, const char *key)
{
	ward_refer(&s->j, key, ward_hospital(s)->insurer[s->i % 2],
	    "Organization/org-%u", 2 + s->i % 2);
}

void
ward_coverage(struct ward_sheet *s)
{
	static const char *const subscriber[] = { "subscriber", "subscriber",
		"subscriber" };
	static const char *const beneficiary[] = { "beneficiary", "beneficiary",
		"beneficiary" };
	struct ward_json *j = &s->j;
	bool old = j->v == FHIR_DSTU2;

	ward_begin(s, "Coverage");
	if (old) {
		insurer(s, "issuer");
		ward_open(j, "subscriberId", '{');
		ward_text(j, "system", "urn:oid:2.999.8.2");
		ward_textf(j, "value", "SUB%u", s->person);
		ward_close(j, '}');
	} else {
		ward_text(j, "status", "active");
		ward_textf(j, "subscriberId", "SUB%u", s->person);
		ward_about(s, beneficiary);
		ward_open(j, "payor", '[');
		insurer(s, NULL);
		ward_close(j, ']');
	}
	ward_about(s, subscriber);
	ward_open(j, "period", '{');
	ward_text(j, "start", "2026-01-01");
	ward_text(j, "end", "2026-12-31");
	ward_close(j, '}');
	coverage_plan(s);
}

/* ---- Location: 1 the house, 2 and 3 its wards, then the beds ---- */

static void
location_kind(struct ward_json *j, bool house)
{
	const char *code = house ? "HOSP" : "HU";
	const char *shown = house ? "Hospital" : "Hospital unit";

	if (j->v != FHIR_R4) {
		ward_concept(j, "type", "hl7:v3/RoleCode", code, shown);
		return;
	}
	ward_open(j, "type", '[');
	ward_concept(j, NULL, "hl7:v3/RoleCode", code, shown);
	ward_close(j, ']');
}

void
ward_location(struct ward_sheet *s)
{
	const struct ward_hospital *h = ward_hospital(s);
	struct ward_json *j = &s->j;
	char shown[WARD_BED_LEN];
	unsigned ward = s->k < 3 ? s->k - 1 : (s->k - 3) % 2;

	ward_begin(s, "Location");
	ward_text(j, "status", "active");
	if (s->k >= 3)
		ward_text(j, "name", ward_bed(shown, h, s->k - 3));
	else
		ward_text(j, "name", s->k ? h->ward[ward] : h->name);
	ward_text(j, "mode", "instance");
	location_kind(j, !s->k);
	if (s->k >= 3)
		ward_concept(j, "physicalType", "hl7:location-physical-type",
		    "bd", "Bed");
	ward_refer(j, "managingOrganization", h->name, "Organization/org-1");
	if (s->k >= 3)
		ward_refer(
		    j, "partOf", h->ward[ward], "Location/l-%u", ward + 2);
	else if (s->k)
		ward_refer(j, "partOf", h->name, "Location/l-1");
}

/* ---- the rest ---- */

void
ward_practitioner(struct ward_sheet *s)
{
	const struct ward_doctor *d = &ward_doctors[s->k];
	const struct ward_person p = { .family = d->family };
	struct ward_json *j = &s->j;
	bool list = j->v != FHIR_DSTU2;

	ward_begin(s, "Practitioner");
	ward_raw(j, "active", "true");
	ward_open(j, "name", list ? '[' : '{');
	if (list)
		ward_open(j, NULL, '{');
	family(j, &p);
	ward_open(j, "given", '[');
	ward_text(j, NULL, d->given);
	ward_close(j, ']');
	ward_open(j, "prefix", '[');
	ward_text(j, NULL, "Dr");
	ward_close(j, ']');
	if (list)
		ward_close(j, '}');
	ward_close(j, list ? ']' : '}');
}

void
ward_organization(struct ward_sheet *s)
{
	const struct ward_hospital *h = ward_hospital(s);

	ward_begin(s, "Organization");
	ward_raw(&s->j, "active", "true");
	ward_text(&s->j, "name", s->k ? h->insurer[s->k - 1] : h->name);
}

void
ward_medication(struct ward_sheet *s)
{
	const struct ward_drug *d = &ward_drugs[s->k];
	struct ward_json *j = &s->j;

	ward_begin(s, "Medication");
	ward_open(j, "code", '{');
	ward_open(j, "coding", '[');
	ward_coding(j, NULL, ATC, d->atc.code, d->atc.display);
	ward_close(j, ']');
	ward_text(j, "text", d->text);
	ward_close(j, '}');
}
