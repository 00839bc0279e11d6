/* fcgi.c - the one door to libfcgi: one connection, one request, one answer
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/fcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcgios.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "ext/fcgi_guard.h"

#define PIECE_MAX      ((size_t)8 * 1024)
#define RECORD_MAX     ((size_t)65528) /* fits 16 bits, multiple of 8 */
#define LEFT_BYTES_MAX ((size_t)4 * 1024 * 1024) /* read past the end */
#define LEFT_MS        500
#define TURN_AWAY_READ 64 /* pieces of what a turned away peer has sent */

/* What libfcgi takes for the connection. It hands the number back to OS_Read
 * and OS_Write and closes it; no descriptor can have it. */
#define NO_DESCRIPTOR INT32_MAX

/* An answer on its way: the record that leaves, and what comes behind it. */
struct fcgi_out {
	unsigned char first[FCGI_HEAD_BYTES], last[2 * FCGI_HEAD_BYTES];
	struct iovec piece[5];
	struct msghdr m; /* of these, what has not left */
	struct str left;
	bool ends; /* the request ends with it */
};

struct fcgi {
	FCGX_Request req;
	unsigned silence_ms, whole_ms;
	int fd;
	int64_t until_ms; /* monotonic; reading or writing ends then */
	bool answered;    /* the end of the answer was sent */
	struct fcgi_guard guard;
	struct fcgi_out out;
};

/* The slot that this thread has libfcgi work on. */
static _Thread_local struct fcgi *at_work;

/* ---- what libfcgi reads through --------------------------------------------
 *
 * libfcgi calls OS_Read and OS_Write of its own portability layer (fcgios.h)
 * by name; a program that has functions of these names is called instead
 * (System V ABI, symbol search begins with the executable). */

/* Until something can be done with fd; false: too late, errno is ETIMEDOUT. */
static bool
waited(const struct fcgi *f, short events)
{
	struct pollfd p = { .fd = f->fd, .events = events };
	int64_t left = f->until_ms - clock_mono_ms();

	if (left > f->silence_ms)
		left = f->silence_ms;
	if (left > 0 && poll(&p, 1, (int)left) == 1)
		return true;
	errno = ETIMEDOUT;
	return false;
}

static bool
again(ssize_t got)
{
	return got < 0 && (errno == EAGAIN || errno == EINTR);
}

/* libfcgi remembers a failure only if errno is not 0. */
static int
refused(void)
{
	errno = EPROTO;
	return -1;
}

static int
read_guarded(struct fcgi *f, char *to, size_t n)
{
	ssize_t got;

	if (f->fd < 0 || f->guard.phase >= FCGI_AT_END)
		return refused();
	while (again(got = recv(f->fd, to, n, MSG_DONTWAIT)))
		if (!waited(f, POLLIN))
			return -1;
	if (got <= 0)
		return (int)got;
	got = (ssize_t)fcgi_guard_take(&f->guard, to, (size_t)got);
	return got ? (int)got : refused();
}

int
OS_Read(int fd, char *buf, size_t len)
{
	struct fcgi *f = at_work;

	if (!f || fd != NO_DESCRIPTOR) {
		errno = EBADF;
		return -1;
	}
	return read_guarded(f, buf, len > INT32_MAX ? INT32_MAX : len);
}

/* libfcgi writes only to answer management records, which never reach it. */
int
OS_Write(int fd, char *buf, size_t len)
{
	(void)fd;
	(void)buf;
	(void)len;
	errno = EBADF;
	return -1;
}

/* ---- one request ----------------------------------------------------------- */

/* Asks for a request on a connection that says nothing: an answer that did not
 * come from OS_Read above means that libfcgi reads past us. */
static bool
reads_through_us(void)
{
	struct fcgi *f = fcgi_new(0, 0);
	int pair[2];
	bool fine = false;

	if (!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		fine = send(pair[0],
			   "\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0"
			   "\1\4\0\1\0\0\0\0",
			   24, MSG_NOSIGNAL) == 24 &&
		       fcgi_begin(f, pair[1]);
		close(pair[0]);
	}
	if (fine)
		fcgi_end(f);
	fcgi_free(f);
	return fine;
}

bool
fcgi_start(struct err *e)
{
	if (FCGX_Init())
		return err_why(e, ERR_BROKEN, "FCGX_Init");
	return reads_through_us() ||
	       err_why(e, ERR_BROKEN, "libfcgi does not read through ext/fcgi");
}

