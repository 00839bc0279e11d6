/* test_app_onboard_file.c - filled-in scripts as people write them
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/onboard_file.h"

/* A copy of remove.sql with this line in the place of its first \set. */
static struct str
copy(struct arena *a, const char *line)
{
	const char *at = strstr(onboard_remove, "--\\set tenant ''");

	assert_non_null(at);
	return str_of(arena_printf(a, "%.*s%s%s", (int)(at - onboard_remove),
	    onboard_remove, line, at + strlen("--\\set tenant ''")));
}

static void
values_are_read_as_psql_reads_them(void **state)
{
	static const struct {
		const char *line, *value; /* NULL: refused */
	} rows[] = {
		{ "\\set tenant 'a b'", "a b" },
		{ "\\set tenant   'a'  ", "a" },
		{ "\\set tenant 'a'\r", "a" },
		{ "\\set tenant ''", "" },
		{ "\\set tenant", "" },
		{ "\\set tenant a-b.c/d", "a-b.c/d" },
		{ "\\set tenant 'it''s'", "it's" },
		{ "\\set tenant ''''", "'" },
		{ "\\set tenant 'a\\nb\\t\\\\\\''", "a\nb\t\\'" },
		{ "\\set tenant '\\101\\60'", "A0" },
		{ "\\set tenant 'a", NULL },
		{ "\\set tenant '", NULL },
		{ "\\set tenant 'a\\'", NULL },
		{ "\\set tenant 'a' b", NULL },
		{ "\\set tenant 'a'b", NULL },
		{ "\\set tenant a b", NULL },
		{ "\\set tenant a:b", NULL },
		{ "\\set tenant `id`", NULL },
		{ "\\set tenant '\\377'", NULL },
		{ "\\set tenant '\\0'", NULL },
		{ "\\set tenant 'a'\n\\set tenant 'a'", NULL },
		{ "\\set Tenant 'a'", NULL },
		{ "\\set ", NULL },
		{ "\\set", NULL },
		{ "\\! id", NULL },
		{ "select 1;", NULL },
		{ "  -- a comment that is set in", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *a = arena_new();
		struct onboard_file f;
		struct err e = { .kind = ERR_NONE };
		bool ok = onboard_file_read(
		    &f, a, "x.sql", copy(a, rows[i].line), &e);

		if (ok != (rows[i].value != NULL))
			fail_msg("%s: %s", rows[i].line, e.said);
		if (ok) {
			assert_string_equal(f.script, "remove");
			assert_true(str_is(
			    onboard_file_value(&f, "tenant"), rows[i].value));
		} else {
			assert_int_equal(e.kind, ERR_MALFORMED);
			assert_true(!strncmp(e.said, "x.sql:", 6));
		}
		arena_free(a);
	}
}

static void
every_cut_of_a_file_ends_in_words(void **state)
{
	struct arena *a = arena_new();
	struct str whole = copy(a, "\\set tenant 'a'");
	size_t n;

	(void)state;
	for (n = 0; n + 1 < whole.len; n++) {
		struct onboard_file f;
		struct err e = { .kind = ERR_NONE };
		char *text = arena_raw(a, n ? n : 1);

		memcpy(text, whole.at, n);
		assert_false(
		    onboard_file_read(&f, a, "x", (struct str){ text, n }, &e));
		assert_int_equal(e.kind, ERR_MALFORMED);
	}
	arena_free(a);
}

static void
values_become_json_and_refusals_get_their_place(void **state)
{
	struct arena *a = arena_new();
	struct onboard_file f;
	struct err e = { .kind = ERR_NONE };

	(void)state;
	assert_true(onboard_file_read(
	    &f, a, "x", copy(a, "\\set tenant 'a\"\\n'"), &e));
	assert_string_equal(
	    onboard_file_json(&f, a), "{\"tenant\":\"a\\\"\\n\"}");
	onboard_file_add(&f, "links", "end");
	onboard_file_add(&f, "links", "other");
	onboard_file_add(&f, "credential", "remove.sql has none");
	assert_int_equal(f.n, 2);
	assert_true(str_is(onboard_file_value(&f, "links"), "end"));
	assert_ptr_not_equal(
	    strstr(onboard_file_place(&f, a, "The tenant is gone."), "x:"),
	    NULL);
	assert_string_equal(onboard_file_place(&f, a, "Tenants."), "x");
	assert_string_equal(onboard_file_place(&f, a, "The links."), "x");
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_read_as_psql_reads_them),
		cmocka_unit_test(every_cut_of_a_file_ends_in_words),
		cmocka_unit_test(
		    values_become_json_and_refusals_get_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
