/* facade_hold.c - is what the hospital sends what was asked for?
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/facade_hold.h"

#include <string.h>

#include "app/facade_ask.h"

void
hold_open(struct hold *h, struct visit *v, const struct search *s,
    const struct search_plan *p)
{
	*h = (struct hold){ .v = v, .search = s, .plan = p, .native = !p };
	facade_ask_can(v, &h->can);
	if (!p)
		h->plan = search_plan_make(
		    v->w->a, s, &h->can, str_of(v->route->mrn_system));
}

/* ---- by its own word ------------------------------------------------------ */

static bool
holds(struct str text, const char *part)
{
	return text.len && memmem(text.at, text.len, part, strlen(part));
}

static bool
left_out(const struct hold *h, const struct bundle *b, const char *name)
{
	const struct search_plan *p = h->plan;
	bool alone = true, repeats = false;
	struct str query;

	str_cut(b->self, '?', &query);
	for (size_t i = 0; i < p->n; i++) {
		if (!strcmp(p->asked[i].name, name))
			continue;
		alone = false;
		repeats = repeats || holds(query, p->asked[i].name);
	}
	return !holds(query, name) &&
	       (alone ? holds(query, "_count") : repeats);
}

bool
hold_order_left_out(const struct hold *h, const struct bundle *b)
{
	return left_out(h, b, "sort");
}

/* ---- by its records ------------------------------------------------------- */

/* One parameter, in the face's words and in the provider's: a record that fits
 * either was asked for. */
struct wanted {
	const struct match *ours, *theirs;
};

static struct wanted
wanted(const struct hold *h, size_t i)
{
	const struct search *s = h->search;
	const struct search_asked *asked = &h->plan->asked[i];
	struct search_param *theirs = arena_get(h->v->w->a, sizeof *theirs);

	*theirs = (struct search_param){ asked->param->param, asked->modifier,
		asked->value };
	return (struct wanted){
		match_open(h->v->w->a, s->type, s->face, asked->param, 1),
		match_open(h->v->w->a, s->type, s->face, theirs, 1),
	};
}

static bool
fits(const struct hold *h, const struct wanted *w, struct tree_node *record)
{
	struct arena *a = h->v->w->a;

	return match_fits(w->ours, a, record) ||
	       match_fits(w->theirs, a, record);
}

static bool
all_fit(const struct hold *h, const struct bundle *b, const struct wanted *w)
{
	struct tree_node *entry;

	tree_each(entry, tree_at(b->root, NAME_entry))
	{
		struct tree_node *record = bundle_match(entry);

		if (record && !fits(h, w, record))
			return false;
	}
	return true;
}

/* Then the gateway looks through what is found anyhow. */
static bool
looked_through(const struct hold *h, const struct iface_param *q)
{
	const struct search_plan *p = h->plan;

	for (size_t i = 0; i < p->n_filter && !h->native; i++)
		if (p->filter[i].param == q)
			return true;
	return false;
}

static const struct iface_param *
their_param(const struct hold *h, size_t i)
{
	return iface_canonical(
	    h->search->type, h->plan->to, h->plan->asked[i].name);
}

/* Patients and ids are seen to in app/visit, whatever is asked. */
static bool
held(const struct hold *h, size_t i)
{
	const struct iface_param *p = h->plan->asked[i].param->param;

	return p->kind != IFACE_REFERENCE && p->kind != IFACE_ID &&
	       their_param(h, i) && !looked_through(h, p);
}

bool
hold_left_out(const struct hold *h, const struct bundle *b, size_t i)
{
	return held(h, i) && left_out(h, b, h->plan->asked[i].name);
}

/* By this one a record may be told that was not asked for. */
static bool
telling(const struct hold *h, const struct bundle *b, size_t i)
{
	return (h->search->type == IFACE_PATIENT &&
		   h->plan->asked[i].param->param->kind != IFACE_STRING) ||
	       ability_passed(&h->can, h->search->type, their_param(h, i)) ||
	       hold_left_out(h, b, i);
}

static void
remember(struct hold *h, size_t i, bool passed)
{
	const struct abilities_of of = facade_ask_of(h->v);
	enum iface_type t = h->search->type;
	const struct iface_param *p = their_param(h, i);

	(passed ? ability_param_passed : ability_param_heeded)(&h->can, t, p);
	(passed ? abilities_passed : abilities_heeded)(
	    h->v->facade->abilities, &of, t, p);
}

