/* rehearsal_batch.c - a Bundle of requests, each answered on its own
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_batch.h"

#include <string.h>

#include "rehearsal/rehearsal_answer.h"
#include "rehearsal/rehearsal_fake.h"
#include "fhir/tree.h"
#include "web/resp.h"

#define NODES_MAX 50000u

/* A batch under way. */
struct batch {
	const struct rehearsal_visit *v;
	struct buf b;
	size_t n;
};

/* "Patient/1", "/Patient/1", "./Patient/1" or absolute under our base; in
 * any case a plain path. */
static bool
read_url(const struct rehearsal_visit *v, struct rehearsal_call *call,
    struct str url, struct err *e)
{
	struct str base = v->base, path;

	if (url.len > base.len && !memcmp(url.at, base.at, base.len) &&
	    url.at[base.len] == '/')
		url = (struct str){ url.at + base.len, url.len - base.len };
	else if (str_starts(url, "./"))
		url = (struct str){ url.at + 1, url.len - 1 };
	else if (url.len && url.at[0] != '/')
		url = str_of(arena_printf(v->a, "/%.*s", STR_FMT(url)));
	path = str_cut(url, '?', &call->query);
	if (path.len < 2 || path.at[1] == '/' || path.at[1] == '?' ||
	    memchr(path.at, '%', path.len) || memchr(path.at, ':', path.len))
		return err_set(e, ERR_ADDRESS,
		    "The url of a request is a type with an id, or with a "
		    "search, under this server.");
	call->path = path;
	return true;
}

static bool
read_request(const struct rehearsal_visit *v, struct tree_node *entry,
    struct rehearsal_call *call, struct err *e)
{
	const struct tree_node *request = tree_get(entry, "request");
	struct str method = tree_str(request, "method");

	if (!tree_is(request, TREE_OBJECT) || !method.len)
		return err_set(e, ERR_MALFORMED,
		    "The entry has no request with method and url.");
	if (!str_is(method, "GET") && !str_is(method, "HEAD"))
		return err_set(
		    e, ERR_INTERACTION, "A batch may hold GET alone here.");
	call->method = REQ_GET;
	call->none_match = tree_str(request, "ifNoneMatch");
	return read_url(v, call, tree_str(request, "url"), e);
}

static void
run(const struct rehearsal_visit *v, struct tree_node *entry,
    struct rehearsal_reply *reply)
{
	struct rehearsal_call call = { .method = REQ_GET };
	struct err e = { .kind = ERR_NONE };

	if (!read_request(v, entry, &call, &e)) {
		memset(reply, 0, sizeof *reply);
		rehearsal_refuse(v, reply, &e);
		return;
	}
	rehearsal_answer(v, &call, reply);
	if (reply->faults.slow_ms != v->faults.slow_ms)
		rehearsal_wait(reply->faults.slow_ms); /* by its id */
	rehearsal_fake(v, &call, reply, false);
}

/* DSTU2 wants a fullUrl for whatever is in an entry (bdl-6); a made-up one is
 * as good as any, as long as it differs. */
static void
put_full_url(struct batch *b, const struct rehearsal_reply *r)
{
	const char *id = b->v->req->trace.id;

	if (r->resource_id.len && r->status == 200)
		buf_fmt(&b->b, "\"fullUrl\":\"%.*s/%s/%.*s\",",
		    STR_FMT(b->v->link_base), r->resource_type,
		    STR_FMT(r->resource_id));
	else
		buf_fmt(&b->b,
		    "\"fullUrl\":\"urn:uuid:%.8s-%.4s-4%.3s-8%.3s-"
		    "%012x\",",
		    id, id + 8, id + 13, id + 17, (unsigned)b->n);
}

static void
put_response(struct batch *b, const struct rehearsal_reply *r)
{
	bool outcome = r->status >= 400 && b->v->ward.version != FHIR_DSTU2;

	buf_fmt(&b->b, "\"response\":{\"status\":\"%u %s\"", r->status,
	    resp_phrase(r->status));
	if (r->etag) {
		buf_str(&b->b, ",\"etag\":");
		buf_json(&b->b, r->etag, strlen(r->etag));
	}
	if (outcome) {
		buf_str(&b->b, ",\"outcome\":");
		buf_put(&b->b, r->body.at, r->body.len);
	}
	buf_str(&b->b, "}}");
}

/* Errors stand in response.outcome, and in DSTU2, which has none, in the
 * resource. */
static void
put_entry(struct batch *b, const struct rehearsal_reply *r)
{
	buf_str(&b->b, b->n ? ",{" : ",\"entry\":[{");
	if (r->status == 200 ||
	    (r->status >= 400 && b->v->ward.version == FHIR_DSTU2)) {
		put_full_url(b, r);
		buf_str(&b->b, "\"resource\":");
		buf_put(&b->b, r->body.at, r->body.len);
		buf_char(&b->b, ',');
	}
	put_response(b, r);
	b->n++;
}

static bool
read_batch(const struct rehearsal_visit *v, struct str body,
    struct tree_node **entries, struct err *e)
{
	const struct tree_limits lim = { .object = true, .nodes = NODES_MAX };
	struct tree_node *root;

	if (v->faults.getonly || v->faults.nobatch)
		return err_set(
		    e, ERR_METHOD, "This provider takes no batches.");
	if (!(root = tree_read(v->a, body, &lim, e)))
		return false;
	if (!str_is(tree_str(root, "resourceType"), "Bundle") ||
	    !str_is(tree_str(root, "type"), "batch"))
		return err_set(e, ERR_MALFORMED,
		    "What is posted here is a Bundle of type batch.");
	*entries = tree_get(root, "entry");
	if (*entries && !tree_is(*entries, TREE_ARRAY))
		return err_set(
		    e, ERR_MALFORMED, "The entry of a Bundle is a list.");
	if (tree_count(*entries) > REHEARSAL_BATCH_ENTRIES)
		return err_set(e, ERR_TOO_MANY,
		    "A batch holds at most %d entries.",
		    REHEARSAL_BATCH_ENTRIES);
	return true;
}

void
rehearsal_batch(const struct rehearsal_visit *v, struct str body,
    struct rehearsal_reply *reply)
{
	struct batch b = { v, buf_new(v->a, REHEARSAL_BODY_MAX), 0 };
	struct err e = { .kind = ERR_NONE };
	struct tree_node *entries = NULL, *entry;

	memset(reply, 0, sizeof *reply);
	reply->faults = v->faults;
	if (!read_batch(v, body, &entries, &e)) {
		rehearsal_refuse(v, reply, &e);
		return;
	}
	buf_str(&b.b, "{\"resourceType\":\"Bundle\","
		      "\"type\":\"batch-response\"");
	tree_each(entry, entries)
	{
		struct rehearsal_reply one;

		run(v, entry, &one);
		put_entry(&b, &one);
	}
	buf_str(&b.b, b.n ? "]}" : "}");
	if (b.b.failed) {
		err_set(&e, ERR_UPSTREAM_LARGE,
		    "The answers are too large together.");
		rehearsal_refuse(v, reply, &e);
		return;
	}
	reply->status = 200;
	reply->type = version_mime(v->ward.version);
	reply->body = (struct str){ b.b.at, b.b.len };
}
