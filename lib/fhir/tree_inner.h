/* tree_inner.h - what the tree modules share and nobody else uses
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FHIR_TREE_INNER_H
#define FHIR_TREE_INNER_H

#include "fhir/tree.h"

/* tree_name_set - name is not copied; the length of a long one does not fit
 * into name_len. */
static inline void
tree_name_set(struct arena *a, struct tree_node *n, struct str name)
{
	struct str *kept;

	n->id = (uint16_t)name_find(name);
	n->name = name.at;
	n->name_len = (uint8_t)name.len;
	if (name.len >= TREE_NAME_LONG) {
		kept = arena_raw(a, sizeof *kept);
		*kept = name;
		n->name = (const char *)kept;
		n->name_len = TREE_NAME_LONG;
	}
}

#endif
