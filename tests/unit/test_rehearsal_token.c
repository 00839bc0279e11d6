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
		struct rehearsal_visit v = { .a = a, .req = &req };
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
	const struct str shown = STR("Bearer rehearsal-token-20000000");

	(void)state;
	assert_true(rehearsal_token_counts(shown, NOW_S));
	assert_true(rehearsal_token_counts(shown, NOW_S + 60));
	assert_false(rehearsal_token_counts(shown, NOW_S + 120));
	assert_false(rehearsal_token_counts(shown, NOW_S - 60));
	assert_false(rehearsal_token_counts(STR("Bearer x20000000"), NOW_S));
	assert_false(
	    rehearsal_token_counts(STR("Bearer rehearsal-token-"), NOW_S));
	assert_false(rehearsal_token_counts(
	    STR("Basic rehearsal-token-20000000"), NOW_S));
	assert_false(rehearsal_token_counts(STR_NONE, NOW_S));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_given_to_the_gateway_alone),
		cmocka_unit_test(
		    a_token_counts_until_the_end_of_the_next_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
