/* once.h - which records of a search have come before
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pages of a search overlap where records are added while they are read, and a
 * server whose pages lead round in a circle sends the same ones for ever. */
#ifndef FHIR_ONCE_H
#define FHIR_ONCE_H

#include "fhir/tree.h"

struct once {
	struct arena *a;
	struct str *slot; /* a table of ids, half of it empty at least */
	size_t n, room;
};

/* once_open - nothing has come. Memory is borrowed from a. */
void once_open(struct once *o, struct arena *a);

/* once_first - is it the first record with its id? One without an id always
 * is. Records are of one type. */
bool once_first(struct once *o, const struct tree_node *record);

#endif
