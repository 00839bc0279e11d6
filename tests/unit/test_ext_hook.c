/* test_ext_hook.c - a program is run with its own environment, for a while
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "ext/hook.h"

#define LONG_MS 60000

static char dir[] = "/tmp/test_ext_hook.XXXXXX", script[64], out[64];

static void
write_script(const char *body)
{
	FILE *f = fopen(script, "w");

	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", body);
	fclose(f);
	assert_int_equal(chmod(script, 0700), 0);
}

/* What the script wrote to `out`. */
static const char *
written(void)
{
	static char text[4096];
	FILE *f = fopen(out, "r");

	assert_non_null(f);
	text[fread(text, 1, sizeof text - 1, f)] = '\0';
	fclose(f);
	return text;
}

static bool
run(const char *body, int64_t wait_ms, struct err *e)
{
	char to[96];
	const char *const env[] = { "PATH=/usr/bin:/bin", to,
		"LABEL=two words; $(touch x)", NULL };

	snprintf(to, sizeof to, "OUT=%s", out);
	write_script(body);
	return hook_run(script, env, wait_ms, e);
}

static void
it_sees_its_own_environment_and_nothing_of_ours(void **state)
{
	struct err e = { .kind = ERR_NONE };

	(void)state;
	setenv("OURS", "1", 1);
	assert_true(run("echo \"$LABEL/$OURS/$#\" > $OUT", LONG_MS, &e));
	assert_string_equal(written(), "two words; $(touch x)//0\n");
}

static void
what_it_reads_is_empty_and_what_it_prints_is_dropped(void **state)
{
	struct err e = { .kind = ERR_NONE };

	(void)state;
	assert_true(run("echo lost; cat > $OUT", LONG_MS, &e));
	assert_string_equal(written(), "");
}

static void
a_signal_that_we_handle_ends_it(void **state)
{
	struct err e = { .kind = ERR_NONE };

	(void)state;
	signal(SIGTERM, SIG_IGN);
	assert_false(run("kill -TERM $$; exec sleep 60", LONG_MS, &e));
	signal(SIGTERM, SIG_DFL);
	assert_int_equal(e.kind, ERR_BROKEN);
	assert_non_null(strstr(e.why, "by signal 15"));
}

static void
another_status_than_0_is_a_failure(void **state)
{
	struct err e = { .kind = ERR_NONE };

	(void)state;
	assert_false(run("exit 3", LONG_MS, &e));
	assert_int_equal(e.kind, ERR_BROKEN);
	assert_non_null(strstr(e.why, "with status 3"));
}

static void
what_is_no_program_is_told(void **state)
{
	const char *const env[] = { NULL };
	struct err e = { .kind = ERR_NONE };

	(void)state;
	assert_false(hook_run("/nonexistent/hook", env, LONG_MS, &e));
	assert_int_equal(e.kind, ERR_BROKEN);
	assert_non_null(strstr(e.why, "/nonexistent/hook: No such file"));
}

/* Both the shell and what it has started; the pid is that of the latter. */
static void
too_long_is_ended_with_all_it_started(void **state)
{
	struct err e = { .kind = ERR_NONE };
	int64_t until_ms;
	pid_t child;

	(void)state;
	assert_false(run("sleep 600 & echo $! > $OUT; wait", 3000, &e));
	assert_int_equal(e.kind, ERR_BROKEN);
	assert_non_null(strstr(e.why, "was killed"));
	child = (pid_t)strtol(written(), NULL, 10);
	assert_true(child > 1);
	until_ms = clock_mono_ms() + LONG_MS;
	while (!kill(child, 0) && clock_mono_ms() < until_ms) {
		char path[64], stat[256];
		FILE *f;

		snprintf(path, sizeof path, "/proc/%d/stat", (int)child);
		if (!(f = fopen(path, "r")))
			continue;
		stat[fread(stat, 1, sizeof stat - 1, f)] = '\0';
		fclose(f);
		if (strstr(stat, ") Z")) /* nobody has waited for it yet */
			return;
		usleep(10000);
	}
	assert_int_equal(kill(child, 0), -1);
}

static int
make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(script, sizeof script, "%s/hook", dir);
	snprintf(out, sizeof out, "%s/out", dir);
	return 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	unlink(script);
	unlink(out);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    it_sees_its_own_environment_and_nothing_of_ours),
		cmocka_unit_test(
		    what_it_reads_is_empty_and_what_it_prints_is_dropped),
		cmocka_unit_test(a_signal_that_we_handle_ends_it),
		cmocka_unit_test(another_status_than_0_is_a_failure),
		cmocka_unit_test(what_is_no_program_is_told),
		cmocka_unit_test(too_long_is_ended_with_all_it_started),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
