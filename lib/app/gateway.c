/* gateway.c - the rooms that token and facade share, and the audit of both
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/gateway.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "gate/meter.h"
#include "web/source.h"

/* Change poller, audit writer, and one for the requests' questions. */
#define CONNECTIONS 3

/* Which key signs is the database's word; files hold the keys. */
static const char *
signing_kid(struct gateway *g, struct arena *a, struct err *e)
{
	const struct db_rows *rows =
	    db_ask(g->db, a, "signing_key_in_use", NULL, 0, e);

	if (!rows)
		return NULL;
	if (!db_count(rows) || db_null(rows, 0, 1)) {
		err_set(e, ERR_CONF,
		    "No signing key is in use; run `wardgate key make "
		    "signing`.");
		return NULL;
	}
	return str_text(a, db_text(rows, 0, 1));
}

/* What is refused is asked first: a key that is withdrawn in between is told
 * as a change of its own, and never one that is to sign. */
static bool
wish_for(
    struct gateway *g, struct arena *a, struct keyring_wish *w, struct err *e)
{
	if (!keyring_refused(g->db, a, token_outlived_s(g->conf), w, e))
		return false;
	return !g->signs || (w->sign = signing_kid(g, a, e));
}

static bool
reload_keys(struct gateway *g, struct err *e)
{
	struct arena *a = arena_new();
	struct keyring_wish wish;
	bool fine =
	    wish_for(g, a, &wish, e) && keyring_reload(g->keyring, &wish, e);

	arena_free(a);
	return fine;
}

/* On the poller's thread. What failed is told again at the next poll, so a
 * key that was withdrawn while its file or the database could not be read is
 * not believed for ever. */
static bool
key_changed(void *ctx, const char *kind, struct str key, int64_t n)
{
	struct gateway *g = ctx;
	struct err e = { .kind = ERR_NONE };
	bool fine;

	(void)key;
	(void)n;
	if (kind && strcmp(kind, "key"))
		return true;
	if (!atomic_load(&g->keys_open))
		return false; /* they are being read, perhaps just before */
	fine = reload_keys(g, &e);
	if (!fine && !g->keys_failed)
		log_event(LOG_ERROR, "keys_not_reloaded", LOG_WHY,
		    e.why[0] ? e.why : e.said, LOG_END);
	else if (fine && g->keys_failed)
		log_event(LOG_INFO, "keys_reloaded", LOG_END);
	g->keys_failed = !fine;
	return fine;
}

/* On the poller's thread. Both hear of everything, also when one fails. */
static bool
changed(void *ctx, const char *kind, struct str key, int64_t n)
{
	struct gateway *g = ctx;
	bool fine = key_changed(g, kind, key, n);

	return (!g->revoked || revoked_changed(g->revoked, kind, key, n)) &&
	       fine;
}

static bool
open_keys(struct gateway *g, struct arena *a, struct err *e)
{
	struct keyring_wish wish;

	if (!wish_for(g, a, &wish, e))
		return false;
	g->keyring = keyring_open(g->conf->public_key_dir,
	    g->signs ? g->conf->signing_key_dir : NULL, &wish, e);
	atomic_store(&g->keys_open, g->keyring != NULL);
	return g->keyring != NULL;
}

/* The poller goes first: whatever changes after its first poll is told, so
 * what changes while keys and revocations are read is not missed. */
static bool
open_directory(struct gateway *g, struct err *e)
{
	if (g->once)
		return (g->directory = directory_alone(
			    g->db, g->conf->sealing_key_dir)) != NULL;
	if (!g->signs) /* who signs does not take tokens */
		g->revoked = revoked_new(g->db);
	g->directory = directory_new(g->db, g->conf, changed, g, e);
	return g->directory && (!g->revoked || revoked_load(g->revoked, e));
}

