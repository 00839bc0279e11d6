/* convert_back.c - what inter-version extensions hold comes back
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "fhir/convert_inner.h"

/* The type in valueCode; MAP_NONE: it is none. */
static enum map_type
value_type(struct str name)
{
	for (int t = MAP_BACKBONE + 1; t < MAP_TYPE__MAX; t++)
		if (t != MAP_xhtml && map_type_value((enum map_type)t) &&
		    str_is(name, map_type_value((enum map_type)t)))
			return (enum map_type)t;
	return MAP_NONE;
}

/* The value of an extension and its type, as it is written there. */
static struct map_value
unwrapped(struct convert *c, struct tree_node *ext, enum map_type *t)
{
	struct map_value v = { NULL, NULL };
	struct tree_node *child;

	*t = MAP_NONE;
	tree_each(child, ext)
	{
		struct str name = tree_name(child);
		bool under = str_starts(name, "_");
		enum map_type is;

		if (under)
			name = (struct str){ name.at + 1, name.len - 1 };
		if (!(is = value_type(name)))
			continue;
		*t = is;
		*(under ? &v.under : &v.value) = child;
	}
	(void)c;
	tree_remove(v.value);
	tree_remove(v.under);
	return v;
}

static struct tree_node *unnest(
    struct convert *c, const struct map_index *sub, struct tree_node *list);

/* Puts what an extension holds under a name that may be a list's. */
static void
put_nested(struct convert *c, struct tree_node *obj, const struct map_path *p,
    struct tree_node *ext)
{
	enum map_type t;
	const struct map_index *sub;
	struct map_value v = unwrapped(c, ext, &t);
	const char *name = arena_printf(c->a, "%.*s%s", STR_FMT(p->to.name),
	    p->to.choice && t ? map_type_value(t) + 5 : "");

	sub = map_path_sub(p, p->to.type, c->way);
	if (!v.value && sub)
		v.value = unnest(c, sub, tree_get(ext, "extension"));
	if (!v.value)
		return;
	if (p->to.many)
		tree_append(convert_list_at(c, obj, name), v.value);
	else
		tree_put(c->a, obj, name, v.value);
	if (v.under && !p->to.many)
		tree_put(c->a, obj, arena_printf(c->a, "_%s", name), v.under);
}

/* An object that was taken apart, with the target's names. */
static struct tree_node *
unnest(struct convert *c, const struct map_index *sub, struct tree_node *list)
{
	struct tree_node *obj = tree_object(c->a), *ext;

	while ((ext = convert_first(list))) {
		struct str url = tree_str(ext, "url");
		const struct map_path *p = NULL;

		for (size_t i = 0; i < sub->n && !p; i++)
			if (sub->paths[i].to.name.at &&
			    str_eq(url, sub->paths[i].to.name))
				p = &sub->paths[i];
		if (p)
			put_nested(c, obj, p, ext);
		else
			tree_append(convert_list_at(c, obj, "extension"), ext);
	}
	return obj;
}

/* What an extension with that URL holds, taken out of it. */
static struct map_value
contents(struct convert *c, struct tree_node *ext, const struct map_index *sub,
    enum map_type *t)
{
	struct map_value v = unwrapped(c, ext, t);
	struct tree_node *inner = tree_get(ext, "extension");

	if (!*t && sub && inner) {
		v.value = unnest(c, sub, inner);
		*t = MAP_BACKBONE;
	}
	return v;
}

struct map_value
convert_taken(struct convert *c, struct tree_node *holder, const char *url,
    const struct map_index *sub, enum map_type *t)
{
	static const char *const lists[] = { "extension", "modifierExtension" };
	struct tree_node *list, *ext;

	*t = MAP_NONE;
	for (size_t i = 0; url && i < COUNT(lists); i++) {
		list = tree_get(holder, lists[i]);
		tree_each(ext, list)
		{
			if (!str_is(tree_str(ext, "url"), url))
				continue;
			tree_remove(ext);
			if (!tree_first(list))
				tree_remove(list);
			return contents(c, ext, sub, t);
		}
	}
	return (struct map_value){ NULL, NULL };
}

struct map_value
convert_kept(struct convert *c, struct tree_node *holder, enum fhir_version v,
    const char *path)
{
	return convert_kept_at(c, holder, convert_url(c, v, path));
}

struct map_value
convert_kept_at(struct convert *c, struct tree_node *holder, const char *url)
{
	enum map_type t;

	return convert_taken(c, holder, url, NULL, &t);
}

