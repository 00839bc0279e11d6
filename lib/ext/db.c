/* db.c - the one door to libpq: named statements, typed values, deadlines
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/db.h"

#include <pthread.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "ext/db_choice.h"

#define SETUP_MAX ((size_t)1 << 20)  /* bytes of prepare text */
#define REST_MS   200                /* between a failed connect and the next */
#define FAR_MS    INT64_C(864000000) /* as long as it takes: ten days */
#define OIDS      4                  /* remembered per session */
#define SILENT_S  3                  /* of us, before the server probes */
#define PROBE_S   1                  /* between its probes */
#define PROBES    3                  /* unanswered, and the session is gone */

struct db_conn {
	struct db *db;
	struct link *link; /* NULL: not connected */
	uint64_t session;  /* 0: not connected */
	unsigned timeline; /* of its server; see choice_dial */
	bool busy;         /* slot taken; under db->lock */
	bool in_tx;
	struct {
		const char *type;
		uint32_t oid;
	} oids[OIDS];
};

struct db {
	struct arena *a;   /* the settings */
	const char *setup; /* run at each connect */
	int64_t wait_ms;
	bool plain; /* see db_opts */
	unsigned slots;

	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t freed; /* a slot was given back */
	pthread_cond_t tried; /* a connect has ended */
	struct db_conn at[DB_CONNECTIONS_MAX];
	uint64_t sessions;       /* so many there were */
	_Atomic uint64_t doubts; /* those up to this one may be dead */
	struct db_choice choice; /* of whose turn it is to connect */
	bool connecting;
	int64_t failed_ms; /* when the last connect failed; 0: it did not */
	struct err failed;
};

static int64_t
deadline_of(const struct db *db)
{
	return clock_mono_ms() + (db->wait_ms ? db->wait_ms : FAR_MS);
}

/* Waits under db->lock; false when the deadline came first. */
static bool
waited(struct db *db, pthread_cond_t *what, int64_t deadline)
{
	struct timespec t = { .tv_sec = deadline / 1000,
		.tv_nsec = deadline % 1000 * 1000000 };

	return pthread_cond_timedwait(what, &db->lock, &t) == 0;
}

/* ---- connecting
 * -------------------------------------------------------------- */

static void
hang_up(struct db_conn *c)
{
	link_close(c->link);
	c->link = NULL;
	c->session = 0;
	c->in_tx = false;
	memset(c->oids, 0, sizeof c->oids);
}

static bool
fit(void *ctx, struct link *l, int64_t deadline, struct err *e)
{
	const struct db *db = ctx;

	if (db->plain && link_superuser(l))
		return err_set(e, ERR_CONF,
		    "The database role of this program is a superuser, whom "
		    "no right binds. Make it a plain one: alter role ... "
		    "nosuperuser.");
	return link_run(l, db->setup, "prepare", true, deadline, e);
}

/* One thread connects, the others wait for how it ends. true: it is our turn.
 * Under db->lock. */
static bool
turn(struct db *db, int64_t deadline, struct err *e)
{
	while (db->connecting)
		if (!waited(db, &db->tried, deadline))
			return err_why(e, ERR_DB, "connect: no answer in time");
	if (db->failed_ms && clock_mono_ms() - db->failed_ms < REST_MS) {
		if (e->kind == ERR_NONE)
			*e = db->failed;
		return false;
	}
	db->connecting = true;
	return true;
}

static void
turn_over(struct db_conn *c, bool ok, const struct err *why)
{
	struct db *db = c->db;
	bool was_away;

	pthread_mutex_lock(&db->lock);
	was_away = db->failed_ms != 0;
	db->connecting = false;
	db->failed_ms = ok ? 0 : clock_mono_ms();
	db->failed = *why;
	c->session = ok ? ++db->sessions : 0;
	pthread_cond_broadcast(&db->tried);
	pthread_mutex_unlock(&db->lock);
	if (!ok && !was_away)
		log_event(LOG_WARN, "db_away", LOG_WHY,
		    why->why[0] ? why->why : why->said, LOG_END);
	if (ok && was_away)
		log_event(LOG_INFO, "db_back", LOG_END);
}

static bool
redial(struct db_conn *c, bool broke, int64_t deadline, struct err *e)
{
	struct err why = { 0 };
	bool ok;

	pthread_mutex_lock(&c->db->lock);
	if (broke)
		atomic_store(&c->db->doubts, c->db->sessions);
	ok = turn(c->db, deadline, e);
	pthread_mutex_unlock(&c->db->lock);
	if (!ok)
		return false;
	c->link = choice_dial(
	    &c->db->choice, broke, fit, c->db, deadline, &c->timeline, &why);
	ok = c->link != NULL;
	turn_over(c, ok, &why);
	if (!ok && e->kind == ERR_NONE)
		*e = why;
	return ok;
}

