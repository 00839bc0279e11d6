/* rehearsal_bundle.c - a searchset around resources that stay as they are
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_bundle.h"

#include <string.h>

#include "base/enc.h"

#define INTERNAL       "http://fhir-node-3.ward.internal:8080"
#define LINK_BYTES_MAX ((size_t)128 * 1024)

/* One searchset while it is being written. */
struct set {
	struct buf *b;
	const struct rehearsal_visit *v;
	const struct rehearsal_query *q;
	enum rehearsal_links links;
	struct str path;
	struct str base; /* of its links */
};

struct str
rehearsal_link_base(
    struct arena *a, struct str base, enum rehearsal_links links)
{
	struct str path, host, scheme = str_cut(base, ':', &path);

	(void)scheme;
	if (links != REHEARSAL_INTERNAL || !str_starts(path, "//"))
		return base;
	host = (struct str){ path.at + 2, path.len - 2 };
	str_cut(host, '/', &path);
	return str_of(arena_printf(a, INTERNAL "/%.*s", STR_FMT(path)));
}

static struct str
page_query(const struct set *s, uint64_t offset)
{
	struct buf b = buf_new(s->v->a, LINK_BYTES_MAX);

	buf_put(&b, s->q->self.at, s->q->self.len);
	if (offset)
		buf_fmt(&b, "%s_page=%s", b.len ? "&" : "",
		    rehearsal_query_page(s->v->a, offset));
	return (struct str){ buf_text(&b), b.len };
}

/* ?_getpages= at the base, instead of the search itself. */
static void
put_handle(const struct set *s, struct buf *b, struct str query)
{
	struct arena *a = s->v->a;
	struct str whole = str_of(
	    arena_printf(a, "%.*s?%.*s", STR_FMT(s->path), STR_FMT(query)));
	char *handle = arena_get(a, ENC_B64_LEN(whole.len) + 1);

	enc_b64url(handle, whole.at, whole.len);
	buf_fmt(b, "%.*s?_getpages=%s", STR_FMT(s->base), handle);
}

/* base/Type?query, or Type?query, which resolves against the search's URL. */
static void
put_search(const struct set *s, struct buf *b, struct str query)
{
	const char *last = memrchr(s->path.at, '/', s->path.len);

	if (s->links == REHEARSAL_RELATIVE && last)
		buf_put(
		    b, last + 1, s->path.len - (size_t)(last + 1 - s->path.at));
	else
		buf_fmt(b, "%.*s%.*s", STR_FMT(s->base), STR_FMT(s->path));
	if (query.len)
		buf_fmt(b, "?%.*s", STR_FMT(query));
}

static void
put_url(const struct set *s, struct str query, bool paging)
{
	struct buf b = buf_new(s->v->a, LINK_BYTES_MAX);

	if (s->links == REHEARSAL_GETPAGES && paging)
		put_handle(s, &b, query);
	else
		put_search(s, &b, query);
	buf_json(s->b, b.at, b.len);
}

static void
put_link(const struct set *s, const char *relation, uint64_t offset)
{
	bool paging = strcmp(relation, "self") != 0;

	buf_fmt(s->b, "%s{\"relation\":\"%s\",\"url\":", paging ? "," : "",
	    relation);
	put_url(s, page_query(s, offset), paging);
	buf_char(s->b, '}');
}

static void
put_links(const struct set *s, const struct rehearsal_found *found)
{
	uint64_t at = s->q->offset, step = s->q->count;

	buf_str(s->b, ",\"link\":[");
	put_link(s, "self", at);
	if (!s->q->total_only && at + step < found->total)
		put_link(s, "next", at + step);
	if (!s->q->total_only && at)
		put_link(s, "previous", at > step ? at - step : 0);
	buf_char(s->b, ']');
}

static void
put_entry(
    const struct set *s, const char *type, const struct rehearsal_resource *r)
{
	buf_str(s->b, "{\"fullUrl\":\"");
	buf_fmt(s->b, "%.*s/%s/%.*s\",\"resource\":", STR_FMT(s->base), type,
	    STR_FMT(r->id));
	buf_put(s->b, r->body.at, r->body.len);
	buf_str(s->b, ",\"search\":{\"mode\":\"match\"}}");
}

void
rehearsal_searchset(struct buf *b, const struct rehearsal_visit *v,
    const struct rehearsal_faults *f, struct str path, const char *type,
    const struct rehearsal_query *q, const struct rehearsal_found *found)
{
	const struct set s = { b, v, q, f->links, path,
		rehearsal_link_base(v->a, v->base, f->links) };
	size_t i;

	buf_str(b, "{\"resourceType\":\"Bundle\",\"type\":\"searchset\"");
	if (!f->nototal)
		buf_fmt(b, ",\"total\":%llu", (unsigned long long)found->total);
	put_links(&s, found);
	for (i = 0; i < found->n; i++) {
		buf_str(b, i ? "," : ",\"entry\":[");
		put_entry(&s, type, &found->page[i]);
	}
	buf_str(b, found->n ? "]}" : "}");
}

bool
rehearsal_getpages(struct arena *a, struct str query, struct str *path,
    struct str *later, struct err *e)
{
	const char *name = "_getpages=";
	size_t n = strlen(name);
	struct str value, rest;
	char *plain;

	if (str_starts(query, name)) {
		value = str_cut(
		    (struct str){ query.at + n, query.len - n }, '&', &rest);
		n = ENC_B64_ROOM(value.len);
		plain = arena_get(a, n);
		if (dec_b64url(plain, &n, value) && n && *plain == '/') {
			*path = str_cut((struct str){ plain, n }, '?', later);
			return true;
		}
	}
	return err_set(e, ERR_PARAM, "_getpages is not one of this server's.");
}
