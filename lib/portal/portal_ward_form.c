/* portal_ward_form.c - the forms of made-up patients and their records
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_ward_form.h"

#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "ext/crypt.h"
#include "portal/portal_ward_sent.h"

#define PATIENT    1 /* parts of the address */
#define KIND       2
#define TYPE       2
#define RECORD     3
#define DAY_LEN    10
#define MOMENT_LEN 19 /* without Z */

/* Kinds that a patient is added with. */
static const char *const first_kinds[] = { "person", "stay", "allergy",
	"problem", "heart", "temperature", "pressure", "order", "cover" };

/* ---- fields ---- */

static struct str
start_of(struct page *p, const struct ward_field *f, enum fhir_version v)
{
	char now[CLOCK_TEXT_LEN];
	struct str rest;

	if (f->words[v])
		return f->needed ? str_cut(str_of(f->words[v]), ' ', &rest)
		                 : STR("");
	if (!f->start)
		return STR("");
	clock_text(now, clock_now_us());
	if (!strcmp(f->start, "day"))
		return str_of(arena_dup(p->w->a, now, DAY_LEN));
	if (!strcmp(f->start, "moment"))
		return str_of(arena_printf(p->w->a, "%.*sZ", MOMENT_LEN, now));
	return str_of(f->start);
}

/* ---- a form in the view ---- */

static void
view_words(struct view *row, const char *words, struct str now, bool needed)
{
	struct str rest = str_of(words), word;
	bool chosen = false;

	view_flag(row, "choice", true);
	view_flag(row, "may_lack", !needed);
	while (rest.at) {
		struct view *option = view_row(row, "options");

		word = str_cut(rest, ' ', &rest);
		view_text(option, "word", word);
		view_flag(option, "chosen", str_eq(word, now));
		chosen = chosen || str_eq(word, now);
	}
	if (chosen || !now.len)
		return;
	row = view_row(row, "options"); /* stays until another is chosen */
	view_text(row, "word", now);
	view_flag(row, "chosen", true);
}

static void
view_field(struct page *p, struct view *section, const struct ward_kind *k,
    size_t i, enum fhir_version v, struct str now, bool must)
{
	const struct ward_field *f = &k->fields[i];
	struct view *row = view_row(section, "fields");
	const char *text;
	size_t n;

	view_text(row, "field", str_of(f->name));
	view_text(row, "id", str_of(sent_name(p, k, i)));
	view_text(row, "now", now);
	view_flag(row, "must", f->needed && must);
	if (f->words[v]) {
		view_words(row, f->words[v], now, f->needed);
		return;
	}
	view_text(
	    row, "longest", str_of(arena_printf(p->w->a, "%u", f->longest)));
	view_flag(row, "suggests", f->list != WARD_LIST_NONE);
	for (n = 0; (text = ward_known(f->list, n)); n++)
		view_text(view_row(row, "known"), "text", str_of(text));
}

/* record: NULL for a new one. must: it may not be left empty as a whole. */
static void
view_section(struct page *p, const struct ward_kind *k, enum fhir_version v,
    struct tree_node *record, bool must)
{
	struct view *row = view_row(p->view, "sections");
	struct tree_node *like =
	    record ? record
		   : ward_edit_new(p->w->a, v, k, "x", STR("x"), STR_NONE);
	size_t i;

	view_text(row, "kind", str_of(k->name));
	view_text(row, "unit", ward_unit(k, like));
	for (i = 0; i < k->n; i++) {
		struct str now = sent_text(p, k, i);

		if (p->w->req->method != REQ_POST || !now.at)
			now = record ? ward_field_get(
					   p->w->a, &k->fields[i], v, record)
			             : start_of(p, &k->fields[i], v);
		view_field(p, row, k, i, v, now, must);
	}
}

static void
view_stem(struct page *p)
{
	unsigned char raw[WARD_STEM_LEN / 2];
	char *stem = arena_get(p->w->a, WARD_STEM_LEN + 1);

	crypt_random(raw, sizeof raw);
	enc_hex(stem, raw, sizeof raw);
	view_text(p->view, "stem", str_of(stem));
}

/* The form once more; only for what can be mended there. */
static bool
once_more(struct page *p, bool (*stored)(struct page *p), const char *name)
{
	return (p->w->err.kind == ERR_MALFORMED ||
		   p->w->err.kind == ERR_CONFLICT) &&
	       page_again_over(p, stored, name);
}

/* ---- a new patient ---- */

static bool
view_new_patient(struct page *p)
{
	struct ward_here w;
	size_t i;

	if (!ward_here_view(p, &w))
		return false;
	view_stem(p);
	for (i = 0; i < COUNT(first_kinds); i++)
		view_section(p, ward_kind_named(str_of(first_kinds[i])), w.v,
		    NULL, i < 2); /* the patient and the stay */
	return true;
}

bool
ward_new(struct page *p)
{
	return view_new_patient(p) && page_show(p, "ward_new");
}

/* Something stands in it that does not stand there by itself. */
static bool
filled(struct page *p, const struct ward_kind *k, enum fhir_version v)
{
	size_t i;

	for (i = 0; i < k->n; i++) {
		const struct ward_field *f = &k->fields[i];

		if (!f->start && !(f->words[v] && f->needed) &&
		    sent_text(p, k, i).len)
			return true;
	}
	return !strcmp(k->name, "person") || !strcmp(k->name, "stay");
}

