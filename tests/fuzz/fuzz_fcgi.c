/* fuzz_fcgi.c - any bytes on a FastCGI connection, through libfcgi
 * SPDX-License-Identifier: Apache-2.0
 *
 * The door must not crash, must not answer what never became a request, and
 * must close; the guard must not care how the bytes were cut. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ext/fcgi.h"
#include "ext/fcgi_guard.h"

#define BODY_MAX 4096

static void
cut_anywhere(const char *bytes, size_t n)
{
	struct fcgi_guard whole = { 0 }, halves = { 0 };
	size_t half = n ? (unsigned char)bytes[n - 1] % n : 0;
	size_t took = fcgi_guard_take(&whole, bytes, n);
	size_t first = fcgi_guard_take(&halves, bytes, half);
	size_t second =
	    first < half ? 0 : fcgi_guard_take(&halves, bytes + half, n - half);

	if (took > n || first + second > n || whole.phase != halves.phase)
		abort();
}

static void
look_at_params(char **params)
{
	for (; *params; params++)
		if (!strchr(*params, '='))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct fcgi *f;
	struct err e = { .kind = ERR_NONE };
	char body[BODY_MAX];
	int pair[2];

	if (!f && (!fcgi_start(&e) || !(f = fcgi_new(50, 50))))
		abort();
	cut_anywhere((const char *)data, n);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		abort();
	if (n && send(pair[0], data, n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		abort();
	shutdown(pair[0], SHUT_WR);
	if (fcgi_begin(f, pair[1])) {
		look_at_params(fcgi_params(f));
		while (fcgi_read(f, body, sizeof body) == sizeof body)
			;
		fcgi_answer(f, STR("Status: 200\r\n\r\n"), STR(""));
		fcgi_end(f);
	}
	if (recv(pair[0], body, sizeof body, MSG_DONTWAIT) < 0)
		abort(); /* neither answered nor closed */
	close(pair[0]);
	return 0;
}
