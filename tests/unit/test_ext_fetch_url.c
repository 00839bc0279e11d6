/* test_ext_fetch_url.c - URLs are read in one way only
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "ext/fetch_url.h"

static const struct {
	const char *text, *host, *path, *query;
	unsigned port;
	bool https, v6;
} good[] = {
	/* clang-format off */
	{ "https://a.example", "a.example", "/", NULL, 443, true, false },
	{ "http://a.example/", "a.example", "/", NULL, 80, false, false },
	{ "HTTPS://A.Example:8443/R4", "a.example", "/R4", NULL, 8443, true, false },
	{ "https://a.example/r4?x=1&y=%2F", "a.example", "/r4", "x=1&y=%2F", 443, true, false },
	{ "https://a.example/a/../b/./c", "a.example", "/a/../b/./c", NULL, 443, true, false },
	{ "https://a.example/a%2e%2E/", "a.example", "/a%2e%2E/", NULL, 443, true, false },
	{ "https://127.0.0.1:1/", "127.0.0.1", "/", NULL, 1, true, false },
	{ "https://[::1]:99/x", "::1", "/x", NULL, 99, true, true },
	{ "https://[2001:DB8::1]/", "2001:db8::1", "/", NULL, 443, true, true },
	{ "https://[::ffff:169.254.169.254]/", "::ffff:169.254.169.254", "/", NULL, 443, true, true },
	{ "https://a_b.example/?", "a_b.example", "/", "", 443, true, false },
	/* clang-format on */
};

static const char *const bad[] = {
	"",
	"a.example",
	"//a.example/",
	"/path",
	"https:a.example",
	"https:/a.example/",
	"https:///a.example/",
	"https://",
	"https:///",
	"ftp://a.example/",
	"file:///etc/passwd",
	"gopher://a.example/",
	"https://user@a.example/",
	"https://user:word@a.example/",
	"https://@a.example/",
	"https://evil.test\\@127.0.0.1/",
	"https://a.example/#part",
	"https://a.example#",
	"https://a.example/ b",
	" https://a.example/",
	"https://a.example/\n",
	"https://a.example:0/",
	"https://a.example:65536/",
	"https://a.example:x/",
	"https://a.example./",
	"https://.a.example/",
	"https://[::1%25lo]/",
	"https://[::1%lo]/",
	"https://[::1/",
	"https://[]/",
	"https://%61.example/",
	"https://a.example%2f@b.example/",
	"https://\xd0\xb0.example/",
	"https://a.example/\xc3\xa9",
	"https://a;b.example/",
	"https://0x7f000001/",
	"https://0X7F.0.0.1/",
	"https://2130706433/",
	"https://0177.0.0.1/",
	"https://0x08080808:8443/r4",
	"https://127.1/",
	"https://127.0.0.01/",
	"scp://a.example/",
	"ldap://a.example/",
	"rtmp://a.example/",
};

static void
good_urls_come_apart(void **state)
{
	struct arena *a = arena_new();
	struct fetch_url u;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		if (!fetch_url_read(a, str_of(good[i].text), &u))
			fail_msg("%s is refused", good[i].text);
		assert_string_equal(u.host, good[i].host);
		assert_string_equal(u.path, good[i].path);
		assert_int_equal(u.port, good[i].port);
		assert_int_equal(u.https, good[i].https);
		assert_int_equal(u.v6, good[i].v6);
		assert_int_equal(!u.query, !good[i].query);
		if (u.query)
			assert_string_equal(u.query, good[i].query);
	}
	arena_free(a);
}

static void
what_could_be_read_in_two_ways_is_refused(void **state)
{
	struct arena *a = arena_new();
	struct fetch_url u;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++)
		if (fetch_url_read(a, str_of(bad[i]), &u))
			fail_msg("%s is taken for %s", bad[i], u.host);
	assert_false(fetch_url_read(a, STR_NONE, &u));
	assert_false(fetch_url_read(a, STR("https://a.example/\0x"), &u));
	arena_free(a);
}

static void
what_is_written_reads_the_same(void **state)
{
	struct arena *a = arena_new();
	struct fetch_url u, v;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(good); i++) {
		const char *text;

		assert_true(fetch_url_read(a, str_of(good[i].text), &u));
		text = fetch_url_write(a, &u);
		assert_non_null(text);
		assert_true(fetch_url_read(a, str_of(text), &v));
		assert_string_equal(u.host, v.host);
		assert_string_equal(u.path, v.path);
		assert_int_equal(u.port, v.port);
		assert_int_equal(u.https, v.https);
	}
	arena_free(a);
}

static void
dates_are_seconds(void **state)
{
	(void)state;
	assert_int_equal(
	    fetch_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
	assert_int_equal(fetch_date("soon"), -1);
	assert_int_equal(fetch_date(""), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_urls_come_apart),
		cmocka_unit_test(what_could_be_read_in_two_ways_is_refused),
		cmocka_unit_test(what_is_written_reads_the_same),
		cmocka_unit_test(dates_are_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
