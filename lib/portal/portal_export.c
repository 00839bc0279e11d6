/* portal_export.c - lists of a page as files: CSV, and AuditEvents
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_export.h"

#include <string.h>

#include "base/clock.h"
#include "fhir/audit_event.h"
#include "fhir/version.h"
#include "web/csv.h"

/* Of 2,000 events with the longest names and purposes, 14 KB each. */
#define FILE_BYTES ((size_t)32 * 1024 * 1024)

/* For programs: the same in every language. */
static const char more_rows[] =
    "There are older rows; ask again with this time as the end.";

static const struct db_cell *
cell_of(const struct db_rows *rows, size_t r, const char *name)
{
	size_t c;

	for (c = 0; c < rows->cols; c++)
		if (!strcmp(rows->names[c], name))
			return &rows->cells[r * rows->cols + c];
	return NULL;
}

static int64_t
number_of(const struct db_rows *rows, size_t r, const char *name)
{
	const struct db_cell *cell = cell_of(rows, r, name);
	int64_t n = 0;

	return cell && db_read_int(*cell, &n) ? n : 0;
}

static struct str
text_of(struct arena *a, const struct db_rows *rows, size_t r, const char *name)
{
	const struct db_cell *cell = cell_of(rows, r, name);
	struct str text;
	struct guid g;
	int64_t n;

	if (!cell || !cell->bytes.at)
		return STR_NONE;
	if (db_read_text(*cell, &text))
		return text;
	if (db_read_int(*cell, &n))
		return str_of(arena_printf(a, "%lld", (long long)n));
	if (db_read_guid(*cell, &g))
		return str_of(guid_write(arena_get(a, GUID_LEN + 1), &g));
	return STR_NONE;
}

/* Is this the last row, and not the last there is? */
static bool
cut_after(const struct db_rows *rows, size_t r)
{
	const struct db_cell *cell = cell_of(rows, r, "more");
	bool more;

	return r + 1 == db_count(rows) && cell && db_read_bool(*cell, &more) &&
	       more;
}

static const char *
file_name(struct page *p, const char *what, const char *ending)
{
	char now[CLOCK_TEXT_LEN];

	clock_text(now, clock_now_us());
	return arena_printf(p->w->a, "%s-%.10s.%s", what, now, ending);
}

bool
export_csv(struct page *p, const struct db_rows *rows,
    const struct export_column *columns, size_t n, const char *what)
{
	struct buf b = buf_new(p->w->a, FILE_BYTES);
	struct arena *one = arena_new(); /* row: b alone grows in ours */
	size_t r, c;

	for (c = 0; c < n; c++)
		csv_cell(&b, str_of(columns[c].title));
	csv_cell(&b, STR("more"));
	csv_end(&b);
	for (r = 0; r < db_count(rows); r++) {
		for (c = 0; c < n; c++)
			csv_cell(&b, text_of(one, rows, r, columns[c].name));
		csv_cell(&b, cut_after(rows, r) ? STR(more_rows) : STR_NONE);
		csv_end(&b);
		arena_reset(one);
	}
	arena_free(one);
	return page_file(p, CSV_TYPE, file_name(p, what, "csv"), &b);
}

static struct audit_event
event_of(struct arena *a, const struct db_rows *rows, size_t r)
{
	return (struct audit_event){
		.trace = text_of(a, rows, r, "trace"),
		.entry = number_of(rows, r, "entry"),
		.recorded = text_of(a, rows, r, "at_text"),
		.interaction = text_of(a, rows, r, "interaction"),
		.type = text_of(a, rows, r, "resource_type"),
		.id = text_of(a, rows, r, "resource_id"),
		.patient = text_of(a, rows, r, "patient_id"),
		.face = text_of(a, rows, r, "face"),
		.status = number_of(rows, r, "status"),
		.reason = text_of(a, rows, r, "reason"),
		.client = text_of(a, rows, r, "client_id"),
		.client_name = text_of(a, rows, r, "client_name"),
		.secret = text_of(a, rows, r, "secret_key_id"),
		.token = text_of(a, rows, r, "token_id"),
		.purpose = text_of(a, rows, r, "purpose"),
		.request_id = text_of(a, rows, r, "request_id"),
		.source = text_of(a, rows, r, "source"),
		.host = text_of(a, rows, r, "host"),
		.tenant = text_of(a, rows, r, "tenant_id"),
		.tenant_name = text_of(a, rows, r, "tenant_name"),
	};
}

bool
export_events(struct page *p, const struct db_rows *rows)
{
	struct arena *a = p->w->a;
	struct buf b = buf_new(a, FILE_BYTES);
	struct audit_events bundle;
	char now[CLOCK_TEXT_LEN];
	size_t r, n = db_count(rows);
	bool cut = n && cut_after(rows, n - 1);

	audit_events_begin(&bundle, &b, p->w->conf->public_base,
	    str_of(clock_text(now, clock_now_us())));
	for (r = 0; r < n && !arena_over(a); r++) {
		struct audit_event e = event_of(bundle.a, rows, r);

		audit_events_add(&bundle, &e);
	}
	audit_events_end(&bundle,
	    cut ? arena_printf(a,
		      "There are older accesses than these; ask again with "
		      "%.*s as the end.",
		      STR_FMT(text_of(a, rows, n - 1, "at_text")))
		: NULL);
	return page_file(
	    p, version_mime(FHIR_R4), file_name(p, "disclosures", "json"), &b);
}
