/* test_ext_box.c - boxes that open once, for one purpose, and for nobody else
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "ext/box_inner.h"

#define ABOUT STR("about this")

/* Closed by the HPKE of pyca/cryptography 48, for the private key 1 to 32. */
#define FOREIGN                                                                \
	"wgbox1.ZS36mmtvLWivPXvvLThjDu60Oerv9rlIeCH64zMjiu8."                  \
	"9tIxB2AcQ3D_Dr3meM_orA_ResuJAJ7q8E_-je7mCEtEeDybGYhxUkywjhTsyO"       \
	"nyJ7zrFWwaCGVLaOjvTpJKwXDz4_3lpw"
#define FOREIGN_SAYS "opened by another hand"

static void
known_key(unsigned char private[32])
{
	int i;

	for (i = 0; i < 32; i++)
	private[i] = (unsigned char)(i + 1);
}

static void
unhex(unsigned char *to, size_t n, const char *hex)
{
	assert_true(dec_hex(to, n, str_of(hex)));
}

static void
assert_hex(const unsigned char *bytes, size_t n, const char *hex)
{
	char text[200] = "";

	enc_hex(text, bytes, n);
	assert_string_equal(text, hex);
}

/* RFC 7748 6.1 */
static void
keys_are_agreed_on_as_the_standard_has_it(void **state)
{
	unsigned char a[32], b[32], pa[32], pb[32], got[32];

	(void)state;
	unhex(a, 32,
	    "77076d0a7318a57d3c16c17251b26645"
	    "df4c2f87ebc0992ab177fba51db92c2a");
	unhex(b, 32,
	    "5dab087e624a8a4b79e17f8b83800ee6"
	    "6f3bb1292618b6fd1c2f8b27ff88e0eb");
	crypt_x25519_public(pa, a);
	assert_hex(pa, 32,
	    "8520f0098930a754748b7ddcb43ef75a"
	    "0dbf3a0d26381af4eba4a98eaa9b4e6a");
	crypt_x25519_public(pb, b);
	assert_hex(pb, 32,
	    "de9edb7d7b7dc1b4d35b61c2ece43537"
	    "3f8343c85b78674dadfc7e146f882b4f");
	assert_true(crypt_x25519(got, a, pb));
	assert_hex(got, 32,
	    "4a5d9d5ba4ce2de1728e3bf480350f25"
	    "e07e21c947d19e3376f09b3c1e161742");
	assert_true(crypt_x25519(got, b, pa));
	assert_hex(got, 32,
	    "4a5d9d5ba4ce2de1728e3bf480350f25"
	    "e07e21c947d19e3376f09b3c1e161742");
}

/* RFC 7748 6.1: small subgroups give zeros, whatever the private key. */
static void
public_keys_that_give_zeros_are_refused(void **state)
{
	static const char *const low[] = {
		"00000000000000000000000000000000000000000000000000000000000000"
		"00",
		"01000000000000000000000000000000000000000000000000000000000000"
		"00",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"7f",
	};
	struct arena *a = arena_new();
	unsigned char private[32], public[32], shared[32];
	size_t i;

	(void)state;
	known_key(private);
	for (i = 0; i < COUNT(low); i++) {
		unhex(public, 32, low[i]);
		assert_false(crypt_x25519(shared, private, public));
		assert_null(box_close(a, public, ABOUT, STR("secret")));
	}
	arena_free(a);
}

/* RFC 9180 A.1.1 (aead 1) and A.2.1 (aead 3): same KEM and KDF as ours. */
static const struct vector {
	unsigned aead;
	size_t key_n;
	const char *ephemeral, *enc, *private, *public, *shared, *key, *nonce;
} vectors[] = {
	{ 1, 16,
	    "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
	    "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
	    "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
	    "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
	    "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc",
	    "4531685d41d65f03dc48f6b8302c05b0", "56d890e5accaaf011cff4b7d" },
	{ 3, 32,
	    "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600",
	    "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
	    "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
	    "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
	    "0bbe78490412b4bbea4812666f7916932b828bba79942424abb65244930d69a7",
	    "ad2744de8e17f4ebba575b3f5f5a8fa1f69c2a07f6e7500bc60ca6e3e3ec1c91",
	    "5c4d98150661b848853b547f" },
};

static void
the_steps_are_those_of_the_standard(void **state)
{
	unsigned char e[32], enc[32], r[32], public[32], got[32], key[32];
	unsigned char nonce[CRYPT_NONCE_BYTES];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(vectors); i++) {
		const struct vector *v = &vectors[i];

		unhex(e, 32, v->ephemeral);
		unhex(r, 32, v->private);
		crypt_x25519_public(enc, e);
		assert_hex(enc, 32, v->enc);
		crypt_x25519_public(public, r);
		assert_hex(public, 32, v->public);
		assert_true(box_shared(got, e, public, enc, public));
		assert_hex(got, 32, v->shared);
		assert_true(box_shared(got, r, enc, enc, public));
		assert_hex(got, 32, v->shared);
		box_schedule(v->aead, got, STR("Ode on a Grecian Urn"), key,
		    v->key_n, nonce);
		assert_hex(key, v->key_n, v->key);
		assert_hex(nonce, sizeof nonce, v->nonce);
	}
}

