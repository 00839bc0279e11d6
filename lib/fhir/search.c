/* search.c - reads a search and refuses what it must not be
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/search.h"

#include <string.h>

#include "fhir/pair.h"
#include "fhir/value.h"

/* A search while it is being read. */
struct reading {
	struct arena *a;
	const struct search_ask *ask;
	struct search *s;
	struct search_param *params; /* SEARCH_PARAMS_MAX of them */
	struct str *dropped;         /* likewise */
	size_t pairs;
	bool narrow; /* something narrows it */
};

/* May this name be shown to people as it came? */
static bool
showable(struct str name)
{
	if (!name.len || name.len > 64)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '_' || c == '-'))
			return false;
	}
	return true;
}

static bool
drop(struct reading *r, struct str name)
{
	struct search *s = r->s;

	if (!showable(name))
		name = STR("(a name with other signs)");
	for (size_t i = 0; i < s->n_dropped; i++)
		if (str_eq(r->dropped[i], name))
			return true;
	r->dropped[s->n_dropped++] = name;
	return true;
}

/* ---- what steers a search ----------------------------------------------- */

static bool
no_modifier(const struct pair *p, const char *name, struct err *e)
{
	return !p->modifier.at ||
	       err_set(e, ERR_PARAM, "%s takes no modifier.", name);
}

static bool
all_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
	return s.len > 0;
}

static bool
read_count(struct reading *r, const struct pair *p, struct err *e)
{
	struct search *s = r->s;
	uint64_t n = UINT64_MAX;
	unsigned count;
	bool cut;

	if (!all_digits(p->value))
		return err_set(e, ERR_PARAM, "_count takes a whole number.");
	str_number(p->value, 18, &n);
	cut = n > r->ask->count_max;
	count = cut ? r->ask->count_max : (unsigned)n;
	if (s->count_asked && (s->count != count || s->count_cut != cut))
		return err_set(e, ERR_REPEATED,
		    "_count stands twice, with different values.");
	s->count = count;
	s->count_cut = cut;
	s->count_asked = true;
	return true;
}

static bool
sort_key(struct reading *r, struct str key, bool newest, struct err *e)
{
	struct search *s = r->s;
	const struct iface_param *p =
	    iface_param(s->type, s->face, str_trim(key, " "));

	if (!p || !(p->flags & IFACE_SORTS))
		return drop(r, STR("_sort"));
	for (size_t i = 0; i < s->sorts; i++)
		if (s->sort[i].param == p)
			return true;
	if (s->sorts == SEARCH_SORTS_MAX)
		return err_set(e, ERR_TOO_MANY, "_sort takes at most %d keys.",
		    SEARCH_SORTS_MAX);
	s->sort[s->sorts].param = p;
	s->sort[s->sorts++].newest = newest;
	return true;
}

/* _sort:desc=date (DSTU2), _sort=-date (STU3 on), and lists of either. */
static bool
read_sort(struct reading *r, const struct pair *p, struct err *e)
{
	bool newest = p->modifier.at && str_is_nocase(p->modifier, "desc");
	struct str rest = p->value;

	if (p->modifier.at && !newest && !str_is_nocase(p->modifier, "asc"))
		return err_set(e, ERR_PARAM,
		    "_sort takes the modifiers asc and desc only.");
	while (rest.at) {
		struct str key = str_trim(str_cut(rest, ',', &rest), " ");
		bool minus = key.len && key.at[0] == '-';

		if (minus && p->modifier.at)
			return err_set(e, ERR_PARAM,
			    "_sort takes either a modifier or a minus.");
		if (minus)
			key = (struct str){ key.at + 1, key.len - 1 };
		if (!sort_key(r, key, newest || minus, e))
			return false;
	}
	return true;
}

static bool
read_total(struct reading *r, const struct pair *p, struct err *e)
{
	(void)r;
	if (str_is_nocase(p->value, "none") ||
	    str_is_nocase(p->value, "estimate") ||
	    str_is_nocase(p->value, "accurate"))
		return true; /* the total is always exact here */
	return err_set(
	    e, ERR_PARAM, "_total takes none, estimate or accurate.");
}

