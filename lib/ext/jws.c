/* jws.c - ES256 signatures over compact JWS, with keys parsed once
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/jws_inner.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/buf.h"
#include "base/enc.h"
#include "ext/crypt.h"
#include "ext/ecdsa.h"

#define COORD_BYTES 32
#define DER_MAX     72 /* of a P-256 signature */

struct jws_key {
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *signer, *verifier; /* made ready; only ever duplicated */
	struct ecdsa_key *table; /* verifies in half the time; may be NULL */
	bool private;
	unsigned char x[COORD_BYTES], y[COORD_BYTES];
	char kid[JWS_KID_LEN + 1];
};

void
jws_key_free(void *key)
{
	struct jws_key *k = key;

	if (!k)
		return;
	EVP_PKEY_CTX_free(k->signer);
	EVP_PKEY_CTX_free(k->verifier);
	ecdsa_key_free(k->table);
	EVP_PKEY_free(k->pkey); /* wipes the private half */
	free(k);
}

const char *
jws_kid(const struct jws_key *k)
{
	return k->kid;
}

bool
jws_signs(const struct jws_key *k)
{
	return k->private;
}

/* ---- loading ------------------------------------------------------------- */

/* A password prompt would stop a server at its terminal. */
static int
no_password(char *to, int room, int writing, void *ctx)
{
	(void)to, (void)room, (void)writing, (void)ctx;
	return -1;
}

static bool
coordinate(const EVP_PKEY *p, const char *name, unsigned char *to)
{
	BIGNUM *n = NULL;
	bool worked;

	worked = EVP_PKEY_get_bn_param(p, name, &n) == 1 &&
	         BN_bn2binpad(n, to, COORD_BYTES) == COORD_BYTES;
	BN_free(n);
	return worked;
}

/* By its name, not by parameters that only look like it. */
static bool
on_p256(const EVP_PKEY *p)
{
	char name[32];
	size_t n;
	int explicit = 0;

	return EVP_PKEY_is_a(p, "EC") &&
	       EVP_PKEY_get_group_name(p, name, sizeof name, &n) == 1 &&
	       !strcmp(name, "prime256v1") &&
	       (EVP_PKEY_get_int_param(p,
		    OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
		    &explicit) != 1 ||
		   !explicit);
}

/* The point is on the curve, and the private half, if any, belongs to it. */
static bool
sound(EVP_PKEY *p, bool private)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(p, NULL);
	bool good = c && EVP_PKEY_public_check(c) == 1 &&
	            (!private || EVP_PKEY_pairwise_check(c) == 1);

	EVP_PKEY_CTX_free(c);
	return good;
}

/* RFC 7638 3: required members in lexical order, no blanks. */
static void
name_by_thumbprint(struct jws_key *k)
{
	static const char start[] =
	    "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"";
	char json[160], *p = json;
	unsigned char digest[CRYPT_SHA256_BYTES];

	p = mempcpy(p, start, sizeof start - 1);
	p += enc_b64url(p, k->x, sizeof k->x);
	p = mempcpy(p, "\",\"y\":\"", 7);
	p += enc_b64url(p, k->y, sizeof k->y);
	p = mempcpy(p, "\"}", 2);
	crypt_sha256(digest, json, (size_t)(p - json));
	enc_b64url(k->kid, digest, sizeof digest);
}

static bool
make_ready(struct jws_key *k)
{
	k->verifier = EVP_PKEY_CTX_new(k->pkey, NULL);
	if (!k->verifier || EVP_PKEY_verify_init(k->verifier) != 1)
		return false;
	if (!k->private)
		return true;
	k->signer = EVP_PKEY_CTX_new(k->pkey, NULL);
	return k->signer && EVP_PKEY_sign_init(k->signer) == 1;
}

