/* test_app_health.c - published keys and readiness, when things are missing
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
#include <unistd.h>
#include <cmocka.h>

#include "app/health.h"
#include "app/jwks.h"
#include "app_story.h"
#include "ext/crypt.h"
#include "ext/js.h"
#include "gate/keys.h"

static char folder[] = "/tmp/wg-keys-XXXXXX";
static const struct conf conf = { .public_base = "https://gw.example",
	.default_face = CONF_STU3,
	.operator_name = "N",
	.operator_contact = "",
	.database = "host=/nowhere dbname=x connect_timeout=1",
	.database_passfile = "",
	.database_wait_ms = 500,
	.public_key_dir = folder };

static void
write_key(char path[256])
{
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct jws_key *k = jws_key_make(&e);
	const char *pem;
	FILE *f;

	assert_non_null(k);
	pem = jws_public_pem(a, k);
	snprintf(path, 256, "%s/%s.pem", folder, jws_kid(k));
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(pem, f);
	fclose(f);
	chmod(path, 0644);
	jws_key_free(k);
	arena_free(a);
}

static size_t
keys_published(enum err_kind *kind)
{
	struct story s;
	size_t n = 0;

	ask(&s, &conf, "/oauth2/jwks", NULL);
	if (jwks_get(&s.w)) {
		const struct tree_node *key, *keys = tree_get(body(&s), "keys");

		tree_each(key, keys)
		{
			n++;
			assert_true(str_is(tree_str(key, "kty"), "EC"));
			assert_null(tree_get(key, "d"));
		}
		assert_string_equal(s.resp.type, "application/jwk-set+json");
	}
	*kind = s.w.err.kind;
	arena_free(s.a);
	return n;
}

/* The key of that file is withdrawn. */
static void
refuse(const char *path)
{
	char kid[JWS_KID_LEN + 1];
	const char *kids[] = { kid };
	const struct keyring_wish wish = { NULL, kids, 1 };

	snprintf(kid, sizeof kid, "%s", path + strlen(folder) + 1);
	jwks_refuse(&wish);
	jwks_refuse(&wish); /* the same again is nothing new */
}

static void
keys_are_published_as_the_folder_has_them(void **state)
{
	char first[256], second[256];
	enum err_kind kind;
	const char *why;

	(void)state;
	jwks_start(&conf); /* an empty folder is no reason not to start */
	assert_false(jwks_ready(NULL, &why));
	keys_published(&kind);
	assert_int_equal(kind, ERR_BUSY);

	write_key(first);
	assert_true(jwks_ready(NULL, &why));
	assert_int_equal(keys_published(&kind), 1);
	assert_int_equal(kind, ERR_NONE);

	write_key(second);
	assert_true(jwks_ready(NULL, &why));
	assert_int_equal(keys_published(&kind), 2);

	unlink(first);
	assert_true(jwks_ready(NULL, &why));
	assert_int_equal(keys_published(&kind), 1);

	assert_false(jwks_ready("another", &why));
	assert_non_null(strstr(why, "not published"));
	refuse(second);
	assert_int_equal(keys_published(&kind), 0);
	jwks_refuse(&(struct keyring_wish){ NULL, NULL, 0 });
	assert_int_equal(keys_published(&kind), 1);

	unlink(second); /* what was good stays published; readiness says no */
	assert_false(jwks_ready(NULL, &why));
	assert_string_equal(why, "no public key can be read");
	assert_int_equal(keys_published(&kind), 1);
	jwks_stop();
}

static void
readiness_gives_a_reason_for_each_check(void **state)
{
	static const char *const names[] = { "database", "schema", "writable",
		"audit", "keys" };
	const struct tree_node *check;
	struct err e = { 0 };
	struct story s;
	size_t n = 0;

	(void)state;
	jwks_start(&conf);
	assert_true(health_start(&conf, &e));
	ask(&s, &conf, "/readyz", NULL);
	assert_true(health_ready(&s.w));
	assert_int_equal(s.resp.status, 503);
	assert_string_equal(header(&s, "Retry-After"), "2");
	assert_true(tree_is(tree_get(body(&s), "ready"), TREE_FALSE));
	tree_each(check, tree_get(body(&s), "checks"))
	{
		assert_true(n < COUNT(names));
		assert_true(str_is(tree_str(check, "name"), names[n++]));
		assert_true(tree_is(tree_get(check, "ok"), TREE_FALSE));
		assert_true(tree_str(check, "why").len > 0);
	}
	assert_int_equal(n, COUNT(names));
	/* an address of ours is nobody's business */
	assert_null(strstr(str_text(s.a, s.resp.body), "nowhere"));
	arena_free(s.a);

	ask(&s, &conf, "/healthz", NULL);
	assert_true(health_live(&s.w));
	assert_int_equal(s.resp.status, 200);
	arena_free(s.a);
	health_stop();
	jwks_stop();
}

/* ---- many at once -------------------------------------------------------- */

#define ASKERS 8
#define ROUNDS 150

/* Cmocka's assertions belong to its own thread: this one counts. */
static void *
ask_on(void *answers)
{
	size_t *whole = answers;

	for (int i = 0; i < ROUNDS; i++) {
		struct story s;

		ask(&s, &conf, "/oauth2/jwks", NULL);
		*whole += jwks_get(&s.w) &&
		          str_starts(s.resp.body, "{\"keys\":[") &&
		          s.resp.body.at[s.resp.body.len - 1] == '}';
		arena_free(s.a);
		ask(&s, &conf, "/readyz", NULL);
		*whole += health_ready(&s.w) && s.resp.status == 503 &&
		          s.resp.body.at[s.resp.body.len - 1] == '}';
		arena_free(s.a);
	}
	return NULL;
}

static void
everyone_gets_a_whole_answer_while_keys_change(void **state)
{
	pthread_t thread[ASKERS];
	size_t whole[ASKERS] = { 0 };
	char first[256], second[256];
	struct err e = { 0 };

	(void)state;
	write_key(first);
	jwks_start(&conf);
	assert_true(health_start(&conf, &e));
	for (int i = 0; i < ASKERS; i++)
		assert_int_equal(
		    pthread_create(&thread[i], NULL, ask_on, &whole[i]), 0);
	write_key(second);
	for (int i = 0; i < ASKERS; i++) {
		pthread_join(thread[i], NULL);
		assert_int_equal(whole[i], 2 * ROUNDS);
	}
	health_stop();
	jwks_stop();
	unlink(first);
	unlink(second);
}

static int
set_up(void **state)
{
	struct err e = { 0 };

	(void)state;
	js_start();
	assert_true(crypt_start(&e));
	assert_non_null(mkdtemp(folder));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_published_as_the_folder_has_them),
		cmocka_unit_test(readiness_gives_a_reason_for_each_check),
		cmocka_unit_test(
		    everyone_gets_a_whole_answer_while_keys_change),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
