/* facade_search.c - a search by GET or POST _search, and its pages
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/facade_ask.h"
#include "app/facade_emulate.h"
#include "app/facade_fill.h"
#include "app/facade_page.h"
#include "app/facade_total.h"

/* b has its links and its total; now it is answered. */
static bool
finish(struct visit *v, struct bundle *b, const struct links *called)
{
	v->row->matches = b->has_total ? (int64_t)b->total : -1;
	v->row->returned = (int64_t)b->matches;
	fill_displays(v, b->root, called, b->aside);
	bundle_full_urls(b, v->w->a, v->base);
	if (called)
		links_rewrite(called, v->w->a, b->root);
	links_rewrite(&v->links, v->w->a, b->root);
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
their_page(struct visit *v, struct bundle *b, struct str self, struct str asked)
{
	const struct links *called = facade_ask_called(v, b);

	if (v->withheld)
		bundle_total(b, v->w->a, b->matches);
	facade_plan_withheld(v, NULL, b);
	return facade_page_theirs(v, b, self, asked) && finish(v, b, called);
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
	if (!total_settle(v, run.plan, &run.b))
		return false;
	note_dropped(v, &run.b, s);
	return their_page(
	    v, &run.b, facade_page_self(v, s), facade_ask_path(v, run.plan));
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
our_later_page(struct visit *v, const struct cursor *c, struct str self)
{
	const struct search_ask ask = { .query = c->query };
	const struct search *s;
	struct facade_run run;

	return read_search(v, &ask, &s) && facade_plan_run(v, s, true, &run) &&
	       our_page(v, &run, self, (uint64_t)c->offset);
}

static bool
their_later_page(struct visit *v, const struct cursor *c, struct str self)
{
	struct work *w = v->w;
	struct tree_node *root = facade_ask_page(v, c->path, c->query, &w->err);
	struct bundle b;

	if (!root || !bundle_read(&b, w->a, root, v->face.version, v->type_name,
			 &w->err))
		return false;
	if (c->total >= 0)
		bundle_total(&b, w->a, (uint64_t)c->total);
	else if (!total_of_page(v, &b))
		return false;
	return their_page(v, &b, self, visit_their_type(v));
}

static bool
later_page(struct visit *v, struct str text)
{
	struct str self = facade_page_again(v, text);
	struct cursor c;

	if (!facade_page_read(v, text, &c))
		return false;
	v->row->patient = c.patient;
	return c.offset < 0 ? their_later_page(v, &c, self)
	                    : our_later_page(v, &c, self);
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
