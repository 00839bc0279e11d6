/* admin.c - the registration portal: people, their apps, and the secrets of these
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads   the portal key, the peppers, templates and catalogues
 * Asks    the database as role wg_admin: sql/prepare/admin.sql
 * Speaks  HTML
 */
#include "gate/meter.h"
#include "portal/portal.h"

static const struct route routes[] = {
	{ "*", "/admin/*", portal_answer, "every page (portal/portal_routes)" },
	{ "*", "/admin", portal_answer, "the first one" },
};

int
main(int argc, char **argv)
{
	static const struct program admin = {
		.name = "admin",
		.purpose = "The registration portal of wardgate.",
		.face = FAIL_JSON,
		.routes = routes,
		.n_routes = COUNT(routes),
		.start = portal_start,
		.stop = portal_stop,
		.count = portal_count,
		.turned_away = meter_unread,
	};

	return serve(argc, argv, &admin);
}
