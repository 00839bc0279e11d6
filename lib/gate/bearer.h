/* bearer.h - who asks: the access token of a request, believed or refused
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GATE_BEARER_H
#define GATE_BEARER_H

#include "gate/directory.h"
#include "gate/token.h"

/* bearer_read - the token of an Authorization field (RFC 6750 2.1), verified.
 *   field  absent when there is none. Exactly one blank after the scheme;
 *          a token in the query, the body or a cookie is never looked for
 * NULL: ERR_TOKEN_ABSENT without Bearer credentials, else as token_read. */
const struct claims *bearer_read(struct arena *a, struct keyring *k,
    const struct token_rules *rules, struct str field, int64_t now_s,
    struct err *e);

/* bearer_allowed - may that token be used for its tenant at this moment?
 * false: ERR_TOKEN_CLIENT, _SECRET, _GRANT; ERR_TENANT_UNKNOWN, _NOT_GRANTED,
 * _SUSPENDED; ERR_MAINTENANCE with the notice. */
bool bearer_allowed(const struct directory_route *r, const struct claims *c,
    int64_t now_s, struct err *e);

#endif
