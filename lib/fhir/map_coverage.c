/* map_coverage.c - Coverage in DSTU2, STU3 and R4
 * SPDX-License-Identifier: Apache-2.0
 *
 * Neither HL7's mapping pack nor its converters know Coverage in DSTU2; the
 * rules for that step are our own. Groups, plans and their like are in
 * map_coverage_class.c. */
#include "fhir/map_coverage.h"

/* clang-format off */
static const struct map_row grouping_rows[] = {
	MAP_ROW(NULL, "group string", NULL, .why = "R4: a class"),
	MAP_ROW(NULL, "groupDisplay string", NULL, .why = "R4: its name"),
	MAP_ROW(NULL, "subGroup string", NULL, .why = "R4: a class"),
	MAP_ROW(NULL, "subGroupDisplay string", NULL, .why = "R4: its name"),
	MAP_ROW(NULL, "plan string", NULL, .why = "R4: a class"),
	MAP_ROW(NULL, "planDisplay string", NULL, .why = "R4: its name"),
	MAP_ROW(NULL, "subPlan string", NULL, .why = "R4: a class"),
	MAP_ROW(NULL, "subPlanDisplay string", NULL, .why = "R4: its name"),
	MAP_ROW(NULL, "class string", NULL, .why = "R4: a class"),
	MAP_ROW(NULL, "classDisplay string", NULL, .why = "R4: its name"),
	MAP_ROW(NULL, "subClass string", NULL, .why = "R4: a class"),
	MAP_ROW(NULL, "subClassDisplay string", NULL, .why = "R4: its name"),
};

static const struct map grouping = {
	.path = { NULL, "Coverage.grouping", NULL },
	MAP_ROWS(grouping_rows),
};

static const struct map_row class_rows[] = {
	MAP_ROW(NULL, NULL, "type CodeableConcept", .why = "STU3: which pair"),
	MAP_ROW(NULL, NULL, "value string", .why = "STU3: in grouping"),
	MAP_ROW(NULL, NULL, "name string", .why = "STU3: in grouping"),
};

static const struct map class = {
	.path = { NULL, NULL, "Coverage.class" },
	MAP_ROWS(class_rows),
};

static const struct map_row exception_rows[] = {
	MAP_ROW(NULL, NULL, "type CodeableConcept", .why = "came with R4"),
	MAP_ROW(NULL, NULL, "period Period", .why = "came with R4"),
};

static const struct map exception = {
	.path = { NULL, NULL, "Coverage.costToBeneficiary.exception" },
	MAP_ROWS(exception_rows),
};

static const struct map_row cost_rows[] = {
	MAP_ROW(NULL, NULL, "type CodeableConcept", .why = "came with R4"),
	MAP_ROW(NULL, NULL, "value[x] Quantity|Money", .why = "came with R4"),
	MAP_ROW(NULL, NULL, "exception * {}", .map = &exception,
	    .why = "came with R4"),
};

static const struct map cost = {
	.path = { NULL, NULL, "Coverage.costToBeneficiary" },
	MAP_ROWS(cost_rows),
};

static const struct map_row rows[] = {
	MAP_ROW("identifier * Identifier", "=", "="),
	MAP_ROW(NULL, "status code", "=", .d.hand = true, .modifier = true,
	    .why = "DSTU2 has none; only one that voids the record modifies"),
	MAP_ROW("type Coding", "type CodeableConcept", "=",
	    .d.turn = &turn_coding, .why = "became a concept"),
	MAP_ROW(NULL, "policyHolder Reference", "=", .why = "came with STU3"),
	MAP_ROW("subscriber Reference", "=", "=", .d.hand = true,
	    .why = "the only person that DSTU2 names"),
	MAP_ROW("subscriberId Identifier", "subscriberId string", "=",
	    .d.turn = &turn_value, .why = "its value alone"),
	MAP_ROW(NULL, "beneficiary Reference", "=", .d.hand = true,
	    .why = "in DSTU2 the subscriber"),
	MAP_ROW("dependent positiveInt", "dependent string", "=",
	    .d.turn = &turn_digits, .why = "became text"),
	MAP_ROW(NULL, "relationship CodeableConcept", "=",
	    .why = "came with STU3"),
	MAP_ROW("period Period", "=", "="),
	MAP_ROW("issuer Reference", "payor * Reference", "=",
	    .why = "renamed; one became a list"),
	MAP_ROW("group string", NULL, NULL, .d.hand = true,
	    .why = "STU3: grouping.group"),
	MAP_ROW("plan string", NULL, NULL, .d.hand = true,
	    .why = "STU3: grouping.plan"),
	MAP_ROW("subPlan string", NULL, NULL, .d.hand = true,
	    .why = "STU3: grouping.subPlan"),
	MAP_ROW(NULL, "grouping {}", NULL, .map = &grouping, .d.hand = true,
	    .r.hand = true, .why = "R4: a list of classes"),
	MAP_ROW(NULL, NULL, "class * {}", .map = &class, .r.hand = true,
	    .why = "STU3: grouping and sequence"),
	MAP_ROW("sequence positiveInt", "sequence string", NULL,
	    .d.turn = &turn_digits, .r.hand = true, .why = "R4: a class"),
	MAP_ROW(NULL, "order positiveInt", "=", .why = "came with STU3"),
	MAP_ROW("network Identifier", "network string", "=",
	    .d.turn = &turn_value, .why = "its value alone"),
	MAP_ROW("bin Identifier", NULL, NULL, .d.hand = true,
	    .why = "R4: a class of type rxbin"),
	MAP_ROW(NULL, NULL, "costToBeneficiary * {}", .map = &cost,
	    .why = "came with R4"),
	MAP_ROW(NULL, NULL, "subrogation boolean", .why = "came with R4"),
	MAP_ROW("contract * Reference", "=", "="),
};
/* clang-format on */

