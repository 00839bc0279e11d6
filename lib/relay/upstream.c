/* upstream.c - one call to a tenant's provider: answered, or told why not
 * SPDX-License-Identifier: Apache-2.0 */
#include "relay/upstream.h"

#include <string.h>

#include <time.h>

#include "base/clock.h"
#include "gate/meter.h"

#define ACCEPT_INITIAL "application/fhir+json"
#define PAUSE_MS       40  /* before the second try, up to as much again */
#define WORTH_MS       200 /* left for a second try, or it is not made */

struct call {
	struct engine *en;
	struct arena *a;
	const struct upstream_ask *ask;
	struct err *e;
	struct fetch_url url;
	struct fetch_addr addrs[FETCH_ADDRS_MAX];
	unsigned addrs_n;
	int64_t began_us, deadline_ms;
	struct fetch_limits limits;
	struct fetch_job *job; /* of the last try */
	unsigned tries;
};

/* ---- what is asked, and where ------------------------------------------------ */

static bool
header_value(struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.at[i] < 0x20 || s.at[i] > 0x7e)
			return false;
	return !s.at || s.len > 0;
}

static bool
well_formed(struct call *c)
{
	const struct upstream_ask *k = c->ask;

	return (upstream_path_ok(k->path) && upstream_query_ok(k->query) &&
		   header_value(k->if_none_match) &&
		   header_value(k->traceparent) &&
		   header_value(k->request_id) &&
		   (k->method == UPSTREAM_GET || k->body.at)) ||
	       err_why(c->e, ERR_BROKEN, "an ask that is not well formed");
}

static bool
url_made(struct call *c)
{
	const struct upstream_ask *k = c->ask;
	struct err why = { 0 };

	return upstream_url(c->a, k->to->base_url, k->to->loopback_http,
		   k->path, k->query, &c->url, &why) ||
	       err_why(c->e, ERR_UPSTREAM_ADDRESS, "%s", why.said);
}

/* ---- one try -------------------------------------------------------------------- */

static unsigned
elapsed_ms(const struct call *c)
{
	return (unsigned)((clock_mono_us() - c->began_us) / 1000);
}

static int64_t
left_ms(const struct call *c)
{
	return c->deadline_ms - clock_mono_ms();
}

static struct fetch_guard
guard_of(const struct upstream_target *to)
{
	return (struct fetch_guard){ to->loopback_http, to->nets, to->nets_n };
}

/* Of several addresses those are left out where we may not go. */
static bool
addresses_found(struct call *c)
{
	const struct upstream_target *to = c->ask->to;
	const struct fetch_guard guard = guard_of(to);
	unsigned i,
	    n = resolve_name(engine_resolver(c->en), &to->provider, c->url.host,
		c->url.port, c->deadline_ms, c->addrs, c->e);

	c->addrs_n = 0;
	for (i = 0; i < n; i++)
		if (fetch_guard_allows(&guard, &c->addrs[i], !c->url.https))
			c->addrs[c->addrs_n++] = c->addrs[i];
	if (n && !c->addrs_n)
		return err_why(c->e, ERR_UPSTREAM_ADDRESS, "%s",
		    c->url.https ? "the provider's address is of this machine, "
				   "its link, a private network that is not "
				   "listed, or nobody's"
				 : "plain http is for this machine only");
	return n > 0;
}

static char **
head(struct call *c, char **to, const char *name, struct str value)
{
	if (value.at)
		*to++ = arena_printf(c->a, "%s: %.*s", name, STR_FMT(value));
	return to;
}

/* Where it is kept is wiped some day; a copy in the arena would not be. */
static char **
put_credential(char **to, const struct upstream_target *target)
{
	union {
		const char *kept;
		char *read_only;
	} line = { target->credential };

	if (line.kept)
		*to++ = line.read_only;
	return to;
}

