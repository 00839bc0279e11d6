/* tree_help.h - what the tests of fhir/tree share
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TREE_HELP_H
#define TREE_HELP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fhir/tree.h"

/* The text in a block of exactly its size, so that reading past its end is
 * seen; it goes with the arena. */
static inline struct str
help_exact(struct arena *a, const char *text, size_t len)
{
	char *p = malloc(len ? len : 1);

	if (!p)
		abort();
	memcpy(p, text, len);
	arena_adopt(a, p, free);
	return (struct str){ p, len };
}

/* The tree of a text that must be good. */
static inline struct tree_node *
help_read(struct arena *a, const char *text)
{
	struct tree_limits lim = { .depth = TREE_DEPTH_MAX };
	struct err e = { 0 };
	struct tree_node *n =
	    tree_read(a, help_exact(a, text, strlen(text)), &lim, &e);

	if (!n) {
		fprintf(stderr, "%s: %s\n", text, e.said);
		abort();
	}
	return n;
}

/* What the writer makes of it, NUL-terminated. */
static inline const char *
help_write(struct arena *a, const struct tree_node *n)
{
	struct buf b = buf_new(a, (size_t)1 << 28);

	tree_write(&b, n);
	return buf_text(&b);
}

/* Do two trees say the same: kinds, names, texts, order? */
static inline bool
help_same(struct tree_node *x, struct tree_node *y)
{
	struct tree_node *x_top = x, *y_top = y;

	for (; x && y; x = tree_walk(x, x_top), y = tree_walk(y, y_top))
		if (x->kind != y->kind || tree_count(x) != tree_count(y) ||
		    !str_eq(tree_text(x), tree_text(y)) ||
		    (x != x_top && (!str_eq(tree_name(x), tree_name(y)) ||
				       x->id != y->id)))
			return false;
	return !x && !y;
}

#endif
