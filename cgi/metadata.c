/* metadata.c - what anyone may know: statements, keys, addresses, health
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads   the public keys, and no secret
 * Asks    the database as role wg_metadata whether it is fit for work and, for
 *         a good token, what its hospital can (sql/prepare/metadata.sql);
 *         answers without it all the same
 * Speaks  FHIR statements, RFC 8414, SMART configuration, JWKS (RFC 7517);
 *         refusals in the words of the address: FHIR, OAuth or plain JSON
 */
#include "app/authorize.h"
#include "app/endpoints.h"
#include "app/health.h"
#include "app/jwks.h"
#include "app/metadata.h"
#include "app/metrics.h"
#include "app/provider_jwks.h"
#include "app/statement.h"
#include "app/wellknown.h"
#include "gate/meter.h"

#define SMART  "/.well-known/smart-configuration"
#define SERVER "/.well-known/oauth-authorization-server"

/* clang-format off */
static const struct route routes[] = {
	{ "GET,HEAD", "/fhir/metadata", statement_get, "default statement" },
	{ "GET,HEAD", "/fhir/dstu2/metadata", statement_get, "DSTU2 statement" },
	{ "GET,HEAD", "/fhir/stu3/metadata", statement_get, "STU3 statement" },
	{ "GET,HEAD", "/fhir/r4/metadata", statement_get, "R4 statement" },
	{ "GET,HEAD", "/fhir" SMART, wellknown_smart, "SMART configuration" },
	{ "GET,HEAD", "/fhir/dstu2" SMART, wellknown_smart, "the same" },
	{ "GET,HEAD", "/fhir/stu3" SMART, wellknown_smart, "the same" },
	{ "GET,HEAD", "/fhir/r4" SMART, wellknown_smart, "the same" },
	{ "GET,HEAD", SMART, wellknown_smart, "the same" },
	{ "GET,HEAD", SERVER, wellknown_server, "OAuth server (RFC 8414)" },
	{ "GET,HEAD", ENDPOINT_JWKS, jwks_get, "public keys" },
	{ "GET,HEAD", ENDPOINT_JWKS "/*", provider_jwks_get, "those that sign for one hospital's tokens" },
	{ "GET,HEAD,POST", ENDPOINT_AUTHORIZE, authorize_refuse, "nobody signs in" },
	{ "GET,HEAD", "/healthz", health_live, "alive" },
	{ "GET,HEAD", "/readyz", health_ready, "fit for work, with reasons" },
	{ "GET,HEAD", "/metrics", metrics_get, "figures, for this host only" },
};
/* clang-format on */

int
main(int argc, char **argv)
{
	static const struct program metadata = {
		.name = "metadata",
		.purpose = "What anyone may know of a wardgate: statements, "
			   "keys, addresses, health.",
		.face = FAIL_JSON,
		.routes = routes,
		.n_routes = COUNT(routes),
		.start = metadata_start,
		.stop = metadata_stop,
		.begin = metadata_begin,
		.count = metrics_count,
		.turned_away = meter_unread,
	};

	return serve(argc, argv, &metadata);
}
