/* test_gate_secret.c - typos, thieves, and peppers of several versions
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/enc.h"
#include "ext/crypt.h"
#include "gate/secret.h"

#define PEPPER_1                                                               \
	"000102030405060708090a0b0c0d0e0f"                                     \
	"101112131415161718191a1b1c1d1e1f\n"
#define PEPPER_2                                                               \
	"f00102030405060708090a0b0c0d0e0f"                                     \
	"101112131415161718191a1b1c1d1e1f\n"

/* Made once by another program: text, and what is stored under PEPPER_1. */
#define TEXT "wg1_abcdefgh_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh846N-Up"
#define HASH "b3e85ec193c845ac7412face0e9b88e1e4454509c2b1cf2e8c8b26db259ed042"

static char dir[64];

static void
put(const char *name, const char *text, unsigned mode)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static int
make_folder(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/wardgate-test-XXXXXX");
	return !mkdtemp(dir);
}

static int
remove_folder(void **state)
{
	static const char *const names[] = { "1", "2", "3", "x" };
	char path[100];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

static struct secret_peppers *
peppers(void)
{
	struct err e = { 0 };
	struct secret_peppers *p;

	put("1", PEPPER_1, 0600);
	if (!(p = secret_peppers_open(dir, &e)))
		fail_msg("%s", e.said);
	return p;
}

static void
a_secret_has_the_agreed_form_and_hash(void **state)
{
	struct secret_peppers *p = peppers();
	struct secret s = { .key_id = "abcdefgh", .pepper = 1, .end_s = 10 };
	struct err e = { 0 };
	char key_id[SECRET_KEY_ID_LEN + 1];
	bool same;

	(void)state;
	assert_true(dec_hex(s.hash, sizeof s.hash, STR(HASH)));
	assert_true(secret_read(STR(TEXT), key_id, &e));
	assert_string_equal(key_id, "abcdefgh");
	assert_true(secret_check(p, &s, STR(TEXT), 5, &same, &e));
	assert_true(same);
	secret_peppers_free(p);
}

static void
a_made_secret_is_taken_and_no_two_are_alike(void **state)
{
	struct secret_peppers *p = peppers();
	char one[SECRET_LEN + 1], two[SECRET_LEN + 1];
	struct secret s[2];
	struct err e = { 0 };
	bool same;
	int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		secret_make(p, one, &s[0]);
		secret_make(p, two, &s[1]);
		assert_int_equal(strlen(one), SECRET_LEN);
		assert_memory_equal(one, "wg1_", 4);
		assert_memory_equal(one + 4, s[0].key_id, SECRET_KEY_ID_LEN);
		assert_true(secret_key_id_fits(str_of(s[0].key_id)));
		assert_string_not_equal(s[0].key_id, s[1].key_id);
		assert_string_not_equal(one + 13, two + 13);
		assert_int_equal(s[0].pepper, 1);
		assert_false(s[0].dead);
		assert_true(secret_check(
		    p, &s[1], str_of(two), INT64_MAX - 1, &same, &e));
		assert_true(same);
		assert_true(secret_check(p, &s[0], str_of(one), 0, &same, &e));
		assert_true(same);
		assert_false(secret_check(p, &s[0], str_of(two), 0, &same, &e));
		assert_false(same);
		err_clear(&e);
	}
	secret_peppers_free(p);
}

/* Every single changed character is a typo that the checksum finds, or a
 * character that has no place there. */
static void
a_typo_never_reaches_the_stored_secrets(void **state)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
				       "mnopqrstuvwxyz0123456789-_ =+/.\n";
	char key_id[SECRET_KEY_ID_LEN + 1], text[] = TEXT, was;
	size_t i, j;

	(void)state;
	for (i = 0; i < SECRET_LEN; i++)
		for (j = 0; j < sizeof alphabet; j++) {
			struct err e = { 0 };

			was = text[i];
			if (alphabet[j] == was)
				continue;
			text[i] = alphabet[j];
			if (secret_read(
				(struct str){ text, SECRET_LEN }, key_id, &e))
				fail_msg("taken: %s", text);
			assert_int_equal(e.kind, ERR_SECRET_MALFORMED);
			text[i] = was;
		}
}

