/* page.c - small HTML pages: frame, escaping, and the policy they go with
 * SPDX-License-Identifier: Apache-2.0 */
#include "web/page.h"

#include <string.h>

#define STYLE                                                                  \
	":root{color-scheme:light dark}"                                       \
	"body{font:1rem/1.6 system-ui,sans-serif;max-width:42rem;"             \
	"margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}"              \
	"dt{font-weight:bold}dd{margin:0 0 .5rem}"

/* The hash is that of STYLE: base64 of its SHA-256. A test holds both equal. */
const char page_csp[] =
    "default-src 'none'; "
    "style-src 'sha256-tR5C25zjladCOGrv4+1hg2rQjHpeR2bVMwm3t16I8Hw='; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

bool
page_wanted(struct str accept)
{
	struct str params;

	while (accept.at) {
		struct str type = str_cut(accept, ',', &accept);

		type = str_trim(str_cut(type, ';', &params), " \t");
		if (str_is_nocase(type, "text/html"))
			return true;
		if (str_starts_nocase(type, "application/json") ||
		    str_starts_nocase(type, "application/fhir"))
			return false;
	}
	return false;
}

static const char *
entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return (unsigned char)c < 0x20 || c == 0x7f ? "" : NULL;
	}
}

/* How many characters from here on stand for themselves: most do. */
static size_t
plain(struct str s, size_t from)
{
	size_t i = from;

	while (
	    i < s.len && s.at[i] >= 0x20 && s.at[i] < 0x7f && !entity(s.at[i]))
		i++;
	return i - from;
}

void
page_text(struct buf *b, struct str s)
{
	for (size_t i = 0, step; i < s.len; i += step) {
		const char *instead;

		if ((step = plain(s, i))) {
			buf_put(b, s.at + i, step);
			continue;
		}
		instead = entity(s.at[i]);
		step = utf8_step(s.at + i, s.len - i);
		if (!step) {
			buf_str(b, "\xef\xbf\xbd");
			step = 1;
		} else if (instead) {
			buf_str(b, instead);
		} else {
			buf_put(b, s.at + i, step);
		}
	}
}

void
page_link(struct buf *b, struct str href, struct str shown)
{
	buf_str(b, "<a href=\"");
	page_text(b, href);
	buf_str(b, "\">");
	page_text(b, shown);
	buf_str(b, "</a>");
}

void
page_contact(struct buf *b, struct str contact)
{
	bool mail = contact.len && memchr(contact.at, '@', contact.len) &&
	            !memchr(contact.at, ' ', contact.len) &&
	            !memchr(contact.at, ':', contact.len);

	if (mail)
		page_link(b,
		    str_of(arena_printf(b->a, "mailto:%.*s", STR_FMT(contact))),
		    contact);
	else if (str_starts(contact, "https://") ||
		 str_starts(contact, "http://"))
		page_link(b, contact, contact);
	else
		page_text(b, contact);
}

void
page_open(struct buf *b, const char *lang, const char *title)
{
	buf_str(b, "<!DOCTYPE html>\n<html lang=\"");
	page_text(b, str_of(lang));
	buf_str(b, "\">\n<head>\n<meta charset=\"utf-8\">\n"
		   "<meta name=\"viewport\" content=\"width=device-width, "
		   "initial-scale=1\">\n<title>");
	page_text(b, str_of(title));
	buf_str(b, "</title>\n<style>" STYLE "</style>\n</head>\n"
		   "<body>\n<main>\n<h1>");
	page_text(b, str_of(title));
	buf_str(b, "</h1>\n");
}

void
page_close(struct buf *b)
{
	buf_str(b, "</main>\n</body>\n</html>\n");
}
