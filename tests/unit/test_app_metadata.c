/* test_app_metadata.c - documents and refusals that need no token
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "app/authorize.h"
#include "app/statement.h"
#include "app/wellknown.h"
#include "app_story.h"
#include "ext/crypt.h"

static struct conf conf;

static const struct {
	const char *path, *accept;
	unsigned status;
	const char *number, *type;
} statements[] = {
	{ "/fhir/metadata", NULL, 200, "3.0.1", "application/fhir+json" },
	{ "/fhir/dstu2/metadata", NULL, 200, "1.0.2", "application/json+fhir" },
	{ "/fhir/stu3/metadata", "*/*", 200, "3.0.1", "application/fhir+json" },
	{ "/fhir/r4/metadata", "application/json", 200, "4.0.1",
	    "application/fhir+json" },
	{ "/fhir/metadata", "application/fhir+json; fhirVersion=4.0", 200,
	    "4.0.1", "application/fhir+json" },
	{ "/fhir/metadata?_format=json&_pretty=true",
	    "application/json;fhirVersion=1.0", 200, "3.0.1",
	    "application/fhir+json" },
	{ "/fhir/r4/metadata", "application/fhir+json; fhirVersion=3.0", 406,
	    NULL, NULL },
	{ "/fhir/r4/metadata", "application/fhir+xml", 406, NULL, NULL },
	{ "/fhir/r4/metadata?_format=xml", "application/json", 406, NULL,
	    NULL },
};

static void
each_face_states_its_own_version(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(statements); i++) {
		struct story s;
		bool good;

		ask(&s, &conf, statements[i].path, statements[i].accept);
		good = statement_get(&s.w);
		if (good != (statements[i].status == 200))
			fail_msg("%s", statements[i].path);
		if (good) {
			assert_true(str_is(tree_str(body(&s), "fhirVersion"),
			    statements[i].number));
			assert_true(str_starts(
			    str_of(s.resp.type), statements[i].type));
			assert_string_equal(
			    header(&s, "Vary"), "Accept, Authorization");
		} else {
			assert_int_equal(s.w.err.kind, ERR_NOT_ACCEPTED);
		}
		arena_free(s.a);
	}
}

static void
the_url_of_a_statement_is_that_of_its_face(void **state)
{
	static const char *const faces[] = { "/fhir", "/fhir/dstu2",
		"/fhir/stu3", "/fhir/r4" };
	struct story s;

	(void)state;
	for (size_t i = 0; i < COUNT(faces); i++) {
		char path[64];

		snprintf(path, sizeof path, "%s/metadata", faces[i]);
		ask(&s, &conf, path, NULL);
		assert_true(statement_get(&s.w));
		assert_true(str_is(
		    tree_str(tree_get(body(&s), "implementation"), "url"),
		    arena_printf(s.a, "%s%s", conf.public_base, faces[i])));
		arena_free(s.a);
	}
}

static struct str
oauth_uri(const struct tree_node *statement, const char *name)
{
	const struct tree_node *rest = tree_first(tree_get(statement, "rest"));
	const struct tree_node *outer =
	    tree_first(tree_get(tree_get(rest, "security"), "extension"));
	const struct tree_node *part;

	tree_each(part,
	    tree_get(outer, "extension")) if (str_is(tree_str(part, "url"),
						  name)) return tree_str(part,
	    "valueUri");
	return STR_NONE;
}

static void
three_documents_tell_the_same_truth(void **state)
{
	static const char *const shared[] = { "issuer", "token_endpoint",
		"authorization_endpoint", "jwks_uri", "introspection_endpoint",
		"revocation_endpoint" };
	struct story a, b, c;

	(void)state;
	ask(&a, &conf, "/.well-known/smart-configuration", "text/plain");
	assert_true(wellknown_smart(&a.w));
	ask(&b, &conf, "/.well-known/oauth-authorization-server", NULL);
	assert_true(wellknown_server(&b.w));
	ask(&c, &conf, "/fhir/r4/metadata", NULL);
	assert_true(statement_get(&c.w));
	for (size_t i = 0; i < COUNT(shared); i++) {
		struct str said = tree_str(body(&a), shared[i]);

		assert_true(said.len > 0);
		assert_true(str_eq(said, tree_str(body(&b), shared[i])));
		assert_true(str_starts(said, conf.public_base));
	}
	assert_true(str_eq(tree_str(body(&a), "token_endpoint"),
	    oauth_uri(body(&c), "token")));
	assert_true(str_eq(tree_str(body(&a), "authorization_endpoint"),
	    oauth_uri(body(&c), "authorize")));
	assert_non_null(tree_get(body(&a), "capabilities"));
	assert_null(tree_get(body(&b), "capabilities"));
	arena_free(a.a);
	arena_free(b.a);
	arena_free(c.a);
}

static const struct {
	const char *none_match; /* %s: the tag itself */
	unsigned status;
} matches[] = {
	{ "%s", 304 },
	{ "W/%s", 304 },
	{ "\"x\", %s ,\"y\"", 304 },
	{ "*", 304 },
	{ "\"x\"", 200 },
	{ "x%s", 200 },
	{ "", 200 },
	{ ",,", 200 },
};

