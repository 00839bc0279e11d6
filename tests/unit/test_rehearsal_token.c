/* test_rehearsal_token.c - a ward's tokens are given, count, and end
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "rehearsal/rehearsal_token.h"

#define NOW_S 1200000030
#define GOOD  "grant_type=client_credentials&client_"
#define USER  GOOD "id=gateway&client_secret=rehearsal-only"
#define BASIC "Basic Z2F0ZXdheTpyZWhlYXJzYWwtb25seQ=="

static void
a_token_is_given_to_the_gateway_alone(void **state)
{
	static const struct {
		const char *body, *shown;
		unsigned status;
	} rows[] = {
		{ USER, NULL, 200 },
		{ USER "&scope=a%20b", NULL, 200 },
		{ "grant_type=client_credentials", BASIC, 200 },
		{ "grant_type=client_credentials", NULL, 401 },
		{ USER "x", NULL, 401 },
		{ "grant_type=client_credentials", "Basic eDp5", 401 },
		{ "grant_type=password", BASIC, 400 },
		{ "", BASIC, 400 },
		{ "grant_type=%zz", BASIC, 400 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct arena *a = arena_new();
		struct req req = { .authorization = str_of(rows[i].shown) };
		struct rehearsal_visit v = { .a = a,
			.req = &req,
			.faults = { .demand = REHEARSAL_OAUTH } };
		struct rehearsal_call call = { .method = REQ_POST,
			.form = true,
			.body = str_of(rows[i].body) };
		struct rehearsal_reply reply;

		rehearsal_token_give(&v, &call, NOW_S, &reply);
		if (reply.status != rows[i].status)
			fail_msg("%s: %u", rows[i].body, reply.status);
		call.form = false;
		rehearsal_token_give(&v, &call, NOW_S, &reply);
		assert_int_equal(reply.status, 400);
		arena_free(a);
	}
}

static void
a_token_counts_until_the_end_of_the_next_minute(void **state)
{
	static const struct {
		enum rehearsal_demand demand;
		const char *shown;
		int64_t later_s;
		bool counts;
	} rows[] = {
		{ REHEARSAL_OAUTH, "Bearer rehearsal-oauth-20000000", 0, true },
		{ REHEARSAL_OAUTH, "Bearer rehearsal-oauth-20000000", 60,
		    true },
		{ REHEARSAL_SMART, "Bearer rehearsal-smart-20000000", 60,
		    true },
		{ REHEARSAL_OAUTH, "Bearer rehearsal-oauth-20000000", 120,
		    false },
		{ REHEARSAL_OAUTH, "Bearer rehearsal-oauth-20000000", -60,
		    false },
		{ REHEARSAL_SMART, "Bearer rehearsal-oauth-20000000", 0,
		    false },
		{ REHEARSAL_OAUTH, "Bearer rehearsal-smart-20000000", 0,
		    false },
		{ REHEARSAL_BASIC, "Bearer rehearsal-oauth-20000000", 0,
		    false },
		{ REHEARSAL_OAUTH, "Bearer x20000000", 0, false },
		{ REHEARSAL_OAUTH, "Bearer rehearsal-oauth-", 0, false },
		{ REHEARSAL_OAUTH, "Basic rehearsal-oauth-20000000", 0, false },
		{ REHEARSAL_OAUTH, NULL, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rehearsal_token_counts(rows[i].demand,
			str_of(rows[i].shown),
			NOW_S + rows[i].later_s) != rows[i].counts)
			fail_msg("%zu: %s", i, rows[i].shown);
}

static void
a_refusal_says_what_is_wrong(void **state)
{
	static const struct {
		enum rehearsal_demand demand;
		const char *body, *error, *words;
	} rows[] = {
		{ REHEARSAL_OAUTH, "grant_type=client_credentials",
		    "invalid_client", "rehearsal-only" },
		{ REHEARSAL_OAUTH, "x=y", "unsupported_grant_type",
		    "client_credentials" },
		{ REHEARSAL_OAUTH, "grant_type=%zz", "invalid_request",
		    "form" },
		{ REHEARSAL_SMART, USER, "invalid_scope", "system/*.read" },
		{ REHEARSAL_SMART, USER "&scope=user/*.read", "invalid_scope",
		    "system/*.read" },
		{ REHEARSAL_SMART, USER "&scope=system/*.read",
		    "invalid_client", "jwt-bearer" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *a = arena_new();
		struct req req = { .method = REQ_POST };
		struct rehearsal_visit v = { .a = a,
			.req = &req,
			.faults = { .demand = rows[i].demand } };
		struct rehearsal_call call = { .method = REQ_POST,
			.form = true,
			.body = str_of(rows[i].body) };
		struct rehearsal_reply reply;
		const char *text;

		rehearsal_token_give(&v, &call, NOW_S, &reply);
		text = str_text(a, reply.body);
		if (!strstr(text, rows[i].error) ||
		    !strstr(text, rows[i].words))
			fail_msg("%s: %s", rows[i].body, text);
		arena_free(a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_given_to_the_gateway_alone),
		cmocka_unit_test(
		    a_token_counts_until_the_end_of_the_next_minute),
		cmocka_unit_test(a_refusal_says_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
