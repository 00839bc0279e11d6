/* box_inner.h - the steps of HPKE, for ext/box and for the standard's vectors
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EXT_BOX_INNER_H
#define EXT_BOX_INNER_H

#include "ext/box.h"

#define BOX_SHARED_BYTES 32     /* Nsecret of the KEM */
#define BOX_AES_256_GCM  0x0002 /* RFC 9180 7.3 */

/* box_shared - Encap and Decap of RFC 9180 4.1.
 *   private  of the one side: ephemeral when closing, the recipient's else
 *   public   of the other side
 *   enc      the ephemeral public key; recipient: the recipient's
 * false: the other side's key gives zeros. */
bool box_shared(unsigned char to[BOX_SHARED_BYTES],
    const unsigned char private[CRYPT_X25519_BYTES],
    const unsigned char public[CRYPT_X25519_BYTES],
    const unsigned char enc[CRYPT_X25519_BYTES],
    const unsigned char recipient[CRYPT_X25519_BYTES]);

/* box_schedule - KeySchedule of RFC 9180 5.1, mode base.
 *   aead   its number there; n: bytes of its key, at most 32 */
void box_schedule(unsigned aead, const unsigned char shared[BOX_SHARED_BYTES],
    struct str info, unsigned char *key, size_t n,
    unsigned char nonce[CRYPT_NONCE_BYTES]);

/* box_close_with - box_close, with an ephemeral key that the caller chose. */
char *box_close_with(struct arena *a,
    const unsigned char ephemeral[CRYPT_X25519_BYTES],
    const unsigned char public[CRYPT_X25519_BYTES], struct str about,
    struct str secret);

#endif
