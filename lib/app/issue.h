/* issue.h - the token endpoint: client credentials in, access token out
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_ISSUE_H
#define APP_ISSUE_H

#include "web/serve.h"

/* issue_start, issue_stop, issue_settle - for the program's page. */
bool issue_start(
    struct arena *a, const struct conf *conf, bool cgi, struct err *e);
void issue_stop(void);
bool issue_settle(struct work *w);

/* issue_token - POST /oauth2/token (RFC 6749 4.4). */
bool issue_token(struct work *w);

#endif
