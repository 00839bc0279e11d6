/* test_web_template.c - pages as files: what is escaped, what is refused
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "web/template.h"

struct house {
	struct arena *a;
	char dir[32];
};

static int
set_up(void **state)
{
	struct house *h = calloc(1, sizeof *h);

	h->a = arena_new();
	snprintf(h->dir, sizeof h->dir, "/tmp/wg-tpl-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	*state = h;
	return 0;
}

static void
put(struct house *h, const char *name, const char *text)
{
	FILE *f = fopen(arena_printf(h->a, "%s/%s", h->dir, name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int
tear_down(void **state)
{
	struct house *h = *state;
	static const char *const names[] = { "page.html", "other.html",
		"s.0123.css" };
	size_t i;

	for (i = 0; i < COUNT(names); i++)
		unlink(arena_printf(h->a, "%s/%s", h->dir, names[i]));
	rmdir(h->dir);
	arena_free(h->a);
	free(h);
	return 0;
}

static const char *
write_page(struct house *h, const char *page, const struct view *v)
{
	struct buf b = buf_new(h->a, 64 * 1024);
	struct err e = { .kind = ERR_NONE };
	const struct templates *t;

	put(h, "page.html", page);
	t = templates_open(h->a, h->dir, h->dir, "/static", &e);
	if (!t)
		return arena_printf(h->a, "refused: %s", e.said);
	return template_write(&b, t, "page", v, WORDS_EN) ? buf_text(&b)
	                                                  : "failed";
}

static void
what_fills_a_hole_is_escaped_for_its_place(void **state)
{
	struct house *h = *state;
	struct view *v = view_new(h->a);

	view_text(v, "x", STR("<b>\"&'/?x=1 y"));
	view_link(v, "l", STR("/a?b=1&c=\"2"));
	assert_string_equal(
	    write_page(h,
		"<p>{{x}}</p><a title=\"{{x}}\" href=\"/p/{{x}}\">"
		"</a><a href=\"{{l}}\">",
		v),
	    "<p>&lt;b&gt;&quot;&amp;&#39;/?x=1 y</p>"
	    "<a title=\"&lt;b&gt;&quot;&amp;&#39;/?x=1 y\" "
	    "href=\"/p/%3Cb%3E%22%26%27%2F%3Fx%3D1%20y\"></a>"
	    "<a href=\"/a?b=1&amp;c=&quot;2\">");
}

static void
an_address_does_not_begin_with_text_of_strangers(void **state)
{
	struct house *h = *state;
	struct view *v = view_new(h->a);

	view_text(v, "x", STR("javascript:alert(1)"));
	assert_string_equal(
	    write_page(h, "<a href=\"{{x}}\">", v), "<a href=\"#\">");
}

static void
sections_follow_what_is_there(void **state)
{
	struct house *h = *state;
	struct view *v = view_new(h->a), *row;

	view_flag(v, "yes", true);
	view_flag(v, "no", false);
	view_text(v, "word", STR("live"));
	view_text(v, "outer", STR("o"));
	view_number(v, "zero", 0);
	row = view_row(v, "rows");
	view_text(row, "n", STR("1"));
	row = view_row(v, "rows");
	view_text(row, "n", STR("2"));
	view_text(row, "outer", STR("i"));
	assert_string_equal(
	    write_page(h,
		"{{#yes}}a{{/yes}}{{^yes}}b{{/yes}}{{#no}}c{{/no}}{{^no}}d"
		"{{/no}}{{#word=live}}e{{/word=live}}{{#word=dead}}f"
		"{{/word=dead}}{{#zero}}g{{/zero}}{{^gone}}h{{/gone}}"
		"{{#rows}}{{n}}{{outer}};{{/rows}}{{^rows}}i{{/rows}}",
		v),
	    "adeh1o;2i;");
}

static void
words_take_values_and_numbers_their_form(void **state)
{
	struct house *h = *state;
	struct view *v = view_new(h->a);

	view_text(v, "who", STR("<A>"));
	view_number(v, "one", 1);
	view_number(v, "many", 12345);
	view_time(v, "at", INT64_C(1763661600) * 1000000);
	assert_string_equal(
	    write_page(h,
		"{{_ Hello\n  {who}}}, {{+one {one} day|{one} days}}, "
		"{{+many {many} day|{many} days}}, {{at}}",
		v),
	    "Hello &lt;A&gt;, 1 day, 12,345 days, "
	    "<time datetime=\"2025-11-20T18:00:00.000Z\">2025-11-20 18:00 UTC"
	    "</time>");
}

static void
files_stand_in_each_other_and_static_ones_by_their_hash(void **state)
{
	struct house *h = *state;

	put(h, "other.html", "<!-- other.html - a part\n -->\n[{{x}}]");
	put(h, "s.0123.css", "");
	assert_string_equal(
	    write_page(
		h, "<link href=\"{{@s.css}}\">{{>other}}", view_new(h->a)),
	    "<link href=\"/static/s.0123.css\">[]");
	put(h, "other.html", "{{>other}}");
	assert_string_equal(
	    write_page(h, "{{>other}}", view_new(h->a)), "failed");
}

static void
a_mistake_keeps_the_program_from_starting(void **state)
{
	struct house *h = *state;
	static const char *const wrong[] = { "{{x", "{{}}", "{{#a}}", "{{/a}}",
		"{{#a}}{{#b}}{{/a}}{{/b}}", "<p {{x}}>", "<p class={{x}}>",
		"<p title='x'>", "<p onclick=\"x\">", "<p style=\"x\">",
		"<style>", "<!-- x -->", "{{#a}}<p title=\"{{/a}}\">",
		"<p title=\"", "{{>nowhere}}", "<a href=\"{{@no.css}}\">",
		"{{+n one}}", "{{X}}", "{{#a b}}{{/a b}}" };
	size_t i;

	for (i = 0; i < COUNT(wrong); i++)
		if (strncmp(
			write_page(h, wrong[i], view_new(h->a)), "refused", 7))
			fail_msg("taken: %s", wrong[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		CASE(what_fills_a_hole_is_escaped_for_its_place),
		CASE(an_address_does_not_begin_with_text_of_strangers),
		CASE(sections_follow_what_is_there),
		CASE(words_take_values_and_numbers_their_form),
		CASE(files_stand_in_each_other_and_static_ones_by_their_hash),
		CASE(a_mistake_keeps_the_program_from_starting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
