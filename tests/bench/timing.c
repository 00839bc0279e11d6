/* timing.c - how long single answers take, of requests asked in random order
 * SPDX-License-Identifier: Apache-2.0
 *
 * timing [-n rounds] [-w rounds] [-e text] ADDRESS REQUEST...
 *
 * Each round asks every REQUEST (a file with the bytes to send) once, in an
 * order drawn anew, one after the other and each on a connection of its own.
 * ADDRESS is a port of 127.0.0.1, or the path of a Unix socket. The first -w
 * rounds are not told. -e: what every answer holds.
 *
 * Prints a line per round: for each request, in the order of the arguments,
 * the nanoseconds from the first byte sent to the first byte of the answer.
 * Ends with status 1 when an answer is not as it should be, or two answers to
 * different requests differ in length. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "prepared.h"

#define ROOM         65536 /* bytes of the largest answer */
#define REQUESTS_MAX 64

static union {
	struct sockaddr any;
	struct sockaddr_in port;
	struct sockaddr_un path;
} to;
static socklen_t to_len;
static const char *expect = "";
static size_t answer_len; /* of the first one */

static void
die(const char *what)
{
	fprintf(stderr, "timing: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
address(const char *text)
{
	if (strchr(text, '/')) {
		to.path.sun_family = AF_UNIX;
		snprintf(to.path.sun_path, sizeof to.path.sun_path, "%s", text);
		to_len = sizeof to.path;
	} else {
		to.port.sin_family = AF_INET;
		to.port.sin_port = htons((uint16_t)strtoul(text, NULL, 10));
		to.port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		to_len = sizeof to.port;
	}
}

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Unix sockets are torn down with unread bytes in them: that is an end. */
static size_t
rest(int fd, char *at, size_t have)
{
	ssize_t n;

	while (have < ROOM && (n = recv(fd, at + have, ROOM - have, 0)) != 0) {
		if (n < 0 && errno == ECONNRESET)
			break;
		if (n < 0)
			die("recv");
		have += (size_t)n;
	}
	return have;
}

static void
check(const char *at, size_t n)
{
	errno = EPROTO;
	if (!memmem(at, n, expect, strlen(expect)))
		die("another answer");
	if (answer_len && answer_len != n)
		die("answers of different lengths");
	answer_len = n;
}

static int64_t
ask(struct text request)
{
	static char answer[ROOM];
	int fd = socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int64_t began, took;
	ssize_t n;

	if (fd < 0 || connect(fd, &to.any, to_len))
		die("connect");
	began = now_ns();
	if (send(fd, request.at, request.len, MSG_NOSIGNAL) !=
	    (ssize_t)request.len)
		die("send");
	n = recv(fd, answer, ROOM, 0);
	took = now_ns() - began;
	if (n <= 0)
		die("no answer");
	check(answer, rest(fd, answer, (size_t)n));
	close(fd);
	return took;
}

/* xorshift64* (Vigna): fair enough to draw an order. */
static uint64_t
draw(void)
{
	static uint64_t x;

	while (!x)
		if (getrandom(&x, sizeof x, 0) < 0)
			die("getrandom");
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	return (x * 0x2545f4914f6cdd1du) >> 32;
}

static void
shuffle(int *order, int n)
{
	int i, j, was;

	for (i = 0; i < n; i++)
		order[i] = i;
	for (i = n - 1; i > 0; i--) {
		j = (int)(draw() % (uint64_t)(i + 1));
		was = order[i];
		order[i] = order[j];
		order[j] = was;
	}
}

static void
ask_all(const struct text *request, int n, int64_t *took)
{
	int order[REQUESTS_MAX], i;

	shuffle(order, n);
	for (i = 0; i < n; i++)
		took[order[i]] = ask(request[order[i]]);
}

int
main(int argc, char **argv)
{
	struct text request[REQUESTS_MAX];
	int64_t took[REQUESTS_MAX];
	long round, rounds = 1000, warm = 0;
	int c, i, n = 0;

	while ((c = getopt(argc, argv, "n:w:e:")) != -1) {
		if (c == 'n')
			rounds = strtol(optarg, NULL, 10);
		else if (c == 'w')
			warm = strtol(optarg, NULL, 10);
		else if (c == 'e')
			expect = optarg;
		else
			return 2;
	}
	if (argc - optind < 2 || argc - optind - 1 > REQUESTS_MAX) {
		fprintf(stderr, "timing: ADDRESS REQUEST...\n");
		return 2;
	}
	address(argv[optind++]);
	while (optind < argc)
		request[n++] = text_map(argv[optind++]);
	for (round = -warm; round < rounds; round++) {
		ask_all(request, n, took);
		for (i = 0; round >= 0 && i < n; i++)
			printf("%lld%c", (long long)took[i],
			    i == n - 1 ? '\n' : ' ');
	}
	return 0;
}
