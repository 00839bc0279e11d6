/* portal_why.h - why was I refused, and how to ask rightly
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTAL_PORTAL_WHY_H
#define PORTAL_PORTAL_WHY_H

#include "portal/portal.h"

/* What became of the request with the trace id in field `trace`. */
bool why_page(struct page *p);

/* Examples to copy, with the addresses of this gateway. */
bool help_page(struct page *p);

#endif
