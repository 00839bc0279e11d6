/* map_observation.c - Observation in DSTU2, STU3 and R4
 * SPDX-License-Identifier: Apache-2.0
 *
 * Source: the Observation pages of the three versions. */
#include "fhir/map_observation.h"
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
	observation_related_up(c, o);
}

static void
observation_r_down(struct convert *c, struct map_object *o)
{
	stand_in(c, o, &of_timing);
	stand_in(c, o, &of_integer);
	observation_related_down(c, o);
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
	MAP_ROW("related * {}", "=", NULL, .map = &map_observation_related,
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
