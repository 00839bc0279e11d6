/* visit.c - one FHIR request on its way through the facade
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/visit.h"

#include "base/clock.h"
#include "ext/crypt.h"
#include "fhir/match.h"
#include "fhir/display.h"

/* our URLs may be longer; displays are filled in, escapes and all */
#define REWRITE_ROOM ((size_t)1024 * 1024 + 2 * DISPLAY_ROOM_MAX)
#define ANSWER_SLACK ((size_t)2048) /* usual growth: room made once */

/* W3C Trace Context, traceparent. */
struct str
visit_traceparent(const struct visit *v)
{
	const struct req_trace *t = &v->w->req->trace;
	unsigned char span[8];
	char hex[17] = { 0 };

	crypt_random(span, sizeof span);
	enc_hex(hex, span, sizeof span);
	return str_of(arena_printf(v->w->a, "00-%s-%s-%s",
	    t->parent[0] ? t->parent : t->id, hex, t->flags));
}

static void
note_seen(struct visit *v, const struct upstream_seen *seen)
{
	struct audit_row *row = v->row;

	row->upstream_status = seen->status ? seen->status : -1;
	row->upstream_ms = (row->upstream_ms < 0 ? 0 : row->upstream_ms) +
	                   (int64_t)seen->elapsed_ms;
}

struct str
visit_their_type(const struct visit *v)
{
	return str_of(iface_name(v->type, v->speaks));
}

/* A provider that is set up under another version than it speaks would be
 * converted into nonsense. */
static bool
all_fit(const struct visit *v, const struct tree_node *root, struct err *e)
{
	const struct tree_node *entries = tree_at(root, NAME_entry), *entry;

	if (!version_fits(v->speaks, root, e))
		return false;
	if (!str_is(tree_str(root, "resourceType"), "Bundle") || !entries)
		return true;
	if (!tree_is(entries, TREE_ARRAY))
		return err_why(
		    e, ERR_UPSTREAM_BAD, "Bundle.entry is not a list");
	tree_each(entry, tree_at(root, NAME_entry))
	{
		if (!version_fits(v->speaks, tree_at(entry, NAME_resource), e))
			return false;
	}
	return true;
}

struct sift {
	struct visit *v;
	struct str type;
};

static struct tree_node *
asked_for(struct tree_node *entry, void *ctx)
{
	struct sift *s = ctx;
	struct visit *v = s->v;
	const struct tree_node *record = tree_at(entry, NAME_resource);

	if (!str_eq(tree_str(record, "resourceType"), s->type) ||
	    ((!v->only_ids.len || match_among(record, v->only_ids)) &&
		(!v->row->patient.len ||
		    match_about(v->type, v->speaks, record, v->row->patient))))
		return entry;
	v->withheld++;
	return NULL;
}

/* What was asked about one patient holds nothing about another, and what was
 * asked for by id is nobody else. Told by the provider's own record: another
 * version may not have the element that says it. */
static void
withhold_others(struct visit *v, struct tree_node *root)
{
	struct sift s = { v, visit_their_type(v) };

	if (str_is(tree_str(root, "resourceType"), "Bundle") &&
	    (v->only_ids.len || v->row->patient.len))
		tree_sift(tree_at(root, NAME_entry), asked_for, &s);
}

/* Page links are the provider's words for its own use, types in them included:
 * conversion is not to touch them. */
static bool
converted(struct visit *v, struct tree_node *root,
    const struct convert_how *how, struct err *e)
{
	struct tree_node *link = NULL;

	if (how->from != how->to &&
	    str_is(tree_str(root, "resourceType"), "Bundle"))
		link = tree_at(root, NAME_link);
	tree_remove(link);
	if (!convert_resource(v->w->a, root, how, e))
		return false;
	if (link)
		tree_append(root, link);
	return true;
}

/* A large answer takes a second: nobody waits for what comes too late. */
static bool
too_late(void *ctx)
{
	const struct visit *v = ctx;

	return clock_mono_ms() >= v->w->req->deadline_ms;
}

static bool
in_our_version(struct visit *v, struct tree_node *root, struct err *e)
{
	const struct convert_how how = { .from = v->speaks,
		.to = v->face.version,
		.bare = !v->route->write_extensions,
		.losses = &v->losses,
		.stop = too_late,
		.ctx = v };

	if (!all_fit(v, root, e))
		return false;
	withhold_others(v, root);
	v->whom = match_whom(v->type, v->speaks, root);
	return v->links_only || converted(v, root, &how, e);
}

