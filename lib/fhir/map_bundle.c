/* map_bundle.c - Bundle in DSTU2, STU3 and R4
 * SPDX-License-Identifier: Apache-2.0
 *
 * A Bundle has no extensions of its own: what has no home waits on its meta.
 * The outcome of an entry of a batch stands in the response from STU3 on; in
 * DSTU2 it is the entry's resource. */
#include "fhir/map_tables.h"

#define URL_RENAMED .d.rewrite = map_rename_type, .why = "types were renamed"

/* clang-format off */
static const struct map_row link_rows[] = {
	MAP_ROW("relation string", "=", "="),
	MAP_ROW("url uri", "=", "=",
	    .why = "types were renamed; a link to another page is opaque"),
};
/* clang-format on */

/* Only its server knows how a link to another page is made. */
static void
link_renamed(struct convert *c, struct map_object *o)
{
	static const char *const pages[] = { "next", "previous", "prev",
		"first", "last" };
	struct str relation = tree_str(convert_object(o), "relation");
	struct tree_node *url = tree_at(convert_object(o), NAME_url);

	for (size_t i = 0; i < COUNT(pages); i++)
		if (str_is(relation, pages[i]))
			return;
	if (url)
		map_rename_type(c, url);
}

/* clang-format off */
static const struct map link = {
	.path = { "Bundle.link", "Bundle.link", "Bundle.link" },
	MAP_ROWS(link_rows),
	.d_up.last = link_renamed,
	.d_down.last = link_renamed,
};

static const struct map_row search_rows[] = {
	MAP_ROW("mode code", "=", "="),
	MAP_ROW("score decimal", "=", "="),
};

static const struct map search = {
	.path = { "Bundle.entry.search", "Bundle.entry.search",
	    "Bundle.entry.search" },
	MAP_ROWS(search_rows),
};

static const struct map_code methods[] = {
	{ NULL, "HEAD", MAP_DOWN }, { NULL, "PATCH", MAP_DOWN }, MAP_END
};

static const struct map_row request_rows[] = {
	MAP_ROW("method code", "=", "=", .r.codes = methods,
	    .why = "no other word stands for HEAD or PATCH before R4"),
	MAP_ROW("url uri", "=", "=", URL_RENAMED),
	MAP_ROW("ifNoneMatch string", "=", "="),
	MAP_ROW("ifModifiedSince instant", "=", "="),
	MAP_ROW("ifMatch string", "=", "="),
	MAP_ROW("ifNoneExist string", "=", "="),
};

static const struct map request = {
	.path = { "Bundle.entry.request", "Bundle.entry.request",
	    "Bundle.entry.request" },
	MAP_ROWS(request_rows),
};

static const struct map_row response_rows[] = {
	MAP_ROW("status string", "=", "="),
	MAP_ROW("location uri", "=", "=", URL_RENAMED),
	MAP_ROW("etag string", "=", "="),
	MAP_ROW("lastModified instant", "=", "="),
	MAP_ROW(NULL, "outcome Resource", "=", .d.hand = true,
	    .why = "the entry's resource in DSTU2"),
};
/* clang-format on */

/* ---- outcomes -------------------------------------------------------------- */

/* It stays where it is until the entry is seen as a whole. */
static void
outcome_waits(struct convert *c, struct map_object *o)
{
	struct map_value *outcome = convert_slot(o, NAME_outcome);

	convert_type(c, MAP_Resource, outcome->value);
	convert_put(o, "outcome", *outcome);
	*outcome = (struct map_value){ NULL, NULL };
}

static const struct map response = {
	.path = { "Bundle.entry.response", "Bundle.entry.response",
	    "Bundle.entry.response" },
	MAP_ROWS(response_rows),
	.d_down.first = outcome_waits,
};

static bool
is_refusal(const struct tree_node *response_node)
{
	struct str status = tree_str(response_node, "status");

	return status.len >= 3 && (status.at[0] == '4' || status.at[0] == '5');
}

static void
outcome_to_response(struct convert *c, struct map_object *o)
{
	struct tree_node *entry = convert_object(o);
	struct tree_node *resource = tree_at(entry, NAME_resource);
	struct tree_node *answer = tree_at(entry, NAME_response);

	if (is_refusal(answer) && !tree_at(answer, NAME_outcome) &&
	    str_is(tree_str(resource, "resourceType"), "OperationOutcome"))
		tree_put(convert_arena(c), answer, "outcome", resource);
}

