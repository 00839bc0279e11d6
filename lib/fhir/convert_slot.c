/* convert_slot.c - places what could not stay where it was
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/convert_inner.h"

static bool
nothing(struct map_value v)
{
	return convert_empty(v.value) && convert_empty(v.under);
}

/* ---- placing ------------------------------------------------------------------ */

/* The value is put; whatever stood there (a foreign element) gives way. */
void
convert_put(struct map_object *o, const char *name, struct map_value v)
{
	const char *under = NULL;
	struct convert *c = o->c;

	if (!convert_empty(v.value))
		tree_put(c->a, o->node, name, v.value);
	if (convert_empty(v.under))
		return;
	under = arena_printf(c->a, "_%s", name);
	tree_put(c->a, o->node, under, v.under);
}

static void
put(struct map_object *o, const struct map_path *p, enum map_type t,
    struct map_value v)
{
	if (!convert_empty(v.value))
		tree_put_at(o->node, map_path_id(p, t), v.value);
	if (!convert_empty(v.under) && map_path_under(p, t))
		tree_put_at(o->node, map_path_under(p, t), v.under);
}

/* Lists: all of them, and what the extension had kept. */
static void
place_many(struct map_object *o, const struct map_path *p, enum map_type t,
    struct convert_items it, struct map_value back)
{
	struct convert *c = o->c;
	struct tree_node *list = tree_array(c->a), *unders = tree_array(c->a);
	struct convert_items more = convert_items(c, back);
	bool any = false;

	for (size_t i = 0; i < it.n + more.n; i++) {
		struct map_value v = i < it.n ? it.v[i] : more.v[i - it.n];

		if (nothing(v))
			continue;
		any = any || !convert_empty(v.under);
		tree_append(list, v.value ? v.value : tree_null(c->a));
		tree_append(unders, v.under ? v.under : tree_null(c->a));
	}
	put(o, p, t, (struct map_value){ list, any ? unders : NULL });
}

/* One goes over, the others are kept. */
static void
place_one(struct map_object *o, const struct map_path *p, enum map_type t,
    enum map_type as, struct convert_items it, size_t chosen)
{
	for (size_t i = 0; i < it.n; i++)
		if (i == chosen)
			put(o, p, as, it.v[i]);
	for (size_t i = 0; i < it.n; i++)
		if (i != chosen)
			convert_lose(o, p, t, it.v[i]);
}

static size_t
pick(const struct map_path *p, struct convert_items it)
{
	size_t best = 0;

	for (size_t i = it.n; p->row->pick && i-- > 0;)
		if (it.v[i].value && p->row->pick(it.v[i].value))
			best = i;
	while (best < it.n && nothing(it.v[best]))
		best++;
	return best;
}

static void
convert_chosen(struct map_object *o, const struct map_path *p, enum map_type t,
    struct convert_items it, size_t only)
{
	const struct map_index *sub = map_path_sub(p, t, o->c->way);

	for (size_t i = 0; i < it.n; i++) {
		if (only != SIZE_MAX && i != only)
			continue;
		convert_value(o->c, t, sub, it.v[i].value);
		if (!p->step->codes)
			convert_sibling(o->c, it.v[i].under);
	}
}

/* A value of the wrong shape was taken out, its sibling perhaps not. */
static void
find_sibling(struct map_object *o, const struct map_path *p, enum map_type as,
    struct map_slot *s)
{
	struct tree_node *n;

	if (s->from.under || map_type_kind(s->type) >= MAP_OBJECT)
		return;
	n = tree_at(o->node, map_path_under(p, as));
	tree_remove(n);
	s->from.under = n;
}

static void
place(struct map_object *o, const struct map_path *p, struct map_slot *s)
{
	struct convert_items it;
	enum map_type as = map_path_there(p, s->type, o->c->way);
	size_t chosen;

	if (p->to.choice && as != s->type &&
	    tree_at(o->node, map_path_id(p, as))) {
		convert_lost(o->c, p->path, CONVERT_DROPPED);
		return;
	}
	find_sibling(o, p, as, s);
	it = convert_items(o->c, s->from);
	for (size_t i = 0; p->step->codes && i < it.n; i++)
		convert_settle_code(o, p, &it.v[i]);
	if (p->to.many) {
		convert_chosen(o, p, s->type, it, SIZE_MAX);
		place_many(o, p, as, it, s->back);
		return;
	}
	chosen = pick(p, it);
	convert_chosen(o, p, s->type, it, chosen);
	place_one(o, p, s->type, as, it, chosen);
}

