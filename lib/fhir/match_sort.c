/* match_sort.c - which record comes first?
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/fold.h"
#include "fhir/match.h"
#include "fhir/match_inner.h"

#define DAY_LEN ((size_t)10) /* YYYY-MM-DD */

/* A birthday is the day that is written, whatever time and zone a server adds.
 */
static struct str
date_text(struct tree_node *n)
{
	struct str text = tree_text(n);

	if (n->id == NAME_birthDate && text.len > DAY_LEN)
		text.len = DAY_LEN;
	return text;
}

bool
match_span(struct tree_node *n, struct date_span *span)
{
	struct date_span end;
	bool has_end;

	if (!tree_is(n, TREE_OBJECT))
		return date_span(span, date_text(n));
	has_end = date_span(&end, tree_str(n, "end"));
	if (date_span(span, tree_str(n, "start"))) {
		span->upto_us = has_end ? end.upto_us : DATE_OPEN_UPTO;
		return true;
	}
	*span = end;
	span->from_us = DATE_OPEN_FROM;
	return has_end;
}

static bool
is_part(struct tree_node *member)
{
	static const char *const not_parts[] = { "use", "type", "period", "id",
		"extension" };
	struct str name = tree_name(member);

	if (str_starts(name, "_"))
		return false;
	for (size_t i = 0; i < COUNT(not_parts); i++)
		if (str_is(name, not_parts[i]))
			return false;
	return true;
}

void
match_texts(struct tree_node *n, match_text *seen, void *ctx)
{
	struct tree_node *c;

	if (tree_is(n, TREE_STRING))
		seen(ctx, tree_text(n));
	else if (tree_is(n, TREE_ARRAY))
		tree_each(c, n) match_texts(c, seen, ctx);
	else if (tree_is(n, TREE_OBJECT))
		tree_each(c, n) if (is_part(c)) match_texts(c, seen, ctx);
}

/* ---- keys ---------------------------------------------------------------- */

/* What one record has for one sort key. */
struct key {
	bool has;
	int64_t us;      /* of a date: its start; open ones by their end */
	struct str text; /* folded */
};

struct item {
	struct tree_node *record;
	size_t place; /* before sorting */
	struct key keys[SEARCH_SORTS_MAX];
};

struct reading {
	struct arena *a;
	const struct search_sort *sort;
	struct key *key;
};

static int
text_order(struct str x, struct str y)
{
	size_t n = x.len < y.len ? x.len : y.len;
	int d = n ? memcmp(x.at, y.at, n) : 0;

	return d ? d : (x.len > y.len) - (x.len < y.len);
}

static int
key_order(const struct key *x, const struct key *y)
{
	if (x->text.at)
		return text_order(x->text, y->text);
	return (x->us > y->us) - (x->us < y->us);
}

/* Of a period without one its end. */
static int64_t
start_of(const struct date_span *s)
{
	return s->from_us == DATE_OPEN_FROM ? s->upto_us : s->from_us;
}

/* Of several values the one that would come first. */
static void
offer(struct reading *r, struct key new)
{
	int d = r->key->has ? key_order(&new, r->key) : 0;

	if (!r->key->has || (r->sort->newest ? d > 0 : d < 0))
		*r->key = new;
}

static void
offer_text(void *ctx, struct str text)
{
	struct reading *r = ctx;

	offer(r, (struct key){ .has = true, .text = fold_text(r->a, text) });
}

static void
offer_value(void *ctx, struct tree_node *n)
{
	struct reading *r = ctx;
	struct date_span s;

	if (r->sort->param->kind == IFACE_STRING)
		match_texts(n, offer_text, r);
	else if (match_span(n, &s))
		offer(r, (struct key){ .has = true, .us = start_of(&s) });
}

static void
read_key(struct arena *a, enum iface_type t, enum fhir_version face,
    const struct search_sort *sort, struct key *key, struct tree_node *record)
{
	const struct param *p =
	    param_find(face, iface_name(t, face), str_of(sort->param->name));
	struct reading r = { a, sort, key };

	if (p)
		param_each(p, record, offer_value, &r);
}

/* ---- order --------------------------------------------------------------- */

struct order {
	const struct search_sort *sort;
	size_t sorts;
};

static int
compare(const void *left, const void *right, void *ctx)
{
	const struct item *x = left, *y = right;
	const struct order *o = ctx;

	for (size_t i = 0; i < o->sorts; i++) {
		const struct key *kx = &x->keys[i], *ky = &y->keys[i];
		int d;

		if (kx->has != ky->has)
			return kx->has ? -1 : 1;
		d = kx->has ? key_order(kx, ky) : 0;
		if (d)
			return o->sort[i].newest ? -d : d;
	}
	return (x->place > y->place) - (x->place < y->place);
}

void
match_sort(struct arena *a, enum iface_type t, enum fhir_version face,
    const struct search_sort *sort, size_t sorts, struct tree_node **list,
    size_t n)
{
	struct item *items = arena_get(a, n * sizeof *items);
	struct order o = { sort, sorts };

	for (size_t i = 0; i < n; i++) {
		items[i].record = list[i];
		items[i].place = i;
		for (size_t k = 0; k < sorts; k++)
			read_key(
			    a, t, face, &sort[k], &items[i].keys[k], list[i]);
	}
	qsort_r(items, n, sizeof *items, compare, &o);
	for (size_t i = 0; i < n; i++)
		list[i] = items[i].record;
}

/* Does one value come after another in the wrong direction? */
static bool
turns(const struct search_sort *sort, int64_t before, int64_t after)
{
	return sort->newest ? after > before : after < before;
}

/* The first date of one record. */
static void
note_date(void *ctx, struct tree_node *n)
{
	struct match_end *d = ctx;

	if (!d->has)
		d->has = match_span(n, &d->span);
}

/* Of equal ends (open ones are) the starts decide. */
static void
judge(const struct search_sort *sort, const struct date_span *before,
    const struct date_span *after, bool *by_start, bool *by_end)
{
	bool back = turns(sort, start_of(before), start_of(after));

	if (back)
		*by_start = false;
	if (before->upto_us == after->upto_us
		? back
		: turns(sort, before->upto_us, after->upto_us))
		*by_end = false;
}

bool
match_sorted(enum iface_type t, enum fhir_version face,
    const struct search_sort *sort, size_t sorts, struct tree_node *const *list,
    size_t n, struct match_end *end)
{
	const struct param *p = sorts ? param_find(face, iface_name(t, face),
					    str_of(sort->param->name))
	                              : NULL;
	bool by_start = true, by_end = true;

	if (!p || p->kind != PARAM_DATE)
		return true;
	for (size_t i = 0; i < n; i++) {
		struct match_end one = { .has = false };

		param_each(p, list[i], note_date, &one);
		if (!one.has)
			continue;
		if (end->has)
			judge(sort, &end->span, &one.span, &by_start, &by_end);
		*end = one;
	}
	return by_start || by_end;
}
