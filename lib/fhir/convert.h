/* convert.h - a resource of one FHIR version becomes one of another
 * SPDX-License-Identifier: Apache-2.0
 *
 * The tables are in fhir/map_*; this is what runs them. Between DSTU2 and R4
 * the way leads over STU3. From a version to itself only what is read leniently
 * is mended: one value where a list belongs and the other way round, numbers
 * and booleans in quotes, empty values. What stays as it is keeps its bytes:
 * digits, blanks and escapes. Source: the tables name theirs. */
#ifndef FHIR_CONVERT_H
#define FHIR_CONVERT_H

#include "fhir/map.h"

/* Something that the target does not show as the source had it. */
struct convert_loss {
	struct convert_loss *next;
	const char *element; /* "Observation.related"; lives for ever */
	enum convert_fate fate;
	enum fhir_version from, to; /* of the step where it happened */
	unsigned times;
};

/* What a conversion lost, one entry an element; in no order. All zero is an
 * empty list. */
struct convert_losses {
	struct convert_loss *first;
};

struct convert_how {
	enum fhir_version from, to;
	bool bare; /* writes no inter-version extension but those that modify */
	struct convert_losses *losses; /* added to; NULL: not wanted */
	/* is it wanted no more? Asked every CONVERT_STEPS objects or so, with
	 * ctx; NULL: it always is */
	bool (*stop)(void *ctx);
	void *ctx;
};

#define CONVERT_STEPS 512

/* convert_resource - edits the tree in place. Resources within a resource
 * (contained, entries of a Bundle) are converted too. A type that is not known
 * stays as it is.
 *   a     where new nodes come from, and losses
 *   root  one resource, of version how->from
 * false: ERR_BUSY, the process is over its byte budget; ERR_DEADLINE, it was
 * stopped. The tree is then in neither version. */
bool convert_resource(struct arena *a, struct tree_node *root,
    const struct convert_how *how, struct err *e);

/* convert_fate_name - "extension", "code", "dropped", "unknown". */
const char *convert_fate_name(enum convert_fate f);

#endif
