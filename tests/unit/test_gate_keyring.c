/* test_gate_keyring.c - keys come, go, and never from a stranger
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <cmocka.h>

#include "ext/js.h"
#include "gate/keyring.h"
#include "test_pems.h"

static char public[64], signing[64], kid_a[44], kid_b[44];
static char pems[2][2][JWS_PEM_MAX]; /* a, b; public, private */

static void
path_of(char to[200], const char *dir, const char *name)
{
	snprintf(to, 200, "%s/%s.pem", dir, name);
}

static void
put(const char *dir, const char *name, const char *text, unsigned mode)
{
	char path[200];
	FILE *f;

	path_of(path, dir, name);
	unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static void
drop(const char *dir, const char *name)
{
	char path[200];

	path_of(path, dir, name);
	unlink(path);
}

static void
make_pair(int i, char kid[44])
{
	struct arena *a = arena_new();
	struct jws_key *k = jws_key_make(NULL);

	snprintf(kid, 44, "%s", jws_kid(k));
	snprintf(pems[i][0], JWS_PEM_MAX, "%s", jws_public_pem(a, k));
	snprintf(pems[i][1], JWS_PEM_MAX, "%s", jws_private_pem(a, k));
	jws_key_free(k);
	arena_free(a);
}

static int
make_folders(void **state)
{
	(void)state;
	snprintf(public, sizeof public, "/tmp/wardgate-test-XXXXXX");
	snprintf(signing, sizeof signing, "/tmp/wardgate-test-XXXXXX");
	if (!mkdtemp(public) || !mkdtemp(signing))
		return -1;
	make_pair(0, kid_a);
	make_pair(1, kid_b);
	put(public, kid_a, pems[0][0], 0644);
	put(public, kid_b, pems[1][0], 0644);
	put(signing, kid_a, pems[0][1], 0600);
	put(signing, kid_b, pems[1][1], 0640);
	return 0;
}

static int
remove_folders(void **state)
{
	(void)state;
	drop(public, kid_a);
	drop(public, kid_b);
	drop(public, PEM_KID);
	drop(public, "short");
	drop(signing, kid_a);
	drop(signing, kid_b);
	chmod(public, 0700);
	return rmdir(public) | rmdir(signing);
}

static struct keyring *
ring(const char *sign)
{
	struct keyring_wish wish = { .sign = sign };
	struct err e = { 0 };
	struct keyring *r =
	    keyring_open(public, sign ? signing : NULL, &wish, &e);

	if (!r)
		fail_msg("%s%s", e.said, e.why);
	return r;
}

static void
every_public_key_verifies_and_one_signs(void **state)
{
	struct keyring *r = ring(kid_a);
	const struct keys *s = keyring_hold(r);
	const struct jws_key *k = keys_find(s, str_of(kid_a));
	char sig[JWS_SIG_LEN];

	(void)state;
	assert_int_equal(keys_count(s), 2);
	assert_true(strcmp(jws_kid(keys_at(s, 0)), jws_kid(keys_at(s, 1))) < 0);
	assert_null(keys_at(s, 2));
	assert_string_equal(jws_kid(keys_signing(s)), kid_a);
	assert_string_equal(jws_kid(k), kid_a);
	assert_false(jws_signs(k));
	assert_true(jws_sign(keys_signing(s), STR("x"), sig, NULL));
	assert_true(jws_verify(k, STR("x"), (struct str){ sig, 86 }));
	assert_false(jws_verify(
	    keys_find(s, str_of(kid_b)), STR("x"), (struct str){ sig, 86 }));
	keys_release(s);
	keyring_free(r);
}

static void
a_kid_is_found_only_as_it_is_written(void **state)
{
	struct keyring *r = ring(NULL);
	const struct keys *s = keyring_hold(r);
	char other[45];
	size_t i;

	(void)state;
	assert_null(keys_signing(s));
	assert_null(keys_find(s, STR_NONE));
	assert_null(keys_find(s, STR("")));
	assert_null(
	    keys_find(s, STR("../../../../../../../../../etc/passwd/////")));
	assert_null(keys_find(s, STR(PEM_KID)));
	for (i = 0; i < JWS_KID_LEN; i++) {
		snprintf(other, sizeof other, "%s", kid_a);
		other[i] ^= 0x20;
		assert_null(keys_find(s, str_of(other)));
		assert_null(keys_find(s, (struct str){ kid_a, i }));
	}
	snprintf(other, sizeof other, "%s=", kid_a);
	assert_null(keys_find(s, str_of(other)));
	keys_release(s);
	keyring_free(r);
}

static void
a_folder_is_refused_for_one_bad_file(void **state)
{
	/* clang-format off */
	static const struct {
		const char *name, *text;
		unsigned mode;
		const char *said;
	} rows[] = {
		{ PEM_KID, PEM_PUBLIC, 0666, "chmod go-w" },
		{ PEM_KID, PEM_PUBLIC, 0664, "chmod go-w" },
		{ PEM_KID, "", 0644, "one PEM" },
		{ PEM_KID, PEM_PRIVATE, 0600, "one PEM" },
		{ PEM_KID, PEM_P384_PUBLIC, 0644, "P-256" },
		{ PEM_KID, PEM_RFC7515, 0644, "named by its kid" },
		{ "short", PEM_PUBLIC, 0644, "named by its kid" },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct err e = { 0 };

		put(public, rows[i].name, rows[i].text, rows[i].mode);
		if (keyring_open(public, NULL, NULL, &e))
			fail_msg("row %zu was taken", i);
		assert_int_equal(e.kind, ERR_CONF);
		if (!strstr(e.said, rows[i].said) ||
		    !strstr(e.said, rows[i].name))
			fail_msg("row %zu: %s", i, e.said);
		drop(public, rows[i].name);
	}
}

static void
a_signing_key_needs_its_file_its_mode_and_its_public_half(void **state)
{
	/* clang-format off */
	const struct {
		const char *sign, *text;
		unsigned mode;
		const char *said;
	} rows[] = {
		{ kid_a, pems[0][1], 0644, "chmod 0640" },
		{ kid_a, pems[1][1], 0600, "named by its kid" },
		{ kid_a, pems[0][0], 0600, "PKCS#8" },
		{ PEM_KID, pems[0][1], 0600, "withdrawn" },
	};
	/* clang-format on */
	struct keyring_wish wish = { .sign = kid_a };
	struct err e = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		wish.sign = rows[i].sign;
		err_clear(&e);
		put(signing, kid_a, rows[i].text, rows[i].mode);
		if (keyring_open(public, signing, &wish, &e))
			fail_msg("row %zu was taken", i);
		if (!strstr(e.said, rows[i].said))
			fail_msg("row %zu: %s", i, e.said);
	}
	err_clear(&e);
	wish.sign = kid_a;
	drop(signing, kid_a);
	assert_null(keyring_open(public, signing, &wish, &e));
	assert_int_equal(e.kind, ERR_CONF);
	err_clear(&e);
	assert_null(keyring_open(public, NULL, &wish, &e));
	assert_int_equal(e.kind, ERR_BROKEN);
}

