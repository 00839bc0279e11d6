/* portal_secret.h - making, showing once, and ending the secrets of an app
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTAL_PORTAL_SECRET_H
#define PORTAL_PORTAL_SECRET_H

#include "portal/portal.h"

bool secret_new(struct page *p);

/* The page that shows the value: it is the answer to the form, so that it stands
 * in one answer and at no address. */
bool secret_make_page(struct page *p);

/* secret_of - the secret that the second part of the address names, and its app,
 * into the view; args: who asks, the app, the secret. false: ERR_ADDRESS when
 * the app has none of that name. */
bool secret_of(struct page *p, struct db_arg args[3]);

bool secret_end_ask(struct page *p);
bool secret_end(struct page *p);

#endif
