/* fuzz_convert.c - any bytes as a body of any version, made one of any other
 * SPDX-License-Identifier: Apache-2.0
 *
 * Whatever a provider sends, each direction must end with JSON that reads
 * again, says the same when it is read again, and has not grown out of
 * proportion: a lost element costs an extension and no more. */
#include <stdint.h>
#include <stdlib.h>

#include "fhir/convert.h"

#define TEXT_MAX ((size_t)1 << 26)
#define NODES    20000u
#define GROWTH   10u /* made values for one read */
#define DEFAULTS 64u /* what a version demands, in the smallest body */

static void
demand(bool held)
{
	if (!held)
		abort();
}

static struct tree_node *
read_body(struct arena *a, struct str text, unsigned depth)
{
	struct tree_limits lim = { .depth = depth, .nodes = NODES };
	struct err e = { 0 };

	if (depth == TREE_DEPTH_MAX)
		lim.nodes = 0;
	return tree_read(a, text, &lim, &e);
}

static size_t
count(const struct tree_node *root)
{
	const struct tree_node *n;
	size_t nodes = 0;

	for (n = root; n; n = tree_walk(n, root))
		nodes++;
	return nodes;
}

static struct str
written(struct arena *a, const struct tree_node *root)
{
	struct buf b = buf_new(a, TEXT_MAX);

	tree_write(&b, root);
	demand(!b.failed);
	return (struct str){ b.at, b.len };
}

/* Every node knows its parent, and what holds a change is changed. */
static void
check_links(struct tree_node *root)
{
	struct tree_node *n, *c;

	for (n = root; n; n = tree_walk(n, root)) {
		demand(n == root || !n->changed || n->parent->changed);
		tree_each(c, n) demand(c->parent == n);
	}
}

static void
check_way(struct str text, const struct convert_how *how)
{
	struct arena *a = arena_new();
	struct tree_node *root = read_body(a, text, TREE_DEPTH), *again;
	struct err e = { 0 };
	size_t before = count(root);
	struct str made;

	demand(convert_resource(a, root, how, &e));
	check_links(root);
	demand(count(root) <= GROWTH * before + DEFAULTS);
	made = written(a, root);
	again = read_body(a, made, TREE_DEPTH_MAX);
	demand(again && count(again) == count(root));
	demand(str_eq(written(a, again), made));
	arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct arena *a = arena_new();
	bool object = tree_is(read_body(a, text, TREE_DEPTH), TREE_OBJECT);

	arena_free(a);
	for (int way = 0; object && way < FHIR__MAX * FHIR__MAX * 2; way++) {
		struct convert_losses losses = { 0 };
		struct convert_how how = {
			.from = (enum fhir_version)(way % FHIR__MAX),
			.to = (enum fhir_version)(way / FHIR__MAX % FHIR__MAX),
			.bare = way / (FHIR__MAX * FHIR__MAX),
			.losses = &losses,
		};

		check_way(text, &how);
	}
	return 0;
}
