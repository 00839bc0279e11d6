/* convert_change.c - values that another version words or forms otherwise
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/convert_inner.h"
#include "fhir/systems.h"

/* ---- one value at a time ---------------------------------------------------- */

struct convert_items
convert_items(struct convert *c, struct map_value v)
{
	struct convert_items it = { NULL, 0 };
	bool list = tree_is(v.value, TREE_ARRAY);
	bool unders = tree_is(v.under, TREE_ARRAY);
	size_t n = list ? tree_count(v.value) : 1;

	if (unders && tree_count(v.under) > n)
		n = tree_count(v.under);
	it.v = arena_get(c->a, n * sizeof *it.v);
	for (it.n = 0; it.n < n; it.n++) {
		it.v[it.n].value = list   ? convert_first(v.value)
		                   : it.n ? NULL
		                          : v.value;
		it.v[it.n].under = unders ? convert_first(v.under)
		                   : it.n ? NULL
		                          : v.under;
	}
	return it;
}

/* ---- codes ------------------------------------------------------------------- */

struct str
convert_code(const struct map_code *codes, bool up, struct str code)
{
	for (; codes->low || codes->high; codes++) {
		const char *from = up ? codes->low : codes->high;

		if (codes->ways == (up ? MAP_DOWN : MAP_UP) || !from ||
		    !str_is(code, from))
			continue;
		return str_of(up ? codes->high : codes->low);
	}
	if (codes->ways == MAP_BOTH || codes->ways == (up ? MAP_UP : MAP_DOWN))
		return STR_NONE;
	return code;
}

/* The original that came along, if it still stands for this word. */
static struct tree_node *
original_code(struct convert *c, const struct map_path *p, struct map_value v)
{
	bool up = map_way_up(c->way);
	enum map_type t;
	struct map_value was = convert_taken(c, v.under, p->back_url, NULL, &t);
	struct str now = tree_text(v.value);

	if (!tree_text(was.value).at)
		return NULL;
	return str_eq(
		   convert_code(p->step->codes, !up, tree_text(was.value)), now)
	           ? was.value
	           : NULL;
}

static void
keep_under(struct convert *c, const struct map_path *p, struct map_value *v,
    struct tree_node *original)
{
	struct map_value was = { original, NULL };

	if (c->bare)
		return;
	if (!tree_is(v->under, TREE_OBJECT))
		v->under = tree_object(c->a);
	convert_hold(c, v->under, p->url, p->from.type, NULL, was, false);
}

/* Its word on the other side. A word that would not come back as it was keeps
 * the original beside it. */
void
convert_settle_code(
    struct map_object *o, const struct map_path *p, struct map_value *v)
{
	struct convert *c = o->c;
	bool up = map_way_up(c->way), whole;
	struct str was = tree_text(v->value), now;
	struct tree_node *original;

	convert_sibling(c, v->under);
	if ((original = original_code(c, p, *v))) {
		v->value = original;
		return;
	}
	if (!was.at)
		return;
	now = convert_code(p->step->codes, up, was);
	original = convert_copy(c, v->value);
	whole = now.at && str_eq(convert_code(p->step->codes, !up, now), was);
	if (!str_eq(now, was))
		v->value = now.at ? tree_string(c->a, now) : NULL;
	if (whole)
		return;
	if (!str_eq(now, was))
		convert_lost(c, p->path, CONVERT_CODE);
	keep_under(c, p, v, original);
}

/* ---- turns -------------------------------------------------------------------- */

struct map_value
convert_turned(
    struct convert *c, const struct map_path *p, bool up, struct map_value from)
{
	const struct map_turning *t = p->step->turn;

	return (up ? t->up : t->down)(c, p->row, from);
}

/* Where the original of a turned value is kept: on the value itself. */
static struct tree_node *
holder_of(struct map_object *o, const struct map_side *side,
    struct map_value *v, bool make)
{
	if (side->many)
		return o->node;
	if (map_type_kind(side->type) >= MAP_OBJECT)
		return tree_is(v->value, TREE_OBJECT) ? v->value : o->node;
	if (!tree_is(v->under, TREE_OBJECT) && make)
		v->under = tree_object(o->c->a);
	return v->under;
}

/* Everything that was kept under one URL, as the side has it. */
static struct map_value
originals(
    struct map_object *o, const struct map_path *p, struct tree_node *holder)
{
	struct convert *c = o->c;
	const struct map_index *sub = map_path_sub(p, p->to.type, c->way);
	struct map_value all = { NULL, NULL }, v;
	enum map_type t;

