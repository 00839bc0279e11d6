/* ward_record.c - a made-up ward's records: Observation, Encounter, ...
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/ward_record.h"

#include <stdio.h>

static const char *const patient_or_subject[] = { "patient", "subject",
	"subject" };
static const char *const subject[] = { "subject", "subject", "subject" };
static const char *const patient[] = { "patient", "patient", "patient" };

/* A list from STU3 on, one value in DSTU2. */
static void
open_list(struct ward_sheet *s, const char *key)
{
	if (s->w->v != FHIR_DSTU2)
		ward_open(&s->j, key, '[');
}

static void
close_list(struct ward_sheet *s)
{
	if (s->w->v != FHIR_DSTU2)
		ward_close(&s->j, ']');
}

static const char *
list_key(const struct ward_sheet *s, const char *key)
{
	return s->w->v == FHIR_DSTU2 ? key : NULL;
}

/* ---- Observation: 12 in threes of days, 3 pressures, the rest once ---- */

enum { SERIES = 12, PRESSURES = 15, WEIGHT = 15, HEIGHT, AVERAGE, POTASSIUM };

static const char *
measured(char to[24], const struct ward_sheet *s, enum ward_vital what,
    unsigned purpose)
{
	const struct ward_measure *m = &ward_measures[what];
	unsigned n = m->low + ward_pick(s, purpose, m->spread), scale = 1, i;

	n -= n % m->step;
	for (i = 0; i < m->decimals; i++)
		scale *= 10;
	if (m->decimals)
		snprintf(
		    to, 24, "%u.%0*u", n / scale, (int)m->decimals, n % scale);
	else
		snprintf(to, 24, "%u", n);
	return to;
}

static void
measure(struct ward_sheet *s, enum ward_vital what, unsigned purpose)
{
	const struct ward_measure *m = &ward_measures[what];
	char value[24];

	ward_quantity(&s->j, "valueQuantity", measured(value, s, what, purpose),
	    m->unit, m->ucum);
}

static void
component(struct ward_sheet *s, enum ward_vital what, unsigned purpose)
{
	const struct ward_code *c = &ward_measures[what].code;

	ward_open(&s->j, NULL, '{');
	ward_concept(&s->j, "code", LOINC, c->code, c->display);
	measure(s, what, purpose);
	ward_close(&s->j, '}');
}

static void
pressure(struct ward_sheet *s)
{
	ward_concept(&s->j, "code", LOINC, "85354-9", "Blood pressure panel");
	ward_open(&s->j, "component", '[');
	component(s, WARD_SYSTOLIC, WARD_PICK_VALUE);
	component(s, WARD_DIASTOLIC, WARD_PICK_VALUE_MORE);
	ward_close(&s->j, ']');
}

static enum ward_vital
vital_of(unsigned k)
{
	static const enum ward_vital series[] = { WARD_HEART, WARD_TEMPERATURE,
		WARD_BREATH, WARD_OXYGEN };
	static const enum ward_vital once[] = { WARD_WEIGHT, WARD_HEIGHT,
		WARD_HEART, WARD_POTASSIUM, WARD_TROPONIN };

	return k < SERIES ? series[k % 4] : once[k - WEIGHT];
}

/* Old servers often give the code alone. */
static void
category(struct ward_sheet *s)
{
	bool lab = s->k >= POTASSIUM;
	bool bare = s->w->v == FHIR_DSTU2 && s->i % 2;

	open_list(s, "category");
	ward_concept(&s->j, list_key(s, "category"),
	    bare ? NULL : "hl7:observation-category",
	    lab ? "laboratory" : "vital-signs",
	    lab ? "Laboratory" : "Vital Signs");
	close_list(s);
}

static void
effective(struct ward_sheet *s)
{
	unsigned day = s->k < SERIES      ? s->k / 4
	               : s->k < PRESSURES ? s->k - SERIES
	                                  : 2;
	unsigned minute = ward_pick(s, WARD_PICK_MINUTE, 60);

	if (s->k != AVERAGE) {
		ward_time(s, "effectiveDateTime", day, 7 + s->k % 4, minute);
		return;
	}
	ward_open(&s->j, "effectivePeriod", '{');
	ward_time(s, "start", 2, 0, 0);
	ward_time(s, "end", 1, 0, 0);
	ward_close(&s->j, '}');
}

void
ward_observation(struct ward_sheet *s)
{
	bool panel = s->k >= SERIES && s->k < PRESSURES;

	ward_begin(s, "Observation");
	ward_text(&s->j, "status", "final");
	category(s);
	ward_about(s, subject);
	ward_during(s);
	effective(s);
	ward_open(&s->j, "performer", '[');
	ward_by(s, NULL, s->i + s->k, true);
	ward_close(&s->j, ']');
	if (panel) {
		pressure(s);
	} else {
		const struct ward_code *c = &ward_measures[vital_of(s->k)].code;

		ward_concept(&s->j, "code", LOINC, c->code, c->display);
		measure(s, vital_of(s->k), WARD_PICK_VALUE);
	}
}