/* An entry that answers with a resource has no room for an outcome. */
static void
outcome_to_resource(struct convert *c, struct map_object *o)
{
	struct tree_node *entry = convert_object(o);
	struct tree_node *answer = tree_at(entry, NAME_response);
	struct tree_node *outcome = tree_at(answer, NAME_outcome);

	if (!outcome)
		return;
	tree_remove(outcome);
	if (tree_at(entry, NAME_resource))
		convert_lost(
		    c, "Bundle.entry.response.outcome", CONVERT_DROPPED);
	else
		tree_put(convert_arena(c), entry, "resource", outcome);
	if (!tree_first(answer))
		tree_remove(answer);
}

/* clang-format off */
static const struct map_row entry_rows[] = {
	MAP_ROW("link * {}", "=", "=", .map = &link),
	MAP_ROW("fullUrl uri", "=", "=", URL_RENAMED),
	MAP_ROW("resource Resource", "=", "="),
	MAP_ROW("search {}", "=", "=", .map = &search),
	MAP_ROW("request {}", "=", "=", .map = &request),
	MAP_ROW("response {}", "=", "=", .map = &response),
};

static const struct map entry = {
	.path = { "Bundle.entry", "Bundle.entry", "Bundle.entry" },
	MAP_ROWS(entry_rows),
	.d_up.last = outcome_to_response,
	.d_down.last = outcome_to_resource,
};

static const struct map_row rows[] = {
	MAP_ROW(NULL, "identifier Identifier", "=", .d.hand = true,
	    .why = "came with STU3"),
	MAP_ROW("type code", "=", "="),
	MAP_ROW(NULL, NULL, "timestamp instant", .r.hand = true,
	    .why = "came with R4"),
	MAP_ROW("total unsignedInt", "=", "="),
	MAP_ROW("link * {}", "=", "=", .map = &link),
	MAP_ROW("entry * {}", "=", "=", .map = &entry),
	MAP_ROW("signature Signature", "=", "=", .d.hand = true,
	    .r.hand = true, .why = "the body that it signs has changed"),
};
/* clang-format on */

/* ---- the bundle ------------------------------------------------------------ */

static void
signature_dropped(struct convert *c, struct map_object *o)
{
	struct map_value *signature = convert_slot(o, NAME_signature);

	if (signature->value)
		convert_lost(c, "Bundle.signature", CONVERT_DROPPED);
	*signature = (struct map_value){ NULL, NULL };
}

/* What has no home waits on meta, and is looked for there. */
static void
to_meta(struct convert *c, struct map_object *o, enum name id,
    enum fhir_version from, const char *path, enum map_type type)
{
	struct tree_node *bundle = convert_object(o);
	struct tree_node *meta = tree_at(bundle, NAME_meta);
	struct map_value *v = convert_slot(o, id);

	if (!v->value && !v->under)
		return;
	convert_type(c, type, v->value);
	if (!tree_is(meta, TREE_OBJECT))
		meta = tree_put(convert_arena(c), bundle, "meta",
		    tree_object(convert_arena(c)));
	convert_keep(c, meta, from, path, type, *v);
	convert_lost(c, path, CONVERT_EXTENSION);
	if (!tree_first(meta))
		tree_remove(meta);
	*v = (struct map_value){ NULL, NULL };
}

static void
from_meta(struct convert *c, struct map_object *o, const char *name,
    enum fhir_version to, const char *path)
{
	struct tree_node *meta = tree_at(convert_object(o), NAME_meta);

	if (!meta)
		return;
	convert_put(o, name, convert_kept(c, meta, to, path));
	if (!tree_first(meta))
		tree_remove(meta);
}

static void
up_from_dstu2(struct convert *c, struct map_object *o)
{
	signature_dropped(c, o);
	from_meta(c, o, "identifier", FHIR_STU3, "Bundle.identifier");
}

static void
down_to_dstu2(struct convert *c, struct map_object *o)
{
	signature_dropped(c, o);
	to_meta(c, o, NAME_identifier, FHIR_STU3, "Bundle.identifier",
	    MAP_Identifier);
}

static void
up_to_r4(struct convert *c, struct map_object *o)
{
	signature_dropped(c, o);
	from_meta(c, o, "timestamp", FHIR_R4, "Bundle.timestamp");
}

static void
down_from_r4(struct convert *c, struct map_object *o)
{
	signature_dropped(c, o);
	to_meta(c, o, NAME_timestamp, FHIR_R4, "Bundle.timestamp", MAP_instant);
}

const struct map map_bundle = {
	.path = { "Bundle", "Bundle", "Bundle" },
	MAP_ROWS(rows),
	.resource = true,
	.d_up.first = up_from_dstu2,
	.d_down.first = down_to_dstu2,
	.r_up.first = up_to_r4,
	.r_down.first = down_from_r4,
};
