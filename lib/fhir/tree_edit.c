/* tree_edit.c - a FHIR body as a tree: changing what was read or made
 * SPDX-License-Identifier: Apache-2.0
 *
 * One rule holds all through: above a changed node every node is changed. */
#include "fhir/tree_inner.h"

static void
mark(struct tree_node *n)
{
	for (; n && !n->changed; n = n->parent)
		n->changed = 1;
}

/* A ring of siblings is entered at its last; these three keep it whole. */
static void
ring_append(struct tree_node *to, struct tree_node *n)
{
	struct tree_node *last = to->u.last;

	n->next = last ? last->next : n;
	if (last)
		last->next = n;
	to->u.last = n;
	n->parent = to;
}

static struct tree_node *
ring_elder(const struct tree_node *n)
{
	struct tree_node *elder = n->parent->u.last;

	while (elder->next != n)
		elder = elder->next;
	return elder;
}

static void
ring_leave(struct tree_node *n)
{
	struct tree_node *elder = ring_elder(n), *in = n->parent;

	elder->next = n->next;
	if (in->u.last == n)
		in->u.last = elder == n ? NULL : elder;
	n->parent = NULL;
}

void
tree_remove(struct tree_node *n)
{
	if (!n || !n->parent)
		return;
	mark(n->parent);
	ring_leave(n);
}

/* n stands where `old` stood, behind its elder brother. */
static void
ring_swap(struct tree_node *elder, struct tree_node *old, struct tree_node *n)
{
	struct tree_node *in = old->parent;

	n->next = old->next == old ? n : old->next;
	n->parent = in;
	if (elder != old)
		elder->next = n;
	if (in->u.last == old)
		in->u.last = n;
	old->parent = NULL;
}

static void
take_name(struct tree_node *n, const struct tree_node *from)
{
	n->name = from->name;
	n->name_len = from->name_len;
	n->id = from->id;
}

static const struct tree_node nameless;

void
tree_append(struct tree_node *to, struct tree_node *child)
{
	tree_remove(child);
	if (to->kind == TREE_ARRAY)
		take_name(child, &nameless);
	ring_append(to, child);
	mark(to);
}

void
tree_insert(struct tree_node *before, struct tree_node *child)
{
	struct tree_node *to = before->parent;

	if (child == before)
		return;
	tree_remove(child);
	if (to->kind == TREE_ARRAY)
		take_name(child, &nameless);
	ring_elder(before)->next = child;
	child->next = before;
	child->parent = to;
	mark(to);
}

void
tree_rename(struct arena *a, struct tree_node *n, const char *name)
{
	tree_name_set(a, n, str_of(name));
	mark(n->parent);
}

static struct tree_node *
put_named(struct tree_node *obj, struct tree_node *old, struct tree_node *child)
{
	if (old)
		ring_swap(ring_elder(old), old, child);
	else
		ring_append(obj, child);
	mark(obj);
	return child;
}

struct tree_node *
tree_put(struct arena *a, struct tree_node *obj, const char *name,
    struct tree_node *child)
{
	struct tree_node *old = tree_get(obj, name);

	if (old == child)
		return child;
	tree_remove(child);
	tree_name_set(a, child, str_of(name));
	return put_named(obj, old, child);
}

struct tree_node *
tree_put_at(struct tree_node *obj, enum name id, struct tree_node *child)
{
	struct tree_node *old = tree_at(obj, id);
	struct str name = name_text(id);

	if (old == child)
		return child;
	tree_remove(child);
	child->id = (uint16_t)id;
	child->name = name.at;
	child->name_len = (uint8_t)name.len;
	return put_named(obj, old, child);
}

void
tree_sift(struct tree_node *n,
    struct tree_node *(*fate)(struct tree_node *child, void *ctx), void *ctx)
{
	struct tree_node *c = tree_first(n), *next, *to;

	if (!c)
		return;
	n->u.last->next = NULL;
	n->u.last = NULL;
	for (; c; c = next) {
		next = c->next;
		to = fate(c, ctx);
		if (to != c) {
			mark(n);
			c->parent = NULL;
		}
		if (to && to != c) {
			tree_remove(to);
			take_name(to, c);
		}
		if (to)
			ring_append(n, to);
	}
}

/* Nodes that still point at a container which gave them up would go round its
 * ring for ever. */
static void
children_leave(struct tree_node *n)
{
	struct tree_node *c = tree_first(n), *next;

	for (; c; c = next) {
		next = tree_next(c);
		c->parent = NULL;
	}
}

static void
children_follow(struct tree_node *n)
{
	struct tree_node *c = tree_first(n);

	if (!c)
		return;
	do {
		c->parent = n;
	} while ((c = c->next) != n->u.last->next);
}

static void
take_value(struct tree_node *n, const struct tree_node *from)
{
	n->u = from->u;
	n->at = from->at;
	n->len = from->len;
	n->kind = from->kind;
	n->changed = from->changed;
	n->escaped = from->escaped;
	n->decoded = from->decoded;
}

void
tree_set(struct tree_node *n, struct tree_node *from)
{
	static const struct tree_node null = { .at = "null", .len = 4 };

	if (n == from)
		return;
	children_leave(n);
	take_value(n, from);
	children_follow(n);
	take_value(from, &null);
	mark(n->parent);
	mark(from->parent);
}

void
tree_set_text(struct tree_node *n, struct str text)
{
	struct tree_node string = { .at = text.at, .kind = TREE_STRING };

	string.len = (uint32_t)text.len;
	children_leave(n);
	take_value(n, &string);
	mark(n);
}
