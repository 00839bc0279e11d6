/* rehearsal_bundle.h - a searchset around resources that stay as they are
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_REHEARSAL_BUNDLE_H
#define APP_REHEARSAL_BUNDLE_H

#include "rehearsal/rehearsal_visit.h"

/* rehearsal_searchset - the page as Bundle. Links repeat the search that was
 * understood; a POST is linked as the GET that means the same.
 *   path  "/Patient", or "/Patient/p-1/Coverage"
 *   f     whose links and nototal count here */
void rehearsal_searchset(struct buf *b, const struct rehearsal_visit *v,
    const struct rehearsal_faults *f, struct str path, const char *type,
    const struct rehearsal_query *q, const struct rehearsal_found *found);

/* rehearsal_getpages - what ?_getpages= stands for: path and query of a page.
 * false: ERR_PARAM. */
bool rehearsal_getpages(struct arena *a, struct str query, struct str *path,
    struct str *page_query, struct err *e);

/* rehearsal_link_base - the base as links shall show it. */
struct str rehearsal_link_base(
    struct arena *a, struct str base, enum rehearsal_links links);

#endif
