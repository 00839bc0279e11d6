/* map_index.c - the conversion tables, made ready to be looked up
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/map_index.h"

#include <stdlib.h>
#include <string.h>

#include "fhir/map_tables.h"

#define MAPS_MAX 256u

/* A map and what was made of it, one for each way. */
struct made {
	const struct map *map;
	struct map_index way[MAP_WAY__MAX];
};

/* clang-format off */
#define TABLE(name) &name,
static const struct map *const tables[] = { MAP_TABLES(TABLE) };
#undef TABLE
/* clang-format on */

static struct made all[MAPS_MAX]; /* filled once, only read after that */
static size_t n_all;
static const struct map_index *of_type[MAP_TYPE__MAX][MAP_WAY__MAX];
static struct arena *home; /* of what lives as long as the process */

/* What every object has, whatever its table says. */
#define BASE_ROWS 0xffu

/* ---- names ---------------------------------------------------------------- */

/* The text of a name for ever: FHIR's names are all in the list. */
static const char *
name_kept(const char *under, struct str base, enum map_type choice)
{
	const char *suffix = choice ? map_type_value(choice) + 5 : "";
	char *text =
	    arena_printf(home, "%s%.*s%s", under, STR_FMT(base), suffix);

	return text;
}

static void
enter(struct map_entry *entries, unsigned mask, struct map_entry e)
{
	unsigned i = e.id * 0x9e3779b1u >> 16;

	while (entries[i & mask].id && entries[i & mask].id != e.id)
		i++;
	if (!entries[i & mask].id)
		entries[i & mask] = e;
}

/* ---- one map on one way ---------------------------------------------------- */

static const struct map_index *index_of(const struct map *map, enum map_way w);

const struct map_index *
map_path_sub(const struct map_path *p, enum map_type t, enum map_way w)
{
	return t == MAP_BACKBONE ? p->sub : of_type[t][w];
}

/* What one version has as a backbone may be a datatype in the next. */
enum map_type
map_path_there(const struct map_path *p, enum map_type t, enum map_way w)
{
	if (!p->to.name.at)
		return MAP_NONE;
	if (p->to.types & MAP_SET(t))
		return t;
	if (p->sub && !p->to.choice &&
	    map_path_sub(p, t, w) == map_path_sub(p, p->to.type, w))
		return p->to.type;
	return map_type_kin(t, p->to.types);
}

static bool
stays(const struct map_path *p, enum map_type there)
{
	const struct map_step *s = p->step;

	return there != MAP_NONE && !s->hand && !s->turn && !s->codes &&
	       p->from.many == p->to.many;
}

struct builder {
	struct map_index *x;
	struct map_entry *entries;
};

/* A type of a choice that becomes another one is placed last: that one may
 * stand there too. */
static void
enter_one(
    struct builder *b, const struct map_path *p, unsigned row, enum map_type t)
{
	enum map_type there = map_path_there(p, t, b->x->way);
	enum map_kind kind = map_type_kind(t);
	bool in_place = stays(p, there) && !(p->to.choice && there != t);
	enum map_type choice = p->from.choice ? t : MAP_NONE;
	const char *name = name_kept("", p->from.name, choice);
	const char *to = in_place ? name_kept("", p->to.name,
					p->to.choice ? there : MAP_NONE)
	                          : NULL;
	struct map_entry e = { .row = (uint8_t)row,
		.type = (uint8_t)t,
		.many = p->from.many,
		.rewrite = p->step->rewrite };

	e.id = (uint16_t)name_find(str_of(name));
	e.sub = map_path_sub(p, t, b->x->way);
	e.act = !in_place            ? MAP_SLOT
	        : kind >= MAP_OBJECT ? MAP_INNER
	                             : MAP_VALUE;
	e.to = to && strcmp(to, name) ? to : NULL;
	enter(b->entries, b->x->mask, e);
	if (kind >= MAP_OBJECT)
		return;
	e.id =
	    (uint16_t)name_find(str_of(name_kept("_", p->from.name, choice)));
	e.act = in_place ? MAP_SIBLING : MAP_SIBLING_SLOT;
	if (e.to)
		e.to = name_kept("_", str_of(to), MAP_NONE);
	enter(b->entries, b->x->mask, e);
}

