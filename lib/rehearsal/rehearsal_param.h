/* rehearsal_param.h - what the rehearsal provider can be asked, as a table
 * SPDX-License-Identifier: Apache-2.0
 *
 * FHIR's own parameters per version, and where in a resource each one looks.
 * Source: the search parameter definitions of 1.0.2, 3.0.1 and 4.0.1. */
#ifndef APP_REHEARSAL_PARAM_H
#define APP_REHEARSAL_PARAM_H

#include "fhir/version.h"

enum rehearsal_kind {
	REHEARSAL_STRING,
	REHEARSAL_TOKEN,
	REHEARSAL_DATE,
	REHEARSAL_REFERENCE,
	REHEARSAL_KIND__MAX
};

struct rehearsal_param {
	const char *type; /* "": every type has it */
	const char *name;
	enum rehearsal_kind kind;
	unsigned versions; /* FHIR_BIT of each version that has it */
	const char *paths; /* members by dots, alternatives by | */
	unsigned ours;     /* versions in which FHIR does not define it */
};

/* rehearsal_types - the resource types of a version, NULL at the end. */
const char *const *rehearsal_types(enum fhir_version v);

/* rehearsal_type - the same name out of the table; NULL: not served. */
const char *rehearsal_type(enum fhir_version v, struct str name);

/* rehearsal_param_find - NULL: the type has no such parameter there. */
const struct rehearsal_param *rehearsal_param_find(
    enum fhir_version v, const char *type, struct str name);

/* rehearsal_param_next - walks through all that a type has: NULL first, NULL
 * at the end. */
const struct rehearsal_param *rehearsal_param_next(
    enum fhir_version v, const char *type, const struct rehearsal_param *p);

/* rehearsal_kind_name - "string", "token", "date", "reference". */
const char *rehearsal_kind_name(enum rehearsal_kind k);

#endif
