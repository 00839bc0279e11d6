/* facade_native.c - a batch asked of the hospital's server in one request
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/facade_native.h"

#include "app/facade_ask.h"
#include "base/clock.h"
#include "base/log.h"
#include "fhir/batch_native.h"

#define BODY_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define WORTH_IT       2 /* questions: one is asked more simply alone */

/* A batch of ours on its way. */
struct native {
	struct visit *v;
	struct visit_ahead **ahead; /* those with a question */
	struct batch_call *calls;
	struct batch_said *said;
	size_t n;
	unsigned elapsed_ms;
	bool senseless; /* it was answered, but not as a batch */
};

bool
native_may(const struct visit *v, bool *ask)
{
	const struct abilities_of of = facade_ask_of(v);
	struct ability can;
	enum ability_answer batch;

	facade_ask_can(v, &can);
	batch = ability_can(&can, ABILITY_BATCH);
	*ask = batch == ABILITY_UNKNOWN &&
	       abilities_due(v->facade->abilities, &of);
	return batch == ABILITY_YES;
}

/* Does the failure say that it takes no batch, and not only that it is
 * troubled just now? */
static bool
says_no(const struct native *t, enum err_kind kind)
{
	return kind == ERR_UPSTREAM_REFUSED || kind == ERR_UPSTREAM_NOT_FOUND ||
	       kind == ERR_UPSTREAM_GONE || t->senseless ||
	       t->v->row->upstream_status == 501;
}

static void
remember(const struct native *t, enum err_kind kind)
{
	const struct abilities_of of = facade_ask_of(t->v);

	if (!kind || says_no(t, kind))
		abilities_seen(
		    t->v->facade->abilities, &of, ABILITY_BATCH, !kind);
}

/* A search by form has its parameters in the body; here they stand in the url
 * of the entry, which is in the body of the batch. */
static struct batch_call
call_of(const struct upstream_ask *ask)
{
	static const char form[] = "/_search";
	struct batch_call c = { .path = ask->path,
		.query = ask->query,
		.if_none_match = ask->if_none_match };

	if (ask->method == UPSTREAM_POST_FORM) {
		c.path.len -= sizeof form - 1;
		c.query = ask->body;
	}
	return c;
}

static void
pick(struct native *t, struct visit_ahead **ahead, size_t n)
{
	struct arena *a = t->v->w->a;
	size_t i;

	t->ahead = arena_get(a, n * sizeof *t->ahead);
	t->calls = arena_get(a, n * sizeof *t->calls);
	t->said = arena_get(a, n * sizeof *t->said);
	for (i = 0; i < n; i++)
		if (ahead[i] && ahead[i]->asked) {
			t->calls[t->n] = call_of(&ahead[i]->ask);
			t->ahead[t->n++] = ahead[i];
		}
}

static bool
asked(struct native *t, struct err *e)
{
	struct visit *v = t->v;
	const struct conf *c = v->w->conf;
	const struct tree_limits lim = { .depth = (unsigned)c->request_depth,
		.nodes = (size_t)c->answer_nodes,
		.object = true,
		.bad = ERR_UPSTREAM_BAD,
		.large = ERR_UPSTREAM_LARGE };
	struct upstream_ask ask = {
		.method = UPSTREAM_POST_JSON, .path = STR(""), .once = true
	};
	struct buf b = buf_new(v->w->a, BODY_BYTES_MAX);
	const struct upstream_answer *answer;
	int64_t now_ms = clock_mono_ms();

	batch_native_write(&b, t->calls, t->n);
	if (b.failed)
		return err_set(e, ERR_TOO_LARGE, NULL);
	ask.body = (struct str){ b.at, b.len };
	ask.deadline_ms = now_ms + (v->w->req->deadline_ms - now_ms) / 2;
	answer = visit_ask(v, &ask, e);
	t->elapsed_ms = (unsigned)(clock_mono_ms() - now_ms);
	if (!answer ||
	    batch_native_read(v->w->a, answer->body, &lim, t->said, t->n, e))
		return answer != NULL;
	t->senseless = e->kind == ERR_UPSTREAM_BAD;
	return false;
}

/* What the provider says in an entry is what it would have said alone. */
static void
hand_over(struct native *t, size_t i)
{
	const struct batch_said *said = &t->said[i];
	struct visit_ahead *h = t->ahead[i];
	struct upstream_answer *w;
	enum err_kind kind =
	    upstream_kind(said->status, h->ask.if_none_match.at != NULL);

	h->asked =
	    said->status && (kind || said->status == 304 || said->body.len);
	h->seen = (struct upstream_seen){ .status = said->status,
		.tries = 1,
		.elapsed_ms = t->elapsed_ms,
		.bytes = said->body.len };
	if (kind) {
		err_why(&h->e, kind, "the provider answered %d in its batch",
		    said->status);
		return;
	}
	h->answer = w = arena_get(t->v->w->a, sizeof *w);
	*w = (struct upstream_answer){ .status = said->status,
		.body = said->body.at ? said->body : STR(""),
		.etag = said->etag,
		.last_modified = said->last_modified,
		.elapsed_ms = t->elapsed_ms };
}

static void
hand_over_all(struct native *t, const struct err *e)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (!e->kind) {
			hand_over(t, i);
		} else if (e->kind == ERR_UPSTREAM_LIMIT) {
			t->ahead[i]->e = *e;
			t->ahead[i]->seen.status = 429;
		} else {
			t->ahead[i]->asked = false;
		}
}

void
native_ask(struct visit *v, struct visit_ahead **ahead, size_t n)
{
	struct native t = { .v = v };
	struct err e = { .kind = ERR_NONE };

	pick(&t, ahead, n);
	if (t.n < WORTH_IT) {
		err_set(&e, ERR_TOO_MANY, NULL); /* one is asked alone */
		hand_over_all(&t, &e);
		return;
	}
	asked(&t, &e);
	remember(&t, e.kind);
	if (e.kind)
		log_event(LOG_INFO, "batch_not_taken", LOG_TRACE, v->row->trace,
		    LOG_REASON, fail_reason(e.kind), LOG_WHY,
		    e.why[0] ? e.why : NULL, LOG_END);
	hand_over_all(&t, &e);
}
