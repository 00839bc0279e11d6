/* test_ext_ecdsa.c - the table and OpenSSL believe the same signatures
 * SPDX-License-Identifier: Apache-2.0 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>

#include "ext/ecdsa.h"

static EC_KEY *key;
static struct ecdsa_key *table;

static int
set_up(void **state)
{
	unsigned char x[32], y[32];
	BIGNUM *bx = BN_new(), *by = BN_new();

	(void)state;
	key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	EC_KEY_generate_key(key);
	EC_POINT_get_affine_coordinates(
	    EC_KEY_get0_group(key), EC_KEY_get0_public_key(key), bx, by, NULL);
	BN_bn2binpad(bx, x, 32);
	BN_bn2binpad(by, y, 32);
	BN_free(bx);
	BN_free(by);
	table = ecdsa_key_new(x, y);
	y[31] ^= 1;
	return table && !ecdsa_key_new(x, y) ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	ecdsa_key_free(table);
	EC_KEY_free(key);
	return 0;
}

static bool
openssl_says(const unsigned char *digest, const unsigned char *raw)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	bool good;

	ECDSA_SIG_set0(
	    sig, BN_bin2bn(raw, 32, NULL), BN_bin2bn(raw + 32, 32, NULL));
	good = ECDSA_do_verify(digest, 32, sig, key) == 1;
	ECDSA_SIG_free(sig);
	return good;
}

static void
sign(const unsigned char *digest, unsigned char *raw)
{
	ECDSA_SIG *sig = ECDSA_do_sign(digest, 32, key);

	BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32);
	ECDSA_SIG_free(sig);
}

static void
good_signatures_are_believed_and_altered_ones_are_not(void **state)
{
	unsigned char digest[32], raw[64];
	int i;

	(void)state;
	for (i = 0; i < 300; i++) {
		unsigned at = (unsigned)i % 96;

		RAND_bytes(digest, sizeof digest);
		sign(digest, raw);
		assert_true(ecdsa_verify(table, digest, raw));
		*(at < 64 ? raw + at : digest + at - 64) ^=
		    (unsigned char)(1 << i % 8);
		assert_false(openssl_says(digest, raw));
		assert_false(ecdsa_verify(table, digest, raw));
	}
}

/* Numbers at which careless code accepts: zero, the order and its
 * neighbours, all ones. */
static void
numbers_at_the_edges_are_judged_as_openssl_does(void **state)
{
	const BIGNUM *order = EC_GROUP_get0_order(EC_KEY_get0_group(key));
	unsigned char edge[8][32] = { { 0 } }, raw[64], digest[32];
	BIGNUM *n = BN_dup(order);
	size_t d, r, s, good = 0;

	(void)state;
	edge[1][31] = 1;
	edge[2][31] = 2;
	BN_bn2binpad(n, edge[3], 32);
	BN_sub_word(n, 1);
	BN_bn2binpad(n, edge[4], 32);
	BN_add_word(n, 2);
	BN_bn2binpad(n, edge[5], 32);
	memset(edge[6], 0xff, 32);
	BN_rshift1(n, order);
	BN_bn2binpad(n, edge[7], 32);
	BN_free(n);
	for (d = 0; d < 8; d++)
		for (r = 0; r < 8; r++)
			for (s = 0; s < 8; s++) {
				memcpy(raw, edge[r], 32);
				memcpy(raw + 32, edge[s], 32);
				assert_int_equal(
				    ecdsa_verify(table, edge[d], raw),
				    openssl_says(edge[d], raw));
			}
	for (d = 0; d < 8; d++) {
		sign(edge[d], raw);
		memcpy(digest, edge[d], 32);
		good += ecdsa_verify(table, digest, raw);
		/* r + order would be the same residue */
		n = BN_bin2bn(raw, 32, NULL);
		BN_add(n, n, order);
		if (BN_num_bytes(n) <= 32) {
			BN_bn2binpad(n, raw, 32);
			assert_false(ecdsa_verify(table, digest, raw));
		}
		BN_free(n);
	}
	assert_int_equal(good, 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    good_signatures_are_believed_and_altered_ones_are_not),
		cmocka_unit_test(
		    numbers_at_the_edges_are_judged_as_openssl_does),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