/* Where the network or a server died in silence, an idle session does not know
 * it yet: when one broke, those from before are not used any more. */
static bool
in_doubt(const struct db_conn *c)
{
	return (!c->in_tx && c->session <= atomic_load(&c->db->doubts)) ||
	       choice_old(&c->db->choice, c->timeline);
}

/* Whoever comes first when it is time. */
static void
look_again(struct db *db, int64_t deadline)
{
	bool mine;

	pthread_mutex_lock(&db->lock);
	if ((mine = !db->connecting && choice_due(&db->choice)))
		db->connecting = true;
	pthread_mutex_unlock(&db->lock);
	if (!mine)
		return;
	choice_look(&db->choice, deadline);
	pthread_mutex_lock(&db->lock);
	db->connecting = false;
	pthread_cond_broadcast(&db->tried);
	pthread_mutex_unlock(&db->lock);
}

static bool
connected(struct db_conn *c, int64_t deadline, struct err *e)
{
	bool up = link_up(c->link), broke = c->link && !up;

	if (up && !c->in_tx && choice_due(&c->db->choice))
		look_again(c->db, deadline);
	if (up && !in_doubt(c))
		return true;
	if (c->in_tx)
		return err_why(e, ERR_DB, "connection lost in a transaction");
	hang_up(c);
	return redial(c, broke, deadline, e);
}

/* ---- settings
 * ---------------------------------------------------------------- */

/* The server gives up when we do. A commit that waits for standbys is not cut
 * off by it: PostgreSQL stops this timer before it commits. And it does not
 * keep for hours the sessions of a host that it cannot reach any more. */
static bool
put_setup(struct db *db, const char *prepare_sql, struct err *e)
{
	struct buf b = buf_new(db->a, SETUP_MAX);

	buf_fmt(&b,
	    "set tcp_keepalives_idle = %d;\n"
	    "set tcp_keepalives_interval = %d;\n"
	    "set tcp_keepalives_count = %d;\n"
	    "set tcp_user_timeout = %d;\n",
	    SILENT_S, PROBE_S, PROBES, (SILENT_S + PROBES * PROBE_S) * 1000);
	if (db->wait_ms)
		buf_fmt(&b, "set statement_timeout = %lld;\n",
		    (long long)db->wait_ms);
	if (prepare_sql)
		buf_str(&b, prepare_sql);
	db->setup = buf_text(&b);
	return !b.failed || err_why(e, ERR_BROKEN, "prepare text too large");
}

struct db *
db_open(const struct db_opts *o, struct err *e)
{
	struct arena *a = arena_new();
	struct db *db = arena_get(a, sizeof *db);
	const struct db_own own = { o->role, o->passfile, o->application_name };
	const struct db_servers *to;
	pthread_condattr_t attr;
	size_t i;

	db->a = a;
	db->wait_ms = o->wait_ms;
	db->plain = o->plain;
	db->slots = o->connections > DB_CONNECTIONS_MAX ? DB_CONNECTIONS_MAX
	            : o->connections                    ? o->connections
	                                                : 1;
	for (i = 0; i < DB_CONNECTIONS_MAX; i++)
		db->at[i].db = db;
	if (!(to = db_servers(a, o->conninfo, &own, e)) ||
	    !put_setup(db, o->prepare_sql, e)) {
		arena_free(a);
		return NULL;
	}
	db->choice = choice_new(to);
	pthread_mutex_init(&db->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&db->freed, &attr);
	pthread_cond_init(&db->tried, &attr);
	pthread_condattr_destroy(&attr);
	return db;
}

void
db_close(struct db *db)
{
	size_t i;

	if (!db)
		return;
	for (i = 0; i < DB_CONNECTIONS_MAX; i++)
		hang_up(&db->at[i]);
	pthread_cond_destroy(&db->tried);
	pthread_cond_destroy(&db->freed);
	pthread_mutex_destroy(&db->lock);
	arena_free(db->a);
}

/* ---- slots
 * ------------------------------------------------------------------- */

/* A free slot, one with a session if there is any. */
static struct db_conn *
free_slot(struct db *db)
{
	struct db_conn *c = NULL;
	size_t i;

	for (i = 0; i < db->slots; i++)
		if (!db->at[i].busy &&
		    (!c || (!c->session && db->at[i].session)))
			c = &db->at[i];
	return c;
}