static const struct map_value nothing = { NULL, NULL };

/* ---- who is insured ---------------------------------------------------------- */

static bool
same_person(struct tree_node *one, struct tree_node *other)
{
	struct str a = tree_str(one, "reference");
	struct str b = tree_str(other, "reference");

	if (a.at || b.at)
		return str_eq(a, b);
	return one && other &&
	       str_eq(tree_str(one, "display"), tree_str(other, "display"));
}

/* Does one reference say all that the other says? */
static bool
says_all(struct tree_node *one, struct tree_node *other)
{
	struct tree_node *said;

	tree_each(said, other)
	{
		struct str text = tree_text(said);

		if (!text.at ||
		    !str_eq(text, tree_text(tree_member(one, tree_name(said)))))
			return false;
	}
	return other;
}

/* Is it certainly somebody else than a Patient? */
static bool
is_related(struct tree_node *reference)
{
	struct str text = tree_str(reference, "reference");

	for (; text.len; text.at++, text.len--)
		if (str_starts(text, "RelatedPerson/"))
			return true;
	return false;
}

/* The subscriber is the beneficiary too, unless the record said more when it
 * came down. */
static void
people_up(struct convert *c, struct map_object *o)
{
	struct map_value *subscriber = convert_slot(o, NAME_subscriber);
	struct map_value *was = convert_back(o, NAME_beneficiary);
	struct map_value *related = convert_back(o, NAME_subscriber);
	struct map_value *shown = subscriber;

	convert_type(c, MAP_Reference, subscriber->value);
	if (was->value && related->value)
		shown = related;
	else if (same_person(was->value, subscriber->value))
		shown = NULL;
	if (!was->value)
		was->value = convert_copy(c, subscriber->value);
	convert_put(o, "beneficiary", *was);
	if (shown)
		convert_put(o, "subscriber", *shown);
	*subscriber = *was = *related = nothing;
}

/* DSTU2 names one person, and a reader asks who is insured. The originals of
 * what is not shown stay in their slots, for the extensions. */
static void
people_down(struct convert *c, struct map_object *o)
{
	struct map_value *subscriber = convert_slot(o, NAME_subscriber);
	struct map_value *beneficiary = convert_slot(o, NAME_beneficiary);
	struct map_value shown = nothing;

	if (beneficiary->value &&
	    (!subscriber->value || is_related(subscriber->value))) {
		shown.value = convert_copy(c, beneficiary->value);
	} else {
		if (says_all(subscriber->value, beneficiary->value))
			*beneficiary = nothing;
		shown = *subscriber;
		*subscriber = nothing;
	}
	convert_type(c, MAP_Reference, shown.value);
	convert_put(o, "subscriber", shown);
}

/* ---- hooks ------------------------------------------------------------------- */

/* Without a status the reader takes the record as in force: only another one
 * must not be missed. */
static void
status_down(struct convert *c, struct map_object *o)
{
	struct map_value *status = convert_slot(o, NAME_status);

	if (!str_is(tree_text(status->value), "active"))
		return;
	convert_lost(c, "Coverage.status", CONVERT_EXTENSION);
	convert_keep(c, convert_object(o), FHIR_STU3, "Coverage.status",
	    MAP_code, *status);
	*status = nothing;
}

static void
up_from_dstu2(struct convert *c, struct map_object *o)
{
	people_up(c, o);
	coverage_grouping_up(c, o);
	coverage_bin_up(c, o);
}

static void
down_to_dstu2(struct convert *c, struct map_object *o)
{
	status_down(c, o);
	people_down(c, o);
	coverage_grouping_down(c, o);
	coverage_bin_down(c, o);
}

static struct tree_node *
unknown(struct convert *c)
{
	struct tree_node *n = tree_object(convert_arena(c));

	return tree_put(
		   convert_arena(c), n, "display", convert_text(c, "unknown")),
	       n;
}

static bool
is_unknown(struct tree_node *reference)
{
	return tree_count(reference) == 1 &&
	       str_is(tree_str(reference, "display"), "unknown");
}

/* What R4 does not do without. */
static void
demands_of_r4(struct convert *c, struct map_object *o)
{
	struct tree_node *n = convert_object(o);
	struct tree_node *subscriber = tree_at(n, NAME_subscriber), *payors;
	struct arena *a = convert_arena(c);

	if (!tree_at(n, NAME_status))
		tree_put(a, n, "status", convert_text(c, "active"));
	if (!tree_at(n, NAME_beneficiary))
		tree_put(a, n, "beneficiary",
		    subscriber && !is_related(subscriber)
			? convert_copy(c, subscriber)
			: unknown(c));
	if (tree_at(n, NAME_payor))
		return;
	payors = tree_put(a, n, "payor", tree_array(a));
	tree_append(payors, unknown(c));
}

/* What stood there only because R4 demands it. */
static void
demands_of_r4_undone(struct convert *c, struct map_object *o)
{
	struct tree_node *n = convert_object(o);
	struct tree_node *payors = tree_at(n, NAME_payor);

	(void)c;
	if (tree_count(payors) == 1 && is_unknown(tree_first(payors)))
		tree_remove(payors);
	if (is_unknown(tree_at(n, NAME_beneficiary)))
		tree_remove(tree_at(n, NAME_beneficiary));
}

const struct map map_coverage = {
	.path = { "Coverage", "Coverage", "Coverage" },
	MAP_ROWS(rows),
	.resource = true,
	.domain = true,
	.d_up.first = up_from_dstu2,
	.d_down.first = down_to_dstu2,
	.r_up = { coverage_class_up, demands_of_r4 },
	.r_down = { coverage_class_down, demands_of_r4_undone },
};
