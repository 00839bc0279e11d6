/* test_ext_crypt.c - the standards' own vectors, and seals that break
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/enc.h"
#include "ext/crypt.h"

static void
assert_hex(const unsigned char *bytes, size_t n, const char *hex)
{
	char text[200] = "";

	enc_hex(text, bytes, n);
	assert_string_equal(text, hex);
}

static void
digests_are_those_of_the_standards(void **state)
{
	unsigned char d[CRYPT_SHA256_BYTES];
	struct crypt_hmac *h;

	(void)state;
	crypt_sha256(d, "abc", 3); /* FIPS 180-2 B.1 */
	assert_hex(d, sizeof d,
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	crypt_sha256(d, "", 0);
	assert_hex(d, sizeof d,
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	h = crypt_hmac_new("Jefe", 4); /* RFC 4231 4.3 */
	crypt_hmac(h, "what do ya want for nothing?", 28, d);
	assert_hex(d, sizeof d,
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	crypt_hmac(h, "x", 1, d); /* one use leaves nothing for the next */
	crypt_hmac(h, "what do ya want for nothing?", 28, d);
	assert_hex(d, sizeof d,
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	crypt_hmac_free(h);
	crypt_hmac_free(NULL);
}

/* RFC 5869 A.1 and A.3 */
static void
derived_keys_are_those_of_the_standard(void **state)
{
	static const char ikm[] =
	    "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
	    "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b";
	unsigned char okm[42];

	(void)state;
	crypt_hkdf(okm, sizeof okm, STR(ikm),
	    STR("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"),
	    STR("\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9"));
	assert_hex(okm, sizeof okm,
	    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
	    "34007208d5b887185865");
	crypt_hkdf(okm, sizeof okm, STR(ikm), STR_NONE, STR_NONE);
	assert_hex(okm, sizeof okm,
	    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
	    "9d201395faa4b61a96c8");
}

/* The GCM specification, test case 16. */
static void
a_seal_made_elsewhere_opens(void **state)
{
	static const char sealed[] =
	    "cafebabefacedbaddecaf888"
	    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
	    "76fc6ece0f4e1768cddf8853bb2d551b";
	unsigned char key[CRYPT_KEY_BYTES], about[20], box[88], text[60];

	(void)state;
	dec_hex(key, 32,
	    STR("feffe9928665731c6d6a8f9467308308"
		"feffe9928665731c6d6a8f9467308308"));
	dec_hex(about, 20, STR("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
	assert_true(dec_hex(box, sizeof box, STR(sealed)));
	assert_true(crypt_open(text, key, box, sizeof box,
	    (struct str){ (const char *)about, sizeof about }));
	assert_hex(text, sizeof text,
	    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
}

static void
one_changed_bit_breaks_a_seal(void **state)
{
	unsigned char key[CRYPT_KEY_BYTES] = "a key of thirty-two bytes, yes!";
	unsigned char box[5 + CRYPT_SEAL_MORE], out[5];
	size_t i;

	(void)state;
	crypt_seal(box, key, "hello", 5, STR("t"));
	assert_true(crypt_open(out, key, box, sizeof box, STR("t")));
	assert_memory_equal(out, "hello", 5);
	for (i = 0; i < sizeof box * 8; i++) {
		box[i / 8] ^= (unsigned char)(1 << i % 8);
		assert_false(crypt_open(out, key, box, sizeof box, STR("t")));
		assert_memory_equal(out, "\0\0\0\0\0", 5);
		box[i / 8] ^= (unsigned char)(1 << i % 8);
	}
	for (i = 0; i < sizeof box; i++)
		assert_false(crypt_open(out, key, box, i, STR("t")));
	assert_false(crypt_open(out, key, box, sizeof box, STR("T")));
	assert_false(crypt_open(out, key, box, sizeof box, STR("")));
	key[0] ^= 1;
	assert_false(crypt_open(out, key, box, sizeof box, STR("t")));
}

static void
nothing_can_be_sealed_and_no_two_seals_are_alike(void **state)
{
	unsigned char key[CRYPT_KEY_BYTES] = { 1 };
	unsigned char one[CRYPT_SEAL_MORE], two[CRYPT_SEAL_MORE], out[1];

	(void)state;
	crypt_seal(one, key, "", 0, STR_NONE);
	crypt_seal(two, key, "", 0, STR_NONE);
	assert_memory_not_equal(one, two, CRYPT_NONCE_BYTES);
	assert_true(crypt_open(out, key, one, sizeof one, STR_NONE));
	assert_false(crypt_open(out, key, one, sizeof one, STR("x")));
}

static void
equal_means_every_byte(void **state)
{
	char a[32] = { 0 }, b[32] = { 0 };
	size_t i;

	(void)state;
	assert_true(crypt_same(a, b, sizeof a));
	for (i = 0; i < sizeof a; i++) {
		b[i] ^= 1;
		assert_false(crypt_same(a, b, sizeof a));
		b[i] ^= 1;
	}
	memset(a, 7, sizeof a);
	crypt_wipe(a, sizeof a);
	assert_memory_equal(a, b, sizeof a);
}

#define HEX64                                                                  \
	"000102030405060708090a0b0c0d0e0f"                                     \
	"101112131415161718191a1b1c1d1e1F"

static void
a_key_file_holds_one_key_and_nothing_else(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		unsigned mode;
		const char *said; /* NULL: taken */
	} rows[] = {
		{ HEX64 "\n", 0600, NULL },
		{ HEX64 "\n", 0640, NULL },
		{ HEX64 "\n", 0400, NULL },
		{ HEX64 "\n", 0644, "chmod" },
		{ HEX64 "\n", 0660, "chmod" },
		{ HEX64 "\n", 0604, "chmod" },
		{ HEX64, 0600, "hex digits" },
		{ "", 0600, "hex digits" },
		{ "\n", 0600, "hex digits" },
		{ HEX64 "\n\n", 0600, "hex digits" },
		{ HEX64 "0\n", 0600, "hex digits" },
		{ " " HEX64, 0600, "hex digits" },
		{ HEX64 HEX64 "\n", 0600, "hex digits" },
		{ "g00102030405060708090a0b0c0d0e0f"
		  "101112131415161718191a1b1c1d1e1f\n", 0600, "hex digits" },
	};
	/* clang-format on */
	char path[] = "/tmp/wardgate-test-XXXXXX";
	unsigned char key[CRYPT_KEY_BYTES];
	size_t i;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	for (i = 0; i < COUNT(rows); i++) {
		struct err e = { 0 };
		size_t n = strlen(rows[i].text);

		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, rows[i].text, n, 0), (ssize_t)n);
		assert_int_equal(fchmod(fd, rows[i].mode), 0);
		if (crypt_key_file(path, key, &e) != !rows[i].said)
			fail_msg("row %zu: %s", i, e.said);
		if (!rows[i].said) {
			assert_hex(key, 4, "00010203");
			assert_int_equal(key[31], 0x1f);
			continue;
		}
		assert_int_equal(e.kind, ERR_CONF);
		assert_non_null(strstr(e.said, rows[i].said));
		assert_null(strstr(e.said, "0102"));
	}
	close(fd);
	unlink(path);
	assert_false(crypt_key_file(path, key, NULL));
	assert_false(crypt_key_file("/tmp", key, NULL));
}

/* In a child: what it gives up it cannot take back. */
static void
a_started_program_leaves_no_core(void **state)
{
	struct err e = { 0 };
	struct rlimit r;
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid)
		_exit(crypt_start(&e) && !getrlimit(RLIMIT_CORE, &r) &&
			      !r.rlim_cur && !r.rlim_max &&
			      prctl(PR_GET_DUMPABLE) == 0
			  ? 7
			  : 1);
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
}

static void
random_bytes_fill_all_of_their_room(void **state)
{
	unsigned char seen[64] = { 0 }, bytes[64];
	int i, j;

	(void)state;
	for (i = 0; i < 20; i++) {
		crypt_random(bytes, sizeof bytes);
		for (j = 0; j < 64; j++)
			seen[j] |= bytes[j];
	}
	for (j = 0; j < 64; j++)
		assert_int_not_equal(seen[j], 0);
	crypt_random(bytes, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_are_those_of_the_standards),
		cmocka_unit_test(derived_keys_are_those_of_the_standard),
		cmocka_unit_test(a_seal_made_elsewhere_opens),
		cmocka_unit_test(one_changed_bit_breaks_a_seal),
		cmocka_unit_test(
		    nothing_can_be_sealed_and_no_two_seals_are_alike),
		cmocka_unit_test(equal_means_every_byte),
		cmocka_unit_test(a_key_file_holds_one_key_and_nothing_else),
		cmocka_unit_test(a_started_program_leaves_no_core),
		cmocka_unit_test(random_bytes_fill_all_of_their_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
