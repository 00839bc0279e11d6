/* keypair.h - key pairs of a client, made at run time, for tests
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_KEYPAIR_H
#define TEST_KEYPAIR_H

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/enc.h"
#include "ext/jwk.h"

#define RAW_MAX 1024

static inline void
keypair_must(bool holds)
{
	if (!holds)
		abort();
}

static inline size_t
keypair_coord(enum jwa alg)
{
	return alg == JWA_ES256 ? 32 : alg == JWA_ES384 ? 48 : 0;
}

/* Owned; EVP_PKEY_free. */
static inline EVP_PKEY *
keypair_make(enum jwa alg)
{
	size_t coord = keypair_coord(alg);
	EVP_PKEY *p = coord ? EVP_EC_gen(coord == 32 ? "P-256" : "P-384")
	                    : EVP_RSA_gen(2048);

	keypair_must(p != NULL);
	return p;
}

static inline const char *
keypair_number(struct arena *a, EVP_PKEY *p, const char *name, size_t n)
{
	unsigned char raw[RAW_MAX];
	BIGNUM *b = NULL;
	char *to = arena_get(a, ENC_B64_LEN(RAW_MAX) + 1);

	keypair_must(EVP_PKEY_get_bn_param(p, name, &b) == 1);
	n = n ? n : (size_t)BN_num_bytes(b);
	keypair_must(BN_bn2binpad(b, raw, (int)n) == (int)n);
	BN_free(b);
	enc_b64url(to, raw, n);
	return to;
}

/* The public half, borrowed from a. */
static inline const char *
keypair_jwk(struct arena *a, EVP_PKEY *p, enum jwa alg, const char *kid)
{
	size_t coord = keypair_coord(alg);

	if (!coord)
		return arena_printf(a,
		    "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\",\"alg\":\"%s\","
		    "\"kid\":\"%s\"}",
		    keypair_number(a, p, "n", 0), keypair_number(a, p, "e", 0),
		    jwa_name(alg), kid);
	return arena_printf(a,
	    "{\"kty\":\"EC\",\"crv\":\"P-%zu\",\"x\":\"%s\",\"y\":\"%s\","
	    "\"alg\":\"%s\",\"kid\":\"%s\"}",
	    coord * 8, keypair_number(a, p, "qx", coord),
	    keypair_number(a, p, "qy", coord), jwa_name(alg), kid);
}

static inline size_t
keypair_raw(unsigned char *sig, size_t n, size_t coord)
{
	const unsigned char *at = sig;
	ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &at, (long)n);

	keypair_must(s != NULL);
	BN_bn2binpad(ECDSA_SIG_get0_r(s), sig, (int)coord);
	BN_bn2binpad(ECDSA_SIG_get0_s(s), sig + coord, (int)coord);
	ECDSA_SIG_free(s);
	return 2 * coord;
}

/* The signature as base64url, borrowed from a. */
static inline struct str
keypair_sign(struct arena *a, EVP_PKEY *p, enum jwa alg, struct str input)
{
	bool wide = alg == JWA_RS384 || alg == JWA_ES384;
	EVP_MD_CTX *m = EVP_MD_CTX_new();
	EVP_PKEY_CTX *c = NULL;
	unsigned char sig[RAW_MAX];
	size_t n = sizeof sig;
	char *to = arena_get(a, ENC_B64_LEN(RAW_MAX) + 1);

	keypair_must(EVP_DigestSignInit_ex(m, &c, wide ? "SHA384" : "SHA256",
			 NULL, NULL, p, NULL) == 1);
	if (alg == JWA_PS256)
		keypair_must(EVP_PKEY_CTX_set_rsa_padding(
				 c, RSA_PKCS1_PSS_PADDING) == 1 &&
			     EVP_PKEY_CTX_set_rsa_pss_saltlen(
				 c, RSA_PSS_SALTLEN_DIGEST) == 1);
	keypair_must(EVP_DigestSign(m, sig, &n, (const unsigned char *)input.at,
			 input.len) == 1);
	EVP_MD_CTX_free(m);
	if (keypair_coord(alg))
		n = keypair_raw(sig, n, keypair_coord(alg));
	return (struct str){ to, enc_b64url(to, sig, n) };
}

#endif