static void
a_folder_that_others_may_write_or_that_is_empty_is_refused(void **state)
{
	struct err e = { 0 };

	(void)state;
	chmod(public, 0777);
	assert_null(keyring_open(public, NULL, NULL, &e));
	assert_non_null(strstr(e.said, "chmod go-w"));
	chmod(public, 0755);
	err_clear(&e);
	drop(public, kid_a);
	drop(public, kid_b);
	assert_null(keyring_open(public, NULL, NULL, &e));
	assert_non_null(strstr(e.said, "wardgate key make signing"));
	err_clear(&e);
	assert_null(keyring_open("/nonexistent", NULL, NULL, &e));
	assert_int_equal(e.kind, ERR_CONF);
}

static void
a_new_set_replaces_the_old_which_lives_while_it_is_held(void **state)
{
	const char *const gone[] = { kid_a };
	struct keyring_wish wish = { kid_b, gone, 1 };
	struct keyring *r = ring(kid_a);
	const struct keys *old = keyring_hold(r), *s;
	struct err e = { 0 };

	(void)state;
	put(public, PEM_KID, PEM_PUBLIC, 0644);
	assert_true(keyring_reload(r, &wish, &e));
	s = keyring_hold(r);
	assert_int_equal(keys_count(s), 2);
	assert_null(keys_find(s, str_of(kid_a)));
	assert_non_null(keys_find(s, str_of(kid_b)));
	assert_non_null(keys_find(s, STR(PEM_KID)));
	assert_string_equal(jws_kid(keys_signing(s)), kid_b);
	assert_non_null(keys_find(old, str_of(kid_a)));
	assert_string_equal(jws_kid(keys_signing(old)), kid_a);
	keys_release(old);
	keys_release(s);
	keyring_free(r);
}

static void
a_bad_file_does_not_stop_the_others_at_reload(void **state)
{
	struct keyring *r = ring(NULL);
	struct err e = { 0 };
	const struct keys *s;

	(void)state;
	put(public, "short", "junk", 0644);
	put(public, PEM_KID, PEM_RFC7515, 0644);
	assert_true(keyring_reload(r, NULL, &e));
	s = keyring_hold(r);
	assert_int_equal(keys_count(s), 2);
	keys_release(s);
	keyring_free(r);
}

static void
a_signing_key_that_is_not_usable_leaves_verifying_alone(void **state)
{
	struct keyring_wish wish = { .sign = kid_b };
	struct keyring *r = ring(kid_a);
	struct err e = { 0 };
	const struct keys *s;

	(void)state;
	drop(signing, kid_b);
	assert_false(keyring_reload(r, &wish, &e));
	s = keyring_hold(r);
	assert_null(keys_signing(s));
	assert_int_equal(keys_count(s), 2);
	keys_release(s);
	keyring_free(r);
}

