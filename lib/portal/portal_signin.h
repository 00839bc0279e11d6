/* portal_signin.h - the pages by which people come in and go out
 * SPDX-License-Identifier: Apache-2.0
 *
 * Passphrase, then a code from the phone where there is one; operators and
 * admins must have one. Each step is a new session. */
#ifndef PORTAL_PORTAL_SIGNIN_H
#define PORTAL_PORTAL_SIGNIN_H

#include "portal/portal.h"

bool signin_show(struct page *p);
bool signin_try(struct page *p);
bool signin_code_show(struct page *p);
bool signin_code_try(struct page *p);
bool signin_out(struct page *p);

/* Signed in a while longer, as by every page that is opened. */
bool signin_stay(struct page *p);

/* Passphrase (and code) once more, before what is sensitive. */
bool signin_again_show(struct page *p);
bool signin_again_try(struct page *p);

/* A phone for one-time codes. */
bool signin_phone_show(struct page *p);
bool signin_phone_set(struct page *p);

/* A link that makes an account, or sets its passphrase. */
bool signin_invited_show(struct page *p);
bool signin_invited_set(struct page *p);

#endif
