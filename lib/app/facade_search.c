/* facade_search.c - a search by GET or POST _search, and its pages
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/facade_ask.h"
#include "app/facade_fill.h"
#include "app/facade_total.h"
#include "app/visit.h"
#include "fhir/bundle.h"
#include "fhir/search.h"

/* The default face answers in more than one version. */
static struct cursor_for
bound(const struct visit *v)
{
	return (struct cursor_for){ .tenant = v->claims->tenant,
		.client = v->claims->client,
		.face = str_of(arena_printf(v->w->a, "%.*s %s",
		    STR_FMT(v->face.path), version_name(v->face.version))),
		.type = v->type_name };
}

/* A provider's paging link as one of ours; absent when there is none or it
 * leads nowhere that we may ask (*lost is set then). */
static struct str
page_url(struct visit *v, const struct bundle *b, struct str link, bool *lost,
    struct err *e)
{
	struct cursor_for to = bound(v);
	struct cursor c = { .revision = v->to.revision,
		.total = b->has_total ? (int64_t)b->total : -1,
		.patient = v->row->patient };
	struct str text;

	if (!link.len)
		return STR_NONE;
	if (!links_inward(&v->links, v->w->a, link, visit_their_type(v),
		&c.path, &c.query)) {
		*lost = true;
		return STR_NONE;
	}
	text = cursor_make(v->facade->cursors, v->w->a, &to, &c, v->now_s, e);
	if (!text.at)
		return STR_NONE;
	return str_of(arena_printf(v->w->a, "%.*s/%.*s?_cursor=%.*s",
	    STR_FMT(v->base), STR_FMT(v->type_name), STR_FMT(text)));
}

static bool
put_links(struct visit *v, struct bundle *b, struct str self)
{
	struct err *e = &v->w->err;
	bool lost = false;
	struct bundle_link links[] = {
		{ "self", self },
		{ "first", page_url(v, b, b->first, &lost, e) },
		{ "previous", page_url(v, b, b->previous, &lost, e) },
		{ "next", page_url(v, b, b->next, &lost, e) },
		{ "last", page_url(v, b, b->last, &lost, e) },
	};

	if (e->kind != ERR_NONE)
		return false;
	bundle_links(b, v->w->a, links, COUNT(links));
	if (lost)
		bundle_note(b, v->w->a, v->face.version, "incomplete",
		    "The hospital's server gave a page link that cannot be "
		    "followed: it leads outside of that server, or is too "
		    "long. Those records cannot be shown.");
	return true;
}

/* A server that does not know a search parameter may answer as if it had not
 * been sent. What was asked about one patient holds nothing about another, and
 * what was asked for by id is nobody else.
 *   ids  value of _id; absent: none, or a later page, which knows its patient */
static size_t
others_out(struct visit *v, struct bundle *b, struct str ids)
{
	const char *subject = iface_resource(v->type)->subject[v->face.version];
	size_t n = 0;

	if (!ids.len && v->type == IFACE_PATIENT)
		ids = v->row->patient;
	if (ids.len)
		n = bundle_keep_ids(b, ids);
	if (v->row->patient.len && subject)
		n += bundle_keep(b, subject, v->row->patient);
	return n;
}

static void
withhold_others(struct visit *v, struct bundle *b, struct str ids)
{
	size_t n = others_out(v, b, ids);

	if (!n)
		return;
	bundle_total(b, v->w->a, b->matches);
	bundle_note(b, v->w->a, v->face.version, "security",
	    arena_printf(v->w->a,
		"The hospital's server sent %zu records that are not what was "
		"asked for, by patient or by id; they were withheld, and total "
		"counts only what is shown.",
		n));
}

/* What the server calls itself in its full URLs, if that is another name than
 * the one we know it by, is a place of the hospital too. */
static struct links *
other_name(struct visit *v, const struct bundle *b)
{
	struct str called = bundle_base(b);
	struct links *other = arena_get(v->w->a, sizeof *other);

	return called.at && !links_outward(&v->links, v->w->a, called).at &&
	               links_open(other, v->w->a, called, v->base)
	           ? other
	           : NULL;
}

static bool
finish(struct visit *v, struct bundle *b, struct str self, struct str ids)
{
	const struct links *called = other_name(v, b);

	withhold_others(v, b, ids);
	v->row->matches = b->has_total ? (int64_t)b->total : -1;
	v->row->returned = (int64_t)b->matches;
	if (!put_links(v, b, self))
		return false;
	fill_displays(v, b->root, called, b->aside);
	bundle_full_urls(b, v->w->a, v->base);
	if (called)
		links_rewrite(called, v->w->a, b->root);
	links_rewrite(&v->links, v->w->a, b->root);
	return visit_answer(v, b->root);
}

static struct str
self_url(struct visit *v, const struct search *s)
{
	struct buf query = buf_new(v->w->a, FACADE_ASK_BYTES_MAX);
	const char *text;

	search_self(&query, s);
	text = buf_text(&query);
	return text ? str_of(arena_printf(v->w->a, "%.*s/%.*s?%s",
			  STR_FMT(v->base), STR_FMT(v->type_name), text))
	            : STR_NONE;
}

static void
note_dropped(struct visit *v, struct bundle *b, const struct search *s)
{
	const char *said = search_said(v->w->a, s);

	if (said)
		bundle_note(b, v->w->a, v->face.version, "not-supported", said);
}

static bool
first_page(struct visit *v, const struct search *s)
{
	struct work *w = v->w;
	struct tree_node *root;
	struct bundle b;

	v->row->patient = s->patient;
	root = facade_ask_search(v, s, s->count == 0, &w->err);
	return root &&
	       bundle_read(
		   &b, w->a, root, v->face.version, v->type_name, &w->err) &&
	       total_settle(v, s, &b) &&
	       (note_dropped(v, &b, s), finish(v, &b, self_url(v, s), s->ids));
}

static bool
later_page(struct visit *v, const struct search *s)
{
	struct work *w = v->w;
	struct cursor_for to = bound(v);
	struct tree_node *root;
	struct cursor c;
	struct bundle b;

	if (!cursor_read(v->facade->cursors, w->a, &to, s->cursor, v->now_s, &c,
		&w->err))
		return false;
	if (c.revision != v->to.revision)
		return err_set(&w->err, ERR_CURSOR, NULL);
	v->row->patient = c.patient;
	if (!(root = facade_ask_page(v, c.path, c.query, &w->err)) ||
	    !bundle_read(
		&b, w->a, root, v->face.version, v->type_name, &w->err))
		return false;
	if (c.total >= 0)
		bundle_total(&b, w->a, (uint64_t)c.total);
	else if (!total_of_page(v, &b))
		return false;
	return finish(v, &b,
	    str_of(arena_printf(w->a, "%.*s/%.*s?_cursor=%.*s",
		STR_FMT(v->base), STR_FMT(v->type_name), STR_FMT(s->cursor))),
	    STR_NONE);
}

bool
visit_search(struct visit *v)
{
	struct work *w = v->w;
	const struct search_ask ask = { .face = v->face.version,
		.type = v->type,
		.query = w->req->query,
		.form = v->form,
		.public_base = str_of(w->conf->public_base),
		.strict = search_strict(w->req->prefer),
		.count_default = (unsigned)w->conf->count_default,
		.count_max = (unsigned)w->conf->count_max };
	const struct search *s;

	v->row->interaction = STR("search-type");
	if (!(s = search_read(w->a, &ask, &w->err)))
		return false;
	return s->cursor.at ? later_page(v, s) : first_page(v, s);
}
