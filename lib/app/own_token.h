/* own_token.h - a client asks about a token of its own: what it is, or its end
 * SPDX-License-Identifier: Apache-2.0
 *
 * Both endpoints authenticate the client as the token endpoint does. A token
 * that is not its own, not ours, or not good any more is one and the same to
 * it. The parameter token_type_hint is of no use here: there is one type. */
#ifndef APP_OWN_TOKEN_H
#define APP_OWN_TOKEN_H

#include "web/serve.h"

/* own_token_tell - POST /oauth2/introspect (RFC 7662). */
bool own_token_tell(struct work *w);

/* own_token_revoke - POST /oauth2/revoke (RFC 7009). The revocation is durable
 * when the answer leaves; 503 when it could not be stored. */
bool own_token_revoke(struct work *w);

#endif