static void
lose_all(struct map_object *o, const struct map_path *p, struct map_slot *s)
{
	struct convert_items it = convert_items(o->c, s->from);

	for (size_t i = 0; i < it.n; i++)
		convert_lose(o, p, s->type, it.v[i]);
}

/* Does the element stand, in any of its types? */
static bool
stands(struct map_object *o, const struct map_path *p)
{
	if (!p->to.choice)
		return tree_at(o->node, map_path_id(p, MAP_NONE));
	for (int t = MAP_BACKBONE + 1; t < MAP_TYPE__MAX; t++)
		if ((p->to.types & MAP_SET(t)) &&
		    tree_at(o->node, map_path_id(p, (enum map_type)t)))
			return true;
	return false;
}

static void
put_back(struct map_object *o, const struct map_path *p, struct map_slot *s)
{
	if (!nothing(s->back) && !stands(o, p))
		put(o, p, s->back_type, s->back);
}

static void
settle_row(struct map_object *o, const struct map_path *p, struct map_slot *s)
{
	bool from = s->from.value || s->from.under;
	bool home =
	    p->to.name.at && map_path_there(p, s->type, o->c->way) != MAP_NONE;

	if (from && p->step->turn && !p->step->hand) {
		convert_settle_turn(o, p, s);
		if (!nothing(s->from))
			put(o, p, p->to.type, s->from);
	} else if (from && home && !p->step->hand) {
		place(o, p, s);
		return;
	} else if (from) {
		lose_all(o, p, s);
	}
	if (p->to.name.at)
		put_back(o, p, s);
}

void
convert_hands(struct map_object *o)
{
	for (size_t i = 0; i < o->x->n; i++)
		if (o->slots[i].from.value && o->x->paths[i].step->hand)
			convert_shape(o, &o->x->paths[i], &o->slots[i].from);
}

void
convert_settle(struct map_object *o)
{
	for (size_t i = 0; o->slots && i < o->x->n; i++) {
		struct map_slot *s = &o->slots[i];

		if (s->from.value || s->from.under || s->back.value ||
		    s->back.under)
			settle_row(o, &o->x->paths[i], s);
	}
}

/* ---- slots --------------------------------------------------------------------- */

struct map_slot *
convert_slot_at(struct map_object *o, size_t row)
{
	if (!o->slots)
		o->slots = arena_get(o->c->a, o->x->n * sizeof *o->slots);
	return &o->slots[row];
}

struct map_value *
convert_slot(struct map_object *o, enum name id)
{
	const struct map_entry *e = map_index_find(o->x, id);
	struct map_slot *s;

	if (!e || e->row >= o->x->n)
		return arena_get(o->c->a, sizeof(struct map_value));
	s = convert_slot_at(o, e->row);
	if (s->type != (enum map_type)e->type)
		return arena_get(o->c->a, sizeof(struct map_value));
	return &s->from;
}

struct map_value *
convert_back(struct map_object *o, enum name id)
{
	for (size_t i = 0; o->slots && i < o->x->n; i++) {
		const struct map_path *p = &o->x->paths[i];
		struct map_slot *s = &o->slots[i];

		if (p->to.name.at && map_path_id(p, s->back_type) == id)
			return &s->back;
	}
	return arena_get(o->c->a, sizeof(struct map_value));
}

struct tree_node *
convert_object(struct map_object *o)
{
	return o->node;
}

void
convert_type(struct convert *c, enum map_type t, struct tree_node *value)
{
	convert_value(c, t, map_index_type(t, c->way), value);
}

void
convert_child(struct map_object *o, enum name id, struct tree_node *value)
{
	const struct map_entry *e = map_index_find(o->x, id);

	if (e && e->row < o->x->n)
		convert_value(o->c, (enum map_type)e->type, e->sub, value);
}
