/* search_write.c - writes a search again; reads what lies beside it
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/search_plan.h"

#include <string.h>

#include "base/enc.h"
#include "fhir/pair.h"

static void
next_name(struct buf *b, const char *name)
{
	if (b->len)
		buf_char(b, '&');
	buf_str(b, name);
}

static void
put_param(struct buf *b, const char *name, enum iface_modifier modifier,
    struct str value)
{
	next_name(b, name);
	if (modifier != IFACE_PLAIN) {
		buf_char(b, ':');
		buf_str(b, iface_modifier_name(modifier));
	}
	buf_char(b, '=');
	enc_percent(b, value);
}

/* One _sort per key, with the order as modifier: DSTU2. */
static void
sort_by_modifier(struct buf *b, const struct search_sort *sort, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		next_name(b, sort[i].newest ? "_sort:desc=" : "_sort:asc=");
		buf_str(b, sort[i].param->name);
	}
}

/* One list, newest first with a minus: STU3 on. */
static void
sort_by_minus(struct buf *b, const struct search_sort *sort, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_char(b, ',');
		else
			next_name(b, "_sort=");
		if (sort[i].newest)
			buf_char(b, '-');
		buf_str(b, sort[i].param->name);
	}
}

static void
put_sort(struct buf *b, enum fhir_version v, const struct search_sort *sort,
    size_t n)
{
	if (v == FHIR_DSTU2)
		sort_by_modifier(b, sort, n);
	else
		sort_by_minus(b, sort, n);
}

void
search_plan_write(struct buf *b, const struct search_plan *p, bool total_only)
{
	for (size_t i = 0; i < p->n; i++)
		put_param(b, p->asked[i].name, p->asked[i].modifier,
		    p->asked[i].value);
	if (total_only || !p->count) {
		next_name(b, "_summary=count");
		buf_str(b, "&_count=0");
		return;
	}
	put_sort(b, p->to, p->sort, p->sorts);
	next_name(b, "_count=");
	buf_fmt(b, "%u", p->count);
	if (p->total)
		buf_str(b, "&_total=accurate");
}

void
search_self(struct buf *b, const struct search *s)
{
	for (size_t i = 0; i < s->n; i++)
		put_param(b, s->params[i].param->name, s->params[i].modifier,
		    s->params[i].value);
	put_sort(b, s->face, s->sort, s->sorts);
	if (s->count_asked) {
		next_name(b, "_count=");
		buf_fmt(b, "%u", s->count);
	}
}

const char *
search_said(struct arena *a, const struct search *s)
{
	struct buf b = buf_new(a, SEARCH_PARAMS_MAX * 80);

	if (!s->n_dropped)
		return NULL;
	buf_str(&b, "Not served here, so left out of the search: ");
	for (size_t i = 0; i < s->n_dropped; i++) {
		if (i)
			buf_str(&b, ", ");
		buf_put(&b, s->dropped[i].at, s->dropped[i].len);
	}
	buf_char(&b, '.');
	return buf_text(&b);
}

/* ---- Prefer ------------------------------------------------------------- */

/* One preference: name, blanks, =, blanks, value (token or quoted). */
static bool
says_strict(struct str s)
{
	struct str value, name;

	s = str_cut(s, ';', &value); /* parameters of the preference */
	name = str_trim(str_cut(s, '=', &value), " \t");
	return str_is_nocase(name, "handling") &&
	       str_is_nocase(str_trim(value, " \t\""), "strict");
}

bool
search_strict(struct str prefer)
{
	while (prefer.at)
		if (says_strict(str_cut(prefer, ',', &prefer)))
			return true;
	return false;
}

/* ---- _format of what is no search --------------------------------------- */

/* However it is encoded: a pair that cannot be decoded is another's. */
static bool
names_format(struct arena *a, struct str text)
{
	struct str rest, name = str_cut(text, '=', &rest);

	return dec_percent(a, name, true, &name) &&
	       str_is_nocase(str_cut(name, ':', &rest), "_format");
}

bool
search_format(
    struct arena *a, struct str query, struct str *format, struct err *e)
{
	struct pair p;

	*format = STR_NONE;
	while (query.at) {
		struct str text = str_cut(query, '&', &query);

		if (!names_format(a, text))
			continue;
		if (!pair_read(a, text, &p, e) ||
		    (p.value.len && !pair_once(format, p.value, "_format", e)))
			return false;
	}
	return true;
}
