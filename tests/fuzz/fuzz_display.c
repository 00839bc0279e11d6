/* fuzz_display.c - any answer, and what is filled into it
 * SPDX-License-Identifier: Apache-2.0
 *
 * Input: a digit that chooses the version, then a body. What is to be asked
 * leads to a plain place under the provider's base; what was filled in is valid
 * JSON that says what the tree says; and once it is filled in nothing is left
 * to do. */
#include "../unit/tree_help.h"
#include "fhir/display.h"
#include "fhir/iface.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
demand(bool held)
{
	if (!held)
		abort();
}

static struct str
written(struct arena *a, const struct tree_node *n)
{
	struct buf b = buf_new(a, (size_t)1 << 26);

	tree_write(&b, n);
	demand(!b.failed);
	return (struct str){ b.at ? b.at : "", b.len };
}

static void
fill(struct display *d)
{
	size_t i;

	for (i = 0; i < d->n; i++) {
		const struct display_ask *ask = &d->asks[i];
		size_t before = d->bare;

		demand(display_known(ask->type) && iface_id(ask->id));
		demand(!i || d->asks[i - 1].first < ask->first);
		display_put(d, i, STR("N\xc3\xa4me"));
		demand(d->bare < before);
	}
}

static void
check(struct arena *a, struct tree_node *root, struct display *d)
{
	struct tree_limits lim = { .depth = TREE_DEPTH_MAX };
	struct err e = { .kind = ERR_NONE };
	struct str once;
	struct tree_node *again;

	display_settle(d, root);
	fill(d);
	once = written(a, root);
	again = tree_read(a, once, &lim, &e);
	demand(again && help_same(root, again));
	display_settle(d, again);
	demand(!d->n);
	demand(str_eq(written(a, again), once));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tree_limits lim = { .object = true };
	struct err e = { .kind = ERR_NONE };
	struct arena *a = arena_new();
	struct links base, called;
	struct display d = { .a = a, .base = &base, .called = &called };
	struct tree_node *root;
	struct str body;

	demand(links_open(&base, a, STR("http://p:8/f"), STR("https://g")));
	demand(links_open(&called, a, STR("http://q"), STR("https://g")));
	if (size) {
		d.version = (enum fhir_version)(data[0] % FHIR__MAX);
		body = (struct str){ (const char *)data + 1, size - 1 };
		root = tree_read(a, body, &lim, &e);
		if (root)
			check(a, root, &d);
	}
	arena_free(a);
	return 0;
}
