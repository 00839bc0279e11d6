/* convert_keep.c - what the target has no place for goes to extensions
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "fhir/convert_inner.h"

/* ---- counting ------------------------------------------------------------- */

static void
count(struct convert *c, const char *path, enum convert_fate fate)
{
	enum fhir_version from = map_way_from(c->way), to = map_way_to(c->way);
	struct convert_loss *l;

	if (!c->losses)
		return;
	for (l = c->losses->first; l; l = l->next)
		if (l->fate == fate && l->from == from && l->to == to &&
		    !strcmp(l->element, path)) {
			l->times++;
			return;
		}
	l = arena_get(c->a, sizeof *l);
	*l = (struct convert_loss){ .next = c->losses->first,
		.element = path,
		.fate = fate,
		.from = from,
		.to = to,
		.times = 1 };
	c->losses->first = l;
}

/* Where no extension is left, but for what modifies. */
void
convert_lost(struct convert *c, const char *path, enum convert_fate fate)
{
	bool none = fate == CONVERT_EXTENSION && (c->bare || c->later);

	count(c, path, none ? CONVERT_DROPPED : fate);
}

/* ---- out -------------------------------------------------------------------- */

/* The types that an extension of the target may hold. */
static uint64_t
extension_types(const struct convert *c)
{
	const struct map_index *x = map_index_type(MAP_Extension, c->way);

	for (size_t i = 0; i < x->n; i++)
		if (x->paths[i].to.choice)
			return x->paths[i].to.types;
	return 0;
}

static enum map_type
held_as(const struct convert *c, enum map_type t)
{
	uint64_t set = extension_types(c);

	if (t == MAP_BACKBONE || t == MAP_NONE || t == MAP_Resource)
		return MAP_NONE;
	if (t == MAP_xhtml)
		return MAP_string;
	return set & MAP_SET(t) ? t : map_type_kin(t, set);
}

static struct tree_node *
extension_of(struct convert *c, const char *url)
{
	struct tree_node *ext = tree_object(c->a);

	tree_put(c->a, ext, "url", convert_text(c, url));
	return ext;
}

struct tree_node *
convert_list_at(struct convert *c, struct tree_node *holder, const char *name)
{
	struct tree_node *list = tree_get(holder, name);

	if (tree_is(list, TREE_ARRAY))
		return list;
	list = tree_array(c->a);
	return tree_is(holder, TREE_OBJECT)
	           ? tree_put(c->a, holder, name, list)
	           : list; /* what a stranger wrote holds no extensions */
}

static void nest(struct convert *c, struct tree_node *to,
    const struct map_index *sub, struct tree_node *obj);

/* One value as one extension; what no extension holds is taken apart. */
static struct tree_node *
wrapped(struct convert *c, const char *url, enum map_type t,
    const struct map_index *sub, struct map_value v)
{
	enum map_type as = held_as(c, t);
	const char *name = as ? map_type_value(as) : NULL;
	struct tree_node *ext;

	if (convert_over(c) ||
	    (!as && (!sub || !tree_is(v.value, TREE_OBJECT))))
		return NULL;
	ext = extension_of(c, url);
	if (!as) {
		nest(c, convert_list_at(c, ext, "extension"), sub, v.value);
		return ext;
	}
	if (!convert_empty(v.value))
		tree_put(c->a, ext, name, v.value);
	if (!convert_empty(v.under))
		tree_put(c->a, ext, arena_printf(c->a, "_%s", name), v.under);
	return ext;
}

/* A member of an object that is taken apart. */
static void
nest_member(struct convert *c, struct tree_node *to, const struct map_path *p,
    const struct map_entry *e, struct map_value v)
{
	const char *url = arena_printf(c->a, "%.*s", STR_FMT(p->from.name));
	struct tree_node *item, *next, *ext;

	if (!tree_is(v.value, TREE_ARRAY)) {
		ext = wrapped(c, url, (enum map_type)e->type, e->sub, v);
		if (ext)
			tree_append(to, ext);
		return;
	}
	for (item = tree_first(v.value); item; item = next) {
		struct map_value one = { item, NULL };

		next = tree_next(item);
		one.under = convert_first(v.under);
		if ((ext = wrapped(
			 c, url, (enum map_type)e->type, e->sub, one)))
			tree_append(to, ext);
	}
}

