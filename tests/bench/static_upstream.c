/* static_upstream.c - a provider that costs nothing: two answers from memory
 * SPDX-License-Identifier: Apache-2.0
 *
 * static_upstream READ.json SEARCH.json METADATA.json
 *
 * Standard input is the listening TCP socket. A request whose target holds a
 * `?` or ends in `_search` gets SEARCH.json, one that ends in `/metadata`
 * METADATA.json, every other READ.json; a request body is read and dropped.
 * One thread; bench.py starts as many as it wants on the same socket. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM (64 * 1024) /* bytes of the largest request */

struct answer {
	char *at;
	size_t len;
};

struct peer {
	int fd;
	char in[ROOM];
	size_t in_len;
	const struct answer *now; /* being sent; NULL: waiting for a request */
	size_t sent;
};

static struct answer answer_read, answer_search, answer_metadata;
static int poller;

static void
die(const char *what)
{
	fprintf(stderr, "static_upstream: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* answer_load - head and body of the answer, ready to send. */
static struct answer
answer_load(const char *path)
{
	struct answer a;
	FILE *f = fopen(path, "rb");
	long size;
	int head;

	if (f == NULL || fseek(f, 0, SEEK_END) < 0 || (size = ftell(f)) < 0)
		die(path);
	rewind(f);
	a.at = malloc((size_t)size + 512);
	if (a.at == NULL)
		die(path);
	head = snprintf(a.at, 512,
	    "HTTP/1.1 200 OK\r\n"
	    "Content-Type: application/fhir+json;charset=utf-8\r\n"
	    "ETag: W/\"1\"\r\n"
	    "Last-Modified: Fri, 20 Nov 2026 09:30:00 GMT\r\n"
	    "Content-Length: %ld\r\n\r\n",
	    size);
	if (fread(a.at + head, 1, (size_t)size, f) != (size_t)size)
		die(path);
	a.len = (size_t)(head + size);
	fclose(f);
	return a;
}

static const struct answer *
answer_for(const char *request, size_t len)
{
	const char *target = memchr(request, ' ', len), *end;

	if (target == NULL)
		return &answer_read;
	end = memchr(target + 1, ' ', len - (size_t)(target + 1 - request));
	if (end == NULL)
		return &answer_read;
	if (memchr(target, '?', (size_t)(end - target)) != NULL ||
	    (end - target > 8 && memcmp(end - 8, "/_search", 8) == 0))
		return &answer_search;
	if (end - target > 9 && memcmp(end - 9, "/metadata", 9) == 0)
		return &answer_metadata;
	return &answer_read;
}

static size_t
body_bytes(const char *request, size_t len)
{
	const char *line = request, *end = request + len;

	while ((line = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		line++;
		if (end - line > 15 &&
		    strncasecmp(line, "Content-Length:", 15) == 0)
			return strtoul(line + 15, NULL, 10);
	}
	return 0;
}

/* request_take - a whole request in the buffer is answered and taken out. */
static bool
request_take(struct peer *p)
{
	const char *blank = memmem(p->in, p->in_len, "\r\n\r\n", 4);
	size_t head, whole;

	if (blank == NULL)
		return false;
	head = (size_t)(blank + 4 - p->in);
	whole = head + body_bytes(p->in, head);
	if (p->in_len < whole)
		return false;
	p->now = answer_for(p->in, head);
	p->sent = 0;
	p->in_len -= whole;
	memmove(p->in, p->in + whole, p->in_len);
	return true;
}

static void
peer_end(struct peer *p)
{
	close(p->fd);
	free(p);
}

static void
peer_watch(struct peer *p, uint32_t what)
{
	struct epoll_event ev = { .events = what, .data.ptr = p };

	epoll_ctl(poller, EPOLL_CTL_MOD, p->fd, &ev);
}

/* peer_send - false when the peer is gone. */
static bool
peer_send(struct peer *p)
{
	ssize_t n;

	while (p->sent < p->now->len) {
		n = send(p->fd, p->now->at + p->sent, p->now->len - p->sent,
		    MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) {
			peer_watch(p, EPOLLOUT);
			return true;
		}
		if (n <= 0)
			return false;
		p->sent += (size_t)n;
	}
	p->now = NULL;
	return true;
}

static bool
peer_serve(struct peer *p, uint32_t what)
{
	ssize_t n;

	if (p->now != NULL) {
		if (!peer_send(p))
			return false;
		if (p->now != NULL)
			return true;
		peer_watch(p, EPOLLIN);
	}
	if (what & EPOLLIN) {
		n = recv(p->fd, p->in + p->in_len, ROOM - p->in_len, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return false;
		p->in_len += n > 0 ? (size_t)n : 0;
	}
	while (p->now == NULL && request_take(p))
		if (!peer_send(p))
			return false;
	return p->in_len < ROOM;
}

static void
peer_new(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct peer *p;
	struct epoll_event ev = { .events = EPOLLIN };

	if (fd < 0)
		return;
	p = malloc(sizeof *p);
	if (p == NULL)
		die("memory");
	p->fd = fd;
	p->in_len = 0;
	p->now = NULL;
	ev.data.ptr = p;
	if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &ev) < 0)
		die("epoll_ctl");
}

int
main(int argc, char **argv)
{
	struct epoll_event ev[64] = { { .events = EPOLLIN | EPOLLEXCLUSIVE } };
	int i, n;

	if (argc != 4) {
		fprintf(stderr, "static_upstream: READ SEARCH METADATA\n");
		return 2;
	}
	answer_read = answer_load(argv[1]);
	answer_search = answer_load(argv[2]);
	answer_metadata = answer_load(argv[3]);
	poller = epoll_create1(EPOLL_CLOEXEC);
	fcntl(0, F_SETFL, O_NONBLOCK);
	if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, 0, ev) < 0)
		die("epoll");
	for (;;) {
		n = epoll_wait(poller, ev, 64, -1);
		for (i = 0; i < n; i++) {
			if (ev[i].data.ptr == NULL)
				peer_new(0);
			else if (!peer_serve(ev[i].data.ptr, ev[i].events))
				peer_end(ev[i].data.ptr);
		}
	}
}
