/* test_web_park.c - connections that have not said anything yet
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web/park.h"

#define LONG_MS 60000

/* A parked connection; returns its other end. */
static int
park_one(struct park *k)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	park_add(k, pair[1]);
	return pair[0];
}

static void
say(int fd)
{
	assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL), 1);
}

static bool
closed(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT) == 0;
}

static void
who_speaks_is_found_and_nobody_else(void **state)
{
	struct park *k = park_new(LONG_MS);
	int a = park_one(k), b = park_one(k), c = park_one(k), fd;
	char got;

	(void)state;
	assert_int_equal(park_count(k), 3);
	say(b);
	park_wait(k, -1);
	fd = park_ready(k);
	assert_true(fd >= 0);
	assert_int_equal(recv(fd, &got, 1, MSG_DONTWAIT), 1);
	assert_int_equal(park_ready(k), -1);
	assert_int_equal(park_count(k), 2);
	close(fd);
	assert_false(closed(a));
	assert_false(closed(c));
	park_free(k);
	assert_true(closed(a));
	assert_true(closed(c));
	close(a);
	close(b);
	close(c);
}

static void
who_hangs_up_is_found_too(void **state)
{
	struct park *k = park_new(LONG_MS);
	int fd;

	(void)state;
	close(park_one(k));
	park_wait(k, -1);
	fd = park_ready(k);
	assert_true(fd >= 0);
	assert_true(closed(fd));
	close(fd);
	park_free(k);
}

static void
silence_is_ended_after_its_time(void **state)
{
	struct park *k = park_new(20);
	int a = park_one(k), b = park_one(k);

	(void)state;
	while (park_count(k))
		park_wait(k, -1);
	assert_int_equal(park_ready(k), -1);
	assert_true(closed(a));
	assert_true(closed(b));
	park_free(k);
	close(a);
	close(b);
}

static void
the_one_that_is_silent_longest_goes_first(void **state)
{
	struct park *k = park_new(LONG_MS);
	int a = park_one(k), b = park_one(k), c = park_one(k), fd;

	(void)state;
	say(a);
	park_wait(k, -1);
	fd = park_ready(k);
	park_add(k, fd); /* now the newest */
	assert_true(park_drop(k));
	assert_true(closed(b));
	assert_false(closed(c));
	assert_true(park_drop(k));
	assert_true(closed(c));
	assert_true(park_drop(k));
	assert_false(park_drop(k));
	park_free(k);
	close(a);
	close(b);
	close(c);
}

static void
own_descriptors_are_named_after_all_others(void **state)
{
	struct park *k = park_new(LONG_MS);
	int own[2], a, fd;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, own), 0);
	assert_true(park_watch(k, own[1]));
	say(own[0]);
	a = park_one(k);
	say(a);
	park_wait(k, -1);
	fd = park_ready(k);
	assert_int_not_equal(fd, own[1]);
	assert_int_equal(park_ready(k), own[1]);
	assert_int_equal(park_ready(k), -1);
	park_wait(k, -1); /* it still has something to say */
	assert_int_equal(park_ready(k), own[1]);
	park_leave(k, own[1]);
	park_wait(k, 0);
	assert_int_equal(park_ready(k), -1);
	close(fd);
	park_free(k);
	close(a);
	close(own[0]);
	close(own[1]);
}

static void
a_full_house_lets_the_longest_silent_go(void **state)
{
	struct rlimit lim = { 3 * PARK_MAX, 3 * PARK_MAX };
	struct park *k;
	static int ends[PARK_MAX + 1];
	size_t i;

	(void)state;
	if (setrlimit(RLIMIT_NOFILE, &lim)) {
		print_message(
		    "no right to open %u descriptors\n", 3 * PARK_MAX);
		skip();
	}
	k = park_new(LONG_MS);
	for (i = 0; i < PARK_MAX + 1; i++)
		ends[i] = park_one(k);
	assert_int_equal(park_count(k), PARK_MAX);
	assert_true(closed(ends[0]));
	assert_false(closed(ends[1]));
	assert_false(closed(ends[PARK_MAX]));
	for (i = 0; i < PARK_MAX + 1; i += 7)
		if (i)
			say(ends[i]);
	for (i = 7; i < PARK_MAX + 1; i += 7) {
		int fd;

		while ((fd = park_ready(k)) < 0)
			park_wait(k, -1);
		close(fd);
	}
	assert_int_equal(park_count(k), PARK_MAX - PARK_MAX / 7);
	park_free(k);
	for (i = 0; i < PARK_MAX + 1; i++)
		close(ends[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_speaks_is_found_and_nobody_else),
		cmocka_unit_test(who_hangs_up_is_found_too),
		cmocka_unit_test(silence_is_ended_after_its_time),
		cmocka_unit_test(the_one_that_is_silent_longest_goes_first),
		cmocka_unit_test(own_descriptors_are_named_after_all_others),
		cmocka_unit_test(a_full_house_lets_the_longest_silent_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
