/* portal_provider_key.h - keys that sign for a hospital's tokens, for operators
 * SPDX-License-Identifier: Apache-2.0
 *
 * What `wardgate key ... provider` does (app/cmd_key_provider). The private half
 * is sealed as soon as it is made (portal/portal_sealed). */
#ifndef PORTAL_PORTAL_PROVIDER_KEY_H
#define PORTAL_PORTAL_PROVIDER_KEY_H

#include "portal/portal.h"

/* provider_key_all - the keys, where they are published, what comes next. */
bool provider_key_all(struct page *p);

/* provider_key_make - field `alg`: a new one, which signs if none does. */
bool provider_key_make(struct page *p);

/* provider_key_use - field `now`: whether the hospital had the time to fetch it
 * or not. provider_key_remove - it is published no more. */
bool provider_key_use(struct page *p);
bool provider_key_remove(struct page *p);

#endif
