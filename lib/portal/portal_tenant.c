/* portal_tenant.c - hospitals, for operators: list, one, new, edit, and its state
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_tenant.h"

#include "app/params.h"
#include "portal/portal_list.h"
#include "portal/portal_traffic.h"

#define LOSSES     100
#define ACTS_FIRST 10  /* on the hospital's own page */
#define ACTS_PAGE  100 /* of its history */

static bool
view_tenant(struct page *p, const struct db_arg args[2])
{
	const struct db_rows *rows = page_ask(p, "portal_tenant", args, 2);

	if (rows)
		view_cells(p->view, rows, 0);
	return rows != NULL;
}

void
tenant_all_ahead(struct page *p)
{
	const struct db_arg who = page_who(p);

	page_ahead(p, "portal_request_count", &who, 1);
	page_ahead(p, "portal_proposal_count", &who, 1);
	list_ahead(p, "portal_tenant_list");
}

bool
tenant_all(struct page *p)
{
	const struct db_arg who = page_who(p);
	const struct db_rows *n = page_ask(p, "portal_request_count", &who, 1);
	const struct db_rows *changes =
	    n ? page_ask(p, "portal_proposal_count", &who, 1) : NULL;

	if (!changes || !list_rows(p, "portal_tenant_list", "tenants"))
		return false;
	view_number(p->view, "changes", db_int(changes, 0, 0));
	view_number(p->view, "waiting", db_int(n, 0, 0));
	return page_show(p, "tenants");
}

/* ---- switches ---------------------------------------------------------------------- */

/* What is chosen from a few; the first word is what a new hospital gets. */
static const struct choice {
	const char *name, *words;
} choices[] = {
	{ "environment", "test production" },
	{ "fhir_version", "R4 STU3 DSTU2" },
	{ "mode", "translate links" },
	{ "search_post", "on off" },
	{ "http2", "off on" },
	{ "can_contains", "auto on off" },
	{ "can_sort", "auto on off" },
	{ "can_total", "auto on off" },
	{ "can_batch", "auto on off" },
	{ "coverage_person", "auto patient beneficiary subscriber policy-holder"
			     " compartment none" },
	{ "write_extensions", "on off" },
};

/* What was sent with the form; else what is stored. */
static struct str
present(const struct page *p, const char *name)
{
	const struct view_value *stored;

	if (page_has(p, name))
		return page_field(p, name);
	stored = view_find(p->view, str_of(name));
	return stored && stored->kind == VIEW_TEXT ? stored->text : STR("");
}

static void
view_choices(struct page *p)
{
	size_t i;

	for (i = 0; i < COUNT(choices); i++) {
		struct view *row = view_row(p->view, "choices");
		struct str rest = str_of(choices[i].words), word, now;

		now = present(p, choices[i].name);
		view_text(row, "field", str_of(choices[i].name));
		view_text(row, "now", now);
		while (rest.at) {
			struct view *option = view_row(row, "options");

			word = str_cut(rest, ' ', &rest);
			view_text(option, "word", word);
			view_flag(option, "chosen", str_eq(word, now));
		}
	}
}

/* ---- one --------------------------------------------------------------------------- */

static bool
view_acts(struct page *p, const struct db_arg of[2],
    const struct db_arg *before, int64_t most)
{
	const struct db_arg args[] = { of[0], of[1], *before,
		db_arg_int(most) };
	const struct db_rows *rows = page_ask(p, "portal_tenant_acts", args, 4);

	if (!rows)
		return false;
	view_rows(p->view, "acts", rows);
	if (db_count(rows) == (size_t)most)
		view_text(
		    p->view, "older", db_text(rows, db_count(rows) - 1, 1));
	return true;
}

