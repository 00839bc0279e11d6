/* match.c - does a record match a search?
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/match.h"

#include <string.h>

#include "base/fold.h"
#include "fhir/date.h"
#include "fhir/match_inner.h"
#include "fhir/systems.h"
#include "fhir/value.h"

/* One alternative of a parameter's value. */
struct want {
	struct str text;   /* folded; :exact and ids: as it came */
	struct str system; /* of a token; absent: any, empty: none */
	struct date_span span;
	enum date_prefix prefix;
};

/* One parameter: one of its wants must be met. */
struct term {
	const struct param *param;
	enum iface_kind kind;
	bool exact;
	bool record_number; /* see match.h */
	struct want *wants;
	size_t n;
};

struct match {
	enum iface_type type;
	enum fhir_version face;
	const struct term *terms;
	size_t n;
};

/* ---- what is wanted ------------------------------------------------------ */

static void
read_want(struct arena *a, struct term *t, struct str one)
{
	struct want *w = &t->wants[t->n++];
	struct str code;

	switch (t->kind) {
	case IFACE_STRING:
		w->text = value_plain(a, one);
		if (!t->exact)
			w->text = fold_text(a, w->text);
		break;
	case IFACE_TOKEN:
		w->system = value_part(one, '|', &code);
		if (!code.at) {
			code = w->system;
			w->system = STR_NONE;
		}
		w->system = value_plain(a, w->system);
		w->text = value_plain(a, code);
		break;
	case IFACE_DATE:
		w->prefix = date_prefix(&one);
		if (!date_span(&w->span, one))
			t->n--; /* search_read has seen to it */
		break;
	default:
		w->text = one;
	}
}

static size_t
alternatives(struct str value)
{
	size_t n = 0;

	while (value.at) {
		value_cut(&value);
		n++;
	}
	return n;
}

/* A number without a system, and not just "any of that system". */
static bool
names_record(const struct term *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->wants[i].system.at)
			return false;
	return !strcmp(t->param->name, "identifier") &&
	       !strcmp(t->param->type, "Patient");
}

static bool
open_term(struct arena *a, struct term *t, enum iface_type type,
    enum fhir_version face, const struct search_param *p)
{
	struct str rest = p->value;

	t->param =
	    param_find(face, iface_name(type, face), str_of(p->param->name));
	t->kind = p->param->kind;
	t->exact = p->modifier == IFACE_EXACT;
	t->wants = arena_get(a, alternatives(rest) * sizeof *t->wants);
	while (rest.at)
		read_want(a, t, value_cut(&rest));
	t->record_number = t->param && names_record(t);
	return t->param != NULL;
}

const struct match *
match_open(struct arena *a, enum iface_type type, enum fhir_version face,
    const struct search_param *params, size_t n)
{
	struct match *m = arena_get(a, sizeof *m);
	struct term *terms = arena_get(a, n * sizeof *terms);

	m->type = type;
	m->face = face;
	m->terms = terms;
	for (size_t i = 0; i < n; i++)
		m->n += open_term(a, &terms[m->n], type, face, &params[i]);
	return m;
}

/* ---- what a record says -------------------------------------------------- */

/* One term and one record. */
struct look {
	struct arena *a;
	const struct term *term;
	bool found;
};

static bool
contains(struct str text, struct str part)
{
	return !part.len || (text.len >= part.len &&
				memmem(text.at, text.len, part.at, part.len));
}

static void
see_text(void *ctx, struct str text)
{
	struct look *l = ctx;
	struct str folded = l->term->exact ? text : fold_text(l->a, text);

	for (size_t i = 0; i < l->term->n && !l->found; i++) {
		struct str want = l->term->wants[i].text;

		l->found = l->term->exact ? str_eq(folded, want)
		                          : contains(folded, want);
	}
}

/* text: absent in a Coding without code. */
static void
see_token(struct look *l, struct str system, struct str code, bool bare)
{
	for (size_t i = 0; i < l->term->n && !l->found; i++) {
		const struct want *w = &l->term->wants[i];

		if (w->text.len ? !str_eq(code, w->text) : bare)
			continue;
		l->found = !w->system.at || bare ||
		           (w->system.len ? systems_same(system, w->system)
					  : !system.len);
	}
}

/* CodeableConcept, Coding or Identifier, told by their members; or a bare
 * code, whose system is its value set and needs no telling. */
static void
see_tokens(struct look *l, struct tree_node *n)
{
	struct tree_node *coding = tree_get(n, "coding"), *c;
	struct str value = tree_str(n, "value");

	if (!tree_is(n, TREE_OBJECT))
		see_token(l, STR_NONE, tree_text(n), true);
	else if (tree_is(coding, TREE_ARRAY))
		tree_each(c, coding) see_tokens(l, c);
	else if (coding)
		see_tokens(l, coding);
	else
		see_token(l, tree_str(n, "system"),
		    value.at ? value : tree_str(n, "code"), false);
}

