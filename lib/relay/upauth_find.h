/* upauth_find.h - where a server has its token endpoint, by its own account
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RELAY_UPAUTH_FIND_H
#define RELAY_UPAUTH_FIND_H

#include "relay/upauth_token.h"

#define UPAUTH_URL_MAX 500

/* upauth_find - asks for .well-known/smart-configuration (token_endpoint), and
 * where there is none for the statement: the `token` among the oauth-uris of
 * its security. Without a credential: both are public. Owned; free. NULL:
 * ERR_UPSTREAM_TOKEN, neither names one; ERR_UPSTREAM_TOKEN_AWAY, ERR_BUSY,
 * ERR_DEADLINE, ERR_BROKEN as upauth_token_ask. */
char *upauth_find(upauth_door *call, struct engine *en,
    const struct upstream_ask *ask, int64_t deadline_ms, struct err *e);

/* upauth_find_read - the endpoint that a configuration or a statement names;
 * absent: none. Borrowed from a. */
struct str upauth_find_read(struct arena *a, struct str body);

#endif
