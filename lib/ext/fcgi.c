/* fcgi.c - the one door to libfcgi: one connection, one request, one answer
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/fcgi.h"

#include <fcgiapp.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define DRAIN_BYTES_MAX ((size_t)64 * 1024)
#define TURN_AWAY_MS    20
#define PIECE_MAX       ((size_t)8 * 1024)

/* FastCGI 1.0 record header, section 3.3 */
enum { FCGI_END = 3, FCGI_OUT = 6, HEAD_BYTES = 8 };

struct fcgi {
	FCGX_Request req;
	unsigned wait_ms;
	bool drained; /* the body was read to its end */
	bool broken;  /* by fcgi_break */
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
	set_waits(fd, f->wait_ms);
	/* With a descriptor in place and keepConnection set, FCGX_Accept_r
	 * reads from it instead of accepting; when that fails it would go on
	 * to accept, which listen_sock = -1 turns into an error. */
	f->req.ipcFd = fd;
	f->req.keepConnection = 1;
	f->req.listen_sock = -1;
	f->drained = f->broken = false;
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

bool
fcgi_write(struct fcgi *f, const char *text, size_t n)
{
	return n <= INT32_MAX && FCGX_PutStr(text, (int)n, f->req.out) >= 0 &&
	       !FCGX_GetError(f->req.out);
}

bool
fcgi_flush(struct fcgi *f)
{
	return FCGX_FFlush(f->req.out) >= 0 && !FCGX_GetError(f->req.out);
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
	bool clean;
	int fd = f->req.ipcFd;

	if (f->broken)
		return;
	clean = drain(f);
	f->req.keepConnection = clean;
	FCGX_Finish_r(&f->req);
	if (clean && f->req.ipcFd == fd && fd >= 0) {
		f->req.ipcFd = -1;
		close(fd);
	}
}

static size_t
put_record(
    unsigned char *to, unsigned type, unsigned id, const char *body, size_t n)
{
	unsigned char head[HEAD_BYTES] = { 1, (unsigned char)type,
		(unsigned char)(id >> 8), (unsigned char)id,
		(unsigned char)(n >> 8), (unsigned char)n, 0, 0 };

	memcpy(to, head, sizeof head);
	if (n)
		memcpy(to + sizeof head, body, n);
	return sizeof head + n;
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
