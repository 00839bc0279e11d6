/* tree_write.c - a FHIR body as a tree: copying what stayed, writing the rest
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/tree.h"

#include <string.h>

static void
write_name(struct buf *b, const struct tree_node *n)
{
	struct str name = tree_name(n);
	char *to;

	if (!n->id) {
		buf_json(b, name.at, name.len);
		buf_char(b, ':');
	} else if ((to = buf_room(b, name.len + 3))) {
		*to++ = '"'; /* letters, digits, underscores: as it is */
		memcpy(to, name.at, name.len);
		memcpy(to + name.len, "\":", 2);
		buf_filled(b, name.len + 3);
	}
}

/* The value, or of a changed container the start. */
static void
write_start(struct buf *b, const struct tree_node *n)
{
	if (!n->changed)
		buf_put(b, n->at, n->len);
	else if (n->kind == TREE_STRING)
		buf_json(b, n->at, n->len);
	else
		buf_char(b, n->kind == TREE_OBJECT ? '{' : '[');
}

static inline bool
is_open(const struct tree_node *n)
{
	return n->changed && n->kind >= TREE_ARRAY;
}

/* The node to write after n within top, past the ends of what is complete. */
static const struct tree_node *
write_ends(
    struct buf *b, const struct tree_node *n, const struct tree_node *top)
{
	const struct tree_node *next = is_open(n) ? tree_first(n) : NULL;

	if (next)
		return next;
	if (is_open(n))
		buf_char(b, n->kind == TREE_OBJECT ? '}' : ']');
	while (n != top) {
		if ((next = tree_next(n))) {
			buf_char(b, ',');
			return next;
		}
		n = n->parent;
		buf_char(b, n->kind == TREE_OBJECT ? '}' : ']');
	}
	return NULL;
}

void
tree_write(struct buf *b, const struct tree_node *n)
{
	const struct tree_node *top = n;

	/* Most changes are small: room for the old size saves the growing. */
	if (n->at && b->len <= b->max && n->len <= b->max - b->len)
		buf_room(b, n->len);
	while (n && !b->failed) {
		if (n != top && n->parent->kind == TREE_OBJECT)
			write_name(b, n);
		write_start(b, n);
		n = write_ends(b, n, top);
	}
}
