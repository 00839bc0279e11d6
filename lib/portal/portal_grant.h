/* portal_grant.h - linking apps to hospitals, and asking for that
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTAL_PORTAL_GRANT_H
#define PORTAL_PORTAL_GRANT_H

#include "portal/portal.h"

/* By operators, on the page of a hospital. */
bool grant_new(struct page *p);
bool grant_make(struct page *p);
bool grant_end_ask(struct page *p);
bool grant_end_do(struct page *p);

/* By whoever keeps an app. The answer tells nothing of what hospitals exist. */
bool request_new(struct page *p);
bool request_make(struct page *p);

/* By operators: what waits, one of them, and its answer. */
bool request_all(struct page *p);
bool request_one(struct page *p);
bool request_approve(struct page *p);
bool request_decline(struct page *p);

#endif
