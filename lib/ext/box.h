/* box.h - sealed boxes: the public key closes them, the private one opens
 * SPDX-License-Identifier: Apache-2.0
 *
 * HPKE (RFC 9180) in base mode, one message per encapsulated key:
 * DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM; that is X25519 of
 * RFC 7748, HKDF of RFC 5869 and GCM of NIST SP 800-38D. `info` is
 * BOX_MARK | 0 | about; the associated data are empty.
 *
 * Text: wgbox1.<kid>.<base64url of enc | ciphertext | tag>. The kid is the
 * RFC 7638 thumbprint of the public key as an RFC 8037 JWK.
 *
 * A box tells who can open it and how long its content is, and nothing else;
 * who closed it is not known (base mode): whoever has the public key may. */
#ifndef EXT_BOX_H
#define EXT_BOX_H

#include "base/arena.h"
#include "base/enc.h"
#include "base/str.h"
#include "ext/crypt.h"

#define BOX_MARK       "wgbox1"
#define BOX_KID_LEN    43
#define BOX_ABOUT_MAX  256
#define BOX_SECRET_MAX 4096 /* bytes */
#define BOX_MORE       (CRYPT_X25519_BYTES + CRYPT_TAG_BYTES)
#define BOX_TEXT_MAX                                                           \
	(sizeof BOX_MARK "." + BOX_KID_LEN +                                   \
	    ENC_B64_LEN((size_t)BOX_SECRET_MAX + BOX_MORE))

/* box_kid - the name of a public key; BOX_KID_LEN characters and a NUL. */
void box_kid(
    char kid[BOX_KID_LEN + 1], const unsigned char public[CRYPT_X25519_BYTES]);

/* box_close - text of a new box around secret, borrowed from a. Needs the
 * public key only. NULL: over BOX_SECRET_MAX, or `about` over BOX_ABOUT_MAX,
 * or no public key (one that gives zeros).
 *   about  what it is for: who opens it must say the same */
char *box_close(struct arena *a, const unsigned char public[CRYPT_X25519_BYTES],
    struct str about, struct str secret);

/* box_read - is text of our form, canonical base64url included? kid receives
 * the name of the key that opens it. */
bool box_read(struct str text, char kid[BOX_KID_LEN + 1]);

/* box_open - what is in it. *n receives its bytes; wipe them. false: another
 * key, another `about`, altered, cut, or not of our form; nothing is left in
 * `to` then. */
bool box_open(const unsigned char private[CRYPT_X25519_BYTES], struct str about,
    struct str text, unsigned char to[BOX_SECRET_MAX], size_t *n);

#endif
