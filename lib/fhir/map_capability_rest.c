/* map_capability_rest.c - what a server says about REST, in DSTU2, STU3 and R4
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/map_capability.h"

#define PATH(name)                                                             \
	.path = { "Conformance.rest" name, "CapabilityStatement.rest" name,    \
		"CapabilityStatement.rest" name }
#define CANONICAL                                                              \
	.r.turn = &capability_canonical, .why = "became a canonical URL"

static const struct map_value nothing = { NULL, NULL };

/* ---- includes ------------------------------------------------------------------ */

/* MedicationOrder:patient, and with a dot in what some servers write. */
static void
include_renamed(struct convert *c, struct tree_node *value)
{
	bool up = convert_to(c) != FHIR_DSTU2;
	struct str text = tree_text(value), type = text;
	const struct map_code *codes = capability_types_dstu2;

	for (type.len = 0; type.len < text.len; type.len++)
		if (text.at[type.len] == ':' || text.at[type.len] == '.')
			break;
	for (; codes->ways == MAP_BOTH && codes->low; codes++) {
		if (!str_is(type, up ? codes->low : codes->high))
			continue;
		tree_set_text(value,
		    str_of(arena_printf(convert_arena(c), "%s%.*s",
			up ? codes->high : codes->low,
			(int)(text.len - type.len), text.at + type.len)));
		return;
	}
}

/* clang-format off */
static const struct map_row certificate_rows[] = {
	MAP_ROW("type code", "=", NULL, .why = "gone in R4"),
	MAP_ROW("blob base64Binary", "=", NULL, .why = "gone in R4"),
};

static const struct map certificate = {
	.path = { "Conformance.rest.security.certificate",
	    "CapabilityStatement.rest.security.certificate", NULL },
	MAP_ROWS(certificate_rows),
};

static const struct map_row security_rows[] = {
	MAP_ROW("cors boolean", "=", "="),
	MAP_ROW("service * CodeableConcept", "=", "="),
	MAP_ROW("description string", "=", "description markdown",
	    .why = "became markdown"),
	MAP_ROW("certificate * {}", "=", NULL, .map = &certificate,
	    .why = "gone in R4"),
};

static const struct map security = { PATH(".security"),
	MAP_ROWS(security_rows) };

static const struct map_code type_words[] = {
	{ "validate", NULL, MAP_UP }, { NULL, "patch", MAP_DOWN }, MAP_END
};

static const struct map_row type_interaction_rows[] = {
	MAP_ROW("code code", "=", "=", .d.codes = type_words,
	    .why = "validate went, patch came: neither has another word"),
	MAP_ROW("documentation string", "=", "documentation markdown",
	    .why = "became markdown"),
};

static const struct map type_interaction = { PATH(".resource.interaction"),
	MAP_ROWS(type_interaction_rows) };

static const struct map_code words[] = {
	{ NULL, "batch", MAP_DOWN }, MAP_END
};

static const struct map_row interaction_rows[] = {
	MAP_ROW("code code", "=", "=", .d.codes = words,
	    .why = "batch is a mode in DSTU2"),
	MAP_ROW("documentation string", "=", "documentation markdown",
	    .why = "became markdown"),
};

static const struct map interaction = { PATH(".interaction"),
	MAP_ROWS(interaction_rows) };

static const struct map_code param_types[] = {
	{ NULL, "special", MAP_DOWN }, MAP_END
};

static const struct map_row param_rows[] = {
	MAP_ROW("name string", "=", "="),
	MAP_ROW("definition uri", "=", "definition canonical",
	    .why = "became a canonical URL"),
	MAP_ROW("type code", "=", "=", .r.codes = param_types,
	    .why = "no other word stands for special before R4"),
	MAP_ROW("documentation string", "=", "documentation markdown",
	    .why = "became markdown"),
	MAP_ROW("target * code", NULL, NULL, .why = "gone in STU3"),
	MAP_ROW("modifier * code", NULL, NULL, .why = "gone in STU3"),
	MAP_ROW("chain * string", NULL, NULL, .why = "gone in STU3"),
};

/* rest.searchParam is defined as the same content. */
static const struct map param = { PATH(".resource.searchParam"),
	MAP_ROWS(param_rows) };

static const struct map_row operation_rows[] = {
	MAP_ROW("name string", "=", "="),
	MAP_ROW("definition Reference", "=", "definition canonical", CANONICAL),
	MAP_ROW(NULL, NULL, "documentation markdown", .why = "came with R4"),
};

/* R4 defines it as the same content as an operation of a type. */
static const struct map operation = {
	.path = { "Conformance.rest.operation",
	    "CapabilityStatement.rest.operation",
	    "CapabilityStatement.rest.resource.operation" },
	MAP_ROWS(operation_rows),
};