static bool
open_rooms(struct gateway *g, struct arena *a, const char *program,
    const char *sql, struct err *e)
{
	const struct db_opts o = { .conninfo = g->conf->database,
		.role = arena_printf(a, "wg_%s", program),
		.plain = true,
		.passfile = g->conf->database_passfile,
		.application_name =
		    arena_printf(a, "wardgate %s/" WG_VERSION, program),
		.prepare_sql = sql,
		.connections = g->once ? 1 : CONNECTIONS,
		.wait_ms = g->conf->database_wait_ms };

	if (!(g->db = db_open(&o, e)))
		return false;
	if (!open_directory(g, e) || !open_keys(g, a, e))
		return false;
	g->audit = g->once ? audit_alone(g->db, g->conf, program)
	                   : audit_start(g->db, g->conf, program, e);
	return g->audit != NULL;
}

struct gateway *
gateway_open(struct arena *a, const struct conf *conf, const char *program,
    const char *sql, bool signs, bool once, struct err *e)
{
	struct gateway *g = arena_get(a, sizeof *g);

	g->conf = conf;
	g->signs = signs;
	g->once = once;
	g->rules = token_rules_of(a, conf);
	if ((g->limits = limits_open(conf, e)) &&
	    open_rooms(g, a, program, sql, e))
		return g;
	gateway_close(g);
	return NULL;
}

void
gateway_close(struct gateway *g)
{
	if (!g)
		return;
	audit_stop(g->audit);
	directory_free(g->directory);
	limits_close(g->limits);
	revoked_free(g->revoked);
	keyring_free(g->keyring);
	db_close(g->db);
}

/* The keys that we hold are as old as the last change that was taken in: while
 * that is not known to be the last, the database says what is withdrawn. */
static bool
key_counts(
    struct gateway *g, struct arena *a, const struct claims *c, struct err *e)
{
	struct keyring_wish w;
	size_t i;

	if (g->once || directory_confirmed(g->directory))
		return true;
	if (!keyring_refused(g->db, a, token_outlived_s(g->conf), &w, e))
		return false;
	for (i = 0; i < w.withdrawn_n; i++)
		if (!strcmp(w.withdrawn[i], c->kid))
			return err_set(e, ERR_TOKEN_KEY, NULL);
	return true;
}

/* A number that we have not heard of yet is newer than our last poll, or was
 * counted on a server that is lost. */
bool
gateway_token_counts(
    struct gateway *g, struct arena *a, const struct claims *c, struct err *e)
{
	bool revoked;

	if (g->revoked && c->change <= directory_number(g->directory) &&
	    directory_confirmed(g->directory))
		revoked = revoked_holds(g->revoked, c);
	else if (!revoked_asks(g->db, a, c, &revoked, e))
		return false;
	if (revoked)
		return err_set(e, ERR_TOKEN_REVOKED, NULL);
	return key_counts(g, a, c, e);
}

/* What a work has as its state. */
struct kept {
	struct audit_row row;
	gateway_then *then; /* may be NULL */
	void *ctx;
	int64_t known, change; /* when it was decided, when the row was kept */
	bool refused;
};

void
gateway_begin(struct work *w)
{
	struct kept *k = arena_get(w->a, sizeof *k);
	struct audit_row *row = &k->row;

	audit_row_init(row);
	row->at_us = w->req->start_us;
	row->trace = w->req->trace.id;
	row->request_id = str_of(w->req->trace.request_id);
	if (w->req->trace.parent[0])
		row->parent = str_of(w->req->trace.parent);
	row->source = w->req->remote_addr;
	w->state = k;
}

struct audit_row *
gateway_row(struct work *w)
{
	struct kept *k = w->state;

	return &k->row;
}

void
gateway_when_changed(
    struct work *w, int64_t known, gateway_then *then, void *ctx)
{
	struct kept *k = w->state;

	k->known = known;
	k->then = then;
	k->ctx = ctx;
}

static void
reached(struct gateway *g, struct work *w, enum limit_kind kind)
{
	w->limit = limit_burst(g->limits, kind);
	w->left = 0;
	w->reset_s = w->err.retry_after_s;
}

