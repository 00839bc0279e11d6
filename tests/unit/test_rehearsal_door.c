/* test_rehearsal_door.c - who is let in, and what the others are told
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "rehearsal/rehearsal_door.h"

#define NOW_S 1200000030
#define OAUTH "Bearer rehearsal-oauth-20000000"
#define SMART "Bearer rehearsal-smart-20000000"
#define PLAIN NULL, NULL, NULL /* no TLS */
#define OURS  "8443", "SUCCESS", "gateway"

/* clang-format off */
static const struct {
	const char *kinds, *path, *shown; /* Authorization */
	const char *port, *verify, *name; /* of TLS */
	unsigned status;                  /* 0: let in */
	const char *words;
} rows[] = {
	{ "strict", "/Patient", NULL, PLAIN, 0, NULL },
	{ "oauth", "/Patient", OAUTH, PLAIN, 0, NULL },
	{ "oauth", "/Patient", SMART, PLAIN, 401, "client secret" },
	{ "oauth", "/token", NULL, PLAIN, 0, NULL },
	{ "oauth", "/metadata", NULL, PLAIN, 401, "token" },
	{ "smart", "/Patient", SMART, PLAIN, 0, NULL },
	{ "smart", "/Patient", NULL, PLAIN, 401, "signed assertion" },
	{ "smart", "/metadata", NULL, PLAIN, 0, NULL },
	{ "smart", "/.well-known/smart-configuration", NULL, PLAIN, 0, NULL },
	{ "smart", "/token", NULL, PLAIN, 0, NULL },
	{ "basic", "/token", NULL, PLAIN, 401, "password" },
	{ "bearer", "/Patient", "Bearer x", PLAIN, 401, "bearer" },
	{ "huge/basic", "/Patient", NULL, PLAIN, 401, "password" },
	{ "mtls", "/Patient", NULL, OURS, 0, NULL },
	{ "mtls", "/Patient", NULL, NULL, "SUCCESS", "gateway", 403,
	    "without TLS" },
	{ "mtls", "/Patient", NULL, "8443", NULL, NULL, 403, "asks for none" },
	{ "mtls", "/Patient", NULL, "8443", "NONE", NULL, 403,
	    "none was shown" },
	{ "mtls", "/Patient", NULL, "8443", "FAILED:expired", "gateway", 403,
	    "FAILED:expired" },
	{ "mtls", "/Patient", NULL, "8443", "GENEROUS", "gateway", 403,
	    "GENEROUS" },
	{ "mtls", "/Patient", NULL, "8443", "SUCCESS", "somebody", 403,
	    "of somebody" },
	{ "mtls", "/Patient", NULL, "8443", "SUCCESS", NULL, 403,
	    "no common name" },
	{ "mtls", "/metadata", NULL, "8443", "NONE", NULL, 403,
	    "none was shown" },
	{ "mtls/oauth", "/token", NULL, "8443", "NONE", NULL, 403,
	    "none was shown" },
	{ "mtls/oauth", "/token", NULL, OURS, 0, NULL },
	{ "mtls/oauth", "/Patient", NULL, OURS, 401, "token" },
	{ "mtls/oauth", "/Patient", OAUTH, OURS, 0, NULL },
};
/* clang-format on */

static void
who_shows_what_is_wanted_is_let_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *a = arena_new();
		struct req req = { .authorization = str_of(rows[i].shown),
			.tls_port = str_of(rows[i].port),
			.client_verify = str_of(rows[i].verify),
			.client_name = str_of(rows[i].name) };
		struct rehearsal_visit v = { .a = a, .req = &req };
		struct rehearsal_reply reply = { .status = 0 };
		struct str rest = str_of(rows[i].kinds);
		bool open;

		while (rest.len)
			assert_true(rehearsal_fault_read(
			    &v.faults, str_cut(rest, '/', &rest)));
		open = rehearsal_door_open(
		    &v, str_of(rows[i].path), NOW_S, &reply);
		if (open != !rows[i].status || reply.status != rows[i].status)
			fail_msg("%zu: %u", i, reply.status);
		if (rows[i].words &&
		    !strstr(str_text(a, reply.body), rows[i].words))
			fail_msg("%zu: %.*s", i, STR_FMT(reply.body));
		assert_int_equal(reply.faults.instead, REHEARSAL_TRUTH);
		arena_free(a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_shows_what_is_wanted_is_let_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
