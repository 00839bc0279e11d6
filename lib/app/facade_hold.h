/* facade_hold.h - is what the hospital sends what was asked for?
 * SPDX-License-Identifier: Apache-2.0
 *
 * Many servers answer as if what they do not know had not been asked, and would
 * show the wrong people; on the first page that need not show. So every page is
 * held against the search. Who is found by birth date, gender or number must
 * have it. Names may be found by other rules than ours (ue for an umlaut), and
 * a category by what a record does not say: there the server is believed if it
 * finds nobody where there is nobody to be found, and never against its own
 * link that says what it has done. */
#ifndef APP_FACADE_HOLD_H
#define APP_FACADE_HOLD_H

#include "app/visit.h"
#include "fhir/bundle.h"
#include "fhir/match.h"
#include "fhir/search_plan.h"

/* What pages are held against. */
struct hold {
	struct visit *v;
	const struct search *search;
	const struct search_plan *plan;
	bool native;        /* nobody else looks through the records */
	size_t dropped;     /* records that hold_sift took out */
	const char *by;     /* the face's parameter that the last did not fit */
	struct ability can; /* as it was known when this began */
};

/* hold_open - for pages of s.
 *   p  what was asked; NULL: pages whose links are the provider's, and s is
 *      planned anew to see what will have been asked */
void hold_open(struct hold *h, struct visit *v, const struct search *s,
    const struct search_plan *p);

/* hold_left_out - does the server's own link say that it passed over the i-th
 * of plan->asked? A server leaves it out then (FHIR R4 search 3.1.1.1.2); told
 * only where that link repeats what else was asked. */
bool hold_left_out(const struct hold *h, const struct bundle *b, size_t i);

/* hold_misfits - did it, going by the records of b? That is remembered
 * (relay/abilities). May ask the server. */
bool hold_misfits(struct hold *h, const struct bundle *b, size_t i);

/* hold_miscounts - does it, where there are no records to tell by? Asks the
 * server unless that is known. */
bool hold_miscounts(struct hold *h, size_t i);

/* hold_sift - takes the matches that do not fit out of b; how many it took. */
size_t hold_sift(struct hold *h, struct bundle *b);

/* hold_order - are the matches of b in the order that was asked for?
 *   end  as match_sorted takes it */
bool hold_order(
    const struct hold *h, const struct bundle *b, struct match_end *end);

/* hold_order_left_out - does the server's own link say that it did not sort? */
bool hold_order_left_out(const struct hold *h, const struct bundle *b);

#endif
