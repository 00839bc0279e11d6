/* fcgi.c - the one door to libfcgi: one connection, one request, one answer
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/fcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#define DRAIN_BYTES_MAX ((size_t)64 * 1024)
#define TURN_AWAY_MS    20
#define PIECE_MAX       ((size_t)8 * 1024)
#define RECORD_MAX      ((size_t)65528) /* fits 16 bits, multiple of 8 */

/* FastCGI 1.0 record header, section 3.3 */
enum { FCGI_END = 3, FCGI_OUT = 6, HEAD_BYTES = 8 };

struct fcgi {
	FCGX_Request req;
	unsigned wait_ms;
	unsigned id;   /* of the request on its connection */
	bool drained;  /* the body was read to its end */
	bool answered; /* the end of the answer was sent */
	bool broken;   /* by fcgi_break */
};

bool
fcgi_start(struct err *e)
{
	/* libfcgi half-closes and waits for the peer on close; we do that
	 * only for connections with unread bytes, and not for 2 s. */
	setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "100", 0);
	return !FCGX_Init() || err_why(e, ERR_BROKEN, "FCGX_Init");
}

struct fcgi *
fcgi_new(unsigned wait_ms)
{
	struct fcgi *f = calloc(1, sizeof *f);

	if (!f)
		abort();
	FCGX_InitRequest(&f->req, -1, FCGI_FAIL_ACCEPT_ON_INTR);
	f->wait_ms = wait_ms;
	return f;
}

void
fcgi_free(struct fcgi *f)
{
	if (!f)
		return;
	FCGX_Free(&f->req, 1);
	free(f);
}

