/* search_plan.h - who does what of a search: the provider, or the gateway
 * SPDX-License-Identifier: Apache-2.0
 *
 * A checked search in the face's words becomes what is asked of the provider,
 * in its version's words, and what is left to be done here: records to be
 * looked through by fhir/match, an order to be made. What is asked finds at
 * least all that are wanted, unless a sentence says otherwise. */
#ifndef FHIR_SEARCH_PLAN_H
#define FHIR_SEARCH_PLAN_H

#include "fhir/ability.h"
#include "fhir/search.h"

/* Records per page when the gateway looks through all of them itself. */
#define SEARCH_PLAN_PAGE 250

#define SEARCH_PLAN_SAID_MAX 8

/* One parameter as it is sent. */
struct search_asked {
	const char *name;
	enum iface_modifier modifier;
	struct str value;                 /* decoded */
	const struct search_param *param; /* the face's, that it is made of */
};

struct search_said {
	const char *code; /* issue-type */
	bool warning;     /* else it is only information */
	const char *text;
};

struct search_plan {
	const struct search *search;
	enum fhir_version to;
	const char *type;       /* resource type as the provider calls it */
	bool nothing;           /* there is no way to ask it: nobody is asked */
	struct str compartment; /* Patient/[this]/type is asked; or absent */
	const struct search_asked *asked;
	size_t n;
	struct search_sort sort[SEARCH_SORTS_MAX]; /* their parameters */
	size_t sorts;
	unsigned count; /* page size that is asked for */
	bool total;     /* _total=accurate goes along */
	bool post;      /* POST _search may be tried */

	/* left to be done here; each makes the gateway read all pages */
	const struct search_param *filter; /* the face's; all must be met */
	size_t n_filter;
	bool sort_here; /* by search->sort */
	bool others;    /* finds what is about other patients, as it must */

	/* what it relies on without being sure: bits 1u << ability_fact (that of
	 * ABILITY_POST even if it will not be asked so), and how a Coverage's
	 * person is asked for (ABILITY_PERSON_UNKNOWN: by the operator's word) */
	unsigned tries;
	enum ability_person tries_person;

	struct search_said said[SEARCH_PLAN_SAID_MAX];
	size_t n_said;
};

/* search_plan_make - borrowed from a and from s.
 *   mrn_system  identifier system of the provider's record numbers; empty or
 *               absent: not known, then record numbers are found by type */
const struct search_plan *search_plan_make(struct arena *a,
    const struct search *s, const struct ability *can, struct str mrn_system);

/* search_plan_walk - the same plan for reading all pages, whatever is left to
 * be done with them. */
const struct search_plan *search_plan_walk(
    struct arena *a, const struct search_plan *p);

/* search_plan_here - is anything left to be done by the gateway? */
bool search_plan_here(const struct search_plan *p);

/* search_plan_unsure - would the provider's statement help to plan this? Only
 * then is it worth a request. */
bool search_plan_unsure(const struct search *s, const struct ability *can);

/* search_plan_write - the query string or form body: percent-encoded,
 * parameters first, then _sort as that version spells it, _count and what it
 * takes to be told the total.
 *   total_only  ask for the number of matches and no records */
void search_plan_write(
    struct buf *b, const struct search_plan *p, bool total_only);

#endif
