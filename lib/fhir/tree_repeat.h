/* tree_repeat.h - a member name that comes twice in a wide object
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FHIR_TREE_REPEAT_H
#define FHIR_TREE_REPEAT_H

#include "fhir/tree.h"

/* tree_repeat - the first of obj's n members whose name stood before; NULL if
 * there is none. Linear time whatever the names are: the hash is keyed. Takes
 * at most 32 bytes a member while it runs, counted in the process budget. */
const struct tree_node *tree_repeat(const struct tree_node *obj, size_t n);

#endif