/* Takes p, also when it fails. */
static struct jws_key *
key_of(EVP_PKEY *p, bool private, struct err *e)
{
	struct jws_key *k = calloc(1, sizeof *k);

	if (!k) {
		EVP_PKEY_free(p);
		err_why(e, ERR_BROKEN, "no memory for a key");
		return NULL;
	}
	k->pkey = p;
	k->private = private;
	if (!p)
		err_set(e, ERR_CONF, "is not a %s key that can be read",
		    private ? "private" : "public");
	else if (!on_p256(p))
		err_set(e, ERR_CONF,
		    "is not a key on the named curve P-256, which ES256 needs");
	else if (!sound(p, private))
		err_set(e, ERR_CONF,
		    "holds a point off the curve, or two halves that do not "
		    "belong together");
	else if (!coordinate(p, OSSL_PKEY_PARAM_EC_PUB_X, k->x) ||
		 !coordinate(p, OSSL_PKEY_PARAM_EC_PUB_Y, k->y) ||
		 !make_ready(k))
		err_why(e, ERR_BROKEN, "OpenSSL cannot use a key");
	else {
		name_by_thumbprint(k);
		k->table = ecdsa_key_new(k->x, k->y);
		if (jws_agreed(k, e))
			return k;
	}
	ERR_clear_error();
	jws_key_free(k);
	return NULL;
}

struct jws_key *
jws_key_make(struct err *e)
{
	struct jws_key *k = key_of(EVP_EC_gen("P-256"), true, e);

	while (k && k->kid[0] == '-') { /* one in 64 */
		jws_key_free(k);
		k = key_of(EVP_EC_gen("P-256"), true, e);
	}
	return k;
}

/* OpenSSL would skip what stands before a PEM and ignore what stands after,
 * so a file could hold more than what was looked at. */
static bool
one_pem(struct str pem, const char *label)
{
	char begin[40], end[40];
	const char *at;

	snprintf(begin, sizeof begin, "-----BEGIN %s-----\n", label);
	snprintf(end, sizeof end, "-----END %s-----", label);
	pem = str_trim(pem, "\r\n");
	if (pem.len > JWS_PEM_MAX || !str_starts(pem, begin))
		return false;
	at = memmem(pem.at, pem.len, end, strlen(end));
	return at && (size_t)(pem.at + pem.len - at) == strlen(end);
}

static struct jws_key *
read_pem(struct str pem, bool private, struct err *e)
{
	EVP_PKEY *p = NULL;
	BIO *b;

	if (!one_pem(pem, private ? "PRIVATE KEY" : "PUBLIC KEY")) {
		err_set(e, ERR_CONF, "must hold one PEM and nothing else: %s",
		    private ? "unencrypted PKCS#8 (BEGIN PRIVATE KEY)"
			    : "a public key (BEGIN PUBLIC KEY)");
		return NULL;
	}
	b = BIO_new_mem_buf(pem.at, (int)pem.len);
	if (b && private)
		p = PEM_read_bio_PrivateKey(b, NULL, no_password, NULL);
	else if (b)
		p = PEM_read_bio_PUBKEY(b, NULL, no_password, NULL);
	BIO_free(b);
	return key_of(p, private, e);
}

struct jws_key *
jws_key_private(struct str pem, struct err *e)
{
	return read_pem(pem, true, e);
}

struct jws_key *
jws_key_public(struct str pem, struct err *e)
{
	return read_pem(pem, false, e);
}

/* ---- writing ------------------------------------------------------------- */

/* Takes b; the memory of a secmem BIO is wiped as it goes. */
static char *
text_of(struct arena *a, BIO *b, bool written)
{
	char *at = NULL, *text = NULL;
	long n = b && written ? BIO_get_mem_data(b, &at) : 0;

	if (n > 0)
		text = arena_dup(a, at, (size_t)n);
	BIO_free(b);
	return text;
}

char *
jws_private_pem(struct arena *a, const struct jws_key *k)
{
	BIO *b = BIO_new(BIO_s_secmem());
	bool written = k->private && b &&
	               PEM_write_bio_PKCS8PrivateKey(
			   b, k->pkey, NULL, NULL, 0, NULL, NULL) == 1;

	return text_of(a, b, written);
}

