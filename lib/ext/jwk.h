/* jwk.h - public keys of clients: read from a JWK Set, verify assertions
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is read (RFC 7517, RFC 7518 6): RSA keys of 2048 to 8192 bits with an
 * odd exponent from 65537 to 2^32 - 1, EC keys on P-256 and P-384 whose point
 * is on the curve. Each has a kid of its own and one algorithm, `alg`; where
 * it is left out, RS384 for RSA (what SMART asks every client to have), ES256
 * for P-256, ES384 for P-384. A set with a private or symmetric key in it, or
 * with one that is not for signatures, is refused as a whole: whoever sent it
 * meant something else. Certificates in a JWK are not looked at. A set is
 * immutable and may be shared by all threads. */
#ifndef EXT_JWK_H
#define EXT_JWK_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "ext/jwa.h"

#define JWK_KEYS_MAX      20
#define JWK_SET_BYTES_MAX ((size_t)64 * 1024)
#define JWK_KID_MAX       200 /* printable ASCII without " and \ */
#define JWK_CRED_LEN      8   /* [a-z2-7], like the key id of a secret */

struct jwk;     /* one key */
struct jwk_set; /* JWK_KEYS_MAX keys at most */

/* jwk_set_read - the JWK Set in json, a JSON object with `keys`. Owned;
 * jwk_set_free. NULL: ERR_CONF, with a sentence that says which key (by its
 * place, 1 is the first) and what is wrong. */
struct jwk_set *jwk_set_read(struct str json, struct err *e);
void jwk_set_free(void *set);

/* jwk_set_hold - the same set, to be freed once more: reading one again costs
 * milliseconds. */
const struct jwk_set *jwk_set_hold(const struct jwk_set *set);

size_t jwk_set_count(const struct jwk_set *set);
const struct jwk *jwk_set_at(const struct jwk_set *set, size_t i);

/* jwk_set_find - the key with exactly this kid, or NULL. */
const struct jwk *jwk_set_find(const struct jwk_set *set, struct str kid);

/* jwk_set_write - the set in the one spelling that is stored: what is needed
 * to verify, and nothing else. Borrowed from a. */
const char *jwk_set_write(struct arena *a, const struct jwk_set *set);

/* jwk_set_creds - the credential ids of its keys, divided by blanks. */
const char *jwk_set_creds(struct arena *a, const struct jwk_set *set);

const char *jwk_kid(const struct jwk *k);
enum jwa jwk_alg(const struct jwk *k);

/* jwk_cred - what tokens issued for this key carry as `cred`: made of kid and
 * RFC 7638 thumbprint, so another key under the same kid is another one. */
const char *jwk_cred(const struct jwk *k);

/* jwk_verify - is sig, canonical base64url, k's signature of input under k's
 * own algorithm? Length and alphabet are checked before any arithmetic. */
bool jwk_verify(const struct jwk *k, struct str input, struct str sig);

#endif
