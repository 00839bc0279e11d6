/* portal_client.c - the pages of an app: texts, secrets, keys, hospitals
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_client.h"

#include "app/params.h"
#include "app/why.h"
#include "ext/jwk.h"
#include "portal/portal_list.h"
#include "portal/portal_traffic.h"

#define REASON  2                    /* column of portal_client_refusals */
#define QUIET_S (INT64_C(7) * 86400) /* silent so long: it can go */

void
client_all_ahead(struct page *p)
{
	list_ahead(p, "portal_client_list");
	traffic_ends_ahead(p, NULL);
}

bool
client_all(struct page *p)
{
	return list_rows(p, "portal_client_list", "clients") &&
	       traffic_ends(p, NULL) && page_show(p, "clients");
}

/* ---- a new one --------------------------------------------------------------------- */

bool
client_new(struct page *p)
{
	return page_show(p, "client_new");
}

bool
client_make(struct page *p)
{
	const struct db_arg args[] = { db_arg_guid(&p->session.account),
		db_arg_text(page_field(p, "name")),
		db_arg_text(page_field(p, "purpose")),
		db_arg_text(page_field(p, "mail")) };
	const struct db_rows *rows = page_ask(p, "portal_client_add", args, 4);
	char id[GUID_LEN + 1];
	struct guid g;

	if (!rows)
		return page_again(p, "client_new");
	g = db_guid(rows, 0, 0);
	return page_go(p, "/clients/%s", guid_write(id, &g));
}

/* ---- one ------------------------------------------------------------------------------ */

static const struct db_rows *
view_client(struct page *p, const struct db_arg args[2])
{
	const struct db_rows *rows = page_ask(p, "portal_client", args, 2);

	if (rows)
		view_cells(p->view, rows, 0);
	return rows;
}

/* ---- what it asked --------------------------------------------------------------------- */

/* Why, in words: as the page "Ask why" has them. */
static bool
view_refusals(struct page *p, const struct db_arg args[3])
{
	const struct db_rows *rows =
	    page_ask(p, "portal_client_refusals", args, 3);
	size_t i;

	for (i = 0; rows && i < db_count(rows); i++) {
		struct view *row = view_row(p->view, "refusals");
		const struct why *why = why_find(db_text(rows, i, REASON));

		view_cells(row, rows, i);
		view_text(row, "happened",
		    why ? words_of(p->lang, str_of(why->happened)) : STR_NONE);
	}
	view_flag(p->view, "refusals_any", rows && db_count(rows));
	return rows != NULL;
}

static bool
view_period(
    struct page *p, const struct db_arg of[2], int64_t hours, const char *list)
{
	const struct db_arg args[] = { of[0], of[1], db_arg_int(hours),
		db_arg_int(TRAFFIC_MOST) };
	const struct db_rows *rows =
	    page_ask(p, "portal_client_traffic", args, 4);
	struct view *row;

	if (!rows)
		return false;
	row = view_row(p->view, "periods");
	view_text(row, "period", str_of(list));
	view_rows(row, "traffic", rows);
	view_flag(row, "traffic_any", db_count(rows) > 0);
	view_flag(row, "timed", hours <= TRAFFIC_DAY);
	view_flag(row, "most", db_count(rows) == TRAFFIC_MOST);
	return true;
}

static bool
view_activity(struct page *p, const struct db_arg of[2])
{
	const struct db_arg week[] = { of[0], of[1], db_arg_int(TRAFFIC_WEEK) };

	return traffic_until(p) &&
	       traffic_hours(p, "portal_client_hours", of) &&
	       view_period(p, of, TRAFFIC_DAY, "day") &&
	       view_period(p, of, TRAFFIC_WEEK, "week") &&
	       view_refusals(p, week);
}

/* Columns of portal_secret_uses. */
enum { KEY_ID, SINCE, USES };

/* All tokens of a secret are counted a minute or two late, the latest are not: it
 * never got fewer than these. */
static void
view_uses(struct view *row, const struct db_rows *uses, size_t r)
{
	const struct view_value *all = view_find(row, STR("uses"));

	view_time(row, "since", db_time(uses, r, SINCE));
	view_number(row, "uses_since", db_int(uses, r, USES));
	if (all && all->number < db_int(uses, r, USES))
		view_number(row, "uses", db_int(uses, r, USES));
}

/* Each secret with the tokens that it got since the hour before. */
static bool
view_secrets(struct page *p, const struct db_arg args[3])
{
	const struct db_rows *rows = page_ask(p, "portal_secret_list", args, 3);
	const struct db_rows *uses = page_ask(p, "portal_secret_uses", args, 2);
	size_t i, u;

	if (!rows || !uses)
		return false;
	for (i = 0; i < db_count(rows); i++) {
		struct view *row = view_row(p->view, "secrets");

		view_cells(row, rows, i);
		for (u = 0; u < db_count(uses); u++)
			if (str_eq(db_text(uses, u, KEY_ID),
				db_text(rows, i, KEY_ID)))
				view_uses(row, uses, u);
	}
	return true;
}

