/* serve.h - the life of a FastCGI program: accept, work, answer, end
 * SPDX-License-Identifier: Apache-2.0
 *
 * One acceptor hands connections to sleeping workers (web/pool). A request is
 * single-threaded code over its own arena, up to its answer; that leaves on
 * whatever thread brings the news that it may. */
#ifndef WEB_SERVE_H
#define WEB_SERVE_H

#include "base/conf.h"
#include "web/fail.h"
#include "web/req.h"
#include "web/resp.h"
#include "web/route.h"

struct desk;       /* where it is worked at; serve's own */
struct serve_line; /* where the request came from: FastCGI or plain CGI */

/* One request in the hands of one worker. */
struct work {
	struct arena *a;
	const struct conf *conf;
	struct req *req;
	struct resp *resp;
	struct err err;            /* why the answer is a refusal */
	const struct route *route; /* NULL: none fits */
	enum fail_face face;       /* how refusals are worded; may be changed */
	const char *allow;         /* Allow field of a 405, or NULL */
	void *state;               /* the program's own, made by begin */
	struct serve_line *line;
	struct desk *desk;
	unsigned cell; /* of the tenant, in gate/meter; 0: not known */
	int64_t limit; /* that the caller is under, requests at once; 0: none */
	int64_t left;  /* of it */
	unsigned reset_s; /* until it is all there again; refused: until it is
	                     worth trying */
	bool raw;         /* serve_raw has answered */
	long left_bare;   /* references whose display could not be found out */
};

/* A program is a page: what cgi/NAME.c fills in. */
struct program {
	const char *name;
	const char *purpose; /* one line for --help */
	enum fail_face face;
	const struct route *routes;
	size_t n_routes;
	bool waits;       /* its threads wait for hospitals: facade_threads */
	const char *vary; /* on every answer (RFC 9110 12.5.5), or NULL */

	/* start - what must be there before the first request; a is the
	 * program's arena, cgi tells of the diagnostic mode. stop - after the
	 * last answer. Either may be NULL. */
	bool (*start)(
	    struct arena *a, const struct conf *conf, bool cgi, struct err *e);
	void (*stop)(void);

	/* begin - before routing, also for requests that could not be read.
	 * refused - w->err says why; it may say something else afterwards.
	 * settle - the answer is complete and leaves when this returns true;
	 * false: w->err says what is answered instead. settle_later - the same
	 * without waiting: serve_settled is called for w, which is not to be
	 * touched otherwise; false: it is not, and settle is due. There are
	 * both or neither. renew - for SERVE_RENEWED. count - it leaves now, and what became of the
	 * request is `told`. turned_away - one that nobody reads, on the
	 * acceptor. Each may be NULL. */
	void (*begin)(struct work *w);
	void (*refused)(struct work *w);
	bool (*settle)(struct work *w);
	bool (*settle_later)(struct work *w);
	void (*renew)(struct work *w);
	void (*count)(const struct work *w, enum err_kind told);
	void (*turned_away)(void);
};

/* serve - main() of every FastCGI program. Listens on descriptor 0; without a
 * socket there but with GATEWAY_INTERFACE set, answers one plain CGI request.
 * Returns the exit status: 0, 1 it could not start, 2 wrong usage. */
int serve(int argc, char **argv, const struct program *p);

/* serve_settled - for settle_later. On any thread, once; does not wait. */
enum serve_news {
	SERVE_KEPT,    /* the answer leaves as it is */
	SERVE_RENEWED, /* a worker has it renewed, then it leaves */
	SERVE_LOST     /* 503 leaves in its stead */
};
void serve_settled(struct work *w, enum serve_news news);

/* serve_body - the request body, at most max bytes, borrowed from w->a.
 * ERR_TOO_LARGE, ERR_ENCODED, or ERR_MALFORMED when it was cut off. */
bool serve_body(struct work *w, size_t max, struct str *body);

/* serve_raw - n bytes of an answer in CGI form (RFC 3875 6.2), head included,
 * straight to the peer, past w->resp and without what serve adds: for answers
 * that must be wrong, slow or without end. Once called, nothing else is
 * written for this request. false: the peer is gone. */
bool serve_raw(struct work *w, const char *text, size_t n);

/* serve_break - the connection ends here, in the middle of the answer. */
void serve_break(struct work *w);

#endif
