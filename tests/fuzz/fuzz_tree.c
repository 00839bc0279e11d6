/* fuzz_tree.c - any bytes as a FHIR body: read, judged, written, changed
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is read must be what Jansson reads (tree_oracle.h says where they may
 * differ), must be written back byte for byte, and must say the same when
 * read again after changes that the bytes themselves choose. */
#include "../unit/tree_oracle.h"

#define NODES 256u

static void
demand(bool held)
{
	if (!held)
		abort();
}

static struct tree_node *
read_text(struct arena *a, struct str text, unsigned depth, size_t nodes)
{
	struct tree_limits lim = { .depth = depth, .nodes = nodes };
	struct err e = { 0 };
	struct tree_node *n = tree_read(a, text, &lim, &e);

	demand(!n == !!e.kind);
	if (depth == TREE_DEPTH_MAX && !nodes)
		demand(oracle_judge(a, text, n, &e) != ORACLE_APART);
	return n;
}

/* Parents and marks fit; the written text says what the tree says. */
static void
check(struct arena *a, struct tree_node *root)
{
	struct buf b = buf_new(a, (size_t)1 << 26);
	struct tree_node *n, *c;

	for (n = root; n; n = tree_walk(n, root)) {
		demand(n == root || !n->changed || n->parent->changed);
		tree_each(c, n) demand(c->parent == n);
	}
	tree_write(&b, root);
	demand(!b.failed);
	n = read_text(a, (struct str){ b.at, b.len }, TREE_DEPTH_MAX, 0);
	demand(n && help_same(root, n));
}

static void
check_bytes(struct arena *a, struct tree_node *root, struct str text)
{
	struct buf b = buf_new(a, (size_t)1 << 26);

	tree_write(&b, root);
	if (str_starts(text, "\xef\xbb\xbf"))
		text = (struct str){ text.at + 3, text.len - 3 };
	if (root->kind < TREE_ARRAY)
		text = str_trim(text, " \t\r\n");
	demand(str_eq((struct str){ b.at, b.len }, text));
}

/* ---- changes ------------------------------------------------------------------ */

struct pick {
	struct arena *a;
	const uint8_t *data;
	size_t size, at;
	struct tree_node *node[NODES];
	unsigned nodes;
};

static unsigned
next_byte(struct pick *k)
{
	return k->data[k->at++ % k->size];
}

static unsigned
height(const struct tree_node *n)
{
	const struct tree_node *c;
	unsigned most = 0, h;

	for (c = n; c; c = tree_walk(c, n)) {
		const struct tree_node *up;

		for (h = 1, up = c; up != n; up = up->parent)
			h++;
		most = h > most ? h : most;
	}
	return most;
}

/* May n be put into `to`: a container outside n, and not too deep after? */
static bool
fits(const struct tree_node *to, const struct tree_node *n)
{
	unsigned depth = height(n);

	if (to->kind < TREE_ARRAY)
		return false;
	for (; to; to = to->parent, depth++)
		if (to == n)
			return false;
	return depth < TREE_DEPTH_MAX;
}

static struct tree_node *
sifted(struct tree_node *c, void *ctx)
{
	struct pick *k = ctx;

	switch (next_byte(k) % 4) {
	case 0:
		return NULL;
	case 1:
		return tree_integer(k->a, (int64_t)k->at);
	default:
		return c;
	}
}

static void
move(struct pick *k, struct tree_node *to, struct tree_node *n)
{
	static const char *const names[] = { "id", "x", "\"", "" };
	const char *name = names[next_byte(k) % COUNT(names)];
	struct tree_node *before = tree_first(to);

	if (!fits(to, n))
		return;
	if (to->kind == TREE_OBJECT)
		tree_put(k->a, to, name, n);
	else if (before && next_byte(k) % 2)
		tree_insert(before, n);
	else
		tree_append(to, n);
}

static void
change(struct pick *k)
{
	struct tree_node *n = k->node[next_byte(k) % k->nodes];
	struct tree_node *other = k->node[next_byte(k) % k->nodes];

	switch (next_byte(k) % 7) {
	case 0:
		tree_set_text(n, STR("\"text\" \\ \n"));
		break;
	case 1:
		tree_remove(n);
		break;
	case 2:
		tree_sift(n, sifted, k);
		break;
	case 3:
		if (fits(tree_array(k->a), other) &&
		    (n->parent ? fits(n->parent, other) : n == other))
			tree_set(n, other);
		break;
	case 4:
		move(k, n, tree_number(k->a, STR("72.0")));
		break;
	default:
		move(k, n, other);
	}
}

static void
check_changes(struct pick *k, struct tree_node *root)
{
	struct tree_node *n;
	unsigned times;

	for (n = root; n && k->nodes < NODES; n = tree_walk(n, root))
		k->node[k->nodes++] = n;
	for (times = 8; times; times--) {
		change(k);
		check(k->a, root);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct arena *a = arena_new();
	struct pick k = { .a = a, .data = data, .size = size };
	struct tree_node *n = read_text(a, text, TREE_DEPTH_MAX, 0);

	if (read_text(a, text, 8, 64))
		demand(n);
	if (n) {
		check_bytes(a, n, text);
		check(a, n);
		check_changes(&k, n);
	}
	arena_free(a);
	return 0;
}
