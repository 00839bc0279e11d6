/* facade_fill.c - the displays that people see and the provider left out
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/facade_fill.h"

#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "fhir/display.h"

#define RECORD_BYTES_MAX ((size_t)1024 * 1024) /* of a record with a name */

/* One answer's look-ups. */
struct round {
	const struct visit *v;
	int64_t deadline_ms;
	atomic_bool enough; /* the provider wants no more questions */
};

struct lookup {
	struct round *in;
	const struct display_ask *ask;
	struct str trace;
	bool asked;
	char name[DISPLAY_BYTES_MAX];
	size_t len; /* 0: not found out */
};

/* ---- one look-up; runs beside others, in an arena of its own ------------------ */

static bool
asked(struct lookup *k, struct arena *a, struct str *body)
{
	const struct visit *v = k->in->v;
	struct err e = { .kind = ERR_NONE };
	const struct upstream_answer *answer;
	struct upstream_ask ask = { .to = &v->to,
		.method = UPSTREAM_GET,
		.path = str_of(arena_printf(a, "%.*s/%.*s",
		    STR_FMT(k->ask->type), STR_FMT(k->ask->id))),
		.accept = version_type(v->speaks),
		.traceparent = k->trace,
		.request_id = str_of(v->w->req->trace.id),
		.deadline_ms = k->in->deadline_ms,
		.body_bytes_max = RECORD_BYTES_MAX,
		.once = true };

	k->asked = true;
	answer = upstream_call(v->facade->engine, a, &ask, &e);
	if (answer) {
		*body = answer->body;
		return true;
	}
	if (e.kind == ERR_UPSTREAM_LIMIT || e.kind == ERR_UPSTREAM_BUSY ||
	    e.kind == ERR_UPSTREAM_CONNECT)
		atomic_store(&k->in->enough, true);
	return false;
}

/* What was sent must be what was asked for. */
static struct str
name_in(struct lookup *k, struct arena *a, struct str body)
{
	const struct conf *c = k->in->v->w->conf;
	const struct tree_limits lim = { .depth = (unsigned)c->request_depth,
		.nodes = (size_t)c->request_nodes,
		.object = true };
	struct err e = { .kind = ERR_NONE };
	struct tree_node *root = tree_read(a, body, &lim, &e);

	return str_eq(tree_str(root, "resourceType"), k->ask->type) &&
	               str_eq(tree_str(root, "id"), k->ask->id)
	           ? display_name(a, root)
	           : STR_NONE;
}

static void
look_up(void *ctx)
{
	struct lookup *k = ctx;
	struct arena *a;
	struct str body, name;

	if (atomic_load(&k->in->enough))
		return;
	a = arena_new();
	if (asked(k, a, &body) && (name = name_in(k, a, body)).len) {
		memcpy(k->name, name.at, name.len);
		k->len = name.len;
	}
	arena_free(a);
}

/* ---- all of them ------------------------------------------------------------------ */

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Half of the rest is for writing the answer and keeping its audit row, and
 * for a batch that this is one entry of. */
static int64_t
deadline(const struct visit *v, int64_t now_ms)
{
	int64_t half = (v->w->req->deadline_ms - now_ms) / 2;
	int64_t wait = v->w->conf->fill_wait_ms;

	return now_ms + (half < wait ? half : wait);
}

static void
note_asked(struct visit *v, size_t n, int64_t ms)
{
	struct audit_row *row = v->row;

	row->lookups = (row->lookups < 0 ? 0 : row->lookups) + (int64_t)n;
	row->upstream_ms = (row->upstream_ms < 0 ? 0 : row->upstream_ms) + ms;
}

static void
ask_provider(struct visit *v, struct display *d)
{
	size_t n = least(d->n, (size_t)v->w->conf->fill_references);
	size_t really = 0, i;
	struct fanout_job *jobs = arena_get(v->w->a, n * sizeof *jobs);
	struct lookup *all = arena_get(v->w->a, n * sizeof *all);
	int64_t began = clock_mono_ms();
	struct round in = { .v = v, .deadline_ms = deadline(v, began) };

	for (i = 0; i < n; i++) {
		all[i].in = &in;
		all[i].ask = &d->asks[i];
		all[i].trace = visit_traceparent(v);
		jobs[i] = (struct fanout_job){ look_up, &all[i], false };
	}
	fanout_run(v->facade->crew, jobs, n,
	    (unsigned)v->w->conf->fill_parallel, in.deadline_ms);
	for (i = 0; i < n; i++) {
		display_put(d, i, (struct str){ all[i].name, all[i].len });
		really += all[i].asked;
	}
	note_asked(v, really, clock_mono_ms() - began);
}

void
fill_displays(struct visit *v, struct tree_node *root,
    const struct links *called, const struct tree_node *aside)
{
	struct display d = { .a = v->w->a,
		.version = v->face.version,
		.base = &v->links,
		.called = called,
		.aside = aside };

	if (v->links_only)
		return;
	display_settle(&d, root);
	if (d.n && v->w->conf->fill_references)
		ask_provider(v, &d);
	v->w->left_bare += (long)d.bare;
}