/* Its own limit is a client's business; what is left of a hospital's would tell
 * it of others. */
static void
tell_left(struct gateway *g, struct work *w, const struct guid *client,
    int64_t now_us)
{
	int64_t left =
	    limit_left(g->limits, LIMIT_CLIENT, client, now_us, &w->reset_s);

	if (left < 0)
		return;
	w->limit = limit_burst(g->limits, LIMIT_CLIENT);
	w->left = left;
}

bool
gateway_draw(struct gateway *g, struct work *w, enum limit_kind kind,
    const struct guid *who, int64_t cost)
{
	int64_t now_us = clock_mono_us();
	bool fine = limit_draw(g->limits, kind, who, cost, now_us, &w->err);

	if (!fine)
		reached(g, w, kind);
	else if (kind == LIMIT_CLIENT)
		tell_left(g, w, who, now_us);
	return fine;
}

/* Credentials that nobody has given out. A token of ours that has expired or
 * was revoked is none: whoever shows it many times at once has only not yet
 * noticed, and has to be told so. */
static bool
guessed(enum err_kind kind)
{
	const char *code = fail_oauth_code(kind);

	switch (kind) {
	case ERR_TOKEN_MALFORMED:
	case ERR_TOKEN_KEY:
	case ERR_TOKEN_SIGNATURE:
	case ERR_TOKEN_ISSUER:
	case ERR_TOKEN_AUDIENCE:
	case ERR_TOKEN_CLAIMS:
		return true;
	default:
		return code && !strcmp(code, "invalid_client");
	}
}

void
gateway_refused(struct gateway *g, struct work *w)
{
	struct guid source;
	struct err e = { .kind = ERR_NONE };

	if (!guessed(w->err.kind))
		return;
	source = source_key(w->req->remote_addr);
	if (limit_draw(
		g->limits, LIMIT_SOURCE, &source, 1, clock_mono_us(), &e))
		return;
	w->err = e;
	reached(g, w, LIMIT_SOURCE);
}

void
gateway_count(const struct work *w, enum err_kind told)
{
	const struct kept *k = w->state;
	const struct audit_row *row = &k->row;
	const struct meter_request r = { .kind = told,
		.status = w->resp->status,
		.interaction = row->interaction,
		.took_us = clock_now_us() - w->req->start_us,
		.tenant = w->cell,
		.left_bare = (uint64_t)w->left_bare };

	meter_request(&r);
}

static const struct audit_row *
complete_row(struct work *w)
{
	struct kept *k = w->state;
	struct audit_row *row = &k->row;

	row->status = (int)w->resp->status;
	row->reason = fail_reason(w->err.kind);
	row->duration_us = clock_now_us() - row->at_us;
	k->refused = w->err.kind != ERR_NONE;
	return row;
}

static bool
out_of_date(const struct kept *k)
{
	return k->then && !k->refused && k->change > k->known;
}

void
gateway_renew(struct work *w)
{
	const struct kept *k = w->state;

	k->then(w, k->ctx);
}

bool
gateway_settle(struct gateway *g, struct work *w)
{
	struct kept *k = w->state;
	const struct audit_row *row = complete_row(w);

	err_clear(&w->err); /* told; from here on only the audit can fail */
	if (!audit_keep(g->audit, w->a, row, &k->change, &w->err))
		return false;
	if (out_of_date(k))
		gateway_renew(w);
	return true;
}

/* On the writer's thread. */
static void
row_told(void *work, bool kept, int64_t change)
{
	struct work *w = work;
	struct kept *k = w->state;

	k->change = change;
	serve_settled(w, !kept            ? SERVE_LOST
			 : out_of_date(k) ? SERVE_RENEWED
					  : SERVE_KEPT);
}

bool
gateway_settle_later(struct gateway *g, struct work *w)
{
	return audit_post(g->audit, w->a, complete_row(w), row_told, w);
}
