/* facade_emulate.c - filters and sorts for a provider that does not
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/facade_emulate.h"

#include "app/facade_ask.h"
#include "app/facade_hold.h"
#include "fhir/match.h"
#include "fhir/once.h"

/* All pages while they are being read. */
struct walk {
	struct visit *v;
	const struct search_plan *plan;
	const struct match *match;
	struct hold hold;          /* what the match need not look at */
	struct tree_node **record; /* what fits */
	size_t n, room;
	struct once met; /* what fits or not */
	bool cut;        /* pages were left unread */
};

/* ---- the pages ------------------------------------------------------------------ */

static void
keep(struct walk *w, struct tree_node *record)
{
	if (w->n == w->room) {
		size_t room = w->room ? w->room * 2 : 64;

		w->record = arena_grow(w->v->w->a, w->record,
		    w->n * sizeof *w->record, room * sizeof *w->record);
		w->room = room;
	}
	w->record[w->n++] = record;
}

/* false: it holds nothing that has not come before. */
static bool
look_through(struct walk *w, const struct bundle *page)
{
	bool any = !page->matches;
	struct tree_node *entry;

	tree_each(entry, tree_at(page->root, NAME_entry))
	{
		struct tree_node *record = bundle_match(entry);

		if (!record || !once_first(&w->met, record))
			continue;
		any = true;
		if (match_fits(w->match, w->v->w->a, record))
			keep(w, record);
	}
	return any;
}

/* What came along with a later page may name what the answer only refers to. */
static void
take_aside(struct bundle *to, const struct bundle *from)
{
	struct tree_node *entry;

	if (!to->aside)
		to->aside = from->aside;
	else
		while ((entry = tree_first(from->aside)))
			tree_append(to->aside, entry);
}

static bool
read_pages(struct walk *w, struct bundle *first)
{
	struct visit *v = w->v;
	struct bundle page;
	int64_t left = v->w->conf->pages_walked - 1;

	hold_sift(&w->hold, first); /* longer than the one that was judged by */
	page = *first;
	look_through(w, first);
	while (page.next.len && !w->cut) {
		struct str next = page.next;

		if (arena_over(v->w->a))
			return err_set(&v->w->err, ERR_BUSY, NULL);
		if (!left--) {
			w->cut = true;
			break;
		}
		if (!facade_ask_next(v, w->plan, &page, &w->cut, &v->w->err)) {
			if (!w->cut)
				return false;
			break;
		}
		hold_sift(&w->hold, &page);
		/* it leads to itself, or round in a circle */
		w->cut = !look_through(w, &page) || str_eq(page.next, next);
		take_aside(first, &page);
	}
	return true;
}

/* ---- the answer ------------------------------------------------------------------- */

static void
show(struct walk *w, struct bundle *b, const struct search *s, uint64_t offset)
{
	size_t from = offset < w->n ? (size_t)offset : w->n;
	size_t n = w->n - from < s->count ? w->n - from : s->count;
	struct tree_node **entry = arena_get(w->v->w->a, n * sizeof *entry);

	for (size_t i = 0; i < n; i++)
		entry[i] = w->record[from + i]->parent;
	bundle_show(b, w->v->w->a, entry, n);
	bundle_total(b, w->v->w->a, w->n);
}

static void
say(struct walk *w, struct bundle *b)
{
	struct visit *v = w->v;

	facade_plan_withheld(v, w->plan, b);
	facade_plan_say(v, w->plan, b);
	if (w->hold.dropped)
		bundle_tell(b, v->w->a, v->face.version, "informational",
		    arena_printf(v->w->a,
			"The hospital's server cannot search so by %s; the "
			"gateway looked through the records itself.",
			w->hold.by));
	if (w->plan->search->count && !v->withheld && !w->hold.dropped &&
	    !search_plan_here(w->plan) && !w->plan->nothing)
		bundle_tell(b, v->w->a, v->face.version, "informational",
		    "The hospital's server sends more records at a time than "
		    "were asked for; the gateway shows them in pages.");
	if (w->cut)
		bundle_note(b, v->w->a, v->face.version, "incomplete",
		    w->plan->sort_here
			? "The hospital's server has more records than the "
			  "gateway reads to put them in order: total is what "
			  "was read, and records that belong in front may be "
			  "missing."
			: "The hospital's server has more records than the "
			  "gateway looks through: total is what was found so "
			  "far, and there may be more.");
}

bool
facade_emulate(
    struct visit *v, struct facade_run *run, uint64_t offset, uint64_t *matches)
{
	const struct search *s = run->search;
	const struct search_plan *p = run->plan;
	struct walk w = { .v = v,
		.plan = p,
		.match = match_open(v->w->a, v->type, v->face.version,
		    p->filter, p->n_filter) };

	hold_open(&w.hold, v, s, p);
	once_open(&w.met, v->w->a);
	if (!read_pages(&w, &run->b))
		return false;
	if (p->sort_here)
		match_sort(v->w->a, v->type, v->face.version, s->sort, s->sorts,
		    w.record, w.n);
	show(&w, &run->b, s, offset);
	say(&w, &run->b);
	*matches = w.n;
	return true;
}
