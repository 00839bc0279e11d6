/* serve_line.h - what the files of web/serve share: desks, and lines from them
 * SPDX-License-Identifier: Apache-2.0
 *
 * Between serve.c, serve_desk.c and serve_body.c; handlers use what web/serve.h
 * has.
 *
 * A desk has all that belongs to one request: its memory, its connection, its
 * answer. It belongs to one thread at a time: a worker; then, if the answer has
 * to wait for something, whoever brings the news. Desks that are free wait in a
 * room with one lock (serve_desk.c), the one used last on top. */
#ifndef WEB_SERVE_LINE_H
#define WEB_SERVE_LINE_H

#include "base/str.h"
#include "web/pool.h"
#include "web/serve.h"

struct fcgi;

/* Where a request's bytes come from and an answer's go to. */
struct serve_line {
	struct fcgi *fcgi; /* NULL: plain CGI on descriptors 0 and 1 */
	int wait_ms;       /* plain CGI: longest silence of standard input */
};

/* serve_answer - the whole answer. false: the peer is gone, or too slow. */
bool serve_answer(struct serve_line *l, struct str head, struct str body);

/* desk_setup - before the first request. Both are kept. */
void desk_setup(const struct program *program, const struct conf *conf);

/* desk_serve - the whole of one request from fd (taken); its answer may leave
 * after this has returned. desk_go_on - with what was held in the pool.
 * desk_serve_cgi - the request of a plain CGI program, answered on return. */
void desk_serve(int fd);
void desk_go_on(struct pool_held *which);
void desk_serve_cgi(char *const *vars);

/* desk_clear_out - frees the desks that nobody works at. */
void desk_clear_out(void);

#endif
