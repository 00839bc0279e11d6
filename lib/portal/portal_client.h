/* portal_client.h - the pages of an app: texts, secrets, keys, hospitals
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTAL_PORTAL_CLIENT_H
#define PORTAL_PORTAL_CLIENT_H

#include "portal/portal.h"

bool client_all(struct page *p);
void client_all_ahead(struct page *p);
bool client_new(struct page *p);
bool client_make(struct page *p);
bool client_one(struct page *p);
void client_one_ahead(struct page *p);
bool client_edit(struct page *p);
bool client_change(struct page *p);
bool client_stop(struct page *p);
bool client_start(struct page *p);

/* Public keys, pasted as a JWK Set; a private key among them is refused. */
bool client_keys(struct page *p);
bool client_keys_set(struct page *p);
bool client_keys_none(struct page *p);

#endif
