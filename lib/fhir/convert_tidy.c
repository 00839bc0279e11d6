/* convert_tidy.c - is there anything to mend in a resource of one version?
 * SPDX-License-Identifier: Apache-2.0
 *
 * Most answers are as they should be, and looking costs half of what mending
 * does: nothing is taken apart and put together again. Whatever the engine
 * would change on the way from a version to itself is not tidy; what it would
 * leave alone may be called untidy at the price of time only. */
#include "fhir/convert_inner.h"

static bool tidy_members(
    const struct tree_node *node, const struct map_index *x);

static bool
tidy_one(enum map_way way, enum map_type t, const struct map_index *sub,
    const struct tree_node *n)
{
	switch (map_type_kind(t)) {
	case MAP_TEXT:
		return n->kind == TREE_STRING;
	case MAP_NUMBER:
		return n->kind == TREE_NUMBER;
	case MAP_BOOLEAN:
		return n->kind == TREE_TRUE || n->kind == TREE_FALSE;
	case MAP_RESOURCE:
		return convert_tidy(way, n);
	default:
		return n->kind == TREE_OBJECT && (!sub || tidy_members(n, sub));
	}
}

static bool
tidy_list(enum map_way way, enum map_type t, const struct map_index *sub,
    const struct tree_node *list)
{
	const struct tree_node *n;

	if (list->kind != TREE_ARRAY)
		return false;
	tree_each(n, list)
	{
		if (convert_empty(n) || !tidy_one(way, t, sub, n))
			return false;
	}
	return true;
}

static bool
tidy_member(const struct map_index *x, const struct map_entry *e,
    const struct tree_node *n)
{
	enum map_type t = (enum map_type)e->type;

	if (convert_empty(n))
		return false;
	switch ((enum map_act)e->act) {
	case MAP_VALUE:
	case MAP_INNER:
		return e->many ? tidy_list(x->way, t, e->sub, n)
		               : tidy_one(x->way, t, e->sub, n);
	case MAP_EXTENSIONS:
		return tidy_list(x->way, MAP_Extension, e->sub, n);
	case MAP_COMMENTS:
		return map_way_to(x->way) == FHIR_DSTU2;
	case MAP_TYPE_NAME:
		return n->kind == TREE_STRING;
	default:
		return false; /* siblings are rare: they are looked at there */
	}
}

static bool
tidy_members(const struct tree_node *node, const struct map_index *x)
{
	const struct tree_node *n;

	tree_each(n, node)
	{
		const struct map_entry *e =
		    n->id ? map_index_find(x, n->id) : NULL;

		if (e && !tidy_member(x, e, n))
			return false;
	}
	return true;
}

bool
convert_tidy(enum map_way way, const struct tree_node *node)
{
	struct tree_node *name = tree_at(node, NAME_resourceType);
	const struct map_index *x =
	    tree_is(name, TREE_STRING)
		? map_index_resource(tree_text(name), way)
		: NULL;

	return x ? tidy_members(node, x) : tree_is(node, TREE_OBJECT);
}
