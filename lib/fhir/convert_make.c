/* convert_make.c - new nodes for conversions, and whether two are equal
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/convert_inner.h"

struct arena *
convert_arena(const struct convert *c)
{
	return c->a;
}

bool
convert_over(struct convert *c)
{
	const struct convert_how *how = c->how;

	if (!c->over && how && how->stop && ++c->steps % CONVERT_STEPS == 0)
		c->stopped = how->stop(how->ctx);
	return c->over = c->over || c->stopped || arena_over(c->a);
}

enum fhir_version
convert_to(const struct convert *c)
{
	return map_way_to(c->way);
}

struct tree_node *
convert_text(struct convert *c, const char *text)
{
	return tree_string(c->a, str_of(text));
}

struct tree_node *
convert_coding(struct convert *c, const char *system, struct str code)
{
	struct tree_node *n = tree_object(c->a);

	if (system)
		tree_put(c->a, n, "system", convert_text(c, system));
	tree_put(c->a, n, "code", tree_string(c->a, code));
	return n;
}

struct tree_node *
convert_concept(struct convert *c, struct tree_node *coding)
{
	struct tree_node *n = tree_object(c->a);

	tree_put(c->a, n, "coding", convert_list(c, coding));
	return n;
}

struct tree_node *
convert_list(struct convert *c, struct tree_node *n)
{
	struct tree_node *list = tree_array(c->a);

	if (n)
		tree_append(list, n);
	return list;
}

struct tree_node *
convert_first(struct tree_node *list)
{
	struct tree_node *n = tree_first(list);

	tree_remove(n);
	return n;
}

struct tree_node *
convert_take(struct tree_node *holder, enum name id)
{
	struct tree_node *n = tree_at(holder, id);

	tree_remove(n);
	return n;
}

void
convert_hand_on(struct tree_node *to, struct tree_node *from)
{
	struct tree_node *list = convert_take(from, NAME_extension), *n;
	struct tree_node *all = tree_at(to, NAME_extension);

	if (list && !all)
		tree_append(to, list);
	if (tree_is(list, TREE_ARRAY) && tree_is(all, TREE_ARRAY))
		while ((n = convert_first(list)))
			tree_append(all, n);
}

void
convert_append(struct convert *c, struct map_value *all, struct map_value v)
{
	if (v.under && !all->under) {
		all->under = tree_array(c->a);
		for (size_t n = tree_count(all->value); n; n--)
			tree_append(all->under, tree_null(c->a));
	}
	if (all->under)
		tree_append(all->under, v.under ? v.under : tree_null(c->a));
	tree_append(all->value, v.value ? v.value : tree_null(c->a));
}

/* Nothing a reader could see: null, "", [], {}, and lists of nulls. */
bool
convert_empty(const struct tree_node *n)
{
	const struct tree_node *c;

	if (!n || n->kind == TREE_NULL)
		return true;
	if (n->kind == TREE_STRING)
		return n->changed ? !n->len : n->len <= 2; /* with quotes */
	if (n->kind == TREE_OBJECT)
		return !tree_first(n);
	if (n->kind != TREE_ARRAY)
		return false;
	tree_each(c, n)
	{
		if (c->kind != TREE_NULL)
			return false;
	}
	return true;
}

static struct tree_node *
copy_plain(struct convert *c, const struct tree_node *n)
{
	struct tree_node *to = arena_raw(c->a, sizeof *to);

	*to = *n;
	to->next = to;
	to->parent = NULL;
	to->name = NULL;
	to->name_len = 0;
	to->id = NAME_NONE;
	return to;
}

struct tree_node *
convert_copy(struct convert *c, const struct tree_node *n)
{
	struct tree_node *to, *child;

	if (!n)
		return NULL;
	if (n->kind < TREE_ARRAY)
		return copy_plain(c, n);
	to = n->kind == TREE_ARRAY ? tree_array(c->a) : tree_object(c->a);
	tree_each(child, n)
	{
		struct tree_node *copy = convert_copy(c, child);

		copy->name = child->name;
		copy->name_len = child->name_len;
		copy->id = child->id;
		tree_append(to, copy);
	}
	return to;
}

/* ---- what is not there ------------------------------------------------------ */

#define ABSENT "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

struct map_value
convert_absent(struct convert *c, const char *why)
{
	struct tree_node *n = tree_object(c->a), *ext = tree_object(c->a);

	tree_put(c->a, ext, "url", convert_text(c, ABSENT));
	tree_put(c->a, ext, "valueCode", convert_text(c, why));
	tree_put(c->a, n, "extension", convert_list(c, ext));
	return (struct map_value){ n, NULL };
}

bool
convert_is_absent(const struct tree_node *n, const char *why)
{
	struct tree_node *list = tree_at(n, NAME_extension);
	struct tree_node *ext = tree_first(list);

	return tree_count(n) == 1 && tree_count(list) == 1 &&
	       tree_count(ext) == 2 && str_is(tree_str(ext, "url"), ABSENT) &&
	       str_is(tree_str(ext, "valueCode"), why);
}

/* ---- equality ------------------------------------------------------------- */

static bool
lists_equal(struct tree_node *a, struct tree_node *b)
{
	struct tree_node *x = tree_first(a), *y = tree_first(b);

	for (; x && y; x = tree_next(x), y = tree_next(y))
		if (!convert_equal(x, y))
			return false;
	return !x && !y;
}

static bool
names_equal(struct tree_node *x, struct tree_node *y)
{
	return x->id == y->id && (x->id || str_eq(tree_name(x), tree_name(y)));
}

/* Members stand in the same order nearly always: each is looked for after the
 * one before it, and among all only if it is not there. */
static bool
objects_equal(struct tree_node *a, struct tree_node *b)
{
	struct tree_node *x, *y = tree_first(b);

	if (tree_count(a) != tree_count(b))
		return false;
	tree_each(x, a)
	{
		if (!y || !names_equal(x, y))
			y = x->id ? tree_at(b, (enum name)x->id)
			          : tree_member(b, tree_name(x));
		if (!y || !convert_equal(x, y))
			return false;
		y = tree_next(y);
	}
	return true;
}

bool
convert_equal(struct tree_node *a, struct tree_node *b)
{
	if (!a || !b)
		return a == b;
	if (a->kind != b->kind)
		return false;
	if (a->kind == TREE_ARRAY)
		return lists_equal(a, b);
	if (a->kind == TREE_OBJECT)
		return objects_equal(a, b);
	return a->kind == TREE_NULL || str_eq(tree_text(a), tree_text(b));
}
