/* facade_search.c - a search by GET or POST _search, and its pages
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/facade_ask.h"
#include "app/facade_emulate.h"
#include "app/facade_fill.h"
#include "app/facade_page.h"
#include "app/facade_total.h"
#include "fhir/match.h"

/* What was not asked for by patient may be about one all the same: somebody
 * found by record number, a record found by its id. Absent: about several, or
 * nobody. */
static struct str
whose(const struct visit *v, const struct bundle *b)
{
	struct str one = STR_NONE, id;
	struct tree_node *entry, *record;

	tree_each(entry, tree_at(b->root, NAME_entry))
	{
		if (!(record = bundle_match(entry)))
			continue;
		id = match_whom(v->type, v->face.version, record);
		if (!id.len || (one.len && !str_eq(one, id)))
			return STR_NONE;
		one = id;
	}
	return one;
}

/* b has its links and its total; now it is answered. */
static bool
finish(struct visit *v, struct bundle *b, const struct links *called)
{
	struct str one = v->row->patient.len ? v->row->patient : whose(v, b);

	v->row->matches = b->has_total ? (int64_t)b->total : -1;
	v->row->returned = (int64_t)b->matches;
	fill_displays(v, b->root, called, b->aside);
	bundle_full_urls(b, v->w->a, v->base);
	if (called)
		links_rewrite(called, v->w->a, b->root);
	links_rewrite(&v->links, v->w->a, b->root);
	v->row->patient = one;
	return visit_answer(v, b->root);
}

static void
note_dropped(struct visit *v, struct bundle *b, const struct search *s)
{
	const char *said = search_said(v->w->a, s);

	if (said)
		bundle_note(b, v->w->a, v->face.version, "not-supported", said);
}

/* The provider's own page, in its order and with its links. */
static bool
their_page(struct visit *v, struct bundle *b, struct str self, struct str asked,
    const struct page_chain *chain)
{
	const struct links *called = facade_ask_called(v, b);

	facade_plan_withheld(v, NULL, b);
	return facade_page_theirs(v, b, self, asked, chain) &&
	       finish(v, b, called);
}

/* A page that the gateway makes out of all of the provider's. */
static bool
our_page(
    struct visit *v, struct facade_run *run, struct str self, uint64_t offset)
{
	const struct links *called = facade_ask_called(v, &run->b);
	uint64_t matches;

	return facade_emulate(v, run, offset, &matches) &&
	       facade_page_ours(
		   v, &run->b, self, run->search, offset, matches) &&
	       (note_dropped(v, &run->b, run->search),
		   finish(v, &run->b, called));
}

/* The server passed over _count: an app that asks for the last known place is
 * not to be sent a lifetime of them. */
static bool
too_many(const struct search *s, const struct bundle *b)
{
	return s->count_asked && s->count && b->matches > s->count;
}

/* A page further on showed that the server passed over a parameter: now that
 * this is known the gateway looks through all of them. */
static bool
looked_through(struct visit *v, const struct search *s)
{
	struct facade_run run;

	return facade_plan_run(v, s, true, &run) &&
	       our_page(v, &run, facade_page_self(v, s), 0);
}

static bool
their_first_page(struct visit *v, struct facade_run *run)
{
	const struct search *s = run->search;
	struct page_chain chain = { .search = s, .end = run->end };
	struct hold h;

	hold_open(&h, v, s, run->plan);
	switch (total_settle(&h, &run->b)) {
	case TOTAL_PASSED:
		return looked_through(v, s);
	case TOTAL_AT_LEAST:
		chain.total = CURSOR_UNKNOWN;
		break;
	case TOTAL_EXACT:
		chain.total = (int64_t)run->b.total;
	}
	note_dropped(v, &run->b, s);
	return their_page(v, &run->b, facade_page_self(v, s),
	    facade_ask_path(v, run->plan), &chain);
}

static bool
first_page(struct visit *v, const struct search *s)
{
	struct facade_run run;

	v->row->patient = s->patient;
	if (!facade_plan_run(v, s, false, &run))
		return false;
	if (run.walks || search_plan_here(run.plan) || run.plan->nothing ||
	    too_many(s, &run.b))
		return our_page(v, &run, facade_page_self(v, s), 0);
	return their_first_page(v, &run);
}