static bool
make_all(struct sent *s)
{
	struct arena *a = s->p->w->a;
	struct str stay =
	    str_of(ward_edit_id(a, ward_kind_named(STR("stay")), s->stem));
	size_t i;

	s->patient =
	    str_of(ward_edit_id(a, ward_kind_named(STR("person")), s->stem));
	for (i = 0; i < COUNT(first_kinds); i++) {
		const struct ward_kind *k =
		    ward_kind_named(str_of(first_kinds[i]));

		if (filled(s->p, k, s->w.v) && !sent_new(s, k, stay))
			return false;
	}
	return true;
}

bool
ward_make_page(struct page *p)
{
	struct sent s;

	if (!sent_begin(p, &s) ||
	    (!s.stem.len && !err_set(&p->w->err, ERR_MALFORMED, NULL)))
		return false;
	if (!make_all(&s) || !sent_add(&s))
		return once_more(p, view_new_patient, "ward_new");
	return page_go(p, "/wards/%.*s/patients/%.*s?done=made",
	    STR_FMT(s.w.name), STR_FMT(s.patient));
}

/* ---- one more record ---- */

static const struct ward_kind *
kind_made(struct page *p)
{
	const struct ward_kind *k = ward_kind_named(p->part[KIND]);

	if (k && k->made)
		return k;
	err_set(&p->w->err, ERR_ADDRESS, NULL);
	return NULL;
}

/* Who the patient is, and the stay that is not over. */
static bool
view_patient(struct page *p, enum fhir_version v, struct str *stay)
{
	const struct db_rows *rows = ward_records_ask(p, NULL, STR_NONE);
	struct tree_node *record;
	size_t r;

	*stay = STR_NONE;
	for (r = 0; rows && r < db_count(rows); r++) {
		if (!(record = ward_record_read(p, rows, r)))
			return false;
		if (!r)
			ward_person_view(p, p->view, v, record);
		else if (!stay->at && ward_stay_present(record))
			*stay = tree_str(record, "id");
	}
	return rows != NULL;
}

static bool
view_new_record(struct page *p)
{
	const struct ward_kind *k = kind_made(p);
	struct ward_here w;
	struct str stay;

	if (!k || !ward_here_view(p, &w) || !view_patient(p, w.v, &stay))
		return false;
	view_stem(p);
	view_text(p->view, "kind", str_of(k->name));
	view_section(p, k, w.v, NULL, true);
	return true;
}

bool
ward_record_new(struct page *p)
{
	return view_new_record(p) && page_show(p, "ward_record_new");
}

bool
ward_record_make(struct page *p)
{
	const struct ward_kind *k = kind_made(p);
	struct str stay;
	struct sent s;

	if (!k || !sent_begin(p, &s) || !view_patient(p, s.w.v, &stay) ||
	    (!s.stem.len && !err_set(&p->w->err, ERR_MALFORMED, NULL)))
		return false;
	if (!sent_new(&s, k, stay) || !sent_add(&s))
		return once_more(p, view_new_record, "ward_record_new");
	return page_go(p, "/wards/%.*s/patients/%.*s?done=more",
	    STR_FMT(s.w.name), STR_FMT(s.patient));
}

/* ---- a record that is there ---- */

static struct tree_node *
stored(struct page *p, enum fhir_version v, const struct ward_kind **k)
{
	const struct db_rows *rows = ward_records_ask(
	    p, str_text(p->w->a, p->part[TYPE]), p->part[RECORD]);
	struct tree_node *record;

	if (!rows || !(record = ward_record_read(p, rows, 0)))
		return NULL;
	view_text(p->view, "patient", p->part[PATIENT]);
	view_text(p->view, "revision", db_text(rows, 0, 3));
	if ((*k = ward_kind_of(v, record)))
		return record;
	err_set(&p->w->err, ERR_ADDRESS, NULL);
	return NULL;
}

static bool
view_stored(struct page *p)
{
	const struct ward_kind *k;
	struct tree_node *record;
	struct ward_here w;

	if (!ward_here_view(p, &w) || !(record = stored(p, w.v, &k)))
		return false;
	view_text(p->view, "type", p->part[TYPE]);
	view_text(p->view, "id", p->part[RECORD]);
	view_text(p->view, "kind", str_of(k->name));
	view_text(p->view, "called", ward_called(p, w.v, record));
	view_section(p, k, w.v, record, true);
	return true;
}

bool
ward_record_edit(struct page *p)
{
	return view_stored(p) && page_show(p, "ward_record");
}

bool
ward_record_change(struct page *p)
{
	const struct ward_kind *k;
	struct tree_node *record;
	bool changed = false;
	struct sent s;

	if (!sent_begin(p, &s) || !(record = stored(p, s.w.v, &k)))
		return false;
	if (!sent_set(&s, k, record, false, &changed) ||
	    (changed && (!sent_record(&s, k, record) || !sent_change(&s))))
		return once_more(p, view_stored, "ward_record");
	return page_go(p, "/wards/%.*s/patients/%.*s?done=%s",
	    STR_FMT(s.w.name), STR_FMT(s.patient), changed ? "saved" : "same");
}
