/* facade_page.c - links to more of a search, as handles that only we can read
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/facade_page.h"

#include "app/facade_ask.h"

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
static struct str
theirs(struct visit *v, const struct bundle *b, struct str link,
    struct str asked, bool *lost)
{
	struct cursor c = { .revision = v->to.revision,
		.total = b->has_total ? (int64_t)b->total : -1,
		.offset = -1,
		.patient = v->row->patient };

	if (!link.len)
		return STR_NONE;
	if (!facade_ask_place(v, b, link, asked, &c.path, &c.query)) {
		*lost = true;
		return STR_NONE;
	}
	return handle(v, &c);
}

bool
facade_page_theirs(
    struct visit *v, struct bundle *b, struct str self, struct str asked)
{
	bool lost = false;
	struct bundle_link links[] = {
		{ "self", self },
		{ "first", theirs(v, b, b->first, asked, &lost) },
		{ "previous", theirs(v, b, b->previous, asked, &lost) },
		{ "next", theirs(v, b, b->next, asked, &lost) },
		{ "last", theirs(v, b, b->last, asked, &lost) },
	};

	if (v->w->err.kind != ERR_NONE)
		return false;
	bundle_links(b, v->w->a, links, COUNT(links));
	if (lost)
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
		.path = STR(""),
		.query = str_of(self_query(v, s)),
		.patient = v->row->patient };

	if (!c.query.at) {
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
