/* rehearsal_index.h - what a resource can be found by
 * SPDX-License-Identifier: Apache-2.0
 *
 * One term per searchable value. Whatever its kind, a term is compared by its
 * key, byte by byte, so that one table and one statement serve all searches:
 *
 *     kind       key                system             upto   exact
 *     string     folded text        -                  -      as written
 *     token      code or value      its system, or ""  -      -
 *     date       first moment       -                  end    -
 *     reference  id, or foreign URL type, or ""        -      -
 *
 * An identifier with a type also has a term under NAME:of-type whose system
 * is the type as `system|code` (FHIR R4 search 3.1.1.4.13). */
#ifndef APP_REHEARSAL_INDEX_H
#define APP_REHEARSAL_INDEX_H

#include "fhir/param.h"
#include "fhir/tree.h"

#define REHEARSAL_KEY_MAX 500 /* bytes; longer values are cut for searches */

struct rehearsal_term {
	const char *param;
	struct str key;
	struct str system; /* absent where the table above has none */
	struct str upto;
	struct str exact;
};

struct rehearsal_terms {
	struct arena *a;
	struct rehearsal_term *at;
	size_t n, room;
};

/* rehearsal_index - adds the terms of one resource, borrowed from t->a and
 * from its text. Values of the wrong shape have no term; lists and single
 * values are taken alike, wherever they stand. */
void rehearsal_index(struct rehearsal_terms *t, enum fhir_version v,
    const struct tree_node *resource, const char *type);

#endif
