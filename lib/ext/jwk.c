/* jwk.c - public keys of clients: read from a JWK Set, verify assertions
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/jwk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/buf.h"
#include "base/enc.h"
#include "ext/crypt.h"
#include "ext/js.h"

#define RSA_BITS_MIN  2048
#define RSA_BITS_MAX  8192
#define RSA_BYTES_MAX (RSA_BITS_MAX / 8)
#define EXP_BYTES_MAX 4
#define COORD_MAX     48
#define DER_MAX       112 /* of a P-384 signature */
#define WRITTEN_MAX   ((size_t)64 * 1024)

struct algorithm {
	const char *name;
	const char *digest;
	const char *crv; /* NULL: RSA */
	size_t coord;    /* bytes of r, s, x and y */
	bool pss;
};

static const struct algorithm algorithms[JWK_ALG__MAX] = {
	[JWK_RS256] = { .name = "RS256", .digest = "SHA256" },
	[JWK_RS384] = { .name = "RS384", .digest = "SHA384" },
	[JWK_PS256] = { .name = "PS256", .digest = "SHA256", .pss = true },
	[JWK_ES256] = { "ES256", "SHA256", "P-256", 32, false },
	[JWK_ES384] = { "ES384", "SHA384", "P-384", 48, false },
};

/* The numbers of a key, big endian: n and e, or x and y. */
struct numbers {
	unsigned char first[RSA_BYTES_MAX], second[COORD_MAX];
	size_t n_first, n_second;
};

struct jwk {
	EVP_PKEY *pkey;
	enum jwk_alg alg;
	char kid[JWK_KID_MAX + 1];
	char cred[JWK_CRED_LEN + 1];
	char *first, *second; /* the numbers as base64url */
};

struct jwk_set {
	struct arena *a;
	size_t n;
	struct jwk key[JWK_KEYS_MAX];
};

const char *
jwk_alg_name(enum jwk_alg alg)
{
	return algorithms[alg].name;
}

bool
jwk_alg_read(enum jwk_alg *alg, struct str name)
{
	int i;

	for (i = 0; i < JWK_ALG__MAX; i++)
		if (str_is(name, algorithms[i].name)) {
			*alg = (enum jwk_alg)i;
			return true;
		}
	return false;
}

/* ---- what a JWK says ------------------------------------------------------ */

static bool
no_secret_part(const struct json_t *o, struct err *e)
{
	static const char *const private[] = { "d", "p", "q", "dp", "dq", "qi",
		"oth", "k" };
	size_t i;

	for (i = 0; i < COUNT(private); i++)
		if (js_has(o, private[i]))
			return err_set(e, ERR_CONF,
			    "holds a private or symmetric part (%s); consider "
			    "that key leaked, and send public keys only",
			    private[i]);
	return true;
}

static bool
for_signatures(const struct json_t *o, struct err *e)
{
	const struct json_t *ops = js_array(o, "key_ops");
	struct str use = STR("sig"), op;
	size_t i;

	if (js_has(o, "use") &&
	    (!js_text(o, "use", &use) || !str_is(use, "sig")))
		return err_set(e, ERR_CONF, "has a use other than sig");
	if (!js_has(o, "key_ops"))
		return true;
	for (i = 0; i < js_count(ops); i++)
		if (js_value_text(js_at(ops, i), &op) && str_is(op, "verify"))
			return true;
	return err_set(e, ERR_CONF, "has key_ops without verify");
}

static bool
kid_usable(struct str kid)
{
	size_t i;

	for (i = 0; i < kid.len; i++)
		if (kid.at[i] < ' ' || kid.at[i] > '~' || kid.at[i] == '"' ||
		    kid.at[i] == '\\')
			return false;
	return kid.len && kid.len <= JWK_KID_MAX;
}

