/* rehearsal_query.c - a search request as what the terms must match
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_query.h"

#include <stdio.h>
#include <string.h>

#include "base/enc.h"

#define LINK_BYTES_MAX ((size_t)64 * 1024)
#define WANT_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define OFFSET_DIGITS  9

/* A query while it is being read. */
struct reading {
	struct arena *a;
	const struct rehearsal_ask *ask;
	struct rehearsal_query *q;
	struct rehearsal_wants wants;
	struct buf self;
	unsigned criterion;
	unsigned lead_rank; /* of q->lead; 0: none yet */
	size_t pairs;
	struct err *e;
};

/* ---- parameters about the answer ---- */

static bool
read_count(struct reading *r, struct str value)
{
	uint64_t n;

	if (!str_number(value, 9, &n))
		return err_set(r->e, ERR_PARAM, "_count is not a number.");
	if (!n)
		r->q->total_only = true;
	else
		r->q->count =
		    n > REHEARSAL_COUNT_MAX ? REHEARSAL_COUNT_MAX : (unsigned)n;
	return true;
}

static bool
read_page(struct reading *r, struct str value)
{
	char text[16];
	size_t n = sizeof text;
	struct str offset;

	if (value.len > 20 || !dec_b64url(text, &n, value) || n < 2 ||
	    text[0] != 'o')
		return err_set(
		    r->e, ERR_PARAM, "_page is not one of this server's.");
	offset = (struct str){ text + 1, n - 1 };
	return str_number(offset, OFFSET_DIGITS, &r->q->offset) ||
	       err_set(r->e, ERR_PARAM, "_page is not one of this server's.");
}

static bool
read_sort(struct reading *r, struct str modifier, struct str value)
{
	if (r->ask->refusesort)
		return err_set(r->e, ERR_PARAM, "_sort is not supported here.");
	while (value.at) {
		struct str one = str_cut(value, ',', &value);
		bool down = str_is(modifier, "desc");
		const struct param *p;

		if (str_starts(one, "-")) {
			down = true;
			one = (struct str){ one.at + 1, one.len - 1 };
		}
		p = param_find(r->ask->version, r->ask->type, one);
		if (!p && r->ask->strict)
			return err_set(r->e, ERR_PARAM_STRICT,
			    "_sort names a parameter that this type does not "
			    "have.");
		if (p && r->q->sorts < REHEARSAL_SORTS_MAX)
			r->q->sort[r->q->sorts++] =
			    (struct rehearsal_sort){ p->name, down };
	}
	return true;
}

/* Result parameters: true in *known when the name is one of them. */
static bool
read_result(struct reading *r, struct str name, struct str modifier,
    struct str value, bool *known)
{
	static const char *const ignored[] = { "_total", "_elements", "_pretty",
		"_contained" };
	size_t i;

	*known = true;
	if (str_is(name, "_count"))
		return r->ask->nocount || read_count(r, value);
	if (str_is(name, "_page"))
		return read_page(r, value);
	if (str_is(name, "_sort") && !r->ask->nosort)
		return read_sort(r, modifier, value);
	if (str_is(name, "_format")) {
		r->q->format = value;
		return true;
	}
	if (str_is(name, "_summary")) {
		r->q->total_only |= str_is(value, "count");
		return true;
	}
	for (i = 0; i < COUNT(ignored); i++)
		if (str_is(name, ignored[i]))
			return true;
	*known = false;
	return true;
}

/* ---- parameters about the resources ---- */

static void
note_magic(struct reading *r, struct str value)
{
	struct str type, id;

	if (str_starts(value, "Patient/")) {
		type = str_cut(value, '/', &id);
		value = type.len ? id : value;
	}
	if (str_starts(value, REHEARSAL_MAGIC))
		r->q->magic = value;
}

/* A guess at how few resources a criterion leaves: more is fewer. */
static unsigned
rank(const struct param *p, struct str modifier)
{
	if (p->kind == PARAM_REFERENCE || !strcmp(p->name, "_id") ||
	    !strcmp(p->name, "identifier"))
		return 4;
	if (p->kind == PARAM_STRING && !str_is(modifier, "contains"))
		return 3;
	return p->kind == PARAM_DATE ? 2 : 1;
}

static void
note_lead(struct reading *r, const struct param *p, struct str modifier)
{
	unsigned mine = str_is(modifier, "missing") ? 1 : rank(p, modifier);

	if (mine > r->lead_rank) {
		r->lead_rank = mine;
		r->q->lead = r->criterion;
	}
}

static bool
read_criterion(struct reading *r, const struct param *p, struct str modifier,
    struct str value)
{
	struct rehearsal_given given = {
		.param = p,
		.modifier = modifier,
		.base = r->ask->base,
		.criterion = r->criterion,
	};
	bool negate = false;

	note_magic(r, value);
	if (!rehearsal_want_read(&r->wants, &given, value, &negate, r->e))
		return false;
	if (!negate) {
		note_lead(r, p, modifier);
		r->q->criteria++;
	}
	r->criterion++;
	return true;
}

static bool
passed_over(struct reading *r, struct str name, bool refused)
{
	if (!r->ask->strict && !(refused && r->ask->noperson))
		return true;
	return err_set(r->e, ERR_PARAM_STRICT,
	    "%.*s is not a parameter that FHIR %s defines for %s.",
	    name.len > 64 ? 64 : (int)name.len, name.at,
	    version_name(r->ask->version), r->ask->type);
}

