/* token.h - our access tokens: making one, and believing one
 * SPDX-License-Identifier: Apache-2.0
 *
 * A JWT access token (RFC 9068) in compact JWS: header exactly alg ES256, typ
 * at+jwt and kid; claims iss, aud, sub, client_id (the client's GUID, twice),
 * scope (the tenant GUID in lower case; after it the system scopes if any were
 * asked for, see gate/scope), jti, iat, nbf, exp, cred (id of the credential it
 * was issued for), chg (the change number at which all of this
 * was true: a revocation with a higher one ends the token; no clock is asked). */
#ifndef GATE_TOKEN_H
#define GATE_TOKEN_H

#include "base/conf.h"
#include "base/enc.h"
#include "gate/keyring.h"
#include "gate/scope.h"
#include "gate/secret.h"

#define TOKEN_JTI_LEN 22 /* 128 random bits as base64url */

struct claims {
	struct guid client; /* sub and client_id */
	struct guid tenant; /* scope, its first word ... */
	struct scope scope; /* ... and the others */
	char jti[TOKEN_JTI_LEN + 1];
	char cred[SECRET_KEY_ID_LEN + 1];
	char kid[JWS_KID_LEN + 1];   /* of the key that it was verified with */
	int64_t iat_s, nbf_s, exp_s; /* seconds since 1970 UTC */
	int64_t change; /* chg; 0 when the token has none: the oldest of all */
};

/* What every token of ours agrees on. */
struct token_rules {
	const char *issuer;   /* public_base */
	const char *audience; /* public_base + "/fhir" */
	int64_t skew_s;       /* seconds of grace, both ways */
	size_t bytes_max;     /* a longer bearer token is refused unread */
};

/* token_rules_of - from the settings, borrowed from a and c. */
struct token_rules token_rules_of(struct arena *a, const struct conf *c);

/* token_outlived_s - seconds after a key ceased to sign in which tokens of it
 * may still count: their life, the grace for clocks, and the moment that all
 * processes need to hear of the change. */
int64_t token_outlived_s(const struct conf *c);
#define TOKEN_OUTLIVED_MAX_S 3905 /* with any settings */

/* token_make - a signed token.
 *   c  caller sets client, tenant, scope, cred, change, iat_s, exp_s; jti and nbf_s
 *      (= iat_s) are set here
 * Returns the compact form, borrowed from a. Absent (at == NULL): ERR_BROKEN,
 * no signing key is in force. */
struct str token_make(struct arena *a, struct keyring *k,
    const struct token_rules *r, struct claims *c, struct err *e);

/* token_again - the same token, by its jti, with what has changed in c. */
struct str token_again(struct arena *a, struct keyring *k,
    const struct token_rules *r, struct claims *c, struct err *e);

/* token_read - is this a token that we issued, for now and for us?
 *
 * Cheap refusals first: length, three canonical base64url parts, header, kid,
 * claims; the signature last, so that junk costs no ECDSA.
 *
 *   compact  as it stood after "Bearer ", absent is ERR_TOKEN_MALFORMED
 *   now_s    seconds since 1970 UTC
 *
 * Returns: claims, borrowed from a. NULL: ERR_TOKEN_MALFORMED, _KEY,
 * _SIGNATURE, _EXPIRED, _EARLY, _ISSUER, _AUDIENCE or _CLAIMS, all the same to
 * the caller outside. `why` holds nothing of the token's text.
 * Source: RFC 7519 7.2, RFC 9068 4, RFC 8725 3.1: the algorithm is ours to
 * choose. */
const struct claims *token_read(struct arena *a, struct keyring *k,
    const struct token_rules *r, struct str compact, int64_t now_s,
    struct err *e);

#endif
