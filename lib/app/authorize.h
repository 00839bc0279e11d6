/* authorize.h - the authorization endpoint, where nobody can be authorized
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_AUTHORIZE_H
#define APP_AUTHORIZE_H

#include "web/serve.h"

/* authorize_refuse - tells a person (a page) or a program (JSON, RFC 6749
 * 4.1.2.1 codes) that there is no user authorization here. No redirect_uri is
 * registered, so none is ever followed or repeated (RFC 6749 4.1.2.1; RFC 9700
 * 4.11). Always 400. */
bool authorize_refuse(struct work *w);

#endif
