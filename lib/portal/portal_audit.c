/* portal_audit.c - the trail, for auditors: whose records, refusals, acts
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_audit.h"

#include "app/params.h"
#include "base/clock.h"
#include "portal/portal_export.h"

#define PAGE_ROWS 100
#define DAY_US    ((int64_t)86400 * 1000000)
#define FIELDS    6 /* of a form, at most */

/* A list: what its form has, in the order in which its statement takes it. */
struct list {
	const char *statement, *template;
	const char *field[FIELDS + 1];
	bool by_post; /* its fields stand in no address */
};

static const struct list patient = { "portal_disclosures", "audit_patient",
	{ "tenant", "patient", "since", "until", "why" }, true };
static const struct list denied = { "portal_refusals", "audit_denied",
	{ "since", "until", "tenant", "client", "cause" }, false };
static const struct list acts = { "portal_acts_list", "audit_acts",
	{ "since", "until", "who", "kind" }, false };

/* ---- the forms ---------------------------------------------------------------- */

/* The names of hospitals and apps, to choose from. */
static bool
view_names(struct page *p)
{
	const struct db_arg who = db_arg_guid(&p->session.account);
	const struct db_rows *rows = page_ask(p, "portal_trail_names", &who, 1);
	size_t i;

	if (!rows)
		return false;
	for (i = 0; i < db_count(rows); i++)
		view_cells(
		    view_row(p->view, str_is(db_text(rows, i, 0), "tenant")
					  ? "tenants"
					  : "clients"),
		    rows, i);
	return true;
}

/* Nobody has to say since when: a week, and of a patient a month. */
static struct str
since_of(struct page *p, const struct list *l)
{
	int64_t days = l->by_post ? 30 : 7;
	char at[CLOCK_TEXT_LEN];

	if (page_has(p, "since") || p->w->req->method == REQ_POST)
		return page_field(p, "since");
	clock_text(at, clock_now_us() - days * DAY_US);
	return str_of(arena_dup(p->w->a, at, 10));
}

static void
view_fields(struct page *p, const struct list *l)
{
	size_t i;

	for (i = 0; l->field[i]; i++)
		view_text(p->view, l->field[i], page_field(p, l->field[i]));
	view_text(p->view, "since", since_of(p, l));
	view_text(p->view, "after", page_field(p, "after"));
	view_number(p->view, "page_rows", PAGE_ROWS);
	view_number(p->view, "file_rows", EXPORT_ROWS);
}

/* ---- the lists ---------------------------------------------------------------- */

/* how: the statement's own second parameter. */
static const struct db_rows *
ask(struct page *p, const struct list *l, struct db_arg how, int64_t most)
{
	struct db_arg args[FIELDS + 4];
	size_t i, n = 0;

	args[n++] = db_arg_guid(&p->session.account);
	args[n++] = how;
	for (i = 0; l->field[i]; i++)
		args[n++] = db_arg_text(str_is(str_of(l->field[i]), "since")
					    ? since_of(p, l)
					    : page_field(p, l->field[i]));
	args[n++] = db_arg_text(page_field(p, "after"));
	args[n++] = db_arg_int(most);
	return page_ask(p, l->statement, args, n);
}

static void
view_found(struct page *p, const struct db_rows *rows)
{
	size_t i, n = db_count(rows);

	view_flag(p->view, "asked", true);
	view_number(p->view, "told", (int64_t)n);
	for (i = 0; i < n; i++) {
		struct view *row = view_row(p->view, "found");
		const struct view_value *status;

		view_cells(row, rows, i);
		status = view_find(row, STR("status"));
		view_flag(row, "fine",
		    status && status->kind == VIEW_NUMBER &&
			status->number < 400);
		if (i + 1 < n)
			continue;
		view_flag(
		    p->view, "more", view_find(row, STR("more"))->text.len > 0);
		view_text(p->view, "next", view_find(row, STR("key"))->text);
	}
}

static bool
once_more(struct page *p, const struct list *l)
{
	return p->w->err.kind == ERR_MALFORMED &&
	       page_again_over(p, view_names, l->template);
}

static bool
show(struct page *p, const struct list *l, struct db_arg how)
{
	const struct db_rows *rows = ask(p, l, how, PAGE_ROWS);

	view_fields(p, l);
	if (!rows)
		return once_more(p, l);
	view_found(p, rows);
	return view_names(p) && page_show(p, l->template);
}

