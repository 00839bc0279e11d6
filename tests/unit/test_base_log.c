/* test_base_log.c - one line of JSON per event, whatever is logged
 * SPDX-License-Identifier: Apache-2.0
 *
 * Standard error is a file while an event is logged. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "ext/js.h"

#define LINE_ROOM ((size_t)1 << 20)

static int kept, file;
static char *text;

/* From here on, until `logged`, standard error is the file. */
static void
listen_in(void)
{
	kept = dup(STDERR_FILENO);
	file = memfd_create("log", MFD_CLOEXEC);
	assert_true(kept >= 0 && file >= 0);
	assert_true(fcntl(file, F_SETFL, O_APPEND) == 0);
	assert_true(dup2(file, STDERR_FILENO) >= 0);
}

/* What was written since; the number of bytes. */
static size_t
logged(void)
{
	ssize_t n;

	dup2(kept, STDERR_FILENO);
	close(kept);
	n = pread(file, text, LINE_ROOM - 1, 0);
	close(file);
	assert_true(n >= 0);
	text[n] = '\0';
	return (size_t)n;
}

/* The one line as JSON; it must be one, short enough for one write(2). */
static const struct json_t *
one_line(struct arena *a)
{
	struct err e = { .kind = ERR_NONE };
	size_t n = logged();
	const struct json_t *j;

	assert_in_range(n, 2, 4096);
	assert_ptr_equal(memchr(text, '\n', n), text + n - 1);
	j = js_read(a, (struct str){ text, n - 1 }, n, &e);
	if (!j)
		fail_msg("no JSON: %s", text);
	return j;
}

static struct str
member(const struct json_t *j, const char *name)
{
	struct str s = STR_NONE;

	js_text(j, name, &s);
	return s;
}

static void
every_field_has_its_name_and_value(void **state)
{
	struct arena *a = *state;
	const struct json_t *j;
	int64_t n = 0;

	log_open("token", LOG_INFO);
	listen_in();
	log_event(LOG_WARN, "request", LOG_WHY, "because", LOG_TRACE, "t",
	    LOG_PARENT, "p", LOG_ROUTE, "/r", LOG_METHOD, "GET", LOG_REASON,
	    "ok", LOG_CLIENT, "c", LOG_TENANT, "h", LOG_FILE, "f", LOG_SIGNAL,
	    "s", LOG_STATUS, 503L, LOG_MS, -1L, LOG_COUNT, 0L, LOG_BYTES,
	    5000000000L, LOG_LINE, 7L, LOG_BARE, 3L, LOG_KEY_ID, "abcdefgh",
	    LOG_DAYS, 14L, LOG_END);
	j = one_line(a);
	assert_true(str_is(member(j, "level"), "warn"));
	assert_true(str_is(member(j, "program"), "token"));
	assert_true(str_is(member(j, "event"), "request"));
	assert_int_equal(member(j, "time").len, 24);
	assert_true(str_is(member(j, "why"), "because"));
	assert_true(str_is(member(j, "trace"), "t"));
	assert_true(str_is(member(j, "parent"), "p"));
	assert_true(str_is(member(j, "route"), "/r"));
	assert_true(str_is(member(j, "method"), "GET"));
	assert_true(str_is(member(j, "reason"), "ok"));
	assert_true(str_is(member(j, "client"), "c"));
	assert_true(str_is(member(j, "tenant"), "h"));
	assert_true(str_is(member(j, "file"), "f"));
	assert_true(str_is(member(j, "signal"), "s"));
	assert_true(js_integer(j, "pid", &n) && n == getpid());
	assert_true(js_integer(j, "status", &n) && n == 503);
	assert_true(js_integer(j, "ms", &n) && n == -1);
	assert_true(js_integer(j, "count", &n) && n == 0);
	assert_true(js_integer(j, "bytes", &n) && n == 5000000000);
	assert_true(js_integer(j, "line", &n) && n == 7);
	assert_true(js_integer(j, "bare", &n) && n == 3);
	assert_true(js_integer(j, "days", &n) && n == 14);
}

static void
what_is_below_the_level_is_not_written(void **state)
{
	(void)state;
	log_open("token", LOG_WARN);
	listen_in();
	log_event(LOG_INFO, "quiet", LOG_END);
	log_event(LOG_DEBUG, "quiet", LOG_END);
	assert_int_equal(logged(), 0);
	log_open("token", LOG_DEBUG);
	listen_in();
	log_event(LOG_DEBUG, "loud", LOG_END);
	assert_true(logged() > 0);
}

static void
an_absent_text_is_left_out(void **state)
{
	struct arena *a = *state;
	const struct json_t *j;

	log_open("token", LOG_INFO);
	listen_in();
	log_event(LOG_INFO, "x", LOG_WHY, NULL, LOG_CLIENT, "", LOG_END);
	j = one_line(a);
	assert_false(js_has(j, "why"));
	assert_int_equal(member(j, "client").len, 0);
	assert_true(js_has(j, "client"));
}

