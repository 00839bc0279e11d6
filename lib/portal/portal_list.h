/* portal_list.h - long lists: a page at a time, and those with a word in the name
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTAL_PORTAL_LIST_H
#define PORTAL_PORTAL_LIST_H

#include "portal/portal.h"

/* What the query asks for. */
struct list_part {
	struct str find; /* "": all */
	int64_t page;    /* from 1 */
};

/* list_asked - fields `find` and `page`. false: ERR_MALFORMED, far too long. */
bool list_asked(struct page *p, struct list_part *part);

/* list_view - into the page what its form and its links need, for part list_pages
 * and list_find: find, found, page_before, page_after, page_now, page_last.
 *   name   where the list is, below /admin/; "" is home
 *   found  how many there are in all, of which `each` stand on a page */
void list_view(struct page *p, const struct list_part *part, const char *name,
    int64_t found, int64_t each);

/* list_rows - the statement's part of a list, its rows under `name`. It takes who
 * asks, find, how many to leave out, and how many; its last column is how many
 * there are. */
bool list_rows(struct page *p, const char *statement, const char *name);

/* list_ahead - what list_rows will ask (portal_route.ahead). */
void list_ahead(struct page *p, const char *statement);

#endif