static bool
view_traffic(struct page *p, const struct db_arg of[2])
{
	const struct db_arg args[] = { of[0], of[1], db_arg_int(TRAFFIC_DAY),
		db_arg_int(TRAFFIC_MOST) };
	const struct db_rows *rows =
	    page_ask(p, "portal_tenant_traffic", args, 4);

	if (!rows || !traffic_until(p) ||
	    !traffic_hours(p, "portal_tenant_hours", of))
		return false;
	view_rows(p->view, "traffic", rows);
	view_flag(p->view, "traffic_any", db_count(rows) > 0);
	view_flag(p->view, "most", db_count(rows) == TRAFFIC_MOST);
	return true;
}

void
tenant_one_ahead(struct page *p)
{
	struct db_arg args[4];

	if (!page_of(p, args))
		return;
	page_ahead(p, "portal_tenant", args, 2);
	page_ahead(p, "portal_tenant_grants", args, 2);
	traffic_ahead(p, "portal_tenant_hours", args);
	args[2] = db_arg_int(LOSSES);
	page_ahead(p, "portal_tenant_loss", args, 3);
	args[2] = db_arg_null();
	args[3] = db_arg_int(ACTS_FIRST);
	page_ahead(p, "portal_tenant_acts", args, 4);
	args[2] = db_arg_int(TRAFFIC_DAY);
	args[3] = db_arg_int(TRAFFIC_MOST);
	page_ahead(p, "portal_tenant_traffic", args, 4);
}

bool
tenant_one(struct page *p)
{
	const struct db_arg newest = db_arg_null();
	struct db_arg args[3];
	const struct db_rows *grants, *loss;

	if (!page_of(p, args) || !view_tenant(p, args))
		return false;
	args[2] = db_arg_int(LOSSES);
	if (!(grants = page_ask(p, "portal_tenant_grants", args, 2)) ||
	    !(loss = page_ask(p, "portal_tenant_loss", args, 3)) ||
	    !view_acts(p, args, &newest, ACTS_FIRST) || !view_traffic(p, args))
		return false;
	view_rows(p->view, "grants", grants);
	view_rows(p->view, "losses", loss);
	view_flag(p->view, "losses_any", db_count(loss) > 0);
	view_choices(p);
	view_text(p->view, "done", page_field(p, "done"));
	return page_show(p, "tenant");
}

bool
tenant_history(struct page *p)
{
	struct db_arg args[2], before = db_arg_null();
	uint64_t stamp;

	if (!page_of(p, args) || !view_tenant(p, args))
		return false;
	if (str_number(page_field(p, "before"), 17, &stamp))
		before = db_arg_int((int64_t)stamp);
	return view_acts(p, args, &before, ACTS_PAGE) &&
	       page_show(p, "tenant_history");
}

/* ---- new, or changed --------------------------------------------------------------- */

/* Fields of the form, in the order in which portal_tenant_put takes them. */
static const char *const fields[] = { "name", "slug", "provider_url",
	"fhir_version", "mode", "search_post", "http2", "connect_ms",
	"total_ms", "mrn_system", "can_contains", "can_sort", "can_total",
	"can_batch", "coverage_person", "write_extensions", "networks",
	"environment", "requests_max", "calls_per_s", "override" };

enum { WHO, FRESH, TENANT, FIELDS, ARGS = FIELDS + COUNT(fields) };

static const struct db_rows *
put(struct page *p, bool fresh, struct str tenant)
{
	const struct db_rows *rows;
	struct db_arg args[ARGS];
	size_t i;

	args[WHO] = db_arg_guid(&p->session.account);
	args[FRESH] = db_arg_bool(fresh);
	args[TENANT] = db_arg_text(tenant);
	for (i = 0; i < COUNT(fields); i++)
		args[FIELDS + i] = db_arg_text(page_field(p, fields[i]));
	rows = page_ask(p, "portal_tenant_put", args, ARGS);
	return rows && !page_refused(p, rows, 2) ? rows : NULL;
}

bool
tenant_second(struct page *p)
{
	const struct db_arg who = db_arg_guid(&p->session.account);
	const struct db_rows *rows = page_ask(p, "portal_second", &who, 1);

	if (rows)
		view_flag(p->view, "second", db_bool(rows, 0, 0));
	return rows != NULL;
}

