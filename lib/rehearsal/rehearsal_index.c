/* rehearsal_index.c - what a resource can be found by
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_index.h"

#include <string.h>

#include "rehearsal/rehearsal_date.h"
#include "rehearsal/rehearsal_reference.h"
#include "base/fold.h"

/* One parameter of one resource. */
struct walk {
	struct rehearsal_terms *terms;
	const struct param *param;
};

static struct str
cut(struct str s)
{
	size_t n = REHEARSAL_KEY_MAX;

	if (s.len <= n)
		return s;
	while (n && ((unsigned char)s.at[n] & 0xc0) == 0x80)
		n--; /* not in the middle of a character */
	return (struct str){ s.at, n };
}

static void
add(struct rehearsal_terms *t, struct rehearsal_term term)
{
	if (!term.key.len && !term.system.len)
		return;
	if (t->n == t->room) {
		size_t room = t->room ? t->room * 2 : 64;

		t->at = arena_grow(
		    t->a, t->at, t->n * sizeof *t->at, room * sizeof *t->at);
		t->room = room;
	}
	t->at[t->n++] = term;
}

/* ---- tokens ---- */

static struct str
present(struct str s)
{
	return s.at ? s : STR("");
}

static void
add_token(const struct walk *w, struct str system, struct str code)
{
	add(w->terms, (struct rehearsal_term){ .param = w->param->name,
			  .key = cut(present(code)),
			  .system = cut(present(system)) });
}

static void
add_of_type(
    const struct walk *w, const struct tree_node *identifier, struct str value)
{
	const struct tree_node *type = tree_get(identifier, "type");
	struct tree_node *coding;
	struct arena *a = w->terms->a;

	tree_each(coding, tree_get(type, "coding"))
	{
		struct str system = tree_str(coding, "system");
		struct str code = tree_str(coding, "code");

		add(w->terms,
		    (struct rehearsal_term){
			.param = arena_printf(a, "%s:of-type", w->param->name),
			.key = cut(value),
			.system = cut(str_of(arena_printf(a, "%.*s|%.*s",
			    STR_FMT(system), STR_FMT(code)))) });
	}
}

/* CodeableConcept, Coding, Identifier or ContactPoint, told by their members;
 * or a code, a string, a number, a boolean. */
static void
token(const struct walk *w, struct tree_node *n)
{
	struct tree_node *coding = tree_get(n, "coding"), *c;
	struct str value = tree_str(n, "value"), code = tree_str(n, "code");

	if (!tree_is(n, TREE_OBJECT)) {
		add_token(w, STR_NONE, tree_text(n));
	} else if (coding) {
		tree_each(c, coding) token(w, c);
	} else if (value.at) {
		add_token(w, tree_str(n, "system"), value);
		add_of_type(w, n, value);
	} else if (code.at) {
		add_token(w, tree_str(n, "system"), code);
	}
}

/* ---- strings ---- */

static void
add_string(const struct walk *w, struct str text)
{
	text = cut(text);
	add(w->terms, (struct rehearsal_term){ .param = w->param->name,
			  .key = cut(fold_text(w->terms->a, text)),
			  .exact = text });
}

static bool
is_part(struct tree_node *member)
{
	static const char *const not_parts[] = { "use", "type", "period", "id",
		"extension" };
	struct str name = tree_name(member);
	size_t i;

	if (str_starts(name, "_"))
		return false;
	for (i = 0; i < COUNT(not_parts); i++)
		if (str_is(name, not_parts[i]))
			return false;
	return true;
}

/* A text, or every part of a HumanName or an Address. */
static void
string(const struct walk *w, struct tree_node *n)
{
	struct tree_node *c;

	if (tree_is(n, TREE_STRING)) {
		add_string(w, tree_text(n));
	} else if (tree_is(n, TREE_ARRAY)) {
		tree_each(c, n) string(w, c);
	} else if (tree_is(n, TREE_OBJECT)) {
		tree_each(c, n) if (is_part(c)) string(w, c);
	}
}

/* ---- dates ---- */

static void
add_span(const struct walk *w, const char *from, const char *upto)
{
	struct arena *a = w->terms->a;

	add(w->terms,
	    (struct rehearsal_term){ .param = w->param->name,
		.key = str_of(arena_dup(a, from, REHEARSAL_DATE_LEN)),
		.upto = str_of(arena_dup(a, upto, REHEARSAL_DATE_LEN)) });
}

/* A date, a time or a Period; a Period may be open at either end. */
static void
date(const struct walk *w, struct tree_node *n)
{
	struct rehearsal_span start, end;
	bool has_start, has_end;

	if (tree_is(n, TREE_STRING)) {
		if (rehearsal_date_span(&start, tree_text(n)))
			add_span(w, start.from, start.upto);
		return;
	}
	has_start = rehearsal_date_span(&start, tree_str(n, "start"));
	has_end = rehearsal_date_span(&end, tree_str(n, "end"));
	if (has_start || has_end)
		add_span(w, has_start ? start.from : REHEARSAL_DATE_MIN,
		    has_end ? end.upto : REHEARSAL_DATE_MAX);
}

/* ---- references ---- */

static void
reference(const struct walk *w, struct tree_node *n)
{
	struct str text = tree_str(n, "reference"), type, id;
	bool patient = !strcmp(w->param->name, "patient");

	if (!text.at || str_starts(text, "#"))
		return;
	if (!rehearsal_reference(text, STR_NONE, &type, &id) || !type.at) {
		type = STR("");
		id = text;
	}
	if (!patient || str_is(type, "Patient"))
		add(w->terms, (struct rehearsal_term){ .param = w->param->name,
				  .key = cut(id),
				  .system = cut(type) });
}

/* ---- all of them ---- */

static void
value(void *ctx, struct tree_node *n)
{
	static void (*const readers[])(const struct walk *,
	    struct tree_node *) = { string, token, date, reference };
	const struct walk *w = ctx;

	readers[w->param->kind](w, n);
}

void
rehearsal_index(struct rehearsal_terms *t, enum fhir_version v,
    const struct tree_node *resource, const char *type)
{
	const struct param *p = NULL;

	while ((p = param_next(v, type, p))) {
		struct walk w = { t, p };

		param_each(p, resource, value, &w);
	}
}
