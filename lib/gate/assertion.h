/* assertion.h - a client proves itself by a JWT that it signed
 * SPDX-License-Identifier: Apache-2.0
 *
 * private_key_jwt (RFC 7523 2.2 and 3, SMART App Launch 2.2 "Client
 * Authentication: Asymmetric"). Everything cheap is looked at first, the
 * signature last; whether the assertion was used before is for the database
 * (app/issue): it is asked when the signature is good, so that nobody can use
 * up another's assertions. */
#ifndef GATE_ASSERTION_H
#define GATE_ASSERTION_H

#include "base/arena.h"
#include "base/enc.h"
#include "base/err.h"
#include "ext/jwk.h"

#define ASSERTION_BYTES_MAX ((size_t)8192)
#define ASSERTION_JTI_MAX   256
#define ASSERTION_LIFE_S    300
#define ASSERTION_TYPE      "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

struct assertion_rules {
	const char *issuer; /* these two are the audiences that count */
	const char *token_url;
	int64_t skew_s; /* seconds of grace, both ways */
};

struct assertion {
	struct guid client; /* iss and sub */
	enum jwa alg;
	struct str kid;
	struct str jku; /* where its key is said to be published, or absent */
	struct str jti; /* 1 to ASSERTION_JTI_MAX bytes */
	int64_t end_s;  /* from this second on it is refused, skew and
	                         all: until then it has to be remembered */
	struct str signed_, signature;
};

/* assertion_read - is this an assertion for us and for now? All but whose
 * signature it is.
 *   compact  as it came; text borrowed from it and from a
 * false: ERR_ASSERTION_MALFORMED, _CLAIMS, _AUDIENCE, _EXPIRED, _EARLY, _LIFE,
 * all the same to the caller outside. */
bool assertion_read(struct assertion *to, struct arena *a,
    const struct assertion_rules *r, struct str compact, int64_t now_s,
    struct err *e);

/* assertion_key - the key of the set that signed it, borrowed from the set.
 *   keys  the client's; NULL: it has none
 *   url   where the client has registered that it publishes them; NULL: by value
 * NULL: ERR_ASSERTION_KEY (no such kid, not that key's algorithm, or jku is not
 * url), ERR_ASSERTION_SIGNATURE. */
const struct jwk *assertion_key(const struct assertion *t,
    const struct jwk_set *keys, const char *url, struct err *e);

#endif
