/* param.h - search parameters of each version, and where they look
 * SPDX-License-Identifier: Apache-2.0
 *
 * FHIR's own parameters of the types that pass through here, each with the
 * elements that it compares. More than the faces serve (fhir/iface): providers
 * are asked by these, and so is the rehearsal provider. Source: the search
 * parameter definitions of 1.0.2, 3.0.1 and 4.0.1. */
#ifndef FHIR_PARAM_H
#define FHIR_PARAM_H

#include "fhir/version.h"

enum param_kind {
	PARAM_STRING,
	PARAM_TOKEN,
	PARAM_DATE,
	PARAM_REFERENCE,
	PARAM_KIND__MAX
};

struct param {
	const char *type; /* "": every type has it */
	const char *name;
	enum param_kind kind;
	unsigned versions; /* FHIR_BIT of each version where it is known */
	const char *paths; /* members by dots, alternatives by | */
	unsigned extra;    /* of these, where FHIR itself does not define it */
};

/* param_find - NULL: the type has no such parameter there. */
const struct param *param_find(
    enum fhir_version v, const char *type, struct str name);

/* param_next - walks through all that a type has: NULL first, NULL at the
 * end. */
const struct param *param_next(
    enum fhir_version v, const char *type, const struct param *p);

/* param_kind_name - "string", "token", "date", "reference". */
const char *param_kind_name(enum param_kind k);

/* param_each - hands over every value that p finds in a resource, whether it
 * stands alone or in a list; null is none. */
typedef void param_seen(void *ctx, struct tree_node *value);
void param_each(const struct param *p, const struct tree_node *resource,
    param_seen *seen, void *ctx);

#endif
