/* ecdsa.h - believes P-256 signatures of a key that is known for long
 * SPDX-License-Identifier: Apache-2.0
 *
 * OpenSSL has a table of multiples for the curve's own base point, so it signs
 * three times as fast as it verifies. A key that signs every token is worth a
 * table of its own: made once per key, it halves what a verification costs.
 * The arithmetic is OpenSSL's; only its order stands here (SEC 1 4.1.4). When
 * a table is made it is held against OpenSSL's own verification, and a key on
 * which they differ gets none.
 *
 * Verifying handles public values only, so its time may depend on them. A key
 * is immutable and may be shared by all threads. */
#ifndef EXT_ECDSA_H
#define EXT_ECDSA_H

#include <stdbool.h>

#define ECDSA_COORD_BYTES  32
#define ECDSA_DIGEST_BYTES 32 /* SHA-256 */
#define ECDSA_RAW_BYTES    64 /* r | s, big endian */

struct ecdsa_key;

/* ecdsa_key_new - the public point as big-endian coordinates. Owned;
 * ecdsa_key_free (NULL is fine). NULL: not on the curve, no memory, or the
 * table does not agree with OpenSSL: verify without it then. */
struct ecdsa_key *ecdsa_key_new(const unsigned char x[ECDSA_COORD_BYTES],
    const unsigned char y[ECDSA_COORD_BYTES]);
void ecdsa_key_free(struct ecdsa_key *k);

/* ecdsa_verify - is raw k's signature of a digest? */
bool ecdsa_verify(const struct ecdsa_key *k,
    const unsigned char digest[ECDSA_DIGEST_BYTES],
    const unsigned char raw[ECDSA_RAW_BYTES]);

#endif