/* ---- Condition ---- */

static void
problem_state(struct ward_sheet *s, const char *clinical)
{
	struct ward_json *j = &s->j;

	if (j->v == FHIR_R4) {
		ward_concept(j, "clinicalStatus", "hl7:condition-clinical",
		    clinical, NULL);
		ward_concept(j, "verificationStatus",
		    "hl7:condition-ver-status", "confirmed", NULL);
	} else {
		ward_text(j, "clinicalStatus", clinical);
		ward_text(j, "verificationStatus", "confirmed");
	}
}

void
ward_condition(struct ward_sheet *s)
{
	static const char *const recorded[] = { "dateRecorded", "assertedDate",
		"recordedDate" };
	unsigned n = (s->i * 5 + s->w->world + s->k * 3) % WARD_CONDITIONS;
	const struct ward_code *c = &ward_conditions[n];
	const struct ward_code *grade =
	    &ward_severities[ward_pick(s, WARD_PICK_SEVERITY, 3)];
	unsigned before = 1 + ward_pick(s, WARD_PICK_DAY, 14);

	ward_begin(s, "Condition");
	ward_about(s, patient_or_subject);
	ward_during(s);
	ward_by(s, "asserter", s->i + s->k, true);
	ward_day(s, recorded[s->w->v], before);
	ward_concept(&s->j, "code", SNOMED, c->code, c->display);
	problem_state(s, s->k == 2 ? "resolved" : "active");
	ward_concept(&s->j, "severity", SNOMED, grade->code, grade->display);
	ward_day(s, "onsetDateTime", before + 2);
}

/* ---- Encounter: 1 is the present one ---- */

static void
visit_class(struct ward_sheet *s)
{
	bool in = !s->k;

	if (s->w->v == FHIR_DSTU2)
		ward_text(&s->j, "class", in ? "inpatient" : "ambulatory");
	else
		ward_coding(&s->j, "class", "hl7:v3/ActCode",
		    in ? "IMP" : "AMB",
		    in ? "inpatient encounter" : "ambulatory");
}

static void
place(struct ward_sheet *s, const char *display, unsigned location,
    const char *status)
{
	ward_open(&s->j, NULL, '{');
	ward_refer(&s->j, "location", display, "Location/l-%u", location);
	ward_text(&s->j, "status", status);
	ward_close(&s->j, '}');
}

/* Every third was moved: the bed of the neighbour first, then the present
 * one. Every eighth present bed has no display. */
static void
places(struct ward_sheet *s)
{
	const struct ward_hospital *h = ward_hospital(s);
	unsigned before = (s->i + 5) % WARD_PATIENTS;
	char bed[WARD_BED_LEN];

	ward_open(&s->j, "location", '[');
	if (s->k) {
		place(s, h->ward[s->i % 2], 2 + s->i % 2, "completed");
	} else {
		if (s->i % 3 == 1)
			place(s, ward_bed(bed, h, before), 4 + before,
			    "completed");
		place(s, s->i % 8 == 5 ? NULL : ward_bed(bed, h, s->i),
		    4 + s->i, s->i % 8 == 2 ? "planned" : "active");
	}
	ward_close(&s->j, ']');
}

static void
visit_period(struct ward_sheet *s)
{
	unsigned day = 1 + ward_pick(s, WARD_PICK_DAY, 8);
	unsigned minute = ward_pick(s, WARD_PICK_MINUTE, 60);

	ward_open(&s->j, "period", '{');
	if (!s->k) {
		ward_time(s, "start", day, 6 + s->i % 12, minute);
	} else {
		ward_textf(&s->j, "start", "%u-0%u-1%uT09:%02u:00Z",
		    2026 - s->k, 1 + s->i % 9, s->k, minute);
		ward_textf(&s->j, "end", "%u-0%u-1%uT10:%02u:00Z", 2026 - s->k,
		    1 + s->i % 9, s->k, minute);
	}
	ward_close(&s->j, '}');
}

void
ward_encounter(struct ward_sheet *s)
{
	const struct ward_code *visit =
	    &ward_visits[s->k ? 1 + s->k : s->i % 2];
	struct ward_json *j = &s->j;

	ward_begin(s, "Encounter");
	ward_text(j, "status", s->k ? "finished" : ward_status(s->w->v, s->i));
	visit_class(s);
	ward_open(j, "type", '[');
	ward_concept(j, NULL, SNOMED, visit->code, visit->display);
	ward_close(j, ']');
	ward_about(s, patient_or_subject);
	ward_open(j, "participant", '[');
	ward_open(j, NULL, '{');
	ward_by(s, "individual", s->i, true);
	ward_close(j, '}');
	ward_close(j, ']');
	visit_period(s);
	places(s);
	ward_refer(
	    j, "serviceProvider", ward_hospital(s)->name, "Organization/org-1");
}

