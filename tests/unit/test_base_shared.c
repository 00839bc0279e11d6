/* test_base_shared.c - shared memory: who opens it finds what others left
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/shared.h"

#define NUMBERS 512

static char dir[] = "/tmp/wg-shared-XXXXXX";

static int
set_up(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int
tear_down(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof path, "%s/cells", dir);
	unlink(path);
	return rmdir(dir);
}

static void
fill(void *at)
{
	*(uint64_t *)at = 7;
}

static struct shared_plan
plan(uint64_t layout)
{
	return (struct shared_plan){ .dir = dir,
		.name = "cells",
		.layout = layout,
		.bytes = NUMBERS * sizeof(uint64_t),
		.fill = fill };
}

static _Atomic uint64_t *
opened(uint64_t layout)
{
	struct shared_plan p = plan(layout);
	struct err e = { .kind = ERR_NONE };
	void *at = shared_open(&p, &e);

	assert_int_equal(e.kind, ERR_NONE);
	assert_non_null(at);
	return at;
}

static void
closed(void *at)
{
	shared_close(at, NUMBERS * sizeof(uint64_t));
}

static void
what_one_wrote_the_next_finds(void **state)
{
	_Atomic uint64_t *a = opened(1), *b = opened(1);

	(void)state;
	assert_int_equal(a[0], 7); /* filled before anybody saw it */
	assert_int_equal(a[NUMBERS - 1], 0);
	atomic_fetch_add(&a[NUMBERS - 1], 5);
	assert_int_equal(b[NUMBERS - 1], 5);
	closed(a);
	closed(b);
	a = opened(1);
	assert_int_equal(a[NUMBERS - 1], 5); /* it outlives all of them */
	closed(a);
}

static void
another_layout_is_new_memory_and_the_old_stays_with_its_users(void **state)
{
	_Atomic uint64_t *old = opened(2), *new;

	(void)state;
	atomic_store(&old[1], 42);
	new = opened(3);
	assert_int_equal(new[1], 0);
	atomic_fetch_add(&new[1], 1);
	assert_int_equal(old[1], 42);
	closed(old);
	closed(new);
}

static void
a_file_cut_off_or_foreign_is_replaced(void **state)
{
	static const off_t lengths[] = { 0, 10, 64, 100 };
	char path[64];
	size_t i;

	(void)state;
	snprintf(path, sizeof path, "%s/cells", dir);
	for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		closed(opened(4));
		assert_int_equal(truncate(path, lengths[i]), 0);
		closed(opened(4));
	}
}

static void
only_owner_and_group_may_use_it(void **state)
{
	char path[64];
	struct stat st;

	(void)state;
	snprintf(path, sizeof path, "%s/cells", dir);
	closed(opened(5));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
}

static void
a_folder_that_is_missing_or_open_to_all_is_refused(void **state)
{
	struct shared_plan p = plan(6);
	struct err e = { .kind = ERR_NONE }, open = { .kind = ERR_NONE };

	(void)state;
	p.dir = "/tmp/there-is-no-such-folder";
	assert_null(shared_open(&p, &e));
	assert_int_equal(e.kind, ERR_CONF);
	p.dir = dir;
	assert_int_equal(chmod(dir, 0777), 0);
	assert_null(shared_open(&p, &open));
	assert_int_equal(open.kind, ERR_CONF);
	assert_non_null(strstr(open.said, "chmod o-w"));
	assert_int_equal(chmod(dir, 0700), 0);
}

/* Each child counts what it has added on a pipe, one byte each, after adding:
 * so what is there is what was told, or one more for each that was killed. */
static void
add_and_tell(int to)
{
	_Atomic uint64_t *at = opened(7);

	for (;;) {
		atomic_fetch_add(&at[2], 1);
		if (write(to, "+", 1) != 1)
			_exit(0);
	}
}

static uint64_t
told_by_one_that_is_killed(void)
{
	char bytes[4096];
	uint64_t told = 0;
	int ends[2];
	ssize_t n;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (!child)
		add_and_tell(ends[1]);
	close(ends[1]);
	while (told < 1000 && (n = read(ends[0], bytes, sizeof bytes)) > 0)
		told += (uint64_t)n;
	kill(child, SIGKILL);
	while ((n = read(ends[0], bytes, sizeof bytes)) > 0)
		told += (uint64_t)n;
	waitpid(child, NULL, 0);
	close(ends[0]);
	return told;
}

static void
who_is_killed_loses_nothing_and_locks_nobody_out(void **state)
{
	_Atomic uint64_t *at = opened(7);
	uint64_t told = 0;
	int i;

	(void)state;
	for (i = 0; i < 20; i++)
		told += told_by_one_that_is_killed();
	assert_in_range(at[2], told, told + 20);
	closed(opened(7));
	closed(at);
}

static void
layouts_of_other_words_or_numbers_differ(void **state)
{
	(void)state;
	assert_true(shared_mix(0, 1) != shared_mix(0, 2));
	assert_true(
	    shared_mix(shared_mix(0, 1), 2) != shared_mix(shared_mix(0, 2), 1));
	assert_true(shared_mix_text(shared_mix_text(0, "ab"), "c") !=
		    shared_mix_text(shared_mix_text(0, "a"), "bc"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_one_wrote_the_next_finds),
		cmocka_unit_test(
		    another_layout_is_new_memory_and_the_old_stays_with_its_users),
		cmocka_unit_test(a_file_cut_off_or_foreign_is_replaced),
		cmocka_unit_test(only_owner_and_group_may_use_it),
		cmocka_unit_test(
		    a_folder_that_is_missing_or_open_to_all_is_refused),
		cmocka_unit_test(
		    who_is_killed_loses_nothing_and_locks_nobody_out),
		cmocka_unit_test(layouts_of_other_words_or_numbers_differ),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
