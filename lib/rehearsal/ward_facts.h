/* ward_facts.h - what a made-up ward is furnished with, as tables
 * SPDX-License-Identifier: Apache-2.0
 *
 * Codes are real (LOINC, SNOMED CT, ATC); hospitals and insurers are not. */
#ifndef APP_WARD_FACTS_H
#define APP_WARD_FACTS_H

#include <stddef.h>

#define SNOMED "http://snomed.info/sct"
#define LOINC  "http://loinc.org"
#define ATC    "http://www.whocc.no/atc"

struct ward_code {
	const char *code, *display;
};

struct ward_hospital {
	const char *name, *city, *country;
	const char *offset; /* of its clock from UTC */
	const char *ward[2];
	const char *bed;
	const char *insurer[2];
};

struct ward_allergen {
	struct ward_code substance;
	const char *category;
	struct ward_code manifestation;
};

struct ward_drug {
	struct ward_code atc;
	const char *text, *dosage;
};

/* A measured value: low to low + spread, in units of its last decimal, cut to
 * whole steps: 72.0, 36.10 and 0.000100 keep their last digits or are wrong. */
struct ward_measure {
	struct ward_code code;
	const char *unit, *ucum;
	unsigned low, spread, decimals, step;
};

enum ward_vital {
	WARD_HEART,
	WARD_TEMPERATURE,
	WARD_BREATH,
	WARD_OXYGEN,
	WARD_WEIGHT,
	WARD_HEIGHT,
	WARD_SYSTOLIC,
	WARD_DIASTOLIC,
	WARD_POTASSIUM,
	WARD_TROPONIN,
	WARD_VITAL__MAX
};

#define WARD_HOSPITALS  12
#define WARD_CONDITIONS 16
#define WARD_ALLERGENS  8
#define WARD_DRUGS      8
#define WARD_DOCTORS    6

extern const struct ward_hospital ward_hospitals[WARD_HOSPITALS];
extern const struct ward_code ward_conditions[WARD_CONDITIONS];
extern const struct ward_code ward_severities[3];
extern const struct ward_allergen ward_allergens[WARD_ALLERGENS];
extern const struct ward_drug ward_drugs[WARD_DRUGS];
extern const struct ward_measure ward_measures[WARD_VITAL__MAX];
extern const struct ward_code ward_visits[4];
extern const struct ward_doctor {
	const char *family, *given;
} ward_doctors[WARD_DOCTORS];

#endif
