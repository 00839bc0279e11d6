/* metrics_text.c - the cells of the metrics as text for Prometheus
 * SPDX-License-Identifier: Apache-2.0
 *
 * Source: Prometheus exposition format, text, version 0.0.4. Label values come
 * from our own tables, slugs included: none needs an escape. */
#include "app/metrics_text.h"

#include <stdio.h>

#include "base/clock.h"
#include "web/fail.h"

/* ---- how it is written ------------------------------------------------------------ */

void
metrics_text_family(
    struct buf *b, const char *name, const char *type, const char *help)
{
	buf_fmt(b, "# HELP wardgate_%s %s\n# TYPE wardgate_%s %s\n", name, help,
	    name, type);
}

static unsigned long long
count_of(const meter_count *c)
{
	return atomic_load_explicit(c, memory_order_relaxed);
}

static void
put_times(struct buf *b, const char *name, const char *labels,
    const struct meter_times *t)
{
	unsigned long long sum_us = count_of(&t->sum_us), n = 0;
	size_t i;

	for (i = 0; i <= METER_BUCKETS; i++)
		n += count_of(&t->bucket[i]);
	if (!n)
		return;
	for (i = 0, n = 0; i < METER_BUCKETS; i++) {
		n += count_of(&t->bucket[i]);
		buf_fmt(b, "wardgate_%s_bucket{%s,le=\"%g\"} %llu\n", name,
		    labels, (double)meter_bounds_us[i] / 1e6, n);
	}
	n += count_of(&t->bucket[i]);
	buf_fmt(
	    b, "wardgate_%s_bucket{%s,le=\"+Inf\"} %llu\n", name, labels, n);
	buf_fmt(b, "wardgate_%s_sum{%s} %llu.%06llu\n", name, labels,
	    sum_us / 1000000, sum_us % 1000000);
	buf_fmt(b, "wardgate_%s_count{%s} %llu\n", name, labels, n);
}

/* One line for each reason that has come. */
static void
put_reasons(struct buf *b, const char *name, const char *labels,
    const char *label, const meter_count count[METER_REASONS])
{
	unsigned long long n;
	int i;

	for (i = 0; i < ERR__MAX; i++)
		if ((n = count_of(&count[i])))
			buf_fmt(b, "wardgate_%s{%s%s=\"%s\"} %llu\n", name,
			    labels, label, fail_reason((enum err_kind)i), n);
}

/* ---- requests --------------------------------------------------------------------- */

static void
put_requests(struct buf *b, const struct meter_cells *c)
{
	char labels[128];
	int p, i, k;

	metrics_text_family(b, "requests_total", "counter",
	    "Requests, when their answer left.");
	for (p = 0; p < METER_PROGRAM__MAX; p++)
		for (i = 0; i < METER_INTERACTION__MAX; i++)
			for (k = 0; k < METER_CLASSES; k++) {
				snprintf(labels, sizeof labels,
				    "program=\"%s\",interaction=\"%s\","
				    "status=\"%dxx\",",
				    meter_programs[p], meter_interactions[i],
				    k + 1);
				put_reasons(b, "requests_total", labels,
				    "reason", c->request[p][i][k]);
			}
	metrics_text_family(b, "unread_total", "counter",
	    "Requests that were turned away before they were read.");
	for (p = 0; p < METER_PROGRAM__MAX; p++)
		buf_fmt(b, "wardgate_unread_total{program=\"%s\"} %llu\n",
		    meter_programs[p], count_of(&c->unread[p]));
}

static void
put_durations(struct buf *b, const struct meter_cells *c)
{
	char labels[128];
	int p, i;

	metrics_text_family(b, "request_seconds", "histogram",
	    "From a request's arrival to its answer, audit row included.");
	for (p = 0; p < METER_PROGRAM__MAX; p++)
		for (i = 0; i < METER_INTERACTION__MAX; i++) {
			snprintf(labels, sizeof labels,
			    "program=\"%s\",interaction=\"%s\"",
			    meter_programs[p], meter_interactions[i]);
			put_times(b, "request_seconds", labels, &c->took[p][i]);
		}
}

/* All requests of a program that ended for one reason. */
static unsigned long long
ended(const struct meter_cells *c, int program, int interaction, int kind)
{
	unsigned long long n = 0;
	int k;

	for (k = 0; k < METER_CLASSES; k++)
		n += count_of(&c->request[program][interaction][k][kind]);
	return n;
}

