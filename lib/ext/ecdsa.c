/* ecdsa.c - believes P-256 signatures of a key that is known for long
 * SPDX-License-Identifier: Apache-2.0 */

/* A table for a point of one's own can be had only through the functions that
 * OpenSSL 3 calls low-level. They are there in all of 3.x. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "ext/ecdsa.h"

#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

struct ecdsa_key {
	EC_GROUP *base;  /* P-256, whose table OpenSSL has built in */
	EC_GROUP *keyed; /* P-256 with the key as base point, and its table */
	EC_POINT *point;
};

/* What one verification works with. */
struct bench {
	BN_CTX *ctx;
	BIGNUM *r, *s, *e, *u1, *u2, *x;
	EC_POINT *a, *b;
};

static void
bench_drop(struct bench *w)
{
	EC_POINT_free(w->a);
	EC_POINT_free(w->b);
	if (w->ctx)
		BN_CTX_end(w->ctx);
	BN_CTX_free(w->ctx);
}

static bool
bench_take(struct bench *w, const EC_GROUP *group)
{
	*w = (struct bench){ .ctx = BN_CTX_new() };
	if (!w->ctx)
		return false;
	BN_CTX_start(w->ctx);
	w->r = BN_CTX_get(w->ctx);
	w->s = BN_CTX_get(w->ctx);
	w->e = BN_CTX_get(w->ctx);
	w->u1 = BN_CTX_get(w->ctx);
	w->u2 = BN_CTX_get(w->ctx);
	w->x = BN_CTX_get(w->ctx);
	w->a = EC_POINT_new(group);
	w->b = EC_POINT_new(group);
	return w->x && w->a && w->b;
}

static bool
in_range(const BIGNUM *n, const BIGNUM *order)
{
	return !BN_is_zero(n) && BN_cmp(n, order) < 0;
}

/* The x coordinate of u1 G + u2 Q, modulo the order: SEC 1 4.1.4, 5 to 7. */
static bool
meets(const struct ecdsa_key *k, struct bench *w, const BIGNUM *order)
{
	return EC_POINT_mul(k->base, w->a, w->u1, NULL, NULL, w->ctx) == 1 &&
	       EC_POINT_mul(k->keyed, w->b, w->u2, NULL, NULL, w->ctx) == 1 &&
	       EC_POINT_add(k->base, w->a, w->a, w->b, w->ctx) == 1 &&
	       !EC_POINT_is_at_infinity(k->base, w->a) &&
	       EC_POINT_get_affine_coordinates(
		   k->base, w->a, w->x, NULL, w->ctx) == 1 &&
	       BN_nnmod(w->x, w->x, order, w->ctx) == 1 &&
	       BN_cmp(w->x, w->r) == 0;
}

bool
ecdsa_verify(const struct ecdsa_key *k,
    const unsigned char digest[ECDSA_DIGEST_BYTES],
    const unsigned char raw[ECDSA_RAW_BYTES])
{
	const BIGNUM *order = EC_GROUP_get0_order(k->base);
	struct bench w;
	bool good;

	good = bench_take(&w, k->base) &&
	       BN_bin2bn(raw, ECDSA_COORD_BYTES, w.r) &&
	       BN_bin2bn(raw + ECDSA_COORD_BYTES, ECDSA_COORD_BYTES, w.s) &&
	       BN_bin2bn(digest, ECDSA_DIGEST_BYTES, w.e) &&
	       in_range(w.r, order) && in_range(w.s, order) &&
	       BN_mod_inverse(w.s, w.s, order, w.ctx) &&
	       BN_mod_mul(w.u1, w.e, w.s, order, w.ctx) == 1 &&
	       BN_mod_mul(w.u2, w.r, w.s, order, w.ctx) == 1 &&
	       meets(k, &w, order);
	bench_drop(&w);
	if (!good)
		ERR_clear_error();
	return good;
}

/* ---- the table, held against OpenSSL ---------------------------------------
 */

/* A digest and a signature that fit this key, though nobody here can sign for
 * it: for any a and b, with R = a G + b Q, r = R.x and s = r / b is the
 * signature of the digest a r / b. */