static void
enter_side(struct builder *b, const struct map_path *p, unsigned row)
{
	for (int t = MAP_BACKBONE; t < MAP_TYPE__MAX; t++)
		if (p->from.types & MAP_SET(t))
			enter_one(b, p, row, (enum map_type)t);
}

/* Names that only the target has: in the way of what will be put there. */
static void
enter_strays(struct builder *b, const struct map_side *to)
{
	for (int t = MAP_BACKBONE; to->name.at && t < MAP_TYPE__MAX; t++) {
		enum map_type choice = to->choice ? (enum map_type)t : MAP_NONE;
		struct map_entry e = { .act = MAP_STRAY };

		if (!(to->types & MAP_SET(t)))
			continue;
		e.id = (uint16_t)name_find(
		    str_of(name_kept("", to->name, choice)));
		if (e.id)
			enter(b->entries, b->x->mask, e);
		e.id = (uint16_t)name_find(
		    str_of(name_kept("_", to->name, choice)));
		if (e.id)
			enter(b->entries, b->x->mask, e);
	}
}

static void
enter_base(struct builder *b, enum name id, enum map_act act, enum map_type t,
    bool many)
{
	struct map_entry e = { .id = (uint16_t)id,
		.act = (uint8_t)act,
		.row = BASE_ROWS,
		.type = (uint8_t)t,
		.many = many,
		.sub = of_type[t][b->x->way] };

	enter(b->entries, b->x->mask, e);
}

static void
enter_bases(struct builder *b)
{
	const struct map *m = b->x->map;

	enter_base(b, NAME_id, MAP_VALUE, MAP_string, false);
	enter_base(b, NAME__id, MAP_SIBLING, MAP_string, false);
	enter_base(b, NAME_fhir_comments, MAP_COMMENTS, MAP_NONE, true);
	if (!m->resource || m->domain) {
		enter_base(
		    b, NAME_extension, MAP_EXTENSIONS, MAP_Extension, true);
		enter_base(b, NAME_modifierExtension, MAP_EXTENSIONS,
		    MAP_Extension, true);
	}
	if (!m->resource)
		return;
	enter_base(b, NAME_resourceType, MAP_TYPE_NAME, MAP_NONE, false);
	enter_base(b, NAME_meta, MAP_INNER, MAP_Meta, false);
	enter_base(b, NAME_implicitRules, MAP_VALUE, MAP_uri, false);
	enter_base(b, NAME__implicitRules, MAP_SIBLING, MAP_uri, false);
	enter_base(b, NAME_language, MAP_VALUE, MAP_code, false);
	enter_base(b, NAME__language, MAP_SIBLING, MAP_code, false);
	if (!m->domain)
		return;
	enter_base(b, NAME_text, MAP_INNER, MAP_Narrative, false);
	enter_base(b, NAME_contained, MAP_INNER, MAP_Resource, true);
}

static const char *
url_of(const struct map *m, enum fhir_version v, struct str name)
{
	static const char *const number[] = { "1.0", "3.0", "4.0" };

	return m->path[v] && name.at
	           ? arena_printf(home,
			 "http://hl7.org/fhir/%s/StructureDefinition/"
			 "extension-%s.%.*s",
			 number[v], m->path[v], STR_FMT(name))
	           : NULL;
}

/* Nothing is special on the way from a version to itself. */
static const struct map_step plain;

static const struct map_step *
step_of(const struct map_row *row, enum map_way w)
{
	if (map_way_from(w) == map_way_to(w))
		return &plain;
	return map_way_from(w) == FHIR_DSTU2 || map_way_to(w) == FHIR_DSTU2
	           ? &row->d
	           : &row->r;
}

static const struct map_hooks *
hooks_of(const struct map *m, enum map_way w)
{
	static const struct map_hooks no_hooks;

	switch (w) {
	case MAP_DSTU2_STU3:
		return &m->d_up;
	case MAP_STU3_DSTU2:
		return &m->d_down;
	case MAP_STU3_R4:
		return &m->r_up;
	case MAP_R4_STU3:
		return &m->r_down;
	default:
		return &no_hooks;
	}
}

static const uint16_t *
ids_of(const struct map_side *side, const char *under)
{
	size_t n = side->choice ? MAP_TYPE__MAX : 1;
	uint16_t *ids = arena_get(home, n * sizeof *ids);

	if (!side->choice)
		ids[0] = (uint16_t)name_find(
		    str_of(name_kept(under, side->name, MAP_NONE)));
	for (size_t t = MAP_BACKBONE + 1; side->choice && t < n; t++)
		if (side->types & MAP_SET(t))
			ids[t] = (uint16_t)name_find(str_of(
			    name_kept(under, side->name, (enum map_type)t)));
	return ids;
}

