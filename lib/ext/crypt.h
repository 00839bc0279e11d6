/* crypt.h - random bytes, digests, agreed keys, sealing; process hygiene
 * SPDX-License-Identifier: Apache-2.0
 *
 * The only door to OpenSSL beside ext/jws. Algorithms are fetched once, at
 * first use or by crypt_start. Everything here is safe from every thread.
 *
 * What cannot fail for a reason that a caller could act on (no entropy, no
 * memory) ends the process, like arena_get: a supervisor starts a new one, and
 * nobody continues with bytes that are not random. */
#ifndef EXT_CRYPT_H
#define EXT_CRYPT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define CRYPT_SHA256_BYTES 32
#define CRYPT_KEY_BYTES    32 /* of AES-256, of key files */
#define CRYPT_NONCE_BYTES  12
#define CRYPT_TAG_BYTES    16
#define CRYPT_SEAL_MORE    (CRYPT_NONCE_BYTES + CRYPT_TAG_BYTES)

/* crypt_start - prepares the algorithms, and the process: no core dump and no
 * ptrace by siblings (RLIMIT_CORE 0, PR_SET_DUMPABLE 0). Call once, before
 * threads start. false: ERR_BROKEN. */
bool crypt_start(struct err *e);

/* crypt_random - n unpredictable bytes (RAND_bytes). */
void crypt_random(void *to, size_t n);

/* crypt_wipe - zeros that no compiler takes away. */
void crypt_wipe(void *at, size_t n);

/* crypt_same - are the n bytes at a and b equal? Time depends on n only. */
bool crypt_same(const void *a, const void *b, size_t n);

void crypt_sha256(
    unsigned char to[CRYPT_SHA256_BYTES], const void *bytes, size_t n);

/* A key prepared for HMAC-SHA-256 (RFC 2104). crypt_hmac_new - owned;
 * crypt_hmac_free (fits arena_adopt; NULL is fine). */
struct crypt_hmac;
struct crypt_hmac *crypt_hmac_new(const void *key, size_t n);
void crypt_hmac_free(void *hmac);
void crypt_hmac(const struct crypt_hmac *h, const void *bytes, size_t n,
    unsigned char to[CRYPT_SHA256_BYTES]);

/* crypt_hkdf - n bytes (at most 8160) from a secret (RFC 5869, SHA-256).
 *   salt  absent or any bytes; info: what the result is for */
void crypt_hkdf(
    void *to, size_t n, struct str secret, struct str salt, struct str info);

/* crypt_scrypt - n bytes from a passphrase (RFC 7914), slowly.
 *   ln, r, p  log2 N, block size, parallelization; up to 160 MiB of memory */
void crypt_scrypt(void *to, size_t n, struct str text, struct str salt,
    unsigned ln, unsigned r, unsigned p);

/* crypt_seal - AES-256-GCM. Writes nonce | ciphertext | tag, that is
 * n + CRYPT_SEAL_MORE bytes. The nonce is random: at most 2^32 seals per key.
 *   about  bound to the seal, not contained in it; may be empty */
void crypt_seal(void *to, const unsigned char key[CRYPT_KEY_BYTES],
    const void *bytes, size_t n, struct str about);

/* crypt_seal_once - the same under a nonce that the caller has derived together
 * with the key. A key that has sealed so must never seal anything else. */
void crypt_seal_once(void *to, const unsigned char key[CRYPT_KEY_BYTES],
    const unsigned char nonce[CRYPT_NONCE_BYTES], const void *bytes, size_t n,
    struct str about);

/* crypt_open - the n - CRYPT_SEAL_MORE bytes sealed in `sealed`. false: other
 * key, other `about`, altered or too short; nothing is left in `to` then. */
bool crypt_open(void *to, const unsigned char key[CRYPT_KEY_BYTES],
    const void *sealed, size_t n, struct str about);

/* X25519 (RFC 7748 5, 6.1). Any 32 bytes are a private key.
 * crypt_x25519_public - its public half.
 * crypt_x25519 - what both sides share. false: the public key is one of the few
 * that give zeros, whatever the private key (RFC 7748 6.1). */
#define CRYPT_X25519_BYTES 32
void crypt_x25519_public(unsigned char to[CRYPT_X25519_BYTES],
    const unsigned char private[CRYPT_X25519_BYTES]);
bool crypt_x25519(unsigned char to[CRYPT_X25519_BYTES],
    const unsigned char private[CRYPT_X25519_BYTES],
    const unsigned char public[CRYPT_X25519_BYTES]);

/* crypt_key_file - the 32 bytes in the file at path: 64 hex digits and a line
 * end, nothing else; mode as conf_secret_file demands. false: ERR_CONF. Wipe
 * the key when done. */
bool crypt_key_file(
    const char *path, unsigned char key[CRYPT_KEY_BYTES], struct err *e);

#endif