struct fcgi *
fcgi_new(unsigned silence_ms, unsigned whole_ms)
{
	struct fcgi *f = calloc(1, sizeof *f);

	if (!f)
		abort();
	FCGX_InitRequest(&f->req, -1, FCGI_FAIL_ACCEPT_ON_INTR);
	f->silence_ms = silence_ms;
	f->whole_ms = whole_ms;
	f->fd = -1;
	return f;
}

static void
hang_up(struct fcgi *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

void
fcgi_free(struct fcgi *f)
{
	if (!f)
		return;
	FCGX_Free(&f->req, 0);
	hang_up(f);
	free(f);
}

bool
fcgi_begin(struct fcgi *f, int fd)
{
	at_work = f;
	f->fd = fd;
	f->until_ms = clock_mono_ms() + f->whole_ms;
	f->guard = (struct fcgi_guard){ .phase = FCGI_AT_BEGIN };
	f->answered = false;
	/* With a descriptor in place and keepConnection set, FCGX_Accept_r
	 * reads from it instead of accepting; when that fails it would go on
	 * to accept, which listen_sock = -1 turns into an error. */
	f->req.ipcFd = NO_DESCRIPTOR;
	f->req.keepConnection = 1;
	f->req.listen_sock = -1;
	/* libfcgi takes parameters that were cut off for parameters. */
	if (FCGX_Accept_r(&f->req) >= 0 && f->guard.asked)
		return true;
	if (!f->guard.large)
		fcgi_break(f);
	return false;
}

bool
fcgi_oversize(const struct fcgi *f)
{
	return f->fd >= 0 && f->guard.large;
}

char **
fcgi_params(const struct fcgi *f)
{
	return f->req.envp;
}

size_t
fcgi_read(struct fcgi *f, char *to, size_t n)
{
	int got;

	at_work = f;
	got = FCGX_GetStr(to, (int)(n > INT32_MAX ? INT32_MAX : n), f->req.in);
	return got > 0 ? (size_t)got : 0;
}

bool
fcgi_cut(const struct fcgi *f)
{
	return FCGX_GetError(f->req.in) != 0;
}

/* ---- answering --------------------------------------------------------------
 * libfcgi would send 8 KiB at a time. Records are simple: an answer of any size
 * and its end leave in one call, and the web server wakes up once. */

/* What was sent is cut off the front; what is left stays. */
static void
sent(struct msghdr *m, size_t n)
{
	while (m->msg_iovlen && n >= m->msg_iov->iov_len) {
		n -= m->msg_iov->iov_len;
		m->msg_iov++;
		m->msg_iovlen--;
	}
	if (m->msg_iovlen) {
		m->msg_iov->iov_base = (char *)m->msg_iov->iov_base + n;
		m->msg_iov->iov_len -= n;
	}
}

static struct iovec
piece(const void *at, size_t n)
{
	return (struct iovec){ (void *)(uintptr_t)at, n };
}

/* The next record: head, if there is one, and of what is left as much as fits;
 * when that is all, the end of the request behind. */
static void
next_record(struct fcgi_out *o, unsigned id, struct str head)
{
	static const char ended[8]; /* status 0, request complete */
	size_t room = RECORD_MAX - head.len;
	size_t step = o->left.len < room ? o->left.len : room;
	bool ends = o->ends && step == o->left.len;

	fcgi_record_head(o->first, FCGI_OUT, id, head.len + step);
	fcgi_record_head(o->last, FCGI_OUT, id, 0);
	fcgi_record_head(o->last + FCGI_HEAD_BYTES, FCGI_END, id, sizeof ended);
	o->piece[0] = piece(o->first, sizeof o->first);
	o->piece[1] = piece(head.at, head.len);
	o->piece[2] = piece(o->left.at, step);
	o->piece[3] = piece(o->last, sizeof o->last);
	o->piece[4] = piece(ended, sizeof ended);
	o->m =
	    (struct msghdr){ .msg_iov = o->piece, .msg_iovlen = ends ? 5 : 3 };
	o->left = (struct str){ o->left.at + step, o->left.len - step };
}

/* As often as the socket takes only a part. */
static enum fcgi_sent
push(struct fcgi *f, bool waits)
{
	struct fcgi_out *o = &f->out;
	ssize_t put;

	for (;;) {
		while (o->m.msg_iovlen) {
			put =
			    sendmsg(f->fd, &o->m, MSG_DONTWAIT | MSG_NOSIGNAL);
			if (again(put) && !waits)
				return FCGI_STUCK;
			if (again(put) ? !waited(f, POLLOUT) : put < 0)
				return FCGI_LOST;
			if (put > 0)
				sent(&o->m, (size_t)put);
		}
		if (!o->left.len)
			return FCGI_SENT;
		next_record(o, f->guard.id, STR(""));
	}
}

static enum fcgi_sent
send_out(
    struct fcgi *f, struct str head, struct str body, bool ends, bool waits)
{
	f->until_ms = clock_mono_ms() + f->whole_ms +
	              (int64_t)(body.len / FCGI_SLOWEST) * 1000;
	f->out.left = body;
	f->out.ends = ends;
	next_record(&f->out, f->guard.id, head);
	return push(f, waits);
}

bool
fcgi_write(struct fcgi *f, const char *text, size_t n)
{
	return !n || send_out(f, STR(""), (struct str){ text, n }, false,
			 true) == FCGI_SENT;
}

bool
fcgi_answer(struct fcgi *f, struct str head, struct str body)
{
	f->answered = true;
	return send_out(f, head, body, true, true) == FCGI_SENT;
}

enum fcgi_sent
fcgi_answer_now(struct fcgi *f, struct str head, struct str body)
{
	f->answered = true;
	return send_out(f, head, body, true, false);
}

bool
fcgi_answer_rest(struct fcgi *f)
{
	return push(f, true) == FCGI_SENT;
}

void
fcgi_break(struct fcgi *f)
{
	FCGX_Free(&f->req, 0);
	hang_up(f);
}

/* Closing with unread bytes in the socket resets the connection, and the peer
 * may lose our answer while it is still sending: what is left of the request is
 * read and thrown away, up to its end or the peer's. */
static void
let_finish(struct fcgi *f)
{
	char piece[PIECE_MAX];
	size_t total = 0;
	ssize_t got;

	f->until_ms = clock_mono_ms() + LEFT_MS;
	while (total < LEFT_BYTES_MAX && f->guard.phase != FCGI_AT_END) {
		got = recv(f->fd, piece, sizeof piece, MSG_DONTWAIT);
		if (again(got)) {
			shutdown(f->fd, SHUT_WR);
			if (!waited(f, POLLIN))
				break;
		} else if (got <= 0) {
			break;
		} else {
			total += (size_t)got;
			fcgi_guard_take(&f->guard, piece, (size_t)got);
		}
	}
}

bool
fcgi_heard(struct fcgi *f)
{
	char piece[PIECE_MAX];
	ssize_t got;

	if (f->fd >= 0 && f->guard.phase != FCGI_AT_END &&
	    (got = recv(f->fd, piece, sizeof piece, MSG_DONTWAIT)) > 0)
		fcgi_guard_take(&f->guard, piece, (size_t)got);
	return f->fd >= 0 && f->guard.phase == FCGI_AT_END;
}

void
fcgi_end(struct fcgi *f)
{
	if (f->fd < 0) /* broken off */
		return;
	if (!f->answered)
		fcgi_answer(f, STR(""), STR(""));
	let_finish(f);
	fcgi_break(f);
}

/* ---- no worker for it ------------------------------------------------------ */

static size_t
put_record(unsigned char *to, enum fcgi_record type, unsigned id,
    const char *body, size_t n)
{
	fcgi_record_head(to, type, id, n);
	if (n)
		memcpy(to + FCGI_HEAD_BYTES, body, n);
	return FCGI_HEAD_BYTES + n;
}

void
fcgi_turn_away(int fd, const char *text, size_t n)
{
	static const char ended[8];
	unsigned char head[FCGI_HEAD_BYTES];
	unsigned char out[PIECE_MAX + 3 * FCGI_HEAD_BYTES + sizeof ended];
	size_t len;
	unsigned id, i;

	if (n <= PIECE_MAX &&
	    recv(fd, head, sizeof head, MSG_DONTWAIT) == sizeof head &&
	    fcgi_record_begins(head, &id)) {
		len = put_record(out, FCGI_OUT, id, text, n);
		len += put_record(out + len, FCGI_OUT, id, NULL, 0);
		len += put_record(out + len, FCGI_END, id, ended, sizeof ended);
		if (send(fd, out, len, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
			shutdown(fd, SHUT_WR);
		/* what the peer has sent must be read, or close resets */
		for (i = 0; i < TURN_AWAY_READ; i++)
			if (recv(fd, out, sizeof out, MSG_DONTWAIT) <= 0)
				break;
	}
	close(fd);
}