static bool
file(struct page *p, const struct list *l, struct db_arg how,
    const struct export_column *columns, size_t n, const char *what)
{
	const struct db_rows *rows = ask(p, l, how, EXPORT_ROWS);

	if (!rows) {
		view_fields(p, l);
		return once_more(p, l);
	}
	return columns ? export_csv(p, rows, columns, n, what)
	               : export_events(p, rows);
}

bool
audit_home(struct page *p)
{
	return page_show(p, "audit");
}

/* ---- whose records -------------------------------------------------------------- */

bool
audit_patient(struct page *p)
{
	/* nothing of the address: no patient is asked for by one */
	view_text(p->view, "since", since_of(p, &patient));
	return view_names(p) && page_show(p, patient.template);
}

bool
audit_patient_find(struct page *p)
{
	return show(p, &patient, db_arg_text(STR("search")));
}

bool
audit_patient_csv(struct page *p)
{
	static const struct export_column columns[] = { { "time", "at_text" },
		{ "trace_id", "trace" }, { "entry", "entry" },
		{ "tenant_id", "tenant_id" }, { "tenant", "tenant_name" },
		{ "patient_id", "patient_id" }, { "client_id", "client_id" },
		{ "client", "client_name" }, { "purpose", "purpose" },
		{ "interaction", "interaction" },
		{ "resource_type", "resource_type" },
		{ "resource_id", "resource_id" }, { "face", "face" },
		{ "status", "status" }, { "reason", "reason" },
		{ "returned", "returned" }, { "source", "source" },
		{ "secret_key_id", "secret_key_id" },
		{ "token_id", "token_id" }, { "request_id", "request_id" },
		{ "host", "host" } };

	return file(p, &patient, db_arg_text(STR("csv")), columns,
	    COUNT(columns), "disclosures");
}

bool
audit_patient_fhir(struct page *p)
{
	return file(
	    p, &patient, db_arg_text(STR("fhir")), NULL, 0, "disclosures");
}

/* ---- what was refused ------------------------------------------------------------- */

static bool
view_counts(struct page *p)
{
	const struct db_arg args[] = { db_arg_guid(&p->session.account),
		db_arg_text(since_of(p, &denied)),
		db_arg_text(page_field(p, "until")),
		db_arg_text(page_field(p, "tenant")),
		db_arg_text(page_field(p, "client")),
		db_arg_text(page_field(p, "cause")) };
	const struct db_rows *rows =
	    page_ask(p, "portal_refusal_counts", args, COUNT(args));

	if (rows)
		view_rows(p->view, "counts", rows);
	return rows != NULL;
}

bool
audit_denied(struct page *p)
{
	return view_counts(p)
	           ? show(p, &denied, db_arg_bool(false))
	           : (view_fields(p, &denied), once_more(p, &denied));
}

bool
audit_denied_csv(struct page *p)
{
	static const struct export_column columns[] = { { "time", "at_text" },
		{ "trace_id", "trace" }, { "entry", "entry" },
		{ "program", "program" }, { "client_id", "client_id" },
		{ "client", "client_name" }, { "tenant_id", "tenant_id" },
		{ "tenant", "tenant_name" }, { "interaction", "interaction" },
		{ "resource_type", "resource_type" }, { "face", "face" },
		{ "status", "status" }, { "reason", "reason" },
		{ "source", "source" } };

	return file(
	    p, &denied, db_arg_bool(true), columns, COUNT(columns), "refusals");
}

/* ---- what people did --------------------------------------------------------------- */

bool
audit_acts(struct page *p)
{
	return show(p, &acts, db_arg_bool(false));
}

bool
audit_acts_csv(struct page *p)
{
	static const struct export_column columns[] = { { "time", "at_text" },
		{ "made_by", "made_by" }, { "act", "act" },
		{ "client_id", "client_id" }, { "client", "client_name" },
		{ "tenant_id", "tenant_id" }, { "tenant", "tenant_name" },
		{ "secret_key_id", "secret_key_id" },
		{ "patient_id", "patient_id" }, { "detail", "detail" },
		{ "source", "source" } };

	return file(
	    p, &acts, db_arg_bool(true), columns, COUNT(columns), "acts");
}
