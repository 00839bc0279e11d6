/* ward_field.h - what a person fills in of a record, in any FHIR version
 * SPDX-License-Identifier: Apache-2.0
 *
 * A field is text as somebody reads and types it. Setting one changes the
 * elements that it stands for, and nothing else of the record: what it does
 * not know stays as it is, byte for byte. */
#ifndef REHEARSAL_WARD_FIELD_H
#define REHEARSAL_WARD_FIELD_H

#include "fhir/tree.h"
#include "fhir/version.h"

enum ward_how {
	WARD_TEXT,    /* string or code; a list's texts with blanks between */
	WARD_NUMBER,  /* keeps the digits that were typed */
	WARD_CONCEPT, /* CodeableConcept by its text; coded where it is known */
	WARD_STATE,   /* a code; in R4 a CodeableConcept of it */
	WARD_REFER    /* Reference by its display; points nowhere once set */
};

/* Known texts that a field suggests, with their codes. */
enum ward_list {
	WARD_LIST_NONE,
	WARD_LIST_SUBSTANCES,
	WARD_LIST_REACTIONS,
	WARD_LIST_PROBLEMS,
	WARD_LIST_SEVERITIES,
	WARD_LIST_DRUGS,
	WARD_LIST_VISITS
};

struct ward_field {
	const char *name; /* in forms */
	enum ward_how how;
	const char *path[FHIR__MAX]; /* ward_path.h */
	/* Another path that says the same; with a leading ? it is set only where
	 * it is there. */
	const char *also[FHIR__MAX];
	/* Another place for it: read where the path leads nowhere, and it goes
	 * when the field is set. */
	const char *instead;
	const char *spoils; /* path of what would say the old value: it goes */
	const char *words[FHIR__MAX]; /* to choose from; NULL: anything */
	const char *system;           /* of WARD_STATE in R4 */
	enum ward_list list;
	/* What a new record has unless somebody says otherwise: "day" or
	 * "moment" (of now), or a text. */
	const char *start;
	unsigned longest; /* characters */
	bool needed;
};

/* ward_field_get - "" where there is none; borrowed from a and the record. */
struct str ward_field_get(struct arena *a, const struct ward_field *f,
    enum fhir_version v, struct tree_node *record);

/* ward_field_set - "": it is taken out. value is UTF-8 without NUL and lives as
 * long as the record. What is not a number stands there as a text. */
void ward_field_set(struct arena *a, const struct ward_field *f,
    enum fhir_version v, struct tree_node *record, struct str value);

/* ward_known - text i of a list; NULL: there are no more. */
const char *ward_known(enum ward_list list, size_t i);

#endif
