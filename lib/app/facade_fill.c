/* facade_fill.c - the displays that people see and the provider left out
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/facade_fill.h"

#include "base/clock.h"
#include "fhir/display.h"

#define RECORD_BYTES_MAX ((size_t)1024 * 1024) /* of a record with a name */

/* One answer's look-ups. */
struct round {
	const struct visit *v;
	struct names *names;
	int64_t deadline_ms;
};

struct lookup {
	struct round *in;
	const struct display_ask *ask;
	struct names_one *name; /* NULL: there are too many */
	struct str trace;
	bool asked;
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
	answer = upauth_call(v->facade->engine, a, &ask, &e);
	if (answer) {
		*body = answer->body;
		return true;
	}
	if (e.kind == ERR_UPSTREAM_LIMIT || e.kind == ERR_UPSTREAM_BUSY ||
	    e.kind == ERR_UPSTREAM_OPEN || e.kind == ERR_UPSTREAM_QUOTA ||
	    e.kind == ERR_UPSTREAM_CONNECT)
		atomic_store(&k->in->names->enough, true);
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
	struct names *names = k->in->names;
	struct arena *a;
	struct str body;

	if (!names_begin(names, k->in->deadline_ms)) {
		names_tell(names, k->name, STR_NONE);
		return;
	}
	a = arena_new();
	names_tell(names, k->name,
	    asked(k, a, &body) ? name_in(k, a, body) : STR_NONE);
	arena_free(a);
	names_end(names);
}

/* ---- all of them ------------------------------------------------------------------ */

/* Half of the rest is for writing the answer and keeping its audit row, and
 * for a batch that this is one entry of. */
static int64_t
deadline(const struct visit *v, int64_t now_ms)
{
	int64_t half = (v->w->req->deadline_ms - now_ms) / 2;
	int64_t wait = v->w->conf->fill_wait_ms;

	return now_ms + (half < wait ? half : wait);
}

/* The names that nobody asks for yet; how many. */
static size_t
claim(struct round *in, const struct display *d, struct lookup *all, size_t n,
    struct fanout_job *jobs)
{
	size_t begun = 0, i;
	bool mine;

	for (i = 0; i < n; i++) {
		struct lookup *k = &all[i];

		k->in = in;
		k->ask = &d->asks[i];
		k->name =
		    names_claim(in->names, k->ask->type, k->ask->id, &mine);
		if (!k->name || !mine)
			continue;
		k->trace = visit_traceparent(in->v);
		jobs[begun++] = (struct fanout_job){ look_up, k, false };
	}
	return begun;
}

/* Who could not be asked in time is told of too: others may wait for it. */
static void
run(struct round *in, struct fanout_job *jobs, size_t n)
{
	size_t i;

	fanout_run(in->v->facade->crew, &in->v->claims->tenant, jobs, n,
	    (unsigned)in->v->w->conf->fill_parallel, in->deadline_ms);
	for (i = 0; i < n; i++)
		if (!jobs[i].ran)
			names_tell(in->names,
			    ((struct lookup *)jobs[i].ctx)->name, STR_NONE);
}

static size_t
hand_out(struct round *in, struct display *d, struct lookup *all, size_t n)
{
	size_t really = 0, i;

	for (i = 0; i < n; i++) {
		if (!all[i].name)
			continue;
		really += all[i].asked;
		display_put(
		    d, i, names_wait(in->names, all[i].name, in->deadline_ms));
	}
	return really;
}

static void
note_asked(struct visit *v, size_t n, int64_t ms)
{
	struct audit_row *row = v->row;

	row->lookups = (row->lookups < 0 ? 0 : row->lookups) + (int64_t)n;
	row->upstream_ms = (row->upstream_ms < 0 ? 0 : row->upstream_ms) + ms;
}

static void
ask_provider(struct visit *v, struct display *d, struct names *names)
{
	size_t n = d->n < names->max ? d->n : names->max;
	struct fanout_job *jobs = arena_get(v->w->a, n * sizeof *jobs);
	struct lookup *all = arena_get(v->w->a, n * sizeof *all);
	int64_t began = clock_mono_ms();
	struct round in = { v, names, deadline(v, began) };

	run(&in, jobs, claim(&in, d, all, n, jobs));
	n = hand_out(&in, d, all, n);
	note_asked(v, n, clock_mono_ms() - began);
}

void
fill_displays(struct visit *v, struct tree_node *root,
    const struct links *called, const struct tree_node *aside)
{
	size_t most = (size_t)v->w->conf->fill_references;
	struct display d = { .a = v->w->a,
		.version = v->face.version,
		.base = &v->links,
		.called = called,
		.aside = aside };
	struct names alone;

	if (v->links_only)
		return;
	display_settle(&d, root);
	if (d.n && most && v->names) {
		ask_provider(v, &d, v->names);
	} else if (d.n && most) {
		names_open(&alone, v->w->a, most < d.n ? most : d.n,
		    (unsigned)v->w->conf->fill_parallel);
		ask_provider(v, &d, &alone);
		names_close(&alone);
	}
	v->w->left_bare += (long)d.bare;
}
