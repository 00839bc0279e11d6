/* test_fhir_tree_oracle.c - fhir/tree and Jansson read the same out of a text
 * SPDX-License-Identifier: Apache-2.0
 *
 * Over the sample files and wards under WG_SAMPLES, over texts made from a
 * fixed seed, and over both with bytes broken. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>

#include "tree_oracle.h"

static const struct tree_limits wide = { .depth = TREE_DEPTH_MAX };

/* Seed and step of a xorshift generator; the same run every time. */
static uint64_t seed;

static unsigned
draw(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % below;
}

static enum oracle
judged(struct arena *a, struct str text, struct tree_node **n)
{
	struct err e = { 0 };

	*n = tree_read(a, text, &wide, &e);
	return oracle_judge(a, text, *n, &e);
}

/* ---- numbers keep their text ------------------------------------------------- */

/* The numbers of a good text in their order, each followed by a blank: found
 * by a loop that knows strings and nothing else. */
static const char *
numbers_of(struct arena *a, struct str text)
{
	struct buf b = buf_new(a, 1 << 26);
	bool quoted = false;
	size_t i;

	for (i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (c == '"')
			quoted = !quoted;
		else if (quoted && c == '\\')
			i++;
		else if (!quoted && (c == '-' || (c >= '0' && c <= '9'))) {
			while (i < text.len &&
			       strchr("0123456789+-.eE", text.at[i]))
				buf_char(&b, text.at[i++]);
			buf_char(&b, ' ');
			i--;
		}
	}
	return buf_text(&b);
}

/* Each object gets a member more, so that nothing but scalars is copied. */
static void
change_everywhere(struct arena *a, struct tree_node *root)
{
	struct tree_node *n;

	for (n = root; n; n = tree_walk(n, root))
		if (n->kind == TREE_OBJECT)
			tree_put(a, n, "~", tree_string(a, STR("-1 \\ \"2")));
}

static void
numbers_stay(struct arena *a, struct str text, struct tree_node *n)
{
	const char *numbers = numbers_of(a, text), *out;

	if (n->kind == TREE_OBJECT)
		tree_put(a, n, "~", tree_string(a, STR("x")));
	assert_string_equal(numbers_of(a, str_of(help_write(a, n))), numbers);
	change_everywhere(a, n);
	out = help_write(a, n);
	assert_string_equal(numbers_of(a, str_of(out)), numbers);
	assert_true(help_same(n, help_read(a, out)));
}

/* ---- samples ------------------------------------------------------------------ */

static size_t texts;

static void
check_text(const char *path, struct str text)
{
	struct arena *a = arena_new();
	struct tree_node *n;
	struct str body = text;
	const char *out;

	text = help_exact(a, text.at, text.len);
	if (judged(a, text, &n) != ORACLE_SAME || !n)
		fail_msg("%s: not read as Jansson reads it", path);
	if (str_starts(text, "\xef\xbb\xbf"))
		body = (struct str){ text.at + 3, text.len - 3 };
	out = help_write(a, n);
	assert_int_equal(strlen(out), body.len);
	assert_memory_equal(out, body.at, body.len);
	numbers_stay(a, text, n);
	arena_free(a);
	texts++;
}

static struct str
file_text(struct arena *a, const char *path, size_t size)
{
	char *text = arena_raw(a, size + 1);
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	assert_int_equal(fread(text, 1, size, f), size);
	fclose(f);
	return (struct str){ text, size };
}

static int
check_file(const char *path, const struct stat *st, int type, struct FTW *at)
{
	const char *dot = strrchr(path, '.');
	struct arena *a;
	struct str rest, line;

	(void)at;
	if (type != FTW_F || !dot)
		return 0;
	a = arena_new();
	if (!strcmp(dot, ".json")) {
		check_text(path, file_text(a, path, (size_t)st->st_size));
	} else if (!strcmp(dot, ".ndjson")) {
		rest = file_text(a, path, (size_t)st->st_size);
		while (rest.len) {
			line = str_cut(rest, '\n', &rest);
			check_text(path, line);
		}
	}
	arena_free(a);
	return 0;
}