/* Whatever a stranger wrote stays one field of one line. */
static void
hostile_text_stays_one_field_of_one_line(void **state)
{
	static const char *const rows[] = { "a\nb", "a\r\n{\"event\":\"x\"}",
		"\",\"level\":\"info", "\\", "\x1b[31mred", "\xff\xfe",
		"\xed\xa0\x80", "\xe2\x80\xae", "%n%s%s%s", "\x7f\x01" };
	struct arena *a = *state;
	size_t i;

	log_open("token", LOG_INFO);
	for (i = 0; i < COUNT(rows); i++) {
		const struct json_t *j;

		listen_in();
		log_event(LOG_WARN, "x", LOG_WHY, rows[i], LOG_END);
		j = one_line(a);
		assert_int_equal(js_count(j), 6);
		assert_true(str_is(member(j, "level"), "warn"));
		assert_true(member(j, "why").len > 0);
		assert_null(strpbrk(text, "\r\x1b\x01"));
	}
}

static void
long_text_is_cut_and_the_line_is_written_whole(void **state)
{
	static const char *const fills[] = { "x", "\"", "\n", "\x01", "\xff",
		"\xe2\x82\xac", "\xf0\x9f\x98\x80" };
	struct arena *a = *state;
	size_t i, j, n;
	char *t;

	log_open("token", LOG_INFO);
	for (i = 0; i < COUNT(fills); i++) {
		const struct json_t *line;

		n = strlen(fills[i]);
		t = arena_get(a, 6000 * n + 1);
		for (j = 0; j < 6000; j++)
			memcpy(t + j * n, fills[i], n);
		listen_in();
		log_event(LOG_WARN, "x", LOG_WHY, t, LOG_TRACE, t, LOG_ROUTE, t,
		    LOG_METHOD, t, LOG_REASON, t, LOG_CLIENT, t, LOG_TENANT, t,
		    LOG_FILE, t, LOG_SIGNAL, t, LOG_KEY_ID, t, LOG_PARENT, t,
		    LOG_STATUS, LONG_MIN, LOG_MS, LONG_MIN, LOG_COUNT, LONG_MIN,
		    LOG_BYTES, LONG_MIN, LOG_LINE, LONG_MIN, LOG_BARE, LONG_MIN,
		    LOG_DAYS, LONG_MIN, LOG_END);
		line = one_line(a);
		assert_int_equal(js_count(line), 23);
		assert_true(member(line, "signal").len >= 40);
		assert_true(js_has(line, "status"));
	}
}

#define THREADS 8
#define LINES   200

static void *
writes(void *arg)
{
	int i;

	for (i = 0; i < LINES; i++)
		log_event(LOG_INFO, "many", LOG_WHY, arg, LOG_COUNT, (long)i,
		    LOG_END);
	return NULL;
}

static void
lines_of_many_threads_do_not_mix(void **state)
{
	static char names[THREADS][256];
	struct arena *a = *state;
	pthread_t t[THREADS];
	struct str rest, line;
	size_t i, lines = 0;

	log_open("token", LOG_INFO);
	listen_in();
	for (i = 0; i < THREADS; i++) {
		memset(names[i], 'a' + (int)i, sizeof names[i] - 1);
		assert_int_equal(
		    pthread_create(&t[i], NULL, writes, names[i]), 0);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	rest = (struct str){ text, logged() };
	while (rest.len) {
		struct err e = { .kind = ERR_NONE };
		const struct json_t *j;
		struct str why;

		line = str_cut(rest, '\n', &rest);
		assert_non_null(j = js_read(a, line, line.len, &e));
		why = member(j, "why");
		assert_int_equal(why.len, 255);
		assert_int_equal(why.at[0], why.at[254]);
		lines++;
	}
	assert_int_equal(lines, THREADS * LINES);
}

static void
a_log_that_takes_nothing_is_no_failure(void **state)
{
	int err = dup(STDERR_FILENO);

	(void)state;
	close(STDERR_FILENO);
	log_event(LOG_ERROR, "unheard", LOG_END);
	dup2(err, STDERR_FILENO);
	close(err);
}

static int
set_up(void **state)
{
	text = malloc(LINE_ROOM);
	*state = arena_new();
	return text ? 0 : -1;
}

static int
tear_down(void **state)
{
	arena_free(*state);
	free(text);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_field_has_its_name_and_value),
		TEST(what_is_below_the_level_is_not_written),
		TEST(an_absent_text_is_left_out),
		TEST(hostile_text_stays_one_field_of_one_line),
		TEST(long_text_is_cut_and_the_line_is_written_whole),
		TEST(lines_of_many_threads_do_not_mix),
		TEST(a_log_that_takes_nothing_is_no_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
