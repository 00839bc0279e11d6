/* endpoints.c - the OAuth addresses, spelled once for all that name them
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/endpoints.h"

struct endpoints
endpoints_of(struct arena *a, const struct conf *conf)
{
	const char *base = conf->public_base;

	return (struct endpoints){
		.issuer = base,
		.token = arena_printf(a, "%s" ENDPOINT_TOKEN, base),
		.authorize = arena_printf(a, "%s" ENDPOINT_AUTHORIZE, base),
		.jwks = arena_printf(a, "%s" ENDPOINT_JWKS, base),
		.introspect = arena_printf(a, "%s" ENDPOINT_INTROSPECT, base),
		.revoke = arena_printf(a, "%s" ENDPOINT_REVOKE, base),
	};
}