/* RFC 8037 A.3 has the thumbprint of an Ed25519 key; the one of X25519 keys is
 * made alike, and the foreign box names it. */
static void
a_box_that_others_closed_opens(void **state)
{
	unsigned char private[32], public[32], got[BOX_SECRET_MAX];
	char kid[BOX_KID_LEN + 1], named[BOX_KID_LEN + 1];
	size_t n;

	(void)state;
	known_key(private);
	crypt_x25519_public(public, private);
	box_kid(kid, public);
	assert_true(box_read(STR(FOREIGN), named));
	assert_string_equal(kid, named);
	assert_true(box_open(private, ABOUT, STR(FOREIGN), got, &n));
	assert_int_equal(n, strlen(FOREIGN_SAYS));
	assert_memory_equal(got, FOREIGN_SAYS, n);
}

static void
what_is_closed_opens_again_whatever_its_length(void **state)
{
	static const size_t lengths[] = { 0, 1, 15, 16, 17, 300,
		BOX_SECRET_MAX };
	struct arena *a = arena_new();
	unsigned char private[32], public[32], got[BOX_SECRET_MAX];
	char *long_one = arena_get(a, BOX_SECRET_MAX + 1), *first, *second;
	size_t i, n;

	(void)state;
	known_key(private);
	crypt_x25519_public(public, private);
	memset(long_one, 's', BOX_SECRET_MAX + 1);
	for (i = 0; i < COUNT(lengths); i++) {
		struct str secret = { long_one, lengths[i] };

		first = box_close(a, public, ABOUT, secret);
		second = box_close(a, public, ABOUT, secret);
		assert_string_not_equal(first, second);
		assert_true(strlen(first) <= BOX_TEXT_MAX);
		assert_true(box_open(private, ABOUT, str_of(first), got, &n));
		assert_int_equal(n, lengths[i]);
		assert_memory_equal(got, long_one, n);
	}
	assert_null(box_close(
	    a, public, ABOUT, (struct str){ long_one, BOX_SECRET_MAX + 1 }));
	assert_null(box_close(a, public,
	    (struct str){ long_one, BOX_ABOUT_MAX + 1 }, STR("secret")));
	arena_free(a);
}

static void
another_key_or_purpose_opens_nothing(void **state)
{
	struct arena *a = arena_new();
	unsigned char private[32], public[32], other[32], got[BOX_SECRET_MAX];
	char *text, *renamed, kid[BOX_KID_LEN + 1];
	size_t n;

	(void)state;
	known_key(private);
	crypt_x25519_public(public, private);
	text = box_close(a, public, ABOUT, STR("secret"));
	assert_false(
	    box_open(private, STR("about thi"), str_of(text), got, &n));
	assert_false(
	    box_open(private, STR("about this "), str_of(text), got, &n));
	assert_false(box_open(private, STR_NONE, str_of(text), got, &n));
	memcpy(other, private, 32);
	other[8] ^= 1;
	assert_false(box_open(other, ABOUT, str_of(text), got, &n));
	crypt_x25519_public(public, other); /* nor under the other's name */
	box_kid(kid, public);
	renamed = arena_dup(a, text, strlen(text));
	memcpy(renamed + sizeof BOX_MARK, kid, BOX_KID_LEN);
	assert_false(box_open(other, ABOUT, str_of(renamed), got, &n));
	assert_false(box_open(private, ABOUT, str_of(renamed), got, &n));
	arena_free(a);
}

static void
every_byte_counts(void **state)
{
	static const unsigned char nothing[sizeof FOREIGN_SAYS - 1];
	unsigned char private[32], got[BOX_SECRET_MAX];
	char text[] = FOREIGN, kid[BOX_KID_LEN + 1];
	size_t i, n, len = sizeof text - 1;
	int bit;

	(void)state;
	known_key(private);
	for (i = 0; i < len; i++)
		for (bit = 0; bit < 8; bit++) {
			memset(got, 0, sizeof got);
			text[i] ^= (char)(1 << bit);
			assert_false(box_open(private, ABOUT,
			    (struct str){ text, len }, got, &n));
			assert_memory_equal(got, nothing, sizeof nothing);
			text[i] ^= (char)(1 << bit);
		}
	for (i = 0; i < len; i++)
		assert_false(
		    box_open(private, ABOUT, (struct str){ text, i }, got, &n));
	assert_false(
	    box_open(private, ABOUT, (struct str){ text, len + 1 }, got, &n));
	assert_true(
	    box_open(private, ABOUT, (struct str){ text, len }, got, &n));
	assert_false(box_read(STR_NONE, kid));
	assert_false(box_read(STR("wgbox1.."), kid));
	assert_false(box_read((struct str){ text, BOX_TEXT_MAX + 1 }, kid));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_agreed_on_as_the_standard_has_it),
		cmocka_unit_test(public_keys_that_give_zeros_are_refused),
		cmocka_unit_test(the_steps_are_those_of_the_standard),
		cmocka_unit_test(a_box_that_others_closed_opens),
		cmocka_unit_test(
		    what_is_closed_opens_again_whatever_its_length),
		cmocka_unit_test(another_key_or_purpose_opens_nothing),
		cmocka_unit_test(every_byte_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
