/* load.c - asks an HTTP server as fast as it answers, and says what came back
 * SPDX-License-Identifier: Apache-2.0
 *
 * load [-c users] [-s seconds] [-n requests] [-v values] [-e text] [-E text]
 *      PORT REQUEST [PORT REQUEST]
 *
 * Every user keeps one connection to 127.0.0.1:PORT and asks again as soon as
 * it has its answer. REQUEST is a file with the bytes to send; `{}` in it
 * stands for the next line of the file `values`, and each line is used once:
 * so a token is fresh in every request. When the lines are used up the run is
 * over. With a second pair one unit of work is both requests, and `{}` in the
 * second stands for the access_token of the first one's answer.
 * -e, -E: what the body of a right answer holds, first and second request.
 *
 * Prints one JSON object. A request that was begun is always waited for, so
 * that requests and CPU time can be divided by each other. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"
#include "prepared.h"
#include "tally.h"

#define ROOM       (1 << 20) /* bytes of the largest answer */
#define TOKEN_ROOM 8192
#define PATIENCE_S 30 /* for answers that are under way at the end */

struct stage {
	struct sockaddr_in to;
	struct prepared request;
	const char *expect; /* in every right answer; NULL: anything */
};

struct user {
	int fd[2]; /* one connection per stage, -1 when closed */
	int stage;
	bool asking, fresh; /* fresh: nothing was asked on fd before */
	bool blocked;       /* the request is not all sent */
	char token[TOKEN_ROOM];
	size_t token_len;
	struct text value;
	char *out, *in;
	size_t out_len, out_done, in_len;
	int64_t began_us;
};

static struct stage stages[2];
static int stage_count, users_asking, poller;
static struct text values;
static bool values_given;
static int user_count = 32;
static int64_t until_us = 2000000, last_us;
static unsigned long units_max, units_begun;
static struct tally tally;

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
stage_add(const char *port, const char *path)
{
	struct stage *s = &stages[stage_count++];

	s->to.sin_family = AF_INET;
	s->to.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	s->to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->request = prepared_load(path);
}

static void
user_watch(struct user *u, int how, uint32_t what)
{
	struct epoll_event ev = { .events = what, .data.ptr = u };

	if (epoll_ctl(poller, how, u->fd[u->stage], &ev) < 0)
		die("epoll_ctl");
}

static void
user_hang_up(struct user *u, int stage)
{
	if (u->fd[stage] >= 0)
		close(u->fd[stage]);
	u->fd[stage] = -1;
}

static void
user_connect(struct user *u)
{
	const struct stage *s = &stages[u->stage];
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)&s->to, sizeof s->to) < 0)
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	u->fd[u->stage] = fd;
	u->fresh = true;
	u->blocked = false;
	user_watch(u, EPOLL_CTL_ADD, EPOLLIN);
}

static void
out_put(struct user *u, struct text t)
{
	if (u->out_len + t.len > ROOM) {
		errno = EMSGSIZE;
		die("request");
	}
	memcpy(u->out + u->out_len, t.at, t.len);
	u->out_len += t.len;
}