static bool
read_kid(struct jwk *k, const struct json_t *o, struct err *e)
{
	struct str kid;

	if (!js_text(o, "kid", &kid))
		return err_set(e, ERR_CONF, "has no kid");
	if (!kid_usable(kid))
		return err_set(e, ERR_CONF,
		    "has a kid that is not 1 to %d printable ASCII characters "
		    "without quotes and backslashes",
		    JWK_KID_MAX);
	memcpy(k->kid, kid.at, kid.len);
	return true;
}

/* Which algorithm the type and curve stand for when none is named; one that is
 * named has to fit them. */
static bool
read_alg(struct jwk *k, const struct json_t *o, struct err *e)
{
	struct str kty, crv = STR_NONE, alg;
	bool rsa;

	if (!js_text(o, "kty", &kty))
		return err_set(e, ERR_CONF, "has no kty");
	rsa = str_is(kty, "RSA");
	if (!rsa && !str_is(kty, "EC"))
		return err_set(e, ERR_CONF, "has a kty other than RSA and EC");
	js_text(o, "crv", &crv);
	if (!rsa && !str_is(crv, "P-256") && !str_is(crv, "P-384"))
		return err_set(
		    e, ERR_CONF, "is on another curve than P-256 and P-384");
	k->alg = rsa ? JWK_RS384 : str_is(crv, "P-256") ? JWK_ES256 : JWK_ES384;
	if (!js_has(o, "alg"))
		return true;
	if (!js_text(o, "alg", &alg) || !jwk_alg_read(&k->alg, alg))
		return err_set(e, ERR_CONF,
		    "has an alg other than RS256, RS384, PS256, ES256 and "
		    "ES384");
	return rsa ? !algorithms[k->alg].crv ||
	                 err_set(e, ERR_CONF, "has an alg that is not for RSA")
	           : (algorithms[k->alg].crv &&
			 str_is(crv, algorithms[k->alg].crv)) ||
	                 err_set(e, ERR_CONF,
			     "has an alg that is not for its curve");
}

/* RFC 7518 2: the shortest form, no zero byte in front; coordinates of EC are
 * as long as the field. */
static bool
read_number(unsigned char *to, size_t *n, const struct json_t *o,
    const char *name, char **text, struct arena *a)
{
	struct str s;

	if (!js_text(o, name, &s) || s.len > ENC_B64_LEN(*n) ||
	    !dec_b64url(to, n, s) || !*n)
		return false;
	*text = str_text(a, s);
	return true;
}

static bool
read_rsa(struct jwk *k, struct numbers *to, const struct json_t *o,
    struct arena *a, struct err *e)
{
	to->n_first = RSA_BYTES_MAX;
	to->n_second = EXP_BYTES_MAX;
	if (!read_number(to->first, &to->n_first, o, "n", &k->first, a) ||
	    !to->first[0])
		return err_set(e, ERR_CONF,
		    "has no n, or one that is not the shortest base64url of "
		    "at most %d bits",
		    RSA_BITS_MAX);
	if (!read_number(to->second, &to->n_second, o, "e", &k->second, a) ||
	    !to->second[0] || to->n_second < 3 ||
	    !(to->second[to->n_second - 1] & 1))
		return err_set(e, ERR_CONF,
		    "has an e that is not odd and between 65537 and 2^32");
	if (to->n_first < RSA_BITS_MIN / 8 ||
	    (to->n_first == RSA_BITS_MIN / 8 && to->first[0] < 0x80))
		return err_set(
		    e, ERR_CONF, "has fewer than %d bits", RSA_BITS_MIN);
	return (to->first[to->n_first - 1] & 1) ||
	       err_set(e, ERR_CONF, "has an even modulus");
}

static bool
read_ec(struct jwk *k, struct numbers *to, const struct json_t *o,
    struct arena *a, struct err *e)
{
	size_t want = algorithms[k->alg].coord;

