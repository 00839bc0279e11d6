/* jws_client.c - what we sign as somebody's client: SMART Backend Services
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/jws_client.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <jwt.h>

#include "base/enc.h"
#include "ext/crypt.h"

#define NUMBER_MAX  (JWS_CLIENT_RSA_BITS / 8)
#define COORD_BYTES 48
#define JTI_BYTES   16

static const struct {
	const char *name;
	jwt_alg_t alg;
} algs[] = { { "RS384", JWT_ALG_RS384 }, { "ES384", JWT_ALG_ES384 } };

static jwt_alg_t
alg_of(struct str name)
{
	size_t i;

	for (i = 0; i < COUNT(algs); i++)
		if (str_is(name, algs[i].name))
			return algs[i].alg;
	return JWT_ALG_NONE;
}

bool
jws_client_knows(struct str alg)
{
	return alg_of(alg) != JWT_ALG_NONE;
}

/* ---- key pairs --------------------------------------------------------------- */

/* least: padded to that many bytes. NULL: it has no such number. */
static const char *
number(struct arena *a, const EVP_PKEY *k, const char *name, size_t least)
{
	unsigned char bytes[NUMBER_MAX];
	BIGNUM *n = NULL;
	char *text = NULL;
	size_t len;

	if (EVP_PKEY_get_bn_param(k, name, &n) != 1)
		return NULL;
	len = (size_t)BN_num_bytes(n);
	len = len < least ? least : len;
	if (len <= sizeof bytes &&
	    BN_bn2binpad(n, bytes, (int)len) == (int)len) {
		text = arena_get(a, ENC_B64_LEN(len) + 1);
		enc_b64url(text, bytes, len);
	}
	BN_free(n);
	return text;
}

/* The members that a thumbprint is of, in its order (RFC 7638 3). */
static const char *
members(struct arena *a, const EVP_PKEY *k)
{
	bool rsa = EVP_PKEY_is_a(k, "RSA");
	const char *one = rsa ? number(a, k, OSSL_PKEY_PARAM_RSA_E, 0)
	                      : number(a, k, OSSL_PKEY_PARAM_EC_PUB_X,
				    COORD_BYTES),
		   *two = rsa ? number(a, k, OSSL_PKEY_PARAM_RSA_N, 0)
	                      : number(a, k, OSSL_PKEY_PARAM_EC_PUB_Y,
				    COORD_BYTES);

	if (!one || !two)
		return NULL;
	return arena_printf(a,
	    rsa ? "\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\""
		: "\"crv\":\"P-384\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"",
	    one, two);
}

static bool
name_it(
    struct arena *a, const EVP_PKEY *k, const char *alg, struct jws_pair *pair)
{
	const char *inner = members(a, k), *whole;
	unsigned char digest[CRYPT_SHA256_BYTES];

	if (!inner)
		return false;
	whole = arena_printf(a, "{%s}", inner);
	crypt_sha256(digest, whole, strlen(whole));
	enc_b64url(pair->kid, digest, sizeof digest);
	pair->kid[JWS_KID_LEN] = '\0';
	pair->jwk = arena_printf(a,
	    "{%s,\"use\":\"sig\",\"key_ops\":[\"verify\"],\"alg\":\"%s\","
	    "\"kid\":\"%s\"}",
	    inner, alg, pair->kid);
	return true;
}

static char *
pem_of(struct arena *a, const EVP_PKEY *k)
{
	BIO *b = BIO_new(BIO_s_secmem());
	char *at, *text = NULL;
	long n;

	if (b &&
	    PEM_write_bio_PKCS8PrivateKey(b, k, NULL, NULL, 0, NULL, NULL) ==
		1 &&
	    (n = BIO_get_mem_data(b, &at)) > 0 && n <= JWS_CLIENT_PEM_MAX)
		text = arena_dup(a, at, (size_t)n);
	BIO_free(b); /* wipes */
	return text;
}

bool
jws_client_make(
    struct arena *a, const char *alg, struct jws_pair *pair, struct err *e)
{
	bool made = jws_client_knows(str_of(alg));

	do {
		EVP_PKEY *k = alg[0] == 'R' ? EVP_RSA_gen(JWS_CLIENT_RSA_BITS)
		                            : EVP_EC_gen("P-384");

		made = made && k && name_it(a, k, alg, pair) &&
		       (pair->pem = pem_of(a, k));
		EVP_PKEY_free(k);
	} while (made && pair->kid[0] == '-');
	return made || err_why(e, ERR_BROKEN, "no key pair could be made");
}

/* ---- assertions ---------------------------------------------------------------- */

static bool
filled(jwt_t *j, const struct jws_claims *c, const char *jti)
{
	return jwt_add_header(j, "kid", c->kid) == 0 &&
	       jwt_add_grant(j, "iss", c->client) == 0 &&
	       jwt_add_grant(j, "sub", c->client) == 0 &&
	       jwt_add_grant(j, "aud", c->audience) == 0 &&
	       jwt_add_grant(j, "jti", jti) == 0 &&
	       jwt_add_grant_int(j, "exp", (long)c->end_s) == 0;
}

const char *
jws_client_sign(
    struct arena *a, const struct jws_claims *c, const char *pem, struct err *e)
{
	unsigned char any[JTI_BYTES];
	char jti[ENC_B64_LEN(JTI_BYTES) + 1] = "", *compact = NULL;
	const char *kept = NULL;
	const void *bytes = pem;
	jwt_alg_t alg = alg_of(str_of(c->alg));
	jwt_t *j = NULL;

	crypt_random(any, sizeof any);
	enc_b64url(jti, any, sizeof any);
	/* A key of length 0 or no algorithm would mean "do not sign" to it. */
	if (alg != JWT_ALG_NONE && *pem && jwt_new(&j) == 0 &&
	    filled(j, c, jti) &&
	    jwt_set_alg(j, alg, bytes, (int)strlen(pem)) == 0)
		compact = jwt_encode_str(j);
	if (compact)
		kept = arena_dup(a, compact, strlen(compact));
	else
		err_why(e, ERR_BROKEN, "nothing could be signed with the key");
	free(compact);
	jwt_free(j);
	return kept;
}
