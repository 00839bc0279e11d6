/* endpoints.h - the OAuth addresses, spelled once for all that name them
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_ENDPOINTS_H
#define APP_ENDPOINTS_H

#include "base/conf.h"

#define ENDPOINT_TOKEN      "/oauth2/token"
#define ENDPOINT_AUTHORIZE  "/oauth2/authorize"
#define ENDPOINT_JWKS       "/oauth2/jwks"
#define ENDPOINT_INTROSPECT "/oauth2/introspect"
#define ENDPOINT_REVOKE     "/oauth2/revoke"

/* Absolute URLs below public_base, never below a Host that came along. */
struct endpoints {
	const char *issuer; /* public_base itself */
	const char *token;
	const char *authorize;
	const char *jwks;
	const char *introspect;
	const char *revoke;
};

/* endpoints_of - borrowed from a and conf. */
struct endpoints endpoints_of(struct arena *a, const struct conf *conf);

#endif
