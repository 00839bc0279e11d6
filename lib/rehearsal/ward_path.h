/* ward_path.h - one element of a record, found or made by its path
 * SPDX-License-Identifier: Apache-2.0
 *
 * Members by dots. Of a list:
 *
 *     name[]         the first element
 *     given[*]       all of them, texts; only at the end
 *     class[plan]    the one that says so of itself (ward_path.c: marks)
 *     name[official?] the same, else the first
 *     class[plan]!.name  what goes when the name goes: the element of the list
 *
 * Where a record has a single value for a list, or a list for a single value,
 * it is taken as it stands. */
#ifndef REHEARSAL_WARD_PATH_H
#define REHEARSAL_WARD_PATH_H

#include "fhir/tree.h"
#include "fhir/version.h"

/* ward_path_find - NULL: there is none. */
struct tree_node *ward_path_find(struct tree_node *record, const char *path);

/* ward_path_make - the same; what is missing on the way is made in the way of
 * v, the element itself as null, to be set. Never NULL: a value that stands in
 * the way gives way. */
struct tree_node *ward_path_make(struct arena *a, enum fhir_version v,
    struct tree_node *record, const char *path);

/* ward_path_remove - the element, or what a ! says, and whatever is empty
 * without it. */
void ward_path_remove(struct tree_node *record, const char *path);

#endif