static struct str
nobody(const struct hold *h, size_t i)
{
	return h->plan->asked[i].param->param->kind == IFACE_DATE
	           ? STR(FACADE_ASK_NEVER)
	           : STR(FACADE_ASK_NOBODY);
}

/* The same search for nobody, or for a day long ago. */
static const struct search_plan *
for_nobody(const struct hold *h, size_t i)
{
	struct arena *a = h->v->w->a;
	const struct search_plan *p = h->plan;
	struct search_plan *q = arena_get(a, sizeof *q);
	struct search_asked *asked = arena_get(a, p->n * sizeof *asked);

	for (size_t k = 0; k < p->n; k++)
		asked[k] = p->asked[k];
	asked[i].value = nobody(h, i);
	*q = *p;
	q->asked = asked;
	q->sorts = 0;
	q->count = 1;
	q->total = false;
	return q;
}

static bool
finds_nobody(const struct hold *h, const struct bundle *b, size_t i)
{
	const struct search_param none = { h->plan->asked[i].param->param,
		IFACE_PLAIN, nobody(h, i) };
	const struct match *m =
	    match_open(h->v->w->a, h->search->type, h->search->face, &none, 1);
	const struct wanted w = { m, m };

	return all_fit(h, b, &w);
}

/* Who goes by the parameter finds nobody there, or refuses it, and has a way of
 * its own to find the others. */
static bool
goes_by(struct hold *h, size_t i)
{
	struct visit *v = h->v;
	struct err e = { .kind = ERR_NONE };
	struct bundle b;
	int status;
	struct tree_node *root = facade_ask_aside(v, for_nobody(h, i), &status);
	bool read = root && bundle_read(&b, v->w->a, root, v->face.version,
				v->type_name, &e);
	bool goes = !read || finds_nobody(h, &b, i);

	if (read || status == 400) /* else nobody knows, this time */
		remember(h, i, !goes);
	return goes;
}

bool
hold_miscounts(struct hold *h, size_t i)
{
	return held(h, i) &&
	       !ability_heeded(&h->can, h->search->type, their_param(h, i)) &&
	       !goes_by(h, i);
}

bool
hold_misfits(struct hold *h, const struct bundle *b, size_t i)
{
	struct wanted w;

	if (!held(h, i))
		return false;
	w = wanted(h, i);
	if (all_fit(h, b, &w))
		return false;
	if (telling(h, b, i)) {
		remember(h, i, true);
		return true;
	}
	return hold_miscounts(h, i);
}

struct sift {
	const struct hold *h;
	struct wanted w;
	size_t out;
};

static struct tree_node *
keep_fitting(struct tree_node *entry, void *ctx)
{
	struct sift *s = ctx;
	struct tree_node *record = bundle_match(entry);

	if (!record || fits(s->h, &s->w, record))
		return entry;
	s->out++;
	return NULL;
}

size_t
hold_sift(struct hold *h, struct bundle *b)
{
	struct tree_node *list = tree_at(b->root, NAME_entry);
	size_t before = h->dropped;

	for (size_t i = 0; i < h->plan->n && list; i++) {
		struct sift s = { .h = h };

		if (!hold_misfits(h, b, i))
			continue;
		s.w = wanted(h, i);
		tree_sift(list, keep_fitting, &s);
		b->matches -= s.out;
		h->dropped += s.out;
		h->by = h->plan->asked[i].param->param->name;
	}
	if (list && !tree_first(list))
		tree_remove(list); /* an empty one is not allowed */
	return h->dropped - before;
}

bool
hold_order(const struct hold *h, const struct bundle *b, struct match_end *end)
{
	const struct search *s = h->search;
	struct tree_node *entry,
	    **list = arena_get(h->v->w->a, b->matches * sizeof *list);
	size_t n = 0;

	tree_each(entry, tree_at(b->root, NAME_entry))
	{
		struct tree_node *record = bundle_match(entry);

		if (record && n < b->matches)
			list[n++] = record;
	}
	return match_sorted(s->type, s->face, s->sort, s->sorts, list, n, end);
}
