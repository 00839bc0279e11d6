/* test_base_conf.c - settings: what is wrong is said with its line
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

#include "base/conf.h"

static char path[] = "/tmp/wg-conf-XXXXXX";

static int
set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int
tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

static const struct conf *
read_text(struct arena *a, const char *text, struct err *e)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
	memset(e, 0, sizeof *e);
	return conf_read(a, path, e);
}

#define LEAST "public_base = https://gw.example\ndatabase = host=/x\n"

static void
the_least_file_has_the_documented_defaults(void **state)
{
	struct arena *a = arena_new();
	struct err e;
	const struct conf *c = read_text(a,
	    "# a comment\n\n  public_base =  https://gw.example:8443  \r\n"
	    "database=host=/run/x dbname=y\n",
	    &e);

	(void)state;
	assert_non_null(c);
	assert_string_equal(c->public_base, "https://gw.example:8443");
	assert_string_equal(c->database, "host=/run/x dbname=y");
	assert_int_equal(c->default_face, CONF_STU3);
	assert_int_equal(c->token_life_s, 600);
	assert_int_equal(c->facade_threads, 128);
	assert_int_equal(c->memory_bytes, 384 * 1024 * 1024);
	assert_int_equal(c->provider_http, CONF_HTTP_REFUSE);
	assert_string_equal(c->operator_contact, "");
	arena_free(a);
}

static void
every_mistake_is_named_with_its_line(void **state)
{
	static const struct {
		const char *text, *part;
	} rows[] = {
		{ LEAST "token_lifes = 5\n", ":3: there is no setting" },
		{ LEAST "token_life_s = 59\n", ":3: token_life_s takes 60" },
		{ LEAST "token_life_s = 3601\n", ":3: token_life_s" },
		{ LEAST "token_life_s = 1e3\n", ":3: token_life_s" },
		{ LEAST "token_life_s =\n", ":3: token_life_s" },
		{ LEAST "\ntoken_life_s\n", ":4: expected a line" },
		{ LEAST "default_face = r5\n", "one of: dstu2 stu3 r4" },
		{ LEAST "default_face = \n", "one of: dstu2 stu3 r4" },
		{ LEAST "pepper_dir = keys\n", ":3: pepper_dir takes path" },
		{ LEAST "token_skew_s = 1\ntoken_skew_s = 1\n",
		    ":4: token_skew_s is set twice" },
		{ LEAST "operator_name = a\x1b[31m\n", ":3: operator_name" },
		{ LEAST "count_default = 900\ncount_max = 800\n",
		    "larger than count_max" },
		{ LEAST "provider_wait_ms = 30000\n", "request_wait_ms must" },
		{ LEAST "tenant_burst = 99\n", "tenant_burst must" },
		{ LEAST "batch_entries = 400\ntenant_burst = 300\n",
		    "tenant_burst must" },
		{ LEAST "change_poll_ms = 500\n", "change_trust_ms must" },
		{ "database = x\n", "public_base is missing" },
		{ "public_base = https://x\n", "database is missing" },
		{ "public_base = http://gw.example\n", ":1: public_base" },
		{ "public_base = https://gw.example/x\n", ":1: public_base" },
		{ "public_base = https://u@gw.example\n", ":1: public_base" },
		{ "public_base = https://\n", ":1: public_base" },
		{ "public_base = gw.example\n", ":1: public_base" },
		{ "public_base = http://localhost.evil.test\n", ":1: public" },
	};
	struct arena *a = arena_new();
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_null(read_text(a, rows[i].text, &e));
		assert_int_equal(e.kind, ERR_CONF);
		assert_non_null(strstr(e.said, rows[i].part));
		assert_non_null(strstr(e.said, path));
	}
	assert_non_null(read_text(
	    a, "public_base = http://127.0.0.1:80\ndatabase = x\n", &e));
	arena_free(a);
}

static void
a_file_that_is_not_there_is_named(void **state)
{
	struct arena *a = arena_new();
	struct err e = { .kind = ERR_NONE };

	(void)state;
	assert_null(conf_read(a, "/nonexistent/wardgate.conf", &e));
	assert_non_null(strstr(e.said, "/nonexistent/wardgate.conf"));
	arena_free(a);
}

static void
a_secret_lies_only_where_others_cannot_read(void **state)
{
	static const struct {
		mode_t mode;
		bool fine;
	} rows[] = { { 0600, true }, { 0640, true }, { 0400, true },
		{ 0440, true }, { 0644, false }, { 0660, false },
		{ 0604, false }, { 0641, false }, { 0610, false } };
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		memset(&e, 0, sizeof e);
		assert_int_equal(chmod(path, rows[i].mode), 0);
		assert_int_equal(conf_secret_file(path, &e), rows[i].fine);
	}
	chmod(path, 0600);
	memset(&e, 0, sizeof e);
	assert_false(conf_secret_file("/tmp", &e));
	memset(&e, 0, sizeof e);
	assert_false(conf_secret_file("/nonexistent", &e));
}

static void
settings_that_everybody_may_write_are_refused(void **state)
{
	struct arena *a = arena_new();
	struct err e;

	(void)state;
	assert_int_equal(chmod(path, 0644), 0);
	assert_non_null(read_text(a, LEAST, &e));
	assert_int_equal(chmod(path, 0602), 0);
	assert_null(read_text(a, LEAST, &e));
	assert_int_equal(e.kind, ERR_CONF);
	assert_non_null(strstr(e.said, "chmod o-w"));
	chmod(path, 0600);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_file_has_the_documented_defaults),
		cmocka_unit_test(every_mistake_is_named_with_its_line),
		cmocka_unit_test(a_file_that_is_not_there_is_named),
		cmocka_unit_test(a_secret_lies_only_where_others_cannot_read),
		cmocka_unit_test(settings_that_everybody_may_write_are_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
