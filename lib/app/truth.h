/* truth.h - what is known of the hospital that a request's token is for
 * SPDX-License-Identifier: Apache-2.0
 *
 * For the statements: a good token makes them say what this one hospital can.
 * Whatever is missing for that, a token, keys, the database, is no failure:
 * then the statement is the one that everybody gets. Asks the database at
 * every call, and only for tokens whose signature is good. */
#ifndef APP_TRUTH_H
#define APP_TRUTH_H

#include "fhir/ability.h"
#include "gate/scope.h"
#include "web/serve.h"

struct truth {
	const char *tenant; /* what people call the hospital */
	struct ability can; /* its provider, the operator's word included */
	bool links;         /* mode links: no other version than its own */
	bool extensions;    /* what another version has no place for is kept */
	uint32_t may;       /* what token and grant cover: SCOPE_BITs */
	struct str mrn_system; /* of its record numbers; empty: not known */
};

/* truth_start - nothing is connected yet. ERR_CONF. truth_stop - after the
 * last request. */
bool truth_start(struct arena *a, const struct conf *conf, struct err *e);
void truth_stop(void);

/* truth_db - the database as wg_metadata, for others that ask it. */
struct db *truth_db(void);

/* truth_find - of the tenant that w's token is for, borrowed from w->a. NULL:
 * no token, none that the facade would take, or no answer in time. */
const struct truth *truth_find(struct work *w);

#endif
