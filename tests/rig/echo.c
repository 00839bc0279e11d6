/* echo.c - a FastCGI program that answers with what it was told
 * SPDX-License-Identifier: Apache-2.0
 *
 * Stands in for the real programs where the web server itself is tested: one
 * JSON object with the CGI variables, the bytes of the body, and our name.
 * The variable HTTP_X_ECHO makes it do something else: `status NNN`, `die`
 * (in the middle of an answer), `sleep MS`. */
#include <fcgiapp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
put_text(FCGX_Stream *out, const char *text)
{
	FCGX_PutS("\"", out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		char escaped[8];

		if (c >= ' ' && c < 127 && c != '"' && c != '\\') {
			FCGX_PutChar(c, out);
			continue;
		}
		snprintf(escaped, sizeof escaped, "\\u%04x", c);
		FCGX_PutS(escaped, out);
	}
	FCGX_PutS("\"", out);
}

static long
swallow(FCGX_Stream *in)
{
	char block[8192];
	long n = 0;
	int got;

	while ((got = FCGX_GetStr(block, sizeof block, in)) > 0)
		n += got;
	return n;
}

static void
answer(FCGX_Request *r, const char *name, const char *status)
{
	long body = swallow(r->in);
	char text[64];
	char **var;

	FCGX_PutS("Status: ", r->out);
	FCGX_PutS(status, r->out);
	FCGX_PutS("\r\nContent-Type: application/json\r\n\r\n{", r->out);
	for (var = r->envp; *var; var++) {
		char *value = strchr(*var, '=');

		if (!value)
			continue;
		*value = '\0';
		put_text(r->out, *var);
		FCGX_PutS(": ", r->out);
		put_text(r->out, value + 1);
		FCGX_PutS(",\n", r->out);
	}
	snprintf(text, sizeof text, "\"body\": %ld, \"program\": ", body);
	FCGX_PutS(text, r->out);
	put_text(r->out, name);
	FCGX_PutS("}\n", r->out);
}

int
main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "echo";
	FCGX_Request r;

	if (FCGX_Init() || FCGX_InitRequest(&r, 0, 0))
		return 1;
	while (FCGX_Accept_r(&r) == 0) {
		const char *wish = FCGX_GetParam("HTTP_X_ECHO", r.envp);

		if (wish && !strcmp(wish, "die"))
			_exit(3);
		if (wish && !strncmp(wish, "sleep ", 6))
			usleep((useconds_t)strtoul(wish + 6, NULL, 10) * 1000);
		answer(&r, name,
		    wish && !strncmp(wish, "status ", 7) ? wish + 7 : "200 OK");
		FCGX_Finish_r(&r);
	}
	return 0;
}
