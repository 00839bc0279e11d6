/* fuzz_form.c - searches from strangers: query and form
 * SPDX-License-Identifier: Apache-2.0
 *
 * Input: one byte that chooses face, type and strictness, then the query, and
 * after the first line feed the form. What is accepted must read back from our
 * own link as the same search, and hold nothing but what the tables allow. */
#include <stdlib.h>
#include <string.h>

#include "fhir/search_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *
provider_text(struct arena *a, const struct search *s)
{
	struct buf b = buf_new(a, 1u << 20);
	struct ability can;

	ability_start(&can, (enum fhir_version)(s->n % FHIR__MAX));
	search_plan_write(
	    &b, search_plan_make(a, s, &can, STR("urn:x")), false);
	if (!buf_text(&b))
		abort();
	for (size_t i = 0; i < b.len; i++) /* nothing to break a line with */
		if (b.at[i] <= ' ' || b.at[i] > '~')
			abort();
	return b.at;
}

static void
check(struct arena *a, struct search_ask *ask, const struct search *s)
{
	const char *first;
	struct buf link = buf_new(a, 1u << 20);
	struct err e = { 0 };

	for (size_t i = 0; i < s->n; i++)
		if (!s->params[i].value.len ||
		    !(s->params[i].param->versions & FHIR_BIT(s->face)))
			abort();
	if (s->patient.len && !iface_id(s->patient))
		abort();
	if (s->count > ask->count_max || (ask->strict && s->n_dropped))
		abort();
	search_said(a, s);
	if (s->cursor.len)
		return;
	first = provider_text(a, s);
	search_self(&link, s);
	ask->query = (struct str){ link.at, link.len };
	ask->form = STR_NONE;
	s = search_read(a, ask, &e);
	if (!s || s->n_dropped || strcmp(first, provider_text(a, s)) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size }, format;
	struct search_ask ask = { .public_base = STR("https://gw.example"),
		.count_default = 50,
		.count_max = 1000 };
	struct arena *a;
	const struct search *s;
	struct err e = { 0 };

	if (!size)
		return 0;
	ask.face = data[0] % FHIR__MAX;
	ask.type = data[0] / 3 % IFACE__MAX;
	ask.strict = data[0] & 0x80;
	ask.query =
	    str_cut((struct str){ text.at + 1, size - 1 }, '\n', &ask.form);
	a = arena_new();
	s = search_read(a, &ask, &e);
	if (!s != !!e.kind || (e.kind && !utf8_valid(str_of(e.said))))
		abort();
	if (s)
		check(a, &ask, s);
	err_clear(&e);
	search_format(a, text, &format, &e);
	search_strict(text);
	arena_free(a);
	return 0;
}
