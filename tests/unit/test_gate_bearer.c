/* test_gate_bearer.c - may a token be used at this moment?
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gate/bearer.h"

#define NOW 1000

static const char keys[][SECRET_KEY_ID_LEN + 1] = { "aaaaaaaa", "bbbbbbbb" };

static const struct directory_route good = {
	.client_known = true,
	.n_keys = 2,
	.keys = keys,
	.tenant = TENANT_ACTIVE,
	.grant = GRANT_LIVE,
	.grant_end_s = INT64_MAX,
	.maintenance_end_s = INT64_MAX,
	.notice = "Back at noon.",
};

static const struct claims token = { .cred = "bbbbbbbb" };

static struct err
judged(const struct directory_route *r)
{
	struct err e = { .kind = ERR_NONE };
	bool fine = bearer_allowed(r, &token, NOW, &e);

	assert_int_equal(fine, e.kind == ERR_NONE);
	return e;
}

static void
each_state_has_its_refusal(void **state)
{
	struct directory_route r = good;

	(void)state;
	assert_int_equal(judged(&r).kind, ERR_NONE);
	r.client_known = false;
	assert_int_equal(judged(&r).kind, ERR_TOKEN_CLIENT);
	r = good;
	r.client_disabled = true;
	assert_int_equal(judged(&r).kind, ERR_TOKEN_CLIENT);
	r = good;
	r.n_keys = 1;
	assert_int_equal(judged(&r).kind, ERR_TOKEN_SECRET);
	r = good;
	r.grant = GRANT_ENDED;
	assert_int_equal(judged(&r).kind, ERR_TOKEN_GRANT);
	r = good;
	r.grant_end_s = NOW;
	assert_int_equal(judged(&r).kind, ERR_TOKEN_GRANT);
	r = good;
	r.grant = GRANT_NONE;
	assert_int_equal(judged(&r).kind, ERR_TENANT_NOT_GRANTED);
	r.tenant = TENANT_UNKNOWN;
	assert_int_equal(judged(&r).kind, ERR_TENANT_UNKNOWN);
	r = good;
	r.tenant = TENANT_SUSPENDED;
	assert_int_equal(judged(&r).kind, ERR_TENANT_SUSPENDED);
}

static void
a_notice_is_told_and_ends_by_itself(void **state)
{
	struct directory_route r = good;
	struct err e;

	(void)state;
	r.tenant = TENANT_MAINTENANCE;
	r.maintenance_end_s = NOW + 60;
	e = judged(&r);
	assert_int_equal(e.kind, ERR_MAINTENANCE);
	assert_string_equal(e.said, "Back at noon.");
	assert_int_equal(e.retry_after_s, 60);
	r.maintenance_end_s = NOW;
	assert_int_equal(judged(&r).kind, ERR_NONE);
	r.maintenance_end_s = INT64_MAX;
	r.retry_after_s = 300;
	r.notice = "";
	e = judged(&r);
	assert_int_equal(e.retry_after_s, 300);
	assert_string_equal(e.said, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_state_has_its_refusal),
		cmocka_unit_test(a_notice_is_told_and_ends_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
