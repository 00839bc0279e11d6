/* once.c - which records of a search have come before
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/once.h"

#include "base/sip.h"

#define ROOM_FIRST ((size_t)128) /* a power of two */

void
once_open(struct once *o, struct arena *a)
{
	*o = (struct once){ .a = a };
}

/* Where it stands, or would. */
static struct str *
place(const struct once *o, struct str id)
{
	size_t i = sip_here(id.at, id.len) & (o->room - 1);

	while (o->slot[i].at && !str_eq(o->slot[i], id))
		i = (i + 1) & (o->room - 1);
	return &o->slot[i];
}

static void
grow(struct once *o)
{
	struct once bigger = *o;

	bigger.room = o->room ? o->room * 2 : ROOM_FIRST;
	bigger.slot = arena_get(o->a, bigger.room * sizeof *bigger.slot);
	for (size_t i = 0; i < o->room; i++)
		if (o->slot[i].at)
			*place(&bigger, o->slot[i]) = o->slot[i];
	*o = bigger;
}

bool
once_first(struct once *o, const struct tree_node *record)
{
	struct str id = tree_str(record, "id"), *to;

	if (!id.len)
		return true;
	if (2 * o->n >= o->room)
		grow(o);
	to = place(o, id);
	if (to->at)
		return false;
	*to = id;
	o->n++;
	return true;
}