	to->n_first = to->n_second = COORD_MAX;
	return (read_number(to->first, &to->n_first, o, "x", &k->first, a) &&
		   read_number(
		       to->second, &to->n_second, o, "y", &k->second, a) &&
		   to->n_first == want && to->n_second == want) ||
	       err_set(e, ERR_CONF,
		   "has an x or y that is not base64url of %zu bytes", want);
}

/* ---- keys of OpenSSL ------------------------------------------------------- */

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
make_rsa(const struct numbers *v)
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
make_ec(const struct numbers *v, const struct algorithm *g)
{
	unsigned char point[1 + 2 * COORD_MAX] = { 4 };
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
 * would test whether the modulus is prime, and read_rsa has looked at what a
 * stranger could do harm with. This is done again whenever a set is read. */
static bool
make_pkey(struct jwk *k, const struct numbers *v, struct err *e)
{
	const struct algorithm *g = &algorithms[k->alg];

	k->pkey = g->crv ? make_ec(v, g) : make_rsa(v);
	if (k->pkey)
		return true;
	ERR_clear_error();
	return err_set(e, ERR_CONF,
	    g->crv ? "has a point off its curve" : "is not a sound RSA key");
}

/* ---- names ------------------------------------------------------------------ */

/* RFC 7638 3: required members in lexical order, no blanks. */
static const char *
thumbprint_input(struct arena *a, const struct jwk *k)
{
	const char *crv = algorithms[k->alg].crv;

	return crv ? arena_printf(a,
			 "{\"crv\":\"%s\",\"kty\":\"EC\",\"x\":\"%s\","
			 "\"y\":\"%s\"}",
			 crv, k->first, k->second)
	           : arena_printf(a,
			 "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}",
			 k->second, k->first);
}

/* Forty bits of a digest; a kid holds no line end. */
static void
name_credential(struct arena *a, struct jwk *k)
{
	static const char base32[] = "abcdefghijklmnopqrstuvwxyz234567";
	const char *input =
	    arena_printf(a, "%s\n%s", k->kid, thumbprint_input(a, k));
	unsigned char digest[CRYPT_SHA256_BYTES];
	uint64_t bits = 0;
	int i;

	crypt_sha256(digest, input, strlen(input));
	for (i = 0; i < JWK_CRED_LEN * 5 / 8; i++)
		bits = bits << 8 | digest[i];
	for (i = JWK_CRED_LEN - 1; i >= 0; i--, bits >>= 5)
		k->cred[i] = base32[bits & 31];
}

/* ---- the set ---------------------------------------------------------------- */

static bool
read_key(struct jwk_set *set, const struct json_t *o, struct err *e)
{
	struct jwk *k = &set->key[set->n];
	struct numbers v;

	if (!no_secret_part(o, e) || !for_signatures(o, e) ||
	    !read_kid(k, o, e) || !read_alg(k, o, e))
		return false;
	if (jwk_set_find(set, str_of(k->kid)))
		return err_set(e, ERR_CONF, "has the kid of another key");
	if (!(algorithms[k->alg].crv ? read_ec(k, &v, o, set->a, e)
				     : read_rsa(k, &v, o, set->a, e)) ||
	    !make_pkey(k, &v, e))
		return false;
	name_credential(set->a, k);
	set->n++;
	return true;
}

static bool
read_keys(struct jwk_set *set, const struct json_t *keys, struct err *e)
{
	struct err why = { .kind = ERR_NONE };
	size_t i, n = js_count(keys);

	if (!keys || !n)
		return err_set(e, ERR_CONF,
		    "The key set has no keys: {\"keys\":[...]} is expected.");
	if (n > JWK_KEYS_MAX)
		return err_set(e, ERR_CONF,
		    "The key set has %zu keys; at most %d are taken.", n,
		    JWK_KEYS_MAX);
	for (i = 0; i < n; i++)
		if (!read_key(set, js_at(keys, i), &why))
			return err_set(e, ERR_CONF,
			    "Key %zu of the key set %s.", i + 1, why.said);
	return true;
}

struct jwk_set *
jwk_set_read(struct str json, struct err *e)
{
	struct jwk_set *set = calloc(1, sizeof *set);
	struct arena *reading = arena_new();
	struct err why = { .kind = ERR_NONE };
	const struct json_t *o;

	if (!set)
		abort();
	set->a = arena_new();
	o = js_read(reading, json, JWK_SET_BYTES_MAX, &why);
	if (!o)
		err_set(e, ERR_CONF,
		    "The key set is not one JSON object of at most %zu bytes "
		    "with each member once.",
		    JWK_SET_BYTES_MAX);
	if (!o || !read_keys(set, js_array(o, "keys"), e)) {
		jwk_set_free(set);
		set = NULL;
	}
	arena_free(reading);
	return set;
}

void
jwk_set_free(void *p)
{
	struct jwk_set *set = p;
	size_t i;

	if (!set)
		return;
	for (i = 0; i < JWK_KEYS_MAX; i++)
		EVP_PKEY_free(set->key[i].pkey);
	arena_free(set->a);
	free(set);
}

size_t
jwk_set_count(const struct jwk_set *set)
{
	return set->n;
}

const struct jwk *
jwk_set_at(const struct jwk_set *set, size_t i)
{
	return &set->key[i];
}

const struct jwk *
jwk_set_find(const struct jwk_set *set, struct str kid)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (str_is(kid, set->key[i].kid))
			return &set->key[i];
	return NULL;
}

