/* sealing.h - the public key that credentials are sealed to
 * SPDX-License-Identifier: Apache-2.0
 *
 * It comes from the database, and its kid is its own fingerprint: a key that
 * was exchanged there under its name is noticed. */
#ifndef GATE_SEALING_H
#define GATE_SEALING_H

#include "ext/box.h"
#include "ext/db_rows.h"

struct sealing_key {
	unsigned char public[CRYPT_X25519_BYTES];
	char kid[BOX_KID_LEN + 1];
};

/* sealing_key_read - from what sealing_key_in_use answered. false:
 * ERR_CONFLICT, there is none; ERR_CONF, it is no key, or not the one that its
 * name says. */
bool sealing_key_read(
    const struct db_rows *rows, struct sealing_key *to, struct err *e);

#endif
