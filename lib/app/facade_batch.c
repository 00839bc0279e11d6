/* facade_batch.c - POST to the face itself: many requests in one
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "app/facade_ask.h"
#include "app/facade_native.h"
#include "app/pile.h"
#include "app/visit.h"
#include "base/clock.h"
#include "base/log.h"
#include "ext/fetch_url.h"
#include "fhir/batch.h"
#include "gate/meter.h"

#define ETAG_BYTES   300
#define ENTRY_SLACK  ((size_t)2048) /* around the text of an answer */
#define ENTRY_STATUS 40
#define AUDIT_ID_MAX 201

/* One entry, from its request to its answer. What lives longer than its run is
 * kept here. */
struct entry {
	struct batch_run *run;
	const struct batch_entry *asked;
	size_t i;
	struct audit_row row;
	bool failed;
	enum err_kind kind;
	char status[ENTRY_STATUS], etag[ETAG_BYTES];
	char last_modified[CLOCK_TEXT_LEN];
	char id[AUDIT_ID_MAX], patient[AUDIT_ID_MAX];
	struct visit_ahead *ahead; /* NULL: it asks by itself */
	long left_bare;
};

struct batch_run {
	struct visit *v; /* of the batch: read by all entries */
	struct batch batch;
	struct names names; /* each is asked once for all entries */
	struct entry *entry;
	struct pile pile;
	bool learns; /* for the next ones: does the provider take batches? */
};

/* ---- one entry, in whatever thread -------------------------------------------- */

/* The entry as if it had come alone: its own memory, its own answer. */
struct alone {
	struct visit v;
	struct work w;
	struct req req;
	struct resp resp;
};

static void
set_alone(struct alone *k, struct entry *t, struct arena *a)
{
	static const enum req_method methods[BATCH_METHOD__MAX] = {
		[BATCH_GET] = REQ_GET,
		[BATCH_HEAD] = REQ_HEAD,
		[BATCH_POST] = REQ_POST,
	};
	const struct work *w = t->run->v->w;

	k->req = *w->req;
	k->req.method = methods[t->asked->method];
	k->req.query = t->asked->query;
	k->req.if_none_match = t->asked->none_match;
	k->resp = (struct resp){ .status = 200 };
	k->w = (struct work){ .a = a,
		.conf = w->conf,
		.req = &k->req,
		.resp = &k->resp,
		.face = w->face };
	k->v = *t->run->v;
	k->v.w = &k->w;
	k->v.row = &t->row;
	k->v.ahead = t->ahead;
	k->v.batch = false;
	k->v.body = STR_NONE;
	k->v.names = &t->run->names;
	k->v.face.rest = t->asked->path;
	k->v.face.fixed = true; /* the batch has chosen the version */
}

static bool
answered(struct alone *k, const struct batch_entry *asked)
{
	if (asked->refused)
		return asked->said ? err_set(&k->w.err, asked->refused, "%s",
					 asked->said)
		                   : err_set(&k->w.err, asked->refused, NULL);
	return visit_route(&k->v) && visit_accepts(&k->v) &&
	       visit_answers(&k->v);
}

/* What the audit row borrowed from the entry's memory. */
static struct str
outlives(char *to, struct str s)
{
	if (!s.at || s.len >= AUDIT_ID_MAX)
		return STR_NONE;
	memcpy(to, s.at, s.len);
	return (struct str){ to, s.len };
}

static const char *
header_of(const struct resp *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (!strcmp(r->header[i].name, name))
			return r->header[i].value;
	return NULL;
}

/* response.lastModified is an instant. */
static void
keep_validators(struct entry *t, const struct resp *r)
{
	const char *etag = header_of(r, "ETag");
	const char *modified = header_of(r, "Last-Modified");
	int64_t at_s = modified ? fetch_date(modified) : -1;

	if (etag)
		snprintf(t->etag, sizeof t->etag, "%s", etag);
	if (at_s >= 0)
		clock_text(t->last_modified, at_s * 1000000);
}

static void
set_status(struct entry *t, unsigned status, enum err_kind kind)
{
	snprintf(
	    t->status, sizeof t->status, "%u %s", status, resp_phrase(status));
	t->row.status = (int)status;
	t->row.reason = fail_reason(kind);
	t->failed = kind != ERR_NONE;
	t->kind = kind;
}

