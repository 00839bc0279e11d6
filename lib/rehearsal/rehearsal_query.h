/* rehearsal_query.h - a search request as what the terms must match
 * SPDX-License-Identifier: Apache-2.0
 *
 * A criterion is one parameter as it stands in the request; all criteria must
 * hold. What each of them wants stands in rehearsal_want.h. */
#ifndef APP_REHEARSAL_QUERY_H
#define APP_REHEARSAL_QUERY_H

#include "rehearsal/rehearsal_type.h"
#include "rehearsal/rehearsal_want.h"
#include "base/buf.h"

#define REHEARSAL_PAIRS_MAX     64
#define REHEARSAL_SORTS_MAX     3
#define REHEARSAL_COUNT_DEFAULT 50
#define REHEARSAL_COUNT_MAX     1000

struct rehearsal_sort {
	const char *param;
	bool descending;
};

/* What is asked, as it came. */
struct rehearsal_ask {
	enum fhir_version version;
	const char *type;       /* out of rehearsal_types */
	struct str query, form; /* raw; absent or empty: none */
	struct str base;        /* of this ward: references under it are ours */
	struct str patient;     /* Patient/<id>/<Type> was asked; else absent */
	bool strict;            /* what FHIR does not define is an error */
	bool nocontains;        /* :contains is an error */
	bool nocount;           /* _count is passed over */
	bool nosort;            /* _sort is not known: passed over ... */
	bool refusesort;        /* ... or an error */
	bool noperson;          /* nor are parameters for a Coverage's person */
};

struct rehearsal_query {
	const struct rehearsal_want *want;
	size_t n;
	unsigned criteria; /* without those that negate; at least 1 */
	unsigned lead;     /* the criterion that leaves the fewest */
	struct rehearsal_sort sort[REHEARSAL_SORTS_MAX];
	size_t sorts;
	unsigned count; /* page size */
	uint64_t offset;
	bool total_only;
	struct str format; /* decoded _format, else absent */
	struct str magic;  /* a value that asks for a failure, else absent */
	struct str self;   /* name=value&..., percent-encoded, without _page */
};

/* rehearsal_query_read - borrowed from a. Unknown parameters are passed over,
 * as most servers do.
 * NULL: ERR_PARAM for a bad value, modifier or encoding; ERR_PARAM_STRICT when
 * strict and something is not FHIR's; ERR_TOO_MANY. */
const struct rehearsal_query *rehearsal_query_read(
    struct arena *a, const struct rehearsal_ask *ask, struct err *e);

/* rehearsal_query_person - does p name the person of a Coverage? */
bool rehearsal_query_person(const char *type, const struct param *p);

/* rehearsal_query_page - value of _page for an offset: opaque to callers. */
const char *rehearsal_query_page(struct arena *a, uint64_t offset);

/* rehearsal_query_wants - the wants as a JSON array of objects whose members
 * are named as above, for sql/prepare/rehearsal.sql. */
void rehearsal_query_wants(struct buf *b, const struct rehearsal_query *q);

/* Values that ask for a failure begin so: Patient/rehearse-429. */
#define REHEARSAL_MAGIC "rehearse-"

#endif
