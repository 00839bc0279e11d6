/* portal_grant.c - linking apps to hospitals, and asking for that
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_grant.h"

#include "app/params.h"

#define CHOICES 2000 /* apps in one choice */

/* One row of a statement, as the page. */
static bool
view_one(struct page *p, const char *statement, const struct db_arg of[2])
{
	const struct db_rows *rows = page_ask(p, statement, of, 2);

	if (rows)
		view_cells(p->view, rows, 0);
	return rows != NULL;
}

static bool
mendable(const struct page *p)
{
	return p->w->err.kind == ERR_MALFORMED ||
	       p->w->err.kind == ERR_CONFLICT || p->w->err.kind == ERR_MISSING;
}

/* ---- by operators -------------------------------------------------------------------- */

/* Apps to choose from. */
static bool
view_apps(struct page *p, const struct db_arg of[2])
{
	const struct db_arg args[] = { of[0], db_arg_text(STR("")),
		db_arg_int(0), db_arg_int(CHOICES) };
	const struct db_rows *rows;
	size_t i;

	if (!view_one(p, "portal_tenant", of) ||
	    !(rows = page_ask(p, "portal_client_list", args, 4)))
		return false;
	for (i = 0; i < db_count(rows); i++) {
		struct view *row = view_row(p->view, "clients");
		char id[GUID_LEN + 1];
		struct guid g = db_guid(rows, i, 0);

		view_cells(row, rows, i);
		view_flag(row, "chosen",
		    str_is(page_field(p, "client"), guid_write(id, &g)));
	}
	return true;
}

static bool
view_linkable(struct page *p)
{
	struct db_arg args[2];

	return page_of(p, args) && view_apps(p, args);
}

bool
grant_new(struct page *p)
{
	return view_linkable(p) && page_show(p, "tenant_link");
}

static bool
give(struct page *p, const struct db_arg of[2])
{
	struct guid client;
	struct db_arg args[] = { of[0], db_arg_null(), of[1],
		db_arg_text(page_field(p, "until")),
		db_arg_text(page_field(p, "types")),
		db_arg_text(page_field(p, "purpose")) };

	if (!guid_read(&client, page_field(p, "client")))
		return err_set(
		    &p->w->err, ERR_MALFORMED, "Choose an app of the list.");
	args[1] = db_arg_guid(&client);
	return page_ask(p, "portal_grant_give", args, COUNT(args)) != NULL;
}

bool
grant_make(struct page *p)
{
	struct db_arg args[2];

	if (!page_of(p, args))
		return false;
	if (give(p, args))
		return page_go(
		    p, "/tenants/%.*s?done=linked", STR_FMT(p->part[0]));
	return mendable(p) && page_again_over(p, view_linkable, "tenant_link");
}

static bool
of_grant(struct page *p, struct db_arg args[3])
{
	struct guid client;

	if (!page_of(p, args) || !page_guid(p, 1, &client))
		return false;
	args[2] = args[1];
	args[1] = db_arg_guid(&client);
	return true;
}

bool
grant_end_ask(struct page *p)
{
	struct db_arg args[2];
	const struct db_rows *rows;
	size_t i;

	if (!page_of(p, args) || !view_one(p, "portal_tenant", args) ||
	    !(rows = page_ask(p, "portal_tenant_grants", args, 2)))
		return false;
	for (i = 0; i < db_count(rows); i++) {
		char id[GUID_LEN + 1];
		struct guid g = db_guid(rows, i, 0);

		if (!str_is(p->part[1], guid_write(id, &g)))
			continue;
		view_cells(p->view, rows, i);
		return page_show(p, "tenant_unlink");
	}
	return err_set(&p->w->err, ERR_ADDRESS, NULL);
}

bool
grant_end_do(struct page *p)
{
	struct db_arg args[3];

	return of_grant(p, args) && page_ask(p, "portal_grant_end", args, 3) &&
	       page_go(p, "/tenants/%.*s?done=unlinked", STR_FMT(p->part[0]));
}

/* ---- by whoever keeps an app --------------------------------------------------------- */

bool
request_new(struct page *p)
{
	struct db_arg args[2];

	return page_of(p, args) && view_one(p, "portal_client", args) &&
	       page_show(p, "tenant_ask");
}

bool
request_make(struct page *p)
{
	struct db_arg args[4];

	if (!page_of(p, args) || !view_one(p, "portal_client", args))
		return false;
	args[2] = db_arg_text(page_field(p, "tenant"));
	args[3] = db_arg_text(page_field(p, "why"));
	if (page_ask(p, "portal_request_add", args, 4))
		return page_go(
		    p, "/clients/%.*s?done=asked", STR_FMT(p->part[0]));
	return mendable(p) && page_again(p, "tenant_ask");
}

/* ---- the answer ------------------------------------------------------------------------ */

bool
request_all(struct page *p)
{
	const struct db_arg who = db_arg_guid(&p->session.account);
	const struct db_rows *rows =
	    page_ask(p, "portal_request_list", &who, 1);

	if (!rows)
		return false;
	view_rows(p->view, "requests", rows);
	view_text(p->view, "done", page_field(p, "done"));
	return page_show(p, "tenant_requests");
}

bool
request_one(struct page *p)
{
	struct db_arg args[2];

	if (!page_of(p, args) || !view_one(p, "portal_request", args))
		return false;
	view_text(p->view, "purpose", view_find(p->view, STR("why"))->text);
	return page_show(p, "tenant_request");
}

static bool
view_asked(struct page *p)
{
	struct db_arg args[2];

	return page_of(p, args) && view_one(p, "portal_request", args);
}

static bool
request_again(struct page *p)
{
	return mendable(p) && page_again_over(p, view_asked, "tenant_request");
}

bool
request_approve(struct page *p)
{
	struct db_arg args[5];

	if (!page_of(p, args))
		return false;
	args[2] = db_arg_text(page_field(p, "until"));
	args[3] = db_arg_text(page_field(p, "types"));
	args[4] = db_arg_text(page_field(p, "purpose"));
	return page_ask(p, "portal_request_approve", args, 5)
	           ? page_go(p, "/requests?done=approved")
	           : request_again(p);
}

bool
request_decline(struct page *p)
{
	struct db_arg args[3];

	if (!page_of(p, args))
		return false;
	args[2] = db_arg_text(page_field(p, "answer"));
	return page_ask(p, "portal_request_decline", args, 3)
	           ? page_go(p, "/requests?done=declined")
	           : request_again(p);
}
