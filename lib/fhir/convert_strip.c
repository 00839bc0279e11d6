/* convert_strip.c - takes out what only the way between versions needed
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/convert_inner.h"

/* An inter-version extension that was made here: what was read has bytes. */
static bool
is_ours(const struct tree_node *ext)
{
	static const char *const begins[] = {
		"http://hl7.org/fhir/1.0/StructureDefinition/",
		"http://hl7.org/fhir/3.0/StructureDefinition/",
		"http://hl7.org/fhir/4.0/StructureDefinition/",
	};

	if (!tree_is(ext, TREE_OBJECT) || ext->at)
		return false;
	for (size_t i = 0; i < COUNT(begins); i++)
		if (str_starts(tree_str(ext, "url"), begins[i]))
			return true;
	return false;
}

static bool
is_siblings(const struct tree_node *n)
{
	return tree_is(n, TREE_ARRAY) && str_starts(tree_name(n), "_");
}

/* What it leaves empty goes too; among siblings a null keeps the place. */
static struct tree_node *
strip_fate(struct tree_node *n, void *ctx)
{
	struct convert *c = ctx;
	const struct tree_node *holder = n->parent;

	if (n->id == NAME_modifierExtension || !tree_first(n))
		return n;
	if (holder->id == NAME_extension && is_ours(n))
		return NULL;
	tree_sift(n, strip_fate, c);
	if (tree_first(n) && !(is_siblings(n) && convert_empty(n)))
		return n;
	return is_siblings(holder) ? tree_null(c->a) : NULL;
}

void
convert_strip(struct convert *c, struct tree_node *root)
{
	tree_sift(root, strip_fate, c);
}