static const struct map_row type_operation_rows[] = {
	MAP_ROW(NULL, NULL, "name string", .why = "came with R4"),
	MAP_ROW(NULL, NULL, "definition canonical", .why = "came with R4"),
	MAP_ROW(NULL, NULL, "documentation markdown", .why = "came with R4"),
};

static const struct map type_operation = {
	.path = { NULL, NULL, "CapabilityStatement.rest.resource.operation" },
	MAP_ROWS(type_operation_rows),
};

static const struct map_row resource_rows[] = {
	MAP_ROW("type code", "=", "=", .d.codes = capability_types_dstu2,
	    .r.codes = capability_types_r4,
	    .why = "types were renamed, came and went"),
	MAP_ROW("profile Reference", "=", "profile canonical", CANONICAL),
	MAP_ROW(NULL, NULL, "supportedProfile * canonical",
	    .why = "came with R4"),
	MAP_ROW(NULL, "documentation markdown", "=", .why = "came with STU3"),
	MAP_ROW("interaction * {}", "=", "=", .map = &type_interaction,
	    .d.hand = true, .why = "validate went, patch came"),
	MAP_ROW("versioning code", "=", "="),
	MAP_ROW("readHistory boolean", "=", "="),
	MAP_ROW("updateCreate boolean", "=", "="),
	MAP_ROW("conditionalCreate boolean", "=", "="),
	MAP_ROW(NULL, "conditionalRead code", "=", .why = "came with STU3"),
	MAP_ROW("conditionalUpdate boolean", "=", "="),
	MAP_ROW("conditionalDelete code", "=", "="),
	MAP_ROW(NULL, "referencePolicy * code", "=", .why = "came with STU3"),
	MAP_ROW("searchInclude * string", "=", "=",
	    .d.rewrite = include_renamed, .why = "types were renamed"),
	MAP_ROW("searchRevInclude * string", "=", "=",
	    .d.rewrite = include_renamed, .why = "types were renamed"),
	MAP_ROW("searchParam * {}", "=", "=", .map = &param),
	MAP_ROW(NULL, NULL, "operation * {}", .map = &type_operation,
	    .why = "came with R4"),
};

/* clang-format on */

/* ---- interactions of a type ------------------------------------------------------ */

/* In the order in which the versions list them. */
static const struct {
	const char *code;
	bool dstu2, later;
} interactions[] = {
	{ "read", true, true },
	{ "vread", true, true },
	{ "update", true, true },
	{ "patch", false, true },
	{ "delete", true, true },
	{ "history-instance", true, true },
	{ "validate", true, false },
	{ "history-type", true, true },
	{ "create", true, true },
	{ "search-type", true, true },
};

static size_t
rank(struct tree_node *n)
{
	struct str code = tree_str(n, "code");
	size_t i;

	for (i = 0; i < COUNT(interactions); i++)
		if (str_is(code, interactions[i].code))
			break;
	return i;
}

static bool
is_known(struct tree_node *n, enum fhir_version v)
{
	size_t i = rank(n);

	return i == COUNT(interactions) ||
	       (v == FHIR_DSTU2 ? interactions[i].dstu2
				: interactions[i].later);
}

static void
insert_ranked(struct tree_node *list, struct tree_node *n)
{
	struct tree_node *other;

	tree_each(other, list)
	{
		if (rank(other) > rank(n)) {
			tree_insert(other, n);
			return;
		}
	}
	tree_append(list, n);
}

/* Moves what the target has a word for to another list. */
struct sorting {
	struct tree_node *known;
	enum fhir_version to;
};

static struct tree_node *
unknown_stays(struct tree_node *n, void *ctx)
{
	struct sorting *s = ctx;

	return is_known(n, s->to) ? NULL : n;
}

static struct tree_node *
known_stays(struct tree_node *n, void *ctx)
{
	struct sorting *s = ctx;

	return is_known(n, s->to) ? n : NULL;
}

/* What the target has no word for stays in the slot, for the extension. */
static void
interactions_sorted(struct convert *c, struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_interaction);
	struct map_value *back = convert_back(o, NAME_interaction);
	struct sorting s = { .to = convert_to(c) };
	struct tree_node *n;

	slot->value = capability_list(c, *slot);
	s.known = convert_copy(c, slot->value);
	tree_sift(s.known, known_stays, &s);
	tree_sift(slot->value, unknown_stays, &s);
	convert_child(o, NAME_interaction, s.known);
	while ((n = tree_first(back->value)))
		insert_ranked(s.known, n);
	convert_put(o, "interaction", (struct map_value){ s.known, NULL });
	*back = nothing;
	if (!tree_first(slot->value))
		*slot = nothing;
}

