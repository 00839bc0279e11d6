/* map_outcome.c - OperationOutcome in DSTU2, STU3 and R4
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/map_tables.h"

/* clang-format off */
static const struct map_code issue_codes[] = {
	{ "not-found", "deleted", MAP_DOWN },
	{ "processing", "multiple-matches", MAP_DOWN },
	MAP_END
};

static const struct map_row issue_rows[] = {
	MAP_ROW("severity code", "=", "="),
	MAP_ROW("code code", "=", "=", .r.codes = issue_codes,
	    .why = "R4 has finer words: below it their parents"),
	MAP_ROW("details CodeableConcept", "=", "="),
	MAP_ROW("diagnostics string", "=", "="),
	MAP_ROW("location * string", "=", "="),
	MAP_ROW(NULL, "expression * string", "=",
	    .why = "DSTU2 has location alone; R4 repeats it as expression"),
};
/* clang-format on */

static bool
same_texts(struct tree_node *one, struct tree_node *other)
{
	struct tree_node *x = tree_first(one), *y = tree_first(other);

	for (; x && y; x = tree_next(x), y = tree_next(y))
		if (!str_eq(tree_text(x), tree_text(y)))
			return false;
	return !x && !y;
}

/* In R4 an issue says where by expression; location is on its way out. */
static void
expression_from_location(struct convert *c, struct map_object *o)
{
	struct tree_node *issue = convert_object(o);
	struct map_value where = { .value = tree_at(issue, NAME_location) };

	if (!where.value || tree_at(issue, NAME_expression))
		return;
	where.value = convert_copy(c, where.value);
	convert_put(o, "expression", where);
}

/* What R4 repeats is said once before. */
static void
expression_once(struct convert *c, struct map_object *o)
{
	struct tree_node *issue = convert_object(o);
	struct tree_node *expression = tree_at(issue, NAME_expression);

	(void)c;
	if (expression && same_texts(expression, tree_at(issue, NAME_location)))
		tree_remove(expression);
}

static void
location_from_expression(struct convert *c, struct map_object *o)
{
	struct map_value *expression = convert_slot(o, NAME_expression);
	struct tree_node *location = tree_at(convert_object(o), NAME_location);

	(void)c;
	if (!location)
		convert_put(o, "location", *expression);
	if (!location || same_texts(expression->value, location))
		*expression = (struct map_value){ NULL, NULL };
}

static const struct map issue = {
	.path = { "OperationOutcome.issue", "OperationOutcome.issue",
	    "OperationOutcome.issue" },
	MAP_ROWS(issue_rows),
	.d_down.first = location_from_expression,
	.r_up.last = expression_from_location,
	.r_down.last = expression_once,
};

static const struct map_row rows[] = {
	MAP_ROW("issue * {}", "=", "=", .map = &issue),
};

const struct map map_outcome = {
	.path = { "OperationOutcome", "OperationOutcome", "OperationOutcome" },
	MAP_ROWS(rows),
	.resource = true,
	.domain = true,
};
