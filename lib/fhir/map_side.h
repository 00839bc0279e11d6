/* map_side.h - an element as a cell of the tables says it
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FHIR_MAP_SIDE_H
#define FHIR_MAP_SIDE_H

#include "fhir/map.h"

/* An element as one version has it. */
struct map_side {
	struct str name; /* without [x]; absent: that version has none */
	bool many, choice;
	enum map_type type; /* MAP_NONE for a choice: */
	uint64_t types;     /* MAP_SET of each; one for what is no choice */
};

/* map_side_read - a cell of a table. false: it is not well formed. */
bool map_side_read(struct map_side *s, const char *cell);

/* map_cell - what a row says of that version, "=" looked up; NULL: it has no
 * such element. */
const char *map_cell(const struct map_row *row, enum fhir_version v);

#endif