static void
put_tokens(struct buf *b, const struct meter_cells *c)
{
	unsigned long long n;
	int i;

	metrics_text_family(b, "tokens_total", "counter",
	    "Token requests by what became of them; ok: issued.");
	for (i = 0; i < ERR__MAX; i++)
		if ((n = ended(c, METER_TOKEN, METER_ISSUE, i)) || !i)
			buf_fmt(b,
			    "wardgate_tokens_total{result=\"%s\"} %llu\n",
			    fail_reason((enum err_kind)i), n);
}

static void
put_limits(struct buf *b, const struct meter_cells *c)
{
	static const struct {
		enum err_kind kind;
		const char *name;
	} limits[] = { { ERR_LIMIT_CLIENT, "client" },
		{ ERR_LIMIT_TENANT, "tenant" }, { ERR_LIMIT_SOURCE, "source" },
		{ ERR_UPSTREAM_BUSY, "provider" },
		{ ERR_UPSTREAM_FULL, "provider_full" },
		{ ERR_UPSTREAM_OPEN, "provider_paused" },
		{ ERR_UPSTREAM_QUOTA, "provider_quota" } };
	size_t i;
	int p, w;

	metrics_text_family(b, "limit_refusals_total", "counter",
	    "Requests refused for a limit, or because the hospital is busy.");
	for (i = 0; i < COUNT(limits); i++) {
		unsigned long long n = 0;

		for (p = 0; p < METER_PROGRAM__MAX; p++)
			for (w = 0; w < METER_INTERACTION__MAX; w++)
				n += ended(c, p, w, limits[i].kind);
		buf_fmt(b, "wardgate_limit_refusals_total{limit=\"%s\"} %llu\n",
		    limits[i].name, n);
	}
}

static void
put_facade(struct buf *b, const struct meter_cells *c)
{
	static const char *const names[METER_VERSIONS] = { "DSTU2", "STU3",
		"R4" };
	int f, p;

	metrics_text_family(b, "batch_entries_total", "counter",
	    "Entries of batches by what became of them.");
	put_reasons(b, "batch_entries_total", "", "result", c->entry);
	metrics_text_family(b, "versions_total", "counter",
	    "Requests by the face's and the provider's FHIR version.");
	for (f = 0; f < METER_VERSIONS; f++)
		for (p = 0; p < METER_VERSIONS; p++)
			buf_fmt(b,
			    "wardgate_versions_total{face=\"%s\","
			    "provider=\"%s\"} %llu\n",
			    names[f], names[p], count_of(&c->versions[f][p]));
}

static void
put_signins(struct buf *b, const struct meter_cells *c)
{
	char labels[64];
	int s;

	metrics_text_family(b, "portal_signins_total", "counter",
	    "Steps of signing in to the portal by what became of them.");
	for (s = 0; s < METER_SIGNIN__MAX; s++) {
		snprintf(
		    labels, sizeof labels, "step=\"%s\",", meter_signins[s]);
		put_reasons(
		    b, "portal_signins_total", labels, "result", c->signin[s]);
	}
}

static void
put_lookups(struct buf *b, const struct meter_cells *c)
{
	int p, w, hit;

	metrics_text_family(b, "directory_lookups_total", "counter",
	    "Look-ups in what is close at hand; miss: the database was asked.");
	for (p = METER_TOKEN; p < METER_PROGRAM__MAX; p++)
		for (w = 0; w < METER_LOOKUP__MAX; w++)
			for (hit = 0; hit < 2; hit++)
				buf_fmt(b,
				    "wardgate_directory_lookups_total{program="
				    "\"%s\",kind=\"%s\",result=\"%s\"} %llu\n",
				    meter_programs[p], meter_lookups[w],
				    hit ? "hit" : "miss",
				    count_of(&c->lookup[p][w][hit]));
}

/* ---- tenants ------------------------------------------------------------------------ */

typedef void put_tenant(
    struct buf *b, const char *labels, const struct meter_tenant *t);

static void
each_tenant(struct buf *b, const struct meter_cells *c, put_tenant *put)
{
	char slug[METER_SLUG_BYTES], labels[80];
	size_t i;

	for (i = 0; i < meter_tenants(); i++) {
		if (i && !meter_slug(&c->tenant[i], slug))
			continue;
		snprintf(
		    labels, sizeof labels, "tenant=\"%s\"", i ? slug : "other");
		put(b, labels, &c->tenant[i]);
	}
}

static void
requests_of(struct buf *b, const char *labels, const struct meter_tenant *t)
{
	char more[96];

	snprintf(more, sizeof more, "%s,", labels);
	put_reasons(b, "facade_requests_total", more, "result", t->request);
}

