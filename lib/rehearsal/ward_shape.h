/* ward_shape.h - the resources of a made-up ward, in any FHIR version
 * SPDX-License-Identifier: Apache-2.0
 *
 * The same number gives the same resource, always: nothing is drawn at
 * random. Ids, references and record numbers are the same in every world, the
 * people and their values are not: Patient/p-101 is somebody else in each. */
#ifndef APP_WARD_SHAPE_H
#define APP_WARD_SHAPE_H

#include "rehearsal/ward_sheet.h"

/* ward_world - the world of a version and a seed (1 and up): seeds 1 to 21
 * give worlds of their own in all three versions. */
unsigned ward_world(enum fhir_version v, unsigned seed);

/* ward_count - how many resources of a type there are; 0: type unknown. */
unsigned ward_count(const struct ward *w, const char *type);

/* ward_put - resource n (below ward_count) of a type as one line of JSON,
 * without the newline. id: NULL, or the id to give it. */
void ward_put(struct buf *b, const struct ward *w, const char *type, unsigned n,
    const char *id);

/* What the records of patient i say about it, for an index of answers. */
struct ward_fate {
	const char *bed;    /* display, borrowed from a */
	const char *status; /* of its present encounter */
	char birth[11];
	char mrn[16];
};
struct ward_fate ward_fate(const struct ward *w, struct arena *a, unsigned i);

#endif
