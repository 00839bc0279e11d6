/* jws.h - ES256 signatures over compact JWS, with keys parsed once
 * SPDX-License-Identifier: Apache-2.0
 *
 * Signing is EVP's work, verifying that of a table made per key (ext/ecdsa), or
 * EVP's where there is none (RFC 7515, RFC 7518 3.4); libjwt parses
 * a key at every call and is used only to cross-check: at every load EVP signs
 * and libjwt verifies, and the other way round; keys on which they differ are
 * refused. The only door to libjwt. A key is immutable and may be shared by
 * all threads. */
#ifndef EXT_JWS_H
#define EXT_JWS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define JWS_KID_LEN   43 /* RFC 7638 thumbprint, SHA-256, base64url */
#define JWS_SIG_BYTES 64 /* r | s */
#define JWS_SIG_LEN   86 /* as base64url */
#define JWS_PEM_MAX   2048

struct jws_key; /* on curve P-256, nothing else */

/* jws_key_make - a new key pair, owned; jws_key_free. Its kid does not begin
 * with a hyphen: it is a word of commands, and the name of its files. NULL:
 * ERR_BROKEN. */
struct jws_key *jws_key_make(struct err *e);

/* jws_key_private, jws_key_public - from PKCS#8 and SPKI PEM text of at most
 * JWS_PEM_MAX bytes holding one key and nothing else; owned; jws_key_free.
 * NULL: ERR_CONF, with what is wrong: no such PEM, encrypted, another curve,
 * a point off the curve, halves that do not fit, EVP and libjwt disagree. */
struct jws_key *jws_key_private(struct str pem, struct err *e);
struct jws_key *jws_key_public(struct str pem, struct err *e);

/* jws_key_free - wipes and frees. NULL is fine. */
void jws_key_free(void *key);

/* jws_kid - JWS_KID_LEN characters and a NUL, borrowed from the key. */
const char *jws_kid(const struct jws_key *k);

/* jws_signs - does it hold the private half? */
bool jws_signs(const struct jws_key *k);

/* PEM text, borrowed from a. jws_private_pem returns NULL without a private
 * half; wipe it when written. */
char *jws_private_pem(struct arena *a, const struct jws_key *k);
char *jws_public_pem(struct arena *a, const struct jws_key *k);

/* jws_jwk - the public half as a JWK (RFC 7517): kty, crv, x, y, use, alg,
 * kid. JSON text, borrowed from a. */
char *jws_jwk(struct arena *a, const struct jws_key *k);

/* jws_sign - signs the bytes of input ("header.payload"); writes JWS_SIG_LEN
 * base64url characters, no NUL. false: ERR_BROKEN. */
bool jws_sign(const struct jws_key *k, struct str input, char sig[JWS_SIG_LEN],
    struct err *e);

/* jws_verify - is sig, canonical base64url of 64 bytes, k's signature of
 * input? Length and alphabet are checked before any arithmetic. */
bool jws_verify(const struct jws_key *k, struct str input, struct str sig);

#endif
