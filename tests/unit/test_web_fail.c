/* test_web_fail.c - what a stranger may learn from a refusal
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "web/fail.h"

static struct arena *a;

static int
set_up(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static struct resp
answered(enum fail_face face, enum err_kind kind, const char *said,
    const char *authorization)
{
	struct err e = { .kind = kind };
	struct req req = { .authorization = str_of(authorization) };
	struct resp r = { .status = 200 };

	if (said)
		snprintf(e.said, sizeof e.said, "%s", said);
	snprintf(e.why, sizeof e.why, "host=db.internal PASSWORD");
	fail_write(&r, a, &req, face, &e);
	assert_null(memmem(r.body.at, r.body.len, "PASSWORD", 8));
	return r;
}

static const char *
header(const struct resp *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (!strcmp(r->header[i].name, name))
			return r->header[i].value;
	return NULL;
}

static void
same_bytes(enum fail_face face, const enum err_kind *kinds, size_t n)
{
	struct resp first = answered(face, kinds[0], NULL, NULL);
	size_t i;

	for (i = 1; i < n; i++) {
		struct resp r = answered(face, kinds[i], "TELLTALE", NULL);

		assert_int_equal(r.status, first.status);
		assert_true(str_eq(r.body, first.body));
		assert_int_equal(r.n, first.n);
	}
}

static void
causes_that_must_look_alike_do(void **state)
{
	static const enum err_kind clients[] = { ERR_CLIENT_ABSENT,
		ERR_CLIENT_UNKNOWN, ERR_CLIENT_DISABLED, ERR_SECRET_MALFORMED,
		ERR_SECRET_WRONG, ERR_SECRET_EARLY, ERR_SECRET_EXPIRED,
		ERR_SECRET_DEAD, ERR_ASSERTION_MALFORMED, ERR_ASSERTION_KEY,
		ERR_ASSERTION_SIGNATURE, ERR_ASSERTION_CLAIMS,
		ERR_ASSERTION_AUDIENCE, ERR_ASSERTION_EXPIRED,
		ERR_ASSERTION_EARLY, ERR_ASSERTION_LIFE, ERR_ASSERTION_SEEN };
	static const enum err_kind tenants[] = { ERR_TENANT_UNKNOWN,
		ERR_TENANT_NOT_GRANTED, ERR_TENANT_SUSPENDED };
	static const enum err_kind tokens[] = { ERR_TOKEN_MALFORMED,
		ERR_TOKEN_KEY, ERR_TOKEN_SIGNATURE, ERR_TOKEN_EXPIRED,
		ERR_TOKEN_EARLY, ERR_TOKEN_ISSUER, ERR_TOKEN_AUDIENCE,
		ERR_TOKEN_CLAIMS, ERR_TOKEN_CLIENT, ERR_TOKEN_SECRET,
		ERR_TOKEN_GRANT, ERR_TOKEN_REVOKED };

	(void)state;
	same_bytes(FAIL_OAUTH, clients, COUNT(clients));
	same_bytes(FAIL_OAUTH, tenants, COUNT(tenants));
	same_bytes(FAIL_R4, tenants, COUNT(tenants));
	same_bytes(FAIL_DSTU2, tokens, COUNT(tokens));
}

static void
every_kind_has_a_row_fit_for_all_faces(void **state)
{
	int kind, other;
	enum fail_face face;

	(void)state;
	for (kind = ERR_NONE + 1; kind < ERR__MAX; kind++) {
		assert_non_null(fail_reason(kind));
		assert_non_null(fail_issue_code(kind));
		for (other = kind + 1; other < ERR__MAX; other++)
			assert_string_not_equal(
			    fail_reason(kind), fail_reason(other));
		for (face = 0; face < FAIL__MAX; face++) {
			struct resp r = answered(face, kind, NULL, NULL);

			assert_true(r.status >= 400 && r.status < 600);
			assert_string_not_equal(
			    resp_phrase(r.status), "Unknown");
			assert_true(r.body.len > 40 && r.body.len < 4096);
			if (r.status == 503 || r.status == 429)
				assert_non_null(header(&r, "Retry-After"));
			if (face >= FAIL_DSTU2)
				assert_int_equal(!header(&r, "Retry-After"),
				    !memmem(r.body.at, r.body.len,
					"\"Retry-After: ", 14));
		}
	}
}

static void
a_refused_tenant_is_400_at_the_token_and_403_at_the_facade(void **state)
{
	(void)state;
	assert_int_equal(fail_status(FAIL_OAUTH, ERR_TENANT_SUSPENDED), 400);
	assert_int_equal(fail_status(FAIL_STU3, ERR_TENANT_SUSPENDED), 403);
	assert_int_equal(fail_status(FAIL_OAUTH, ERR_MEDIA), 400);
	assert_int_equal(fail_status(FAIL_R4, ERR_MEDIA), 415);
}

static void
challenges_follow_the_standards(void **state)
{
	struct resp r;

	(void)state;
	r = answered(FAIL_R4, ERR_TOKEN_ABSENT, NULL, NULL);
	assert_string_equal(
	    header(&r, "WWW-Authenticate"), "Bearer realm=\"wardgate\"");
	r = answered(FAIL_R4, ERR_TOKEN_EXPIRED, NULL, "Bearer x");
	assert_string_equal(header(&r, "WWW-Authenticate"),
	    "Bearer realm=\"wardgate\", error=\"invalid_token\"");
	r = answered(FAIL_R4, ERR_TYPE_GRANTED, NULL, "Bearer x");
	assert_int_equal(r.status, 403);
	assert_string_equal(header(&r, "WWW-Authenticate"),
	    "Bearer realm=\"wardgate\", error=\"insufficient_scope\"");
	r = answered(FAIL_OAUTH, ERR_SECRET_WRONG, NULL, NULL);
	assert_null(header(&r, "WWW-Authenticate"));
	r = answered(FAIL_OAUTH, ERR_SECRET_WRONG, NULL, "basic eDp5");
	assert_non_null(strstr(header(&r, "WWW-Authenticate"), "Basic realm"));
}

static void
descriptions_hold_only_what_oauth_allows(void **state)
{
	struct resp r =
	    answered(FAIL_OAUTH, ERR_MALFORMED, "a\"b\\c\nd\xc3\xbc", NULL);

	(void)state;
	assert_true(str_eq(
	    r.body, STR("{\"error\":\"invalid_request\",\"error_description\":"
			"\"a b c d  \"}")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(causes_that_must_look_alike_do),
		cmocka_unit_test(every_kind_has_a_row_fit_for_all_faces),
		cmocka_unit_test(
		    a_refused_tenant_is_400_at_the_token_and_403_at_the_facade),
		cmocka_unit_test(challenges_follow_the_standards),
		cmocka_unit_test(descriptions_hold_only_what_oauth_allows),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
