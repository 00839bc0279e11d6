/* document.h - an answer that is the same for everybody, made once
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_DOCUMENT_H
#define APP_DOCUMENT_H

#include "web/serve.h"

#define DOCUMENT_CACHE   "public, max-age=300"
#define DOCUMENT_CACHE_S 300 /* the same, as a number */

/* Immutable once made; lives as long as the arena it was made in. */
struct document {
	const char *type; /* Content-Type */
	struct str body;
	const char *etag; /* strong, quotes included */
};

/* document_make - takes what b holds. The tag is of type and body. false:
 * ERR_BROKEN, b failed. */
bool document_make(struct document *d, struct arena *a, const char *type,
    struct buf *b, struct err *e);

/* document_serve - 200, or 304 when If-None-Match names this very document.
 * Cacheable by anyone for five minutes. Always true. */
bool document_serve(struct work *w, const struct document *d);

#endif