static bool
view_fresh(struct page *p)
{
	view_choices(p);
	return tenant_second(p);
}

bool
tenant_new(struct page *p)
{
	return view_fresh(p) && page_show(p, "tenant_new");
}

/* A change that waits for a second operator has a page of its own. false: it is
 * made. */
static bool
waits(struct page *p, const struct db_rows *rows)
{
	char id[GUID_LEN + 1];
	struct guid g;

	if (db_null(rows, 0, 1))
		return false;
	g = db_guid(rows, 0, 1);
	return page_go(p, "/proposals/%s?done=proposed", guid_write(id, &g));
}

bool
tenant_make(struct page *p)
{
	const struct db_rows *rows = put(p, true, page_field(p, "tenant"));
	char id[GUID_LEN + 1];
	struct guid g;

	if (!rows)
		return p->w->err.kind != ERR_ADDRESS &&
		       page_again_over(p, view_fresh, "tenant_new");
	if (waits(p, rows))
		return true;
	g = db_guid(rows, 0, 0);
	return page_go(p, "/tenants/%s?done=made", guid_write(id, &g));
}

static bool
go_back(struct page *p, const char *done)
{
	return page_go(p, "/tenants/%.*s?done=%s", STR_FMT(p->part[0]), done);
}

static bool
view_stored(struct page *p)
{
	struct db_arg args[2];

	if (!page_of(p, args) || !view_tenant(p, args))
		return false;
	view_choices(p);
	return tenant_second(p);
}

/* The form once more; only for what can be mended there. */
static bool
once_more(struct page *p, const char *name)
{
	return (p->w->err.kind == ERR_MALFORMED ||
		   p->w->err.kind == ERR_CONFLICT) &&
	       page_again_over(p, view_stored, name);
}

bool
tenant_edit(struct page *p)
{
	return view_stored(p) && page_show(p, "tenant_edit");
}

bool
tenant_change(struct page *p)
{
	const struct db_rows *rows = put(p, false, p->part[0]);

	return rows ? waits(p, rows) || go_back(p, "saved")
	            : once_more(p, "tenant_edit");
}

/* ---- stopped, and going on ----------------------------------------------------------- */

static bool
ask_first(struct page *p, const char *wanted, const char *name)
{
	struct db_arg args[2];

	if (!page_of(p, args) || !view_tenant(p, args))
		return false;
	view_text(p->view, "wanted", str_of(wanted));
	return page_show(p, name);
}

static bool
set_state(struct page *p, const struct db_arg of[2], const char *state)
{
	const struct db_arg args[] = { of[0], of[1], db_arg_text(str_of(state)),
		db_arg_text(page_field(p, "notice")),
		db_arg_text(page_field(p, "until")),
		db_arg_text(page_field(p, "retry_after_s")) };

	return page_ask(p, "portal_tenant_state_set", args, COUNT(args)) !=
	       NULL;
}

/* Only maintenance has words; those that came with another form are not read. */
static bool
set_plain(struct page *p, const char *state)
{
	struct db_arg args[2];

	page_forget(p);
	return page_of(p, args) && set_state(p, args, state) &&
	       go_back(p, state);
}

bool
tenant_suspend_ask(struct page *p)
{
	return ask_first(p, "suspended", "tenant_state");
}

bool
tenant_suspend_do(struct page *p)
{
	return set_plain(p, "suspended");
}

bool
tenant_resume_ask(struct page *p)
{
	return ask_first(p, "active", "tenant_state");
}

bool
tenant_resume_do(struct page *p)
{
	return set_plain(p, "active");
}

bool
tenant_maintenance_ask(struct page *p)
{
	return ask_first(p, "maintenance", "tenant_maintenance");
}

bool
tenant_maintenance_do(struct page *p)
{
	struct db_arg args[2];

	if (!page_of(p, args))
		return false;
	return set_state(p, args, "maintenance")
	           ? go_back(p, "maintenance")
	           : once_more(p, "tenant_maintenance");
}
