/* portal_health.c - is the gateway well, and what to do if not, for operators
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_health.h"

#include "app/doctor.h"
#include "app/health.h"

/* In the order in which they are shown. */
static const char *const states[] = { "fault", "warning", "unseen", "ok" };

static void
view_finding(struct page *p, struct str subject, const char *state,
    struct str finding, struct str act)
{
	struct view *row = view_row(p->view, "findings");

	view_text(row, "subject", subject);
	view_text(row, "state", str_of(state));
	view_text(row, "finding", finding);
	view_text(row, "act", act);
}

/* The checks of /readyz that need a database. */
static void
view_ready(struct page *p, const struct db_rows *rows, const char *state)
{
	size_t i;

	for (i = 0; i < db_count(rows); i++) {
		bool ok = db_bool(rows, i, 1);

		if (str_is(str_of(ok ? "ok" : "fault"), state))
			view_finding(p, db_text(rows, i, 0), state,
			    db_text(rows, i, 2),
			    ok ? STR_NONE
			       : str_of(doctor_cure(db_text(rows, i, 0))));
	}
}

static void
view_found(struct page *p, const struct db_rows *rows, const char *state)
{
	size_t i;

	for (i = 0; i < db_count(rows); i++)
		if (str_is(db_text(rows, i, 1), state))
			view_finding(p, db_text(rows, i, 0), state,
			    db_text(rows, i, 2), db_text(rows, i, 3));
}

static void
view_verdict(
    struct page *p, const struct db_rows *ready, const struct db_rows *found)
{
	int64_t faults = 0, warnings = 0;
	size_t i;

	for (i = 0; i < db_count(ready); i++)
		faults += !db_bool(ready, i, 1);
	for (i = 0; i < db_count(found); i++) {
		faults += str_is(db_text(found, i, 1), "fault");
		warnings += str_is(db_text(found, i, 1), "warning");
	}
	view_number(p->view, "faults", faults);
	view_number(p->view, "warnings", warnings);
	view_flag(p->view, "bad", faults > 0);
	view_flag(p->view, "poor", warnings > 0);
	view_flag(p->view, "well", !faults && !warnings);
}

bool
health_page(struct page *p)
{
	const struct db_arg who = db_arg_guid(&p->session.account);
	const struct db_arg range[] = { db_arg_int(HEALTH_SCHEMA_LOWEST),
		db_arg_int(HEALTH_SCHEMA_HIGHEST) };
	const struct db_rows *found = page_ask(p, "portal_health", &who, 1),
			     *ready =
				 found ? page_ask(p, "ready", range, 2) : NULL;
	size_t i;

	if (!ready)
		return false;
	view_verdict(p, ready, found);
	for (i = 0; i < COUNT(states); i++) {
		view_ready(p, ready, states[i]);
		view_found(p, found, states[i]);
	}
	view_text(p->view, "version", STR(WG_VERSION));
	view_number(p->view, "lowest", HEALTH_SCHEMA_LOWEST);
	view_number(p->view, "highest", HEALTH_SCHEMA_HIGHEST);
	return page_show(p, "health");
}
