/* provider_jwks.h - the public keys that the gateway signs with for one hospital
 * SPDX-License-Identifier: Apache-2.0
 *
 * Asked of the database at most once a second and tenant, and remembered for
 * when that does not answer. One lock, never held for a question. */
#ifndef APP_PROVIDER_JWKS_H
#define APP_PROVIDER_JWKS_H

#include "web/serve.h"

/* provider_jwks_get - the JWK Set (RFC 7517 5) at ENDPOINT_JWKS/TENANT. A tenant
 * that there is not, and one without keys, have the same empty one. ERR_ADDRESS:
 * that is no tenant ID; ERR_BUSY: the database does not answer, and nothing is
 * remembered. */
bool provider_jwks_get(struct work *w);

/* provider_jwks_stop - after the last request. */
void provider_jwks_stop(void);

#endif
