/* portal_proposal.c - changes that wait until a second operator agrees
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_proposal.h"

#include "portal/portal_tenant.h"
#include "portal/portal_tls.h"

bool
proposal_all(struct page *p)
{
	const struct db_arg who = db_arg_guid(&p->session.account);
	const struct db_rows *rows =
	    page_ask(p, "portal_proposal_list", &who, 1);

	if (!rows || !tenant_second(p))
		return false;
	view_rows(p->view, "proposals", rows);
	view_text(p->view, "done", page_field(p, "done"));
	return page_show(p, "proposals");
}

static bool
view_proposal(struct page *p)
{
	const struct db_rows *rows, *changes;
	struct db_arg args[2];

	if (!page_of(p, args) ||
	    !(rows = page_ask(p, "portal_proposal", args, 2)) ||
	    !(changes = page_ask(p, "portal_proposal_changes", args, 2)))
		return false;
	view_cells(p->view, rows, 0);
	view_rows(p->view, "changes", changes);
	tls_view(p, "certificates_in",
	    view_find(p->view, STR("certificates"))->text);
	return true;
}

bool
proposal_one(struct page *p)
{
	if (!view_proposal(p))
		return false;
	view_text(p->view, "done", page_field(p, "done"));
	return page_show(p, "proposal");
}

static bool
once_more(struct page *p)
{
	return (p->w->err.kind == ERR_MALFORMED ||
		   p->w->err.kind == ERR_CONFLICT) &&
	       page_again_over(p, view_proposal, "proposal");
}

bool
proposal_approve(struct page *p)
{
	const struct db_rows *rows;
	char id[GUID_LEN + 1];
	struct db_arg args[2];
	struct guid g;

	if (!page_of(p, args))
		return false;
	if (!(rows = page_ask(p, "portal_proposal_approve", args, 2)) ||
	    page_refused(p, rows, 1))
		return once_more(p);
	g = db_guid(rows, 0, 0);
	return page_go(p, "/tenants/%s?done=approved", guid_write(id, &g));
}

bool
proposal_decline(struct page *p)
{
	struct db_arg args[3];

	if (!page_of(p, args))
		return false;
	args[2] = db_arg_text(page_field(p, "answer"));
	return page_ask(p, "portal_proposal_decline", args, 3)
	           ? page_go(p, "/proposals?done=declined")
	           : once_more(p);
}
