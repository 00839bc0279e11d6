/* portal_incident.c - what happened at a hospital, for the record after an outage
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_incident.h"

#include "portal/portal_traffic.h"
#include "web/csv.h"

#define ACTS_MOST  1000
#define FILE_BYTES ((size_t)8 * 1024 * 1024)

static int64_t
hours_asked(const struct page *p)
{
	uint64_t n;

	return str_number(page_field(p, "hours"), 3, &n) && n &&
	               n <= TRAFFIC_WEEK
	           ? (int64_t)n
	           : TRAFFIC_DAY;
}

bool
incident_csv(struct page *p)
{
	struct buf b = buf_new(p->w->a, FILE_BYTES);
	const struct db_rows *rows;
	struct db_arg args[4];

	if (!page_of(p, args))
		return false;
	args[2] = db_arg_int(hours_asked(p));
	args[3] = db_arg_int(ACTS_MOST);
	if (!(rows = page_ask(p, "portal_incident", args, COUNT(args))))
		return false;
	csv_rows(&b, rows);
	return page_file(p, CSV_TYPE,
	    arena_printf(p->w->a, "incident-%.*s.csv", STR_FMT(p->part[0])),
	    &b);
}
