/* convert.c - a resource of one FHIR version becomes one of another
 * SPDX-License-Identifier: Apache-2.0
 *
 * An object is walked once. Members that stay are converted in place; the
 * others are taken out into slots, one a row, and placed when all were met:
 * what a version splits or joins may stand in any order. */
#include "fhir/convert_inner.h"

/* ---- primitives ----------------------------------------------------------------- */

/* Numbers and booleans in quotes are meant; so are numbers without, for text. */
static void
shape_primitive(struct convert *c, enum map_type t, struct tree_node *n)
{
	enum map_kind kind = map_type_kind(t);
	struct str text;
	struct tree_node *to = NULL;

	if (n->kind == TREE_STRING && kind == MAP_TEXT)
		return;
	if (n->kind == TREE_NULL || n->kind >= TREE_ARRAY)
		return;
	text = tree_text(n);
	if (kind == MAP_TEXT)
		to = tree_string(c->a, text);
	else if (kind == MAP_NUMBER && n->kind == TREE_STRING)
		to = tree_number(c->a, text);
	else if (kind == MAP_BOOLEAN && n->kind == TREE_STRING &&
		 (str_is(text, "true") || str_is(text, "false")))
		to = tree_bool(c->a, str_is(text, "true"));
	if (to)
		tree_set(n, to);
}

/* ---- values -------------------------------------------------------------------- */

struct typed {
	struct convert *c;
	enum map_type t;
	const struct map_index *sub;
};

static void
convert_one(const struct typed *t, struct tree_node *n)
{
	enum map_kind kind = map_type_kind(t->t);

	if (kind == MAP_RESOURCE)
		convert_any(t->c, n);
	else if (kind == MAP_OBJECT && t->sub)
		convert_walk(t->c, n, t->sub);
	else if (kind < MAP_OBJECT)
		shape_primitive(t->c, t->t, n);
}

/* A list keeps no empty objects; nulls among primitives mark gaps. */
static struct tree_node *
item_fate(struct tree_node *n, void *ctx)
{
	const struct typed *t = ctx;

	convert_one(t, n);
	return map_type_kind(t->t) >= MAP_OBJECT && convert_empty(n) ? NULL : n;
}

void
convert_value(struct convert *c, enum map_type t, const struct map_index *sub,
    struct tree_node *value)
{
	struct typed typed = { c, t, sub };

	if (tree_is(value, TREE_ARRAY))
		tree_sift(value, item_fate, &typed);
	else if (value)
		convert_one(&typed, value);
}

static void
rewrite(struct convert *c, map_rewrite *how, struct tree_node *value)
{
	struct tree_node *n;

	if (tree_is(value, TREE_ARRAY))
		tree_each(n, value) how(c, n);
	else
		how(c, value);
}

/* ---- members --------------------------------------------------------------------- */

/* Into its slot; a second one (two types of one choice) gives way. */
static struct tree_node *
to_slot(struct map_object *o, const struct map_entry *e, struct tree_node *n)
{
	struct map_slot *s = convert_slot_at(o, e->row);

	if (s->type && s->type != (enum map_type)e->type) {
		convert_lost(o->c, o->x->paths[e->row].path, CONVERT_DROPPED);
		return NULL;
	}
	s->type = (enum map_type)e->type;
	if (e->act == MAP_SIBLING || e->act == MAP_SIBLING_SLOT)
		s->from.under = n;
	else
		s->from.value = n;
	return NULL;
}

static struct tree_node *
to_strays(struct map_object *o, struct tree_node *n)
{
	struct map_waiting *w = arena_get(o->c->a, sizeof *w);

	*w = (struct map_waiting){ o->strays, n, NULL };
	o->strays = w;
	return NULL;
}

static struct tree_node *
stay(struct map_object *o, const struct map_entry *e, struct tree_node *n)
{
	if (e->row < o->x->n && tree_is(n, TREE_ARRAY) != e->many)
		return to_slot(o, e, n); /* one for a list, a list for one */
	convert_value(o->c, (enum map_type)e->type, e->sub, n);
	if (convert_empty(n) && !(e->act == MAP_VALUE && e->many))
		return NULL;
	if (e->rewrite)
		rewrite(o->c, e->rewrite, n);
	if (e->to)
		tree_rename(o->c->a, n, e->to);
	return n;
}

