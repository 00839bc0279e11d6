/* map_observation_related.c - how observations refer to each other
 * SPDX-License-Identifier: Apache-2.0
 *
 * Source: the Observation pages of STU3 and R4; HL7's maps between them for
 * the extensions. */
#include "fhir/map_observation.h"

#define MAPPED "http://hl7.org/fhir/3.0/StructureDefinition/Observation."

/* What a relation of STU3 is in R4: an element, or an extension. */
static const struct {
	const char *type, *name, *url;
} kinds[] = {
	{ "has-member", "hasMember", NULL },
	{ "derived-from", "derivedFrom", NULL },
	{ "sequel-to", NULL, MAPPED "sequelTo" },
	{ "replaces", NULL, MAPPED "replaces" },
	{ "qualified-by", NULL, MAPPED "qualifiedBy" },
	{ "interfered-by", NULL, MAPPED "interferedBy" },
};

/* Their targets, kind by kind; and what has no kind or says more. */
struct relations {
	struct tree_node *of[COUNT(kinds)];
	struct tree_node *rest;
};

static size_t
kind_of(struct tree_node *related)
{
	struct str type = tree_str(related, "type");
	size_t i = 0;

	while (i < COUNT(kinds) && !str_is(type, kinds[i].type))
		i++;
	return tree_is(tree_at(related, NAME_target), TREE_OBJECT) &&
	               tree_count(related) == 2
	           ? i
	           : COUNT(kinds);
}

static void
relations_empty(struct convert *c, struct relations *r)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		r->of[i] = tree_array(convert_arena(c));
	r->rest = tree_array(convert_arena(c));
}

static struct relations
relations_split(struct convert *c, struct tree_node *related)
{
	struct relations r;
	struct tree_node *n;

	relations_empty(c, &r);
	tree_each(n, related)
	{
		size_t kind = kind_of(n);

		if (kind < COUNT(kinds))
			tree_append(r.of[kind],
			    convert_copy(c, tree_at(n, NAME_target)));
		else
			tree_append(r.rest, convert_copy(c, n));
	}
	return r;
}

static struct tree_node *
relations_join(struct convert *c, const struct relations *r)
{
	struct arena *a = convert_arena(c);
	struct tree_node *list = tree_array(a), *n;

	for (size_t i = 0; i < COUNT(kinds); i++)
		tree_each(n, r->of[i])
		{
			struct tree_node *related = tree_object(a);

			tree_put(
			    a, related, "type", convert_text(c, kinds[i].type));
			tree_put(a, related, "target", convert_copy(c, n));
			tree_append(list, related);
		}
	tree_each(n, r->rest) tree_append(list, convert_copy(c, n));
	return list;
}

void
observation_related_up(struct convert *c, struct map_object *o)
{
	struct map_value *v = convert_slot(o, NAME_related);
	struct tree_node *list = v->value;
	struct relations r;

	if (!list)
		return;
	r = relations_split(c, list);
	/* in another order than R4 gives them back: kept as they are, too */
	v->value = convert_equal(relations_join(c, &r), list) ? r.rest : list;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct map_value put = { r.of[i], NULL };

		convert_type(c, MAP_Reference, r.of[i]);
		if (kinds[i].name)
			convert_put(o, kinds[i].name, put);
		else
			convert_keep_at(c, convert_object(o), kinds[i].url,
			    MAP_Reference, put);
	}
}

static struct tree_node *
taken(struct convert *c, struct map_object *o, enum name id)
{
	struct map_value *v = convert_slot(o, id);
	struct tree_node *list = v->value;

	v->value = NULL;
	convert_type(c, MAP_Reference, list);
	return list ? list : tree_array(convert_arena(c));
}

static bool
relations_same(const struct relations *x, const struct relations *y)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (!convert_equal(x->of[i], y->of[i]))
			return false;
	return true;
}

void
observation_related_down(struct convert *c, struct map_object *o)
{
	struct map_value *back = convert_back(o, NAME_related);
	struct relations now, was = relations_split(c, back->value);
	struct map_value put = { back->value, NULL };

	relations_empty(c, &now);
	now.of[0] = taken(c, o, NAME_hasMember);
	now.of[1] = taken(c, o, NAME_derivedFrom);
	for (size_t i = 2; i < COUNT(kinds); i++)
		now.of[i] =
		    convert_kept_all(c, convert_object(o), kinds[i].url);
	now.rest = was.rest;
	if (!relations_same(&was, &now))
		put.value = relations_join(c, &now);
	back->value = NULL;
	convert_put(o, "related", put);
}

/* clang-format off */
static const struct map_row related_rows[] = {
	MAP_ROW("type code", "=", NULL, .why = "the element or extension of R4 "
	    "that stands for the relation tells it"),
	MAP_ROW("target Reference", "=", NULL, .why = "as its type"),
};
const struct map map_observation_related = {
	.path = { "Observation.related", "Observation.related", NULL },
	MAP_ROWS(related_rows) };
/* clang-format on */
