/* test_app_form.c - token requests as the app and its enemies send them
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app/form.h"
#include "base/arena.h"

static const struct conf conf = { .token_params = 6, .token_body_bytes = 2048 };

struct row {
	const char *body;
	enum err_kind kind;
	const char *grant, *id, *secret, *scope; /* NULL: absent */
};

static void
same(struct str got, const char *want)
{
	if (!want)
		assert_null(got.at);
	else
		assert_true(str_is(got, want));
}

typedef bool reader(struct form *, struct arena *, struct str,
    const struct conf *, struct err *);

static void
read_rows(const struct row *rows, size_t n, reader *read)
{
	struct arena *a = arena_new();
	size_t i;

	for (i = 0; i < n; i++) {
		struct err e = { .kind = ERR_NONE };
		struct form f;
		bool fine = read(&f, a, str_of(rows[i].body), &conf, &e);

		assert_int_equal(e.kind, rows[i].kind);
		assert_int_equal(fine, rows[i].kind == ERR_NONE);
		if (!fine)
			continue;
		same(f.grant_type, rows[i].grant);
		same(f.client_id, rows[i].id);
		same(f.client_secret, rows[i].secret);
		same(f.scope, rows[i].scope);
	}
	arena_free(a);
}

static void
a_form_gives_each_parameter_once(void **state)
{
	static const struct row rows[] = {
		{ "grant_type=client_credentials&client_id=a&client_secret=b"
		  "&scope=c",
		    ERR_NONE, "client_credentials", "a", "b", "c" },
		{ "grant-type=client_credentials\r\n&client_id=a\r\n"
		  "&client_secret=b\r\n&scope=%20c%0d%0a\r\n",
		    ERR_NONE, "client_credentials", "a", "b", " c\r\n" },
		{ "grant_type=x&grant-type=x", ERR_NONE, "x", NULL, NULL,
		    NULL },
		{ "grant_type=x&grant-type=y", ERR_REPEATED, 0, 0, 0, 0 },
		{ "grant_type=&grant-type=x", ERR_NONE, "x", NULL, NULL, NULL },
		{ "client_id=a&client_id=a", ERR_REPEATED, 0, 0, 0, 0 },
		{ "client%5fid=a&client_id=b", ERR_REPEATED, 0, 0, 0, 0 },
		{ "scope=a&scope=", ERR_REPEATED, 0, 0, 0, 0 },
		{ "client_id[]=a", ERR_MALFORMED, 0, 0, 0, 0 },
		{ "resource=a&resource=b", ERR_NONE, NULL, NULL, NULL, NULL },
		{ "client_id=&scope", ERR_NONE, NULL, NULL, NULL, NULL },
		{ "", ERR_NONE, NULL, NULL, NULL, NULL },
		{ "&&&==", ERR_NONE, NULL, NULL, NULL, NULL },
		{ "&", ERR_NONE, NULL, NULL, NULL, NULL },
		{ "client_secret=a%2Bb+c%3A", ERR_NONE, NULL, NULL,
		    "a+b c:", NULL },
		{ "client_secret=%", ERR_MALFORMED, 0, 0, 0, 0 },
		{ "client_secret=%z1", ERR_MALFORMED, 0, 0, 0, 0 },
		{ "client_secret=%00", ERR_MALFORMED, 0, 0, 0, 0 },
		{ "client_secret=%C0%80", ERR_MALFORMED, 0, 0, 0, 0 },
		{ "client_secret=%FF", ERR_MALFORMED, 0, 0, 0, 0 },
		{ "client_secret=%ED%A0%80", ERR_MALFORMED, 0, 0, 0, 0 },
		{ "a=1&b=2&c=3&d=4&e=5&f=6", ERR_NONE, NULL, NULL, NULL, NULL },
		{ "a=1&b=2&c=3&d=4&e=5&f=6&g=7", ERR_TOO_MANY, 0, 0, 0, 0 },
	};

	(void)state;
	read_rows(rows, COUNT(rows), form_read);
}

