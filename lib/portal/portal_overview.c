/* portal_overview.c - all hospitals at a glance, for operators
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_overview.h"

#include "app/params.h"
#include "portal/portal_traffic.h"

#define TILES    24 /* on a page */
#define PAGE_MAX 100000
#define HOUR_US  (INT64_C(3600) * 1000000)
#define FIND_MAX 100 /* bytes of what a name is searched for */

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

static uint64_t
page_asked(const struct page *p)
{
	uint64_t n;

	return str_number(page_field(p, "page"), 6, &n) && n && n <= PAGE_MAX
	           ? n
	           : 1;
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

/* Links to the pages before and after keep what was searched for. */
static void
view_pages(struct page *p, uint64_t at, int64_t found)
{
	int64_t last = (found + TILES - 1) / TILES;

	view_number(p->view, "found", found);
	if (at > 1)
		view_number(p->view, "page_before", (int64_t)at - 1);
	if ((int64_t)at < last)
		view_number(p->view, "page_after", (int64_t)at + 1);
	view_flag(p->view, "pages", at > 1 || (int64_t)at < last);
	view_number(p->view, "page_now", (int64_t)at);
	view_number(p->view, "page_last", last ? last : 1);
}

static bool
view_tiles(struct page *p)
{
	uint64_t at = page_asked(p);
	struct str find = str_trim(page_field(p, "find"), " \t");
	struct str state = state_asked(p);
	struct db_arg args[5];
	const struct db_rows *rows;
	size_t i;

	if (find.len > FIND_MAX)
		return err_set(&p->w->err, ERR_MALFORMED, NULL);
	args[0] = db_arg_guid(&p->session.account);
	args[1] = db_arg_text(find);
	args[2] = db_arg_text(state);
	args[3] = db_arg_int((int64_t)(at - 1) * TILES);
	args[4] = db_arg_int(TILES);
	if (!(rows = page_ask(p, "portal_overview", args, 5)))
		return false;
	for (i = 0; i < db_count(rows); i++) {
		struct view *tile = view_row(p->view, "tiles");

		view_cells(tile, rows, i);
		view_hours(
		    tile, db_text(rows, i, HOURS), db_time(rows, i, SINCE));
	}
	view_text(p->view, "find", find);
	view_text(p->view, "state", state);
	view_flag(p->view, "narrowed", find.len || state.len);
	view_states(p, state);
	view_pages(p, at, db_count(rows) ? db_int(rows, 0, FOUND) : (int64_t)0);
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
