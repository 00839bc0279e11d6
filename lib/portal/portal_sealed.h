/* portal_sealed.h - what is typed for a hospital's server, closed into a box
 * SPDX-License-Identifier: Apache-2.0
 *
 * It is sealed to the key in use as soon as it was typed or made
 * (gate/credential); this program cannot open it, and no page shows it. The view
 * holds the hospital (statement portal_tenant). */
#ifndef PORTAL_PORTAL_SEALED_H
#define PORTAL_PORTAL_SEALED_H

#include "gate/credential.h"
#include "portal/portal.h"

/* sealed_tenant - the hospital that the address names into the view. */
bool sealed_tenant(struct page *p);

/* sealed_key - `key` into the view: is there one to seal to? */
bool sealed_key(struct page *p);

/* sealed_box - a box around the secret, which the caller wipes; borrowed from the
 * page's arena.
 *   to  tenant, kind and token endpoint; its base_url is set here
 * NULL: ERR_CONFLICT, no key or no server yet; or as credential_close. */
const char *sealed_box(
    struct page *p, struct credential_for *to, struct str secret);

#endif
