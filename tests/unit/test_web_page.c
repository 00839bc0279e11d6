/* test_web_page.c - nothing leaves a page's place, and its style is its own
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "ext/crypt.h"
#include "web/page.h"

static const struct {
	const char *text, *html;
} texts[] = {
	{ "", "" },
	{ "Ospedale Müller", "Ospedale Müller" },
	{ "<script>alert('x')</script>",
	    "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" },
	{ "a\" onclick=\"b", "a&quot; onclick=&quot;b" },
	{ "a & b &amp;", "a &amp; b &amp;amp;" },
	{ "a\nb\x1b[1m\x7f", "ab[1m" },
	{ "\xff<\xc3", "\xef\xbf\xbd&lt;\xef\xbf\xbd" },
};

static void
text_stays_text(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct buf b = buf_new(a, 4096);

		page_text(&b, str_of(texts[i].text));
		assert_string_equal(buf_text(&b), texts[i].html);
	}
	arena_free(a);
}

static const struct {
	const char *contact, *html;
} contacts[] = {
	{ "help@gw.example",
	    "<a href=\"mailto:help@gw.example\">help@gw.example</a>" },
	{ "https://gw.example/a?b&c",
	    "<a href=\"https://gw.example/a?b&amp;c\">"
	    "https://gw.example/a?b&amp;c</a>" },
	{ "javascript:alert(1)@x", "javascript:alert(1)@x" },
	{ "ask Ann <a@b.example>", "ask Ann &lt;a@b.example&gt;" },
	{ "\"@\"><b>", "<a href=\"mailto:&quot;@&quot;&gt;&lt;b&gt;\">"
		       "&quot;@&quot;&gt;&lt;b&gt;</a>" },
	{ "+39 040 1234", "+39 040 1234" },
};

static void
a_contact_is_a_link_only_where_it_is_safe(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(contacts); i++) {
		struct buf b = buf_new(a, 4096);

		page_contact(&b, str_of(contacts[i].contact));
		assert_string_equal(buf_text(&b), contacts[i].html);
	}
	arena_free(a);
}

static const struct {
	const char *accept;
	bool page;
} accepts[] = {
	{ NULL, false },
	{ "", false },
	{ "*/*", false },
	{ "text/html", true },
	{ "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
	    true },
	{ "TEXT/HTML;level=1", true },
	{ "application/json, text/html", false },
	{ "application/fhir+json", false },
	{ "text/htmlx", false },
	{ ",,;", false },
};

static void
browsers_are_known_by_what_they_accept(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(accepts); i++)
		if (page_wanted(str_of(accepts[i].accept)) != accepts[i].page)
			fail_msg("%s", accepts[i].accept);
}

/* RFC 4648 4, for 32 bytes. */
static char *
base64(struct arena *a, const unsigned char *p)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";
	struct buf b = buf_new(a, 64);

	for (size_t i = 0; i < 33; i += 3) {
		unsigned last = i + 2 < 32 ? p[i + 2] : 0;
		unsigned n = (unsigned)(p[i] << 16 | p[i + 1] << 8) | last;

		buf_char(&b, set[n >> 18]);
		buf_char(&b, set[n >> 12 & 63]);
		buf_char(&b, set[n >> 6 & 63]);
		buf_char(&b, i + 2 < 32 ? set[n & 63] : '=');
	}
	return buf_text(&b);
}

static void
the_policy_admits_the_pages_own_style_and_nothing_else(void **state)
{
	struct arena *a = arena_new();
	struct buf b = buf_new(a, 65536);
	unsigned char sum[CRYPT_SHA256_BYTES];
	struct err e = { 0 };
	char *from, *to;

	(void)state;
	assert_true(crypt_start(&e));
	page_open(&b, "en", "A <title>");
	page_close(&b);
	assert_non_null(strstr(buf_text(&b), "<h1>A &lt;title&gt;</h1>"));
	from = strstr(b.at, "<style>") + strlen("<style>");
	to = strstr(from, "</style>");
	crypt_sha256(sum, from, (size_t)(to - from));
	assert_non_null(strstr(page_csp,
	    arena_printf(a, "style-src 'sha256-%s';", base64(a, sum))));
	assert_null(strstr(page_csp, "unsafe"));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_stays_text),
		cmocka_unit_test(a_contact_is_a_link_only_where_it_is_safe),
		cmocka_unit_test(browsers_are_known_by_what_they_accept),
		cmocka_unit_test(
		    the_policy_admits_the_pages_own_style_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
