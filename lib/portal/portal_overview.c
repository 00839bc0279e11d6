/* portal_overview.c - all hospitals at a glance, for operators
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_overview.h"

#include "app/params.h"
#include "portal/portal_list.h"
#include "portal/portal_traffic.h"

#define TILES   24 /* on a page */
#define HOUR_US (INT64_C(3600) * 1000000)

/* Columns of portal_overview. */
enum { HOURS = 13, FOUND = 16, SINCE };

static const char *const states[] = { "silent", "active", "maintenance",
	"suspended", "new" };

/* A few words of the query; anything else is none of them. */
static struct str
state_asked(const struct page *p)
{
	size_t i;

	for (i = 0; i < COUNT(states); i++)
		if (str_is(page_field(p, "state"), states[i]))
			return str_of(states[i]);
	return STR("");
}

/* calls/refused/failed of each hour, oldest first, as rows and as a picture. */
static void
view_hours(struct view *tile, struct str text, int64_t since_us)
{
	struct traffic_hour hours[TRAFFIC_DAY] = { { 0, 0 } };
	struct str rest = text;
	size_t i;

	for (i = 0; i < TRAFFIC_DAY && rest.at; i++) {
		struct view *row = view_row(tile, "hours");
		struct str one = str_cut(rest, ' ', &rest), more;
		uint64_t n[3] = { 0 };

		str_number(str_cut(one, '/', &more), 18, &n[0]);
		str_number(str_cut(more, '/', &more), 18, &n[1]);
		str_number(more, 18, &n[2]);
		view_time(row, "hour", since_us + (int64_t)i * HOUR_US);
		view_number(row, "calls", (int64_t)n[0]);
		view_number(row, "refused", (int64_t)n[1]);
		view_number(row, "failed", (int64_t)n[2]);
		hours[i].calls = (int64_t)n[0];
		hours[i].failed = (int64_t)n[2];
	}
	traffic_picture(tile, hours, TRAFFIC_DAY);
}

static void
view_states(struct page *p, struct str now)
{
	size_t i;

	for (i = 0; i < COUNT(states); i++) {
		struct view *row = view_row(p->view, "states");

		view_text(row, "word", str_of(states[i]));
		view_text(row, "state_is", str_of(states[i]));
		view_flag(row, "chosen", str_is(now, states[i]));
	}
}

static bool
view_tiles(struct page *p)
{
	struct list_part part;
	struct str state = state_asked(p);
	struct db_arg args[5];
	const struct db_rows *rows;
	size_t i;

	if (!list_asked(p, &part))
		return false;
	args[0] = db_arg_guid(&p->session.account);
	args[1] = db_arg_text(part.find);
	args[2] = db_arg_text(state);
	args[3] = db_arg_int((part.page - 1) * TILES);
	args[4] = db_arg_int(TILES);
	if (!(rows = page_ask(p, "portal_overview", args, 5)))
		return false;
	for (i = 0; i < db_count(rows); i++) {
		struct view *tile = view_row(p->view, "tiles");

		view_cells(tile, rows, i);
		view_hours(
		    tile, db_text(rows, i, HOURS), db_time(rows, i, SINCE));
	}
	list_view(p, &part, "",
	    db_count(rows) ? db_int(rows, 0, FOUND) : (int64_t)0, TILES);
	view_text(p->view, "state", state);
	view_flag(p->view, "narrowed", part.find.len || state.len);
	view_states(p, state);
	return true;
}

bool
overview_show(struct page *p)
{
	const struct db_arg who = db_arg_guid(&p->session.account);
	const struct db_rows *waiting, *changes;

	if (!(waiting = page_ask(p, "portal_request_count", &who, 1)) ||
	    !(changes = page_ask(p, "portal_proposal_count", &who, 1)) ||
	    !traffic_until(p) || !traffic_ends(p, NULL) || !view_tiles(p))
		return false;
	view_number(p->view, "waiting", db_int(waiting, 0, 0));
	view_number(p->view, "changes", db_int(changes, 0, 0));
	return page_show(p, "overview");
}