struct sought {
	struct convert *c;
	const char *url;
	struct tree_node *found;
};

static struct tree_node *
sought_fate(struct tree_node *ext, void *ctx)
{
	struct sought *s = ctx;
	struct map_value v;
	enum map_type t;

	if (!str_is(tree_str(ext, "url"), s->url))
		return ext;
	v = unwrapped(s->c, ext, &t);
	if (v.value)
		tree_append(s->found, v.value);
	return NULL;
}

struct tree_node *
convert_kept_all(struct convert *c, struct tree_node *holder, const char *url)
{
	struct tree_node *list = tree_get(holder, "extension");
	struct sought s = { c, url, tree_array(c->a) };

	if (tree_is(list, TREE_ARRAY))
		tree_sift(list, sought_fate, &s);
	if (convert_empty(list))
		tree_remove(list);
	return s.found;
}

/* ---- extensions of an object ------------------------------------------------ */

struct sifting {
	struct convert *c;
	struct map_object *o;
};

/* An extension that holds an element of the target is put aside. */
static struct tree_node *
extension_fate(struct tree_node *ext, void *ctx)
{
	struct sifting *s = ctx;
	const struct map_path *p;
	struct map_waiting *w;
	struct str url;
	bool url_only;

	if (!tree_is(ext, TREE_OBJECT))
		return tree_is(ext, TREE_NULL) ? NULL : ext;
	url_only = tree_first(ext) == ext->u.last;
	convert_walk(s->c, ext, map_index_type(MAP_Extension, s->c->way));
	if (!tree_first(ext) || (tree_first(ext) == ext->u.last && !url_only))
		return NULL; /* its value went: nothing is said any more */
	url = tree_str(ext, "url");
	if (!s->o || !str_starts(url, "http://hl7.org/fhir/") ||
	    !(p = map_index_back(s->o->x, url)))
		return ext;
	w = arena_get(s->c->a, sizeof *w);
	*w = (struct map_waiting){ s->o->backs, ext, p };
	s->o->backs = w;
	return NULL;
}

void
convert_extensions(
    struct convert *c, struct tree_node *list, struct map_object *o)
{
	struct sifting s = { c, o };

	if (tree_is(list, TREE_ARRAY))
		tree_sift(list, extension_fate, &s);
}

void
convert_sibling(struct convert *c, struct tree_node *under)
{
	struct tree_node *n;

	if (tree_is(under, TREE_OBJECT)) {
		convert_extensions(c, tree_at(under, NAME_extension), NULL);
		tree_remove(tree_at(under, NAME_fhir_comments));
		if (convert_empty(tree_at(under, NAME_extension)))
			tree_remove(tree_at(under, NAME_extension));
	}
	if (tree_is(under, TREE_ARRAY))
		tree_each(n, under) convert_sibling(c, n);
}

static bool
may_hold(const struct map_path *p, enum map_type t)
{
	return t == MAP_BACKBONE ? !p->to.choice
	                         : (p->to.types & MAP_SET(t)) ||
	                               map_type_kin(t, p->to.types) != MAP_NONE;
}

static void
back_to_slot(struct map_object *o, const struct map_path *p, enum map_type t,
    struct map_value v)
{
	struct convert *c = o->c;
	struct map_slot *s = convert_slot_at(o, (size_t)(p - o->x->paths));

	s->back_type = p->to.choice && !(p->to.types & MAP_SET(t))
	                   ? map_type_kin(t, p->to.types)
	                   : t;
	if (!p->to.many) {
		if (!s->back.value && !s->back.under)
			s->back = v;
		return;
	}
	if (!s->back.value)
		s->back.value = tree_array(c->a);
	convert_append(c, &s->back, v);
}

static void
undo(struct map_object *o, struct map_waiting *w)
{
	enum map_type t = w->path->to.type;
	const struct map_index *sub = map_path_sub(w->path, t, o->c->way);
	struct map_value v;

	v = contents(o->c, w->node, sub, &t);
	if (t && may_hold(w->path, t))
		back_to_slot(o, w->path, t, v);
}

void
convert_backs(struct map_object *o)
{
	struct map_waiting *w, *next, *first = NULL;

	for (w = o->backs; w; w = next) { /* into the order they came in */
		next = w->next;
		w->next = first;
		first = w;
	}
	for (w = first; w; w = w->next)
		undo(o, w);
}
