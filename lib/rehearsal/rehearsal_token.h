/* rehearsal_token.h - tokens of a ward that wants them, and where they are had
 * SPDX-License-Identifier: Apache-2.0
 *
 * A token says the minute in which it was given, and counts until the end of
 * the next one: nothing is kept for it, and renewing can be practised. One kind
 * of ward takes no tokens of another. */
#ifndef REHEARSAL_REHEARSAL_TOKEN_H
#define REHEARSAL_REHEARSAL_TOKEN_H

#include "rehearsal/rehearsal_visit.h"

#define REHEARSAL_TOKEN_PATH "/token" /* below the ward, faults included */
#define REHEARSAL_TOKEN_S    60

/* rehearsal_token_wanted - does such a ward want tokens? */
bool rehearsal_token_wanted(enum rehearsal_demand demand);

/* rehearsal_token_counts - is it one of this minute or of the last? */
bool rehearsal_token_counts(
    enum rehearsal_demand demand, struct str authorization, int64_t now_s);

/* rehearsal_token_give - answers a token request by client credentials (RFC
 * 6749 4.4): for REHEARSAL_OAUTH the secret in the body or as Basic, for
 * REHEARSAL_SMART a signed assertion and a scope. Errors as 5.2 has them, with
 * what is wrong in words, which are logged too. */
void rehearsal_token_give(const struct rehearsal_visit *v,
    const struct rehearsal_call *call, int64_t now_s,
    struct rehearsal_reply *reply);

#endif
