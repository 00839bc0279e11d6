/* document.c - an answer that is the same for everybody, made once
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/document.h"

#include "base/enc.h"
#include "ext/crypt.h"

#define TAG_BYTES 12

bool
document_make(struct document *d, struct arena *a, const char *type,
    struct buf *b, struct err *e)
{
	unsigned char sum[CRYPT_SHA256_BYTES];
	char tag[TAG_BYTES * 2];

	if (b->failed)
		return err_why(e, ERR_BROKEN, "a document is too large");
	crypt_sha256(sum, b->at, b->len);
	enc_hex(tag, sum, TAG_BYTES);
	d->type = type;
	d->body = (struct str){ b->at, b->len };
	d->etag = arena_printf(a, "\"%.*s\"", (int)sizeof tag, tag);
	return true;
}

/* RFC 9110 13.1.2: a list of tags, compared weakly, or a star. */
static bool
is_known(struct str none_match, const char *etag)
{
	while (none_match.at) {
		struct str tag =
		    str_trim(str_cut(none_match, ',', &none_match), " \t");

		if (str_starts(tag, "W/"))
			tag = (struct str){ tag.at + 2, tag.len - 2 };
		if (str_is(tag, etag) || str_is(tag, "*"))
			return true;
	}
	return false;
}

bool
document_serve(struct work *w, const struct document *d)
{
	struct resp *r = w->resp;

	resp_header(r, "Cache-Control", DOCUMENT_CACHE);
	resp_header(r, "ETag", d->etag);
	if (is_known(w->req->if_none_match, d->etag)) {
		r->status = 304;
		return true;
	}
	r->type = d->type;
	r->body = d->body;
	return true;
}
