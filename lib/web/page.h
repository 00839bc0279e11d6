/* page.h - small HTML pages: frame, escaping, and the policy they go with
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pages have no script and load nothing. Text is UTF-8; it is escaped where it
 * enters the page, by the writer that knows the place. */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include "base/buf.h"
#include "base/str.h"

#define PAGE_TYPE "text/html; charset=utf-8"

/* Content-Security-Policy of a page: its own style and nothing else. */
extern const char page_csp[];

/* page_wanted - would whoever sent this Accept field rather read a page than
 * JSON? Browsers name text/html first. */
bool page_wanted(struct str accept);

/* page_text - as content of an element, or in a quoted attribute. Control
 * characters are left out, what is not UTF-8 becomes U+FFFD. */
void page_text(struct buf *b, struct str s);

/* page_link - <a href>; the address must be ours or checked: it is escaped
 * and nothing more. */
void page_link(struct buf *b, struct str href, struct str shown);

/* page_contact - a mail address or http(s) URL as a link, else as text. */
void page_contact(struct buf *b, struct str contact);

/* page_open - from the doctype to <main>, with the title as <h1>.
 *   lang  BCP 47 tag of the page's language
 * page_close - the rest. */
void page_open(struct buf *b, const char *lang, const char *title);
void page_close(struct buf *b);

#endif
