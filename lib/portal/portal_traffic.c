/* portal_traffic.c - how much was asked: tables, and a small picture of a day
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_traffic.h"

#include "base/clock.h"

#define PATH_BYTES ((size_t)16 * 1024)
#define BAR_WIDE   8
#define BAR_LOW    2 /* the least that is seen */
#define BEHIND_US  (INT64_C(60) * 1000000)
#define ENDS_MAX   50

/* Columns of the statements that tell of hours. */
enum { HOUR, CALLS, REFUSED, FAILED };

/* ---- the picture ------------------------------------------------------------------- */

/* The busiest hour fills the height; what is not nothing can be seen. */
static int64_t
height(int64_t n, int64_t most)
{
	int64_t high = most ? n * TRAFFIC_HIGH / most : 0;

	return n && high < BAR_LOW ? BAR_LOW : high;
}

static void
put_bar(struct buf *b, size_t hour, int64_t high)
{
	if (high)
		buf_fmt(b, "M%zu %dv-%lldh%dv%lldz", hour * TRAFFIC_WIDE + 1,
		    TRAFFIC_HIGH, (long long)high, BAR_WIDE, (long long)high);
}

void
traffic_picture(struct view *v, const struct traffic_hour *hours, size_t n)
{
	struct buf calls = buf_new(view_arena(v), PATH_BYTES);
	struct buf failed = buf_new(view_arena(v), PATH_BYTES);
	int64_t most = 0;
	size_t i;

	for (i = 0; i < n; i++)
		if (hours[i].calls > most)
			most = hours[i].calls;
	for (i = 0; i < n; i++) {
		put_bar(&calls, i, height(hours[i].calls, most));
		put_bar(&failed, i, height(hours[i].failed, most));
	}
	view_text(v, "spark_calls", str_of(buf_text(&calls)));
	view_text(v, "spark_failed", str_of(buf_text(&failed)));
	view_text(v, "spark_wide",
	    str_of(arena_printf(view_arena(v), "%zu", n * TRAFFIC_WIDE)));
	view_number(v, "spark_most", most);
}

/* ---- what pages show ------------------------------------------------------------------ */

void
traffic_ahead(
    struct page *p, const char *statement, const struct db_arg args[2])
{
	const struct db_arg all[] = { args[0], args[1],
		db_arg_int(TRAFFIC_DAY) };

	page_ahead(p, "traffic_until", NULL, 0);
	page_ahead(p, statement, all, 3);
}

bool
traffic_hours(
    struct page *p, const char *statement, const struct db_arg args[2])
{
	const struct db_arg all[] = { args[0], args[1],
		db_arg_int(TRAFFIC_DAY) };
	const struct db_rows *rows = page_ask(p, statement, all, 3);
	struct traffic_hour *hours;
	size_t i;

	if (!rows)
		return false;
	hours = arena_get(p->w->a, (db_count(rows) + 1) * sizeof *hours);
	for (i = 0; i < db_count(rows); i++) {
		hours[i].calls = db_int(rows, i, CALLS);
		hours[i].failed = db_int(rows, i, FAILED);
	}
	view_rows(p->view, "hours", rows);
	traffic_picture(p->view, hours, db_count(rows));
	return true;
}

bool
traffic_until(struct page *p)
{
	const struct db_rows *rows = page_ask(p, "traffic_until", NULL, 0);

	if (!rows)
		return false;
	view_time(p->view, "until", db_time(rows, 0, 0));
	view_flag(p->view, "behind",
	    clock_now_us() - db_time(rows, 0, 0) > BEHIND_US);
	return true;
}

static void
ends_args(
    const struct page *p, const struct guid *client, struct db_arg args[3])
{
	args[0] = page_who(p);
	args[1] = client ? db_arg_guid(client) : db_arg_null();
	args[2] = db_arg_int(ENDS_MAX);
}

void
traffic_ends_ahead(struct page *p, const struct guid *client)
{
	struct db_arg args[3];

	ends_args(p, client, args);
	page_ahead(p, "portal_secret_ends", args, 3);
}

bool
traffic_ends(struct page *p, const struct guid *client)
{
	const struct db_rows *rows;
	struct db_arg args[3];

	ends_args(p, client, args);
	if (!(rows = page_ask(p, "portal_secret_ends", args, 3)))
		return false;
	view_rows(p->view, "ends", rows);
	view_flag(p->view, "ends_any", db_count(rows) > 0);
	return true;
}
