/* token.c - hands out access tokens, tells of them, ends them
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads   the private signing key and the peppers (no other program can)
 * Asks    the database as role wg_token: sql/prepare/token.sql
 * Speaks  OAuth 2.0 client credentials (RFC 6749 4.4), introspection (RFC 7662),
 *         revocation (RFC 7009); errors as RFC 6749 5.2
 */
#include "app/asker.h"
#include "app/endpoints.h"
#include "app/issue.h"
#include "app/own_token.h"
#include "gate/meter.h"

static const struct route routes[] = {
	{ "POST", ENDPOINT_TOKEN, issue_token, "client credentials grant" },
	{ "POST", ENDPOINT_INTROSPECT, own_token_tell, "RFC 7662" },
	{ "POST", ENDPOINT_REVOKE, own_token_revoke, "RFC 7009" },
};

int
main(int argc, char **argv)
{
	static const struct program token = {
		.name = "token",
		.purpose = "The token endpoint of wardgate.",
		.face = FAIL_OAUTH,
		.routes = routes,
		.n_routes = COUNT(routes),
		.start = asker_start,
		.stop = asker_stop,
		.begin = gateway_begin,
		.refused = asker_refused,
		.settle = asker_settle,
		.settle_later = asker_settle_later,
		.renew = gateway_renew,
		.count = gateway_count,
		.turned_away = meter_unread,
	};

	return serve(argc, argv, &token);
}