static bool
read_search(
    struct visit *v, const struct search_ask *more, const struct search **s)
{
	struct work *w = v->w;
	struct search_ask ask = *more;

	ask.face = v->face.version;
	ask.type = v->type;
	ask.public_base = str_of(w->conf->public_base);
	ask.count_default = (unsigned)w->conf->count_default;
	ask.count_max = (unsigned)w->conf->count_max;
	*s = search_read(w->a, &ask, &w->err);
	return *s != NULL;
}

/* The search is run again, and shown from further on. */
static bool
our_later_page(struct visit *v, const struct search *s, const struct cursor *c,
    struct str self)
{
	struct facade_run run;

	return facade_plan_run(v, s, true, &run) &&
	       our_page(v, &run, self, (uint64_t)c->offset);
}

/* What the provider tells is not the number of matches any more when some of
 * what it counts had to be withheld, here or on a page before. */
static void
settle_later(
    struct visit *v, struct hold *h, struct bundle *b, struct page_chain *chain)
{
	size_t dropped = hold_sift(h, b);

	if (dropped || v->withheld)
		chain->total = CURSOR_UNTRUE;
	if (chain->total == CURSOR_UNKNOWN && b->has_total)
		chain->total = (int64_t)b->total;
	if (chain->total >= 0)
		bundle_total(b, v->w->a, (uint64_t)chain->total);
	else if (v->withheld || dropped)
		bundle_total(b, v->w->a, b->matches); /* as the notes say */
	else
		total_at_least(v, b, b->matches);
	if (dropped)
		bundle_note(b, v->w->a, v->face.version, "security",
		    arena_printf(v->w->a,
			"The hospital's server passed over %s and sent %zu "
			"records that do not match; they were withheld, and "
			"total counts what is left of this page.",
			h->by, dropped));
}

/* Newest first must be newest first on every page. */
static void
note_order(struct visit *v, const struct hold *h, struct bundle *b,
    struct page_chain *chain)
{
	const struct abilities_of of = facade_ask_of(v);

	if (!h->search->sorts || hold_order(h, b, &chain->end) ||
	    h->can.facts[ABILITY_SORT].voice == ABILITY_OPERATOR)
		return;
	abilities_seen(v->facade->abilities, &of, ABILITY_SORT, false);
	bundle_note(b, v->w->a, v->face.version, "processing",
	    "The hospital's server did not keep to the order that was asked "
	    "for: some of these records belong on other pages.");
}

static bool
their_later_page(struct visit *v, const struct search *s,
    const struct cursor *c, struct str self)
{
	struct work *w = v->w;
	struct page_chain chain = { s, c->total, facade_page_end(c) };
	struct tree_node *root;
	struct bundle b;
	struct hold h;

	v->only_ids = s->ids;
	root = facade_ask_page(v, c->path, c->query, &w->err);
	if (!root || !bundle_read(&b, w->a, root, v->face.version, v->type_name,
			 &w->err))
		return false;
	hold_open(&h, v, s, NULL);
	settle_later(v, &h, &b, &chain);
	note_order(v, &h, &b, &chain);
	return their_page(v, &b, self, visit_their_type(v), &chain);
}

static bool
later_page(struct visit *v, struct str text)
{
	struct str self = facade_page_again(v, text);
	struct search_ask ask = { .form = STR_NONE };
	const struct search *s;
	struct cursor c;

	if (!facade_page_read(v, text, &c))
		return false;
	ask.query = c.search;
	if (!read_search(v, &ask, &s))
		return false;
	v->row->patient = s->patient;
	return c.offset < 0 ? their_later_page(v, s, &c, self)
	                    : our_later_page(v, s, &c, self);
}

bool
visit_search(struct visit *v)
{
	struct work *w = v->w;
	const struct search_ask ask = { .query = w->req->query,
		.form = v->form,
		.strict = search_strict(w->req->prefer) };
	const struct search *s;

	v->row->interaction = STR("search-type");
	if (!read_search(v, &ask, &s))
		return false;
	return s->cursor.at ? later_page(v, s->cursor) : first_page(v, s);
}