static void
an_unreadable_folder_keeps_old_keys_but_no_withdrawn_one(void **state)
{
	const char *const gone[] = { kid_a };
	struct keyring_wish wish = { NULL, gone, 1 };
	struct keyring *r = ring(NULL);
	struct err e = { 0 };
	const struct keys *s;

	(void)state;
	drop(public, kid_a);
	drop(public, kid_b);
	assert_false(keyring_reload(r, NULL, &e));
	s = keyring_hold(r);
	assert_int_equal(keys_count(s), 2);
	keys_release(s);
	err_clear(&e);
	assert_false(keyring_reload(r, &wish, &e));
	s = keyring_hold(r);
	assert_int_equal(keys_count(s), 0);
	keys_release(s);
	keyring_free(r);
}

static void
the_published_set_holds_public_halves_only(void **state)
{
	struct arena *a = arena_new();
	struct keyring *r = ring(kid_a);
	const struct keys *s = keyring_hold(r);
	struct err e = { 0 };
	const struct json_t *set =
	    js_read(a, str_of(keys_jwks(a, s)), 10000, &e);
	const struct json_t *all;
	struct str kid;
	size_t i;

	(void)state;
	assert_non_null(set);
	all = js_array(set, "keys");
	assert_int_equal(js_count(all), 2);
	for (i = 0; i < 2; i++) {
		assert_true(js_text(js_at(all, i), "kid", &kid));
		assert_true(str_is(kid, jws_kid(keys_at(s, i))));
		assert_false(js_has(js_at(all, i), "d"));
	}
	keys_release(s);
	keyring_free(r);
	arena_free(a);
}

static void
date_folder(time_t s)
{
	struct timeval at[2] = { { s, 0 }, { s, 0 } };

	assert_int_equal(utimes(public, at), 0);
}

static void
a_changed_folder_is_noticed_and_read_under_the_old_wish(void **state)
{
	const char *const gone[] = { kid_b };
	struct keyring_wish wish = { kid_a, gone, 1 };
	struct err e = { 0 };
	struct keyring *r = keyring_open(public, signing, &wish, &e);
	const struct keys *s;

	(void)state;
	date_folder(1000000);
	assert_true(keyring_refresh(r));
	usleep(1000 * (KEYRING_REFRESH_MS + 50));
	assert_false(keyring_refresh(r)); /* nothing changed */
	put(public, PEM_KID, PEM_PUBLIC, 0644);
	date_folder(1000001);
	assert_true(keyring_refresh(r));
	s = keyring_hold(r);
	assert_non_null(keys_find(s, STR(PEM_KID)));
	assert_null(keys_find(s, str_of(kid_b)));
	assert_string_equal(jws_kid(keys_signing(s)), kid_a);
	keys_release(s);
	keyring_free(r);
}

static void
a_folder_that_changed_this_very_second_may_change_again(void **state)
{
	struct keyring *r = ring(NULL);

	(void)state;
	date_folder(time(NULL) + 60); /* however long all of this takes */
	assert_true(keyring_refresh(r));
	usleep(1000 * (KEYRING_REFRESH_MS + 50));
	assert_true(keyring_refresh(r));
	keyring_free(r);
}

static void *
hold_and_look(void *ctx)
{
	int i;

	for (i = 0; i < 3000; i++) {
		const struct keys *s = keyring_hold(ctx);

		bool found = keys_find(s, str_of(kid_b)) != NULL;

		keys_release(s);
		if (!found)
			return ctx;
		if (i % 1000 == 0)
			keyring_refresh(ctx);
	}
	return NULL;
}

static void
sets_may_be_swapped_under_the_feet_of_many(void **state)
{
	struct keyring *r = ring(kid_a);
	pthread_t t[4];
	void *failed;
	int i;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&t[i], NULL, hold_and_look, r), 0);
	for (i = 0; i < 10; i++)
		assert_true(keyring_reload(r, NULL, NULL));
	for (i = 0; i < 4; i++) {
		pthread_join(t[i], &failed);
		assert_null(failed);
	}
	keyring_free(r);
}

int
main(void)
{
#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(test, make_folders, remove_folders)
	const struct CMUnitTest tests[] = {
		CASE(every_public_key_verifies_and_one_signs),
		CASE(a_kid_is_found_only_as_it_is_written),
		CASE(a_folder_is_refused_for_one_bad_file),
		CASE(a_signing_key_needs_its_file_its_mode_and_its_public_half),
		CASE(
		    a_folder_that_others_may_write_or_that_is_empty_is_refused),
		CASE(a_new_set_replaces_the_old_which_lives_while_it_is_held),
		CASE(a_bad_file_does_not_stop_the_others_at_reload),
		CASE(a_signing_key_that_is_not_usable_leaves_verifying_alone),
		CASE(an_unreadable_folder_keeps_old_keys_but_no_withdrawn_one),
		CASE(the_published_set_holds_public_halves_only),
		CASE(a_changed_folder_is_noticed_and_read_under_the_old_wish),
		CASE(a_folder_that_changed_this_very_second_may_change_again),
		CASE(sets_may_be_swapped_under_the_feet_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
