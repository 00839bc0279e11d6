/* search_write.c - writes a search again; reads what lies beside it
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/search.h"

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
write_params(struct buf *b, const struct search *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct search_param *p = &s->params[i];

		next_name(b, p->param->name);
		if (p->modifier != IFACE_PLAIN) {
			buf_char(b, ':');
			buf_str(b, iface_modifier_name(p->modifier));
		}
		buf_char(b, '=');
		enc_percent(b, p->value);
	}
}

/* One _sort per key, with the order as modifier: DSTU2. */
static void
sort_by_modifier(struct buf *b, const struct search *s)
{
	for (size_t i = 0; i < s->sorts; i++) {
		next_name(b, s->sort[i].newest ? "_sort:desc=" : "_sort:asc=");
		buf_str(b, s->sort[i].param->name);
	}
}

/* One list, newest first with a minus: STU3 on. */
static void
sort_by_minus(struct buf *b, const struct search *s)
{
	for (size_t i = 0; i < s->sorts; i++) {
		if (i)
			buf_char(b, ',');
		else
			next_name(b, "_sort=");
		if (s->sort[i].newest)
			buf_char(b, '-');
		buf_str(b, s->sort[i].param->name);
	}
}

static void
write_sort(struct buf *b, const struct search *s, enum fhir_version v)
{
	if (v == FHIR_DSTU2)
		sort_by_modifier(b, s);
	else
		sort_by_minus(b, s);
}

void
search_write(
    struct buf *b, const struct search *s, enum fhir_version v, bool total_only)
{
	write_params(b, s);
	if (total_only || !s->count) {
		next_name(b, "_summary=count");
		buf_str(b, "&_count=0");
		return;
	}
	write_sort(b, s, v);
	next_name(b, "_count=");
	buf_fmt(b, "%u", s->count);
	if (v != FHIR_DSTU2) /* R4's, and servers of STU3 know it too */
		buf_str(b, "&_total=accurate");
}

void
search_self(struct buf *b, const struct search *s)
{
	write_params(b, s);
	write_sort(b, s, s->face);
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