static void
fill_path(struct map_path *p, const struct map *m, const struct map_row *row,
    enum map_way w)
{
	enum fhir_version from = map_way_from(w), to = map_way_to(w);

	p->row = row;
	map_side_read(&p->from, map_cell(row, from));
	map_side_read(&p->to, map_cell(row, to));
	p->step = step_of(row, w);
	p->sub = row->map ? index_of(row->map, w) : NULL;
	if (p->to.name.at) {
		p->to_ids = ids_of(&p->to, "");
		p->to_under_ids = ids_of(&p->to, "_");
	}
	p->url = url_of(m, from, p->from.name);
	p->back_url = from == to ? NULL : url_of(m, to, p->to.name);
	if (p->url)
		p->path = strstr(p->url, "extension-") + 10;
	else if (p->back_url)
		p->path = strstr(p->back_url, "extension-") + 10;
}

static void
fill(struct map_index *x, const struct map *m, enum map_way w)
{
	struct map_path *paths = arena_get(home, m->n * sizeof *paths + 1);
	unsigned size = 64;
	struct builder b = { .x = x };

	x->map = m;
	x->way = w;
	x->n = m->n;
	x->hooks = hooks_of(m, w);
	x->to_type = m->resource ? m->path[map_way_to(w)] : NULL;
	for (size_t i = 0; i < m->n; i++)
		fill_path(&paths[i], m, &m->rows[i], w);
	x->paths = paths;
	while (size < 8 * (m->n + 16))
		size *= 2;
	x->mask = size - 1;
	x->entries = b.entries = arena_get(home, size * sizeof *b.entries);
	for (size_t i = 0; i < m->n; i++)
		enter_side(&b, &paths[i], (unsigned)i);
	enter_bases(&b);
	for (size_t i = 0; i < m->n; i++)
		enter_strays(&b, &paths[i].to);
}

static struct made *
made_of(const struct map *map)
{
	for (size_t i = 0; i < n_all; i++)
		if (all[i].map == map)
			return &all[i];
	if (n_all == MAPS_MAX)
		abort(); /* a larger MAPS_MAX is needed: every test sees it */
	all[n_all].map = map;
	return &all[n_all++];
}

/* The place is known before it is filled: types refer to each other. */
static const struct map_index *
index_of(const struct map *map, enum map_way w)
{
	struct map_index *x = &made_of(map)->way[w];

	if (!x->map)
		x->map = map, fill(x, map, w);
	return x;
}

/* Before main, and after the names of fhir/name: pure code has no threads to
 * agree with. */
__attribute__((constructor(1001))) static void
make(void)
{
	home = arena_new();
	for (size_t i = 0; i < COUNT(tables); i++) {
		enum map_type t = map_type_named(str_of(tables[i]->path[2]));

		for (int w = 0; t && w < MAP_WAY__MAX; w++)
			of_type[t][w] = &made_of(tables[i])->way[w];
	}
	for (size_t i = 0; i < COUNT(tables); i++)
		for (int w = 0; w < MAP_WAY__MAX; w++)
			index_of(tables[i], (enum map_way)w);
}

const struct map_index *
map_index_type(enum map_type t, enum map_way w)
{
	return of_type[t][w];
}

const struct map_index *
map_index_resource(struct str type, enum map_way w)
{
	enum fhir_version from = map_way_from(w);

	for (size_t i = 0; i < COUNT(tables); i++)
		if (tables[i]->resource && tables[i]->path[from] &&
		    str_is(type, tables[i]->path[from]))
			return index_of(tables[i], w);
	return NULL;
}

const struct map_path *
map_index_back(const struct map_index *x, struct str url)
{
	for (size_t i = 0; i < x->n; i++)
		if (x->paths[i].back_url && str_is(url, x->paths[i].back_url))
			return &x->paths[i];
	return NULL;
}

const struct map_index *
map_index_all(size_t i)
{
	return i < n_all * MAP_WAY__MAX
	           ? &all[i / MAP_WAY__MAX].way[i % MAP_WAY__MAX]
	           : NULL;
}
