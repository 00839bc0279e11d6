/* bare_constant.c - the least a threaded FastCGI program can do: one answer
 * SPDX-License-Identifier: Apache-2.0
 *
 * bare_constant [threads]
 *
 * Standard input is the listening socket. It reads nothing of the request and
 * decides nothing; what it costs is what web server and libfcgi cost. The
 * answer has the length of a token answer. */
#include <fcgiapp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define THREADS_MAX 64

static char answer[1024];

static void *
worker(void *unused)
{
	FCGX_Request r;

	(void)unused;
	if (FCGX_InitRequest(&r, 0, 0) != 0)
		exit(1);
	while (FCGX_Accept_r(&r) == 0) {
		FCGX_PutStr(answer, (int)strlen(answer), r.out);
		FCGX_Finish_r(&r);
	}
	return NULL;
}

/* answer_make - the head, and 700 bytes of JSON. */
static void
answer_make(void)
{
	static const char head[] = "Status: 200 OK\r\n"
				   "Content-Type: application/json\r\n"
				   "Cache-Control: no-store\r\n"
				   "Content-Length: 700\r\n\r\n"
				   "{\"access_token\":\"";
	static const char tail[] = "\",\"token_type\":\"Bearer\"}";
	size_t fill = 700 - 17 - (sizeof tail - 1);
	char *p = answer + sizeof head - 1;

	memcpy(answer, head, sizeof head - 1);
	memset(p, 'x', fill);
	memcpy(p + fill, tail, sizeof tail);
}

int
main(int argc, char **argv)
{
	pthread_t at[THREADS_MAX];
	int i, threads = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 32;

	if (threads < 1 || threads > THREADS_MAX || FCGX_Init() != 0)
		return 2;
	answer_make();
	for (i = 0; i < threads; i++)
		if (pthread_create(&at[i], NULL, worker, NULL) != 0)
			return 1;
	for (i = 0; i < threads; i++)
		pthread_join(at[i], NULL);
	return 0;
}
