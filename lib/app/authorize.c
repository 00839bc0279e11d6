/* authorize.c - the authorization endpoint, where nobody can be authorized
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/authorize.h"

#include "fhir/pair.h"
#include "web/page.h"

#define PAGE_BYTES_MAX ((size_t)32 * 1024)

/* How often response_type stands in a query or form. */
static bool
count_asked(struct arena *a, struct str text, unsigned *n, struct err *e)
{
	struct pair p;

	while (text.at) {
		struct str one = str_cut(text, '&', &text);

		if (!one.len)
			continue;
		if (!pair_read(a, one, &p, e))
			return false;
		*n += str_is(p.name, "response_type") && p.value.len;
	}
	return true;
}

/* RFC 6749 3.1: GET, and POST with a form. */
static bool
find_asked(struct work *w, unsigned *n)
{
	struct err bad = { .kind = ERR_NONE };
	struct str form = STR_NONE;

	if (w->req->method == REQ_POST &&
	    !serve_body(w, (size_t)w->conf->token_body_bytes, &form))
		return false;
	if (!count_asked(w->a, w->req->query, n, &bad) ||
	    !count_asked(w->a, form, n, &bad))
		return err_set(&w->err, ERR_MALFORMED, "%s", bad.said);
	return true;
}

static bool
judge(struct work *w)
{
	unsigned n = 0;

	if (!find_asked(w, &n))
		return false;
	if (n > 1)
		return err_set(
		    &w->err, ERR_REPEATED, "response_type stands twice.");
	if (!n)
		return err_set(&w->err, ERR_MALFORMED,
		    "response_type is missing. None would do: nobody signs in "
		    "here.");
	return err_set(&w->err, ERR_RESPONSE_TYPE, NULL);
}

static void
paragraph(struct buf *b, const char *text)
{
	buf_str(b, "<p>");
	page_text(b, str_of(text));
	buf_str(b, "</p>\n");
}

static void
write_page(struct buf *b, const struct work *w)
{
	const char *code = fail_oauth_code(w->err.kind);

	page_open(b, "en", "Nobody signs in here");
	paragraph(b,
	    "A program sent you to this address to sign in. This gateway "
	    "signs in no people: it gives tokens to registered programs only, "
	    "and those ask for them without you. You have done nothing wrong, "
	    "and nothing was changed or passed on.");
	paragraph(b,
	    "If you set that program up, choose client credentials (app to "
	    "app, without user) there. If somebody else did, tell them what "
	    "this page says.");
	buf_str(b, "<h2>For support</h2>\n<dl>\n<dt>Error</dt>\n<dd><code>");
	page_text(b, str_of(code ? code : fail_shown(w->err.kind)));
	buf_str(b, "</code></dd>\n<dt>Meaning</dt>\n<dd>");
	page_text(b, str_of(fail_said(&w->err)));
	buf_str(b, "</dd>\n<dt>Trace id</dt>\n<dd><code>");
	page_text(b, str_of(w->req->trace.id));
	buf_str(b, "</code></dd>\n<dt>Contact</dt>\n<dd>");
	page_text(b, str_of(w->conf->operator_name));
	if (w->conf->operator_contact[0]) {
		buf_str(b, ", ");
		page_contact(b, str_of(w->conf->operator_contact));
	}
	buf_str(b, "</dd>\n</dl>\n");
	page_close(b);
}

bool
authorize_refuse(struct work *w)
{
	struct buf b = buf_new(w->a, PAGE_BYTES_MAX);
	struct resp *r = w->resp;

	judge(w);
	if (!page_wanted(w->req->accept))
		return false; /* the face of the work speaks JSON */
	write_page(&b, w);
	r->status = fail_status(w->face, w->err.kind);
	r->type = PAGE_TYPE;
	r->body = (struct str){ b.at, b.len };
	resp_header(r, "Content-Security-Policy", page_csp);
	resp_header(r, "Referrer-Policy", "no-referrer");
	resp_header(r, "Vary", "Accept");
	return true;
}
