/* upauth_token.h - one request to a token endpoint, and what its answer is worth
 * SPDX-License-Identifier: Apache-2.0
 *
 * OAuth 2.0 client credentials (RFC 6749 4.4): the client shows a secret in the
 * body or by HTTP Basic (2.3.1), or an assertion that it signed (RFC 7523, as
 * SMART Backend Services want it). What comes back is a bearer token (RFC 6750)
 * or it is nothing. */
#ifndef RELAY_UPAUTH_TOKEN_H
#define RELAY_UPAUTH_TOKEN_H

#include "relay/upstream.h"

#define UPAUTH_TOKEN_MAX     8192 /* characters of a token */
#define UPAUTH_LIFE_MAX_S    3600 /* longer ones are renewed all the same */
#define UPAUTH_ASSERTION_S   180  /* of an assertion; five minutes may be */
#define UPAUTH_LIFE_UNSAID_S 300  /* where the endpoint does not say */

/* A token, ready to be sent. */
struct upauth_token {
	char *line; /* "Authorization: Bearer ...", owned; credential_free */
	/* from when it was asked for; 1 to UPAUTH_LIFE_MAX_S */
	unsigned life_s;
};

/* How the endpoint is reached; a test may turn it elsewhere. */
typedef const struct upstream_answer *upauth_door(struct engine *en,
    struct arena *a, const struct upstream_ask *ask, struct err *e);

/* upauth_token_ask - a new token for the server that `ask` is for, by way of
 * its token endpoint; everything but where and what is as in `ask`. No
 * redirect is followed, and what held the secret is wiped.
 *   deadline_ms  clock_mono_ms
 * false: ERR_UPSTREAM_TOKEN, it refuses us or answers what is no token;
 * ERR_UPSTREAM_TOKEN_AWAY, it does not answer, or cannot just now; ERR_BUSY,
 * ERR_DEADLINE and ERR_BROKEN as upstream_call. `why` never holds what came. */
bool upauth_token_ask(upauth_door *call, struct engine *en,
    const struct upstream_ask *ask, int64_t deadline_ms, struct upauth_token *t,
    struct err *e);

/* upauth_token_told - what a failed call to a token endpoint means to whom it
 * was made for: the kinds above. Returns false. */
bool upauth_token_told(struct err *e, const struct err *was);

/* upauth_token_read - what a 200 says (RFC 6749 5.1). An expires_in of more
 * than UPAUTH_LIFE_MAX_S is cut to that, digits in quotes are taken for the
 * number, none at all for UPAUTH_LIFE_UNSAID_S. false: ERR_UPSTREAM_TOKEN: no
 * JSON object, no token, a token of characters that no header may have, of
 * another type than Bearer, or a life that is over. */
bool upauth_token_read(
    struct arena *a, struct str body, struct upauth_token *t, struct err *e);

#endif