static void
every_sample_is_read_alike_and_keeps_bytes_and_numbers(void **state)
{
	const char *samples = getenv("WG_SAMPLES");

	(void)state;
	texts = 0;
	if (nftw(samples ? samples : "../shared/fhir", check_file, 16,
		FTW_PHYS)) {
		print_message("no samples under WG_SAMPLES: skipped\n");
		skip();
	}
	assert_true(texts > 1000);
}

/* ---- texts made from the seed -------------------------------------------------- */

static void
make_blanks(struct buf *b)
{
	static const char *const blanks[] = { "", "", "", " ", "\n", "\t",
		"\r\n", "\n                    " };

	buf_str(b, blanks[draw(COUNT(blanks))]);
}

static void
make_string(struct buf *b, unsigned alike)
{
	static const char *const parts[] = { "a", "id", "name", "reference",
		"q", "valueQuantity", "\\\"", "\\\\", "\\/", "\\n", "\\u0041",
		"\\u00e9", "\\uD83D\\ude00", "\xc3\xa9", "\xe2\x82\xac",
		"\xf0\x9f\x98\x80", "\x7f", " ", "a long run of plain text " };
	unsigned n = draw(4);

	buf_char(b, '"');
	while (n--)
		buf_str(b, parts[draw(alike ? alike : COUNT(parts))]);
	buf_char(b, '"');
}

static void
make_number(struct buf *b)
{
	static const char *const parts[] = { "0", "-0", "7", "72.0", "1.00",
		"-12.50e-3", "1e2", "1E+2", "0.1", "9223372036854775807",
		"-9223372036854775808", "9223372036854775808", "1e400",
		"1e-400", "3.141592653589793238462643383279" };

	buf_str(b, parts[draw(COUNT(parts))]);
}

static void make_value(struct buf *b, unsigned depth);

static void
make_container(struct buf *b, unsigned depth)
{
	bool object = draw(2);
	unsigned n = draw(6), i;

	if (!draw(400))
		n = 100;
	buf_char(b, object ? '{' : '[');
	for (i = 0; i < n; i++) {
		make_blanks(b);
		if (object) {
			if (draw(5)) /* mostly a name of its own */
				buf_fmt(b, "\"%s%u\"",
				    draw(2) ? "n" : "\\u006e", i);
			else
				make_string(b, 4);
			make_blanks(b);
			buf_char(b, ':');
		}
		make_value(b, depth);
		buf_str(b, i + 1 < n ? "," : "");
	}
	make_blanks(b);
	buf_char(b, object ? '}' : ']');
}

static void
make_value(struct buf *b, unsigned depth)
{
	static const char *const words[] = { "null", "true", "false" };

	make_blanks(b);
	switch (depth ? draw(7) : draw(4)) {
	case 0:
		make_number(b);
		break;
	case 1:
	case 2:
		make_string(b, 0);
		break;
	case 3:
		buf_str(b, words[draw(COUNT(words))]);
		break;
	default:
		make_container(b, depth - 1);
	}
	make_blanks(b);
}

static void
made_texts_are_read_alike(void **state)
{
	unsigned i, same = 0, refused = 0;

	(void)state;
	seed = 20261120;
	for (i = 0; i < 6000; i++) {
		struct arena *a = arena_new();
		struct buf b = buf_new(a, 1 << 24);
		struct tree_node *n;
		struct str text;
		enum oracle o;

		make_container(&b, 5);
		text = help_exact(a, b.at, b.len);
		o = judged(a, text, &n);
		if (o == ORACLE_APART)
			fail_msg("%u: %.*s", i, STR_FMT(text));
		same += o == ORACLE_SAME && n;
		refused += o == ORACLE_SAME && !n;
		if (n)
			numbers_stay(a, text, n);
		arena_free(a);
	}
	assert_true(same > 1000 && refused > 50); /* both were met */
}

/* ---- broken texts --------------------------------------------------------------- */