/* Nothing else of the client's request travels on. */
static void
set_heads(struct call *c, char **to)
{
	const struct upstream_ask *k = c->ask;
	struct str accept = str_of(k->accept ? k->accept : ACCEPT_INITIAL);

	to = head(c, to, "Accept", accept);
	if (k->method == UPSTREAM_POST_FORM)
		to = head(c, to, "Content-Type",
		    STR("application/x-www-form-urlencoded"));
	else if (k->method == UPSTREAM_POST_JSON)
		to = head(c, to, "Content-Type", accept);
	to = head(c, to, "X-Request-Id", k->request_id);
	to = head(c, to, "traceparent", k->traceparent);
	to = head(c, to, "If-None-Match", k->if_none_match);
	to = put_credential(to, k->to);
	*to = NULL;
}

static unsigned
least(int64_t a, int64_t b)
{
	return (unsigned)(a < b ? a : b);
}

static bool
tried(struct call *c)
{
	const struct upstream_target *to = c->ask->to;
	struct fetch_job *job = c->job = arena_get(c->a, sizeof *job);
	int64_t left = left_ms(c);

	if (left <= 0)
		return err_why(c->e, ERR_UPSTREAM_TIMEOUT,
		    "no time was left to ask the provider");
	job->a = c->a;
	job->owner = to->provider;
	job->revision = to->revision;
	job->url = c->url;
	job->addrs = c->addrs;
	job->addrs_n = c->addrs_n;
	job->guard = guard_of(to);
	job->tls = to->tls;
	job->plain_http = !c->url.https;
	job->http2 = to->http2;
	job->look = c->ask->look;
	set_heads(c, job->heads);
	if (c->ask->method != UPSTREAM_GET)
		job->post = c->ask->body;
	job->connect_ms = least(
	    left, to->connect_ms ? to->connect_ms : engine_connect_ms(c->en));
	job->total_ms = (unsigned)left;
	job->limits = &c->limits;
	c->tries++;
	return engine_run(c->en, job, c->deadline_ms);
}

/* ---- the second try ---------------------------------------------------------------- */

/* Where it may help: the request never got there, or a server in front of the
 * provider said so. A Retry-After asks for patience, which we have not. */
static bool
worth_again(const struct call *c)
{
	const struct fetch_job *job = c->job;

	if (c->ask->once || !job || left_ms(c) < WORTH_MS + 2 * PAUSE_MS)
		return false;
	if (job->status)
		return (job->status == 502 || job->status == 503 ||
			   job->status == 504) &&
		       !job->retry_after.at;
	return !job->sent && (job->e.kind == ERR_UPSTREAM_CONNECT ||
				 job->e.kind == ERR_UPSTREAM_TIMEOUT);
}

static void
pause_before(const struct call *c)
{
	int64_t us = (PAUSE_MS + c->began_us % PAUSE_MS) * 1000;
	struct timespec t = { 0, us * 1000 };

	nanosleep(&t, NULL);
}

static bool
asked(struct call *c)
{
	if (!addresses_found(c))
		return false;
	tried(c);
	return upstream_judge(
	    c->job, c->ask->accept, c->ask->if_none_match.at != NULL, c->e);
}

static bool
asked_twice(struct call *c)
{
	if (asked(c))
		return true;
	if (!worth_again(c))
		return false;
	if (!c->job->sent)
		resolve_doubt(engine_resolver(c->en), c->url.host);
	pause_before(c);
	err_clear(c->e);
	return asked(c);
}

/* ---- the whole call ------------------------------------------------------------------ */

static const struct upstream_answer *
answer(struct call *c)
{
	const struct fetch_job *job = c->job;
	struct upstream_answer *w = arena_get(c->a, sizeof *w);

	w->status = job->status;
	w->content_type = job->content_type;
	w->body =
	    (struct str){ job->body.at ? job->body.at : "", job->body.len };
	w->etag = job->etag;
	w->last_modified = job->last_modified;
	w->location = job->location;
	w->date = job->date;
	w->certificate = job->certificate;
	w->retry_after_s = upstream_patience(c->job);
	w->elapsed_ms = elapsed_ms(c);
	return w;
}

