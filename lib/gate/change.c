/* change.c - learns within one second what changed in the database
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/change.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "gate/meter.h"

struct change {
	struct db *db;
	struct db_conn *conn;
	const struct conf *conf;
	change_seen *seen;
	void *ctx;
	int64_t n;         /* poller's own: all changes up to this were told */
	atomic_llong told; /* the same, for everybody */
	atomic_llong sent_ms;
	atomic_bool ending;
	pthread_t thread;
	pthread_mutex_t lock; /* only to sleep on: ending */
	pthread_cond_t wake;
};

/* Columns of changes_since: kind, n, key. One row of kind `now` tells the
 * present number; one of kind `all` that the log does not reach back to where
 * we were, or that the number went back: a restored database. */
static bool
take_row(struct change *c, struct arena *a, const struct db_rows *rows,
    size_t i, int64_t *present)
{
	struct str kind = db_text(rows, i, 0);
	int64_t n = db_int(rows, i, 1);

	if (str_is(kind, "now")) {
		*present = n;
		return true;
	}
	if (c->n < 0) /* nothing is kept yet that could be old */
		return true;
	if (str_is(kind, "all"))
		return c->seen(c->ctx, NULL, STR_NONE, n);
	return c->seen(c->ctx, str_text(a, kind), db_text(rows, i, 2), n);
}

/* One that fails does not keep the others from being told. */
static bool
take_rows(struct change *c, struct arena *a, const struct db_rows *rows)
{
	int64_t present = c->n;
	bool fine = true;
	size_t i;

	for (i = 0; i < db_count(rows); i++)
		fine &= take_row(c, a, rows, i, &present);
	if (fine)
		atomic_store(&c->told, c->n = present);
	return fine;
}

static bool
poll_once(struct change *c, struct err *e)
{
	struct arena *a = arena_new();
	struct db_arg since = db_arg_int(c->n);
	int64_t sent = clock_mono_ms();
	const struct db_rows *rows =
	    db_ask_on(c->conn, a, "changes_since", &since, 1, e);
	bool fine = rows && (take_rows(c, a, rows) ||
				err_why(e, ERR_BROKEN,
				    "a change could not be taken in"));

	if (fine)
		atomic_store(&c->sent_ms, sent);
	meter_polled(fine);
	arena_free(a);
	return fine;
}

static void
nap(struct change *c)
{
	struct timespec until;
	int64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &until);
	ns = until.tv_nsec + c->conf->change_poll_ms * 1000000;
	until.tv_sec += ns / 1000000000;
	until.tv_nsec = ns % 1000000000;
	pthread_mutex_lock(&c->lock);
	while (!atomic_load(&c->ending))
		if (pthread_cond_timedwait(&c->wake, &c->lock, &until) ==
		    ETIMEDOUT)
			break;
	pthread_mutex_unlock(&c->lock);
}

static void *
poller(void *arg)
{
	struct change *c = arg;
	bool lost = false;

	for (nap(c); !atomic_load(&c->ending); nap(c)) {
		struct err e = { .kind = ERR_NONE };
		bool fine = poll_once(c, &e);

		if (!fine && !lost)
			log_event(LOG_WARN, "directory_unconfirmed", LOG_WHY,
			    e.why, LOG_END);
		else if (fine && lost)
			log_event(LOG_INFO, "directory_confirmed", LOG_END);
		lost = !fine;
	}
	return NULL;
}

struct change *
change_start(struct db *db, const struct conf *conf, change_seen *seen,
    void *ctx, struct err *e)
{
	struct change *c = calloc(1, sizeof *c);
	pthread_condattr_t attr;

	if (!c)
		abort();
	c->db = db;
	c->conf = conf;
	c->seen = seen;
	c->ctx = ctx;
	c->n = -1; /* asks for the present number, not for history */
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (!(c->conn = db_take(db, e)) || !poll_once(c, e) ||
	    pthread_create(&c->thread, NULL, poller, c)) {
		err_why(e, ERR_BROKEN, "change poller did not start");
		if (c->conn)
			db_give(c->conn);
		free(c);
		return NULL;
	}
	return c;
}

void
change_stop(struct change *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	atomic_store(&c->ending, true);
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	db_give(c->conn);
	free(c);
}

int64_t
change_number(const struct change *c)
{
	return atomic_load(&c->told);
}

bool
change_trusted(const struct change *c)
{
	return clock_mono_ms() - atomic_load(&c->sent_ms) <
	       c->conf->change_trust_ms;
}
