/* facade_page.c - links to more of a search, as handles that only we can read
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/facade_page.h"

#include "app/facade_ask.h"

#define END_LEN (4 * sizeof(int64_t)) /* two numbers, in hex digits */

/* The default face answers in more than one version. */
static struct cursor_for
bound(const struct visit *v)
{
	return (struct cursor_for){ .tenant = v->claims->tenant,
		.client = v->claims->client,
		.face = str_of(arena_printf(v->w->a, "%.*s %s",
		    STR_FMT(v->face.path), version_name(v->face.version))),
		.type = v->type_name };
}

struct str
facade_page_again(struct visit *v, struct str text)
{
	return str_of(arena_printf(v->w->a, "%.*s/%.*s?_cursor=%.*s",
	    STR_FMT(v->base), STR_FMT(v->type_name), STR_FMT(text)));
}

static const char *
self_query(struct visit *v, const struct search *s)
{
	struct buf query = buf_new(v->w->a, FACADE_ASK_BYTES_MAX);

	search_self(&query, s);
	return buf_text(&query);
}

struct str
facade_page_self(struct visit *v, const struct search *s)
{
	const char *text = self_query(v, s);

	return text ? str_of(arena_printf(v->w->a, "%.*s/%.*s?%s",
			  STR_FMT(v->base), STR_FMT(v->type_name), text))
	            : STR_NONE;
}

bool
facade_page_read(struct visit *v, struct str text, struct cursor *c)
{
	struct work *w = v->w;
	struct cursor_for to = bound(v);

	if (!cursor_read(
		v->facade->cursors, w->a, &to, text, v->now_s, c, &w->err))
		return false;
	return c->revision == v->to.revision ||
	       err_set(&w->err, ERR_CURSOR, NULL);
}

static struct str
handle(struct visit *v, const struct cursor *c)
{
	struct cursor_for to = bound(v);
	struct str text = cursor_make(
	    v->facade->cursors, v->w->a, &to, c, v->now_s, &v->w->err);

	return text.at ? facade_page_again(v, text) : STR_NONE;
}

/* ---- the provider's pages ---------------------------------------------------- */

/* Absent when there is none, or it leads nowhere that we may ask (*lost is set
 * then). */
struct linking {
	struct visit *v;
	const struct bundle *b;
	const struct page_chain *chain;
	struct str asked, search;
	bool lost; /* a link leads nowhere that we may ask */
};

static struct str
theirs(struct linking *t, struct str link, struct str end)
{
	struct cursor c = { .revision = t->v->to.revision,
		.total = t->chain->total,
		.offset = -1,
		.search = t->search,
		.end = end };

	if (!link.len)
		return STR_NONE;
	if (!t->search.at) {
		err_set(&t->v->w->err, ERR_TOO_LARGE, NULL);
		return STR_NONE;
	}
	if (!facade_ask_place(t->v, t->b, link, t->asked, &c.path, &c.query)) {
		t->lost = true;
		return STR_NONE;
	}
	return handle(t->v, &c);
}

static struct str
end_text(struct arena *a, const struct match_end *end)
{
	int64_t us[] = { end->span.from_us, end->span.upto_us };
	char *text;

	if (!end->has)
		return STR_NONE;
	text = arena_raw(a, END_LEN);
	enc_hex(text, us, sizeof us);
	return (struct str){ text, END_LEN };
}

struct match_end
facade_page_end(const struct cursor *c)
{
	int64_t us[2];
	bool has = c->end.at && dec_hex(us, sizeof us, c->end);

	return has ? (struct match_end){ true, { us[0], us[1], DATE_TIME } }
	           : (struct match_end){ .has = false };
}

bool
facade_page_theirs(struct visit *v, struct bundle *b, struct str self,
    struct str asked, const struct page_chain *chain)
{
	struct linking t = { v, b, chain, asked,
		str_of(self_query(v, chain->search)), false };
	struct str none = STR_NONE, end = end_text(v->w->a, &chain->end);
	struct bundle_link links[] = {
		{ "self", self },
		{ "first", theirs(&t, b->first, none) },
		{ "previous", theirs(&t, b->previous, none) },
		{ "next", theirs(&t, b->next, end) },
		{ "last", theirs(&t, b->last, none) },
	};

	if (v->w->err.kind != ERR_NONE)
		return false;
	bundle_links(b, v->w->a, links, COUNT(links));
	if (t.lost)
		bundle_note(b, v->w->a, v->face.version, "incomplete",
		    "The hospital's server gave a page link that cannot be "
		    "followed: it leads outside of that server, or is too "
		    "long. Those records cannot be shown.");
	return true;
}

/* ---- our own pages ------------------------------------------------------------- */

static struct str
ours(struct visit *v, const struct search *s, uint64_t offset, uint64_t matches)
{
	struct cursor c = { .revision = v->to.revision,
		.total = (int64_t)matches,
		.offset = (int64_t)offset,
		.search = str_of(self_query(v, s)) };

	if (!c.search.at) {
		err_set(&v->w->err, ERR_TOO_LARGE, NULL);
		return STR_NONE;
	}
	return handle(v, &c);
}

bool
facade_page_ours(struct visit *v, struct bundle *b, struct str self,
    const struct search *s, uint64_t offset, uint64_t matches)
{
	struct str none = STR_NONE;
	uint64_t before = offset > s->count ? offset - s->count : 0;
	bool more = s->count && matches - offset > s->count;
	struct bundle_link links[] = {
		{ "self", self },
		{ "first", offset ? ours(v, s, 0, matches) : none },
		{ "previous", offset ? ours(v, s, before, matches) : none },
		{ "next",
		    more ? ours(v, s, offset + s->count, matches) : none },
	};

	if (v->w->err.kind != ERR_NONE)
		return false;
	bundle_links(b, v->w->a, links, COUNT(links));
	return true;
}
