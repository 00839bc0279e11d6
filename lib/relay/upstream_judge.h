/* upstream_judge.h - what an answer of a provider means
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RELAY_UPSTREAM_JUDGE_H
#define RELAY_UPSTREAM_JUDGE_H

#include "ext/fetch.h"

/* What to accept for a key set. Its content type is taken only then. */
#define UPSTREAM_KEYS "application/jwk-set+json, application/json;q=0.9"

/* upstream_kind - what a status means; ERR_NONE: 200, and 304 when
 * `conditional`. Also for the statuses inside of a provider's batch. */
enum err_kind upstream_kind(int status, bool conditional);

/* upstream_patience - seconds for which the answer asks to be left alone, as a
 * number or a date; 0: it does not, or not sensibly; an hour at most.
 *
 * upstream_judge - can this answer be read? accept: what had been asked for,
 * NULL: FHIR. false: e says why not, and with ERR_UPSTREAM_LIMIT and
 * ERR_UPSTREAM_BUSY how many seconds the provider asked to be left alone. A
 * status that is bad in itself counts, even if its body broke off. */
unsigned upstream_patience(const struct fetch_job *job);
bool upstream_judge(const struct fetch_job *job, const char *accept,
    bool conditional, struct err *e);

#endif
