/* tree.c - a FHIR body as a tree: looking, making, changing
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/tree.h"

#include <inttypes.h>
#include <string.h>

#include "fhir/escape.h"
#include "fhir/tree_scan.h"

_Static_assert(sizeof(struct tree_node) <= 48 || sizeof(void *) > 8,
    "a stranger's bytes must not become many more of ours");

/* ---- looking ------------------------------------------------------------ */

struct str
tree_name(const struct tree_node *n)
{
	if (!n || !n->name)
		return STR_NONE;
	if (n->name_len == TREE_NAME_LONG)
		return *(const struct str *)(const void *)n->name;
	return (struct str){ n->name, n->name_len };
}

struct tree_node *
tree_member(const struct tree_node *n, struct str name)
{
	struct tree_node *c;
	size_t len = name.len < TREE_NAME_LONG ? name.len : TREE_NAME_LONG;

	if (tree_is(n, TREE_OBJECT))
		tree_each(c, n) if (c->name_len == len &&
				    str_eq(tree_name(c), name)) return c;
	return NULL;
}

struct tree_node *
tree_get(const struct tree_node *n, const char *name)
{
	return tree_member(n, str_of(name));
}

struct tree_node *
tree_at(const struct tree_node *n, enum name id)
{
	struct tree_node *c;

	if (id != NAME_NONE && tree_is(n, TREE_OBJECT))
		tree_each(c, n) if (c->id == id) return c;
	return NULL;
}

struct str
tree_text(struct tree_node *n)
{
	if (!n || n->kind == TREE_NULL || n->kind >= TREE_ARRAY)
		return STR_NONE;
	if (n->kind != TREE_STRING || n->changed)
		return (struct str){ n->at, n->len };
	if (n->escaped) {
		n->u.text = escape_decode(
		    n->u.home, (struct str){ n->at + 1, n->len - 2u });
		n->escaped = 0;
		n->decoded = 1;
	}
	if (n->decoded)
		return *n->u.text;
	return (struct str){ n->at + 1, n->len - 2u };
}

struct str
tree_str(const struct tree_node *n, const char *name)
{
	struct tree_node *c = tree_get(n, name);

	return tree_is(c, TREE_STRING) ? tree_text(c) : STR_NONE;
}

size_t
tree_count(const struct tree_node *n)
{
	const struct tree_node *c;
	size_t count = 0;

	tree_each(c, n) count++;
	return count;
}

struct tree_node *
tree_walk(const struct tree_node *n, const struct tree_node *root)
{
	struct tree_node *next = tree_first(n);

	while (!next && n != root) {
		next = tree_next(n);
		n = n->parent;
	}
	return next;
}

/* ---- making ------------------------------------------------------------- */

static struct tree_node *
made(struct arena *a, enum tree_kind kind, struct str text)
{
	struct tree_node *n = arena_get(a, sizeof *n);

	n->kind = kind;
	n->at = text.at;
	n->len = (uint32_t)text.len;
	n->changed = kind >= TREE_STRING;
	return n;
}

struct tree_node *
tree_null(struct arena *a)
{
	return made(a, TREE_NULL, STR("null"));
}

struct tree_node *
tree_bool(struct arena *a, bool value)
{
	return value ? made(a, TREE_TRUE, STR("true"))
	             : made(a, TREE_FALSE, STR("false"));
}

struct tree_node *
tree_integer(struct arena *a, int64_t value)
{
	return made(a, TREE_NUMBER, str_of(arena_printf(a, "%" PRId64, value)));
}

struct tree_node *
tree_number(struct arena *a, struct str text)
{
	const char *p = text.at;

	if (!text.len || !scan_number(&p, text.at + text.len) ||
	    p != text.at + text.len)
		return NULL;
	return made(a, TREE_NUMBER, text);
}

struct tree_node *
tree_string(struct arena *a, struct str text)
{
	return made(a, TREE_STRING, text);
}

struct tree_node *
tree_array(struct arena *a)
{
	return made(a, TREE_ARRAY, STR_NONE);
}

struct tree_node *
tree_object(struct arena *a)
{
	return made(a, TREE_OBJECT, STR_NONE);
}
