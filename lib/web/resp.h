/* resp.h - an HTTP answer as data, written once at the end
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WEB_RESP_H
#define WEB_RESP_H

#include "base/buf.h"
#include "base/str.h"

#define RESP_HEADERS_MAX 16

struct resp {
	unsigned status;
	const char *type; /* Content-Type; NULL without a body */
	struct str body;  /* borrowed: arena of the request, or immutable */
	bool bodiless;    /* HEAD and 304: no body leaves */
	size_t n;
	struct {
		const char *name;
		const char *value;
	} header[RESP_HEADERS_MAX];
};

/* resp_header - adds a field. The value is borrowed and must be free of CR
 * and LF: a value that has them is left out. */
void resp_header(struct resp *r, const char *name, const char *value);

/* resp_drop - forgets what was said so far: a failure answers instead. */
void resp_drop(struct resp *r);

/* resp_head - everything before the body, in CGI form (RFC 3875 6.2), the
 * empty line included. */
void resp_head(struct buf *b, const struct resp *r);

/* resp_phrase - "Not Found" for 404; RFC 9110 15. */
const char *resp_phrase(unsigned status);

#endif