static struct db_conn *
take(struct db *db, int64_t deadline, struct err *e)
{
	struct db_conn *c;

	pthread_mutex_lock(&db->lock);
	while (!(c = free_slot(db)))
		if (!waited(db, &db->freed, deadline)) {
			err_why(e, ERR_DB, "all %u connections are in use",
			    db->slots);
			break;
		}
	if (c)
		c->busy = true;
	pthread_mutex_unlock(&db->lock);
	return c;
}

struct db_conn *
db_take(struct db *db, struct err *e)
{
	return take(db, deadline_of(db), e);
}

void
db_give(struct db_conn *c)
{
	if (!c)
		return;
	db_rollback(c);
	pthread_mutex_lock(&c->db->lock);
	c->busy = false;
	pthread_cond_signal(&c->db->freed);
	pthread_mutex_unlock(&c->db->lock);
}

/* ---- asking
 * ------------------------------------------------------------------ */

static const struct db_rows *
ask(struct db_conn *c, struct arena *a, const char *statement,
    const struct db_arg *args, size_t n, int64_t deadline, struct err *e)
{
	struct db_bound bound;

	if (!db_bind(&bound, args, n, e) || !connected(c, deadline, e))
		return NULL;
	return link_ask(c->link, a, statement, &bound, n, deadline, e);
}

const struct db_rows *
db_ask_on(struct db_conn *c, struct arena *a, const char *statement,
    const struct db_arg *args, size_t n, struct err *e)
{
	return ask(c, a, statement, args, n, deadline_of(c->db), e);
}

const struct db_rows *
db_ask(struct db *db, struct arena *a, const char *statement,
    const struct db_arg *args, size_t n, struct err *e)
{
	int64_t deadline = deadline_of(db);
	struct db_conn *c = take(db, deadline, e);
	const struct db_rows *rows = NULL;

	if (c)
		rows = ask(c, a, statement, args, n, deadline, e);
	db_give(c);
	return rows;
}

static bool
bind_all(struct db_bound *to, const struct db_ask *all, size_t n, struct err *e)
{
	size_t i;

	if (n > DB_ASKS_MAX)
		return err_why(
		    e, ERR_BROKEN, "more than %d at once", DB_ASKS_MAX);
	for (i = 0; i < n; i++)
		if (!db_bind(&to[i], all[i].args, all[i].n, e))
			return false;
	return true;
}

bool
db_ask_all(struct db *db, struct arena *a, const struct db_ask *all, size_t n,
    const struct db_rows **rows, struct err *e)
{
	struct db_bound *bound = arena_raw(a, n * sizeof *bound);
	int64_t deadline = deadline_of(db);
	struct db_conn *c;
	bool good;

	memset(rows, 0, n * sizeof *rows);
	if (!bind_all(bound, all, n, e) || !(c = take(db, deadline, e)))
		return false;
	good = connected(c, deadline, e) &&
	       link_ask_all(c->link, a, all, bound, n, rows, deadline, e);
	db_give(c);
	return good;
}

uint64_t
db_session(const struct db_conn *c)
{
	return c->session;
}

bool
db_connect(struct db_conn *c, struct err *e)
{
	return connected(c, deadline_of(c->db), e);
}

uint32_t
db_oid(struct db_conn *c, const char *type, struct err *e)
{
	int64_t deadline = deadline_of(c->db);
	size_t i;

	if (!connected(c, deadline, e))
		return 0;
	for (i = 0; i < OIDS - 1 && c->oids[i].type; i++)
		if (!strcmp(c->oids[i].type, type))
			return c->oids[i].oid;
	c->oids[i].oid = link_oid(c->link, type, deadline, e);
	c->oids[i].type = c->oids[i].oid ? type : NULL;
	return c->oids[i].oid;
}

bool
db_begin(struct db_conn *c, struct err *e)
{
	int64_t deadline = deadline_of(c->db);

	c->in_tx = connected(c, deadline, e) &&
	           link_run(c->link, "begin", "begin", false, deadline, e);
	return c->in_tx;
}

void
db_rollback(struct db_conn *c)
{
	struct err e = { 0 };

	if (c->in_tx &&
	    !(link_up(c->link) && link_run(c->link, "rollback", "rollback",
				      false, deadline_of(c->db), &e)))
		hang_up(c);
	c->in_tx = false;
}

bool
db_commit(struct db_conn *c, struct err *e)
{
	int64_t deadline = deadline_of(c->db);
	bool ok =
	    connected(c, deadline, e) && link_commit(c->link, deadline, e);

	if (ok)
		c->in_tx = false;
	else
		db_rollback(c);
	return ok;
}

bool
db_run_script(struct db_conn *c, const char *sql, struct err *e)
{
	int64_t deadline = deadline_of(c->db);

	return connected(c, deadline, e) &&
	       link_run(c->link, sql, "script", true, deadline, e);
}