static void
note(const struct entry *t, const struct work *w, int64_t took_ms)
{
	const struct err *e = &w->err;

	log_event(t->row.status >= 500 ? LOG_WARN : LOG_DEBUG, "entry",
	    LOG_TRACE, t->row.trace, LOG_REASON, t->row.reason, LOG_WHY,
	    e->why[0] ? e->why : NULL, LOG_COUNT, (long)t->row.entry,
	    LOG_STATUS, (long)t->row.status, LOG_MS, (long)took_ms,
	    w->left_bare ? LOG_BARE : LOG_END, w->left_bare, LOG_END);
}

static void
keep(struct entry *t, struct alone *k, enum err_kind kind)
{
	bool bodiless = k->req.method == REQ_HEAD || k->resp.status == 304;

	t->left_bare = k->w.left_bare;
	set_status(t, k->resp.status, kind);
	if (!t->failed)
		keep_validators(t, &k->resp);
	t->row.id = outlives(t->id, t->row.id);
	t->row.patient = outlives(t->patient, t->row.patient);
	if (t->failed || !bodiless)
		pile_keep(&t->run->pile, t->i, k->resp.body);
}

static void
run_entry(void *ctx)
{
	struct entry *t = ctx;
	struct arena *a = arena_new();
	struct alone *k = arena_get(a, sizeof *k);
	int64_t began_us = clock_mono_us(), took_us;

	set_alone(k, t, a);
	if (!answered(k, t->asked))
		fail_write(&k->resp, a, &k->req, k->w.face, &k->w.err);
	keep(t, k, k->w.err.kind);
	took_us = clock_mono_us() - began_us;
	t->row.duration_us = took_us;
	note(t, &k->w, took_us / 1000);
	arena_free(a);
}

/* ---- the batch ------------------------------------------------------------------ */

static bool
read_batch(struct visit *v, struct batch *b)
{
	const struct conf *c = v->w->conf;
	const struct batch_ask ask = { .face = v->face.version,
		.body = v->body,
		.bases = { str_of(arena_printf(v->w->a, "%s%s", c->public_base,
			       version_face(v->face.version))),
		    v->base },
		.entries_max = (size_t)c->batch_entries,
		.limits = { .depth = (unsigned)c->request_depth,
		    .nodes = (size_t)c->request_nodes } };

	return batch_read(v->w->a, &ask, b, &v->w->err);
}

/* A body that says of which version it is must be of the one that is read. */
static bool
version_meant(struct visit *v)
{
	return version_media_fits(v->face.version, v->w->req->content_type) ||
	       err_set(&v->w->err, ERR_MEDIA,
		   "The batch is of another FHIR version than its answer would "
		   "be: send it to the address of its version.");
}

/* To the hospital each entry is a request; one is counted already. To the
 * gateway a batch is one: the client's own limit is there for it. */
static bool
in_bounds(struct visit *v, size_t entries)
{
	return entries < 2 ||
	       gateway_draw(v->facade->gateway, v->w, LIMIT_TENANT,
		   &v->claims->tenant, (int64_t)entries - 1);
}

static void
prepare(struct batch_run *r)
{
	struct work *w = r->v->w;
	struct audit_row *last = r->v->row;
	size_t i;

	r->entry = arena_get(w->a, r->batch.n * sizeof *r->entry);
	names_open(&r->names, w->a, (size_t)w->conf->fill_references,
	    (unsigned)w->conf->fill_parallel);
	pile_open(
	    &r->pile, w->a, r->batch.n, (size_t)w->conf->batch_answer_bytes);
	for (i = 0; i < r->batch.n; i++) {
		struct entry *t = &r->entry[i];

		t->run = r;
		t->asked = &r->batch.entry[i];
		t->i = i;
		t->row = *r->v->row;
		t->row.with = NULL;
		t->row.entry = (int)i + 1;
		t->row.interaction = STR_NONE;
		last = last->with = &t->row;
	}
}

/* What an entry would ask: it is run up to there, and nothing of that run is
 * kept. */
static struct visit_ahead *
question(struct entry *t)
{
	struct arena *a = t->run->v->w->a;
	struct alone *k = arena_get(a, sizeof *k);
	struct audit_row row = t->row;

	t->ahead = arena_get(a, sizeof *t->ahead);
	t->ahead->collect = true;
	set_alone(k, t, a);
	answered(k, t->asked);
	t->ahead->collect = false;
	t->row = row;
	return t->ahead;
}

static void
ask_ahead(struct batch_run *r)
{
	struct visit_ahead **ahead =
	    arena_get(r->v->w->a, r->batch.n * sizeof *ahead);
	size_t i;

	if (!native_may(r->v, &r->learns))
		return;
	for (i = 0; i < r->batch.n; i++)
		ahead[i] = question(&r->entry[i]);
	native_ask(r->v, ahead, r->batch.n);
}

