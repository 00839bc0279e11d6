/* portal_ward.c - wards to practise on and their made-up patients
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_ward.h"

#include <string.h>

#include "base/fold.h"
#include "portal/portal_list.h"
#include "rehearsal/ward_path.h"

#define EACH    50 /* patients on a page */
#define NEWEST  20 /* records of each type */
#define NODES   ((size_t)100000)
#define WARD    0 /* parts of the address */
#define PATIENT 1
#define TYPE    2
#define RECORD  3

bool
ward_here_view(struct page *p, struct ward_here *w)
{
	const struct db_arg args[] = { db_arg_guid(&p->session.account),
		db_arg_text(p->part[WARD]) };
	const struct db_rows *rows = page_ask(p, "portal_ward", args, 2);

	if (!rows)
		return false;
	w->name = db_text(rows, 0, 0);
	w->sample = db_text(rows, 0, 3);
	if (!version_named(&w->v, db_text(rows, 0, 1)))
		return err_why(&p->w->err, ERR_BROKEN, "a ward's version");
	view_text(p->view, "ward", w->name);
	view_text(p->view, "fhir_version", db_text(rows, 0, 1));
	view_time(p->view, "loaded_at", db_time(rows, 0, 2));
	view_text(p->view, "base",
	    str_of(arena_printf(p->w->a, "%s/rehearsal/%.*s",
		p->w->conf->public_base, STR_FMT(w->name))));
	return true;
}

const struct db_rows *
ward_records_ask(struct page *p, const char *type, struct str id)
{
	const struct db_arg args[] = { db_arg_guid(&p->session.account),
		db_arg_text(p->part[WARD]), db_arg_text(p->part[PATIENT]),
		db_arg_text(str_of(type)), db_arg_text(id),
		db_arg_int(NEWEST) };

	return page_ask(p, "portal_ward_records", args, COUNT(args));
}

static struct tree_node *
read_body(struct page *p, struct str body)
{
	const struct tree_limits lim = { .object = true,
		.nodes = NODES,
		.bad = ERR_BROKEN,
		.large = ERR_BROKEN };

	return tree_read(p->w->a, body, &lim, &p->w->err);
}

struct tree_node *
ward_record_read(struct page *p, const struct db_rows *rows, size_t r)
{
	return read_body(p, db_text(rows, r, 2));
}

void
ward_person_view(struct page *p, struct view *v, enum fhir_version version,
    struct tree_node *patient)
{
	const struct ward_kind *k = ward_kind_named(STR("person"));
	size_t i;

	view_text(v, "patient", tree_str(patient, "id"));
	for (i = 0; i < k->n; i++)
		view_text(v, k->fields[i].name,
		    ward_field_get(p->w->a, &k->fields[i], version, patient));
}

/* ---- lists ---- */

bool
ward_all(struct page *p)
{
	return list_rows(p, "portal_ward_list", "wards") &&
	       page_show(p, "wards");
}

static bool
view_patients(
    struct page *p, const struct ward_here *w, const struct db_rows *rows)
{
	size_t r;

	for (r = 0; r < db_count(rows); r++) {
		struct tree_node *n = read_body(p, db_text(rows, r, 1));

		if (!n)
			return false;
		ward_person_view(p, view_row(p->view, "patients"), w->v, n);
	}
	return true;
}

bool
ward_one(struct page *p)
{
	const struct db_rows *rows;
	struct list_part part;
	struct ward_here w;

	if (!ward_here_view(p, &w) || !list_asked(p, &part))
		return false;
	const struct db_arg args[] = { db_arg_guid(&p->session.account),
		db_arg_text(w.name), db_arg_text(fold_text(p->w->a, part.find)),
		db_arg_int((part.page - 1) * EACH), db_arg_int(EACH) };

	if (!(rows = page_ask(p, "portal_ward_patients", args, COUNT(args))) ||
	    !view_patients(p, &w, rows))
		return false;
	list_view(
	    p, &part, "wards", db_count(rows) ? db_int(rows, 0, 2) : 0, EACH);
	view_text(p->view, "done", page_field(p, "done"));
	return page_show(p, "ward");
}

/* ---- one patient ---- */

struct str
ward_called(struct page *p, enum fhir_version v, struct tree_node *record)
{
	static const struct ward_field code = { .name = "code",
		.how = WARD_CONCEPT,
		.path = { "code", "code", "code" } };

	return ward_field_get(p->w->a, &code, v, record);
}

struct str
ward_unit(const struct ward_kind *k, struct tree_node *record)
{
	return tree_text(ward_path_find(record,
	    !strcmp(k->name, "pressure") ? "component[].valueQuantity.unit"
					 : "valueQuantity.unit"));
}

