/* fuzz_search.c - plans for any provider, and records of any shape
 * SPDX-License-Identifier: Apache-2.0
 *
 * Input: one byte that chooses face and type, one for the provider's version;
 * then a query; after the first line feed a statement, after the second a list
 * of records. A plan asks only what the tables know and leaves to the gateway
 * only what was in the search; what is put in order holds the same records,
 * and is in order. */
#include <stdlib.h>
#include <string.h>

#include "fhir/match.h"
#include "fhir/search_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECORDS 64

struct input {
	struct arena *a;
	struct search_ask ask;
	enum fhir_version provider;
	struct str statement, records;
};

static struct tree_node *
read_tree(struct arena *a, struct str text)
{
	const struct tree_limits lim = { .depth = 64 };
	struct err e = { .kind = ERR_NONE };

	return text.len ? tree_read(a, text, &lim, &e) : NULL;
}

static void
check_asked(const struct search_plan *p)
{
	enum iface_type t = p->search->type;

	for (size_t i = 0; i < p->n; i++) {
		const char *name = p->asked[i].name;

		if (!iface_canonical(t, p->to, name) &&
		    strcmp(name, "subject") != 0 && t != IFACE_COVERAGE)
			abort();
		if (!p->asked[i].value.len)
			abort();
	}
	for (size_t i = 0; i < p->sorts; i++)
		if (!(p->sort[i].param->versions & FHIR_BIT(p->to)))
			abort();
	if (p->n_filter > p->search->n || (p->sort_here && p->sorts))
		abort();
}

static void
check_plan(struct input *in, const struct search *s, const struct ability *can)
{
	const struct search_plan *p =
	    search_plan_make(in->a, s, can, STR("urn:oid:2.999"));
	struct buf b = buf_new(in->a, 1u << 20);

	check_asked(p);
	search_plan_write(&b, p, false);
	if (b.failed)
		abort();
	for (size_t i = 0; i < b.len; i++)
		if (b.at[i] <= ' ' || b.at[i] > '~')
			abort();
	if (!p->n && !p->compartment.at && !p->nothing)
		abort(); /* everything would be asked for */
}

/* How many of the list is each of these? */
static uint64_t
seen(struct tree_node *const *list, size_t n, struct tree_node *const *all)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			if (list[i] == all[k])
				bits |= UINT64_C(1) << k;
	return bits;
}

static void
check_order(
    struct input *in, const struct search *s, struct tree_node **list, size_t n)
{
	struct tree_node *all[RECORDS];

	memcpy(all, list, sizeof all);
	match_sort(in->a, s->type, s->face, s->sort, s->sorts, list, n);
	if (seen(list, n, all) !=
	    (n == 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1))
		abort();
}

static void
check_records(struct input *in, const struct search *s)
{
	const struct match *m =
	    match_open(in->a, s->type, s->face, s->params, s->n);
	struct tree_node *list[RECORDS] = { NULL }, *c;
	size_t n = 0;

	tree_each(c, read_tree(in->a, in->records))
	{
		if (match_fits(m, in->a, c) && s->patient.len &&
		    !match_about(s->type, s->face, c, s->patient))
			abort();
		if (n < RECORDS)
			list[n++] = c;
	}
	check_order(in, s, list, n);
}

static void
check(struct input *in)
{
	struct err e = { .kind = ERR_NONE };
	const struct search *s = search_read(in->a, &in->ask, &e);
	struct ability can;

	if (!s || s->cursor.len)
		return;
	ability_start(&can, in->provider);
	ability_read(&can, read_tree(in->a, in->statement));
	check_plan(in, s, &can);
	for (int f = 0; f < ABILITY_FACT__MAX; f++)
		ability_seen(&can, (enum ability_fact)f, false);
	ability_person_refused(&can, (enum ability_person)can.person);
	check_plan(in, s, &can);
	check_records(in, s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { .ask = { .public_base = STR("https://gw.example"),
				.count_default = 50,
				.count_max = 1000 } };
	struct str rest;

	if (size < 2)
		return 0;
	in.a = arena_new();
	in.ask.face = data[0] % FHIR__MAX;
	in.ask.type = data[0] / 3 % IFACE__MAX;
	in.provider = data[1] % FHIR__MAX;
	in.ask.query = str_cut(
	    (struct str){ (const char *)data + 2, size - 2 }, '\n', &rest);
	in.statement = str_cut(rest, '\n', &in.records);
	check(&in);
	arena_free(in.a);
	return 0;
}
