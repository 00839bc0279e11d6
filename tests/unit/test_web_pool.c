/* test_web_pool.c - the pool as a process of its own, behind a Unix socket
 * SPDX-License-Identifier: Apache-2.0
 *
 * A connection sends one letter: e asks for an echo, s for sleep until the
 * other end says something or closes, x for work that never ends; h and c for
 * work that is held until the other end says something, and is finished then,
 * or by a worker that is called. The answer is a letter too: E, S, H, C, F when
 * too much is held, or B from who was turned away; s, x, h and c are repeated
 * when they have begun. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "web/pool.h"

#define WAIT_MS 60000 /* for what has to happen; it does far sooner */
#define BUSY_MS 100
#define SILENT  0 /* no letter came */
#define HELD    3 /* so much may be */

/* ---- the child ------------------------------------------------------------- */

struct held {
	struct pool_held held; /* first */
	int fd;
	char letter;
};

static void
say_and_close(int fd, char letter)
{
	send(fd, &letter, 1, MSG_NOSIGNAL);
	close(fd);
}

static void
go_on(struct pool_held *which)
{
	struct held *h = (struct held *)which;

	say_and_close(h->fd, 'C');
	free(h);
}

static void *
ends_it(void *arg)
{
	struct held *h = arg;
	char c;

	recv(h->fd, &c, 1, 0);
	if (h->letter == 'c') {
		pool_call(&h->held);
		return NULL;
	}
	say_and_close(h->fd, 'H');
	free(h);
	pool_done();
	return NULL;
}

static void
hold(int fd, char letter)
{
	struct held *h = calloc(1, sizeof *h);
	pthread_t t;

	if (!h || !pool_hold()) {
		free(h);
		say_and_close(fd, 'F');
		return;
	}
	h->fd = fd;
	h->letter = letter;
	send(fd, &letter, 1, MSG_NOSIGNAL);
	if (pthread_create(&t, NULL, ends_it, h))
		abort();
	pthread_detach(t);
}

static void
work(int fd)
{
	char c = 0, answer;

	if (recv(fd, &c, 1, 0) == 1) {
		if (c == 'h' || c == 'c') {
			hold(fd, c);
			return;
		}
		answer = c == 'e' ? 'E' : 'S';
		if (c != 'e')
			send(fd, &c, 1, MSG_NOSIGNAL);
		if (c == 's' && recv(fd, &c, 1, 0) < 0)
			answer = '?';
		while (c == 'x')
			pause();
		send(fd, &answer, 1, MSG_NOSIGNAL);
	}
	close(fd);
}

