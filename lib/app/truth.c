/* truth.c - what is known of the hospital that a request's token is for
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/truth.h"

#include "app/jwks.h"
#include "ext/prepare.h"
#include "gate/bearer.h"
#include "gate/found.h"

#define WAIT_MS 1000 /* for the database; then it is the plain statement */

static struct {
	struct db *db;
	struct token_rules rules;
	int64_t outlived_s; /* of tokens of a retired key */
} room;

bool
truth_start(struct arena *a, const struct conf *conf, struct err *e)
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

	room.rules = token_rules_of(a, conf);
	room.outlived_s = token_outlived_s(conf);
	return (room.db = db_open(&o, e)) != NULL;
}

void
truth_stop(void)
{
	db_close(room.db);
	room.db = NULL;
}

struct db *
truth_db(void)
{
	return room.db;
}

static const struct claims *
believe(struct work *w)
{
	struct keyring *keys = jwks_ring();
	struct err e = { .kind = ERR_NONE };

	return keys ? bearer_read(w->a, keys, &room.rules,
			  w->req->authorization, w->req->start_us / 1000000, &e)
	            : NULL;
}

/* This program follows no changes: what it would believe is worth a question,
 * and a second look. */
static const struct claims *
who_asks(struct work *w)
{
	struct keyring_wish refused;
	struct err e = { .kind = ERR_NONE };

	if (!believe(w) ||
	    !keyring_refused(room.db, w->a, room.outlived_s, &refused, &e))
		return NULL;
	jwks_refuse(&refused);
	return believe(w);
}

static const struct db_rows *
ask(struct work *w, const struct claims *c)
{
	const struct db_arg args[] = { db_arg_guid(&c->client),
		db_arg_guid(&c->tenant), db_arg_text(str_of(c->cred)),
		db_arg_text(str_of(c->jti)), db_arg_int(c->change) };
	struct err e = { .kind = ERR_NONE };

	return db_ask(
	    room.db, w->a, "statement_for_tenant", args, COUNT(args), &e);
}

/* Columns of statement_for_tenant. */
enum {
	NAME,
	VERSION,
	MODE,
	SEARCH_POST,
	CONTAINS,
	SORT,
	TOTAL,
	BATCH,
	PERSON,
	EXTENSIONS,
	MRN_SYSTEM,
	FACTS,
	TYPES
};

static const char *
text(struct work *w, const struct db_rows *rows, size_t column)
{
	return str_text(w->a, db_text(rows, 0, column));
}

/* The version alone, then what was found out, then the operator: who speaks
 * last is the loudest. */
static void
read_can(struct work *w, const struct db_rows *rows, struct ability *can)
{
	const struct ability_switches switches = {
		.post = db_bool(rows, 0, SEARCH_POST) ? "auto" : "off",
		.contains = text(w, rows, CONTAINS),
		.sort = text(w, rows, SORT),
		.total = text(w, rows, TOTAL),
		.batch = text(w, rows, BATCH),
		.coverage_person = text(w, rows, PERSON),
	};

	ability_start(can, can->version);
	if (!db_null(rows, 0, FACTS))
		found_read(can, w->a, db_text(rows, 0, FACTS),
		    w->req->start_us / 1000000);
	ability_switch(can, &switches);
}

static uint32_t
covered(struct work *w, const struct db_rows *rows, const struct claims *c)
{
	struct str *types;
	size_t n = db_texts(rows, w->a, 0, TYPES, &types);

	return scope_granted(types, n) & c->scope.may;
}

const struct truth *
truth_find(struct work *w)
{
	const struct claims *c = w->req->authorization.at ? who_asks(w) : NULL;
	const struct db_rows *rows = c ? ask(w, c) : NULL;
	struct truth *t = arena_get(w->a, sizeof *t);

	if (!rows || !db_count(rows) ||
	    !version_named(&t->can.version, db_text(rows, 0, VERSION)))
		return NULL;
	t->tenant = text(w, rows, NAME);
	t->links = str_is(db_text(rows, 0, MODE), "links");
	t->extensions = db_bool(rows, 0, EXTENSIONS);
	t->mrn_system = db_text(rows, 0, MRN_SYSTEM);
	t->may = covered(w, rows, c);
	read_can(w, rows, &t->can);
	return t;
}
