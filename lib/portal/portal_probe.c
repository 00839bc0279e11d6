/* portal_probe.c - what the newest probe of a hospital found, for operators
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_probe.h"

bool
probe_page(struct page *p)
{
	struct db_arg args[2];
	const struct db_rows *tenant, *probe, *found;

	if (!page_of(p, args) ||
	    !(tenant = page_ask(p, "portal_tenant", args, 2)) ||
	    !(probe = page_ask(p, "portal_probe", args, 2)) ||
	    !(found = page_ask(p, "portal_probe_findings", args, 2)))
		return false;
	view_cells(p->view, tenant, 0);
	if (db_count(probe))
		view_cells(p->view, probe, 0);
	view_rows(p->view, "findings", found);
	view_flag(p->view, "any", db_count(found) > 0);
	return page_show(p, "tenant_probe");
}
