/* map_index.h - the conversion tables, made ready to be looked up
 * SPDX-License-Identifier: Apache-2.0
 *
 * Built before main, and only read after that. */
#ifndef FHIR_MAP_INDEX_H
#define FHIR_MAP_INDEX_H

#include "fhir/map_side.h"
#include "fhir/map_way.h"

/* What is done with a member when it is met. */
enum map_act {
	MAP_VALUE,   /* a primitive: stays, under its name or another */
	MAP_INNER,   /* an object or list of them: stays, is looked into */
	MAP_SLOT,    /* taken out, to be placed when all were met */
	MAP_SIBLING, /* `_name` of what stays */
	MAP_SIBLING_SLOT,
	MAP_EXTENSIONS,
	MAP_COMMENTS,  /* fhir_comments: DSTU2 alone has them */
	MAP_TYPE_NAME, /* resourceType */
	MAP_STRAY /* an element of the other version: in the way, perhaps */
};

struct map_index;

/* A member name of the source. */
struct map_entry {
	uint16_t id; /* enum name; NAME_NONE: free */
	uint8_t act; /* enum map_act */
	uint8_t row;
	uint8_t type;         /* of the value */
	bool many;            /* a list in the source */
	map_rewrite *rewrite; /* or NULL */
	const char *to;       /* its name in the target; NULL: the same */
	const struct map_index *sub; /* of the values' own members; or NULL */
};

/* A row on one way. */
struct map_path {
	const struct map_row *row;
	struct map_side from, to;
	const struct map_step *step;
	const struct map_index *sub; /* of a backbone's members, or NULL */
	const char *path;            /* "Patient.animal", of the source */
	const char *url;             /* of its extension */
	const char *back_url;        /* of the target's own element */
	/* enum name of the target's element and of its sibling: of a choice
	 * one for each type, else the first; NULL without element */
	const uint16_t *to_ids, *to_under_ids;
};

/* map_path_id - what the target calls an element that holds a type;
 * map_path_under - its `_name` sibling, NAME_NONE for objects. */
static inline enum name
map_path_id(const struct map_path *p, enum map_type t)
{
	return (enum name)p->to_ids[p->to.choice ? t : MAP_NONE];
}

static inline enum name
map_path_under(const struct map_path *p, enum map_type t)
{
	return (enum name)p->to_under_ids[p->to.choice ? t : MAP_NONE];
}

/* A map on one way. */
struct map_index {
	const struct map *map;
	enum map_way way;
	const struct map_entry *entries; /* open addressing by name */
	unsigned mask;
	const struct map_path *paths; /* one a row */
	size_t n;
	const char *to_type; /* resources: the name in the target; else NULL */
	const struct map_hooks *hooks;
};

/* map_index_type, map_index_resource - of a datatype; of a resourceType as
 * the source calls it. NULL: nothing is known about it. */
const struct map_index *map_index_type(enum map_type t, enum map_way w);
const struct map_index *map_index_resource(struct str type, enum map_way w);

/* map_path_sub - the table of a row's values of type t; NULL: none. */
const struct map_index *map_path_sub(
    const struct map_path *p, enum map_type t, enum map_way w);

/* map_path_there - the type in which the target's element holds a value of
 * type t unchanged; MAP_NONE: it cannot. */
enum map_type map_path_there(
    const struct map_path *p, enum map_type t, enum map_way w);

/* map_index_find - a member's entry; NULL: the type has no such element. */
static inline const struct map_entry *
map_index_find(const struct map_index *x, unsigned id)
{
	for (unsigned i = id * 0x9e3779b1u >> 16;; i++) {
		const struct map_entry *e = &x->entries[i & x->mask];

		if (e->id == id || e->id == NAME_NONE)
			return e->id ? e : NULL;
	}
}

/* map_index_back - the row whose target element that extension URL names;
 * NULL: none of this type. */
const struct map_path *map_index_back(
    const struct map_index *x, struct str url);

/* map_index_all - every map with the ways it was made ready for, for tests:
 * call with i = 0, 1, ... until NULL. */
const struct map_index *map_index_all(size_t i);

#endif