void
client_one_ahead(struct page *p)
{
	struct db_arg args[4];
	struct guid client;

	if (!page_of(p, args) || !page_guid(p, 0, &client))
		return;
	page_ahead(p, "portal_client", args, 2);
	page_ahead(p, "portal_secret_uses", args, 2);
	page_ahead(p, "portal_grant_list", args, 2);
	page_ahead(p, "portal_jwks_list", args, 2);
	page_ahead(p, "portal_request_list_of", args, 2);
	args[2] = db_arg_int(QUIET_S);
	page_ahead(p, "portal_secret_list", args, 3);
	traffic_ahead(p, "portal_client_hours", args);
	traffic_ends_ahead(p, &client);
	args[2] = db_arg_int(TRAFFIC_WEEK);
	page_ahead(p, "portal_client_refusals", args, 3);
	args[3] = db_arg_int(TRAFFIC_MOST);
	page_ahead(p, "portal_client_traffic", args, 4);
	args[2] = db_arg_int(TRAFFIC_DAY);
	page_ahead(p, "portal_client_traffic", args, 4);
}

bool
client_one(struct page *p)
{
	struct db_arg args[3];
	const struct db_rows *grants, *keys, *requests;
	struct guid client;

	if (!page_of(p, args) || !page_guid(p, 0, &client) ||
	    !view_client(p, args))
		return false;
	args[2] = db_arg_int(QUIET_S);
	if (!view_secrets(p, args) || !view_activity(p, args) ||
	    !traffic_ends(p, &client) ||
	    !(grants = page_ask(p, "portal_grant_list", args, 2)) ||
	    !(keys = page_ask(p, "portal_jwks_list", args, 2)) ||
	    !(requests = page_ask(p, "portal_request_list_of", args, 2)))
		return false;
	view_rows(p->view, "grants", grants);
	view_rows(p->view, "requests", requests);
	view_rows(p->view, "keys", keys);
	view_text(p->view, "done", page_field(p, "done"));
	return page_show(p, "client");
}

bool
client_edit(struct page *p)
{
	struct db_arg args[2];
	const struct db_rows *rows;

	if (!page_of(p, args) || !(rows = view_client(p, args)))
		return false;
	view_text(p->view, "mail", db_text(rows, 0, 3));
	return page_show(p, "client_edit");
}

static bool
go_back(struct page *p, const char *done)
{
	return page_go(p, "/clients/%.*s?done=%s", STR_FMT(p->part[0]), done);
}

bool
client_change(struct page *p)
{
	struct db_arg args[5];

	if (!page_of(p, args))
		return false;
	args[2] = db_arg_text(page_field(p, "name"));
	args[3] = db_arg_text(page_field(p, "purpose"));
	args[4] = db_arg_text(page_field(p, "mail"));
	if (page_ask(p, "portal_client_change", args, 5))
		return go_back(p, "saved");
	if (p->w->err.kind != ERR_MALFORMED)
		return false;
	view_text(p->view, "client_id", p->part[0]);
	return page_again(p, "client_edit");
}

static bool
set_able(struct page *p, bool able)
{
	struct db_arg args[3];

	if (!page_of(p, args))
		return false;
	args[2] = db_arg_bool(able);
	return page_ask(p, "portal_client_able", args, 3) &&
	       go_back(p, able ? "enabled" : "disabled");
}

bool
client_stop(struct page *p)
{
	return set_able(p, false);
}

bool
client_start(struct page *p)
{
	return set_able(p, true);
}

/* ---- public keys ------------------------------------------------------------------------ */

bool
client_keys(struct page *p)
{
	struct db_arg args[2];
	const struct db_rows *rows;

	if (!page_of(p, args) || !view_client(p, args) ||
	    !(rows = page_ask(p, "portal_jwks_list", args, 2)))
		return false;
	view_rows(p->view, "keys", rows);
	return page_show(p, "client_keys");
}

static bool
view_stored(struct page *p)
{
	struct db_arg args[2];

	return page_of(p, args) && view_client(p, args);
}

/* What was pasted is not shown again: it may hold a private key by mistake. */
static bool
keys_refused(struct page *p)
{
	p->w->err.kind = ERR_MALFORMED;
	page_forget(p);
	return page_again_over(p, view_stored, "client_keys");
}

bool
client_keys_set(struct page *p)
{
	struct arena *a = p->w->a;
	struct db_arg args[4];
	struct jwk_set *set;

	if (!page_of(p, args))
		return false;
	set = jwk_set_read(page_field(p, "jwks"), &p->w->err);
	if (!set)
		return keys_refused(p);
	arena_adopt(a, set, jwk_set_free);
	args[2] = db_arg_text(str_of(jwk_set_write(a, set)));
	args[3] = db_arg_text(str_of(jwk_set_creds(a, set)));
	return page_ask(p, "portal_jwks_set", args, 4) && go_back(p, "keys");
}

bool
client_keys_none(struct page *p)
{
	struct db_arg args[4];

	if (!page_of(p, args))
		return false;
	args[2] = args[3] = db_arg_null();
	return page_ask(p, "portal_jwks_set", args, 4) && go_back(p, "keys");
}
