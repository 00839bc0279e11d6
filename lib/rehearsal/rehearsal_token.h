/* rehearsal_token.h - tokens of a ward that wants them, and where they are had
 * SPDX-License-Identifier: Apache-2.0
 *
 * A token says the minute in which it was given, and counts until the end of
 * the next one: nothing is kept for it, and renewing can be practised. */
#ifndef REHEARSAL_REHEARSAL_TOKEN_H
#define REHEARSAL_REHEARSAL_TOKEN_H

#include "rehearsal/rehearsal_visit.h"

#define REHEARSAL_TOKEN_PATH "/token" /* below the ward, faults included */
#define REHEARSAL_TOKEN_S    60

/* rehearsal_token_counts - is it one of this minute or of the last? */
bool rehearsal_token_counts(struct str authorization, int64_t now_s);

/* rehearsal_token_give - answers a token request: client credentials in the
 * body or as Basic (RFC 6749 4.4), errors as 5.2 has them. */
void rehearsal_token_give(const struct rehearsal_visit *v,
    const struct rehearsal_call *call, int64_t now_s,
    struct rehearsal_reply *reply);

#endif
