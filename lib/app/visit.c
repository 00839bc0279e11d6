/* visit.c - one FHIR request on its way through the facade
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/visit.h"

#include "ext/crypt.h"
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
	const struct tree_node *entry;

	if (!version_fits(v->speaks, root, e))
		return false;
	if (!str_is(tree_str(root, "resourceType"), "Bundle"))
		return true;
	tree_each(entry, tree_at(root, NAME_entry))
	{
		if (!version_fits(v->speaks, tree_at(entry, NAME_resource), e))
			return false;
	}
	return true;
}

static bool
in_our_version(struct visit *v, struct tree_node *root, struct err *e)
{
	const struct convert_how how = { .from = v->speaks,
		.to = v->face.version,
		.bare = !v->route->write_extensions,
		.losses = &v->losses };

	return all_fit(v, root, e) &&
	       (v->links_only || convert_resource(v->w->a, root, &how, e));
}

static bool
read_body(
    struct visit *v, struct str body, struct tree_node **root, struct err *e)
{
	const struct conf *c = v->w->conf;
	const struct tree_limits lim = { .depth = (unsigned)c->request_depth,
		.nodes = (size_t)c->answer_nodes,
		.object = true,
		.bad = ERR_UPSTREAM_BAD,
		.large = ERR_UPSTREAM_LARGE };
	struct err why = { .kind = ERR_NONE };

	*root = tree_read(v->w->a, body, &lim, &why);
	if (*root)
		return in_our_version(v, *root, e);
	if (why.kind == ERR_BUSY)
		return err_why(e, ERR_BUSY, "%s", why.why);
	/* where the provider's JSON is broken is for the log only */
	return err_why(e, why.kind, "%s%s", why.said, why.why);
}

const struct upstream_answer *
visit_call(struct visit *v, struct upstream_ask *ask, struct tree_node **root,
    struct err *e)
{
	const struct upstream_answer *answer;
	struct upstream_seen seen = { 0 };

	ask->to = &v->to;
	ask->accept = version_type(v->speaks);
	ask->traceparent = visit_traceparent(v);
	ask->request_id = str_of(v->w->req->trace.id);
	ask->deadline_ms = v->w->req->deadline_ms;
	ask->seen = &seen;
	*root = NULL;
	answer = upstream_call(v->facade->engine, v->w->a, ask, e);
	note_seen(v, &seen);
	if (!answer || answer->status == 304)
		return answer;
	v->expect = answer->body.len;
	return read_body(v, answer->body, root, e) ? answer : NULL;
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