static void
set_deadline(struct call *c)
{
	unsigned total = c->ask->to->total_ms;

	c->began_us = clock_mono_us();
	c->deadline_ms =
	    c->began_us / 1000 + (total ? total : engine_total_ms(c->en));
	if (c->ask->deadline_ms && c->ask->deadline_ms < c->deadline_ms)
		c->deadline_ms = c->ask->deadline_ms;
}

static void
set_limits(struct call *c)
{
	size_t most = c->ask->body_bytes_max;

	c->limits = *engine_limits(c->en);
	if (most && most < c->limits.body_bytes)
		c->limits.body_bytes = most;
}

static bool
in_time(struct call *c)
{
	return left_ms(c) > 0 ||
	       err_why(c->e, ERR_DEADLINE, "no time left for the provider");
}

/* ---- is it left alone? ---------------------------------------------------------------- */

/* A call that had little time says nothing of a server by not being answered. */
static enum breaker_told
told_late(const struct call *c)
{
	unsigned total = c->ask->to->total_ms;

	if (!total)
		total = engine_total_ms(c->en);
	return (c->deadline_ms - c->began_us / 1000) * 2 >= total
	           ? BREAKER_LATE
	           : BREAKER_NOTHING;
}

static enum breaker_told
told(const struct call *c, enum err_kind kind)
{
	int status = c->job ? c->job->status : 0;

	if (status == 502 || status == 503 || status == 504)
		return BREAKER_ILL;
	if (kind == ERR_UPSTREAM_TIMEOUT)
		return told_late(c);
	if (status)
		return BREAKER_WELL;
	return kind == ERR_UPSTREAM_CONNECT || kind == ERR_UPSTREAM_BAD
	           ? BREAKER_ILL
	           : BREAKER_NOTHING;
}

static void
left(struct call *c, struct breaker_call *b, enum err_kind kind)
{
	bool asks = c->job && c->job->status && c->e->retry_after_s &&
	            (kind == ERR_UPSTREAM_LIMIT || kind == ERR_UPSTREAM_BUSY);

	meter_breaker(c->ask->to->cell,
	    breaker_leave(engine_breakers(c->en), b, told(c, kind), kind,
		asks ? c->e->retry_after_s : 0, clock_mono_us()));
}

/* asked_twice, unless the provider is left alone. */
static bool
asked_heeding(struct call *c)
{
	const struct upstream_target *to = c->ask->to;
	struct breakers *all = engine_breakers(c->en);
	struct breaker_call b = { NULL, false };
	bool ok;

	if (!all)
		return asked_twice(c);
	if (!breaker_enter(all, &to->provider,
		to->apart ? -1 - to->revision : to->revision,
		to->apart ? 0 : to->calls_per_s, c->began_us,
		c->deadline_ms * 1000, &b, c->e))
		return false;
	if (b.trial)
		meter_breaker(to->cell, BREAKER_TRIAL);
	ok = asked_twice(c);
	left(c, &b, ok ? ERR_NONE : c->e->kind);
	return ok;
}

static void
tell_seen(const struct call *c)
{
	struct upstream_seen *s = c->ask->seen;

	if (!s)
		return;
	*s = (struct upstream_seen){ .tries = c->tries,
		.elapsed_ms = elapsed_ms(c) };
	if (c->job) {
		s->status = c->job->status;
		s->bytes = c->job->body.len;
	}
}

const struct upstream_answer *
upstream_call(struct engine *en, struct arena *a,
    const struct upstream_ask *ask, struct err *e)
{
	struct call c = { .en = en, .a = a, .ask = ask, .e = e };
	bool ok;

	if (!engine_enter(en, e))
		return NULL;
	set_deadline(&c);
	set_limits(&c);
	ok =
	    well_formed(&c) && url_made(&c) && in_time(&c) && asked_heeding(&c);
	tell_seen(&c);
	meter_upstream(ask->to->cell, ok ? ERR_NONE : e->kind,
	    c.tries ? clock_mono_us() - c.began_us : -1);
	engine_leave(en);
	return ok ? answer(&c) : NULL;
}
