/* rehearsal_want.c - one search value as ranges and texts to compare with
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_want.h"

#include <string.h>

#include "rehearsal/rehearsal_date.h"
#include "rehearsal/rehearsal_reference.h"
#include "base/fold.h"
#include "fhir/date.h"
#include "fhir/value.h"

#define LAST_CHARACTER "\xf4\x8f\xbf\xbf" /* U+10FFFF: after all text */

/* One alternative while it is being read. */
struct reading {
	struct rehearsal_wants *wants;
	const struct rehearsal_given *given;
	struct rehearsal_want want; /* what all its wants have in common */
	struct err *e;
};

static void
add(struct rehearsal_wants *w, struct rehearsal_want want)
{
	if (w->n == w->room) {
		size_t room = w->room ? w->room * 2 : 8;

		w->at = arena_grow(
		    w->a, w->at, w->n * sizeof *w->at, room * sizeof *w->at);
		w->room = room;
	}
	w->at[w->n++] = want;
}

static struct rehearsal_want
any_key(struct rehearsal_want want)
{
	want.key_from = STR("");
	want.key_to = STR(LAST_CHARACTER);
	return want;
}

static struct rehearsal_want
one_key(struct rehearsal_want want, struct str key)
{
	want.key_from = want.key_to = key;
	return want;
}

static bool
refuse(struct reading *r, const char *what)
{
	return err_set(r->e, ERR_PARAM, "%s %s.", r->given->param->name, what);
}

static bool
modifier_is(const struct reading *r, const char *name)
{
	return r->given->modifier.at && str_is(r->given->modifier, name);
}

/* ---- strings: starts with, :contains, :exact ---- */

static bool
string(struct reading *r, struct str text)
{
	struct arena *a = r->wants->a;
	struct str folded;

	text = value_plain(a, text);
	folded = fold_text(a, text);
	if (modifier_is(r, "exact")) {
		r->want = one_key(r->want, folded);
		r->want.exact = text;
	} else if (modifier_is(r, "contains")) {
		r->want = any_key(r->want);
		r->want.part = folded;
	} else if (!r->given->modifier.at) {
		r->want.key_from = folded;
		r->want.key_to = str_of(
		    arena_printf(a, "%.*s" LAST_CHARACTER, STR_FMT(folded)));
	} else {
		return refuse(r, "does not have this modifier");
	}
	add(r->wants, r->want);
	return true;
}

/* ---- tokens: code, system|code, |code, system|; :not, :of-type ---- */

/* system|type|value: the terms of NAME:of-type hold `system|type`. */
static bool
of_type(struct reading *r, struct str text)
{
	struct arena *a = r->wants->a;
	struct str rest, value, extra;
	struct str system = value_part(text, '|', &rest);
	struct str type = value_part(rest, '|', &value);

	value_part(value, '|', &extra);
	if (!type.len || !value.len || extra.at)
		return refuse(r, ":of-type needs system|type|value");
	r->want.param = arena_printf(a, "%s:of-type", r->given->param->name);
	r->want = one_key(r->want, value_plain(a, value));
	r->want.system = str_of(arena_printf(a, "%.*s|%.*s",
	    STR_FMT(value_plain(a, system)), STR_FMT(value_plain(a, type))));
	add(r->wants, r->want);
	return true;
}

static bool
token(struct reading *r, struct str text)
{
	struct arena *a = r->wants->a;
	struct str code, extra, system = value_part(text, '|', &code);

	if (modifier_is(r, "of-type"))
		return of_type(r, text);
	if (r->given->modifier.at && !modifier_is(r, "not"))
		return refuse(r, "does not have this modifier");
	value_part(code, '|', &extra);
	if (extra.at)
		return refuse(r, "has a value with more than one bare |");
	if (!code.at) {
		code = system;
		system = STR_NONE;
	}
	r->want.system = value_plain(a, system);
	if (code.len)
		r->want = one_key(r->want, value_plain(a, code));
	else
		r->want = any_key(r->want);
	add(r->wants, r->want);
	return true;
}

/* ---- dates ---- */

/* The key of a term is its first moment, upto the moment after its last: each
 * comparison is a range of the one, of the other, or of both. */
static void
want_span(struct reading *r, const char *key_from, const char *key_to,
    const char *upto_from, const char *upto_to)
{
	struct rehearsal_want want = r->want;

	want.key_from = str_of(key_from);
	want.key_to = str_of(key_to);
	want.upto_from = str_of(upto_from);
	want.upto_to = str_of(upto_to);
	add(r->wants, want);
}