/* ---- AllergyIntolerance ---- */

static void
allergy_state(struct ward_sheet *s, bool sure)
{
	struct ward_json *j = &s->j;
	const char *known = sure ? "confirmed" : "unconfirmed";

	if (j->v == FHIR_DSTU2) {
		ward_text(j, "status", sure ? "confirmed" : "active");
	} else if (j->v == FHIR_STU3) {
		ward_text(j, "clinicalStatus", "active");
		ward_text(j, "verificationStatus", known);
	} else {
		ward_concept(j, "clinicalStatus",
		    "hl7:allergyintolerance-clinical", "active", NULL);
		ward_concept(j, "verificationStatus",
		    "hl7:allergyintolerance-verification", known, NULL);
	}
}

static void
reaction(struct ward_sheet *s, const struct ward_allergen *a, bool severe)
{
	struct ward_json *j = &s->j;

	ward_open(j, "reaction", '[');
	ward_open(j, NULL, '{');
	ward_concept(
	    j, "substance", SNOMED, a->substance.code, a->substance.display);
	ward_open(j, "manifestation", '[');
	ward_concept(
	    j, NULL, SNOMED, a->manifestation.code, a->manifestation.display);
	ward_close(j, ']');
	ward_text(j, "severity", severe ? "severe" : "mild");
	ward_close(j, '}');
	ward_close(j, ']');
}

void
ward_allergy(struct ward_sheet *s)
{
	static const char *const recorded[] = { "recordedDate", "assertedDate",
		"recordedDate" };
	const struct ward_allergen *a =
	    &ward_allergens[(s->i + s->w->world * 3 + s->k * 3) %
			    WARD_ALLERGENS];
	bool severe = ward_pick(s, WARD_PICK_SEVERITY, 2);
	bool old = s->w->v == FHIR_DSTU2;
	struct ward_json *j = &s->j;

	ward_begin(s, "AllergyIntolerance");
	ward_narrative(
	    j, "%s: %s", a->substance.display, a->manifestation.display);
	ward_time(s, recorded[s->w->v], 3, 9, s->i);
	ward_by(s, "recorder", s->i, true);
	ward_about(s, patient);
	ward_concept(j, old ? "substance" : "code", SNOMED, a->substance.code,
	    a->substance.display);
	allergy_state(s, !s->k);
	if (old)
		ward_text(j, "criticality", severe ? "CRITH" : "CRITL");
	else
		ward_text(j, "criticality", severe ? "high" : "low");
	ward_text(j, "type", "allergy");
	open_list(s, "category");
	ward_text(j, list_key(s, "category"), a->category);
	close_list(s);
	open_list(s, "note");
	ward_open(j, list_key(s, "note"), '{');
	ward_text(j, "text",
	    severe ? "Carries an emergency kit"
		   : "Told by the patient at admission");
	ward_close(j, '}');
	close_list(s);
	reaction(s, a, severe);
}

/* ---- MedicationOrder, MedicationRequest ---- */

/* By text, by reference with display, by bare reference. */
static void
medication(struct ward_sheet *s, unsigned drug)
{
	const struct ward_drug *d = &ward_drugs[drug];

	if (s->k == 1)
		ward_refer(&s->j, "medicationReference",
		    s->i % 6 == 2 ? NULL : d->text, "Medication/drug-%u",
		    drug + 1);
	else
		ward_concept(&s->j, "medicationCodeableConcept", ATC,
		    d->atc.code, d->text);
}

static void
prescriber(struct ward_sheet *s)
{
	struct ward_json *j = &s->j;

	if (j->v == FHIR_STU3) {
		ward_open(j, "requester", '{');
		ward_by(s, "agent", s->i, true);
		ward_close(j, '}');
	} else {
		ward_by(s, j->v == FHIR_R4 ? "requester" : "prescriber", s->i,
		    true);
	}
}

void
ward_order(struct ward_sheet *s)
{
	unsigned drug = (s->i * 3 + s->w->world + s->k) % WARD_DRUGS;
	bool old = s->w->v == FHIR_DSTU2, ended = s->k == 2;
	struct ward_json *j = &s->j;

	ward_begin(s, old ? "MedicationOrder" : "MedicationRequest");
	ward_narrative(
	    j, "%s: %s", ward_drugs[drug].text, ward_drugs[drug].dosage);
	ward_text(j, "status", ended ? "stopped" : "active");
	if (!old)
		ward_text(j, "intent", "order");
	medication(s, drug);
	ward_about(s, patient_or_subject);
	ward_during(s);
	ward_day(s, old ? "dateWritten" : "authoredOn", 4 + s->k);
	if (old && ended)
		ward_day(s, "dateEnded", 1);
	prescriber(s);
	ward_open(j, "dosageInstruction", '[');
	ward_open(j, NULL, '{');
	ward_text(j, "text", ward_drugs[drug].dosage);
	ward_close(j, '}');
	ward_close(j, ']');
}
