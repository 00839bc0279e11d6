/* test_relay_upauth_find.c - where a server says that tokens are had
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "relay/upauth_find.h"

#define URIS                                                                   \
	"http://fhir-registry.smarthealthit.org/StructureDefinition/"          \
	"oauth-uris"
#define REST(x) "{\"resourceType\":\"CapabilityStatement\",\"rest\":[" x "]}"
#define SAYS(x) REST("{},{\"security\":{\"extension\":[" x "]}}")

static void
what_a_configuration_or_a_statement_names(void **state)
{
	static const struct {
		const char *body, *url; /* NULL: none */
	} rows[] = {
		{ "{\"token_endpoint\":\"https://a.example/t\"}",
		    "https://a.example/t" },
		{ SAYS("{\"url\":\"http://other\"},{\"url\":\"" URIS
		       "\",\"extension\":[{\"url\":\"authorize\",\"valueUri\":"
		       "\"https://a\"},{\"url\":\"token\",\"valueUri\":"
		       "\"https://b.example/t\"}]}"),
		    "https://b.example/t" },
		{ SAYS(
		      "{\"url\":\"" URIS "\",\"extension\":[{\"url\":\"token\","
		      "\"valueUri\":7}]}"),
		    NULL },
		{ SAYS("{\"url\":\"" URIS "\",\"extension\":7}"), NULL },
		{ SAYS("7"), NULL },
		{ REST("7"), NULL },
		{ REST("{\"security\":[]}"), NULL },
		{ "{\"rest\":7}", NULL },
		{ "{\"token_endpoint\":\"\"}", NULL },
		{ "{\"token_endpoint\":\"a\\r\\nb\"}", NULL },
		{ "{\"token_endpoint\":[\"https://a\"]}", NULL },
		{ "[]", NULL },
		{ "", NULL },
		{ "<html>", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct arena *a = arena_new();
		struct str url = upauth_find_read(a, str_of(rows[i].body));

		if (rows[i].url ? !str_is(url, rows[i].url) : url.at != NULL)
			fail_msg("%s: %.*s", rows[i].body, STR_FMT(url));
		arena_free(a);
	}
}

/* What the places answer, in turn. */
static const char *says[2];
static enum err_kind fails[2];
static unsigned asked;

static const struct upstream_answer *
door(struct engine *en, struct arena *a, const struct upstream_ask *ask,
    struct err *e)
{
	struct upstream_answer *w = arena_get(a, sizeof *w);
	unsigned i = asked++;

	(void)en;
	assert_true(i < COUNT(says));
	assert_null(ask->to->credential);
	assert_true(str_is(
	    ask->path, i ? "metadata" : ".well-known/smart-configuration"));
	if (fails[i]) {
		err_why(e, fails[i], "as told");
		return NULL;
	}
	w->status = 200;
	w->body = str_of(says[i]);
	return w;
}

static void
the_statement_is_asked_where_there_is_no_configuration(void **state)
{
#define HERE "{\"token_endpoint\":\"https://a.example/t\"}"
	static const struct {
		const char *says[2];
		enum err_kind fails[2];
		unsigned asked;
		enum err_kind is; /* ERR_NONE: found */
	} rows[] = {
		{ { HERE }, { 0 }, 1, ERR_NONE },
		{ { "{}", HERE }, { 0 }, 2, ERR_NONE },
		{ { NULL, HERE }, { ERR_UPSTREAM_NOT_FOUND }, 2, ERR_NONE },
		{ { NULL, HERE }, { ERR_UPSTREAM_AUTH }, 2, ERR_NONE },
		{ { NULL, HERE }, { ERR_UPSTREAM_FAILED }, 2, ERR_NONE },
		{ { "{}", "{}" }, { 0 }, 2, ERR_UPSTREAM_TOKEN },
		{ { NULL }, { ERR_UPSTREAM_REDIRECT, ERR_UPSTREAM_AUTH }, 2,
		    ERR_UPSTREAM_TOKEN },
		{ { NULL }, { ERR_UPSTREAM_CONNECT }, 1,
		    ERR_UPSTREAM_TOKEN_AWAY },
		{ { NULL }, { ERR_UPSTREAM_TIMEOUT }, 1,
		    ERR_UPSTREAM_TOKEN_AWAY },
		{ { NULL }, { ERR_BUSY }, 1, ERR_BUSY },
	};
	const struct upstream_target to = { .base_url = "https://a.example",
		.credential = NULL };
	const struct upstream_ask ask = { .to = &to };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct err e = { .kind = ERR_NONE };
		char *url;

		memcpy(says, rows[i].says, sizeof says);
		memcpy(fails, rows[i].fails, sizeof fails);
		asked = 0;
		url = upauth_find(door, NULL, &ask, 0, &e);
		assert_int_equal(asked, rows[i].asked);
		assert_int_equal(e.kind, rows[i].is);
		if (rows[i].is)
			assert_null(url);
		else
			assert_string_equal(url, "https://a.example/t");
		free(url);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_configuration_or_a_statement_names),
		cmocka_unit_test(
		    the_statement_is_asked_where_there_is_no_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
