/* facade_page.h - links to more of a search, as handles that only we can read
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_FACADE_PAGE_H
#define APP_FACADE_PAGE_H

#include "app/visit.h"
#include "fhir/bundle.h"
#include "fhir/match.h"
#include "fhir/search_plan.h"

/* facade_page_self - where this search is to be asked again.
 * facade_page_again - the link that it came by: the handle `text`. */
struct str facade_page_self(struct visit *v, const struct search *s);
struct str facade_page_again(struct visit *v, struct str text);

/* facade_page_read - what a handle holds. false: as cursor_read; ERR_CURSOR
 * too when the provider was changed since. */
bool facade_page_read(struct visit *v, struct str text, struct cursor *c);

/* facade_page_end - where the page before a handle's ended. */
struct match_end facade_page_end(const struct cursor *c);

/* What goes from one of the provider's pages to the next, so that each can be
 * held against what was asked for. */
struct page_chain {
	const struct search *search;
	int64_t total;        /* of all pages; CURSOR_UNKNOWN, CURSOR_UNTRUE */
	struct match_end end; /* of this page, for the next one's order */
};

/* facade_page_theirs - b's links become ours: handles over the provider's. One
 * that leads nowhere that we may ask is left out, and a note says so.
 *   asked  where they are relative to, below the provider's base
 * false: as cursor_make; ERR_TOO_LARGE, the search is too long to go along. */
bool facade_page_theirs(struct visit *v, struct bundle *b, struct str self,
    struct str asked, const struct page_chain *chain);

/* facade_page_ours - links of a search whose pages the gateway makes: they run
 * it again and show it from another match on.
 *   offset  matches before this page; matches  in all pages */
bool facade_page_ours(struct visit *v, struct bundle *b, struct str self,
    const struct search *s, uint64_t offset, uint64_t matches);

#endif
