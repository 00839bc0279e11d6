/* facade_total.h - Bundle.total for every search, whatever the provider says
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_FACADE_TOTAL_H
#define APP_FACADE_TOTAL_H

#include "app/facade_hold.h"

/* What a total is worth. */
enum total_word {
	TOTAL_EXACT,
	TOTAL_AT_LEAST, /* a lower bound, and a note says so */
	TOTAL_PASSED,   /* none: the provider passed over a parameter */
};

/* total_settle - b, the first page of h->plan, gets its total: what the
 * provider said; else what it says when asked for the number alone; else what
 * is counted page by page, at most pages_walked of them, a record that comes
 * twice as one. Pages that are counted are held against the search:
 * TOTAL_PASSED when one does not fit, and it has to be run again. */
enum total_word total_settle(struct hold *h, struct bundle *b);

/* total_at_least - b's total is a lower bound, and an outcome entry says so. */
void total_at_least(struct visit *v, struct bundle *b, uint64_t total);

#endif
