/* bundle.c - a provider's searchset, looked through and made ours
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/bundle.h"

#include <string.h>

static bool
read_total(struct bundle *b, struct err *e)
{
	struct tree_node *n = tree_at(b->root, NAME_total);

	if (!n || n->kind == TREE_NULL)
		return true;
	/* a number in quotes is read leniently (fhir/versions.md, 17) */
	b->has_total = str_number(tree_text(n), 15, &b->total);
	return b->has_total ||
	       err_why(e, ERR_UPSTREAM_BAD, "Bundle.total is no count");
}

static void
read_links(struct bundle *b)
{
	struct tree_node *link;

	tree_each(link, tree_at(b->root, NAME_link))
	{
		struct str rel = tree_str(link, "relation");
		struct str url = tree_str(link, "url");

		if (str_is(rel, "self"))
			b->self = url;
		else if (str_is(rel, "next"))
			b->next = url;
		else if (str_is(rel, "previous") || str_is(rel, "prev"))
			b->previous = url;
		else if (str_is(rel, "first"))
			b->first = url;
		else if (str_is(rel, "last"))
			b->last = url;
	}
}

/* What tree_sift carries from entry to entry. */
struct sift {
	struct bundle *b;
	struct arena *a;
	struct str type;
	bool broken;
	struct tree_node **out; /* b->foreign of them */
	size_t cap;
};

static void
take_out(struct sift *s, struct tree_node *entry)
{
	if (s->b->foreign == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 16;

		s->out = arena_grow(s->a, s->out, s->cap * sizeof *s->out,
		    cap * sizeof *s->out);
		s->cap = cap;
	}
	s->out[s->b->foreign++] = entry;
}

static void
put_aside(struct sift *s)
{
	size_t i;

	if (!s->b->foreign)
		return;
	s->b->aside = tree_array(s->a);
	for (i = 0; i < s->b->foreign; i++)
		tree_append(s->b->aside, s->out[i]);
}

static struct tree_node *
judge(struct tree_node *entry, void *ctx)
{
	struct sift *s = ctx;
	struct tree_node *res = tree_at(entry, NAME_resource);
	struct str type = tree_str(res, "resourceType");
	struct str mode = tree_str(tree_at(entry, NAME_search), "mode");

	if (entry->kind != TREE_OBJECT || !type.len) {
		s->broken = true;
		return entry;
	}
	if (str_eq(type, s->type)) {
		if (!mode.at || str_is(mode, "match"))
			s->b->matches++;
		return entry;
	}
	if (str_is(type, "OperationOutcome"))
		return entry;
	take_out(s, entry);
	return NULL;
}

static bool
sift_entries(struct bundle *b, struct arena *a, enum fhir_version v,
    struct str type, struct err *e)
{
	struct tree_node *list = tree_at(b->root, NAME_entry);
	struct sift s = { .b = b, .a = a, .type = type };

	if (!list)
		return true;
	if (!tree_is(list, TREE_ARRAY))
		return err_why(e, ERR_UPSTREAM_BAD, "Bundle.entry is no list");
	tree_sift(list, judge, &s);
	if (s.broken)
		return err_why(e, ERR_UPSTREAM_BAD,
		    "an entry of the Bundle holds no resource");
	put_aside(&s);
	if (b->foreign)
		bundle_note(b, a, v, "not-supported",
		    arena_printf(a,
			b->foreign == 1 ? "%zu record of another type than "
					  "asked was left out."
					: "%zu records of other types than "
					  "asked were left out.",
			b->foreign));
	/* an empty list is not allowed in FHIR JSON */
	if (!tree_first(list))
		tree_remove(list);
	return true;
}

bool
bundle_read(struct bundle *b, struct arena *a, struct tree_node *root,
    enum fhir_version v, struct str type, struct err *e)
{
	memset(b, 0, sizeof *b);
	b->root = root;
	if (!str_is(tree_str(root, "resourceType"), "Bundle") ||
	    !str_is(tree_str(root, "type"), "searchset"))
		return err_why(
		    e, ERR_UPSTREAM_BAD, "the answer is no searchset Bundle");
	tree_remove(tree_get(root, "signature"));
	read_links(b);
	return read_total(b, e) && sift_entries(b, a, v, type, e);
}

struct tree_node *
bundle_match(const struct tree_node *entry)
{
	struct tree_node *res = tree_at(entry, NAME_resource);
	struct str mode = tree_str(tree_at(entry, NAME_search), "mode");

	if (!res || str_is(tree_str(res, "resourceType"), "OperationOutcome") ||
	    (mode.at && !str_is(mode, "match")))
		return NULL;
	return res;
}

/* url without "/type/id" at its end; absent if it ends otherwise. */
static struct str
base_of(struct str url, struct str type, struct str id)
{
	size_t n = type.len + id.len + 2;
	const char *tail;

	if (!id.len || url.len <= n)
		return STR_NONE;
	tail = url.at + url.len - n;
	if (tail[0] != '/' || memcmp(tail + 1, type.at, type.len) ||
	    tail[type.len + 1] != '/' ||
	    memcmp(tail + type.len + 2, id.at, id.len))
		return STR_NONE;
	return (struct str){ url.at, url.len - n };
}

struct str
bundle_base(const struct bundle *b)
{
	struct tree_node *entry;

	tree_each(entry, tree_at(b->root, NAME_entry))
	{
		struct tree_node *res = tree_at(entry, NAME_resource);
		struct str base =
		    base_of(tree_text(tree_at(entry, NAME_fullUrl)),
			tree_str(res, "resourceType"), tree_str(res, "id"));

		if (base.at)
			return base;
	}
	return STR_NONE;
}

void
bundle_full_urls(struct bundle *b, struct arena *a, struct str base)
{
	struct tree_node *entry;

	tree_each(entry, tree_at(b->root, NAME_entry))
	{
		struct tree_node *res = tree_at(entry, NAME_resource);
		struct str id = tree_str(res, "id");
		struct str type = tree_str(res, "resourceType");
		struct str url = tree_str(entry, "fullUrl");

		if (!id.len || str_starts_nocase(url, "urn:"))
			continue;
		tree_put(a, entry, "fullUrl",
		    tree_string(
			a, str_of(arena_printf(a, "%.*s/%.*s/%.*s",
			       STR_FMT(base), STR_FMT(type), STR_FMT(id)))));
	}
}

void
bundle_total(struct bundle *b, struct arena *a, uint64_t total)
{
	if (b->has_total && b->total == total &&
	    tree_is(tree_at(b->root, NAME_total), TREE_NUMBER))
		return;
	tree_put(a, b->root, "total", tree_integer(a, (int64_t)total));
	b->has_total = true;
	b->total = total;
}

void
bundle_links(struct bundle *b, struct arena *a, const struct bundle_link *links,
    size_t n)
{
	struct tree_node *list = tree_array(a);
	size_t i;

	for (i = 0; i < n; i++) {
		struct tree_node *link;

		if (!links[i].url.at)
			continue;
		link = tree_object(a);
		tree_put(a, link, "relation",
		    tree_string(a, str_of(links[i].relation)));
		tree_put(a, link, "url", tree_string(a, links[i].url));
		tree_append(list, link);
	}
	if (tree_first(list))
		tree_put(a, b->root, "link", list);
	else
		tree_remove(tree_at(b->root, NAME_link));
}
