/* serve_desk.c - one request: from its first byte to the last of its answer
 * SPDX-License-Identifier: Apache-2.0 */
#include "web/serve.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "ext/fcgi.h"
#include "web/serve_line.h"

#define HEAD_MAX   ((size_t)16 * 1024)
#define SPARES_MAX 128 /* desks that wait for the next request */

struct desk {
	struct pool_held held; /* first: what the pool knows it by */
	struct desk *below;    /* in the stack of free ones */
	struct arena *a;
	struct serve_line line;
	struct req req;
	struct resp resp;
	struct str head; /* of the answer; absent: it grew too large */
	struct work w;
	struct err told; /* what the answer says */
	bool dressed;    /* it has what is added to each */
	enum serve_news news;
};

static const struct program *program;
static const struct conf *conf;

static struct {
	pthread_mutex_t lock; /* guards the two below */
	struct desk *top;
	int n;
} spares = { .lock = PTHREAD_MUTEX_INITIALIZER };

void
desk_setup(const struct program *p, const struct conf *c)
{
	program = p;
	conf = c;
}

/* ---- desks --------------------------------------------------------------------- */

static struct desk *
desk_new(void)
{
	struct desk *d = calloc(1, sizeof *d);

	if (!d)
		abort();
	d->a = arena_new();
	d->line.wait_ms = (int)conf->socket_wait_ms;
	return d;
}

static void
desk_free(struct desk *d)
{
	fcgi_free(d->line.fcgi);
	arena_free(d->a);
	free(d);
}

static struct desk *
sit_down(void)
{
	struct desk *d;

	pthread_mutex_lock(&spares.lock);
	if ((d = spares.top)) {
		spares.top = d->below;
		spares.n--;
	}
	pthread_mutex_unlock(&spares.lock);
	if (d)
		return d;
	d = desk_new();
	d->line.fcgi = fcgi_new(
	    (unsigned)conf->socket_wait_ms, (unsigned)conf->request_wait_ms);
	return d;
}

static void
stand_up(struct desk *d)
{
	bool room;

	fcgi_end(d->line.fcgi);
	arena_reset(d->a);
	pthread_mutex_lock(&spares.lock);
	if ((room = spares.n < SPARES_MAX)) {
		d->below = spares.top;
		spares.top = d;
		spares.n++;
	}
	pthread_mutex_unlock(&spares.lock);
	if (!room)
		desk_free(d);
}

void
desk_clear_out(void)
{
	struct desk *d;

	while ((d = spares.top)) {
		spares.top = d->below;
		spares.n--;
		desk_free(d);
	}
}

/* ---- the answer ---------------------------------------------------------------- */

/* draft-ietf-httpapi-ratelimit-headers-06. */
static void
tell_limit(struct work *w)
{
	resp_header(w->resp, "RateLimit-Limit",
	    arena_printf(w->a, "%lld", (long long)w->limit));
	resp_header(w->resp, "RateLimit-Remaining",
	    arena_printf(w->a, "%lld", (long long)w->left));
	resp_header(
	    w->resp, "RateLimit-Reset", arena_printf(w->a, "%u", w->reset_s));
}

static void
dress(struct work *w)
{
	struct resp *r = w->resp;
	bool cache = false;
	size_t i;

	for (i = 0; i < r->n; i++)
		cache |= !strcmp(r->header[i].name, "Cache-Control");
	if (!cache) {
		resp_header(r, "Cache-Control", "no-store");
		if (w->face == FAIL_OAUTH)
			resp_header(r, "Pragma", "no-cache");
	}
	if (w->limit)
		tell_limit(w);
	if (program->vary)
		resp_header(r, "Vary", program->vary);
	resp_header(r, "X-Content-Type-Options", "nosniff");
	resp_header(r, "X-Request-Id", w->req->trace.request_id);
	resp_header(r, "X-Trace-Id", w->req->trace.id);
	if (w->req->method == REQ_HEAD || r->status == 304)
		r->bodiless = true;
}

static void
refuse(struct work *w)
{
	fail_write(w->resp, w->a, w->req, w->face, &w->err);
	if (w->resp->status == 405)
		resp_header(w->resp, "Allow", w->allow);
	if (w->err.kind == ERR_UPSTREAM_LIMIT)
		w->limit = 0; /* it was not this one that was reached */
}

static void
seal(struct desk *d)
{
	struct buf head = buf_new(d->a, HEAD_MAX);

	if (!d->dressed)
		dress(&d->w);
	d->dressed = true;
	resp_head(&head, &d->resp);
	d->head = head.failed ? STR_NONE : (struct str){ head.at, head.len };
}

static struct str
body(const struct desk *d)
{
	return d->resp.bodiless ? STR("") : d->resp.body;
}