static void
see_date(struct look *l, struct tree_node *n)
{
	struct date_span have;

	if (!match_span(n, &have))
		return;
	for (size_t i = 0; i < l->term->n && !l->found; i++)
		l->found = date_fits(
		    l->term->wants[i].prefix, &l->term->wants[i].span, &have);
}

static void
see_id(struct look *l, struct str id)
{
	for (size_t i = 0; i < l->term->n && !l->found; i++)
		l->found = str_eq(id, l->term->wants[i].text);
}

static void
see(void *ctx, struct tree_node *n)
{
	struct look *l = ctx;

	if (l->found)
		return;
	if (l->term->kind == IFACE_STRING)
		match_texts(n, see_text, l);
	else if (l->term->kind == IFACE_TOKEN)
		see_tokens(l, n);
	else if (l->term->kind == IFACE_DATE)
		see_date(l, n);
	else
		see_id(l, tree_text(n));
}

/* ---- record numbers ------------------------------------------------------ */

#define TYPES_OF_IDENTIFIERS "http://terminology.hl7.org/CodeSystem/v2-0203"

static bool
is_record_number(const struct tree_node *identifier)
{
	struct tree_node *coding;

	tree_each(coding, tree_get(tree_get(identifier, "type"), "coding"))
	{
		struct str system = tree_str(coding, "system");

		if (str_is(tree_str(coding, "code"), "MR") &&
		    (!system.len ||
			systems_same(system, STR(TYPES_OF_IDENTIFIERS))))
			return true;
	}
	return false;
}

/* What the identifiers of one patient amount to. */
struct numbers {
	struct look look;
	bool typed;       /* one of them is of type MR */
	bool typed_found; /* and is the one */
};

static void
see_number(void *ctx, struct tree_node *identifier)
{
	struct numbers *n = ctx;
	struct look one = n->look;

	one.found = false;
	see_tokens(&one, identifier);
	n->look.found = n->look.found || one.found;
	if (is_record_number(identifier)) {
		n->typed = true;
		n->typed_found = n->typed_found || one.found;
	}
}

static bool
number_fits(struct look l, const struct tree_node *resource)
{
	struct numbers n = { .look = l };

	param_each(l.term->param, resource, see_number, &n);
	return n.typed ? n.typed_found : n.look.found;
}

/* ---- whose record -------------------------------------------------------- */

static bool
ends_in(struct str s, const char *tail)
{
	size_t n = strlen(tail);

	return s.len >= n && !memcmp(s.at + s.len - n, tail, n);
}

/* The reference that conversion keeps where a version has no beneficiary. */
static struct tree_node *
kept_beneficiary(const struct tree_node *coverage)
{
	struct tree_node *x;

	tree_each(x, tree_at(coverage, NAME_extension))
	{
		if (ends_in(
			tree_str(x, "url"), "/extension-Coverage.beneficiary"))
			return tree_get(x, "valueReference");
	}
	return NULL;
}

static struct tree_node *
insured(const struct tree_node *coverage)
{
	struct tree_node *n = tree_get(coverage, "beneficiary");

	if (!n)
		n = kept_beneficiary(coverage);
	if (!n)
		n = tree_get(coverage, "subscriber");
	return n;
}

/* As it stands there, whether an id or not. */
static struct str
whom(enum iface_type t, const char *subject, const struct tree_node *resource)
{
	const struct tree_node *n;

	if (t == IFACE_PATIENT)
		return tree_str(resource, "id");
	n = t == IFACE_COVERAGE ? insured(resource)
	                        : tree_get(resource, subject);
	return value_whom(tree_str(n, "reference"));
}

struct str
match_whom(
    enum iface_type t, enum fhir_version face, const struct tree_node *resource)
{
	const char *subject = iface_resource(t)->subject[face];
	struct str id = STR_NONE;

	if (subject || t == IFACE_PATIENT)
		id = whom(t, subject, resource);
	return iface_id(id) ? id : STR_NONE;
}

bool
match_about(enum iface_type t, enum fhir_version face,
    const struct tree_node *resource, struct str patient)
{
	const char *subject = iface_resource(t)->subject[face];
	struct str id;

	if (!subject && t != IFACE_PATIENT)
		return true;
	id = whom(t, subject, resource);
	return id.at && str_eq(id, patient);
}

bool
match_among(const struct tree_node *resource, struct str ids)
{
	struct str id = tree_str(resource, "id");

	while (ids.at)
		if (str_eq(str_cut(ids, ',', &ids), id) && id.len)
			return true;
	return false;
}

/* ---- all of it ----------------------------------------------------------- */

bool
match_fits(
    const struct match *m, struct arena *a, const struct tree_node *resource)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct term *t = &m->terms[i];
		struct look l = { .a = a, .term = t };

		if (t->kind == IFACE_REFERENCE)
			l.found = t->n && match_about(m->type, m->face,
					      resource, t->wants[0].text);
		else if (t->record_number)
			l.found = number_fits(l, resource);
		else
			param_each(t->param, resource, see, &l);
		if (!l.found)
			return false;
	}
	return true;
}
