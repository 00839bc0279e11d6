/* test_gate_cursor.c - a page handle is good for whom it was made, for a day
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ext/crypt.h"
#include "gate/cursor.h"

#define NOW ((int64_t)1795000000)

static char key_path[] = "/tmp/wg-cursor-XXXXXX";
static struct conf conf = {
	.cursor_life_s = 3600,
	.cursor_bytes = 2048,
	.cursor_key_file = key_path,
};
static struct cursor_keys *keys;
static struct arena *a;

static int
set_up(void **state)
{
	struct err e = { .kind = ERR_NONE };
	int i, fd = mkstemp(key_path);
	FILE *f = fdopen(fd, "w");

	(void)state;
	for (i = 0; i < 32; i++)
		fprintf(f, "%02x", i);
	fputc('\n', f);
	fclose(f);
	a = arena_new();
	return crypt_start(&e) && (keys = cursor_open(NULL, &conf, &e)) ? 0
	                                                                : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	cursor_close(keys);
	arena_free(a);
	return unlink(key_path);
}

static struct cursor_for
for_whom(void)
{
	struct cursor_for to = { .face = STR("/fhir/r4"),
		.type = STR("Patient") };

	memset(to.tenant.at, 1, sizeof to.tenant.at);
	memset(to.client.at, 2, sizeof to.client.at);
	return to;
}

static struct str
made(void)
{
	struct cursor_for to = for_whom();
	struct cursor c = { .revision = 7,
		.total = CURSOR_UNTRUE,
		.offset = -1,
		.search = STR("name=Ng%C3%BCyen&_count=7"),
		.path = STR("Patient"),
		.query = STR("_getpages=x"),
		.end = STR("0123456789abcdef") };
	struct err e = { .kind = ERR_NONE };
	struct str text = cursor_make(keys, a, &to, &c, NOW, &e);

	assert_non_null(text.at);
	return text;
}

static enum err_kind
tried(struct cursor_for to, struct str text, int64_t now_s)
{
	struct err e = { .kind = ERR_NONE };
	struct cursor c;

	return cursor_read(keys, a, &to, text, now_s, &c, &e) ? ERR_NONE
	                                                      : e.kind;
}

static void
what_was_sealed_comes_back(void **state)
{
	struct err e = { .kind = ERR_NONE };
	struct cursor_for to = for_whom();
	struct cursor c;
	struct str text = made();

	(void)state;
	assert_true(cursor_read(keys, a, &to, text, NOW + 3599, &c, &e));
	assert_int_equal(c.revision, 7);
	assert_int_equal(c.total, CURSOR_UNTRUE);
	assert_int_equal(c.offset, -1);
	assert_true(str_is(c.search, "name=Ng%C3%BCyen&_count=7"));
	assert_true(str_is(c.path, "Patient"));
	assert_true(str_is(c.query, "_getpages=x"));
	assert_true(str_is(c.end, "0123456789abcdef"));
	assert_null(memmem(text.at, text.len, "getpages", 8));
	assert_null(memmem(text.at, text.len, "name", 4));
}

static void
nobody_else_can_use_it(void **state)
{
	struct cursor_for to = for_whom();
	struct str text = made();

	(void)state;
	to.tenant.at[0] ^= 1;
	assert_int_equal(tried(to, text, NOW), ERR_CURSOR);
	to = for_whom();
	to.client.at[15] ^= 1;
	assert_int_equal(tried(to, text, NOW), ERR_CURSOR);
	to = for_whom();
	to.face = STR("/fhir/stu3");
	assert_int_equal(tried(to, text, NOW), ERR_CURSOR);
	to = for_whom();
	to.type = STR("Observation");
	assert_int_equal(tried(to, text, NOW), ERR_CURSOR);
}

static void
it_ends_and_then_says_so(void **state)
{
	struct str text = made();

	(void)state;
	assert_int_equal(
	    tried(for_whom(), text, NOW + 3600), ERR_CURSOR_EXPIRED);
	assert_int_equal(
	    tried(for_whom(), text, NOW + 90 * 86400), ERR_CURSOR_EXPIRED);
}

static void
every_altered_character_is_noticed(void **state)
{
	struct str text = made();
	char *copy = arena_dup(a, text.at, text.len);
	size_t i;

	(void)state;
	for (i = 0; i < text.len; i++) {
		char was = copy[i];

		copy[i] = was == 'A' ? 'B' : 'A';
		assert_int_equal(
		    tried(for_whom(), (struct str){ copy, text.len }, NOW),
		    ERR_CURSOR);
		copy[i] = was;
	}
	for (i = 0; i < text.len; i++)
		assert_int_equal(
		    tried(for_whom(), (struct str){ copy, i }, NOW),
		    ERR_CURSOR);
	assert_int_equal(tried(for_whom(), STR("AQAAUSM="), NOW), ERR_CURSOR);
}

static void
two_handles_of_one_page_differ(void **state)
{
	(void)state;
	assert_false(str_eq(made(), made()));
}

static void
a_search_of_our_own_knows_how_far_it_was_shown(void **state)
{
	struct cursor_for to = for_whom();
	struct cursor c = { .revision = 7,
		.total = 41,
		.offset = 20,
		.search = STR("family=Ng%C3%BCyen&_count=20") };
	struct err e = { .kind = ERR_NONE };
	struct str text = cursor_make(keys, a, &to, &c, NOW, &e);

	(void)state;
	memset(&c, 0, sizeof c);
	assert_true(cursor_read(keys, a, &to, text, NOW, &c, &e));
	assert_int_equal(c.offset, 20);
	assert_int_equal(c.total, 41);
	assert_int_equal(c.path.len, 0);
	assert_int_equal(c.query.len, 0);
	assert_true(str_is(c.search, "family=Ng%C3%BCyen&_count=20"));
	assert_null(c.end.at);
}

/* ---- from one key to another ---------------------------------------------------- */