	while ((v = convert_taken(c, holder, p->back_url, sub, &t)), t) {
		if (!p->to.many)
			return v;
		if (!all.value)
			all.value = tree_array(c->a);
		convert_append(c, &all, v);
	}
	return all;
}

/* Do two values say the same, their extensions aside? */
static bool
same(struct map_value a, struct map_value b)
{
	return convert_equal(a.value, b.value) &&
	       (convert_empty(a.under) || convert_empty(b.under) ||
		   convert_equal(a.under, b.under));
}

static void
keep_originals(struct map_object *o, const struct map_path *p,
    struct map_value *now, struct map_value was)
{
	struct convert *c = o->c;
	struct convert_items it = convert_items(c, was);
	struct tree_node *holder;

	convert_lost(c, p->path,
	    now->value ? CONVERT_CODE
	    : c->bare  ? CONVERT_DROPPED
		       : CONVERT_EXTENSION);
	if (c->bare)
		return;
	holder = holder_of(o, &p->to, now, true);
	for (size_t i = 0; i < it.n; i++) {
		const struct map_index *sub =
		    map_path_sub(p, p->from.type, c->way);

		convert_value(c, p->from.type,
		    p->from.type == MAP_BACKBONE ? NULL : sub, it.v[i].value);
		convert_sibling(c, it.v[i].under);
		convert_hold(c, holder, p->url, p->from.type, sub, it.v[i],
		    p->row->modifier);
	}
}

void
convert_shape(
    struct map_object *o, const struct map_path *p, struct map_value *v)
{
	struct convert_items it;

	if (!v->value || tree_is(v->value, TREE_ARRAY) == p->from.many)
		return;
	if (p->from.many) {
		v->value = convert_list(o->c, v->value);
		return;
	}
	it = convert_items(o->c, *v);
	*v = it.n ? it.v[0] : (struct map_value){ NULL, NULL };
	for (size_t i = 1; i < it.n; i++)
		convert_lose(o, p, p->from.type, it.v[i]);
}

/* A code system in another version's spelling is no other system. */
static void
spell(struct convert *c, struct tree_node *concept)
{
	struct tree_node *coding, *url;

	tree_each(coding, tree_at(concept, NAME_coding))
	{
		struct system s = { tree_str(coding, "system"), STR_NONE };

		url = tree_at(coding, NAME_system);
		if (s.url.at && systems_for(c->a, &s, map_way_from(c->way)) &&
		    !s.version.at)
			tree_set_text(url, s.url);
	}
}

/* Would what came back be turned into what is here? A datatype within may be
 * said in either version's way. */
static bool
makes(struct map_object *o, const struct map_path *p, struct map_value back,
    struct map_value was)
{
	struct convert *c = o->c;
	struct convert_losses *losses = c->losses;
	struct map_value made;

	if (!back.value)
		return false;
	made = convert_turned(c, p, !map_way_up(c->way), back);
	if (same(made, was))
		return true;
	if (!tree_is(was.value, TREE_OBJECT))
		return false;
	c->losses = NULL;
	was.value = convert_copy(c, was.value);
	convert_value(
	    c, p->from.type, map_path_sub(p, p->from.type, c->way), was.value);
	c->losses = losses;
	return same(made, was);
}

void
convert_settle_turn(
    struct map_object *o, const struct map_path *p, struct map_slot *s)
{
	struct convert *c = o->c;
	bool up = map_way_up(c->way), whole;
	struct map_value was = s->from, now, back;

	convert_shape(o, p, &was);
	if (p->from.type == MAP_CodeableConcept)
		spell(c, was.value);
	convert_sibling(c, was.under);
	if (tree_is(was.value, TREE_OBJECT))
		convert_extensions(c, tree_at(was.value, NAME_extension), NULL);
	back = originals(o, p, holder_of(o, &p->from, &was, false));
	if (convert_empty(was.under))
		was.under = NULL;
	if (makes(o, p, back, was)) {
		s->from = back;
		return;
	}
	if (!was.value && !was.under) {
		s->from = s->back;
		s->back = (struct map_value){ NULL, NULL };
		return;
	}
	now = convert_turned(c, p, up, was);
	whole = (now.value || now.under) &&
	        same(convert_turned(c, p, !up, now), was);
	convert_value(
	    c, p->to.type, map_path_sub(p, p->to.type, c->way), now.value);
	if (!whole)
		keep_originals(o, p, &now, was);
	s->from = now;
}
