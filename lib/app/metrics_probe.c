/* metrics_probe.c - the figures of probes, for Prometheus
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/metrics_probe.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "app/metrics_text.h"
#include "base/clock.h"

#define TEXT_BYTES ((size_t)512 * 1024) /* a thousand tenants */

static struct {
	pthread_mutex_t lock; /* guards what follows; held while asking */
	int64_t until_ms;
	char *text; /* owned; NULL: not known */
} room = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Columns of the statement probe_figures. */
enum { SLUG, AT, GOOD_AT, USABLE, CHANGED, ENDS };

static const struct figure {
	const char *name, *help;
	size_t column;
	bool time; /* else a number or a truth value */
} figures[] = {
	{ "probe_timestamp_seconds",
	    "When a hospital's server was last probed.", AT, true },
	{ "probe_success_timestamp_seconds",
	    "When a probe last found a hospital's server usable.", GOOD_AT,
	    true },
	{ "probe_usable", "1 if the newest probe found it usable, else 0.",
	    USABLE, false },
	{ "probe_changes",
	    "Calls whose verdict was another one than the time before.",
	    CHANGED, false },
	{ "cert_expiry_timestamp_seconds",
	    "When the certificate of a hospital's server ends.", ENDS, true },
};

static long long
value(const struct db_rows *rows, size_t r, const struct figure *f)
{
	if (f->time)
		return db_time(rows, r, f->column) / 1000000;
	return f->column == USABLE ? db_bool(rows, r, f->column)
	                           : db_int(rows, r, f->column);
}

/* Slugs are a-z, 0-9 and hyphens. */
static void
put_figure(struct buf *b, const struct db_rows *rows, const struct figure *f)
{
	bool headed = false;

	for (size_t r = 0; r < db_count(rows); r++) {
		if (db_null(rows, r, f->column))
			continue;
		if (!headed)
			metrics_text_family(b, f->name, "gauge", f->help);
		headed = true;
		buf_fmt(b, "wardgate_%s{tenant=\"%.*s\"} %lld\n", f->name,
		    STR_FMT(db_text(rows, r, SLUG)), value(rows, r, f));
	}
}

static void
ask(struct db *db, struct arena *a)
{
	struct err e = { .kind = ERR_NONE };
	const struct db_rows *rows =
	    db_ask(db, a, "probe_figures", NULL, 0, &e);
	struct buf b = buf_new(a, TEXT_BYTES);

	free(room.text);
	room.text = NULL;
	if (!rows)
		return;
	for (size_t i = 0; i < COUNT(figures); i++)
		put_figure(&b, rows, &figures[i]);
	if (!b.failed && !(room.text = strdup(buf_text(&b))))
		abort();
}

void
metrics_probe_put(
    struct buf *b, struct db *db, struct arena *a, int64_t kept_ms)
{
	pthread_mutex_lock(&room.lock);
	if (clock_mono_ms() >= room.until_ms) {
		ask(db, a);
		room.until_ms = clock_mono_ms() + kept_ms;
	}
	if (room.text)
		buf_str(b, room.text);
	pthread_mutex_unlock(&room.lock);
}

void
metrics_probe_forget(void)
{
	free(room.text);
	room.text = NULL;
	room.until_ms = 0;
}
