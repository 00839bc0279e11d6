/* ward_kind.h - the kinds of record that a person keeps of a made-up patient
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef REHEARSAL_WARD_KIND_H
#define REHEARSAL_WARD_KIND_H

#include "rehearsal/ward_field.h"

#define WARD_DROPS 4

struct ward_kind {
	const char *name; /* in addresses, forms and ids */
	const char *type[FHIR__MAX];
	const char *code; /* LOINC, of an Observation; NULL: any */
	bool made;        /* can be added; else it is only changed */
	unsigned k;       /* the made-up record that a new one begins as */
	const char *drop[WARD_DROPS];    /* what of that it does not have */
	const struct ward_field *fields; /* the first one is what it is about */
	size_t n;
};

/* ward_kinds - all of them, in the order in which people read them; the patient
 * first. */
extern const struct ward_kind ward_kinds[];
extern const size_t ward_kinds_n;

/* ward_kind_named - NULL: there is none. ward_kind_of - what a record is; NULL:
 * of a type that is not kept here. */
const struct ward_kind *ward_kind_named(struct str name);
const struct ward_kind *ward_kind_of(
    enum fhir_version v, struct tree_node *record);

#endif
