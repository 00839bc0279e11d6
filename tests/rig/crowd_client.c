/* crowd_client.c - one client: asks, waits, writes down what came back
 * SPDX-License-Identifier: Apache-2.0 */
#include "crowd_client.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/answer.h"

#define ROOM    (256 * 1024) /* bytes of the largest answer */
#define REST_US 50000        /* after a unit that failed */

static const char *const kinds[] = { "token", "first", "page" };
static struct crowd *crowd;
static long tokens;

void
crowd_die(const char *what)
{
	fprintf(stderr, "crowd: %s: %s\n", what, strerror(errno));
	exit(1);
}

int64_t
crowd_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- what came back ------------------------------------------------------- */

static void
report(const struct client *c, int status, const char *trace, const char *says)
{
	const struct text *label = &c->unit.field[UNIT_LABEL];

	fprintf(crowd->results, "%.*s\t%s\t%d\t%s\t%lld\t%lld\t%s\n",
	    (int)label->len, label->at, kinds[c->kind], status, trace,
	    (long long)c->began_us, (long long)crowd_now_us(), says);
}

static void
keep_token(const struct client *c)
{
	const struct text *label = &c->unit.field[UNIT_LABEL];

	if (crowd->kept && tokens++ % crowd->every == 0)
		fprintf(crowd->kept, "%.*s\t%lld\t%s\n", (int)label->len,
		    label->at, (long long)c->began_us, c->token);
}

/* What a token answer says; also takes the token. */
static void
look_token(struct client *c, const struct answer *a, char *says, size_t room)
{
	char claims[MARKS_ROOM], expires[16];
	const char *e;

	c->token[0] = '\0';
	if (a->status != 200 || !look_member(c->token, sizeof c->token, a->body,
				    a->body_len, "access_token"))
		return;
	e = memmem(a->body, a->body_len, "\"expires_in\":", 13);
	snprintf(
	    expires, sizeof expires, "%ld", e ? strtol(e + 13, NULL, 10) : 0);
	look_claims(claims, sizeof claims, c->token);
	snprintf(says, room, "%s/%s", claims, expires);
	keep_token(c);
}

static void
look(struct client *c, const struct answer *a)
{
	char trace[40], says[MARKS_ROOM + 32] = "";

	look_header(trace, sizeof trace, c->in, (size_t)(a->body - c->in),
	    "X-Trace-Id");
	if (!look_whole(a->body, a->body_len))
		memcpy(says, "half", 5);
	else if (c->kind == UNIT_TOKEN)
		look_token(c, a, says, sizeof says);
	else
		look_marks(says, MARKS_ROOM, a->body, a->body_len);
	report(c, a->status, trace, says);
}

/* ---- asking --------------------------------------------------------------- */

static void
watch(struct client *c, int how, uint32_t what)
{
	struct epoll_event ev = { .events = what, .data.ptr = c };

	epoll_ctl(crowd->poller, how, c->fd, &ev);
}

static void
hang_up(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static void
rest(struct client *c)
{
	c->asking = false;
	crowd->busy--;
}

/* The unit is over: there was no answer. */
static void
broken(struct client *c, const char *why)
{
	report(c, 0, "", why);
	hang_up(c);
	rest(c);
	c->rests_until_us = crowd_now_us() + REST_US;
}

static bool
dial(struct client *c)
{
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		crowd_die("socket");
	c->used = false;
	if (connect(c->fd, (const struct sockaddr *)&crowd->server,
		sizeof crowd->server) < 0)
		return false;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	watch(c, EPOLL_CTL_ADD, EPOLLIN);
	return true;
}

static void
push(struct client *c)
{
	ssize_t n = send(c->fd, c->out + c->out_done, c->out_len - c->out_done,
	    MSG_NOSIGNAL);

	if (n > 0)
		c->out_done += (size_t)n;
	/* a failed write shows itself as an end of the answer */
	watch(c, EPOLL_CTL_MOD,
	    c->out_done < c->out_len && (n >= 0 || errno == EAGAIN)
		? EPOLLIN | EPOLLOUT
		: EPOLLIN);
}

static void
transmit(struct client *c)
{
	c->out_done = c->in_len = 0;
	if (c->fd < 0 && !dial(c)) {
		broken(c, "connect");
		return;
	}
	push(c);
}

/* The request of c->kind. */
static void
ask(struct client *c)
{
	c->began_us = crowd_now_us();
	c->out_len = unit_write(
	    c->out, OUT_ROOM, &c->unit, c->kind, c->token, c->cursor);
	if (c->out_len >= OUT_ROOM) {
		errno = EMSGSIZE;
		crowd_die("request");
	}
	transmit(c);
}

/* With a token for it first, if the unit asks for any. */
static void
ask_anew(struct client *c, enum unit_kind next)
{
	c->next = next;
	c->kind = unit_has(&c->unit, UNIT_FORM) ? UNIT_TOKEN : next;
	ask(c);
}

static bool
next_page(struct client *c, const struct answer *a)
{
	return c->kind == UNIT_FIRST && a->status == 200 &&
	       unit_follows(&c->unit) &&
	       look_cursor(c->cursor, sizeof c->cursor, a->body, a->body_len);
}

static void
answered(struct client *c, struct answer *a)
{
	look(c, a);
	c->used = true;
	if (a->closes)
		hang_up(c);
	if (c->kind == UNIT_TOKEN && c->token[0] &&
	    unit_has(&c->unit, UNIT_METHOD)) {
		c->kind = c->next;
		ask(c);
	} else if (next_page(c, a)) {
		ask_anew(c, UNIT_PAGE);
	} else {
		rest(c);
	}
}

/* The server ended the connection. On one that has served before and without
 * a byte of answer that is its right (RFC 9112 9.3.1): ask again. */
static void
ended(struct client *c)
{
	struct answer a = { 0 };

	if (c->in_len == 0 && c->used) {
		hang_up(c);
		transmit(c);
	} else if (answer_read(&a, c->in, c->in_len, true) == ANSWER_WHOLE) {
		a.closes = true;
		answered(c, &a);
	} else {
		broken(c, c->in_len ? "cut" : "closed");
	}
}

static void
take(struct client *c)
{
	struct answer a = { 0 };
	ssize_t n = recv(c->fd, c->in + c->in_len, ROOM - c->in_len, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		ended(c);
		return;
	}
	c->in_len += (size_t)n;
	switch (answer_read(&a, c->in, c->in_len, false)) {
	case ANSWER_PART:
		if (c->in_len == ROOM)
			broken(c, "large");
		break;
	case ANSWER_BAD:
		broken(c, "bad");
		break;
	case ANSWER_WHOLE:
		answered(c, &a);
		break;
	}
}

void
client_event(struct client *c, uint32_t what)
{
	if (!c->asking) {
		hang_up(c); /* closed, or it speaks unasked */
		return;
	}
	if (what & EPOLLOUT)
		push(c);
	if (what & (EPOLLIN | EPOLLHUP | EPOLLERR))
		take(c);
}

struct client *
clients_new(struct crowd *of, int count)
{
	struct client *all = calloc((size_t)count, sizeof *all);
	int i;

	crowd = of;
	if (!all)
		crowd_die("memory");
	for (i = 0; i < count; i++) {
		all[i].fd = -1;
		all[i].in = malloc(ROOM);
		if (!all[i].in)
			crowd_die("memory");
	}
	return all;
}

void
client_begin(struct client *c, const struct unit *u)
{
	c->unit = *u;
	c->asking = true;
	crowd->busy++;
	ask_anew(c, UNIT_FIRST);
}

void
client_give_up(struct client *c)
{
	broken(c, "late");
}