static void
break_text(struct buf *b)
{
	static const char *const pieces[] = { "\"", "\\", "{", "}", "[", "]",
		",", ":", "0", "-", ".", "e", "\\u", "\\u0000", "\\ud800",
		"\\udc00", "\xc3", "\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
		"\xef\xbb\xbf", "\x1f", " ", "\n", "null", "nul", "//", "'",
		"NaN", "1e400", "{\"a\":1,\"a\":2}",
		"{\"a\":1,\"\\u0061\":2}" };
	const char *piece = pieces[draw(COUNT(pieces))];
	unsigned at = draw((unsigned)b->len + 1), much = draw(4);
	size_t len = strlen(piece);

	switch (draw(4)) {
	case 0: /* one byte anything */
		if (at < b->len)
			b->at[at] = (char)draw(256);
		break;
	case 1: /* some bytes lost */
		if (at + much <= b->len) {
			memmove(
			    b->at + at, b->at + at + much, b->len - at - much);
			b->len -= much;
		}
		break;
	case 2: /* cut short */
		if (!draw(8))
			b->len = at;
		break;
	default: /* a piece more */
		if (buf_room(b, len)) {
			memmove(b->at + at + len, b->at + at, b->len - at);
			memcpy(b->at + at, piece, len);
			b->len += len;
		}
	}
}

static void
broken_texts_are_refused_alike(void **state)
{
	unsigned i, times, same = 0, refused = 0;

	(void)state;
	seed = 72;
	for (i = 0; i < 40000; i++) {
		struct arena *a = arena_new();
		struct buf b = buf_new(a, 1 << 24);
		struct tree_node *n;
		struct str text;
		enum oracle o;

		make_container(&b, 3);
		for (times = 1 + draw(3); times; times--)
			break_text(&b);
		text = help_exact(a, b.at, b.len);
		o = judged(a, text, &n);
		if (o == ORACLE_APART)
			fail_msg("%u: %.*s", i, STR_FMT(text));
		same += o == ORACLE_SAME && n;
		refused += o == ORACLE_SAME && !n;
		arena_free(a);
	}
	assert_true(same > 2000 && refused > 10000);
}

/* ---- where the two differ, and nowhere else -------------------------------------- */

static void
jansson_cannot_hold_numbers_that_we_keep(void **state)
{
	static const char *const numbers[] = { "1e400", "-1e400",
		"9223372036854775808", "-9223372036854775809" };
	struct arena *a = arena_new();
	struct tree_node *n;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(numbers); i++) {
		assert_int_equal(
		    judged(a, str_of(numbers[i]), &n), ORACLE_OTHER);
		assert_non_null(n);
		assert_null(json_loads(numbers[i], JSON_DECODE_ANY, NULL));
	}
	arena_free(a);
}

static void
jansson_goes_deeper_than_we_do(void **state)
{
	struct arena *a = arena_new();
	struct buf b = buf_new(a, 4096);
	struct tree_node *n;
	json_t *j;
	unsigned i;

	(void)state;
	for (i = 0; i < 600; i++)
		buf_char(&b, i < 300 ? '[' : ']');
	assert_int_equal(
	    judged(a, (struct str){ b.at, b.len }, &n), ORACLE_OTHER);
	assert_null(n);
	j = json_loadb(b.at, b.len, 0, NULL);
	assert_non_null(j);
	json_decref(j);
	arena_free(a);
}

/* Jansson 2.14 takes the first three. */
static void
a_raw_nul_is_refused_wherever_it_stands(void **state)
{
	static const struct {
		char text[8];
		size_t len;
	} rows[] = { { "[1\0,2]", 6 }, { "[null\0]", 7 }, { "1\0", 2 },
		{ "[\0]", 3 }, { "[1]\0", 4 }, { "\0{}", 3 }, { "\"\0\"", 3 } };
	struct arena *a = arena_new();
	struct tree_node *n;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    judged(a, (struct str){ rows[i].text, rows[i].len }, &n),
		    ORACLE_SAME);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_sample_is_read_alike_and_keeps_bytes_and_numbers),
		cmocka_unit_test(made_texts_are_read_alike),
		cmocka_unit_test(broken_texts_are_refused_alike),
		cmocka_unit_test(jansson_cannot_hold_numbers_that_we_keep),
		cmocka_unit_test(jansson_goes_deeper_than_we_do),
		cmocka_unit_test(a_raw_nul_is_refused_wherever_it_stands),
	};

	json_object_seed(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