static bool
read_format(struct reading *r, const struct pair *p, struct err *e)
{
	return pair_once(&r->s->format, p->value, "_format", e);
}

static bool
read_cursor(struct reading *r, const struct pair *p, struct err *e)
{
	return pair_once(&r->s->cursor, p->value, "_cursor", e);
}

static const struct control {
	const char *name, *alias;
	bool modifiers;
	bool (*read)(struct reading *, const struct pair *, struct err *);
} controls[] = {
	{ "_count", NULL, false, read_count },
	{ "_sort", "sort", true, read_sort },
	{ "_total", NULL, false, read_total },
	{ "_format", NULL, false, read_format },
	{ "_cursor", NULL, false, read_cursor },
};

static const struct control *
control_of(struct str name)
{
	for (size_t i = 0; i < COUNT(controls); i++)
		if (str_is_nocase(name, controls[i].name) ||
		    (controls[i].alias &&
			str_is_nocase(name, controls[i].alias)))
			return &controls[i];
	return NULL;
}

/* ---- what a search must not be ------------------------------------------ */

/* Each of these reads other records than those it answers with, so that they
 * could be guessed at or come along. */
static bool
reaches_out(const struct pair *p, struct err *e)
{
	static const char *const names[] = { "_include", "_revinclude", "_has",
		"_filter", "_query" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (str_is_nocase(p->name, names[i]))
			return !err_set(e, ERR_PARAM,
			    "%s is not served here: a search answers with "
			    "one resource type, by its own elements.",
			    names[i]);
	if (memchr(p->name.at, '.', p->name.len) ||
	    (p->modifier.len && memchr(p->modifier.at, '.', p->modifier.len)))
		return !err_set(e, ERR_PARAM,
		    "Chained parameters are not served here: a search answers "
		    "with one resource type, by its own elements.");
	return false;
}

/* ---- what it asks for --------------------------------------------------- */

static bool
read_modifier(const struct iface_param *p, struct str text,
    enum iface_modifier *m, struct err *e)
{
	*m = IFACE_PLAIN;
	if (!text.at)
		return true;
	if (p->kind == IFACE_REFERENCE && str_is_nocase(text, "Patient"))
		return true; /* names the only type that it can refer to */
	for (int i = IFACE_PLAIN + 1; i < IFACE_MODIFIER__MAX; i++)
		if (str_is_nocase(
			text, iface_modifier_name((enum iface_modifier)i)) &&
		    (p->modifiers & (1u << i))) {
			*m = (enum iface_modifier)i;
			return true;
		}
	return err_set(e, ERR_PARAM,
	    "%s cannot be asked with that modifier here.", p->name);
}

/* Keeps a parameter, unless it stands there already. */
static bool
keep(struct reading *r, const struct search_param *new, struct err *e)
{
	struct search *s = r->s;

	for (size_t i = 0; i < s->n; i++) {
		const struct search_param *old = &r->params[i];

		if (old->param != new->param)
			continue;
		if (old->modifier == new->modifier &&
		    str_eq(old->value, new->value))
			return true;
		if (new->param->flags & IFACE_ONE)
			return err_set(e, ERR_REPEATED,
			    "%s stands twice, with different values.",
			    new->param->name);
	}
	r->params[s->n++] = *new;
	return true;
}

static bool
read_param(struct reading *r, const struct iface_param *p,
    const struct pair *pair, struct err *e)
{
	struct search_param new = { .param = p };
	bool narrow;

	if (!read_modifier(p, pair->modifier, &new.modifier, e))
		return false;
	if (!pair->value.len)
		return true; /* without a value it is not there */
	if (!value_read(
		r->a, p, r->ask->public_base, pair->value, &new.value, &narrow))
		return err_set(
		    e, ERR_PARAM, "%s %s.", p->name, value_wants(r->a, p));
	r->narrow = r->narrow || narrow;
	return keep(r, &new, e);
}

static bool
read_pair(struct reading *r, struct str text, struct err *e)
{
	const struct iface_param *param;
	const struct control *c;
	struct pair p;

	if (!pair_read(r->a, text, &p, e) || reaches_out(&p, e))
		return false;
	c = control_of(p.name);
	if (p.value.len > SEARCH_VALUE_BYTES_MAX &&
	    (!c || c->read != read_cursor))
		return err_set(e, ERR_PARAM,
		    "A parameter's value is longer than %d bytes.",
		    SEARCH_VALUE_BYTES_MAX);
	if (c)
		return (c->modifiers || no_modifier(&p, c->name, e)) &&
		       (!p.value.len || c->read(r, &p, e));
	param = iface_param(r->ask->type, r->ask->face, p.name);
	return param ? read_param(r, param, &p, e) : drop(r, p.name);
}

static bool
read_pairs(struct reading *r, struct str rest, struct err *e)
{
	while (rest.at) {
		struct str text = str_cut(rest, '&', &rest);

		if (!text.len)
			continue;
		if (r->pairs++ == SEARCH_PARAMS_MAX)
			return err_set(e, ERR_TOO_MANY,
			    "A search takes at most %d parameters.",
			    SEARCH_PARAMS_MAX);
		if (!read_pair(r, text, e))
			return false;
	}
	return true;
}

/* ---- the whole of it ---------------------------------------------------- */

static void
name_patient(struct search *s)
{
	struct str none = STR_NONE;

	s->patient = s->ids = none;
	for (size_t i = 0; i < s->n; i++)
		if (s->params[i].param->kind == IFACE_REFERENCE)
			s->patient = s->params[i].value;
		else if (s->params[i].param->kind == IFACE_ID)
			s->ids = s->params[i].value;
	if (s->type == IFACE_PATIENT && s->ids.len &&
	    !memchr(s->ids.at, ',', s->ids.len))
		s->patient = s->ids;
}

static bool
is_selective(const struct reading *r, struct err *e)
{
	const struct search *s = r->s;
	const char *type = iface_name(s->type, s->face);

	if (s->ids.len || s->patient.len)
		return true;
	if (iface_resource(s->type)->clinical)
		return err_set(e, ERR_UNSELECTIVE,
		    "A search of %s needs patient or _id.", type);
	return r->narrow ||
	       err_set(e, ERR_UNSELECTIVE,
		   s->type == IFACE_PATIENT ? "A search of %s needs a name, a "
					      "whole date of birth, an "
					      "identifier or _id."
					    : "A search of %s needs _id.",
		   type);
}

static bool
is_page(const struct search *s, struct err *e)
{
	return (!s->n && !s->sorts && !s->count_asked) ||
	       err_set(e, ERR_PARAM,
		   "A page link is to be used as it came, without further "
		   "parameters.");
}

static bool
is_whole(struct reading *r, struct err *e)
{
	struct search *s = r->s;

	if (r->ask->strict && s->n_dropped)
		return err_set(e, ERR_PARAM_STRICT,
		    "Under handling=strict: %s is not served for %s here.",
		    arena_dup(r->a, r->dropped[0].at, r->dropped[0].len),
		    iface_name(s->type, s->face));
	name_patient(s);
	return s->cursor.len ? is_page(s, e) : is_selective(r, e);
}

const struct search *
search_read(struct arena *a, const struct search_ask *ask, struct err *e)
{
	struct reading r = { .a = a, .ask = ask };

	r.s = arena_get(a, sizeof *r.s);
	r.params = arena_raw(a, SEARCH_PARAMS_MAX * sizeof *r.params);
	r.dropped = arena_raw(a, SEARCH_PARAMS_MAX * sizeof *r.dropped);
	r.s->face = ask->face;
	r.s->type = ask->type;
	r.s->count = ask->count_default;
	r.s->params = r.params;
	r.s->dropped = r.dropped;
	if (!read_pairs(&r, ask->query, e) || !read_pairs(&r, ask->form, e) ||
	    !is_whole(&r, e))
		return NULL;
	return r.s;
}
