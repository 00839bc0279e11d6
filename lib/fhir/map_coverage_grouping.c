/* map_coverage_grouping.c - groups and plans of a Coverage in DSTU2 and STU3
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/map_coverage.h"

static const struct map_value nothing = { NULL, NULL };

/* ---- DSTU2 to STU3 --------------------------------------------------------------- */

/* DSTU2's plan is what a reader shows; where STU3 names none, another text
 * stands in for it, marked with the element it was taken from. */
static const struct stand_in {
	const char *path;
} stand_ins[] = {
	{ "Coverage.type" },
	{ "Coverage.payor" },
};

static bool
is_stand_in(struct convert *c, struct map_value *plan)
{
	for (size_t i = 0; i < COUNT(stand_ins); i++) {
		struct map_value v =
		    convert_kept(c, plan->under, FHIR_STU3, stand_ins[i].path);

		if (v.value &&
		    str_eq(tree_text(v.value), tree_text(plan->value)))
			return true;
	}
	return false;
}

static struct map_value *
text_slot(struct map_object *o, const struct coverage_kind *k)
{
	return convert_slot(o, name_find(str_of(k->id)));
}

/* DSTU2 shows how a thing is called, else what names it. */
static struct str
text_of_grouping(struct tree_node *grouping, const struct coverage_kind *k)
{
	struct coverage_pair p = coverage_pair(grouping, k);

	return p.name.len ? p.name : p.value;
}

/* Is the grouping that came down still what the three texts say? */
static bool
texts_true(struct map_object *o, struct tree_node *grouping)
{
	for (size_t i = 0; i < COVERAGE_PAIRS; i++)
		if (coverage_kinds[i].dstu2 &&
		    !str_eq(text_of_grouping(grouping, &coverage_kinds[i]),
			tree_text(text_slot(o, &coverage_kinds[i])->value)))
			return false;
	return grouping;
}

static struct tree_node *
grouping_of_texts(struct convert *c, struct map_object *o)
{
	struct arena *a = convert_arena(c);
	struct tree_node *n = tree_object(a);

	for (size_t i = 0; i < COVERAGE_PAIRS; i++) {
		struct map_value v = nothing;
		struct str text;

		if (coverage_kinds[i].dstu2)
			v = *text_slot(o, &coverage_kinds[i]);
		text = tree_text(v.value);
		if (text.len) {
			tree_put(
			    a, n, coverage_kinds[i].id, tree_string(a, text));
			tree_put(a, n, coverage_kinds[i].display,
			    tree_string(a, text));
		}
		if (v.under)
			tree_put(a, n,
			    arena_printf(a, "_%s", coverage_kinds[i].id),
			    v.under);
	}
	return n;
}

void
coverage_grouping_up(struct convert *c, struct map_object *o)
{
	struct map_value *kept = convert_back(o, NAME_grouping);
	struct map_value *plan = convert_slot(o, NAME_plan);

	if (is_stand_in(c, plan))
		*plan = nothing;
	if (!texts_true(o, kept->value))
		kept->value = grouping_of_texts(c, o);
	convert_put(o, "grouping", *kept);
	*kept = nothing;
	for (size_t i = 0; i < COVERAGE_PAIRS; i++)
		if (coverage_kinds[i].dstu2)
			*text_slot(o, &coverage_kinds[i]) = nothing;
}

/* ---- STU3 to DSTU2 --------------------------------------------------------------- */

static void
put_stand_in(struct convert *c, struct map_object *o)
{
	struct tree_node *payors = convert_slot(o, NAME_payor)->value;
	struct tree_node *type = convert_slot(o, NAME_type)->value;
	struct str texts[] = { tree_str(type, "text"),
		tree_str(tree_first(payors), "display") };
	struct arena *a = convert_arena(c);

	for (size_t i = 0; i < COUNT(stand_ins); i++) {
		struct map_value plan = { tree_string(a, texts[i]),
			tree_object(a) };

		if (!texts[i].len)
			continue;
		convert_keep(c, plan.under, FHIR_STU3, stand_ins[i].path,
		    MAP_string,
		    (struct map_value){ tree_string(a, texts[i]), NULL });
		convert_put(o, "plan", plan);
		return;
	}
}

void
coverage_grouping_down(struct convert *c, struct map_object *o)
{
	struct map_value *grouping = convert_slot(o, NAME_grouping);

	for (size_t i = 0; i < COVERAGE_PAIRS; i++) {
		struct str text =
		    text_of_grouping(grouping->value, &coverage_kinds[i]);

		if (coverage_kinds[i].dstu2 && text.len)
			convert_put(o, coverage_kinds[i].id,
			    (struct map_value){
				tree_string(convert_arena(c), text), NULL });
	}
	if (!tree_at(convert_object(o), NAME_plan))
		put_stand_in(c, o);
	if (coverage_whole(grouping->value, true))
		*grouping = nothing;
}

/* ---- the bin --------------------------------------------------------------------- */

/* A class of R4 that waits in its extension, if it is a bin: its value. */
static struct str
rxbin_kept(struct map_object *o)
{
	struct tree_node *ext, *part;

	tree_each(ext, tree_at(convert_object(o), NAME_extension))
	{
		struct str value = STR_NONE;
		bool bin = false;

		if (!str_is(tree_str(ext, "url"),
			"http://hl7.org/fhir/4.0/StructureDefinition/"
			"extension-Coverage.class"))
			continue;
		tree_each(part, tree_at(ext, NAME_extension))
		{
			if (str_is(tree_str(part, "url"), "value"))
				value = tree_str(part, "valueString");
			if (str_is(tree_str(part, "url"), "type"))
				bin = coverage_kind(tree_at(
					  part, NAME_valueCodeableConcept)) ==
				      COVERAGE_RXBIN;
		}
		if (bin && value.len)
			return value;
	}
	return STR_NONE;
}

void
coverage_bin_up(struct convert *c, struct map_object *o)
{
	struct map_value *bin = convert_slot(o, NAME_bin);
	struct str value = tree_str(bin->value, "value");

	(void)c;
	if (value.at && tree_count(bin->value) == 1 &&
	    str_eq(value, rxbin_kept(o)))
		*bin = nothing;
}

void
coverage_bin_down(struct convert *c, struct map_object *o)
{
	struct map_value *kept = convert_back(o, NAME_bin);
	struct str value = rxbin_kept(o);
	struct arena *a = convert_arena(c);

	if (kept->value || !value.at)
		return;
	kept->value = tree_object(a);
	tree_put(a, kept->value, "value", tree_string(a, value));
}
