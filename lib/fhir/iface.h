/* iface.h - the contract as tables: types, interactions, search parameters
 * SPDX-License-Identifier: Apache-2.0
 *
 * What stands here is served, listed in the statements and checked by
 * fhir/search; what does not stand here is not served. Each table names the
 * versions (faces) for which a row holds. */
#ifndef FHIR_IFACE_H
#define FHIR_IFACE_H

#include "fhir/version.h"

/* Day the tables last changed: `date` of the statements. */
#define IFACE_REVISED "2026-11-20"

enum iface_type {
	IFACE_PATIENT,
	IFACE_OBSERVATION,
	IFACE_CONDITION,
	IFACE_ENCOUNTER,
	IFACE_ALLERGY,
	IFACE_MEDICATION, /* MedicationOrder; MedicationRequest from STU3 on */
	IFACE_COVERAGE,
	IFACE_LOCATION,
	IFACE__MAX
};

enum iface_action { IFACE_READ, IFACE_SEARCH, IFACE_ACTION__MAX };

/* How a value is read; names as in search-param-type. */
enum iface_kind {
	IFACE_STRING,
	IFACE_TOKEN,
	IFACE_DATE,
	IFACE_REFERENCE, /* to a Patient: no other reference is in the tables */
	IFACE_ID,        /* a token that can only be a resource id */
	IFACE_KIND__MAX
};

/* Modifiers in use; IFACE_PLAIN is none. A name's own bit: FHIR_BIT. */
enum iface_modifier {
	IFACE_PLAIN,
	IFACE_EXACT,
	IFACE_CONTAINS,
	IFACE_MODIFIER__MAX
};

#define IFACE_SELECTIVE 0x01u /* narrows a search enough to be run */
#define IFACE_SORTS     0x02u /* may stand in _sort */
#define IFACE_ONE       0x04u /* may not be given twice and different */

struct iface_param {
	const char *name;  /* canonical, as FHIR spells it */
	const char *alias; /* other spellings, blank-separated; NULL: none */
	enum iface_kind kind;
	unsigned versions; /* FHIR_BIT of each face that has it */
	unsigned flags;
	unsigned modifiers; /* bits 1u << enum iface_modifier beside plain */
	const char *codes; /* closed set of a token, blank-separated, or NULL */
	const char *about; /* one sentence for the statement */
};

struct iface_resource {
	const char *name[FHIR__MAX];    /* resourceType per version */
	const char *subject[FHIR__MAX]; /* element that refers to its patient;
	                                   NULL: none, or it is the patient */
	unsigned actions;               /* bits 1u << enum iface_action */
	bool clinical;                  /* a search needs patient or _id */
	const struct iface_param *params;
	size_t n;
};

/* iface_resource - its row; never NULL for a value below IFACE__MAX. */
const struct iface_resource *iface_resource(enum iface_type t);

/* iface_named - the type that a face calls so; exact letters, as FHIR demands.
 * false: not served there (also a type that only another face has). */
bool iface_named(enum iface_type *t, enum fhir_version face, struct str name);

/* iface_name - "MedicationOrder" for IFACE_MEDICATION in DSTU2. */
const char *iface_name(enum iface_type t, enum fhir_version v);

/* iface_param - the parameter that a face calls so, by canonical name or
 * alias, letters of either case. NULL: unknown there. */
const struct iface_param *iface_param(
    enum iface_type t, enum fhir_version face, struct str name);

/* iface_canonical - the parameter of exactly this canonical name, or NULL. */
const struct iface_param *iface_canonical(
    enum iface_type t, enum fhir_version face, const char *name);

/* iface_kind_name - "string", "token", ... for the statements.
 * iface_modifier_name - "", "exact", "contains". */
const char *iface_kind_name(enum iface_kind k);
const char *iface_modifier_name(enum iface_modifier m);

/* iface_id - is this a FHIR id: [A-Za-z0-9.-]{1,64}, and no dots only? */
bool iface_id(struct str s);

/* iface_batch - is Bundle batch served at the base? The statements say so. */
bool iface_batch(void);

#endif