static void
who_has_the_document_gets_no_body_again(void **state)
{
	struct story s;
	char tag[64];

	(void)state;
	ask(&s, &conf, "/fhir/metadata", NULL);
	assert_true(statement_get(&s.w));
	assert_string_equal(header(&s, "Cache-Control"), "public, max-age=300");
	snprintf(tag, sizeof tag, "%s", header(&s, "ETag"));
	arena_free(s.a);
	for (size_t i = 0; i < COUNT(matches); i++) {
		ask(&s, &conf, "/fhir/metadata", NULL);
		s.req.if_none_match =
		    str_of(arena_printf(s.a, matches[i].none_match, tag));
		assert_true(statement_get(&s.w));
		if (s.resp.status != matches[i].status)
			fail_msg("%s", matches[i].none_match);
		assert_string_equal(header(&s, "ETag"), tag);
		assert_int_equal(!s.resp.body.len, s.resp.status == 304);
		arena_free(s.a);
	}
}

/* ---- authorize ----------------------------------------------------------- */

static const struct {
	const char *path;
	enum err_kind kind;
} requests[] = {
	{ "/oauth2/authorize?response_type=code&client_id=x", //
	    ERR_RESPONSE_TYPE },
	{ "/oauth2/authorize?response_type=token", ERR_RESPONSE_TYPE },
	{ "/oauth2/authorize?response%5Ftype=code", ERR_RESPONSE_TYPE },
	{ "/oauth2/authorize", ERR_MALFORMED },
	{ "/oauth2/authorize?", ERR_MALFORMED },
	{ "/oauth2/authorize?response_type=", ERR_MALFORMED },
	{ "/oauth2/authorize?state=%zz", ERR_MALFORMED },
	{ "/oauth2/authorize?response_type=code&response_type=code",
	    ERR_REPEATED },
};

static void
nobody_is_authorized_and_nothing_is_repeated(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct story s;

		ask(&s, &conf, requests[i].path, "application/json");
		assert_false(authorize_refuse(&s.w));
		if (s.w.err.kind != requests[i].kind)
			fail_msg("%s: %d", requests[i].path, s.w.err.kind);
		assert_int_equal(s.w.face, FAIL_OAUTH);
		assert_int_equal(fail_status(s.w.face, s.w.err.kind), 400);
		assert_non_null(fail_oauth_code(s.w.err.kind));
		arena_free(s.a);
	}
}

static void
a_person_reads_a_page_and_is_sent_nowhere(void **state)
{
	struct story s;
	char *text;

	(void)state;
	ask(&s, &conf,
	    "/oauth2/authorize?response_type=code&redirect_uri=https%3A%2F%2F"
	    "evil.example&state=%3Cscript%3E",
	    "text/html,application/xhtml+xml,*/*;q=0.8");
	assert_true(authorize_refuse(&s.w));
	text = str_text(s.a, s.resp.body);
	assert_int_equal(s.resp.status, 400);
	assert_non_null(strstr(text, "unsupported_response_type"));
	assert_null(strstr(text, "evil"));
	assert_null(strstr(text, "script"));
	assert_string_equal(header(&s, "Location"), "");
	assert_non_null(strstr(
	    header(&s, "Content-Security-Policy"), "default-src 'none'"));
	arena_free(s.a);
}

static const struct {
	const char *path;
	enum fail_face face;
} faces[] = {
	{ "/fhir/dstu2/metadata", FAIL_DSTU2 },
	{ "/fhir/r4/x", FAIL_R4 },
	{ "/fhir/metadata", FAIL_STU3 },
	{ "/oauth2/jwks", FAIL_OAUTH },
	{ "/.well-known/x", FAIL_JSON },
	{ "/readyz", FAIL_JSON },
	{ NULL, FAIL_JSON },
};

static void
refusals_speak_as_their_address_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(faces); i++) {
		struct story s;

		ask(&s, &conf, faces[i].path, NULL);
		assert_int_equal(s.w.face, faces[i].face);
		arena_free(s.a);
	}
}

static int
set_up(void **state)
{
	static struct arena *a;
	struct err e = { 0 };

	assert_true(crypt_start(&e));
	conf = (struct conf){ .public_base = "https://gw.example",
		.default_face = CONF_STU3,
		.operator_name = "N",
		.operator_contact = "" };
	a = arena_new();
	*state = a;
	assert_true(statement_start(a, &conf, &e));
	assert_true(wellknown_start(a, &conf, &e));
	return 0;
}

static int
tear_down(void **state)
{
	arena_free(*state);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_face_states_its_own_version),
		cmocka_unit_test(the_url_of_a_statement_is_that_of_its_face),
		cmocka_unit_test(three_documents_tell_the_same_truth),
		cmocka_unit_test(who_has_the_document_gets_no_body_again),
		cmocka_unit_test(nobody_is_authorized_and_nothing_is_repeated),
		cmocka_unit_test(a_person_reads_a_page_and_is_sent_nowhere),
		cmocka_unit_test(refusals_speak_as_their_address_does),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
