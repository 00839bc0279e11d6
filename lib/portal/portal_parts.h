/* portal_parts.h - what portal.c and portal_page.c have of each other
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pages use portal/portal.h. */
#ifndef PORTAL_PORTAL_PARTS_H
#define PORTAL_PORTAL_PARTS_H

#include "portal/portal.h"

#define PORTAL_BASE "/admin"

/* portal_fits - is this an address of that pattern? part receives what stands for
 * each star. */
bool portal_fits(
    const char *pattern, struct str path, struct str part[PORTAL_PARTS]);

/* page_language - which one it is in: by the link, else as it was chosen before,
 * else as the browser asks. */
void page_language(struct page *p);

/* page_failed - a page for p->w->err. false: even that could not be shown. */
bool page_failed(struct page *p);

/* page_go_for - 303 to path, from where somebody goes on to `to`. */
bool page_go_for(struct page *p, const char *path, struct str to);

#endif
