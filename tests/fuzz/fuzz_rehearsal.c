/* fuzz_rehearsal.c - searches and resources of the rehearsal provider
 * SPDX-License-Identifier: Apache-2.0
 *
 * Input: one byte that chooses version, type and strictness. Then either a
 * resource, which begins with a brace: its terms must be UTF-8 within their
 * bounds, and each field that a person may set of it reads as it was set, in a
 * text that is JSON. Or a query, and after the first line feed a form: what is understood
 * must read back from the self link as the same search, and its wants must be
 * JSON. */
#include <stdlib.h>
#include <string.h>

#include "rehearsal/rehearsal_index.h"
#include "rehearsal/rehearsal_query.h"
#include "rehearsal/ward_edit.h"
#include "fhir/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *
choose_type(enum fhir_version v, unsigned n)
{
	const char *const *types = rehearsal_types(v);
	unsigned count = 0;

	while (types[count])
		count++;
	return types[n % count];
}

static void
check_resource(
    struct arena *a, enum fhir_version v, const char *type, struct str text)
{
	const struct tree_limits lim = { .object = true };
	struct err e = { .kind = ERR_NONE };
	struct rehearsal_terms t = { .a = a };
	struct tree_node *n = tree_read(a, text, &lim, &e);
	size_t i;

	if (!n)
		return;
	rehearsal_index(&t, v, n, type);
	for (i = 0; i < t.n; i++)
		if (t.at[i].key.len > REHEARSAL_KEY_MAX ||
		    t.at[i].system.len > REHEARSAL_KEY_MAX ||
		    !utf8_valid(t.at[i].key) || !utf8_valid(t.at[i].system))
			abort();
}

static void
check_written(struct arena *a, const struct tree_node *n)
{
	const struct tree_limits lim = { .object = true };
	struct err e = { .kind = ERR_NONE };
	struct buf b = buf_new(a, 1u << 24);

	tree_write(&b, n);
	if (b.failed || !tree_read(a, (struct str){ b.at, b.len }, &lim, &e))
		abort();
}

static void
check_fields(
    struct arena *a, enum fhir_version v, const char *type, struct str text)
{
	const struct tree_limits lim = { .object = true, .depth = 60 };
	struct err e = { .kind = ERR_NONE };
	struct tree_node *n;
	size_t k, i;

	for (k = 0; k < ward_kinds_n; k++) {
		const struct ward_kind *kind = &ward_kinds[k];

		if (strcmp(kind->type[v], type) != 0 ||
		    !(n = tree_read(a, text, &lim, &e)))
			continue;
		for (i = 0; i < kind->n; i++) {
			const struct ward_field *f = &kind->fields[i];

			ward_edit_set(a, kind, v, n, i, STR("7"));
			if (!str_is(ward_field_get(a, f, v, n), "7"))
				abort();
			ward_edit_done(a, kind, v, n, 1);
			check_written(a, n);
			ward_edit_set(a, kind, v, n, i, STR(""));
			check_written(a, n);
		}
		ward_kind_of(v, n);
	}
}

static struct str
wants_of(struct arena *a, const struct rehearsal_query *q)
{
	const struct tree_limits lim = { .depth = 2 };
	struct err e = { .kind = ERR_NONE };
	struct buf b = buf_new(a, 1u << 24);

	rehearsal_query_wants(&b, q);
	if (b.failed || !tree_read(a, (struct str){ b.at, b.len }, &lim, &e))
		abort();
	return (struct str){ b.at, b.len };
}

static void
check_query(struct arena *a, struct rehearsal_ask *ask, struct str text)
{
	struct err e = { .kind = ERR_NONE };
	const struct rehearsal_query *q, *again;

	ask->query = str_cut(text, '\n', &ask->form);
	if (!(q = rehearsal_query_read(a, ask, &e))) {
		if (!e.kind)
			abort();
		return;
	}
	if (!q->criteria || !q->count || q->lead >= 64)
		abort();
	ask->query = q->self;
	ask->form = STR_NONE;
	again = rehearsal_query_read(a, ask, &e);
	if (!again || again->count != q->count || again->sorts != q->sorts ||
	    !str_eq(wants_of(a, q), wants_of(a, again)) ||
	    !str_eq(q->self, again->self))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rehearsal_ask ask = { .base = STR("http://h/rehearsal/w") };
	struct arena *a;
	struct str text;

	if (!size)
		return 0;
	a = arena_new();
	ask.version = (enum fhir_version)((data[0] & 3) % FHIR__MAX);
	ask.type = choose_type(ask.version, data[0] >> 2 & 15);
	ask.strict = data[0] >> 6 & 1;
	text = (struct str){ arena_dup(a, (const char *)data + 1, size - 1),
		size - 1 };
	if (str_starts(text, "{")) {
		check_resource(a, ask.version, ask.type, text);
		check_fields(a, ask.version, ask.type, text);
	} else {
		check_query(a, &ask, text);
	}
	arena_free(a);
	return 0;
}