static struct tree_limits
answer_limits(const struct visit *v)
{
	const struct conf *c = v->w->conf;

	return (struct tree_limits){ .depth = (unsigned)c->request_depth,
		.nodes = (size_t)c->answer_nodes,
		.object = true,
		.bad = ERR_UPSTREAM_BAD,
		.large = ERR_UPSTREAM_LARGE };
}

static bool
read_body(
    struct visit *v, struct str body, struct tree_node **root, struct err *e)
{
	const struct tree_limits lim = answer_limits(v);
	struct err why = { .kind = ERR_NONE };

	*root = tree_read(v->w->a, body, &lim, &why);
	if (*root)
		return in_our_version(v, *root, e);
	if (why.kind == ERR_BUSY)
		return err_why(e, ERR_BUSY, "%s", why.why);
	/* where the provider's JSON is broken is for the log only */
	return err_why(e, why.kind, "%s%s", why.said, why.why);
}

static bool
same_str(struct str x, struct str y)
{
	return str_eq(x.at ? x : STR(""), y.at ? y : STR(""));
}

static bool
same_ask(const struct upstream_ask *x, const struct upstream_ask *y)
{
	return x->method == y->method && same_str(x->path, y->path) &&
	       same_str(x->query, y->query) && same_str(x->body, y->body) &&
	       same_str(x->if_none_match, y->if_none_match);
}

/* What was asked ahead is used once: to ask again is to want to know anew. */
static const struct upstream_answer *
said_ahead(struct visit_ahead *h, struct upstream_ask *ask, struct err *e)
{
	*ask->seen = h->seen;
	h->asked = false;
	if (!h->answer)
		*e = h->e;
	return h->answer;
}

static const struct upstream_answer *
collected(struct visit_ahead *h, const struct upstream_ask *ask, struct err *e)
{
	if (!h->asked)
		h->ask = *ask;
	h->asked = true;
	err_why(e, ERR_BUSY, "only what would be asked is wanted");
	return NULL;
}

static const struct upstream_answer *
asked(struct visit *v, struct upstream_ask *ask, struct err *e)
{
	struct visit_ahead *h = v->ahead;

	if (h && h->collect)
		return collected(h, ask, e);
	if (h && h->asked && same_ask(&h->ask, ask))
		return said_ahead(h, ask, e);
	return upauth_call(v->facade->engine, v->w->a, ask, e);
}

/* What every question has in common. */
static void
address(struct visit *v, struct upstream_ask *ask)
{
	ask->to = &v->to;
	ask->accept = version_type(v->speaks);
	ask->traceparent = visit_traceparent(v);
	ask->request_id = str_of(v->w->req->trace.id);
	if (!ask->deadline_ms)
		ask->deadline_ms = v->w->req->deadline_ms;
}

const struct upstream_answer *
visit_ask(struct visit *v, struct upstream_ask *ask, struct err *e)
{
	const struct upstream_answer *answer;
	struct upstream_seen seen = { 0 };

	address(v, ask);
	ask->seen = &seen;
	answer = asked(v, ask, e);
	ask->seen = NULL;
	note_seen(v, &seen);
	return answer;
}

const struct upstream_answer *
visit_call(struct visit *v, struct upstream_ask *ask, struct tree_node **root,
    struct err *e)
{
	const struct upstream_answer *answer;

	*root = NULL;
	answer = visit_ask(v, ask, e);
	if (!answer || answer->status == 304)
		return answer;
	v->expect = answer->body.len;
	return read_body(v, answer->body, root, e) ? answer : NULL;
}

void
visit_statement(struct visit *v, const struct abilities_of *of)
{
	const struct tree_limits lim = answer_limits(v);
	struct upstream_ask ask = { .method = UPSTREAM_GET };

	if (v->ahead && v->ahead->collect)
		return; /* nothing is asked yet */
	address(v, &ask);
	abilities_learn(
	    v->facade->abilities, of, v->facade->engine, v->w->a, ask, &lim);
}

bool
visit_answer(struct visit *v, const struct tree_node *root)
{
	struct buf b =
	    buf_new(v->w->a, (size_t)v->w->conf->answer_bytes + REWRITE_ROOM);

	buf_room(&b, v->expect + ANSWER_SLACK);
	tree_write(&b, root);
	if (b.failed)
		return err_set(&v->w->err, ERR_UPSTREAM_LARGE, NULL);
	if (arena_over(v->w->a))
		return err_set(&v->w->err, ERR_BUSY, NULL);
	v->w->resp->status = 200;
	v->w->resp->type = version_mime(v->face.version);
	v->w->resp->body = (struct str){ b.at, b.len };
	return true;
}