static void
write_key(struct buf *b, const struct jwk *k)
{
	const struct algorithm *g = &algorithms[k->alg];

	if (g->crv)
		buf_fmt(b,
		    "{\"kty\":\"EC\",\"crv\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"",
		    g->crv, k->first, k->second);
	else
		buf_fmt(b, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"",
		    k->first, k->second);
	buf_fmt(b, ",\"use\":\"sig\",\"alg\":\"%s\",\"kid\":\"%s\"}", g->name,
	    k->kid);
}

const char *
jwk_set_write(struct arena *a, const struct jwk_set *set)
{
	struct buf b = buf_new(a, WRITTEN_MAX);
	size_t i;

	buf_str(&b, "{\"keys\":[");
	for (i = 0; i < set->n; i++) {
		buf_str(&b, i ? "," : "");
		write_key(&b, &set->key[i]);
	}
	buf_str(&b, "]}");
	return buf_text(&b);
}

const char *
jwk_set_creds(struct arena *a, const struct jwk_set *set)
{
	struct buf b = buf_new(a, JWK_KEYS_MAX * (JWK_CRED_LEN + 1));
	size_t i;

	for (i = 0; i < set->n; i++)
		buf_fmt(&b, "%s%s", i ? " " : "", set->key[i].cred);
	return buf_text(&b);
}

const char *
jwk_kid(const struct jwk *k)
{
	return k->kid;
}

enum jwk_alg
jwk_alg(const struct jwk *k)
{
	return k->alg;
}

const char *
jwk_cred(const struct jwk *k)
{
	return k->cred;
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
evp_verify(
    const struct jwk *k, struct str input, const unsigned char *sig, size_t n)
{
	const struct algorithm *g = &algorithms[k->alg];
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
jwk_verify(const struct jwk *k, struct str input, struct str sig)
{
	const struct algorithm *g = &algorithms[k->alg];
	size_t want =
	    g->crv ? 2 * g->coord : (size_t)EVP_PKEY_get_size(k->pkey);
	unsigned char raw[RSA_BYTES_MAX], der[DER_MAX];
	size_t n = sizeof raw;

	if (!input.at || sig.len != ENC_B64_LEN(want) ||
	    !dec_b64url(raw, &n, sig) || n != want)
		return false;
	if (!g->crv)
		return evp_verify(k, input, raw, n);
	n = der_of(der, raw, g->coord);
	return n && evp_verify(k, input, der, n);
}
