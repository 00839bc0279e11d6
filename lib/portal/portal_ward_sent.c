/* portal_ward_sent.c - what a form of a made-up record brought, as rows
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_ward_sent.h"

#include <string.h>

#include "app/params.h"
#include "base/clock.h"
#include "base/enc.h"
#include "rehearsal/rehearsal_rows.h"
#include "rehearsal/ward_path.h"

#define PATIENT      1 /* parts of the address */
#define TYPE         2
#define RECORD       3
#define RECORD_BYTES ((size_t)1024 * 1024)

const char *
sent_name(struct page *p, const struct ward_kind *k, size_t i)
{
	return arena_printf(p->w->a, "%s.%s", k->name, k->fields[i].name);
}

/* As it was typed; absent: it was not sent. */
struct str
sent_text(struct page *p, const struct ward_kind *k, size_t i)
{
	return str_trim(params_find(p->form, sent_name(p, k, i)), " \t");
}

bool
sent_begin(struct page *p, struct sent *s)
{
	unsigned char raw[WARD_STEM_LEN / 2];

	s->p = p;
	s->stem = page_field(p, "stem");
	s->patient = p->part[PATIENT];
	s->typed = buf_new(p->w->a, RECORD_BYTES);
	s->resources = buf_new(p->w->a, RECORD_BYTES);
	s->terms = buf_new(p->w->a, RECORD_BYTES);
	s->n = 0;
	if (!s->stem.len || (dec_hex(raw, sizeof raw, s->stem) &&
				str_eq(s->stem, str_lower(p->w->a, s->stem))))
		return ward_here_view(p, &s->w);
	return err_set(&p->w->err, ERR_MALFORMED, NULL);
}

static void
sent_typed(struct sent *s, const struct ward_field *f, struct str value)
{
	struct buf *b = &s->typed;

	buf_fmt(
	    b, "%s{\"field\":\"%s\",\"value\":", b->len ? "," : "[", f->name);
	buf_json(b, value.at, value.len);
	buf_char(b, '}');
}

/* What was there may stay, whatever it is. */
static bool
may_be(struct page *p, const struct ward_field *f, enum fhir_version v,
    struct str value)
{
	struct str rest = str_of(f->words[v]), word;

	while (rest.at && value.len) {
		word = str_cut(rest, ' ', &rest);
		if (str_eq(word, value))
			return true;
	}
	return !f->words[v] || !value.len ||
	       err_set(&p->w->err, ERR_MALFORMED,
		   "Choose one of what the list offers.");
}

/* Sets what differs; false: something is not on offer. */
bool
sent_set(struct sent *s, const struct ward_kind *k, struct tree_node *record,
    bool all, bool *changed)
{
	struct arena *a = s->p->w->a;
	size_t i;

	for (i = 0; i < k->n; i++) {
		const struct ward_field *f = &k->fields[i];
		struct str value = sent_text(s->p, k, i);

		if (!value.at && !all)
			continue; /* not asked in this form */
		if (!value.at)
			value = STR("");
		if (!ward_edit_set(a, k, s->w.v, record, i, value) && !all)
			continue;
		*changed = true;
		sent_typed(s, f, value);
		if (!may_be(s->p, f, s->w.v, value))
			return false;
	}
	return true;
}

bool
sent_record(struct sent *s, const struct ward_kind *k, struct tree_node *record)
{
	struct arena *a = s->p->w->a;
	struct buf text = buf_new(a, RECORD_BYTES);
	const char *type = k->type[s->w.v];

	ward_edit_done(a, k, s->w.v, record, clock_now_us());
	tree_write(&text, record);
	s->n++;
	rehearsal_rows_resource(&s->resources, s->n, type, record,
	    (struct str){ text.at, text.len });
	rehearsal_rows_terms(&s->terms, a, s->n, s->w.v, type, record);
	return (!text.failed && !s->resources.failed && !s->terms.failed) ||
	       err_set(&s->p->w->err, ERR_TOO_LARGE, NULL);
}

static struct db_arg
sent_list(struct buf *b)
{
	return db_arg_text(rehearsal_rows_end(b));
}

/* Record numbers are of the hospital's own kind, as its others are. */
static void
number_like(struct sent *s, struct tree_node *patient)
{
	const struct tree_limits lim = { .object = true };
	struct arena *a = s->p->w->a;
	struct err no = { .kind = ERR_NONE };
	struct tree_node *one, *system = NULL;

	if (s->w.sample.at && (one = tree_read(a, s->w.sample, &lim, &no)))
		system = ward_path_find(one, "identifier[MR].system");
	if (tree_text(system).len)
		tree_set_text(
		    ward_path_make(a, s->w.v, patient, "identifier[MR].system"),
		    tree_text(system));
	else
		ward_path_remove(patient, "identifier[MR].system");
}

bool
sent_new(struct sent *s, const struct ward_kind *k, struct str stay)
{
	struct arena *a = s->p->w->a;
	bool person = !strcmp(k->name, "person"), changed = false;
	struct tree_node *record = ward_edit_new(
	    a, s->w.v, k, ward_edit_id(a, k, s->stem), s->patient, stay);

	if (person)
		number_like(s, record);
	return sent_set(s, k, record, true, &changed) &&
	       sent_record(s, k, record);
}

bool
sent_add(struct sent *s)
{
	struct page *p = s->p;
	const struct db_arg args[] = { db_arg_guid(&p->session.account),
		db_arg_text(s->w.name),
		db_arg_text(str_of(version_name(s->w.v))),
		db_arg_text(s->patient), sent_list(&s->typed),
		sent_list(&s->resources), sent_list(&s->terms) };

	return page_ask(p, "portal_ward_add", args, COUNT(args)) != NULL;
}

bool
sent_change(struct sent *s)
{
	struct page *p = s->p;
	const struct db_arg args[] = { db_arg_guid(&p->session.account),
		db_arg_text(s->w.name),
		db_arg_text(str_of(version_name(s->w.v))),
		db_arg_text(s->patient), db_arg_text(p->part[TYPE]),
		db_arg_text(p->part[RECORD]),
		db_arg_text(page_field(p, "revision")), sent_list(&s->typed),
		sent_list(&s->resources), sent_list(&s->terms) };

	return page_ask(p, "portal_ward_change", args, COUNT(args)) != NULL;
}