static void
calls_of(struct buf *b, const char *labels, const struct meter_tenant *t)
{
	char more[96];

	snprintf(more, sizeof more, "%s,", labels);
	put_reasons(b, "upstream_calls_total", more, "result", t->upstream);
}

static void
times_of(struct buf *b, const char *labels, const struct meter_tenant *t)
{
	put_times(b, "upstream_seconds", labels, &t->upstream_took);
}

static void
breaker_of(struct buf *b, const char *labels, const struct meter_tenant *t)
{
	buf_fmt(b, "wardgate_breaker_state{%s} %llu\n", labels,
	    count_of(&t->breaker));
}

static void
bare_of(struct buf *b, const char *labels, const struct meter_tenant *t)
{
	if (t->left_bare)
		buf_fmt(b, "wardgate_displays_left_bare_total{%s} %llu\n",
		    labels, count_of(&t->left_bare));
}

static void
losses_of(struct buf *b, const char *labels, const struct meter_tenant *t)
{
	if (t->losses)
		buf_fmt(b, "wardgate_conversion_losses_total{%s} %llu\n",
		    labels, count_of(&t->losses));
}

static void
put_tenants(struct buf *b, const struct meter_cells *c)
{
	metrics_text_family(b, "facade_requests_total", "counter",
	    "Requests that were let in to a tenant, by what became of them.");
	each_tenant(b, c, requests_of);
	metrics_text_family(b, "upstream_calls_total", "counter",
	    "Calls to the tenant's provider, retry included; ok: answered.");
	each_tenant(b, c, calls_of);
	metrics_text_family(b, "upstream_seconds", "histogram",
	    "How long calls to the tenant's provider took.");
	each_tenant(b, c, times_of);
	metrics_text_family(b, "breaker_state", "gauge",
	    "Is the tenant's provider left alone? 0 no, 1 one call tries, "
	    "2 yes.");
	each_tenant(b, c, breaker_of);
	metrics_text_family(b, "displays_left_bare_total", "counter",
	    "References whose display could not be found out.");
	each_tenant(b, c, bare_of);
	metrics_text_family(b, "conversion_losses_total", "counter",
	    "Things in records that conversion could not carry.");
	each_tenant(b, c, losses_of);
}

/* ---- just now ------------------------------------------------------------------------- */

struct now {
	unsigned processes;
	unsigned long long waiting;
	uint64_t oldest_us; /* word of changes; of whoever has the oldest */
};

static void
look_at(struct now now[METER_PROGRAM__MAX], const struct meter_cells *c)
{
	uint64_t age_us, now_us = (uint64_t)clock_mono_us();
	size_t i;

	for (i = 0; i < METER_PROCESSES; i++) {
		const struct meter_process *p = &c->process[i];
		unsigned long long program = count_of(&p->program);

		if (program >= METER_PROGRAM__MAX || !meter_alive(p))
			continue;
		age_us = now_us - count_of(&p->polled_at_us);
		now[program].processes++;
		now[program].waiting += count_of(&p->waiting);
		if (age_us > now[program].oldest_us)
			now[program].oldest_us = age_us;
	}
}

static void
put_now(struct buf *b, const struct meter_cells *c)
{
	struct now now[METER_PROGRAM__MAX] = { { 0 } };
	int p;

	look_at(now, c);
	metrics_text_family(b, "processes", "gauge", "Processes that serve.");
	for (p = METER_TOKEN; p < METER_PROGRAM__MAX; p++)
		buf_fmt(b, "wardgate_processes{program=\"%s\"} %u\n",
		    meter_programs[p], now[p].processes);
	metrics_text_family(b, "audit_rows_waiting", "gauge",
	    "Audit rows that wait to be written.");
	for (p = METER_TOKEN; p < METER_PROGRAM__MAX; p++)
		buf_fmt(b, "wardgate_audit_rows_waiting{program=\"%s\"} %llu\n",
		    meter_programs[p], now[p].waiting);
	metrics_text_family(b, "change_age_seconds", "gauge",
	    "Since when a process has had no word of changes, the longest.");
	for (p = METER_TOKEN; p < METER_PROGRAM__MAX; p++)
		buf_fmt(b, "wardgate_change_age_seconds{program=\"%s\"} %.3f\n",
		    meter_programs[p], (double)now[p].oldest_us / 1e6);
}

void
metrics_text_cells(struct buf *b, const struct meter_cells *c)
{
	put_requests(b, c);
	put_durations(b, c);
	put_tokens(b, c);
	put_limits(b, c);
	put_facade(b, c);
	put_signins(b, c);
	put_lookups(b, c);
	put_tenants(b, c);
	put_now(b, c);
}
