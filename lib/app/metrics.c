/* metrics.c - GET /metrics: figures in the text format of Prometheus
 * SPDX-License-Identifier: Apache-2.0
 *
 * Source: Prometheus exposition format, text, version 0.0.4. */
#include "app/metrics.h"

#include <pthread.h>

#include "app/metrics_probe.h"
#include "app/metrics_text.h"
#include "base/clock.h"
#include "base/log.h"
#include "ext/db.h"
#include "ext/prepare.h"
#include "web/source.h"

#define TEXT_BYTES   ((size_t)2 * 1024 * 1024)
#define TENANT_BYTES ((size_t)64 * 1024) /* more for each */
#define WAIT_MS      1000
#define ENDS         4

/* ---- what the database knows ---------------------------------------------------- */

static const int end_days[ENDS] = { 1, 7, 14, 30 };

static struct {
	struct db *db;
	pthread_mutex_t lock; /* guards what follows; held while asking */
	bool asked, known, some;
	int64_t at_ms;
	int64_t soonest_s;
	int64_t within[ENDS];
} room = { .lock = PTHREAD_MUTEX_INITIALIZER };

bool
metrics_start(const struct conf *conf, struct err *e)
{
	const struct db_opts o = { .conninfo = conf->database,
		.role = "wg_metadata",
		.plain = true,
		.passfile = conf->database_passfile,
		.application_name = "wardgate metadata/" WG_VERSION,
		.prepare_sql = prepare_metadata,
		.connections = 1,
		.wait_ms = conf->database_wait_ms < WAIT_MS
		               ? conf->database_wait_ms
		               : WAIT_MS };
	struct err no = { .kind = ERR_NONE };

	room.asked = room.known = false;
	if (!meter_open(conf, "metadata", &no))
		log_event(LOG_ERROR, "metrics_off", LOG_WHY, no.said, LOG_END);
	return (room.db = db_open(&o, e)) != NULL;
}

void
metrics_stop(void)
{
	db_close(room.db);
	room.db = NULL;
	metrics_probe_forget();
	meter_close();
}

static void
ask_ends(struct arena *a)
{
	struct err e = { .kind = ERR_NONE };
	const struct db_rows *rows =
	    db_ask(room.db, a, "secret_ends", NULL, 0, &e);
	size_t i;

	room.asked = true;
	room.at_ms = clock_mono_ms();
	room.known = rows && db_count(rows);
	if (!room.known)
		return;
	room.some = !db_null(rows, 0, 0);
	room.soonest_s = room.some ? db_time(rows, 0, 0) / 1000000 : 0;
	for (i = 0; i < ENDS; i++)
		room.within[i] = db_int(rows, 0, i + 1);
}

/* ---- the text ---------------------------------------------------------------- */

static void
put_ends(struct buf *b, struct arena *a)
{
	size_t i;

	pthread_mutex_lock(&room.lock);
	if (!room.asked || clock_mono_ms() - room.at_ms >= METRICS_KEPT_MS)
		ask_ends(a);
	if (room.known) {
		metrics_text_family(b, "clients_without_secret", "gauge",
		    "Clients whose last secret ends within so many days.");
		for (i = 0; i < ENDS; i++)
			buf_fmt(b,
			    "wardgate_clients_without_secret{within_days=\"%d\""
			    "} %lld\n",
			    end_days[i], (long long)room.within[i]);
	}
	if (room.known && room.some) {
		metrics_text_family(b, "secret_expiry_timestamp_seconds",
		    "gauge", "When the first client is left without a secret.");
		buf_fmt(b, "wardgate_secret_expiry_timestamp_seconds %lld\n",
		    (long long)room.soonest_s);
	}
	pthread_mutex_unlock(&room.lock);
}

static void
put_build(struct buf *b)
{
	metrics_text_family(
	    b, "build_info", "gauge", "Which wardgate this is; always 1.");
	buf_str(b, "wardgate_build_info{version=\"" WG_VERSION "\"} 1\n");
}

/* ---- the address ------------------------------------------------------------------------ */

/* Who comes through a proxy that is not known to be ours may be anybody. */
static bool
local(const struct req *r)
{
	return source_loopback(r->peer) && source_loopback(r->remote_addr) &&
	       (r->direct || r->peer.at != r->remote_addr.at);
}

bool
metrics_get(struct work *w)
{
	const struct meter_cells *c = meter_cells();
	struct buf b =
	    buf_new(w->a, TEXT_BYTES + meter_tenants() * TENANT_BYTES);

	if (!local(w->req))
		return err_set(&w->err, ERR_ADDRESS, NULL);
	if (!c)
		return err_why(&w->err, ERR_CONF, "no shared memory");
	metrics_text_cells(&b, c);
	put_ends(&b, w->a);
	metrics_probe_put(&b, room.db, w->a, METRICS_KEPT_MS);
	put_build(&b);
	if (b.failed)
		return err_why(&w->err, ERR_BROKEN, "metrics too long");
	w->resp->type = "text/plain; version=0.0.4; charset=utf-8";
	w->resp->body = (struct str){ b.at, b.len };
	return true;
}

void
metrics_count(const struct work *w, enum err_kind told)
{
	const struct meter_request r = { .kind = told,
		.status = w->resp->status,
		.took_us = clock_now_us() - w->req->start_us };

	meter_request(&r);
}
