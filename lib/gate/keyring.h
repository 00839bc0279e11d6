/* keyring.h - which keys sign and verify our access tokens just now
 * SPDX-License-Identifier: Apache-2.0
 *
 * A loaded set (gate/keys) is immutable; loading again makes a new set and
 * swaps it in, and the old one goes when its last holder lets go.
 *
 * Shared by all threads; one small lock guards the swap and the holders'
 * count, never file access or arithmetic. A second one lets one thread at a
 * time read the folders; nobody waits for it who only holds or looks up. */
#ifndef GATE_KEYRING_H
#define GATE_KEYRING_H

#include "ext/db.h"
#include "gate/keys.h"

struct keyring;

/* keyring_refused - asks which keys no longer verify (signing_keys_refused).
 *   outlived_s  for how long tokens of a retired key still count
 * Sets *wish, without a key that signs; borrowed from a. false: ERR_DB. */
bool keyring_refused(struct db *db, struct arena *a, int64_t outlived_s,
    struct keyring_wish *wish, struct err *e);

/* keyring_open - owned; keyring_free. Loads strictly: one bad file is a
 * refusal, so that an operator sees it at start.
 *   signing_dir  NULL in programs that only verify: no private key is read
 * NULL: ERR_CONF, with the file and what is wrong with it. No public key at
 * all is an error too. */
struct keyring *keyring_open(const char *public_dir, const char *signing_dir,
    const struct keyring_wish *wish, struct err *e);
void keyring_free(void *keyring);

/* keyring_reload - reads the folders again, under this wish from now on. A bad
 * public file is left out and logged. false: ERR_CONF, and then
 *   - the wished signing key is not usable: the new set verifies, none signs;
 *   - the folder cannot be read, or holds no key: the old set stays, but one
 *     that holds a withdrawn key gives way to an empty set.
 * Try again later in both cases. */
bool keyring_reload(
    struct keyring *k, const struct keyring_wish *wish, struct err *e);

/* keyring_refresh - reads the folders again under the wish of before, if files
 * were put into the public one or taken from it. One stat(2) when nothing
 * changed, and never two readings within KEYRING_REFRESH_MS, so a stranger's
 * request may call it. For programs that meet a kid they do not know, or live
 * without a database. true: a new set is in force. */
#define KEYRING_REFRESH_MS 250
bool keyring_refresh(struct keyring *k);

/* keyring_hold - the set in force, yours until keys_release. Never NULL. */
const struct keys *keyring_hold(struct keyring *k);

#endif
