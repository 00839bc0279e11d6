/* fuzz_batch.c - batches from strangers, and what providers answer to ours
 * SPDX-License-Identifier: Apache-2.0
 *
 * Input: one byte that chooses the face and who speaks, then the body.
 * A posted batch: whatever is taken from it must be as many entries as were
 * sent, each refused with words or with a path that is safe to build on; what
 * is written back must be JSON with as many entries. A provider's answer:
 * statuses are numbers of HTTP, bodies are JSON, and what an entry says about
 * itself fits into an answer of ours. */
#include <stdlib.h>
#include <string.h>

#include "fhir/batch.h"
#include "fhir/batch_native.h"

#define ENTRIES_MAX 40
#define CALLS       3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_entry(const struct batch_entry *k)
{
	size_t i;

	if (k->refused) {
		if (k->path.at || k->query.at ||
		    (!k->said && k->refused != ERR_INTERACTION))
			abort();
		return;
	}
	if (k->path.len < 2 || k->path.at[0] != '/')
		abort();
	for (i = 0; i < k->path.len; i++)
		if (k->path.at[i] <= ' ' || k->path.at[i] > 'z' ||
		    strchr("%:@#?\\;<>\"", k->path.at[i]) ||
		    (i && k->path.at[i - 1] == '/' &&
			strchr("/.", k->path.at[i])))
			abort();
	for (i = 0; i < k->query.len; i++)
		if ((unsigned char)k->query.at[i] < ' ' ||
		    k->query.at[i] == '#')
			abort();
}

/* What a stranger chose may come back in it, as an etag for one. */
static void
check_answers(struct arena *a, const struct batch *b, enum fhir_version v)
{
	const struct tree_limits lim = { .object = true };
	struct batch_answer *w = arena_get(a, (b->n + 1) * sizeof *w);
	struct buf out = buf_new(a, 1u << 24);
	struct err e = { 0 };
	struct tree_node *root;
	size_t i;

	for (i = 0; i < b->n; i++) {
		bool failed = b->entry[i].refused != ERR_NONE;

		w[i] = (struct batch_answer){ .status = "200 OK",
			.failed = failed,
			.full_url = b->entry[i].path,
			.etag = b->entry[i].none_match,
			.body = i % 3 ? STR("{}") : STR_NONE };
	}
	batch_write(&out, v, w, b->n, "0193455e8e40aaaabbbbccccddddeeee");
	root = tree_read(a, (struct str){ out.at, out.len }, &lim, &e);
	if (!root || tree_count(tree_get(root, "entry")) != b->n)
		abort();
}

static void
check_said(struct arena *a, struct str text, enum fhir_version v)
{
	const struct tree_limits lim = { .object = true, .nodes = 50000 };
	struct batch_answer w[CALLS] = { 0 };
	struct batch_said said[CALLS] = { 0 };
	struct buf out = buf_new(a, 1u << 24);
	struct err e = { 0 };
	size_t i;

	if (!batch_native_read(a, text, &lim, said, CALLS, &e))
		return;
	for (i = 0; i < CALLS; i++) {
		if (said[i].status &&
		    (said[i].status < 100 || said[i].status > 999))
			abort();
		w[i] = (struct batch_answer){ .status = "200 OK",
			.body = said[i].body,
			.etag = said[i].etag,
			.last_modified = said[i].last_modified };
	}
	batch_write(&out, v, w, CALLS, "0193455e8e40aaaabbbbccccddddeeee");
	if (!tree_read(a, (struct str){ out.at, out.len },
		&(struct tree_limits){ .object = true }, &e))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct batch_ask ask = { .bases = { STR("https://gw.example/fhir/r4"),
				     STR("https://gw.example/fhir") },
		.entries_max = ENTRIES_MAX,
		.limits = { .depth = 64, .nodes = 50000 } };
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct batch b;
	size_t i;

	if (size) {
		ask.face = (enum fhir_version)(data[0] % FHIR__MAX);
		ask.body = (struct str){ (const char *)data + 1, size - 1 };
	}
	if (size && data[0] / FHIR__MAX % 2) {
		check_said(a, ask.body, ask.face);
	} else if (size && batch_read(a, &ask, &b, &e)) {
		if (b.n > ENTRIES_MAX)
			abort();
		for (i = 0; i < b.n; i++)
			check_entry(&b.entry[i]);
		check_answers(a, &b, ask.face);
	}
	arena_free(a);
	return 0;
}
