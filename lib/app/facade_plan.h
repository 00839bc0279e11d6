/* facade_plan.h - a search is planned, asked, and planned again if refused
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a provider can is tried, not asked about: a search goes out as if it
 * could, and only when it is refused (400, 501) less is tried, one thing after
 * the other, and what was refused is remembered (relay/abilities). The
 * statement is read only when that may help. That a server passes over _sort
 * or a parameter is seen from what it answers (app/facade_hold). */
#ifndef APP_FACADE_PLAN_H
#define APP_FACADE_PLAN_H

#include "app/visit.h"
#include "fhir/bundle.h"
#include "fhir/match.h"
#include "fhir/search_plan.h"

/* A search that was asked. */
struct facade_run {
	const struct search *search;
	const struct search_plan *plan; /* what was asked in the end */
	struct bundle b;                /* the first page */
	struct match_end end; /* where it ends, if the provider sorted it */
	bool walks; /* all pages are to be read, if only to count them */
};

/* facade_plan_run - the first page that the provider has for s; of our own
 * making and empty where there is no way to ask.
 *   walks  all pages will be read, whatever the plan
 * false: w->err is set, from the first time it was asked. */
bool facade_plan_run(struct visit *v, const struct search *s, bool walks,
    struct facade_run *run);

/* facade_plan_withheld - says in b how many records were withheld on the way to
 * it, if any were.
 *   p  NULL: of a later page; a plan that finds others says nothing of them */
void facade_plan_withheld(
    struct visit *v, const struct search_plan *p, struct bundle *b);

/* facade_plan_say - what the gateway did itself, or could not, as outcome
 * entries of b. */
void facade_plan_say(
    struct visit *v, const struct search_plan *p, struct bundle *b);

#endif