#define MIN REHEARSAL_DATE_MIN
#define MAX REHEARSAL_DATE_MAX

static const char *
moved(struct arena *a, const char *point, int64_t us)
{
	char *to = arena_get(a, REHEARSAL_DATE_LEN + 1);

	rehearsal_date_moved(to, point, us);
	return to;
}

/* R4 search 3.1.1.4.7 and 3.1.1.4.5: eq is "within", gt "some of it after",
 * ge "gt or within", sa "all of it after"; ap is ours: a day around it. */
static void
want_compared(struct reading *r, enum date_prefix prefix, const char *from,
    const char *upto)
{
	struct arena *a = r->wants->a;
	const int64_t day = (int64_t)86400 * 1000000;

	if (prefix == DATE_EQ || prefix == DATE_GE || prefix == DATE_LE)
		want_span(r, from, MAX, MIN, upto);
	if (prefix == DATE_NE || prefix == DATE_GT || prefix == DATE_GE)
		want_span(r, MIN, MAX, moved(a, upto, 1), MAX);
	if (prefix == DATE_NE || prefix == DATE_LT || prefix == DATE_LE)
		want_span(r, MIN, moved(a, from, -1), MIN, MAX);
	if (prefix == DATE_SA)
		want_span(r, upto, MAX, MIN, MAX);
	if (prefix == DATE_EB)
		want_span(r, MIN, MAX, MIN, from);
	if (prefix == DATE_AP)
		want_span(r, MIN, moved(a, upto, day - 1),
		    moved(a, from, 1 - day), MAX);
}

static bool
date(struct reading *r, struct str text)
{
	enum date_prefix prefix = date_prefix(&text);
	struct arena *a = r->wants->a;
	struct rehearsal_span span;

	if (r->given->modifier.at)
		return refuse(r, "does not have this modifier");
	if (!rehearsal_date_span(&span, text))
		return refuse(r, "is not a date");
	want_compared(r, prefix, arena_dup(a, span.from, REHEARSAL_DATE_LEN),
	    arena_dup(a, span.upto, REHEARSAL_DATE_LEN));
	return true;
}

/* ---- references: id, Type/id, the URL; :Type ---- */

static bool
reference(struct reading *r, struct str text)
{
	struct str type, id, modifier = r->given->modifier;
	bool named =
	    modifier.len && modifier.at[0] >= 'A' && modifier.at[0] <= 'Z';

	if (modifier.at && !named)
		return refuse(r, "does not have this modifier");
	text = value_plain(r->wants->a, text);
	if (!rehearsal_reference(text, r->given->base, &type, &id)) {
		id = text;
		type = STR("");
	} else if (!type.at && named) {
		type = modifier;
	}
	r->want = one_key(r->want, id);
	r->want.system = type;
	add(r->wants, r->want);
	return true;
}

/* ---- all of them ---- */

static bool
missing(struct reading *r, struct str value, bool *negate)
{
	*negate = str_is(value, "true");
	if (!*negate && !str_is(value, "false"))
		return refuse(r, ":missing is true or false");
	r->want.negate = *negate;
	add(r->wants, any_key(r->want));
	return true;
}

bool
rehearsal_want_read(struct rehearsal_wants *w,
    const struct rehearsal_given *given, struct str value, bool *negate,
    struct err *e)
{
	static bool (*const readers[])(
	    struct reading *, struct str) = { string, token, date, reference };
	struct reading r = { .wants = w, .given = given, .e = e };
	const struct rehearsal_want plain = {
		.criterion = given->criterion,
		.param = given->param->name,
	};

	r.want = plain;
	if (modifier_is(&r, "missing"))
		return missing(&r, value, negate);
	*negate = given->param->kind == PARAM_TOKEN && modifier_is(&r, "not");
	while (value.at) {
		struct str one = value_part(value, ',', &value);

		r.want = plain;
		r.want.negate = *negate;
		if (one.len && !readers[given->param->kind](&r, one))
			return false;
		if (w->n > REHEARSAL_WANTS_MAX)
			return err_set(e, ERR_TOO_MANY,
			    "More than %d values to search for.",
			    REHEARSAL_WANTS_MAX);
	}
	return true;
}

void
rehearsal_want_any(struct rehearsal_wants *w, unsigned criterion)
{
	struct rehearsal_want want = { .criterion = criterion, .param = "_id" };

	add(w, any_key(want));
}
