/* facade.c - the FHIR endpoint of all tenants
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads   public keys, the cursor key, and the keys that open the providers'
 *         credentials
 * Asks    the database as role wg_facade: sql/prepare/facade.sql; the
 *         providers of the tenants
 * Speaks  FHIR DSTU2, STU3 and R4; errors as OperationOutcome
 */
#include "app/facade.h"
#include "app/gateway.h"
#include "gate/meter.h"

static const struct route routes[] = {
	{ "*", "/fhir*", facade_answer, "read and search, by token" },
};

int
main(int argc, char **argv)
{
	static const struct program facade = {
		.name = "facade",
		.purpose = "The FHIR endpoint of wardgate.",
		.face = FAIL_STU3,
		.routes = routes,
		.n_routes = COUNT(routes),
		.waits = true,
		.vary = "Accept, Authorization",
		.start = facade_start,
		.stop = facade_stop,
		.begin = gateway_begin,
		.refused = facade_refused,
		.settle = facade_settle,
		.settle_later = facade_settle_later,
		.count = gateway_count,
		.turned_away = meter_unread,
	};

	return serve(argc, argv, &facade);
}
