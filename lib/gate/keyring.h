/* keyring.h - which keys sign and verify our access tokens just now
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file per key, named by its kid: `public_key_dir/<kid>.pem` verifies and is
 * published, `signing_key_dir/<kid>.pem` signs. A loaded set (struct keys) is
 * immutable; loading again makes a new set and swaps it in, and the old one
 * goes when its last holder lets go.
 *
 * Shared by all threads; one small lock guards the swap and the holders'
 * count, never file access or arithmetic. */
#ifndef GATE_KEYRING_H
#define GATE_KEYRING_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "ext/jws.h"

#define KEYRING_KEYS 64 /* in one folder */

struct keyring;
struct keys;

/* What the directory of keys (table signing_key) says, as far as it matters
 * here. NULL instead of a wish: every public key verifies, none signs. */
struct keyring_wish {
	const char *sign;             /* kid that signs; NULL: none */
	const char *const *withdrawn; /* kids that no longer verify */
	size_t withdrawn_n;
};

/* keyring_open - owned; keyring_free. Loads strictly: one bad file is a
 * refusal, so that an operator sees it at start.
 *   signing_dir  NULL in programs that only verify: no private key is read
 * NULL: ERR_CONF, with the file and what is wrong with it. No public key at
 * all is an error too. */
struct keyring *keyring_open(const char *public_dir, const char *signing_dir,
    const struct keyring_wish *wish, struct err *e);
void keyring_free(void *keyring);

/* keyring_reload - reads the folders again; one thread at a time. A bad public
 * file is left out and logged. false: ERR_CONF, and then
 *   - the wished signing key is not usable: the new set verifies, none signs;
 *   - the folder cannot be read, or holds no key: the old set stays, but one
 *     that holds a withdrawn key gives way to an empty set.
 * Try again later in both cases. */
bool keyring_reload(
    struct keyring *k, const struct keyring_wish *wish, struct err *e);

/* keyring_changed - were files put into or taken from the public folder since
 * it was read? One stat(2); for programs that live without a database. */
bool keyring_changed(struct keyring *k);

/* keyring_hold - the set in force, yours until keys_release. Never NULL. */
const struct keys *keyring_hold(struct keyring *k);
void keys_release(const struct keys *s);

/* keys_find - the key of exactly that kid; NULL: none. Borrowed from s. */
const struct jws_key *keys_find(const struct keys *s, struct str kid);

/* keys_signing - the key that signs; NULL: none. Borrowed from s. */
const struct jws_key *keys_signing(const struct keys *s);

/* keys_count, keys_at - public keys in the order of their kids. */
size_t keys_count(const struct keys *s);
const struct jws_key *keys_at(const struct keys *s, size_t i);

/* keys_jwks - the public keys as a JWK Set (RFC 7517 5), borrowed from a. */
char *keys_jwks(struct arena *a, const struct keys *s);

#endif