/* Nobody has run it: there was no time. */
static void
give_up(struct entry *t)
{
	set_status(
	    t, fail_status(t->run->v->w->face, ERR_DEADLINE), ERR_DEADLINE);
	t->row.duration_us = 0;
}

/* Beside the entries, for the batches that will come. */
static void
learn(void *ctx)
{
	const struct batch_run *r = ctx;
	const struct abilities_of of = facade_ask_of(r->v);
	struct arena *a = arena_new();
	struct work w = *r->v->w;
	struct visit v = *r->v;

	w.a = a;
	v.w = &w;
	visit_statement(&v, &of);
	arena_free(a);
}

static void
run_all(struct batch_run *r)
{
	struct work *w = r->v->w;
	struct fanout *crew = r->v->facade->crew;
	size_t i, n = r->batch.n;
	struct fanout_job *jobs = arena_get(w->a, (n + 1) * sizeof *jobs);

	for (i = 0; i < n; i++)
		jobs[i] = (struct fanout_job){ .run = run_entry,
			.ctx = &r->entry[i] };
	if (r->learns && crew && n > 1)
		jobs[n++] = (struct fanout_job){ .run = learn, .ctx = r };
	fanout_run(crew, &r->v->claims->tenant, jobs, n,
	    (unsigned)w->conf->batch_parallel, w->req->deadline_ms);
	for (i = 0; i < r->batch.n; i++) {
		if (!jobs[i].ran)
			give_up(&r->entry[i]);
		w->left_bare += r->entry[i].left_bare;
	}
}

/* ---- the answer ------------------------------------------------------------------- */

static struct str
refusal(struct visit *v, enum err_kind kind)
{
	const struct err e = { .kind = kind };
	struct resp resp = { .status = 200 };

	fail_write(&resp, v->w->a, v->w->req, v->w->face, &e);
	return resp.body;
}

/* What is said of an entry in the answer. */
static void
settle(struct batch_run *r, size_t i, struct batch_answer *to)
{
	struct entry *t = &r->entry[i];
	struct visit *v = r->v;

	if (r->pile.slot[i].gave_way) {
		set_status(t, fail_status(v->w->face, ERR_BATCH_LARGE),
		    ERR_BATCH_LARGE);
		t->row.returned = 0;
	}
	meter_entry(t->kind);
	*to = (struct batch_answer){ .status = t->status,
		.failed = t->failed,
		.body = r->pile.slot[i].text };
	if (t->failed && !to->body.at)
		to->body = refusal(v,
		    r->pile.slot[i].gave_way ? ERR_BATCH_LARGE : ERR_DEADLINE);
	if (t->failed)
		return;
	to->etag = str_of(t->etag);
	to->last_modified = str_of(t->last_modified);
	if (str_is(t->row.interaction, "read"))
		to->full_url = str_of(arena_printf(v->w->a, "%.*s%.*s",
		    STR_FMT(v->base), STR_FMT(t->asked->path)));
}

static bool
write_answer(struct batch_run *r)
{
	struct visit *v = r->v;
	struct batch_answer *answers =
	    arena_get(v->w->a, r->batch.n * sizeof *answers);
	struct buf b = buf_new(v->w->a, (size_t)v->w->conf->batch_answer_bytes +
					    (r->batch.n + 1) * ENTRY_SLACK);
	size_t i;

	for (i = 0; i < r->batch.n; i++)
		settle(r, i, &answers[i]);
	buf_room(&b, r->pile.held + (r->batch.n + 1) * ENTRY_SLACK / 2);
	batch_write(
	    &b, v->face.version, answers, r->batch.n, v->w->req->trace.id);
	if (b.failed)
		return err_why(&v->w->err, ERR_BROKEN, "batch answer too long");
	v->row->returned = (int64_t)r->batch.n;
	v->w->resp->type = version_mime(v->face.version);
	v->w->resp->body = (struct str){ b.at, b.len };
	return true;
}

bool
visit_batch(struct visit *v)
{
	struct batch_run r = { .v = v };
	bool fine;

	if (!version_meant(v) || !read_batch(v, &r.batch) ||
	    !in_bounds(v, r.batch.n))
		return false;
	prepare(&r);
	ask_ahead(&r);
	run_all(&r);
	fine = write_answer(&r);
	pile_close(&r.pile);
	names_close(&r.names);
	return fine;
}
