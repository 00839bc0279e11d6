/* tree_repeat.c - a member name that comes twice in a wide object
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/tree_repeat.h"

#include "base/sip.h"

/* The set: a power of two of places, at most two thirds taken. */
static const struct tree_node *
look(const struct tree_node **set, size_t places, const struct tree_node *obj)
{
	const struct tree_node *c;
	size_t i;

	tree_each(c, obj)
	{
		struct str name = tree_name(c);

		i = sip_here(name.at, name.len) & (places - 1);
		for (; set[i]; i = (i + 1) & (places - 1))
			if (str_eq(tree_name(set[i]), name))
				return c;
		set[i] = c;
	}
	return NULL;
}

const struct tree_node *
tree_repeat(const struct tree_node *obj, size_t n)
{
	struct arena *a = arena_new(); /* given back at once */
	const struct tree_node *found;
	size_t places = 64;

	while (places < n + n / 2)
		places *= 2;
	found = look(
	    arena_get(a, places * sizeof(struct tree_node *)), places, obj);
	arena_free(a);
	return found;
}
