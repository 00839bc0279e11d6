/* wards.c - many hospitals with the same ids, each marking its own records
 * SPDX-License-Identifier: Apache-2.0
 *
 * wards PORT [DELAY_MS [EVERY SLOW_MS]]
 *
 * Standard input is the socket that listens on 127.0.0.1:PORT. Every address
 * /VERSION/WARD is a FHIR base (VERSION: dstu2, stu3, r4); all of them hold
 * TOTAL records of any type under the same ids, and each record of WARD says
 * mark-WARD. An id that begins with `absent` is 404. Each answer waits up to
 * DELAY_MS, and one of EVERY waits SLOW_MS. One thread. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROOM  (48 * 1024) /* bytes of the largest request, and answer */
#define NAME  64
#define TOTAL 9
#define PAGE  4 /* entries, where _count is not given */

struct peer {
	int fd;
	struct peer *next; /* of those whose answer is not due yet */
	int64_t due_us;    /* 0: waits for nothing */
	char in[ROOM + 1], out[ROOM];
	size_t in_len, out_len, sent;
};

/* What is asked for. */
struct ask {
	char version[NAME], ward[NAME], type[NAME], id[NAME];
	long count, offset;
};

static const char *port;
static long delay_ms, every, slow_ms, served;
static int poller;
static struct peer *late;

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static uint64_t
dice(void)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

/* ---- writing -------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void
put(struct peer *p, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(p->out + p->out_len, ROOM - p->out_len, format, args);
	va_end(args);
	p->out_len += n < 0 || (size_t)n > ROOM - p->out_len ? ROOM - p->out_len
	                                                     : (size_t)n;
}

static void
put_base(struct peer *p, const struct ask *a)
{
	put(p, "http://127.0.0.1:%s/%s/%s", port, a->version, a->ward);
}

/* DSTU2 has lists of family names, later versions one. */
static void
put_record(struct peer *p, const struct ask *a, const char *id)
{
	bool list = !strcmp(a->version, "dstu2");

	put(p,
	    "{\"resourceType\":\"%s\",\"id\":\"%s\",\"identifier\":[{"
	    "\"system\":\"urn:ward\",\"value\":\"mark-%s\"}],",
	    a->type, id, a->ward);
	if (!strcmp(a->type, "Patient")) {
		put(p,
		    "\"name\":[{\"family\":%smark-%s%s,\"given\":[\"Ada\"]}],"
		    "\"gender\":\"female\",\"birthDate\":\"1961-04-12\"}",
		    list ? "[\"" : "\"", a->ward, list ? "\"]" : "\"");
		return;
	}
	put(p, "\"status\":\"final\",\"code\":{\"text\":\"mark-%s\"},",
	    a->ward);
	put(p, "\"subject\":{\"reference\":\"");
	put_base(p, a);
	put(p, "/Patient/1\"},\"valueQuantity\":{\"value\":72.0}}");
}

static void
put_next(struct peer *p, const struct ask *a)
{
	if (a->offset + a->count >= TOTAL)
		return;
	put(p, ",{\"relation\":\"next\",\"url\":\"");
	put_base(p, a);
	put(p, "/%s?_offset=%ld&_count=%ld\"}", a->type, a->offset + a->count,
	    a->count);
}

static void
put_searchset(struct peer *p, const struct ask *a)
{
	char id[NAME];
	long i;

	put(p,
	    "{\"resourceType\":\"Bundle\",\"id\":\"mark-%s\",\"type\":"
	    "\"searchset\",\"total\":%d,\"link\":[{\"relation\":\"self\","
	    "\"url\":\"",
	    a->ward, TOTAL);
	put_base(p, a);
	put(p, "/%s\"}", a->type);
	put_next(p, a);
	put(p, "],\"entry\":[");
	for (i = a->offset; i < TOTAL && i < a->offset + a->count; i++) {
		snprintf(id, sizeof id, "%ld", i + 1);
		put(p, "%s{\"fullUrl\":\"", i > a->offset ? "," : "");
		put_base(p, a);
		put(p, "/%s/%s\",\"resource\":", a->type, id);
		put_record(p, a, id);
		put(p, ",\"search\":{\"mode\":\"match\"}}");
	}
	put(p, "]}");
}

/* ---- reading -------------------------------------------------------------- */

/* The next segment of the path, without its slash. */
static const char *
segment(char *to, const char *at)
{
	size_t n = strcspn(at += *at == '/', "/? ");

	snprintf(to, NAME, "%.*s", (int)n, at);
	return at + n;
}

static long
parameter(const char *name, const char *in, long otherwise)
{
	const char *at = strstr(in, name);

	return at ? strtol(at + strlen(name), NULL, 10) : otherwise;
}

/* Query and form are looked through alike. */
static struct ask
ask_read(const char *request)
{
	struct ask a;
	const char *at = request + strcspn(request, " ") + 1;
	const char *end = strstr(request, "\r\n"), *body;
	char all[2048];

	at = segment(a.version, at);
	at = segment(a.ward, at);
	at = segment(a.type, at);
	at = segment(a.id, at);
	body = strstr(request, "\r\n\r\n");
	snprintf(all, sizeof all, "%.*s %s", (int)(end - at), at, body + 4);
	a.count = parameter("_count=", all, PAGE);
	a.offset = parameter("_offset=", all, 0);
	return a;
}

