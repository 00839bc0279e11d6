/* upauth_find.c - where a server has its token endpoint, by its own account
 * SPDX-License-Identifier: Apache-2.0 */
#include "relay/upauth_find.h"

#include <stdlib.h>
#include <string.h>

#include "fhir/tree.h"

#define URIS                                                                   \
	"http://fhir-registry.smarthealthit.org/StructureDefinition/"          \
	"oauth-uris"

/* A statement may be long; a tree of it is read once in a while. */
static const struct tree_limits limits = { .nodes = 500000, .object = true };

/* ---- reading ------------------------------------------------------------------- */

/* The extension of that url, in a list of them. */
static const struct tree_node *
extension(const struct tree_node *of, const char *url)
{
	const struct tree_node *list = tree_get(of, "extension"), *x;

	if (!tree_is(list, TREE_ARRAY))
		return NULL;
	for (x = tree_first(list); x; x = tree_next(x))
		if (tree_is(x, TREE_OBJECT) && str_is(tree_str(x, "url"), url))
			return x;
	return NULL;
}

static struct str
in_statement(const struct tree_node *root)
{
	const struct tree_node *rest = tree_get(root, "rest"), *r, *x;

	if (!tree_is(rest, TREE_ARRAY))
		return STR_NONE;
	for (r = tree_first(rest); r; r = tree_next(r)) {
		if (!tree_is(r, TREE_OBJECT) ||
		    !tree_is(tree_get(r, "security"), TREE_OBJECT))
			continue;
		x = extension(tree_get(r, "security"), URIS);
		if (x && (x = extension(x, "token")))
			return tree_str(x, "valueUri");
	}
	return STR_NONE;
}

struct str
upauth_find_read(struct arena *a, struct str body)
{
	struct err why = { .kind = ERR_NONE };
	const struct tree_node *root = tree_read(a, body, &limits, &why);
	struct str url;

	if (!tree_is(root, TREE_OBJECT))
		return STR_NONE;
	url = tree_str(root, "token_endpoint");
	if (!url.at)
		url = in_statement(root);
	return url.len && url.len <= UPAUTH_URL_MAX && str_plain(url)
	           ? url
	           : STR_NONE;
}

/* ---- asking --------------------------------------------------------------------- */

/* It said so itself, or said nothing at all. */
static bool
is_final(enum err_kind kind)
{
	return kind == ERR_UPSTREAM_CONNECT || kind == ERR_UPSTREAM_TIMEOUT ||
	       kind == ERR_UPSTREAM_OPEN || kind == ERR_DEADLINE ||
	       kind == ERR_BUSY || kind == ERR_BROKEN;
}

char *
upauth_find(upauth_door *call, struct engine *en,
    const struct upstream_ask *outer, int64_t deadline_ms, struct err *e)
{
	static const char *const places[][2] = {
		{ ".well-known/smart-configuration", "application/json" },
		{ "metadata", NULL },
	};
	struct upstream_target to = *outer->to;
	struct arena *a = arena_new();
	struct str url = STR_NONE;
	struct err why = { .kind = ERR_NONE };
	char *found = NULL;
	size_t i;

	to.token = NULL;
	to.cell = 0;
	for (i = 0; i < COUNT(places) && !url.at && !is_final(why.kind); i++) {
		const struct upstream_ask ask = { .to = &to,
			.path = str_of(places[i][0]),
			.accept = places[i][1] ? places[i][1] : outer->accept,
			.traceparent = outer->traceparent,
			.request_id = outer->request_id,
			.deadline_ms = deadline_ms };
		const struct upstream_answer *answer;

		err_clear(&why);
		if ((answer = call(en, a, &ask, &why)))
			url = upauth_find_read(a, answer->body);
	}
	if (url.at)
		found = strndup(url.at, url.len);
	else if (is_final(why.kind))
		upauth_token_told(e, &why);
	else
		err_why(e, ERR_UPSTREAM_TOKEN,
		    "the server names no token endpoint, neither in its "
		    "smart-configuration nor in its statement");
	arena_free(a);
	return found;
}
