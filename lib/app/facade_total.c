/* facade_total.c - Bundle.total for every search, whatever the provider says
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/facade_total.h"

#include "app/facade_ask.h"
#include "fhir/once.h"

/* A counting request that fails only costs the exact number, not the answer. */
static bool
ask_number(struct visit *v, const struct search_plan *p, uint64_t *total)
{
	struct err e = { .kind = ERR_NONE };
	struct tree_node *root = facade_ask_plan(v, p, true, &e);
	struct bundle b;

	if (!root ||
	    !bundle_read(
		&b, v->w->a, root, v->face.version, v->type_name, &e) ||
	    !b.has_total)
		return false;
	*total = b.total;
	return true;
}

static uint64_t
count_new(struct once *met, const struct bundle *page)
{
	struct tree_node *entry;
	uint64_t n = 0;

	tree_each(entry, tree_at(page->root, NAME_entry))
	{
		struct tree_node *record = bundle_match(entry);

		n += record && once_first(met, record);
	}
	return n;
}

static enum total_word
walk(struct hold *h, const struct bundle *first, uint64_t *total)
{
	struct visit *v = h->v;
	struct bundle page = *first;
	int64_t left = v->w->conf->pages_walked - 1;
	struct once met;

	once_open(&met, v->w->a);
	*total = count_new(&met, first);
	while (page.next.len) {
		struct err e = { .kind = ERR_NONE };
		struct str next = page.next;
		uint64_t more;
		bool lost;

		if (!left-- || arena_over(v->w->a) ||
		    !facade_ask_next(v, h->plan, &page, &lost, &e))
			return TOTAL_AT_LEAST;
		if (hold_sift(h, &page))
			return TOTAL_PASSED;
		*total += more = count_new(&met, &page);
		/* it leads to itself, or round in a circle */
		if ((page.matches && !more) || str_eq(page.next, next))
			return TOTAL_AT_LEAST;
	}
	return TOTAL_EXACT;
}

void
total_at_least(struct visit *v, struct bundle *b, uint64_t total)
{
	bundle_total(b, v->w->a, total);
	bundle_note(b, v->w->a, v->face.version, "incomplete",
	    "The hospital's server does not tell how many records match; total "
	    "is what could be counted, and there may be more.");
}

enum total_word
total_settle(struct hold *h, struct bundle *b)
{
	struct visit *v = h->v;
	uint64_t total = b->has_total ? b->total : b->matches;
	enum total_word word = TOTAL_EXACT;

	if (!b->has_total && b->next.len && !ask_number(v, h->plan, &total))
		word = walk(h, b, &total);
	if (word == TOTAL_AT_LEAST)
		total_at_least(v, b, total);
	else
		bundle_total(b, v->w->a, total);
	return word;
}