static void
put_key(const char *suffix, int first)
{
	char path[100];
	FILE *f;
	int i;

	snprintf(path, sizeof path, "%s%s", key_path, suffix);
	unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	for (i = 0; i < 32; i++)
		fprintf(f, "%02x", first + i);
	fputc('\n', f);
	fclose(f);
	chmod(path, 0600);
}

static void
drop_key(const char *suffix)
{
	char path[100];

	snprintf(path, sizeof path, "%s%s", key_path, suffix);
	unlink(path);
}

static struct cursor_keys *
opened(void)
{
	struct err e = { .kind = ERR_NONE };
	struct cursor_keys *k = cursor_open(NULL, &conf, &e);

	assert_non_null(k);
	return k;
}

static bool
opens(struct cursor_keys *k, struct str text)
{
	struct cursor_for to = for_whom();
	struct err e = { .kind = ERR_NONE };
	struct cursor c;
	bool good = cursor_read(k, a, &to, text, NOW, &c, &e);

	assert_int_equal(e.kind, good ? ERR_NONE : ERR_CURSOR);
	return good;
}

static struct str
made_by(struct cursor_keys *k)
{
	struct cursor_for to = for_whom();
	struct cursor c = { .path = STR("Patient"), .query = STR("a=b") };
	struct err e = { .kind = ERR_NONE };

	return cursor_make(k, a, &to, &c, NOW, &e);
}

/* One host is a step ahead of the other, all the way. */
static void
each_step_opens_what_its_neighbours_seal(void **state)
{
	struct cursor_keys *before = opened(), *next, *used, *done;

	(void)state;
	put_key(".next", 100);
	next = opened();
	put_key("", 100);
	drop_key(".next");
	put_key(".old", 0);
	used = opened();
	drop_key(".old");
	done = opened();
	put_key("", 0);

	assert_true(opens(before, made_by(next)));
	assert_true(opens(next, made_by(before)));
	assert_true(opens(next, made_by(used)));
	assert_true(opens(used, made_by(next)));
	assert_true(opens(used, made_by(done)));
	assert_true(opens(done, made_by(used)));
	assert_false(opens(before, made_by(used)));
	assert_false(opens(done, made_by(before)));
	cursor_close(before);
	cursor_close(next);
	cursor_close(used);
	cursor_close(done);
}

static void
a_new_file_is_seen_while_the_program_runs(void **state)
{
	struct cursor_keys *k = opened();
	struct str old = made_by(k), new;

	(void)state;
	put_key(".old", 0);
	put_key("", 100);
	usleep(1100 * 1000);
	new = made_by(k);
	assert_true(opens(k, old));
	drop_key(".old");
	drop_key(""); /* somebody is at work there */
	usleep(1100 * 1000);
	assert_true(opens(k, new));
	assert_false(opens(k, old));
	put_key("", 0);
	cursor_close(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sealed_comes_back),
		cmocka_unit_test(
		    a_search_of_our_own_knows_how_far_it_was_shown),
		cmocka_unit_test(nobody_else_can_use_it),
		cmocka_unit_test(it_ends_and_then_says_so),
		cmocka_unit_test(every_altered_character_is_noticed),
		cmocka_unit_test(two_handles_of_one_page_differ),
		cmocka_unit_test(each_step_opens_what_its_neighbours_seal),
		cmocka_unit_test(a_new_file_is_seen_while_the_program_runs),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
