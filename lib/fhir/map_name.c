/* map_name.c - HumanName and Reference: the names of people and of records
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "fhir/map_tables.h"

#define FAMILY_BYTES_MAX ((size_t)1024 * 1024)

/* All parts of a family name with one blank between them. */
static struct map_value
family_up(struct convert *c, const struct map_row *row, struct map_value from)
{
	struct buf b = buf_new(convert_arena(c), FAMILY_BYTES_MAX);
	struct tree_node *n, *under = tree_first(from.under);
	struct map_value to = { NULL, NULL };

	(void)row;
	tree_each(n, from.value)
	{
		struct str part = tree_text(n);

		if (part.len && b.len)
			buf_char(&b, ' ');
		buf_put(&b, part.at, part.len);
	}
	if (tree_count(from.value) == 1)
		to.value = convert_copy(c, tree_first(from.value));
	else if (b.len && !b.failed)
		to.value =
		    tree_string(convert_arena(c), (struct str){ b.at, b.len });
	if (tree_is(under, TREE_OBJECT) && tree_count(from.value) == 1)
		to.under = convert_copy(c, under);
	return to;
}

/* One part: where a name is to be split only its bearer knows. */
static struct map_value
family_down(struct convert *c, const struct map_row *row, struct map_value from)
{
	struct arena *a = convert_arena(c);
	struct map_value to = { tree_array(a), NULL };

	(void)row;
	if (from.value)
		tree_append(to.value, convert_copy(c, from.value));
	else
		tree_append(to.value, tree_null(a));
	if (from.under) {
		to.under = tree_array(a);
		tree_append(to.under, convert_copy(c, from.under));
	}
	return to;
}

static const struct map_turning family = { family_up, family_down };

/* clang-format off */
static const struct map_row human_name[] = {
	MAP_ROW("use code", "=", "="),
	MAP_ROW("text string", "=", "="),
	MAP_ROW("family * string", "family string", "=",
	    .d = { .turn = &family },
	    .why = "one text from STU3 on: the parts joined, and kept"),
	MAP_ROW("given * string", "=", "="),
	MAP_ROW("prefix * string", "=", "="),
	MAP_ROW("suffix * string", "=", "="),
	MAP_ROW("period Period", "=", "="),
};
const struct map map_HumanName = {
	.path = { "HumanName", "HumanName", "HumanName" },
	MAP_ROWS(human_name) };
/* clang-format on */

/* ---- Reference ------------------------------------------------------------- */

/* The type where a URL names one: Type/id, base/Type/id, Type?query, Type. */
static const char *
type_in(struct str url, const char *type)
{
	size_t n = strlen(type);

	for (size_t i = 0; i + n <= url.len && url.at[i] != '?'; i++)
		if ((!i || url.at[i - 1] == '/') &&
		    !memcmp(url.at + i, type, n) &&
		    (i + n == url.len || strchr("/?", url.at[i + n])))
			return url.at + i;
	return NULL;
}

static bool
rename_type(struct convert *c, struct tree_node *value, const char *from,
    const char *to)
{
	struct str url = tree_text(value);
	const char *at = type_in(url, from);
	const char *rest;

	if (!at)
		return false;
	rest = at + strlen(from);
	tree_set_text(value, str_of(arena_printf(convert_arena(c), "%.*s%s%.*s",
				 (int)(at - url.at), url.at, to,
				 (int)(url.at + url.len - rest), rest)));
	return true;
}

void
map_rename_type(struct convert *c, struct tree_node *value)
{
	static const char *const names[][2] = {
		{ "MedicationOrder", "MedicationRequest" },
		{ "Conformance", "CapabilityStatement" },
	};
	bool up = convert_to(c) == FHIR_STU3;

	for (size_t i = 0; i < COUNT(names) && tree_is(value, TREE_STRING); i++)
		if (rename_type(c, value, names[i][!up], names[i][up]))
			return;
}

/* The last part of a path, taken off it. */
static struct str
last_part(struct str *path)
{
	size_t n = path->len;
	struct str part;

	while (n && path->at[n - 1] != '/')
		n--;
	part = (struct str){ path->at + n, path->len - n };
	*path = (struct str){ path->at, n ? n - 1 : 0 };
	return part;
}

bool
map_refers(const struct tree_node *ref, const char *type)
{
	struct str path = tree_str(ref, "reference"), part;

	if (tree_str(ref, "type").at)
		return str_is(tree_str(ref, "type"), type);
	last_part(&path);
	part = last_part(&path);
	if (str_is(part, "_history")) {
		last_part(&path);
		part = last_part(&path);
	}
	return str_is(part, type);
}

/* A reference by identifier alone must still show something in DSTU2. */
static void
reference_down(struct convert *c, struct map_object *o)
{
	struct tree_node *n = convert_object(o);
	struct map_value *id = convert_slot(o, NAME_identifier);
	struct tree_node *value = tree_at(id->value, NAME_value);
	struct map_value display = { NULL, NULL };

	if (tree_at(n, NAME_reference) || tree_at(n, NAME_display) ||
	    !tree_text(value).len)
		return;
	display.value = convert_copy(c, value);
	convert_put(o, "display", display);
}

/* clang-format off */
static const struct map_row reference[] = {
	MAP_ROW("reference string", "=", "=",
	    .d = { .rewrite = map_rename_type },
	    .why = "a MedicationOrder is a MedicationRequest from STU3 on"),
	MAP_ROW(NULL, NULL, "type uri", .why = "came with R4"),
	MAP_ROW(NULL, "identifier Identifier", "=",
	    .why = "came with STU3; its value is shown when nothing else is"),
	MAP_ROW("display string", "=", "="),
};
const struct map map_Reference = {
	.path = { "Reference", "Reference", "Reference" },
	MAP_ROWS(reference), .d_down = { .first = reference_down } };
/* clang-format on */