static void
other_texts_are_malformed(void **state)
{
	static const struct str rows[] = {
		STR_NONE,
		STR(""),
		STR("wg1_"),
		STR(TEXT " "),
		STR(" " TEXT),
		STR(TEXT "\n"),
		STR(TEXT "\0"),
		STR("WG1_abcdefgh_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
		    "46N-Up"),
		STR("correct horse battery staple"),
	};
	char key_id[SECRET_KEY_ID_LEN + 1];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct err e = { 0 };

		assert_false(secret_read(rows[i], key_id, &e));
		assert_int_equal(e.kind, ERR_SECRET_MALFORMED);
		assert_string_equal(e.said, "");
	}
}

static void
each_state_has_its_own_reason(void **state)
{
	/* clang-format off */
	static const struct {
		bool dead;
		int64_t start_s, end_s, now_s;
		enum err_kind kind;
	} rows[] = {
		{ false, 0, INT64_MAX, 5, ERR_NONE },
		{ false, 5, 6, 5, ERR_NONE },
		{ false, 6, 9, 5, ERR_SECRET_EARLY },
		{ false, 0, 5, 5, ERR_SECRET_EXPIRED }, /* that very second */
		{ false, 0, 5, 4, ERR_NONE },
		{ true, 0, 9, 5, ERR_SECRET_DEAD },
		{ true, 0, 4, 5, ERR_SECRET_DEAD },
	};
	/* clang-format on */
	struct secret_peppers *p = peppers();
	char text[SECRET_LEN + 1];
	struct secret s;
	size_t i;

	(void)state;
	secret_make(p, text, &s);
	for (i = 0; i < COUNT(rows); i++) {
		struct err e = { 0 };
		bool taken, same;

		s.dead = rows[i].dead;
		s.start_s = rows[i].start_s;
		s.end_s = rows[i].end_s;
		taken =
		    secret_check(p, &s, str_of(text), rows[i].now_s, &same, &e);
		assert_int_equal(taken, rows[i].kind == ERR_NONE);
		assert_int_equal(e.kind, rows[i].kind);
		assert_true(same); /* for the audit */
	}
	secret_peppers_free(p);
}

static void
a_strangers_secret_is_wrong_whatever_its_state(void **state)
{
	struct secret_peppers *p = peppers();
	char mine[SECRET_LEN + 1], other[SECRET_LEN + 1];
	struct secret s, unused;
	bool same = true;
	size_t i;

	(void)state;
	secret_make(p, mine, &s);
	secret_make(p, other, &unused);
	for (i = 0; i < 4; i++) {
		struct err e = { 0 };
		struct secret row = s;

		row.dead = i == 1;
		if (i == 2) /* same key id, another secret behind it */
			memcpy(row.key_id, unused.key_id, sizeof row.key_id);
		assert_false(secret_check(
		    p, i == 3 ? NULL : &row, str_of(other), 5, &same, &e));
		assert_int_equal(e.kind, ERR_SECRET_WRONG);
		assert_false(same);
		assert_null(strstr(e.why, other + 13));
	}
	secret_peppers_free(p);
}

static void
an_empty_hash_fits_no_secret(void **state)
{
	struct secret_peppers *p = peppers();
	char text[SECRET_LEN + 1];
	struct err e = { 0 };
	struct secret s;

	(void)state;
	secret_make(p, text, &s);
	memset(s.hash, 0, sizeof s.hash);
	assert_false(secret_check(p, &s, str_of(text), 5, NULL, &e));
	assert_int_equal(e.kind, ERR_SECRET_WRONG);
	secret_peppers_free(p);
}

static void
each_secret_is_held_against_its_own_pepper(void **state)
{
	struct secret_peppers *old = peppers(), *p;
	char one[SECRET_LEN + 1], two[SECRET_LEN + 1];
	struct secret s[2];
	struct err e = { 0 };

	(void)state;
	secret_make(old, one, &s[0]);
	put("2", PEPPER_2, 0640);
	p = secret_peppers_open(dir, &e);
	assert_non_null(p);
	assert_int_equal(secret_pepper_newest(p), 2);
	assert_int_equal(secret_pepper_newest(old), 1);
	secret_make(p, two, &s[1]);
	assert_int_equal(s[1].pepper, 2);
	assert_true(secret_check(p, &s[0], str_of(one), 5, NULL, &e));
	assert_true(secret_check(p, &s[1], str_of(two), 5, NULL, &e));
	/* one that was started before version 2 came finds it now */
	assert_true(secret_check(old, &s[1], str_of(two), 5, NULL, &e));
	s[1].pepper = 1;
	assert_false(secret_check(p, &s[1], str_of(two), 5, NULL, &e));
	assert_int_equal(e.kind, ERR_SECRET_WRONG);
	secret_peppers_free(old);
	secret_peppers_free(p);
}

