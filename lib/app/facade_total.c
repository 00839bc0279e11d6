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

/* false: stopped early, *total is a lower bound. */
static bool
walk(struct visit *v, const struct search_plan *p, const struct bundle *first,
    uint64_t *total)
{
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
		    !facade_ask_next(v, p, &page, &lost, &e))
			return false;
		*total += more = count_new(&met, &page);
		/* it leads to itself, or round in a circle */
		if ((page.matches && !more) || str_eq(page.next, next))
			return false;
	}
	return true;
}

static void
say_lower_bound(struct visit *v, struct bundle *b)
{
	bundle_note(b, v->w->a, v->face.version, "incomplete",
	    "The hospital's server does not tell how many records match; total "
	    "is what could be counted, and there may be more.");
}

bool
total_settle(struct visit *v, const struct search_plan *p, struct bundle *b)
{
	uint64_t total = b->matches;
	bool exact = true;

	if (b->has_total) {
		bundle_total(b, v->w->a, b->total);
		return true;
	}
	if (b->next.len && !ask_number(v, p, &total))
		exact = walk(v, p, b, &total);
	bundle_total(b, v->w->a, total);
	if (!exact)
		say_lower_bound(v, b);
	return true;
}

bool
total_of_page(struct visit *v, struct bundle *b)
{
	if (b->has_total) {
		bundle_total(b, v->w->a, b->total);
	} else {
		bundle_total(b, v->w->a, b->matches);
		say_lower_bound(v, b);
	}
	return true;
}