char *
jws_public_pem(struct arena *a, const struct jws_key *k)
{
	BIO *b = BIO_new(BIO_s_mem());

	return text_of(a, b, b && PEM_write_bio_PUBKEY(b, k->pkey) == 1);
}

char *
jws_jwk(struct arena *a, const struct jws_key *k)
{
	char x[ENC_B64_LEN(COORD_BYTES)], y[ENC_B64_LEN(COORD_BYTES)];

	enc_b64url(x, k->x, sizeof k->x);
	enc_b64url(y, k->y, sizeof k->y);
	return arena_printf(a,
	    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%.*s\",\"y\":\"%.*s\","
	    "\"use\":\"sig\",\"alg\":\"ES256\",\"kid\":\"%s\"}",
	    (int)sizeof x, x, (int)sizeof y, y, k->kid);
}

/* ---- signing and verifying -------------------------------------------------
 */

static bool
raw_of_der(unsigned char raw[JWS_SIG_BYTES], const unsigned char *der, size_t n)
{
	ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &der, (long)n);
	bool worked = s &&
	              BN_bn2binpad(ECDSA_SIG_get0_r(s), raw, COORD_BYTES) ==
	                  COORD_BYTES &&
	              BN_bn2binpad(ECDSA_SIG_get0_s(s), raw + COORD_BYTES,
			  COORD_BYTES) == COORD_BYTES;

	ECDSA_SIG_free(s);
	return worked;
}

/* Returns the length, 0 when it failed. */
static size_t
der_of_raw(unsigned char der[DER_MAX], const unsigned char raw[JWS_SIG_BYTES])
{
	BIGNUM *r = BN_bin2bn(raw, COORD_BYTES, NULL);
	BIGNUM *s = BN_bin2bn(raw + COORD_BYTES, COORD_BYTES, NULL);
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

bool
jws_sign(const struct jws_key *k, struct str input, char sig[JWS_SIG_LEN],
    struct err *e)
{
	unsigned char digest[CRYPT_SHA256_BYTES], der[DER_MAX];
	unsigned char raw[JWS_SIG_BYTES];
	EVP_PKEY_CTX *c = k->signer ? EVP_PKEY_CTX_dup(k->signer) : NULL;
	size_t n = sizeof der;
	bool worked;

	crypt_sha256(digest, input.at, input.len);
	worked = c && EVP_PKEY_sign(c, der, &n, digest, sizeof digest) == 1 &&
	         raw_of_der(raw, der, n);
	EVP_PKEY_CTX_free(c);
	if (!worked) {
		ERR_clear_error();
		return err_why(e, ERR_BROKEN, "key %s cannot sign", k->kid);
	}
	enc_b64url(sig, raw, sizeof raw);
	return true;
}

static bool
evp_verify(const struct jws_key *k,
    const unsigned char digest[CRYPT_SHA256_BYTES],
    const unsigned char raw[JWS_SIG_BYTES])
{
	unsigned char der[DER_MAX];
	size_t n = der_of_raw(der, raw);
	EVP_PKEY_CTX *c;
	bool good;

	if (!n)
		return false;
	c = EVP_PKEY_CTX_dup(k->verifier);
	good = c && EVP_PKEY_verify(c, der, n, digest, CRYPT_SHA256_BYTES) == 1;
	EVP_PKEY_CTX_free(c);
	if (!good)
		ERR_clear_error();
	return good;
}

bool
jws_verify(const struct jws_key *k, struct str input, struct str sig)
{
	unsigned char digest[CRYPT_SHA256_BYTES], raw[JWS_SIG_BYTES];
	size_t n = sizeof raw;

	if (!input.at || sig.len != JWS_SIG_LEN || !dec_b64url(raw, &n, sig) ||
	    n != sizeof raw)
		return false;
	crypt_sha256(digest, input.at, input.len);
	return k->table ? ecdsa_verify(k->table, digest, raw)
	                : evp_verify(k, digest, raw);
}