static void
a_pepper_that_is_nowhere_is_our_fault(void **state)
{
	static const int versions[] = { -1, 0, 3, 64, 65, 1 << 30 };
	struct secret_peppers *p = peppers();
	char text[SECRET_LEN + 1];
	struct secret s;
	size_t i;

	(void)state;
	secret_make(p, text, &s);
	for (i = 0; i < COUNT(versions); i++) {
		struct err e = { 0 };

		s.pepper = versions[i];
		assert_false(secret_check(p, &s, str_of(text), 5, NULL, &e));
		assert_int_equal(e.kind, ERR_BROKEN);
	}
	secret_peppers_free(p);
}

static void
without_its_pepper_what_ended_fits_nothing(void **state)
{
	struct secret_peppers *p = peppers();
	struct secret s = { .key_id = "abcdefgh", .pepper = 9, .end_s = 10 };
	struct err e = { 0 };
	bool same = true;

	(void)state;
	assert_false(secret_check(p, &s, str_of(TEXT), 5, &same, &e));
	assert_int_equal(e.kind, ERR_BROKEN); /* it works: ours to mend */
	err_clear(&e);
	assert_false(secret_check(p, &s, str_of(TEXT), 10, &same, &e));
	assert_int_equal(e.kind, ERR_SECRET_WRONG);
	assert_false(same);
	err_clear(&e);
	s.dead = true;
	assert_false(secret_check(p, &s, str_of(TEXT), 5, &same, &e));
	assert_int_equal(e.kind, ERR_SECRET_WRONG);
	secret_peppers_free(p);
}

static void
a_secret_is_stored_anew_under_any_pepper_that_is_there(void **state)
{
	struct secret_peppers *p = peppers();
	struct secret s = { .key_id = "abcdefgh", .end_s = 10 };
	unsigned char first[SECRET_HASH_BYTES];
	char hex[SECRET_HASH_BYTES * 2];
	struct err e = { 0 };

	(void)state;
	assert_true(secret_hash(p, 1, str_of(TEXT), first));
	enc_hex(hex, first, sizeof first);
	assert_memory_equal(hex, HASH, sizeof hex);
	assert_false(secret_hash(p, 2, str_of(TEXT), s.hash));
	assert_false(secret_hash(p, 0, str_of(TEXT), s.hash));
	put("2", PEPPER_2, 0600); /* copied while the program runs */
	assert_true(secret_hash(p, 2, str_of(TEXT), s.hash));
	assert_memory_not_equal(first, s.hash, sizeof first);
	s.pepper = 2;
	assert_true(secret_check(p, &s, str_of(TEXT), 5, NULL, &e));
	secret_peppers_free(p);
}

static void
a_folder_of_bad_peppers_is_refused(void **state)
{
	struct err e = { 0 };

	(void)state;
	put("1", PEPPER_1, 0644);
	assert_null(secret_peppers_open(dir, &e));
	assert_int_equal(e.kind, ERR_CONF);
	err_clear(&e);
	put("1", "short\n", 0600);
	assert_null(secret_peppers_open(dir, &e));
	err_clear(&e);
	put("1", PEPPER_1, 0600);
	put("3", "", 0600);
	assert_null(secret_peppers_open(dir, &e));
	put("3", PEPPER_2, 0600);
	err_clear(&e);
	assert_null(secret_peppers_open("/nonexistent", &e));
	assert_non_null(strstr(e.said, "wardgate key make pepper"));
}

int
main(void)
{
#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
		CASE(a_secret_has_the_agreed_form_and_hash),
		CASE(a_made_secret_is_taken_and_no_two_are_alike),
		CASE(a_typo_never_reaches_the_stored_secrets),
		CASE(other_texts_are_malformed),
		CASE(each_state_has_its_own_reason),
		CASE(a_strangers_secret_is_wrong_whatever_its_state),
		CASE(an_empty_hash_fits_no_secret),
		CASE(each_secret_is_held_against_its_own_pepper),
		CASE(a_pepper_that_is_nowhere_is_our_fault),
		CASE(without_its_pepper_what_ended_fits_nothing),
		CASE(a_secret_is_stored_anew_under_any_pepper_that_is_there),
		CASE(a_folder_of_bad_peppers_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
