/* rehearsal_smart.h - a ward that wants signed assertions: SMART Backend Services
 * SPDX-License-Identifier: Apache-2.0
 *
 * Its clients are the tenants of the gateway, each with its tenant ID as
 * client_id and with the keys that the gateway publishes for it. They are read
 * from the database: a ward fetches nothing. */
#ifndef REHEARSAL_REHEARSAL_SMART_H
#define REHEARSAL_REHEARSAL_SMART_H

#include "gate/assertion.h"
#include "rehearsal/rehearsal_visit.h"

#define REHEARSAL_SMART_CONFIGURATION "/.well-known/smart-configuration"
#define REHEARSAL_SMART_SKEW_S        5 /* of the clocks, both ways */

/* rehearsal_smart_configuration - where tokens are had, and how (SMART App
 * Launch 2.2, "Using well-known"). */
void rehearsal_smart_configuration(
    const struct rehearsal_visit *v, struct rehearsal_reply *reply);

/* rehearsal_smart_claims, rehearsal_smart_signed - is it an assertion for the
 * endpoint token_url and for now; and did one of the keys sign it?
 *   set  the client's JWK Set; absent: it has none
 * false: the kinds of gate/assertion, and `said` is what is wrong in words for
 * whoever practises. */
bool rehearsal_smart_claims(struct assertion *t, struct arena *a,
    struct str token_url, struct str compact, int64_t now_s, struct err *e);
bool rehearsal_smart_signed(
    const struct assertion *t, struct arena *a, struct str set, struct err *e);

/* rehearsal_smart_proved - both, with the keys of the database, and that it is
 * used for the first time. false: the same; ERR_ASSERTION_SEEN, ERR_DB. */
bool rehearsal_smart_proved(const struct rehearsal_visit *v, struct str compact,
    int64_t now_s, struct err *e);

#endif
