/* serve_line.h - where a request's bytes come from and an answer's go to
 * SPDX-License-Identifier: Apache-2.0
 *
 * Between serve.c and serve_body.c; handlers use what web/serve.h has. */
#ifndef WEB_SERVE_LINE_H
#define WEB_SERVE_LINE_H

#include "base/str.h"

struct fcgi;

struct serve_line {
	struct fcgi *fcgi; /* NULL: plain CGI on descriptors 0 and 1 */
	int wait_ms;       /* plain CGI: longest silence of standard input */
};

/* serve_answer - the whole answer. false: the peer is gone, or too slow. */
bool serve_answer(struct serve_line *l, struct str head, struct str body);

#endif