static void
note_self(struct reading *r, struct str name, struct str value)
{
	if (str_is(name, "_page"))
		return;
	if (r->self.len)
		buf_char(&r->self, '&');
	enc_percent(&r->self, name);
	buf_char(&r->self, '=');
	enc_percent(&r->self, value);
}

bool
rehearsal_query_person(const char *type, const struct param *p)
{
	static const char *const names[] = { "patient", "beneficiary",
		"subscriber", "policy-holder" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (!strcmp(p->name, names[i]))
			return !strcmp(type, "Coverage");
	return false;
}

/* Is it a parameter of this provider, with all that it does not know? */
static bool
served(const struct reading *r, const struct param *p)
{
	return p &&
	       !(r->ask->strict && (p->extra & FHIR_BIT(r->ask->version))) &&
	       !(r->ask->noperson && rehearsal_query_person(r->ask->type, p));
}

static bool
read_pair(struct reading *r, struct str whole, struct str value)
{
	struct str modifier, name = str_cut(whole, ':', &modifier);
	const struct param *p;
	bool known;

	if (!value.len)
		return true;
	if (!read_result(r, name, modifier, value, &known))
		return false;
	if (known) {
		note_self(r, whole, value);
		return true;
	}
	p = param_find(r->ask->version, r->ask->type, name);
	if (!served(r, p))
		return passed_over(r, name, p != NULL);
	if (r->ask->nocontains && str_is(modifier, "contains"))
		return err_set(r->e, ERR_PARAM,
		    "The modifier contains is not known here.");
	note_self(r, whole, value);
	return read_criterion(r, p, modifier, value);
}

static bool
read_pairs(struct reading *r, struct str text)
{
	while (text.at) {
		struct str value, pair = str_cut(text, '&', &text);
		struct str name = str_cut(pair, '=', &value);

		if (!pair.len)
			continue;
		if (++r->pairs > REHEARSAL_PAIRS_MAX)
			return err_set(r->e, ERR_TOO_MANY,
			    "More than %d parameters.", REHEARSAL_PAIRS_MAX);
		if (!dec_percent(r->a, name, true, &name) ||
		    (value.at && !dec_percent(r->a, value, true, &value)))
			return err_set(r->e, ERR_PARAM,
			    "A parameter is not properly encoded.");
		if (!read_pair(r, name, value))
			return false;
	}
	return true;
}

/* Patient/<id>/<Type>: one more criterion, which no link has to repeat. */
static bool
read_compartment(struct reading *r)
{
	const struct param *p =
	    param_find(r->ask->version, r->ask->type, STR("patient"));

	if (!r->ask->patient.at)
		return true;
	if (!p)
		return err_set(r->e, ERR_ADDRESS,
		    "%s is not part of the patient compartment.", r->ask->type);
	return read_criterion(r, p, STR_NONE, r->ask->patient);
}

const struct rehearsal_query *
rehearsal_query_read(
    struct arena *a, const struct rehearsal_ask *ask, struct err *e)
{
	struct rehearsal_query *q = arena_get(a, sizeof *q);
	struct reading r = { .a = a,
		.ask = ask,
		.q = q,
		.wants = { .a = a },
		.self = buf_new(a, LINK_BYTES_MAX),
		.e = e };

	q->count = REHEARSAL_COUNT_DEFAULT;
	if (!read_compartment(&r) || !read_pairs(&r, ask->query) ||
	    !read_pairs(&r, ask->form))
		return NULL;
	if (!q->criteria) {
		rehearsal_want_any(&r.wants, r.criterion);
		q->lead = r.criterion;
		q->criteria = 1;
	}
	if (!buf_text(&r.self)) {
		err_set(e, ERR_TOO_LARGE, "The parameters are too long.");
		return NULL;
	}
	q->self = (struct str){ r.self.at, r.self.len };
	q->want = r.wants.at;
	q->n = r.wants.n;
	return q;
}

const char *
rehearsal_query_page(struct arena *a, uint64_t offset)
{
	char plain[24], *to;
	size_t n;

	if (offset > 999999999)
		offset = 999999999;
	n = (size_t)snprintf(plain, sizeof plain, "o%u", (unsigned)offset);
	to = arena_get(a, ENC_B64_LEN(n) + 1);
	enc_b64url(to, plain, n);
	return to;
}

static void
put_member(struct buf *b, const char *name, struct str value)
{
	if (!value.at)
		return;
	buf_fmt(b, ",\"%s\":", name);
	buf_json(b, value.at, value.len);
}

void
rehearsal_query_wants(struct buf *b, const struct rehearsal_query *q)
{
	size_t i;

	buf_char(b, '[');
	for (i = 0; i < q->n; i++) {
		const struct rehearsal_want *w = &q->want[i];

		buf_fmt(b, "%s{\"criterion\":%u,\"negate\":%s", i ? "," : "",
		    w->criterion, w->negate ? "true" : "false");
		put_member(b, "param", str_of(w->param));
		put_member(b, "key_from", w->key_from);
		put_member(b, "key_to", w->key_to);
		put_member(b, "upto_from", w->upto_from);
		put_member(b, "upto_to", w->upto_to);
		put_member(b, "system", w->system);
		put_member(b, "part", w->part);
		put_member(b, "exact", w->exact);
		buf_char(b, '}');
	}
	buf_char(b, ']');
}
