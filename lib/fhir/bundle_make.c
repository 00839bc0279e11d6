/* bundle_make.c - what we put into a searchset ourselves
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/bundle.h"

#include <string.h>

#include "fhir/outcome.h"

#define OUTCOME_BYTES_MAX ((size_t)16 * 1024) /* 64 names of 64 letters */

static struct tree_node *
outcome_entry(struct arena *a, enum fhir_version v, enum outcome_severity sev,
    const char *code, const char *text)
{
	struct outcome_issue issue = {
		.severity = sev, .code = code, .text = text
	};
	struct buf b = buf_new(a, OUTCOME_BYTES_MAX);
	struct tree_node *entry = tree_object(a), *search = tree_object(a);
	struct tree_limits lim = { .object = true };
	struct err e = { .kind = ERR_NONE };
	struct tree_node *res;

	outcome_write(&b, v, &issue, 1);
	res = b.failed ? NULL
	               : tree_read(a, (struct str){ b.at, b.len }, &lim, &e);
	if (!res)
		return NULL;
	tree_put(a, entry, "resource", res);
	tree_put(a, search, "mode", tree_string(a, STR("outcome")));
	tree_put(a, entry, "search", search);
	return entry;
}

static struct tree_node *
entries(struct bundle *b, struct arena *a)
{
	struct tree_node *list = tree_at(b->root, NAME_entry);

	return tree_is(list, TREE_ARRAY)
	           ? list
	           : tree_put(a, b->root, "entry", tree_array(a));
}

static void
add_entry(struct bundle *b, struct arena *a, struct tree_node *entry)
{
	if (entry)
		tree_append(entries(b, a), entry);
}

void
bundle_note(struct bundle *b, struct arena *a, enum fhir_version v,
    const char *code, const char *text)
{
	add_entry(b, a, outcome_entry(a, v, OUTCOME_WARNING, code, text));
}

void
bundle_tell(struct bundle *b, struct arena *a, enum fhir_version v,
    const char *code, const char *text)
{
	add_entry(b, a, outcome_entry(a, v, OUTCOME_INFORMATION, code, text));
}

static struct tree_node *
no_match(struct tree_node *entry, void *ctx)
{
	(void)ctx;
	return bundle_match(entry) ? NULL : entry;
}

/* Standing nowhere before, they can be put in front one after the other. */
void
bundle_show(
    struct bundle *b, struct arena *a, struct tree_node *const *entry, size_t n)
{
	struct tree_node *list = entries(b, a), *first;

	tree_sift(list, no_match, NULL);
	first = tree_first(list);
	for (size_t i = 0; i < n; i++)
		if (first)
			tree_insert(first, entry[i]);
		else
			tree_append(list, entry[i]);
	if (!tree_first(list))
		tree_remove(list);
	b->matches = n;
}

void
bundle_empty(struct bundle *b, struct arena *a)
{
	memset(b, 0, sizeof *b);
	b->root = tree_object(a);
	tree_put(a, b->root, "resourceType", tree_string(a, STR("Bundle")));
	tree_put(a, b->root, "type", tree_string(a, STR("searchset")));
	bundle_total(b, a, 0);
}