/* Cells stand in the order of the fields, empty ones with them. */
static void
view_record(struct page *p, struct view *row, enum fhir_version v,
    const struct ward_kind *k, struct tree_node *record)
{
	size_t i;

	view_text(row, "type", tree_str(record, "resourceType"));
	view_text(row, "id", tree_str(record, "id"));
	view_text(row, "called", ward_called(p, v, record));
	for (i = 0; k && i < k->n; i++) {
		const struct ward_field *f = &k->fields[i];
		struct view *cell = view_row(row, "fields");

		view_text(cell, "field", str_of(f->name));
		view_text(cell, "now", ward_field_get(p->w->a, f, v, record));
		if (f->how == WARD_NUMBER)
			view_text(cell, "unit", ward_unit(k, record));
	}
}

/* Those of a kind; NULL: of none. */
static void
view_group(struct page *p, enum fhir_version v, const struct ward_kind *k,
    struct tree_node *const *records, size_t n)
{
	struct view *group = NULL;
	size_t r, i;

	for (r = 1; r < n; r++) {
		if (ward_kind_of(v, records[r]) != k)
			continue;
		if (!group) {
			group = view_row(p->view, "groups");
			view_text(
			    group, "kind", k ? str_of(k->name) : STR("other"));
			for (i = 0; k && i < k->n; i++)
				view_text(view_row(group, "heads"), "field",
				    str_of(k->fields[i].name));
		}
		view_record(p, view_row(group, "records"), v, k, records[r]);
	}
}

static void
view_more(struct page *p, const struct db_rows *rows)
{
	size_t r;

	for (r = 1; r < db_count(rows); r++) {
		int64_t more = db_int(rows, r, 4);
		struct view *row;

		if (!more ||
		    str_eq(db_text(rows, r, 0), db_text(rows, r - 1, 0)))
			continue;
		row = view_row(p->view, "mores");
		view_text(row, "type", db_text(rows, r, 0));
		view_number(row, "more", more);
	}
}

static void
view_kinds(struct page *p)
{
	size_t i;

	for (i = 0; i < ward_kinds_n; i++)
		if (ward_kinds[i].made)
			view_text(view_row(p->view, "kinds"), "kind",
			    str_of(ward_kinds[i].name));
}

bool
ward_patient_page(struct page *p)
{
	const struct db_rows *rows;
	struct tree_node **records;
	struct ward_here w;
	size_t r, i;

	if (!ward_here_view(p, &w) ||
	    !(rows = ward_records_ask(p, NULL, STR_NONE)))
		return false;
	records = arena_get(p->w->a, (db_count(rows) + 1) * sizeof *records);
	for (r = 0; r < db_count(rows); r++)
		if (!(records[r] = ward_record_read(p, rows, r)))
			return false;
	ward_person_view(p, p->view, w.v, records[0]);
	for (i = 1; i < ward_kinds_n; i++)
		view_group(p, w.v, &ward_kinds[i], records, db_count(rows));
	view_group(p, w.v, NULL, records, db_count(rows));
	view_more(p, rows);
	view_kinds(p);
	view_text(p->view, "done", page_field(p, "done"));
	return page_show(p, "ward_patient");
}

/* ---- removed ---- */

static bool
view_stored(struct page *p)
{
	const struct db_rows *rows;
	struct tree_node *record;
	struct ward_here w;

	if (!ward_here_view(p, &w) ||
	    !(rows = ward_records_ask(
		  p, str_text(p->w->a, p->part[TYPE]), p->part[RECORD])) ||
	    !(record = ward_record_read(p, rows, 0)))
		return false;
	view_text(p->view, "patient", p->part[PATIENT]);
	view_text(p->view, "revision", db_text(rows, 0, 3));
	view_record(p, view_row(p->view, "records"), w.v,
	    ward_kind_of(w.v, record), record);
	return true;
}

bool
ward_remove_ask(struct page *p)
{
	return view_stored(p) && page_show(p, "ward_remove");
}

bool
ward_remove_do(struct page *p)
{
	struct ward_here w;

	if (!ward_here_view(p, &w))
		return false;
	const struct db_arg args[] = { db_arg_guid(&p->session.account),
		db_arg_text(w.name), db_arg_text(str_of(version_name(w.v))),
		db_arg_text(p->part[PATIENT]), db_arg_text(p->part[TYPE]),
		db_arg_text(p->part[RECORD]),
		db_arg_text(page_field(p, "revision")) };

	if (!page_ask(p, "portal_ward_remove", args, COUNT(args)))
		return p->w->err.kind == ERR_CONFLICT &&
		       page_again_over(p, view_stored, "ward_remove");
	return str_is(p->part[TYPE], "Patient")
	           ? page_go(p, "/wards/%.*s?done=removed", STR_FMT(w.name))
	           : page_go(p, "/wards/%.*s/patients/%.*s?done=less",
			 STR_FMT(w.name), STR_FMT(p->part[PATIENT]));
}
