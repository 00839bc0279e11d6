/* rehearsal_fault.h - failures on demand, chosen by address or by id
 * SPDX-License-Identifier: Apache-2.0
 *
 * /rehearsal/r4/~429/Patient/p-101 fails as told, and so does everything else
 * under /rehearsal/r4/~429: used as a provider's base it makes that provider
 * fail. Several may follow each other: ~slow-500/~nototal. Ids that begin with
 * "rehearse-" ask for the same in one request: Patient/rehearse-429.
 * rehearsal(8) lists them with what comes out. */
#ifndef APP_REHEARSAL_FAULT_H
#define APP_REHEARSAL_FAULT_H

#include "base/str.h"

#define REHEARSAL_SLOW_MS_MAX 120000u
#define REHEARSAL_HUGE_MB_MAX 200u

/* What is answered instead of the truth. */
enum rehearsal_instead {
	REHEARSAL_TRUTH,
	REHEARSAL_STATUS, /* amount: the status */
	REHEARSAL_HTML,
	REHEARSAL_XML,
	REHEARSAL_HUGE, /* amount: megabytes */
	REHEARSAL_ENDLESS,
	REHEARSAL_VERSION,
	REHEARSAL_REDIRECT,
	REHEARSAL_WRONGTYPE,
	REHEARSAL_NOTJSON,
	REHEARSAL_EMPTY,
	REHEARSAL_INSTEAD__MAX
};

/* How paging links and full URLs are written. */
enum rehearsal_links {
	REHEARSAL_ABSOLUTE,
	REHEARSAL_RELATIVE, /* next=Patient?... */
	REHEARSAL_INTERNAL, /* on a host that nobody else knows */
	REHEARSAL_GETPAGES  /* next at the base: ?_getpages=... */
};

/* What must be shown, or 401: as a hospital's own server would ask for it. */
enum rehearsal_demand {
	REHEARSAL_NOTHING,
	REHEARSAL_BASIC,
	REHEARSAL_BEARER,
	REHEARSAL_OAUTH, /* a token: rehearsal_token says which */
	REHEARSAL_SMART  /* a token for a signed assertion */
};
#define REHEARSAL_USER   "gateway"
#define REHEARSAL_SECRET "rehearsal-only" /* password, bearer, client secret */

struct rehearsal_faults {
	enum rehearsal_instead instead;
	unsigned amount;
	unsigned slow_ms; /* waits so long first */
	enum rehearsal_links links;
	bool cut;           /* declares more than it sends */
	bool drip;          /* sends a byte at a time */
	bool bom;           /* begins with a byte order mark */
	bool nototal;       /* searchsets without total */
	bool strict;        /* refuses what FHIR does not define */
	bool getonly;       /* refuses POST */
	bool nocontains;    /* refuses :contains */
	bool nocount;       /* passes over _count */
	bool nosort;        /* passes over _sort */
	bool refusesort;    /* refuses _sort */
	bool noperson;      /* of a Coverage: knows no parameter for it */
	bool nocompartment; /* has no Patient/id/Type */
	bool nobatch;       /* refuses batches */
	bool nocoverage;    /* has no Coverage */
	enum rehearsal_demand demand;
	bool mtls; /* and a client certificate before that */
};

/* rehearsal_fault_read - adds what a name such as "429" or "slow-500" asks
 * for; the later one wins where two exclude each other. false: no such one. */
bool rehearsal_fault_read(struct rehearsal_faults *f, struct str name);

/* rehearsal_fault_admits - is Authorization, absent if it was not sent, what
 * f->demand asks for? */
bool rehearsal_fault_admits(
    const struct rehearsal_faults *f, struct str authorization);

/* rehearsal_fault_names - all names in one line, for whoever got it wrong. */
const char *rehearsal_fault_names(void);

#endif