/* Extensions of the object stand beside its members. */
static void
nest_extensions(struct tree_node *to, struct tree_node *list)
{
	struct tree_node *n;

	while ((n = convert_first(list)))
		tree_append(to, n);
}

static void
nest(struct convert *c, struct tree_node *to, const struct map_index *sub,
    struct tree_node *obj)
{
	struct tree_node *child, *next;

	for (child = tree_first(obj); child; child = next) {
		const struct map_entry *e = map_index_find(sub, child->id);
		struct map_value v = { child, NULL };

		next = tree_next(child);
		if (!e)
			continue;
		if (e->act == MAP_EXTENSIONS) {
			convert_extensions(c, child, NULL);
			nest_extensions(to, child);
		}
		if (e->row >= sub->n || e->act == MAP_SIBLING ||
		    e->act == MAP_SIBLING_SLOT || e->act == MAP_STRAY)
			continue;
		v.under = tree_get(obj,
		    arena_printf(c->a, "_%.*s", STR_FMT(tree_name(child))));
		convert_value(c, (enum map_type)e->type,
		    e->type == MAP_BACKBONE ? NULL : e->sub, child);
		nest_member(c, to, &sub->paths[e->row], e, v);
	}
}

void
convert_hold(struct convert *c, struct tree_node *holder, const char *url,
    enum map_type t, const struct map_index *sub, struct map_value v,
    bool modifier)
{
	struct tree_node *ext;

	if ((c->bare && !modifier) || !(ext = wrapped(c, url, t, sub, v)))
		return;
	tree_append(convert_list_at(c, holder,
			modifier ? "modifierExtension" : "extension"),
	    ext);
}

/* A list may have a hundred thousand members to lose, and the object as many
 * foreign ones: the list of extensions is looked for once. */
static void
hold_in_object(struct map_object *o, const struct map_path *p, enum map_type t,
    const struct map_index *sub, struct map_value v)
{
	bool m = p->row->modifier;
	struct tree_node *ext = wrapped(o->c, p->url, t, sub, v);

	if (!ext)
		return;
	if (!o->lists[m])
		o->lists[m] = convert_list_at(
		    o->c, o->node, m ? "modifierExtension" : "extension");
	tree_append(o->lists[m], ext);
}

void
convert_lose(struct map_object *o, const struct map_path *p, enum map_type t,
    struct map_value v)
{
	struct convert *c = o->c;
	const struct map_index *sub = map_path_sub(p, t, c->way);
	bool kept = !o->x->map->leaf && (!c->bare || p->row->modifier);

	if (convert_empty(v.value) && convert_empty(v.under))
		return;
	if (held_as(c, t)) /* what is taken apart is converted part by part */
		convert_value(c, t, sub, v.value);
	convert_sibling(c, v.under);
	if (kept && p->row->modifier)
		count(c, p->path, CONVERT_EXTENSION);
	else
		convert_lost(
		    c, p->path, kept ? CONVERT_EXTENSION : CONVERT_DROPPED);
	if (kept)
		hold_in_object(o, p, t, sub, v);
}

const char *
convert_url(struct convert *c, enum fhir_version v, const char *path)
{
	static const char *const number[] = { "1.0", "3.0", "4.0" };

	return arena_printf(c->a,
	    "http://hl7.org/fhir/%s/StructureDefinition/extension-%s",
	    number[v], path);
}

void
convert_keep(struct convert *c, struct tree_node *holder, enum fhir_version v,
    const char *path, enum map_type type, struct map_value value)
{
	convert_keep_at(c, holder, convert_url(c, v, path), type, value);
}

void
convert_keep_at(struct convert *c, struct tree_node *holder, const char *url,
    enum map_type type, struct map_value value)
{
	if (!c->bare)
		convert_extend(c, holder, url, type, value);
}

void
convert_extend(struct convert *c, struct tree_node *holder, const char *url,
    enum map_type type, struct map_value value)
{
	const struct map_index *sub = map_index_type(type, c->way);
	struct convert_items it = convert_items(c, value);
	struct tree_node *list = NULL, *ext;

	for (size_t i = 0; i < it.n; i++) {
		bool empty = convert_empty(it.v[i].value) &&
		             convert_empty(it.v[i].under);

		if (empty || !(ext = wrapped(c, url, type, sub, it.v[i])))
			continue;
		if (!list)
			list = convert_list_at(c, holder, "extension");
		tree_append(list, ext);
	}
}
