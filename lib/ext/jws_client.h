/* jws_client.h - what we sign as somebody's client: SMART Backend Services
 * SPDX-License-Identifier: Apache-2.0
 *
 * Key pairs for RS384 and ES384, which every SMART server takes, and the
 * assertions signed with them (RFC 7523, SMART App Launch 2.2 "Client
 * Authentication: Asymmetric"). libjwt signs: it parses the key each time,
 * which is as good as never, and its algorithms are these. */
#ifndef EXT_JWS_CLIENT_H
#define EXT_JWS_CLIENT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "ext/jws.h"

#define JWS_CLIENT_RSA_BITS 3072
#define JWS_CLIENT_PEM_MAX  2800 /* bytes of a private key */

/* A key pair, borrowed from an arena. */
struct jws_pair {
	char kid[JWS_KID_LEN + 1]; /* RFC 7638; does not begin with a hyphen */
	const char *jwk; /* the public half (RFC 7517), kid included */
	char *pem;       /* the private one, PKCS#8; wipe it */
};

/* jws_client_knows - is it "RS384" or "ES384"? */
bool jws_client_knows(struct str alg);

/* jws_client_make - a new pair for that algorithm: RSA of JWS_CLIENT_RSA_BITS,
 * or P-384. false: ERR_BROKEN. */
bool jws_client_make(
    struct arena *a, const char *alg, struct jws_pair *pair, struct err *e);

struct jws_claims {
	const char *alg, *kid;
	const char *client;   /* iss and sub */
	const char *audience; /* the token endpoint */
	int64_t end_s;        /* exp, seconds since 1970 UTC */
};

/* jws_client_sign - a compact JWS with these claims and a jti of its own,
 * borrowed from a. No iat: clocks differ, and nobody asks for it.
 *   pem  PKCS#8 of a key for alg
 * NULL: ERR_BROKEN, the key is none. */
const char *jws_client_sign(struct arena *a, const struct jws_claims *c,
    const char *pem, struct err *e);

#endif