/* One line for each request; the caller's trace id leads to its own logs. */
static void
note(const struct desk *d, bool taken)
{
	const struct work *w = &d->w;
	bool bad = d->resp.status >= 500;

	if (!taken)
		log_event(LOG_INFO, "answer_not_taken", LOG_TRACE,
		    w->req->trace.id, LOG_END);
	log_event(bad ? LOG_WARN : LOG_INFO, "request", LOG_METHOD,
	    w->req->method == REQ_OTHER  ? "other"
	    : w->req->method == REQ_POST ? "POST"
					 : "GET",
	    LOG_ROUTE, w->route ? w->route->path : NULL, LOG_TRACE,
	    w->req->trace.id, LOG_PARENT,
	    w->req->trace.parent[0] ? w->req->trace.parent : NULL, LOG_REASON,
	    fail_reason(d->told.kind), LOG_WHY,
	    d->told.why[0] ? d->told.why : NULL, LOG_STATUS,
	    (long)d->resp.status, LOG_MS,
	    (long)((clock_now_us() - w->req->start_us) / 1000),
	    w->left_bare ? LOG_BARE : LOG_END, w->left_bare, LOG_END);
}

static void
count(const struct desk *d)
{
	if (program->count)
		program->count(&d->w, d->told.kind);
}

/* What is answered instead, when the answer may not leave. */
static void
take_back(struct desk *d)
{
	refuse(&d->w);
	d->told = d->w.err;
	d->dressed = false;
}

static void
send_waiting(struct desk *d)
{
	bool taken = true;

	count(d);
	if (!d->w.raw) {
		seal(d);
		taken = d->head.at && serve_answer(&d->line, d->head, body(d));
	}
	note(d, taken);
}

/* ---- answers that leave later ----------------------------------------------------- */

/* Only what can be sent and closed without waiting for the peer. */
static bool
may_leave_later(struct desk *d)
{
	if (!d->line.fcgi || d->w.raw || arena_over(d->a) ||
	    !fcgi_heard(d->line.fcgi))
		return false;
	seal(d);
	return d->head.at && pool_hold();
}

/* A worker goes on with what cannot be done here. */
void
serve_settled(struct work *w, enum serve_news news)
{
	struct desk *d = w->desk;
	enum fcgi_sent sent = FCGI_STUCK;

	d->news = news;
	if (news == SERVE_KEPT) {
		count(d);
		sent = fcgi_answer_now(d->line.fcgi, d->head, body(d));
	}
	if (sent == FCGI_STUCK) {
		pool_call(&d->held);
		return;
	}
	note(d, sent == FCGI_SENT);
	stand_up(d);
	pool_done();
}

void
desk_go_on(struct pool_held *which)
{
	struct desk *d = (struct desk *)which;

	switch (d->news) {
	case SERVE_KEPT:
		note(d, fcgi_answer_rest(d->line.fcgi));
		break;
	case SERVE_RENEWED:
		program->renew(&d->w);
		send_waiting(d);
		break;
	case SERVE_LOST:
		err_clear(&d->w.err);
		err_why(&d->w.err, ERR_AUDIT, "the audit row was not kept");
		take_back(d);
		send_waiting(d);
		break;
	}
	stand_up(d);
}

/* ---- the request --------------------------------------------------------------------- */

static void
handle(struct work *w, char *const *vars)
{
	bool readable = req_read(w->req, conf, vars, &w->err);

	if (program->begin)
		program->begin(w);
	if (readable)
		w->route = route_find(program->routes, program->n_routes,
		    w->req->path, w->req->method_text, &w->allow, &w->err);
	if (!w->route || !w->route->handle(w)) {
		if (program->refused)
			program->refused(w);
		refuse(w);
	}
}

/* Returns true when the answer has left; else the desk is somebody else's. */
static bool
settle(struct desk *d)
{
	struct work *w = &d->w;

	if (may_leave_later(d)) {
		if (program->settle_later(w))
			return false;
		pool_done();
	}
	if (!program->settle(w))
		take_back(d);
	send_waiting(d);
	return true;
}

/* refused: why it is, before anything of it is looked at; or ERR_NONE. */
static bool
work_at(struct desk *d, char *const *vars, enum err_kind refused)
{
	struct work *w = &d->w;

	d->resp = (struct resp){ .status = 200 };
	*w = (struct work){ .a = d->a,
		.conf = conf,
		.req = &d->req,
		.resp = &d->resp,
		.err = { .kind = refused },
		.face = program->face,
		.line = &d->line,
		.desk = d };
	d->dressed = false;
	handle(w, vars);
	d->told = w->err;
	if (program->settle)
		return settle(d);
	send_waiting(d);
	return true;
}

void
desk_serve(int fd)
{
	static char *const unread[] = { NULL };
	struct desk *d = sit_down();
	struct fcgi *f = d->line.fcgi;
	bool left = true;

	if (fcgi_begin(f, fd))
		left = work_at(d, fcgi_params(f), ERR_NONE);
	else if (fcgi_oversize(f))
		left = work_at(d, unread, ERR_HEAD_LARGE);
	if (left)
		stand_up(d);
}

void
desk_serve_cgi(char *const *vars)
{
	struct desk *d = desk_new();

	work_at(d, vars, ERR_NONE);
	desk_free(d);
}