static void
a_json_object_gives_the_same(void **state)
{
	static const struct row rows[] = {
		{ "{\"grant_type\":\"x\",\"client_id\":\"a\","
		  "\"client_secret\":\"b\",\"scope\":\"c\"}",
		    ERR_NONE, "x", "a", "b", "c" },
		{ "{\"grant-type\":\"x\",\"other\":[1]}", ERR_NONE, "x", NULL,
		    NULL, NULL },
		{ "{\"client_id\":\"a\",\"client_id\":\"a\"}", ERR_MALFORMED, 0,
		    0, 0, 0 },
		{ "{\"client_id\":7}", ERR_MALFORMED, 0, 0, 0, 0 },
		{ "{\"client_id\":[\"a\"]}", ERR_MALFORMED, 0, 0, 0, 0 },
		{ "{\"client_id\":\"a\\u0000\"}", ERR_MALFORMED, 0, 0, 0, 0 },
		{ "[]", ERR_MALFORMED, 0, 0, 0, 0 },
		{ "", ERR_MALFORMED, 0, 0, 0, 0 },
		{ "{} {}", ERR_MALFORMED, 0, 0, 0, 0 },
		{ "\xef\xbb\xbf{}", ERR_MALFORMED, 0, 0, 0, 0 },
		{ "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1}",
		    ERR_TOO_MANY, 0, 0, 0, 0 },
	};

	(void)state;
	read_rows(rows, COUNT(rows), form_read_json);
}

static void
basic_is_decoded_strictly(void **state)
{
	static const struct {
		const char *field, *id, *secret; /* id NULL: malformed */
	} rows[] = {
		{ "Basic YTpi", "a", "b" },
		{ "basic YTpi", "a", "b" },
		{ "Basic YTpiOmM=", "a", "b:c" },
		{ "Basic YSUzQTpiJTIw", "a:", "b " },
		{ "Basic Ojo=", "", ":" },
		{ "Basic YTpi=", NULL, NULL },
		{ "Basic YTpiOmM", NULL, NULL },
		{ "Basic  YTpi", NULL, NULL },
		{ "Basic YTpi ", NULL, NULL },
		{ "Basic YQ==", NULL, NULL },     /* no colon */
		{ "Basic YQA6Yg==", NULL, NULL }, /* NUL */
		{ "Basic YTp_", NULL, NULL },     /* url alphabet */
		{ "Basic YTr/", NULL, NULL },     /* not UTF-8 */
		{ "Basic YTpiCg==", NULL, NULL }, /* line end */
		{ "Basic", NULL, NULL },
		{ "Basic ", NULL, NULL },
	};
	struct arena *a = arena_new();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct err e = { .kind = ERR_NONE };
		struct str id, secret;
		bool fine =
		    form_basic(a, str_of(rows[i].field), &id, &secret, &e);

		assert_int_equal(fine, rows[i].id != NULL);
		if (!fine) {
			assert_int_equal(e.kind, ERR_MALFORMED);
			continue;
		}
		assert_true(str_is(id, rows[i].id));
		assert_true(str_is(secret, rows[i].secret));
	}
	arena_free(a);
}

static void
credentials_in_the_query_are_noticed(void **state)
{
	static const struct {
		const char *query;
		bool seen;
	} rows[] = {
		{ "client_secret=x", true },
		{ "a=b&grant_type=x", true },
		{ "grant-type", true },
		{ "client%5Fsecret=x", true },
		{ "scope[]=x", true },
		{ "client_assertion=x", true },
		{ "a=client_secret", false },
		{ "", false },
	};
	struct arena *a = arena_new();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    form_in_query(a, str_of(rows[i].query)), rows[i].seen);
	assert_false(form_in_query(a, STR_NONE));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_form_gives_each_parameter_once),
		cmocka_unit_test(a_json_object_gives_the_same),
		cmocka_unit_test(basic_is_decoded_strictly),
		cmocka_unit_test(credentials_in_the_query_are_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
