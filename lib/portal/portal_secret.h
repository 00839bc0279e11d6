/* portal_secret.h - making, showing once, and ending the secrets of an app
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTAL_PORTAL_SECRET_H
#define PORTAL_PORTAL_SECRET_H

#include "portal/portal.h"

bool secret_new(struct page *p);

/* The page that shows the value: it is the answer to the form, so that it stands
 * in one answer and at no address. */
bool secret_make_page(struct page *p);

bool secret_end_ask(struct page *p);
bool secret_end(struct page *p);

#endif