static void
user_write(struct user *u)
{
	ssize_t n = send(u->fd[u->stage], u->out + u->out_done,
	    u->out_len - u->out_done, MSG_NOSIGNAL);

	bool blocked;

	if (n > 0)
		u->out_done += (size_t)n;
	/* a failed write shows itself as an end of the answer */
	blocked = u->out_done < u->out_len && (n >= 0 || errno == EAGAIN);
	if (blocked != u->blocked)
		user_watch(
		    u, EPOLL_CTL_MOD, blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
	u->blocked = blocked;
}

/* user_ask - send the request of the user's stage. */
static void
user_ask(struct user *u)
{
	const struct prepared *p = &stages[u->stage].request;
	struct text token = { u->token, u->token_len };

	u->out_len = u->out_done = u->in_len = 0;
	out_put(u, p->before);
	if (p->hole) {
		out_put(u, u->stage == 0 ? u->value : token);
		out_put(u, p->after);
	}
	u->blocked = false;
	if (u->fd[u->stage] < 0)
		user_connect(u);
	else
		u->fresh = false;
	user_write(u);
}

/* user_begin - a new unit of work, unless the run is over. */
static void
user_begin(struct user *u)
{
	u->asking = false;
	u->stage = 0;
	if (now_us() >= until_us || (units_max && units_begun >= units_max))
		return;
	if (values_given && !text_line(&values, &u->value)) {
		tally.ran_out = true;
		return;
	}
	units_begun++;
	users_asking++;
	u->asking = true;
	u->began_us = now_us();
	user_ask(u);
}

static void
unit_done(struct user *u)
{
	last_us = now_us();
	tally_unit(&tally, last_us - u->began_us);
	users_asking--;
	user_begin(u);
}

static void
unit_broken(struct user *u)
{
	tally.broken++;
	users_asking--;
	user_hang_up(u, u->stage);
	user_begin(u);
}

/* token_keep - the access_token of a token answer, for the second request. */
static bool
token_keep(struct user *u, const struct answer *a)
{
	const char *p = memmem(a->body, a->body_len, "\"access_token\"", 14);
	const char *end = a->body + a->body_len, *close;

	if (p == NULL ||
	    (p = memchr(p + 14, '"', (size_t)(end - p - 14))) == NULL)
		return false;
	p++;
	close = memchr(p, '"', (size_t)(end - p));
	if (close == NULL || close - p > TOKEN_ROOM)
		return false;
	u->token_len = (size_t)(close - p);
	memcpy(u->token, p, u->token_len);
	return true;
}

static void
user_answered(struct user *u, const struct answer *a)
{
	const char *expect = stages[u->stage].expect;
	bool right = a->status == 200 &&
	             (expect == NULL || memmem(a->body, a->body_len, expect,
					    strlen(expect)) != NULL);

	if (right && u->stage + 1 < stage_count)
		right = token_keep(u, a);
	tally_answer(&tally, a->status, a->body_len, right);
	if (a->closes)
		user_hang_up(u, u->stage);
	if (right && u->stage + 1 < stage_count) {
		u->stage++;
		user_ask(u);
	} else {
		unit_done(u);
	}
}

/* user_ended - the server closed. On a connection that had served before and
 * without a byte of answer that is its right (RFC 9112 9.3.1): ask again. */
static void
user_ended(struct user *u)
{
	struct answer a = { 0 };

	if (u->in_len == 0 && !u->fresh) {
		tally.reconnects++;
		user_hang_up(u, u->stage);
		user_ask(u);
	} else if (answer_read(&a, u->in, u->in_len, true) == ANSWER_WHOLE) {
		a.closes = true;
		user_answered(u, &a);
	} else {
		unit_broken(u);
	}
}

static void
user_read(struct user *u)
{
	struct answer a = { 0 };
	ssize_t n =
	    recv(u->fd[u->stage], u->in + u->in_len, ROOM - u->in_len, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		user_ended(u);
		return;
	}
	u->in_len += (size_t)n;
	switch (answer_read(&a, u->in, u->in_len, false)) {
	case ANSWER_PART:
		if (u->in_len == ROOM)
			unit_broken(u);
		break;
	case ANSWER_BAD:
		unit_broken(u);
		break;
	case ANSWER_WHOLE:
		user_answered(u, &a);
		break;
	}
}

/* user_idle - an event on a connection that waits for nothing: it was closed,
 * or is not to be trusted any more. */
static void
user_idle(struct user *u, int stage)
{
	char c;
	ssize_t n;

	if (u->fd[stage] < 0)
		return;
	n = recv(u->fd[stage], &c, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n >= 0 || errno != EAGAIN)
		user_hang_up(u, stage);
}

static void
user_event(struct user *u, uint32_t what)
{
	int stage;

	for (stage = 0; stage < stage_count; stage++)
		if (!u->asking || stage != u->stage)
			user_idle(u, stage);
	if (!u->asking)
		return;
	if (what & EPOLLOUT)
		user_write(u);
	if (what & (EPOLLIN | EPOLLHUP | EPOLLERR))
		user_read(u);
}

static void
run(struct user *users, int count)
{
	struct epoll_event ev[64];
	int64_t give_up_us = until_us + PATIENCE_S * 1000000LL;
	int i, n;

	last_us = now_us();
	for (i = 0; i < count; i++)
		user_begin(&users[i]);
	while (users_asking > 0 && now_us() < give_up_us) {
		n = epoll_wait(poller, ev, 64, 100);
		if (n < 0 && errno != EINTR)
			die("epoll_wait");
		for (i = 0; i < n; i++)
			user_event(ev[i].data.ptr, ev[i].events);
	}
	tally.broken += (unsigned long)users_asking;
}

static struct user *
users_new(int count)
{
	struct user *users = calloc((size_t)count, sizeof *users);
	int i;

	if (users == NULL)
		die("memory");
	for (i = 0; i < count; i++) {
		users[i].fd[0] = users[i].fd[1] = -1;
		users[i].in = malloc(ROOM);
		users[i].out = malloc(ROOM);
		if (users[i].in == NULL || users[i].out == NULL)
			die("memory");
	}
	return users;
}

static void
option(int c, const char *arg)
{
	switch (c) {
	case 'c':
		user_count = (int)strtol(arg, NULL, 10);
		break;
	case 's':
		until_us = (int64_t)(strtod(arg, NULL) * 1e6);
		break;
	case 'n':
		units_max = strtoul(arg, NULL, 10);
		break;
	case 'v':
		values = text_map(arg);
		values_given = true;
		break;
	case 'e':
		stages[0].expect = arg;
		break;
	case 'E':
		stages[1].expect = arg;
		break;
	default:
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	int64_t began_us;
	int c;

	while ((c = getopt(argc, argv, "c:s:n:v:e:E:")) != -1)
		option(c, optarg);
	if ((argc - optind != 2 && argc - optind != 4) || user_count < 1) {
		fprintf(stderr, "load: PORT REQUEST [PORT REQUEST]\n");
		return 2;
	}
	for (; optind < argc; optind += 2)
		stage_add(argv[optind], argv[optind + 1]);
	poller = epoll_create1(EPOLL_CLOEXEC);
	if (poller < 0)
		die("epoll_create1");
	began_us = now_us();
	until_us += began_us;
	run(users_new(user_count), user_count);
	tally_print(&tally, last_us - began_us);
	return 0;
}
