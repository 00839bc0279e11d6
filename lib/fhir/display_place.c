/* display_place.c - where a patient is: the active place comes first
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/display_place.h"

#include "fhir/date.h"

static bool
expected_only(struct str status)
{
	return str_is(status, "planned") || str_is(status, "reserved");
}

static struct tree_node *
present(struct tree_node *places)
{
	struct tree_node *one, *latest = NULL;
	struct date_span start;
	int64_t latest_us = 0;

	tree_each(one, places)
	{
		struct str status = tree_text(tree_at(one, NAME_status));
		struct tree_node *period = tree_at(one, NAME_period);

		if (str_is(status, "active"))
			return one;
		if (expected_only(status) ||
		    !date_span(
			&start, tree_text(tree_at(period, NAME_start))) ||
		    (latest && start.from_us <= latest_us))
			continue;
		latest = one;
		latest_us = start.from_us;
	}
	return latest;
}

void
display_place_first(struct tree_node *places)
{
	struct tree_node *one, *first;

	if (!tree_is(places, TREE_ARRAY) || !(first = tree_first(places)) ||
	    !tree_next(first))
		return;
	one = present(places);
	if (one && one != first)
		tree_insert(first, one);
}