static void
turn_away(int fd)
{
	char c;

	recv(fd, &c, 1, MSG_DONTWAIT);
	send(fd, "B", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static void
serve_as_child(int listen_fd, struct pool_plan plan, rlim_t descriptors)
{
	struct rlimit lim = { descriptors, descriptors };
	int nowhere = open("/dev/null", O_WRONLY);

	dup2(nowhere, STDERR_FILENO);
	if (descriptors)
		setrlimit(RLIMIT_NOFILE, &lim);
	plan.listen_fd = listen_fd;
	plan.held_max = HELD;
	plan.work = work;
	plan.go_on = go_on;
	plan.turn_away = turn_away;
	log_open("test", LOG_ERROR);
	pool_signals();
	switch (pool_run(&plan)) {
	case POOL_ENDED:
		_exit(0);
	case POOL_STUCK:
		_exit(1);
	case POOL_UNSTARTED:
		break;
	}
	_exit(2);
}

/* ---- the other side -------------------------------------------------------- */

struct house {
	pid_t pid;
	int listen_fd;
	struct sockaddr_un at;
};

static unsigned busy_ms;

static int
patient(void **state)
{
	(void)state;
	busy_ms = WAIT_MS;
	return 0;
}

static struct house
opened(
    unsigned threads, unsigned silent_ms, unsigned end_ms, rlim_t descriptors)
{
	struct pool_plan plan = { .threads = threads,
		.silent_ms = silent_ms,
		.busy_wait_ms = busy_ms,
		.end_wait_ms = end_ms };
	struct house h = { .at = { .sun_family = AF_UNIX } };

	/* an abstract address, of nobody else */
	snprintf(h.at.sun_path + 1, sizeof h.at.sun_path - 1, "wg-%ld-%lld",
	    (long)getpid(), (long long)clock_mono_us());
	h.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(h.listen_fd, (struct sockaddr *)&h.at, sizeof h.at), 0);
	assert_int_equal(listen(h.listen_fd, 1024), 0);
	h.pid = fork();
	assert_true(h.pid >= 0);
	if (!h.pid)
		serve_as_child(h.listen_fd, plan, descriptors);
	return h;
}

/* Its exit status; it has to end by itself. */
static int
ended(struct house *h)
{
	int64_t until = clock_mono_ms() + WAIT_MS;
	int status;

	while (waitpid(h->pid, &status, WNOHANG) == 0) {
		if (clock_mono_ms() > until) {
			kill(h->pid, SIGKILL);
			waitpid(h->pid, &status, 0);
			fail_msg("the pool does not end");
		}
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	}
	close(h->listen_fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
closed_down(struct house *h)
{
	kill(h->pid, SIGTERM);
	return ended(h);
}

static int
ask(struct house *h, const char *letter)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(
	    connect(fd, (struct sockaddr *)&h->at, sizeof h->at), 0);
	if (*letter)
		assert_int_equal(send(fd, letter, 1, MSG_NOSIGNAL), 1);
	return fd;
}

/* What comes back, without closing. */
static char
heard(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c = SILENT;

	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	return recv(fd, &c, 1, 0) == 1 ? c : SILENT;
}

static char
told(int fd)
{
	char c = heard(fd);

	close(fd);
	return c;
}

/* Work that has begun and goes on. */
static int
begun(struct house *h, const char *letter)
{
	int fd = ask(h, letter);

	assert_int_equal(heard(fd), *letter);
	return fd;
}

static bool
quiet(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

static void
each_connection_gets_its_own_answer(void **state)
{
	struct house h = opened(4, WAIT_MS, WAIT_MS, 0);
	int i, sleeper = begun(&h, "s");

	(void)state;
	for (i = 0; i < 200; i++)
		assert_int_equal(told(ask(&h, "e")), 'E');
	send(sleeper, "!", 1, MSG_NOSIGNAL);
	assert_int_equal(told(sleeper), 'S');
	assert_int_equal(closed_down(&h), 0);
}

static void
many_at_once_are_all_answered(void **state)
{
	struct house h = opened(3, WAIT_MS, WAIT_MS, 0);
	int fd[100];
	size_t i;

	(void)state;
	for (i = 0; i < 100; i++)
		fd[i] = ask(&h, "e");
	for (i = 0; i < 100; i++)
		assert_int_equal(told(fd[i]), 'E');
	assert_int_equal(closed_down(&h), 0);
}

/* A worker has said its last word a little before it is free. */
static char
told_in_the_end(struct house *h)
{
	int64_t until = clock_mono_ms() + WAIT_MS;
	char answer;

	while ((answer = told(ask(h, "e"))) == 'B' && clock_mono_ms() < until)
		;
	return answer;
}

static void
who_finds_no_worker_is_told_so(void **state)
{
	struct house h;
	int a, b, c;

	(void)state;
	busy_ms = BUSY_MS;
	h = opened(2, WAIT_MS, WAIT_MS, 0);
	a = begun(&h, "s");
	b = begun(&h, "s");
	c = ask(&h, "e");
	assert_int_equal(told(c), 'B');
	send(a, "!", 1, MSG_NOSIGNAL);
	assert_int_equal(told(a), 'S');
	assert_int_equal(told_in_the_end(&h), 'E');
	assert_int_equal(told_in_the_end(&h), 'E');
	close(b);
	assert_int_equal(closed_down(&h), 0);
}

static void
who_waits_shortly_gets_the_next_worker(void **state)
{
	struct house h = opened(1, WAIT_MS, WAIT_MS, 0);
	int a = begun(&h, "s"), b = ask(&h, "e");

	(void)state;
	send(a, "!", 1, MSG_NOSIGNAL);
	assert_int_equal(told(a), 'S');
	assert_int_equal(told(b), 'E');
	assert_int_equal(closed_down(&h), 0);
}

static void
silent_connections_cost_no_worker(void **state)
{
	struct house h = opened(2, WAIT_MS, WAIT_MS, 0);
	int fd[300], i;

	(void)state;
	for (i = 0; i < 300; i++)
		fd[i] = ask(&h, "");
	for (i = 0; i < 50; i++)
		assert_int_equal(told(ask(&h, "e")), 'E');
	for (i = 0; i < 300; i++)
		assert_true(quiet(fd[i]));
	/* and whoever speaks at last is served */
	send(fd[17], "e", 1, MSG_NOSIGNAL);
	assert_int_equal(heard(fd[17]), 'E');
	for (i = 0; i < 300; i++)
		close(fd[i]);
	assert_int_equal(closed_down(&h), 0);
}

static void
silence_ends_with_the_connection(void **state)
{
	struct house h = opened(2, 1000, WAIT_MS, 0);
	int fd = ask(&h, "");

	(void)state;
	assert_int_equal(told(fd), SILENT);
	assert_int_equal(told(ask(&h, "e")), 'E');
	assert_int_equal(closed_down(&h), 0);
}

static void
term_lets_running_work_finish_and_takes_nothing_new(void **state)
{
	struct house h = opened(2, WAIT_MS, WAIT_MS, 0);
	int running = begun(&h, "s"), next, i;

	(void)state;
	kill(h.pid, SIGTERM);
	/* until nobody accepts, what is asked may still be answered */
	for (i = 0; i < 1000; i++) {
		next = ask(&h, "e");
		nanosleep(&(struct timespec){ 0, 2 * BUSY_MS * 1000000 }, NULL);
		if (quiet(next))
			break;
		close(next);
	}
	assert_true(i < 1000);
	assert_true(quiet(running));
	send(running, "!", 1, MSG_NOSIGNAL);
	assert_int_equal(told(running), 'S');
	assert_int_equal(ended(&h), 0);
	close(next);
}

static void
nobody_who_was_accepted_is_left_without_an_answer(void **state)
{
	struct house h = opened(1, WAIT_MS, WAIT_MS, 0);
	int running = begun(&h, "s"), fd[20], i;
	char answer;

	(void)state;
	for (i = 0; i < 20; i++)
		fd[i] = ask(&h, "e");
	kill(h.pid, SIGTERM);
	send(running, "!", 1, MSG_NOSIGNAL);
	assert_int_equal(told(running), 'S');
	assert_int_equal(ended(&h), 0);
	for (i = 0; i < 20; i++) {
		/* quiet: never accepted, and somebody else's to answer */
		if (quiet(fd[i]))
			continue;
		answer = heard(fd[i]);
		assert_true(answer == 'E' || answer == 'B');
	}
	for (i = 0; i < 20; i++)
		close(fd[i]);
}

static char
answered(int fd)
{
	send(fd, "!", 1, MSG_NOSIGNAL);
	return told(fd);
}

static void
held_work_keeps_no_worker(void **state)
{
	struct house h = opened(1, WAIT_MS, WAIT_MS, 0);
	int i, a = begun(&h, "h"), b = begun(&h, "c");

	(void)state;
	for (i = 0; i < 50; i++)
		assert_int_equal(told(ask(&h, "e")), 'E');
	assert_true(quiet(a) && quiet(b));
	assert_int_equal(answered(b), 'C');
	assert_int_equal(answered(a), 'H');
	assert_int_equal(closed_down(&h), 0);
}

static void
who_is_called_while_all_work_is_not_forgotten(void **state)
{
	struct house h = opened(1, WAIT_MS, WAIT_MS, 0);
	int held = begun(&h, "c"), a = begun(&h, "s"), b = ask(&h, "e");

	(void)state;
	send(held, "!", 1, MSG_NOSIGNAL);
	assert_true(quiet(held));
	assert_int_equal(answered(a), 'S');
	assert_int_equal(told(held), 'C');
	assert_int_equal(told(b), 'E');
	assert_int_equal(closed_down(&h), 0);
}

static void
no_more_is_held_than_may_be(void **state)
{
	struct house h = opened(2, WAIT_MS, WAIT_MS, 0);
	int i, fd[HELD];

	(void)state;
	for (i = 0; i < HELD; i++)
		fd[i] = begun(&h, i % 2 ? "h" : "c");
	assert_int_equal(told(ask(&h, "h")), 'F');
	for (i = 0; i < HELD; i++)
		assert_int_equal(answered(fd[i]), i % 2 ? 'H' : 'C');
	/* who is answered counts as held for another moment */
	for (i = 0; i < HELD; i++)
		while (heard(fd[i] = ask(&h, "h")) == 'F')
			close(fd[i]);
	for (i = 0; i < HELD; i++)
		assert_int_equal(answered(fd[i]), 'H');
	assert_int_equal(closed_down(&h), 0);
}

static void
term_waits_for_what_is_held(void **state)
{
	static const char letters[] = { 'h', 'c', 'c' };
	struct house h;
	int i, j, fd[3];

	(void)state;
	for (j = 0; j < 3; j++) { /* each of them is the last one once */
		h = opened(2, WAIT_MS, WAIT_MS, 0);
		for (i = 0; i < 3; i++)
			fd[i] = begun(&h, (char[]){ letters[i], 0 });
		kill(h.pid, SIGTERM);
		for (i = 1; i <= 3; i++)
			assert_int_equal(answered(fd[(j + i) % 3]),
			    letters[(j + i) % 3] == 'h' ? 'H' : 'C');
		assert_int_equal(ended(&h), 0);
	}
}

static void
what_is_held_too_long_ends_the_process_with_status_1(void **state)
{
	struct house h = opened(2, WAIT_MS, 50, 0);
	int held = begun(&h, "h");

	(void)state;
	assert_int_equal(closed_down(&h), 1);
	close(held);
}

static void
stuck_work_ends_the_process_with_status_1(void **state)
{
	struct house h = opened(2, WAIT_MS, 50, 0);
	int stuck = begun(&h, "x");

	(void)state;
	assert_int_equal(closed_down(&h), 1);
	close(stuck);
}

static void
other_signals_change_nothing(void **state)
{
	struct house h = opened(2, WAIT_MS, WAIT_MS, 0);

	(void)state;
	assert_int_equal(told(ask(&h, "e")), 'E');
	kill(h.pid, SIGHUP);
	kill(h.pid, SIGPIPE);
	assert_int_equal(told(ask(&h, "e")), 'E');
	assert_int_equal(closed_down(&h), 0);
}

static void
want_of_descriptors_is_survived(void **state)
{
	struct house h = opened(2, WAIT_MS, WAIT_MS, 40);
	int fd[200], i;

	(void)state;
	for (i = 0; i < 200; i++)
		fd[i] = ask(&h, "");
	for (i = 0; i < 50; i++)
		assert_int_equal(told(ask(&h, "e")), 'E');
	for (i = 0; i < 200; i++)
		close(fd[i]);
	for (i = 0; i < 50; i++)
		assert_int_equal(told(ask(&h, "e")), 'E');
	assert_int_equal(closed_down(&h), 0);
}

static void
want_of_descriptors_with_all_at_work_is_survived(void **state)
{
	struct house h = opened(20, WAIT_MS, WAIT_MS, 24);
	int fd[30], i, answered = 0;

	(void)state;
	for (i = 0; i < 30; i++)
		fd[i] = ask(&h, "s");
	/* some have begun; the others wait for a descriptor */
	assert_int_equal(heard(fd[0]), 's');
	for (i = 0; i < 30; i++)
		send(fd[i], "!", 1, MSG_NOSIGNAL);
	for (i = 1; i < 30; i++)
		assert_int_equal(heard(fd[i]), 's');
	for (i = 0; i < 30; i++)
		answered += told(fd[i]) == 'S';
	assert_int_equal(answered, 30);
	assert_int_equal(closed_down(&h), 0);
}

#define TEST(f) cmocka_unit_test_setup(f, patient)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_connection_gets_its_own_answer),
		TEST(many_at_once_are_all_answered),
		TEST(who_finds_no_worker_is_told_so),
		TEST(who_waits_shortly_gets_the_next_worker),
		TEST(silent_connections_cost_no_worker),
		TEST(silence_ends_with_the_connection),
		TEST(term_lets_running_work_finish_and_takes_nothing_new),
		TEST(nobody_who_was_accepted_is_left_without_an_answer),
		TEST(held_work_keeps_no_worker),
		TEST(who_is_called_while_all_work_is_not_forgotten),
		TEST(no_more_is_held_than_may_be),
		TEST(term_waits_for_what_is_held),
		TEST(what_is_held_too_long_ends_the_process_with_status_1),
		TEST(stuck_work_ends_the_process_with_status_1),
		TEST(other_signals_change_nothing),
		TEST(want_of_descriptors_is_survived),
		TEST(want_of_descriptors_with_all_at_work_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