static const struct map capability_resource = { PATH(".resource"),
	MAP_ROWS(resource_rows), .d_up.first = interactions_sorted,
	.d_down.first = interactions_sorted };

/* ---- interactions of the server ---------------------------------------------------- */

/* clang-format off */
static const struct map_row rest_rows[] = {
	MAP_ROW("mode code", "=", "="),
	MAP_ROW("documentation string", "=", "documentation markdown",
	    .why = "became markdown"),
	MAP_ROW("security {}", "=", "=", .map = &security),
	MAP_ROW("resource * {}", "=", "=", .map = &capability_resource),
	MAP_ROW("interaction * {}", "=", "=", .map = &interaction,
	    .d.hand = true, .why = "batch is a mode in DSTU2"),
	MAP_ROW("transactionMode code", NULL, NULL, .d.hand = true,
	    .why = "an interaction from STU3 on"),
	MAP_ROW("searchParam * {}", "=", "=", .map = &param),
	MAP_ROW("operation * {}", "=", "=", .map = &operation),
	MAP_ROW("compartment * uri", "=", "compartment * canonical",
	    .why = "became a canonical URL"),
};
/* clang-format on */

static struct tree_node *
interaction_with(struct tree_node *list, const char *code)
{
	struct tree_node *n;

	tree_each(n, list)
	{
		if (str_is(tree_str(n, "code"), code))
			return n;
	}
	return NULL;
}

static void
add_interaction(struct convert *c, struct tree_node *list, const char *code)
{
	struct tree_node *n = tree_object(convert_arena(c));

	tree_put(convert_arena(c), n, "code", convert_text(c, code));
	tree_append(list, n);
}

/* A mode that said transaction where no interaction did, and one that says
 * no to both, stay in the slot: the extension brings them back. */
static void
mode_up(struct convert *c, struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_interaction);
	struct map_value *back = convert_back(o, NAME_interaction);
	struct map_value *mode = convert_slot(o, NAME_transactionMode);
	struct tree_node *list = capability_list(c, *slot), *n;
	struct str word = tree_text(mode->value);
	bool both = str_is(word, "both");
	bool batch = both || str_is(word, "batch");
	bool transaction = both || str_is(word, "transaction"), alone;

	convert_child(o, NAME_interaction, list);
	while ((n = tree_first(back->value)))
		tree_append(list, n);
	alone = transaction && !interaction_with(list, "transaction");
	if (alone)
		add_interaction(c, list, "transaction");
	if (batch && !interaction_with(list, "batch"))
		add_interaction(c, list, "batch");
	convert_put(o, "interaction", (struct map_value){ list, NULL });
	*slot = *back = nothing;
	if ((batch || transaction) && !alone)
		*mode = nothing;
}

static struct tree_node *
no_batch(struct tree_node *n, void *ctx)
{
	(void)ctx;
	return str_is(tree_str(n, "code"), "batch") ? NULL : n;
}

static struct tree_node *
documented_batch(struct tree_node *n, void *ctx)
{
	return !no_batch(n, ctx) && tree_count(n) > 1 ? n : NULL;
}

/* DSTU2 has no code batch; what was said about it goes to the extension. */
static void
mode_down(struct convert *c, struct map_object *o)
{
	struct map_value *slot = convert_slot(o, NAME_interaction);
	struct map_value *mode = convert_back(o, NAME_transactionMode);
	struct tree_node *all = capability_list(c, *slot), *alone;
	struct tree_node *list = convert_copy(c, all);
	bool batch = interaction_with(all, "batch");
	bool transaction = interaction_with(all, "transaction");
	const char *word = batch && transaction ? "both"
	                   : batch              ? "batch"
	                   : transaction        ? "transaction"
	                                        : "not-supported";

	tree_sift(list, no_batch, NULL);
	tree_sift(all, documented_batch, NULL);
	slot->value = tree_first(all) ? all : NULL;
	alone = interaction_with(list, "transaction");
	if (str_is(tree_text(mode->value), word) && tree_count(alone) == 1)
		tree_remove(alone);
	if (!str_is(tree_text(mode->value), word))
		*mode = nothing;
	if (batch || transaction)
		mode->value = convert_text(c, word);
	convert_child(o, NAME_interaction, list);
	convert_put(o, "interaction", (struct map_value){ list, NULL });
}

const struct map capability_rest = { PATH(""), MAP_ROWS(rest_rows),
	.d_up.first = mode_up, .d_down.first = mode_down };
