/* keys.h - one immutable set of keys, read from two folders
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file per key, named by its kid: `public_key_dir/<kid>.pem` verifies and is
 * published, `signing_key_dir/<kid>.pem` signs. Files whose names begin with a
 * dot, or do not end with .pem, are none of ours.
 *
 * gate/keyring makes the sets and shares them; all others look only. */
#ifndef GATE_KEYS_H
#define GATE_KEYS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "ext/jws.h"

#define KEYS_MAX 64 /* in one folder */

struct keys;

/* keys_find - the key of exactly that kid; NULL: none. Borrowed from s. */
const struct jws_key *keys_find(const struct keys *s, struct str kid);

/* keys_signing - the key that signs; NULL: none. Borrowed from s. */
const struct jws_key *keys_signing(const struct keys *s);

/* keys_count, keys_at - public keys in the order of their kids. */
size_t keys_count(const struct keys *s);
const struct jws_key *keys_at(const struct keys *s, size_t i);

/* keys_jwks - the public keys as a JWK Set (RFC 7517 5), borrowed from a. */
char *keys_jwks(struct arena *a, const struct keys *s);

/* keys_file - the key in dir/<kid>.pem, owned; jws_key_free. NULL: ERR_CONF: a
 * file that is not there, a mode that lets others in, no key, or another. */
struct jws_key *keys_file(
    const char *dir, const char *kid, bool private, struct err *e);

/* ---- for gate/keyring ------------------------------------------------------ */

/* What the directory of keys (table signing_key) says, as far as it matters
 * here. NULL instead of a wish: every public key verifies, none signs. */
struct keyring_wish {
	const char *sign;             /* kid that signs; NULL: none */
	const char *const *withdrawn; /* kids that no longer verify */
	size_t withdrawn_n;
};

/* keys_new - an empty set with one holder. keys_share - one holder more.
 * keys_release - one less; the last one frees it. NULL is fine. */
struct keys *keys_new(void);
void keys_share(struct keys *s);
void keys_release(const struct keys *s);

/* keys_read - fills the set with what lies in folder dir and is not withdrawn.
 *   strict  a bad file is a refusal; else it is left out and logged
 * false: ERR_CONF, with the file and what is wrong with it; also when no key
 * is left, or others may write where they must not. */
bool keys_read(struct keys *s, const char *dir, const struct keyring_wish *wish,
    bool strict, struct err *e);

/* keys_read_signing - the private half of one of its keys, from folder dir.
 * false: ERR_CONF; none signs. */
bool keys_read_signing(
    struct keys *s, const char *dir, const char *kid, struct err *e);

#endif
