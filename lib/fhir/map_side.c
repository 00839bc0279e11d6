/* map_side.c - an element as a cell of the tables says it
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/map_side.h"

#include <string.h>

static bool
read_types(struct map_side *s, struct str text)
{
	while (text.at) {
		enum map_type t = map_type_named(str_cut(text, '|', &text));

		if (t == MAP_NONE)
			return false;
		s->type = t;
		s->types |= MAP_SET(t);
	}
	if (s->choice)
		s->type = MAP_NONE;
	return s->choice || s->types == MAP_SET(s->type);
}

bool
map_side_read(struct map_side *s, const char *cell)
{
	struct str rest = str_of(cell);

	*s = (struct map_side){ .name = STR_NONE };
	if (!cell)
		return true;
	s->name = str_cut(rest, ' ', &rest);
	if (s->name.len > 3 &&
	    !memcmp(s->name.at + s->name.len - 3, "[x]", 3)) {
		s->choice = true;
		s->name.len -= 3;
	}
	if (str_starts(rest, "* ")) {
		s->many = true;
		rest = (struct str){ rest.at + 2, rest.len - 2 };
	}
	return s->name.len && read_types(s, rest);
}

/* "=" is as to the left. */
const char *
map_cell(const struct map_row *row, enum fhir_version v)
{
	const char *const cells[] = { row->dstu2, row->stu3, row->r4 };

	while (v > FHIR_DSTU2 && cells[v] && !strcmp(cells[v], "="))
		v--;
	return cells[v];
}
