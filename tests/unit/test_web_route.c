/* test_web_route.c - which handler answers an address
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"
#include "web/route.h"

static const struct route routes[] = {
	{ "GET,HEAD", "/exact", NULL, "exact" },
	{ "POST", "/exact/below", NULL, "below" },
	{ "GET", "/tree/*", NULL, "tree" },
	{ "POST", "/tree/*", NULL, "shadowed" },
	{ "*", "/any*", NULL, "any" },
	{ "GET", "/", NULL, "root" },
};

static const struct {
	struct str method, path;
	const char *purpose; /* NULL: none fits */
	enum err_kind kind;
	const char *allow;
} rows[] = {
	{ { "GET", 3 }, { "/exact", 6 }, "exact", ERR_NONE, NULL },
	{ { "HEAD", 4 }, { "/exact", 6 }, "exact", ERR_NONE, NULL },
	{ { "POST", 4 }, { "/exact", 6 }, NULL, ERR_METHOD, "GET,HEAD" },
	{ { "get", 3 }, { "/exact", 6 }, NULL, ERR_METHOD, "GET,HEAD" },
	{ { "GE", 2 }, { "/exact", 6 }, NULL, ERR_METHOD, "GET,HEAD" },
	{ { "GET,HEAD", 8 }, { "/exact", 6 }, NULL, ERR_METHOD, "GET,HEAD" },
	{ { "", 0 }, { "/exact", 6 }, NULL, ERR_METHOD, "GET,HEAD" },
	{ { NULL, 0 }, { "/exact", 6 }, NULL, ERR_METHOD, "GET,HEAD" },
	{ { "*", 1 }, { "/exact", 6 }, NULL, ERR_METHOD, "GET,HEAD" },
	{ { "GET", 3 }, { "/exact/", 7 }, NULL, ERR_ADDRESS, NULL },
	{ { "GET", 3 }, { "/exac", 5 }, NULL, ERR_ADDRESS, NULL },
	{ { "GET", 3 }, { "/Exact", 6 }, NULL, ERR_ADDRESS, NULL },
	{ { "GET", 3 }, { "/exactly", 8 }, NULL, ERR_ADDRESS, NULL },
	{ { "POST", 4 }, { "/exact/below", 12 }, "below", ERR_NONE, NULL },
	{ { "GET", 3 }, { "/exact/below", 12 }, NULL, ERR_METHOD, "POST" },
	{ { "GET", 3 }, { "/tree/", 6 }, "tree", ERR_NONE, NULL },
	{ { "GET", 3 }, { "/tree/a/b", 9 }, "tree", ERR_NONE, NULL },
	{ { "GET", 3 }, { "/tree", 5 }, NULL, ERR_ADDRESS, NULL },
	/* the first row that has the address decides */
	{ { "POST", 4 }, { "/tree/a", 7 }, NULL, ERR_METHOD, "GET" },
	{ { "PUT", 3 }, { "/any", 4 }, "any", ERR_NONE, NULL },
	{ { "BREW", 4 }, { "/anything", 9 }, "any", ERR_NONE, NULL },
	{ { "", 0 }, { "/any", 4 }, "any", ERR_NONE, NULL },
	{ { "GET", 3 }, { "/", 1 }, "root", ERR_NONE, NULL },
	{ { "GET", 3 }, { "", 0 }, NULL, ERR_ADDRESS, NULL },
	{ { "GET", 3 }, { NULL, 0 }, NULL, ERR_ADDRESS, NULL },
	{ { "GET", 3 }, { "/exact\0", 7 }, NULL, ERR_ADDRESS, NULL },
	{ { "GET", 3 }, { "/*", 2 }, NULL, ERR_ADDRESS, NULL },
};

static void
addresses_and_methods_find_their_row(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct err e = { .kind = ERR_NONE };
		const char *allow = "left over";
		const struct route *r = route_find(routes, COUNT(routes),
		    rows[i].path, rows[i].method, &allow, &e);

		if (!rows[i].purpose != !r)
			fail_msg("row %zu: found %s", i, r ? r->purpose : "-");
		if (r)
			assert_string_equal(r->purpose, rows[i].purpose);
		assert_int_equal(e.kind, rows[i].kind);
		if (rows[i].allow)
			assert_string_equal(allow, rows[i].allow);
		else
			assert_null(allow);
	}
}

static void
an_empty_table_has_no_address(void **state)
{
	struct err e = { .kind = ERR_NONE };
	const char *allow;

	(void)state;
	assert_null(route_find(NULL, 0, STR("/"), STR("GET"), &allow, &e));
	assert_int_equal(e.kind, ERR_ADDRESS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_and_methods_find_their_row),
		cmocka_unit_test(an_empty_table_has_no_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