static bool
forge(const struct ecdsa_key *k, struct bench *w,
    unsigned char digest[ECDSA_DIGEST_BYTES],
    unsigned char raw[ECDSA_RAW_BYTES])
{
	const BIGNUM *order = EC_GROUP_get0_order(k->base);

	return BN_priv_rand_range(w->u1, order) == 1 &&
	       BN_priv_rand_range(w->u2, order) == 1 && !BN_is_zero(w->u2) &&
	       EC_POINT_mul(k->base, w->a, w->u1, k->point, w->u2, w->ctx) ==
	           1 &&
	       EC_POINT_get_affine_coordinates(
		   k->base, w->a, w->x, NULL, w->ctx) == 1 &&
	       BN_nnmod(w->r, w->x, order, w->ctx) == 1 &&
	       BN_mod_inverse(w->x, w->u2, order, w->ctx) &&
	       BN_mod_mul(w->s, w->r, w->x, order, w->ctx) == 1 &&
	       BN_mod_mul(w->e, w->s, w->u1, order, w->ctx) == 1 &&
	       BN_bn2binpad(w->e, digest, ECDSA_DIGEST_BYTES) > 0 &&
	       BN_bn2binpad(w->r, raw, ECDSA_COORD_BYTES) > 0 &&
	       BN_bn2binpad(w->s, raw + ECDSA_COORD_BYTES, ECDSA_COORD_BYTES) >
	           0;
}

static bool
openssl_verifies(const struct ecdsa_key *k, const unsigned char *digest,
    const unsigned char *raw)
{
	EC_KEY *key = EC_KEY_new();
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, ECDSA_COORD_BYTES, NULL);
	BIGNUM *s = BN_bin2bn(raw + ECDSA_COORD_BYTES, ECDSA_COORD_BYTES, NULL);
	bool good = false;

	if (key && sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL; /* sig has them now */
		good =
		    EC_KEY_set_group(key, k->base) == 1 &&
		    EC_KEY_set_public_key(key, k->point) == 1 &&
		    ECDSA_do_verify(digest, ECDSA_DIGEST_BYTES, sig, key) == 1;
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	EC_KEY_free(key);
	return good;
}

static bool
agrees(const struct ecdsa_key *k)
{
	unsigned char digest[ECDSA_DIGEST_BYTES], raw[ECDSA_RAW_BYTES];
	struct bench w;
	bool good = bench_take(&w, k->base) && forge(k, &w, digest, raw);

	bench_drop(&w);
	good = good && openssl_verifies(k, digest, raw) &&
	       ecdsa_verify(k, digest, raw);
	digest[ECDSA_DIGEST_BYTES - 1] ^= 1;
	return good && !openssl_verifies(k, digest, raw) &&
	       !ecdsa_verify(k, digest, raw);
}

static bool
set_point(struct ecdsa_key *k, const unsigned char *x, const unsigned char *y,
    BN_CTX *ctx)
{
	BIGNUM *bx = BN_bin2bn(x, ECDSA_COORD_BYTES, NULL);
	BIGNUM *by = BN_bin2bn(y, ECDSA_COORD_BYTES, NULL);
	/* refuses a point that is not on the curve */
	bool good = bx && by && k->point &&
	            EC_POINT_set_affine_coordinates(
			k->base, k->point, bx, by, ctx) == 1;

	BN_free(bx);
	BN_free(by);
	return good;
}

static bool
make_table(struct ecdsa_key *k, const unsigned char *x, const unsigned char *y)
{
	BN_CTX *ctx = BN_CTX_new();
	bool good = ctx && k->base && k->keyed && set_point(k, x, y, ctx) &&
	            EC_GROUP_set_generator(k->keyed, k->point,
			EC_GROUP_get0_order(k->base),
			EC_GROUP_get0_cofactor(k->base)) == 1 &&
	            EC_GROUP_precompute_mult(k->keyed, ctx) == 1;

	BN_CTX_free(ctx);
	return good;
}

struct ecdsa_key *
ecdsa_key_new(const unsigned char x[ECDSA_COORD_BYTES],
    const unsigned char y[ECDSA_COORD_BYTES])
{
	struct ecdsa_key *k = calloc(1, sizeof *k);

	if (!k)
		return NULL;
	k->base = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	k->keyed = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	k->point = k->base ? EC_POINT_new(k->base) : NULL;
	if (make_table(k, x, y) && agrees(k))
		return k;
	ERR_clear_error();
	ecdsa_key_free(k);
	return NULL;
}

void
ecdsa_key_free(struct ecdsa_key *k)
{
	if (!k)
		return;
	EC_POINT_free(k->point);
	EC_GROUP_free(k->keyed);
	EC_GROUP_free(k->base);
	free(k);
}
