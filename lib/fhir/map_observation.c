/* map_observation.c - Observation in DSTU2, STU3 and R4
 * SPDX-License-Identifier: Apache-2.0
 *
 * Source: the Observation pages of the three versions; HL7's maps between
 * them for the extensions that hold relations. */
#include "fhir/map_tables.h"
#include "fhir/systems.h"

static const struct map_code status[] = { { "amended", "corrected", MAP_DOWN },
	MAP_END };

/* Of several categories the one that apps look for. */
static struct tree_node *
vital_signs(struct tree_node *category)
{
	struct tree_node *n;

	tree_each(n, tree_at(category, NAME_coding))
	{
		if (str_is(tree_str(n, "code"), "vital-signs"))
			return category;
	}
	return NULL;
}

/* ---- values that another one stands for ------------------------------------ */

/* Where the target's choice lacks a type, a value of another type shows what
 * there is to show; the original is kept, and comes back while that value is
 * still the one that was made of it. */
struct stand {
	enum name original;
	const char *name; /* of what stands for it */
	struct tree_node *(*make)(struct convert *c, struct tree_node *value);
};

static void
stand_in(struct convert *c, struct map_object *o, const struct stand *s)
{
	struct map_value *v = convert_slot(o, s->original);
	struct map_value made = { NULL, NULL };

	if (!v->value || tree_get(convert_object(o), s->name))
		return;
	made.value = s->make(c, v->value);
	convert_put(o, s->name, made);
}

static void
stand_back(struct convert *c, struct map_object *o, const struct stand *s)
{
	struct map_value *v = convert_back(o, s->original);
	struct tree_node *now = tree_get(convert_object(o), s->name);

	if (!v->value || !now)
		return;
	if (convert_equal(s->make(c, v->value), now))
		tree_remove(now);
	else
		*v = (struct map_value){ NULL, NULL };
}

/* The value, or the first of a list that a stranger made of it. */
static struct tree_node *
first_of(struct tree_node *n)
{
	return tree_is(n, TREE_ARRAY) ? tree_first(n) : n;
}

static struct tree_node *
first_event(struct convert *c, struct tree_node *timing)
{
	struct tree_node *event =
	    first_of(tree_at(first_of(timing), NAME_event));

	return tree_is(event, TREE_STRING) ? convert_copy(c, event) : NULL;
}

static struct tree_node *
bare_quantity(struct convert *c, struct tree_node *integer)
{
	struct arena *a = convert_arena(c);
	struct tree_node *n = tree_object(a), *value;

	value = tree_number(a, tree_text(first_of(integer)));
	if (!value)
		return NULL;
	tree_put(a, n, "value", value);
	return n;
}

/* HL7's table 0136 of yes and no. */
static struct tree_node *
yes_or_no(struct convert *c, struct tree_node *boolean)
{
	const char *table =
	    systems_url(convert_arena(c), "v2-0136", convert_to(c));
	struct str text = tree_text(first_of(boolean));
	bool yes = str_is(text, "true");

	if (!yes && !str_is(text, "false"))
		return NULL;
	return convert_concept(
	    c, convert_coding(c, table, yes ? STR("Y") : STR("N")));
}

static const struct stand of_timing = { NAME_effectiveTiming,
	"effectiveDateTime", first_event };
static const struct stand of_integer = { NAME_valueInteger, "valueQuantity",
	bare_quantity };
static const struct stand of_boolean = { NAME_valueBoolean,
	"valueCodeableConcept", yes_or_no };

/* ---- relations --------------------------------------------------------------- */

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

static void
related_up(struct convert *c, struct map_object *o)
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

static void
related_down(struct convert *c, struct map_object *o)
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

/* ---- hooks ------------------------------------------------------------------------ */

static void
observation_d_up(struct convert *c, struct map_object *o)
{
	stand_back(c, o, &of_boolean);
}

static void
observation_d_down(struct convert *c, struct map_object *o)
{
	stand_in(c, o, &of_boolean);
}

static void
observation_r_up(struct convert *c, struct map_object *o)
{
	stand_back(c, o, &of_timing);
	stand_back(c, o, &of_integer);
	related_up(c, o);
}

static void
observation_r_down(struct convert *c, struct map_object *o)
{
	stand_in(c, o, &of_timing);
	stand_in(c, o, &of_integer);
	related_down(c, o);
}

static void
component_r_up(struct convert *c, struct map_object *o)
{
	stand_back(c, o, &of_integer);
	stand_back(c, o, &of_boolean);
}

static void
component_r_down(struct convert *c, struct map_object *o)
{
	stand_in(c, o, &of_integer);
	stand_in(c, o, &of_boolean);
}

/* ---- tables ------------------------------------------------------------------------ */

/* clang-format off */
static const struct map_row range_rows[] = {
	MAP_ROW("low Quantity", "=", "="),
	MAP_ROW("high Quantity", "=", "="),
	MAP_ROW("meaning CodeableConcept", "type CodeableConcept", "=",
	    .why = "renamed"),
	MAP_ROW(NULL, "appliesTo * CodeableConcept", "=",
	    .why = "came with STU3"),
	MAP_ROW("age Range", "=", "="),
	MAP_ROW("text string", "=", "="),
};
static const struct map range = {
	.path = { "Observation.referenceRange", "Observation.referenceRange",
	    "Observation.referenceRange" },
	MAP_ROWS(range_rows) };