static struct tree_node *
sibling(struct map_object *o, const struct map_entry *e, struct tree_node *n)
{
	convert_sibling(o->c, n);
	if (convert_empty(n))
		return NULL;
	if (e->row < o->x->n && tree_is(n, TREE_ARRAY) != e->many)
		return to_slot(o, e, n);
	if (e->to)
		tree_rename(o->c->a, n, e->to);
	return n;
}

static struct tree_node *
member_fate(struct tree_node *n, void *ctx)
{
	struct map_object *o = ctx;
	const struct map_entry *e = n->id ? map_index_find(o->x, n->id) : NULL;

	if (!e)
		return n; /* foreign: travels as it is */
	switch ((enum map_act)e->act) {
	case MAP_VALUE:
	case MAP_INNER:
		return stay(o, e, n);
	case MAP_SIBLING:
		return sibling(o, e, n);
	case MAP_SLOT:
	case MAP_SIBLING_SLOT:
		return convert_empty(n) ? NULL : to_slot(o, e, n);
	case MAP_EXTENSIONS:
		convert_extensions(o->c, n, o);
		return convert_empty(n) ? NULL : n;
	case MAP_COMMENTS:
		return map_way_to(o->c->way) == FHIR_DSTU2 ? n : NULL;
	case MAP_TYPE_NAME:
		if (o->x->to_type && !str_is(tree_text(n), o->x->to_type))
			tree_set_text(n, str_of(o->x->to_type));
		return n;
	case MAP_STRAY:
		return to_strays(o, n);
	}
	return n;
}

/* Elements of the other version come back if nothing took their place. */
static void
return_strays(struct map_object *o)
{
	struct map_waiting *w;

	for (w = o->strays; w; w = w->next)
		if (!tree_member(o->node, tree_name(w->node)))
			tree_append(o->node, w->node);
}

void
convert_walk(
    struct convert *c, struct tree_node *node, const struct map_index *x)
{
	struct map_object o = { .c = c, .node = node, .x = x };

	if (!tree_is(node, TREE_OBJECT) || convert_over(c))
		return;
	tree_sift(node, member_fate, &o);
	if (o.backs)
		convert_backs(&o);
	if (o.slots)
		convert_hands(&o);
	if (x->hooks->first)
		x->hooks->first(c, &o);
	if (o.slots)
		convert_settle(&o);
	if (o.strays)
		return_strays(&o);
	if (x->hooks->last)
		x->hooks->last(c, &o);
}

void
convert_any(struct convert *c, struct tree_node *node)
{
	struct str type = tree_text(tree_at(node, NAME_resourceType));
	const struct map_index *x = map_index_resource(type, c->way);

	if (x)
		convert_walk(c, node, x);
	else if (type.at && map_way_from(c->way) != map_way_to(c->way))
		convert_lost(c, "DomainResource.contained", CONVERT_UNKNOWN);
}

/* ---- the whole way --------------------------------------------------------------- */

/* What the first of two steps had to keep, the second may have a place for:
 * only what is left after both is not wanted. */
static bool
step(struct arena *a, struct tree_node *root, const struct convert_how *how,
    enum map_way way, struct err *e)
{
	bool last = map_way_to(way) == how->to;
	struct convert c = { .a = a,
		.way = way,
		.bare = how->bare && last,
		.later = how->bare && !last,
		.losses = how->losses,
		.how = how };

	if (map_way_from(way) == map_way_to(way) && convert_tidy(way, root))
		return true;
	convert_any(&c, root);
	if (c.bare && !c.over && map_way_from(way) != how->from)
		convert_strip(&c, root);
	if (c.stopped)
		return err_why(e, ERR_DEADLINE, "stopped while it converted");
	return !convert_over(&c) || err_set(e, ERR_BUSY, NULL);
}

bool
convert_resource(struct arena *a, struct tree_node *root,
    const struct convert_how *how, struct err *e)
{
	enum fhir_version v = how->from;

	do {
		enum map_way way = map_way_next(v, how->to);

		if (!step(a, root, how, way, e))
			return false;
		v = map_way_to(way);
	} while (v != how->to);
	return true;
}

const char *
convert_fate_name(enum convert_fate f)
{
	static const char *const names[CONVERT_FATE__MAX] = { "extension",
		"code", "dropped", "unknown" };

	return names[f];
}