static void
answer(struct peer *p, const char *request)
{
	struct ask a = ask_read(request);
	bool search = !a.id[0] || !strcmp(a.id, "_search");
	bool there = strncmp(a.id, "absent", 6) != 0 && a.type[0];
	char head[256];
	int n;

	p->out_len = p->sent = 0;
	if (!there)
		put(p, "{\"resourceType\":\"OperationOutcome\"}");
	else if (search)
		put_searchset(p, &a);
	else
		put_record(p, &a, a.id);
	n = snprintf(head, sizeof head,
	    "HTTP/1.1 %s\r\nContent-Type: application/fhir+json\r\n"
	    "Content-Length: %zu\r\n\r\n",
	    there ? "200 OK" : "404 Not Found", p->out_len);
	if (p->out_len + (size_t)n >= ROOM) {
		errno = EMSGSIZE;
		perror("wards: answer");
		exit(1);
	}
	memmove(p->out + n, p->out, p->out_len);
	memcpy(p->out, head, (size_t)n);
	p->out_len += (size_t)n;
}

static size_t
body_bytes(const char *request, const char *end)
{
	const char *line = request;

	while ((line = memchr(line, '\n', (size_t)(end - line))) != NULL)
		if (!strncasecmp(++line, "Content-Length:", 15))
			return strtoul(line + 15, NULL, 10);
	return 0;
}

/* A whole request is taken out of the buffer; its answer is due later. */
static bool
request_take(struct peer *p)
{
	const char *blank = memmem(p->in, p->in_len, "\r\n\r\n", 4);
	size_t whole;
	char kept;

	if (!blank)
		return false;
	whole = (size_t)(blank + 4 - p->in) + body_bytes(p->in, blank);
	if (p->in_len < whole)
		return false;
	kept = p->in[whole];
	p->in[whole] = '\0';
	answer(p, p->in);
	p->in[whole] = kept;
	p->in_len -= whole;
	memmove(p->in, p->in + whole, p->in_len);
	p->due_us = now_us();
	if (delay_ms)
		p->due_us += (int64_t)(dice() % (uint64_t)(delay_ms * 1000));
	if (every && ++served % every == 0)
		p->due_us += slow_ms * 1000;
	p->next = late;
	late = p;
	return true;
}

/* ---- peers ---------------------------------------------------------------- */

static void
peer_end(struct peer *p)
{
	struct peer **at;

	for (at = &late; *at; at = &(*at)->next)
		if (*at == p) {
			*at = p->next;
			break;
		}
	close(p->fd);
	free(p);
}

/* Sends what is due. false: the peer is gone. */
static bool
peer_send(struct peer *p)
{
	struct epoll_event ev = { .data.ptr = p };
	ssize_t n =
	    send(p->fd, p->out + p->sent, p->out_len - p->sent, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN)
		return false;
	p->sent += n > 0 ? (size_t)n : 0;
	ev.events = p->sent < p->out_len ? EPOLLIN | EPOLLOUT : EPOLLIN;
	epoll_ctl(poller, EPOLL_CTL_MOD, p->fd, &ev);
	if (p->sent < p->out_len)
		return true;
	p->out_len = 0;
	request_take(p);
	return true;
}

static bool
peer_take(struct peer *p)
{
	ssize_t n = recv(p->fd, p->in + p->in_len, ROOM - p->in_len, 0);

	if (n == 0 || (n < 0 && errno != EAGAIN))
		return false;
	p->in_len += n > 0 ? (size_t)n : 0;
	p->in[p->in_len] = '\0';
	if (!p->out_len)
		request_take(p);
	return p->in_len < ROOM;
}

static void
peer_new(void)
{
	int one = 1, fd = accept4(0, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct epoll_event ev = { .events = EPOLLIN };
	struct peer *p;

	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	ev.data.ptr = p = calloc(1, sizeof *p);
	if (!p || epoll_ctl(poller, EPOLL_CTL_ADD, fd, &ev) < 0) {
		perror("wards");
		exit(1);
	}
	p->fd = fd;
}

/* Sends the answers whose time has come; ms until the next one. */
static int
send_due(void)
{
	int64_t now = now_us(), soonest = INT64_MAX;
	struct peer **at = &late, *p;

	while ((p = *at)) {
		if (p->due_us > now) {
			soonest = p->due_us < soonest ? p->due_us : soonest;
			at = &p->next;
			continue;
		}
		*at = p->next;
		p->due_us = 0;
		if (!peer_send(p)) {
			peer_end(p);
			at = &late;
		}
	}
	return soonest == INT64_MAX ? -1 : (int)((soonest - now) / 1000) + 1;
}

static bool
peer_event(struct peer *p, uint32_t what)
{
	if (what & EPOLLOUT && p->out_len && !p->due_us && !peer_send(p))
		return false;
	return !(what & (EPOLLIN | EPOLLHUP | EPOLLERR)) || peer_take(p);
}

int
main(int argc, char **argv)
{
	struct epoll_event ev[64] = { { .events = EPOLLIN } };
	int i, n;

	if (argc != 2 && argc != 3 && argc != 5) {
		fprintf(stderr, "wards: PORT [DELAY_MS [EVERY SLOW_MS]]\n");
		return 2;
	}
	port = argv[1];
	delay_ms = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
	every = argc > 4 ? strtol(argv[3], NULL, 10) : 0;
	slow_ms = argc > 4 ? strtol(argv[4], NULL, 10) : 0;
	poller = epoll_create1(EPOLL_CLOEXEC);
	fcntl(0, F_SETFL, O_NONBLOCK);
	if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, 0, ev) < 0) {
		perror("wards: epoll");
		return 1;
	}
	for (;;) {
		n = epoll_wait(poller, ev, 64, send_due());
		for (i = 0; i < n; i++)
			if (!ev[i].data.ptr)
				peer_new();
			else if (!peer_event(ev[i].data.ptr, ev[i].events))
				peer_end(ev[i].data.ptr);
	}
}
