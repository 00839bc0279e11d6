/* facade_ask.c - how a search reaches the tenant's provider
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/facade_ask.h"

#include "base/clock.h"
#include "base/log.h"
#include "fhir/bundle.h"
#include "gate/found.h"

struct abilities_of
facade_ask_of(const struct visit *v)
{
	return (struct abilities_of){ &v->to, v->speaks, clock_mono_ms() };
}

/* Another process may have seen what this one has not. */
static void
recall(const struct visit *v, const struct abilities_of *of)
{
	struct err e = { .kind = ERR_NONE };
	struct ability known;

	if (!abilities_new_to(v->facade->abilities, of))
		return;
	ability_start(&known, v->speaks);
	if (found_get(v->facade->gateway->db, v->w->a, &v->claims->tenant,
		v->to.revision, &known, v->now_s, &e))
		abilities_recall(v->facade->abilities, of, &known);
	else
		log_event(LOG_WARN, "found_not_read", LOG_WHY, e.why, LOG_END);
}

void
facade_ask_can(const struct visit *v, struct ability *can)
{
	const struct directory_route *route = v->route;
	const struct ability_switches to = {
		.post = route->search_post ? "auto" : "off",
		.contains = route->can_contains,
		.sort = route->can_sort,
		.total = route->can_total,
		.batch = route->can_batch,
		.coverage_person = route->coverage_person,
	};
	const struct abilities_of of = facade_ask_of(v);

	recall(v, &of);
	abilities_get(v->facade->abilities, &of, can);
	ability_switch(can, &to);
}

struct str
facade_ask_path(const struct visit *v, const struct search_plan *p)
{
	if (!p->compartment.at)
		return str_of(p->type);
	return str_of(arena_printf(
	    v->w->a, "Patient/%.*s/%s", STR_FMT(p->compartment), p->type));
}

/* Names and birth dates in an address end in access logs, the provider's too:
 * a search for persons travels as a form wherever the provider takes one. */
static bool
goes_as_form(const struct visit *v, const struct search_plan *p)
{
	return p->post && !p->compartment.at &&
	       (v->posted || v->type == IFACE_PATIENT);
}

static bool
no_post_search(const struct visit *v)
{
	return v->row->upstream_status == 405 || v->row->upstream_status == 501;
}

static void
note_post(struct visit *v, const struct search_plan *p, bool works)
{
	const struct abilities_of of = facade_ask_of(v);

	if (p->tries & 1u << ABILITY_POST)
		abilities_seen(v->facade->abilities, &of, ABILITY_POST, works);
}

/* false: the provider takes no forms. Else *root is its answer, or e is set. */
static bool
ask_form(struct visit *v, const struct search_plan *p, struct str text,
    struct tree_node **root, struct err *e)
{
	struct upstream_ask ask = { .method = UPSTREAM_POST_FORM,
		.path = str_of(arena_printf(v->w->a, "%s/_search", p->type)),
		.body = text };
	struct err first = { .kind = ERR_NONE };
	bool works = visit_call(v, &ask, root, &first) != NULL;

	if (works || no_post_search(v))
		note_post(v, p, works);
	if (!works && no_post_search(v))
		return false;
	if (!works)
		*e = first;
	return true;
}

struct tree_node *
facade_ask_plan(struct visit *v, const struct search_plan *p, bool total_only,
    struct err *e)
{
	struct buf b = buf_new(v->w->a, FACADE_ASK_BYTES_MAX);
	struct tree_node *root;
	struct str text;

	search_plan_write(&b, p, total_only);
	if (b.failed) {
		err_set(e, ERR_TOO_LARGE, NULL);
		return NULL;
	}
	text = (struct str){ b.at, b.len };
	if (goes_as_form(v, p) && ask_form(v, p, text, &root, e))
		return root;
	return facade_ask_page(v, facade_ask_path(v, p), text, e);
}

struct tree_node *
facade_ask_aside(struct visit *v, const struct search_plan *p, int *status)
{
	int was = v->row->upstream_status;
	size_t withheld = v->withheld;
	struct err e = { .kind = ERR_NONE };
	struct tree_node *root = facade_ask_plan(v, p, false, &e);

	*status = v->row->upstream_status;
	v->row->upstream_status = was;
	v->withheld = withheld;
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

const struct links *
facade_ask_called(struct visit *v, const struct bundle *b)
{
	struct str called = bundle_base(b);
	struct links *other = arena_get(v->w->a, sizeof *other);

	return called.at && !links_outward(&v->links, v->w->a, called).at &&
	               links_open(other, v->w->a, called, v->base)
	           ? other
	           : NULL;
}

/* Behind a proxy a server may be known by another path, too. */
bool
facade_ask_place(struct visit *v, const struct bundle *b, struct str link,
    struct str asked, struct str *path, struct str *query)
{
	struct arena *a = v->w->a;
	const struct links *l = facade_ask_called(v, b);

	if (!l || links_outward(&v->links, a, link).at ||
	    !links_outward(l, a, link).at)
		l = &v->links;
	return links_inward(l, a, link, asked, path, query);
}

bool
facade_ask_next(struct visit *v, const struct search_plan *p, struct bundle *b,
    bool *lost, struct err *e)
{
	struct str path, query;
	struct tree_node *root;

	*lost = !facade_ask_place(
	    v, b, b->next, facade_ask_path(v, p), &path, &query);
	return !*lost && (root = facade_ask_page(v, path, query, e)) &&
	       bundle_read(b, v->w->a, root, v->face.version, v->type_name, e);
}
