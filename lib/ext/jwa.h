/* jwa.h - signatures of others: algorithms, public keys, verifying
 * SPDX-License-Identifier: Apache-2.0
 *
 * The algorithms of RFC 7518 3 that clients may sign with, and the numbers of
 * their keys (RFC 7518 6). Signatures are EVP's work; libjwt has no PS256,
 * parses a key at every call, and takes the algorithm from the token. A key is
 * of one algorithm, immutable, and may be shared by all threads. */
#ifndef EXT_JWA_H
#define EXT_JWA_H

#include <stdbool.h>

#include "base/str.h"

#define JWA_RSA_BITS_MIN  2048
#define JWA_RSA_BITS_MAX  8192
#define JWA_RSA_BYTES_MAX (JWA_RSA_BITS_MAX / 8)
#define JWA_COORD_MAX     48

enum jwa { JWA_RS256, JWA_RS384, JWA_PS256, JWA_ES256, JWA_ES384, JWA__MAX };

/* jwa_name - "RS256". jwa_read - exact letters (RFC 7515 4.1.1). */
const char *jwa_name(enum jwa alg);
bool jwa_read(enum jwa *alg, struct str name);

/* jwa_crv - "P-256"; NULL: it is for RSA keys. jwa_coord - bytes of a
 * coordinate on that curve; 0 for RSA. */
const char *jwa_crv(enum jwa alg);
size_t jwa_coord(enum jwa alg);

/* The numbers of a key, big endian: n and e, or x and y. */
struct jwa_numbers {
	unsigned char first[JWA_RSA_BYTES_MAX], second[JWA_COORD_MAX];
	size_t n_first, n_second;
};

struct jwa_key;

/* jwa_key_new - a key for one algorithm; owned, jwa_key_free. The caller has
 * looked at sizes and exponent. NULL: a point off its curve, or numbers that
 * OpenSSL cannot use. */
struct jwa_key *jwa_key_new(enum jwa alg, const struct jwa_numbers *numbers);
void jwa_key_free(void *key);

/* jwa_verify - is sig, canonical base64url, k's signature of input under k's
 * algorithm? Length and alphabet are checked before any arithmetic. */
bool jwa_verify(const struct jwa_key *k, struct str input, struct str sig);

#endif
