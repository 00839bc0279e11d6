/* issue.h - the token endpoint: client credentials in, access token out
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_ISSUE_H
#define APP_ISSUE_H

#include "web/serve.h"

/* issue_token - POST /oauth2/token (RFC 6749 4.4). */
bool issue_token(struct work *w);

#endif