static void
set_waits(int fd, unsigned ms)
{
	struct timeval t = { ms / 1000, (suseconds_t)(ms % 1000) * 1000 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}

bool
fcgi_begin(struct fcgi *f, int fd)
{
	unsigned char head[HEAD_BYTES];

	set_waits(fd, f->wait_ms);
	/* libfcgi keeps the id of the request to itself */
	if (recv(fd, head, sizeof head, MSG_PEEK | MSG_WAITALL) !=
	    (ssize_t)sizeof head) {
		close(fd);
		return false;
	}
	f->id = (unsigned)head[2] << 8 | head[3];
	/* With a descriptor in place and keepConnection set, FCGX_Accept_r
	 * reads from it instead of accepting; when that fails it would go on
	 * to accept, which listen_sock = -1 turns into an error. */
	f->req.ipcFd = fd;
	f->req.keepConnection = 1;
	f->req.listen_sock = -1;
	f->drained = f->broken = f->answered = false;
	return FCGX_Accept_r(&f->req) >= 0;
}

char **
fcgi_params(const struct fcgi *f)
{
	return f->req.envp;
}

size_t
fcgi_read(struct fcgi *f, char *to, size_t n)
{
	size_t step = n > INT32_MAX ? INT32_MAX : n;
	int got = FCGX_GetStr(to, (int)step, f->req.in);

	if (got >= 0 && (size_t)got < step)
		f->drained = !FCGX_GetError(f->req.in);
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

static void
record_head(unsigned char to[HEAD_BYTES], unsigned type, unsigned id, size_t n)
{
	const unsigned char head[HEAD_BYTES] = { 1, (unsigned char)type,
		(unsigned char)(id >> 8), (unsigned char)id,
		(unsigned char)(n >> 8), (unsigned char)n, 0, 0 };

	memcpy(to, head, sizeof head);
}

/* All of it, however often the socket takes only a part. */
static bool
send_all(int fd, struct iovec *v, size_t n)
{
	struct msghdr m = { .msg_iov = v, .msg_iovlen = n };

	while (m.msg_iovlen) {
		ssize_t put = sendmsg(fd, &m, MSG_NOSIGNAL);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		while (m.msg_iovlen && (size_t)put >= m.msg_iov->iov_len) {
			put -= (ssize_t)m.msg_iov->iov_len;
			m.msg_iov++;
			m.msg_iovlen--;
		}
		if (m.msg_iovlen) {
			m.msg_iov->iov_base = (char *)m.msg_iov->iov_base + put;
			m.msg_iov->iov_len -= (size_t)put;
		}
	}
	return true;
}

static struct iovec
piece(const void *at, size_t n)
{
	return (struct iovec){ (void *)(uintptr_t)at, n };
}

bool
fcgi_write(struct fcgi *f, const char *text, size_t n)
{
	unsigned char head[HEAD_BYTES];

	while (n) {
		size_t step = n < RECORD_MAX ? n : RECORD_MAX;
		struct iovec v[2] = { piece(head, sizeof head),
			piece(text, step) };

		record_head(head, FCGI_OUT, f->id, step);
		if (!send_all(f->req.ipcFd, v, COUNT(v)))
			return false;
		text += step;
		n -= step;
	}
	return true;
}

/* Head and the beginning of the body in one record, what does not fit before
 * it in records of its own, and the end of the request behind. */
bool
fcgi_answer(struct fcgi *f, struct str head, struct str body)
{
	static const char ended[8]; /* status 0, request complete */
	unsigned char first[HEAD_BYTES], last[2 * HEAD_BYTES];
	size_t step =
	    body.len < RECORD_MAX - head.len ? body.len : RECORD_MAX - head.len;
	struct iovec v[] = { piece(first, sizeof first),
		piece(head.at, head.len), piece(body.at, step),
		piece(last, sizeof last), piece(ended, sizeof ended) };
	bool long_one = step < body.len;

	f->answered = true;
	record_head(first, FCGI_OUT, f->id, head.len + step);
	record_head(last, FCGI_OUT, f->id, 0);
	record_head(last + HEAD_BYTES, FCGI_END, f->id, sizeof ended);
	if (!long_one)
		return send_all(f->req.ipcFd, v, COUNT(v));
	return send_all(f->req.ipcFd, v, 3) &&
	       fcgi_write(f, body.at + step, body.len - step) &&
	       send_all(f->req.ipcFd, v + 3, 2);
}

static bool
drain(struct fcgi *f)
{
	char piece[4096];
	size_t total = 0;

	while (!f->drained && total < DRAIN_BYTES_MAX) {
		size_t got = fcgi_read(f, piece, sizeof piece);

		if (!got)
			break;
		total += got;
	}
	return f->drained;
}

void
fcgi_break(struct fcgi *f)
{
	FCGX_Free(&f->req, 1);
	f->broken = true;
}

/* A drained connection holds nothing of the peer's, so a plain close is clean
 * and saves libfcgi's half-close, poll and read. */
void
fcgi_end(struct fcgi *f)
{
	int fd = f->req.ipcFd;

	if (f->broken)
		return;
	if (!f->answered)
		fcgi_answer(f, STR(""), STR(""));
	if (drain(f)) {
		FCGX_Free(&f->req, 0);
		f->req.ipcFd = -1;
		close(fd);
	} else {
		FCGX_Free(&f->req, 1);
	}
}

static size_t
put_record(
    unsigned char *to, unsigned type, unsigned id, const char *body, size_t n)
{
	record_head(to, type, id, n);
	if (n)
		memcpy(to + HEAD_BYTES, body, n);
	return HEAD_BYTES + n;
}

void
fcgi_turn_away(int fd, const char *text, size_t n)
{
	static const char ended[8];
	unsigned char head[HEAD_BYTES], out[PIECE_MAX + 3 * HEAD_BYTES + 8];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len;
	unsigned id;

	if (n <= PIECE_MAX && poll(&p, 1, TURN_AWAY_MS) == 1 &&
	    recv(fd, head, sizeof head, MSG_DONTWAIT) == (ssize_t)sizeof head) {
		id = (unsigned)head[2] << 8 | head[3];
		len = put_record(out, FCGI_OUT, id, text, n);
		len += put_record(out + len, FCGI_OUT, id, NULL, 0);
		len += put_record(out + len, FCGI_END, id, ended, 8);
		if (send(fd, out, len, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
			shutdown(fd, SHUT_WR);
		/* what the peer has sent must be read, or close resets */
		while (recv(fd, out, sizeof out, MSG_DONTWAIT) > 0)
			;
	}
	close(fd);
}
