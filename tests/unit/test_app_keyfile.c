/* test_app_keyfile.c - a key file is whole, private and never replaced
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "app/keyfile.h"

static char top[64], dir[80], path[100];

static int
make_folder(void **state)
{
	(void)state;
	snprintf(top, sizeof top, "/tmp/wardgate-test-XXXXXX");
	if (!mkdtemp(top))
		return -1;
	snprintf(dir, sizeof dir, "%s/keys", top);
	snprintf(path, sizeof path, "%s/k", dir);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	unlink(path);
	rmdir(dir);
	return rmdir(top);
}

static unsigned
mode_of(const char *at)
{
	struct stat st;

	assert_int_equal(stat(at, &st), 0);
	return st.st_mode & 07777;
}

static void
assert_holds(const char *text)
{
	char got[100] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_int_equal(fread(got, 1, sizeof got - 1, f), strlen(text));
	fclose(f);
	assert_string_equal(got, text);
}

static int
entries(void)
{
	DIR *d = opendir(dir);
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2; /* . and .. */
}

static void
a_file_and_its_folder_are_made_with_their_modes(void **state)
{
	struct err e = { 0 };
	mode_t old = umask(0);

	(void)state;
	assert_true(keyfile_write(dir, "k", STR("secret\n"), true, &e));
	assert_int_equal(mode_of(dir), 0750);
	assert_int_equal(mode_of(path), 0640);
	assert_holds("secret\n");
	assert_int_equal(entries(), 1);
	unlink(path);
	chmod(dir, 0700);
	assert_true(keyfile_write(dir, "k", STR("secret\n"), true, &e));
	assert_int_equal(mode_of(path), 0600);
	unlink(path);
	assert_true(keyfile_write(dir, "k", STR("public\n"), false, &e));
	assert_int_equal(mode_of(path), 0644);
	unlink(path);
	rmdir(dir);
	umask(077); /* the mode is ours, not the shell's */
	assert_true(keyfile_write(dir, "k", STR("public\n"), false, &e));
	assert_int_equal(mode_of(path), 0644);
	umask(old);
}

static void
an_old_file_stays_as_it_is(void **state)
{
	struct err e = { 0 };

	(void)state;
	assert_true(keyfile_write(dir, "k", STR("old\n"), true, &e));
	assert_false(keyfile_write(dir, "k", STR("new\n"), true, &e));
	assert_int_equal(e.kind, ERR_CONFLICT);
	assert_non_null(strstr(e.said, "never replaced"));
	assert_holds("old\n");
	assert_int_equal(entries(), 1);
}

static void
a_link_that_leads_nowhere_is_not_followed(void **state)
{
	struct err e = { 0 };
	char elsewhere[100];

	(void)state;
	snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", top);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(symlink(elsewhere, path), 0);
	assert_false(keyfile_write(dir, "k", STR("new\n"), true, &e));
	assert_int_equal(e.kind, ERR_CONFLICT);
	assert_int_not_equal(access(elsewhere, F_OK), 0);
	assert_int_equal(entries(), 1);
}

static void
what_cannot_be_made_is_said(void **state)
{
	struct err e = { 0 };
	char deep[100];

	(void)state;
	snprintf(deep, sizeof deep, "%s/a/b", top);
	assert_false(keyfile_write(deep, "k", STR("x"), true, &e));
	assert_int_equal(e.kind, ERR_CONF);
	assert_non_null(strstr(e.said, deep));
	err_clear(&e);
	assert_true(keyfile_write(top, "keys", STR("x"), true, &e));
	assert_false(keyfile_write(dir, "k", STR("x"), true, &e));
	assert_int_equal(e.kind, ERR_CONF);
	unlink(dir);
}

static void
a_file_is_removed_once_and_for_all(void **state)
{
	struct err e = { 0 };

	(void)state;
	assert_true(keyfile_remove(dir, "k", &e)); /* no folder, no file */
	assert_true(keyfile_write(dir, "k", STR("x"), true, &e));
	assert_true(keyfile_remove(dir, "k", &e));
	assert_int_equal(entries(), 0);
	assert_true(keyfile_remove(dir, "k", &e));
	assert_int_equal(mkdir(path, 0700), 0);
	assert_false(keyfile_remove(dir, "k", &e));
	assert_int_equal(e.kind, ERR_CONF);
	assert_non_null(strstr(e.said, path));
	rmdir(path);
}

static void
read_back(const char *name, char text[8])
{
	char whole[200];
	FILE *f;

	snprintf(whole, sizeof whole, "%s/%s", dir, name);
	f = fopen(whole, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, 8, f));
	fclose(f);
}

static void
a_file_succeeds_another_that_is_kept(void **state)
{
	struct err e = { 0 };
	char text[8];

	(void)state;
	assert_false(keyfile_succeed(dir, "k", &e)); /* no folder */
	err_clear(&e);
	assert_true(keyfile_write(dir, "k", STR("one"), true, &e));
	assert_false(keyfile_succeed(dir, "k", &e));
	assert_int_equal(e.kind, ERR_CONF);
	err_clear(&e);
	assert_true(keyfile_write(dir, "k.next", STR("two"), true, &e));
	assert_true(keyfile_succeed(dir, "k", &e));
	assert_int_equal(entries(), 2);
	read_back("k", text);
	assert_string_equal(text, "two");
	read_back("k.old", text);
	assert_string_equal(text, "one");
	assert_true(keyfile_write(dir, "k.next", STR("three"), true, &e));
	assert_false(keyfile_succeed(dir, "k", &e));
	assert_int_equal(e.kind, ERR_CONFLICT);
	assert_int_equal(entries(), 3);
	err_clear(&e);
	keyfile_remove(dir, "k.old", &e);
	keyfile_remove(dir, "k.next", &e);
}

int
main(void)
{
#define CASE(test)                                                             \
	cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
		CASE(a_file_and_its_folder_are_made_with_their_modes),
		CASE(an_old_file_stays_as_it_is),
		CASE(a_link_that_leads_nowhere_is_not_followed),
		CASE(what_cannot_be_made_is_said),
		CASE(a_file_is_removed_once_and_for_all),
		CASE(a_file_succeeds_another_that_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
