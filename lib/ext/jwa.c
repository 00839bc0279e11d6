/* jwa.c - signatures of others: algorithms, public keys, verifying
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/jwa.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/enc.h"

#define DER_MAX 112 /* of a P-384 signature */

struct algorithm {
	const char *name;
	const char *digest;
	const char *crv; /* NULL: RSA */
	size_t coord;    /* bytes of r, s, x and y */
	bool pss;
};

static const struct algorithm algorithms[JWA__MAX] = {
	[JWA_RS256] = { .name = "RS256", .digest = "SHA256" },
	[JWA_RS384] = { .name = "RS384", .digest = "SHA384" },
	[JWA_PS256] = { .name = "PS256", .digest = "SHA256", .pss = true },
	[JWA_ES256] = { "ES256", "SHA256", "P-256", 32, false },
	[JWA_ES384] = { "ES384", "SHA384", "P-384", 48, false },
};

struct jwa_key {
	EVP_PKEY *pkey;
	const struct algorithm *alg;
};

const char *
jwa_name(enum jwa alg)
{
	return algorithms[alg].name;
}

const char *
jwa_crv(enum jwa alg)
{
	return algorithms[alg].crv;
}

size_t
jwa_coord(enum jwa alg)
{
	return algorithms[alg].coord;
}

bool
jwa_read(enum jwa *alg, struct str name)
{
	int i;

	for (i = 0; i < JWA__MAX; i++)
		if (str_is(name, algorithms[i].name)) {
			*alg = (enum jwa)i;
			return true;
		}
	return false;
}

/* ---- keys ----------------------------------------------------------------- */

static EVP_PKEY *
pkey_of(const char *type, OSSL_PARAM_BLD *b)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *p = NULL;

	if (!params || !c || EVP_PKEY_fromdata_init(c) != 1 ||
	    EVP_PKEY_fromdata(c, &p, EVP_PKEY_PUBLIC_KEY, params) != 1)
		p = NULL;
	EVP_PKEY_CTX_free(c);
	OSSL_PARAM_free(params);
	return p;
}

static EVP_PKEY *
make_rsa(const struct jwa_numbers *v)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_bin2bn(v->first, (int)v->n_first, NULL);
	BIGNUM *x = BN_bin2bn(v->second, (int)v->n_second, NULL);
	EVP_PKEY *p = NULL;

	if (b && n && x && OSSL_PARAM_BLD_push_BN(b, "n", n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(b, "e", x) == 1)
		p = pkey_of("RSA", b);
	BN_free(n);
	BN_free(x);
	OSSL_PARAM_BLD_free(b);
	return p;
}

/* The point as octets: 04 x y (SEC 1 2.3.3); infinity has no such form. */
static EVP_PKEY *
make_ec(const struct jwa_numbers *v, const struct algorithm *g)
{
	unsigned char point[1 + 2 * JWA_COORD_MAX] = { 4 };
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	EVP_PKEY *p = NULL;

	memcpy(point + 1, v->first, g->coord);
	memcpy(point + 1 + g->coord, v->second, g->coord);
	if (b &&
	    OSSL_PARAM_BLD_push_utf8_string(
		b, OSSL_PKEY_PARAM_GROUP_NAME, g->crv, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(
		b, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * g->coord) == 1)
		p = pkey_of("EC", b);
	OSSL_PARAM_BLD_free(b);
	return p;
}

/* OpenSSL takes no point that is off its curve, and these curves have no other
 * subgroup, so its slower check of the order would tell nothing new; of RSA it
 * would test whether the modulus is prime, and whoever reads a key looks at what
 * a stranger could do harm with. This is done again whenever a set is read. */
struct jwa_key *
jwa_key_new(enum jwa alg, const struct jwa_numbers *v)
{
	struct jwa_key *k = calloc(1, sizeof *k);

	if (!k)
		abort();
	k->alg = &algorithms[alg];
	k->pkey = k->alg->crv ? make_ec(v, k->alg) : make_rsa(v);
	if (k->pkey)
		return k;
	ERR_clear_error();
	free(k);
	return NULL;
}

void
jwa_key_free(void *p)
{
	struct jwa_key *k = p;

	if (k)
		EVP_PKEY_free(k->pkey);
	free(k);
}

/* ---- verifying --------------------------------------------------------------- */

/* DER of r | s; 0 when it is not a signature at all. */
static size_t
der_of(unsigned char der[DER_MAX], const unsigned char *raw, size_t coord)
{
	BIGNUM *r = BN_bin2bn(raw, (int)coord, NULL);
	BIGNUM *s = BN_bin2bn(raw + coord, (int)coord, NULL);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	int n = 0;

	if (r && s && sig && ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL; /* sig has them now */
		if (i2d_ECDSA_SIG(sig, NULL) <= DER_MAX)
			n = i2d_ECDSA_SIG(sig, &der);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return n > 0 ? (size_t)n : 0;
}

/* RFC 7518 3.5: MGF1 with the same digest, a salt as long as it. */
static bool
set_padding(EVP_PKEY_CTX *c, bool pss)
{
	return !pss ||
	       (EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) == 1 &&
		   EVP_PKEY_CTX_set_rsa_pss_saltlen(
		       c, RSA_PSS_SALTLEN_DIGEST) == 1);
}

static bool
evp_verify(const struct jwa_key *k, struct str input, const unsigned char *sig,
    size_t n)
{
	const struct algorithm *g = k->alg;
	EVP_MD_CTX *m = EVP_MD_CTX_new();
	EVP_PKEY_CTX *c = NULL; /* m's own */
	bool good;

	good = m &&
	       EVP_DigestVerifyInit_ex(
		   m, &c, g->digest, NULL, NULL, k->pkey, NULL) == 1 &&
	       set_padding(c, g->pss) &&
	       EVP_DigestVerify(
		   m, sig, n, (const unsigned char *)input.at, input.len) == 1;
	EVP_MD_CTX_free(m);
	if (!good)
		ERR_clear_error();
	return good;
}

bool
jwa_verify(const struct jwa_key *k, struct str input, struct str sig)
{
	const struct algorithm *g = k->alg;
	size_t want =
	    g->crv ? 2 * g->coord : (size_t)EVP_PKEY_get_size(k->pkey);
	unsigned char raw[JWA_RSA_BYTES_MAX], der[DER_MAX];
	size_t n = sizeof raw;

	if (!input.at || sig.len != ENC_B64_LEN(want) ||
	    !dec_b64url(raw, &n, sig) || n != want)
		return false;
	if (!g->crv)
		return evp_verify(k, input, raw, n);
	n = der_of(der, raw, g->coord);
	return n && evp_verify(k, input, der, n);
}
