/* health.c - is the program alive, and is the gateway fit for work?
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/health.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "app/jwks.h"
#include "base/clock.h"
#include "base/log.h"
#include "ext/db.h"
#include "ext/prepare.h"
#include "gate/token.h"

#define KEPT_MS    1000 /* an answer is good for that long */
#define WAIT_MS    1000 /* for the database */
#define BYTES_MAX  4096
#define CHECKS_MAX 8

struct check {
	const char *name;
	bool ok;
	const char *why;
};

struct report {
	struct check check[CHECKS_MAX];
	size_t n;
	bool ready;
};

static struct {
	struct db *db;
	int64_t outlived_s;      /* of tokens of a retired key */
	pthread_mutex_t looking; /* held by whoever asks the database */
	pthread_mutex_t lock;    /* guards what follows */
	bool known, ready;
	int64_t at_ms;
	size_t len;
	char text[BYTES_MAX];
} room = { .looking = PTHREAD_MUTEX_INITIALIZER,
	.lock = PTHREAD_MUTEX_INITIALIZER };

bool
health_start(const struct conf *conf, struct err *e)
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

	room.known = false;
	room.outlived_s = token_outlived_s(conf);
	return (room.db = db_open(&o, e)) != NULL;
}

void
health_stop(void)
{
	db_close(room.db);
	room.db = NULL;
}

/* ---- looking ------------------------------------------------------------- */

static void
found(struct report *r, const char *name, bool ok, const char *why)
{
	if (r->n == CHECKS_MAX)
		return;
	r->check[r->n++] = (struct check){ name, ok, why };
	r->ready = r->ready && ok;
}

static void
look_at_database(struct report *r, struct arena *a)
{
	const struct db_arg range[] = { db_arg_int(HEALTH_SCHEMA_LOWEST),
		db_arg_int(HEALTH_SCHEMA_HIGHEST) };
	struct err e = { .kind = ERR_NONE };
	const struct db_rows *rows = db_ask(room.db, a, "ready", range, 2, &e);

	if (!rows) {
		found(r, "database", false,
		    "it does not answer, or not as wg_metadata");
		found(r, "schema", false, "not known without the database");
		found(r, "writable", false, "not known without the database");
		found(r, "audit", false, "not known without the database");
		return;
	}
	found(r, "database", true, "it answers");
	for (size_t i = 0; i < db_count(rows); i++)
		found(r, str_text(a, db_text(rows, i, 0)), db_bool(rows, i, 1),
		    str_text(a, db_text(rows, i, 2)));
}

/* Which key signs, if the database says. false: it says that none does. */
static bool
look_for_signing(struct arena *a, const char **kid)
{
	struct keyring_wish refused;
	struct err e = { .kind = ERR_NONE };
	const struct db_rows *use;

	if (keyring_refused(room.db, a, room.outlived_s, &refused, &e))
		jwks_refuse(&refused);
	use = db_ask(room.db, a, "signing_key_in_use", NULL, 0, &e);
	if (use && !db_null(use, 0, 1))
		*kid = str_text(a, db_text(use, 0, 1));
	return !use || *kid;
}

/* Without the database, files alone count. */
static void
look_at_keys(struct report *r, struct arena *a, bool asked)
{
	const char *kid = NULL, *why;
	bool none = asked && !look_for_signing(a, &kid);
	bool ok = jwks_ready(kid, &why);

	if (none)
		why = "no key signs: run `wardgate key make signing`";
	found(r, "keys", ok && !none, why);
}

/* ---- telling ------------------------------------------------------------- */

static void
put(struct buf *b, const char *text)
{
	buf_json(b, text ? text : "", text ? strlen(text) : 0);
}

static void
write_report(struct buf *b, const struct report *r)
{
	buf_str(b, r->ready ? "{\"ready\":true" : "{\"ready\":false");
	buf_str(b, ",\"checks\":[");
	for (size_t i = 0; i < r->n; i++) {
		buf_str(b, i ? ",{\"name\":" : "{\"name\":");
		put(b, r->check[i].name);
		buf_str(b, r->check[i].ok ? ",\"ok\":true" : ",\"ok\":false");
		buf_str(b, ",\"why\":");
		put(b, r->check[i].why);
		buf_char(b, '}');
	}
	buf_str(b, "]}");
}

/* One line when it changes, with the first reason. */
static void
note_change(const struct report *r)
{
	size_t i = 0;

	if (r->ready) {
		log_event(LOG_INFO, "ready", LOG_END);
		return;
	}
	while (r->check[i].ok)
		i++;
	log_event(LOG_WARN, "not_ready", LOG_REASON, r->check[i].name, LOG_WHY,
	    r->check[i].why, LOG_END);
}

static void
keep(const struct report *r, const struct buf *b)
{
	bool changed;

	pthread_mutex_lock(&room.lock);
	changed = !room.known || room.ready != r->ready;
	room.known = true;
	room.ready = r->ready;
	room.at_ms = clock_mono_ms();
	room.len = b->len;
	memcpy(room.text, b->at, b->len);
	pthread_mutex_unlock(&room.lock);
	if (changed)
		note_change(r);
}

static void
look(void)
{
	struct arena *a = arena_new();
	struct report r = { .ready = true };
	struct buf b = buf_new(a, BYTES_MAX);

	look_at_database(&r, a);
	look_at_keys(&r, a, r.check[0].ok);
	write_report(&b, &r);
	if (!b.failed)
		keep(&r, &b);
	arena_free(a);
}

enum age { NONE, OLD, FRESH };

/* Takes the last answer, copied into the request. */
static enum age
take(struct work *w, bool *ready)
{
	enum age age = NONE;

	pthread_mutex_lock(&room.lock);
	if (room.known) {
		age = clock_mono_ms() - room.at_ms < KEPT_MS ? FRESH : OLD;
		*ready = room.ready;
		w->resp->body =
		    (struct str){ arena_dup(w->a, room.text, room.len),
			    room.len };
	}
	pthread_mutex_unlock(&room.lock);
	return age;
}

/* The first to find the answer old looks; only who has none at all waits. */
static void
look_when_due(struct work *w, bool *ready)
{
	enum age age = take(w, ready);

	if (age == FRESH)
		return;
	if (age == NONE)
		pthread_mutex_lock(&room.looking);
	else if (pthread_mutex_trylock(&room.looking))
		return;
	if (take(w, ready) != FRESH) {
		look();
		take(w, ready);
	}
	pthread_mutex_unlock(&room.looking);
}

bool
health_ready(struct work *w)
{
	bool ready = false;

	look_when_due(w, &ready);
	w->resp->status = ready ? 200 : 503;
	w->resp->type = "application/json";
	if (!ready)
		resp_header(w->resp, "Retry-After", "2");
	return true;
}

bool
health_live(struct work *w)
{
	w->resp->type = "application/json";
	w->resp->body = STR("{\"alive\":true}");
	return true;
}
