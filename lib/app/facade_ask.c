/* facade_ask.c - how a search reaches the tenant's provider
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/facade_ask.h"

/* Names and birth dates in an address end in access logs, the provider's too:
 * a search for persons travels as a form wherever the provider takes one. */
static bool
goes_as_form(const struct visit *v)
{
	return v->route->search_post && (v->posted || v->type == IFACE_PATIENT);
}

static bool
no_post_search(const struct visit *v)
{
	return v->row->upstream_status == 405 || v->row->upstream_status == 501;
}

struct tree_node *
facade_ask_search(
    struct visit *v, const struct search *s, bool total_only, struct err *e)
{
	struct upstream_ask ask = { .method = UPSTREAM_GET };
	struct buf b = buf_new(v->w->a, FACADE_ASK_BYTES_MAX);
	struct err first = { .kind = ERR_NONE };
	struct tree_node *root;

	search_write(&b, s, v->speaks, total_only);
	if (b.failed) {
		err_set(e, ERR_TOO_LARGE, NULL);
		return NULL;
	}
	if (goes_as_form(v)) {
		ask.method = UPSTREAM_POST_FORM;
		ask.path = str_of(arena_printf(
		    v->w->a, "%.*s/_search", STR_FMT(visit_their_type(v))));
		ask.body = (struct str){ b.at, b.len };
		if (visit_call(v, &ask, &root, &first))
			return root;
		if (!no_post_search(v)) {
			*e = first;
			return NULL;
		}
		ask = (struct upstream_ask){ .method = UPSTREAM_GET };
	}
	ask.path = visit_their_type(v);
	ask.query = (struct str){ b.at, b.len };
	visit_call(v, &ask, &root, e);
	return root;
}

struct tree_node *
facade_ask_page(
    struct visit *v, struct str path, struct str query, struct err *e)
{
	struct upstream_ask ask = {
		.method = UPSTREAM_GET, .path = path, .query = query
	};
	struct tree_node *root;

	visit_call(v, &ask, &root, e);
	return root;
}