static const struct map_row related_rows[] = {
	MAP_ROW("type code", "=", NULL, .why = "the element or extension of R4 "
	    "that stands for the relation tells it"),
	MAP_ROW("target Reference", "=", NULL, .why = "as its type"),
};
static const struct map related = {
	.path = { "Observation.related", "Observation.related", NULL },
	MAP_ROWS(related_rows) };

static const struct map_row component_rows[] = {
	MAP_ROW("code CodeableConcept", "=", "="),
	MAP_ROW("value[x] Quantity|CodeableConcept|string|Range|Ratio|"
	    "SampledData|Attachment|time|dateTime|Period", "=",
	    "value[x] Quantity|CodeableConcept|string|boolean|integer|Range|"
	    "Ratio|SampledData|time|dateTime|Period",
	    .why = "R4 has no attachment; down a number stands for an integer, "
		   "yes or no for a boolean"),
	MAP_ROW("dataAbsentReason CodeableConcept", "=", "="),
	MAP_ROW(NULL, "interpretation CodeableConcept",
	    "interpretation * CodeableConcept",
	    .why = "came with STU3; several in R4"),
	MAP_ROW("referenceRange * {}", "=", "=", .map = &range),
};
static const struct map component = {
	.path = { "Observation.component", "Observation.component",
	    "Observation.component" },
	MAP_ROWS(component_rows),
	.r_up = { .first = component_r_up },
	.r_down = { .first = component_r_down } };

static const struct map_row observation_rows[] = {
	MAP_ROW("identifier * Identifier", "=", "="),
	MAP_ROW(NULL, "basedOn * Reference", "=", .why = "came with STU3"),
	MAP_ROW(NULL, NULL, "partOf * Reference", .why = "came with R4"),
	MAP_ROW("status code", "=", "=", .d = { .codes = status },
	    .why = "corrected is a kind of amended, which DSTU2 has"),
	MAP_ROW("category CodeableConcept", "category * CodeableConcept", "=",
	    .pick = vital_signs,
	    .why = "several from STU3 on; vital-signs goes over first"),
	MAP_ROW("code CodeableConcept", "=", "="),
	MAP_ROW("subject Reference", "=", "="),
	MAP_ROW(NULL, NULL, "focus * Reference", .modifier = true,
	    .why = "came with R4; it is not about the subject then"),
	MAP_ROW("encounter Reference", "context Reference",
	    "encounter Reference", .d = { .turn = &turn_encounter },
	    .r = { .turn = &turn_encounter },
	    .why = "renamed; an episode of care is no encounter"),
	MAP_ROW("effective[x] dateTime|Period", "=",
	    "effective[x] dateTime|Period|Timing|instant",
	    .why = "down an instant is a dateTime, and the first event of a "
		   "timing stands for it"),
	MAP_ROW("issued instant", "=", "="),
	MAP_ROW("performer * Reference", "=", "="),
	MAP_ROW("value[x] Quantity|CodeableConcept|string|Range|Ratio|"
	    "SampledData|Attachment|time|dateTime|Period",
	    "value[x] Quantity|CodeableConcept|string|boolean|Range|Ratio|"
	    "SampledData|Attachment|time|dateTime|Period",
	    "value[x] Quantity|CodeableConcept|string|boolean|integer|Range|"
	    "Ratio|SampledData|time|dateTime|Period",
	    .why = "R4 has no attachment; down a number stands for an integer, "
		   "yes or no for a boolean"),
	MAP_ROW("dataAbsentReason CodeableConcept", "=", "="),
	MAP_ROW("interpretation CodeableConcept", "=",
	    "interpretation * CodeableConcept", .why = "several in R4"),
	MAP_ROW("comments string", "comment string", "note * Annotation",
	    .r = { .turn = &turn_note },
	    .why = "renamed; R4 has notes, whose texts are joined down"),
	MAP_ROW("bodySite CodeableConcept", "=", "="),
	MAP_ROW("method CodeableConcept", "=", "="),
	MAP_ROW("specimen Reference", "=", "="),
	MAP_ROW("device Reference", "=", "="),
	MAP_ROW("referenceRange * {}", "=", "=", .map = &range),
	MAP_ROW("related * {}", "=", NULL, .map = &related,
	    .r = { .hand = true },
	    .why = "members and sources have elements in R4, other relations "
		   "the extensions of HL7's map"),
	MAP_ROW(NULL, NULL, "hasMember * Reference", .r = { .hand = true },
	    .why = "related of type has-member before R4"),
	MAP_ROW(NULL, NULL, "derivedFrom * Reference", .r = { .hand = true },
	    .why = "related of type derived-from before R4"),
	MAP_ROW("component * {}", "=", "=", .map = &component),
};
/* clang-format on */

const struct map map_observation = {
	.path = { "Observation", "Observation", "Observation" },
	MAP_ROWS(observation_rows),
	.resource = true,
	.domain = true,
	.d_up = { .first = observation_d_up },
	.d_down = { .first = observation_d_down },
	.r_up = { .first = observation_r_up },
	.r_down = { .first = observation_r_down },
};
