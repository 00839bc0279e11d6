/* test_ext_db_server.c - a database string taken apart
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "ext/db_server.h"

static struct arena *a;

static int
set_up(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

/* The value of key for server i; NULL when it is not set. */
static const char *
value(const struct db_servers *s, size_t i, const char *key)
{
	size_t k;

	for (k = 0; s->keys[k]; k++)
		if (!strcmp(s->keys[k], key))
			return s->values[i][k];
	return NULL;
}

static const struct db_servers *
servers(const char *conninfo, const char *role, const char *passfile)
{
	const struct db_own own = { role, passfile, "test" };
	struct err e = { 0 };
	const struct db_servers *s = db_servers(a, conninfo, &own, &e);

	assert_non_null(s);
	return s;
}

static void
each_server_becomes_settings_of_its_own(void **state)
{
	static const struct {
		const char *conninfo;
		size_t count;
		const char *host[3], *port[3];
	} rows[] = {
		{ "host=/run/postgresql dbname=d", 1, { "/run/postgresql" },
		    { NULL } },
		{ "host=a,b,c port=1,2,3 dbname=d", 3, { "a", "b", "c" },
		    { "1", "2", "3" } },
		{ "host=a,b port=7 dbname=d", 2, { "a", "b" }, { "7", "7" } },
		{ "postgresql://a:1,b:2/d", 2, { "a", "b" }, { "1", "2" } },
		{ "dbname=d", 1, { NULL }, { NULL } },
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		const struct db_servers *s =
		    servers(rows[i].conninfo, NULL, NULL);

		assert_int_equal(s->count, rows[i].count);
		for (k = 0; k < s->count; k++) {
			const char *host = value(s, k, "host");
			const char *port = value(s, k, "port");

			assert_true(
			    str_eq(str_of(host), str_of(rows[i].host[k])));
			assert_true(
			    str_eq(str_of(port), str_of(rows[i].port[k])));
			assert_string_equal(value(s, k, "dbname"), "d");
		}
	}
}

static void
what_we_say_of_ourselves_wins(void **state)
{
	static const char text[] = "dbname=d user=them passfile=/theirs "
				   "application_name=x client_encoding=LATIN1";
	const struct db_servers *s = servers(text, "us", "/ours");

	(void)state;
	assert_string_equal(value(s, 0, "user"), "us");
	assert_string_equal(value(s, 0, "passfile"), "/ours");
	assert_string_equal(value(s, 0, "application_name"), "test");
	assert_string_equal(value(s, 0, "client_encoding"), "UTF8");
	s = servers(text, NULL, "");
	assert_string_equal(value(s, 0, "user"), "them");
	assert_string_equal(value(s, 0, "passfile"), "/theirs");
}

static void
settings_for_transport_and_failover_are_kept(void **state)
{
	const struct db_servers *s = servers("host=a,b dbname=d "
					     "target_session_attrs=read-write "
					     "sslmode=verify-full",
	    "us", NULL);

	(void)state;
	assert_string_equal(value(s, 1, "target_session_attrs"), "read-write");
	assert_string_equal(value(s, 1, "sslmode"), "verify-full");
}

static void
strings_that_cannot_be_are_refused_without_quoting_them(void **state)
{
	static const char *const bad[] = { "host", "colour=red",
		"password=hush dbname=d", "postgresql://u:hush@h/d",
		"host=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		const struct db_own own = { NULL, NULL, NULL };
		struct err e = { 0 };

		assert_null(db_servers(a, bad[i], &own, &e));
		assert_int_equal(e.kind, ERR_CONF);
		assert_true(*e.said != '\0');
		assert_null(strstr(e.said, "hush"));
	}
}

static void
a_password_file_that_libpq_would_ignore_is_refused(void **state)
{
	char path[] = "/tmp/wg-passfile-XXXXXX";
	const struct db_own own = { NULL, path, NULL };
	struct err e = { 0 };
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_non_null(db_servers(a, "dbname=d", &own, &e));
	assert_int_equal(fchmod(fd, 0640), 0);
	assert_null(db_servers(a, "dbname=d", &own, &e));
	assert_int_equal(e.kind, ERR_CONF);
	assert_non_null(strstr(e.said, "chmod 600"));
	close(fd);
	unlink(path);
	assert_non_null(db_servers(a, "dbname=d", &own, &e));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_server_becomes_settings_of_its_own),
		TEST(what_we_say_of_ourselves_wins),
		TEST(settings_for_transport_and_failover_are_kept),
		TEST(strings_that_cannot_be_are_refused_without_quoting_them),
		TEST(a_password_file_that_libpq_would_ignore_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
