/* bare_proxy.c - the least a FastCGI proxy through libcurl can do
 * SPDX-License-Identifier: Apache-2.0
 *
 * bare_proxy BASE [threads]
 *
 * Standard input is the listening socket. Every request becomes a GET of
 * BASE and the request's own target, on a connection that its thread keeps;
 * the body is handed back as it is. Nobody is asked who he is, nothing is
 * parsed, nothing is written down: this is the floor under a gateway. */
#include <curl/curl.h>
#include <fcgiapp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS_MAX 64
#define BODY_MAX    (16 << 20) /* bytes */

struct body {
	char *at;
	size_t len, room;
};

static const char *base;

static size_t
body_add(char *from, size_t one, size_t n, void *arg)
{
	struct body *b = arg;
	char *at;

	n *= one;
	if (b->len + n > BODY_MAX)
		return 0;
	if (b->len + n > b->room) {
		at = realloc(b->at, (b->len + n) * 2);
		if (at == NULL)
			return 0;
		b->at = at;
		b->room = (b->len + n) * 2;
	}
	memcpy(b->at + b->len, from, n);
	b->len += n;
	return n;
}

static CURL *
easy_new(struct body *b)
{
	CURL *c = curl_easy_init();

	if (c == NULL)
		exit(1);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, body_add);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, b);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, 20L);
	return c;
}

static void
answer(FCGX_Request *r, CURL *c, struct body *b)
{
	const char *target = FCGX_GetParam("REQUEST_URI", r->envp);
	char url[2048], head[256];
	long status = 502;
	int n;

	b->len = 0;
	snprintf(url, sizeof url, "%s%s", base, target ? target : "/");
	curl_easy_setopt(c, CURLOPT_URL, url);
	if (curl_easy_perform(c) == CURLE_OK)
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	else
		b->len = 0;
	n = snprintf(head, sizeof head,
	    "Status: %ld\r\nContent-Type: application/fhir+json\r\n"
	    "Content-Length: %zu\r\n\r\n",
	    status, b->len);
	FCGX_PutStr(head, n, r->out);
	if (b->len > 0)
		FCGX_PutStr(b->at, (int)b->len, r->out);
}

static void *
worker(void *unused)
{
	struct body b = { 0 };
	CURL *c = easy_new(&b);
	FCGX_Request r;

	(void)unused;
	if (FCGX_InitRequest(&r, 0, 0) != 0)
		exit(1);
	while (FCGX_Accept_r(&r) == 0) {
		answer(&r, c, &b);
		FCGX_Finish_r(&r);
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	pthread_t at[THREADS_MAX];
	int i, threads = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 32;

	if (argc < 2 || threads < 1 || threads > THREADS_MAX ||
	    FCGX_Init() != 0 || curl_global_init(CURL_GLOBAL_ALL) != 0)
		return 2;
	base = argv[1];
	for (i = 0; i < threads; i++)
		if (pthread_create(&at[i], NULL, worker, NULL) != 0)
			return 1;
	for (i = 0; i < threads; i++)
		pthread_join(at[i], NULL);
	return 0;
}
