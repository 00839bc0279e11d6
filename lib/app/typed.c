/* typed.c - a line that somebody types, or that a script writes for them
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/typed.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Byte by byte, so that nothing is read ahead into a buffer that nobody wipes. */
static bool
read_line(char *to, size_t room, size_t *n, struct err *e)
{
	ssize_t got;
	char byte;

	for (*n = 0;;) {
		got = read(STDIN_FILENO, &byte, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(e, ERR_CONF,
			    "Standard input cannot be read: %s.",
			    strerror(errno));
		if (!got || byte == '\n')
			break;
		if (*n == room)
			return err_set(e, ERR_PARAM,
			    "What was given is longer than %zu bytes.", room);
		to[(*n)++] = byte;
	}
	if (*n && to[*n - 1] == '\r')
		(*n)--;
	return *n || err_set(e, ERR_PARAM,
			 "Nothing was given; write it on standard input, a "
			 "line each.");
}

bool
typed_line(const char *asked, char *to, size_t room, size_t *n, struct err *e)
{
	if (isatty(STDIN_FILENO))
		fputs(asked, stderr);
	return read_line(to, room, n, e);
}

/* Asked for only once it would not be shown. Signals wait until the terminal shows
 * what is typed again. */
bool
typed_unseen(const char *asked, char *to, size_t room, size_t *n, struct err *e)
{
	struct termios shown, unseen;
	sigset_t all, before;
	bool good;

	if (tcgetattr(STDIN_FILENO, &shown))
		return read_line(to, room, n, e); /* no terminal */
	unseen = shown;
	unseen.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen);
	fputs(asked, stderr);
	good = read_line(to, room, n, e);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	fputc('\n', stderr);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return good;
}
