/* db_link.c - one session with the server, never waiting past a deadline
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/db_link.h"

#include <libpq-fe.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct link {
	PGconn *pg;
	bool broken;
};

/* What is being asked, for the words of a failure. */
struct asked {
	struct link *l;
	const char *what;
	const char *script; /* its text when it is ours to quote; or NULL */
	int64_t deadline;   /* clock_mono_ms() */
};

/* ---- failing
 * ----------------------------------------------------------------- */

static bool
late(struct asked *q, struct err *e)
{
	q->l->broken = true;
	return err_why(
	    e, ERR_DB, "%s: no answer from the database in time", q->what);
}

static bool
lost(struct asked *q, struct err *e)
{
	q->l->broken = true;
	return err_why(
	    e, ERR_DB, "%s: connection to the database lost", q->what);
}

/* libpq's words name the server and the role, and no value of ours. */
static bool
refused(const PGconn *pg, struct err *e)
{
	const char *text = PQerrorMessage(pg);

	return err_why(
	    e, ERR_DB, "connect: %.*s", (int)strcspn(text, "\n"), text);
}

/* Our own functions raise these with a sentence for people. */
static enum err_kind
refusal(const char *state)
{
	static const struct {
		char state[6];
		enum err_kind kind;
	} ours[] = {
		{ "WG400", ERR_MALFORMED },
		{ "WG404", ERR_MISSING },
		{ "WG409", ERR_CONFLICT },
	};
	size_t i;

	for (i = 0; i < COUNT(ours); i++)
		if (!strcmp(state, ours[i].state))
			return ours[i].kind;
	return ERR_DB;
}

/* The server counts characters from 1; people want lines. */
static unsigned
line_of(const char *sql, const char *position)
{
	long left = position ? strtol(position, NULL, 10) : 0;
	unsigned line = 1;

	for (; left > 1 && *sql; sql++) {
		line += *sql == '\n';
		left -= ((unsigned char)sql[1] & 0xc0) != 0x80;
	}
	return line;
}

/* The message of a failed statement may quote values; only its state and the
 * names of the statement and of a broken rule are passed on. */
static bool
failed(const struct asked *q, const PGresult *res, struct err *e)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *rule = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME);
	const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	enum err_kind kind = state ? refusal(state) : ERR_DB;

	if (kind != ERR_DB)
		return err_set(e, kind, "%s", text ? text : "");
	if (q->script)
		return err_why(e, ERR_DB, "%s, line %u: %s (SQLSTATE %s)",
		    q->what,
		    line_of(q->script,
			PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION)),
		    text ? text : "no words", state ? state : "unknown");
	return err_why(e, ERR_DB, "%s: SQLSTATE %s%s%s", q->what,
	    state ? state : "unknown", rule ? ", rule " : "", rule ? rule : "");
}

/* ---- waiting
 * ----------------------------------------------------------------- */

/* Waits until fd is ready; false when the deadline came first. */
static bool
ready(int fd, short events, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = deadline - clock_mono_ms();

		if (left > INT_MAX)
			left = INT_MAX;
		if (poll(&p, 1, left > 0 ? (int)left : 0) > 0)
			return true;
		if (left <= 0)
			return false;
	}
}

static bool
flushed(struct asked *q, struct err *e)
{
	PGconn *pg = q->l->pg;
	int n;

	while ((n = PQflush(pg)) > 0) {
		/* The server may want us to read before it reads on. */
		if (!ready(PQsocket(pg), POLLIN | POLLOUT, q->deadline))
			return late(q, e);
		if (!PQconsumeInput(pg))
			return lost(q, e);
	}
	return n == 0 || lost(q, e);
}

/* The next result; *res is NULL after the last. */
static bool
next(struct asked *q, PGresult **res, struct err *e)
{
	PGconn *pg = q->l->pg;

	while (PQisBusy(pg)) {
		if (!ready(PQsocket(pg), POLLIN, q->deadline))
			return late(q, e);
		if (!PQconsumeInput(pg))
			return lost(q, e);
	}
	*res = PQgetResult(pg);
	return true;
}

static bool
good(const PGresult *res)
{
	return PQresultStatus(res) == PGRES_COMMAND_OK ||
	       PQresultStatus(res) == PGRES_TUPLES_OK;
}

/* Reads all results; the last one is the caller's, or NULL: then e says what
 * was wrong with the first that failed. */
static PGresult *
collect(struct asked *q, struct err *e)
{
	PGresult *res = NULL, *last = NULL;
	bool ok = flushed(q, e);

	while (ok || !q->l->broken) {
		if (!next(q, &res, e)) {
			ok = false;
			break;
		}
		if (!res)
			break;
		if (!good(res)) {
			/* COPY would wait for us for ever */
			q->l->broken =
			    PQresultStatus(res) != PGRES_FATAL_ERROR ||
			    PQstatus(q->l->pg) != CONNECTION_OK;
			ok = failed(q, res, e);
		}
		PQclear(last);
		last = res;
	}
	if (!ok || !last) {
		PQclear(last);
		return NULL;
	}
	return last;
}

/* ---- sessions
 * ---------------------------------------------------------------- */

/* Notices are dropped, but an idle session is told in one that it ends. */
static void
notice(void *ctx, const PGresult *res)
{
	const char *s = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);
	struct link *l = ctx;

	if (s && !strcmp(s, "FATAL"))
		l->broken = true;
}

static bool
dialled(struct link *l, int64_t deadline, struct err *e)
{
	PostgresPollingStatusType s = PGRES_POLLING_WRITING;
	PGconn *pg = l->pg;

	if (!pg || PQstatus(pg) == CONNECTION_BAD)
		return refused(pg, e);
	PQsetNoticeReceiver(pg, notice, l);
	while (s != PGRES_POLLING_OK) {
		short events = s == PGRES_POLLING_READING ? POLLIN : POLLOUT;

		if (!ready(PQsocket(pg), events, deadline))
			return err_why(e, ERR_DB, "connect: no answer in time");
		if ((s = PQconnectPoll(pg)) == PGRES_POLLING_FAILED)
			return refused(pg, e);
	}
	return PQsetnonblocking(pg, 1) == 0 || refused(pg, e);
}

struct link *
link_dial(const char *const *keys, const char *const *values, int64_t deadline,
    struct err *e)
{
	struct link *l = calloc(1, sizeof *l);

	if (!l)
		abort();
	l->pg = PQconnectStartParams(keys, values, 0);
	if (dialled(l, deadline, e))
		return l;
	link_close(l);
	return NULL;
}

void
link_close(struct link *l)
{
	if (!l)
		return;
	PQfinish(l->pg);
	free(l);
}

/* The server reports it when a session begins and when it changes. */
bool
link_superuser(const struct link *l)
{
	const char *is = PQparameterStatus(l->pg, "is_superuser");

	return !is || strcmp(is, "off") != 0;
}

/* An idle session has nothing to say: what its socket brings is its end, or a
 * notice. PQisBusy reads what has come. */
bool
link_up(struct link *l)
{
	if (!l || l->broken || PQstatus(l->pg) != CONNECTION_OK)
		return false;
	while (!l->broken && ready(PQsocket(l->pg), POLLIN, 0))
		l->broken = !PQconsumeInput(l->pg) || PQisBusy(l->pg) ||
		            PQstatus(l->pg) != CONNECTION_OK;
	return !l->broken;
}

bool
link_settings(const char *conninfo,
    void (*say)(void *, const char *, const char *), void *ctx, struct err *e)
{
	char *words = NULL;
	PQconninfoOption *all = PQconninfoParse(conninfo, &words), *o;

	if (!all)
		err_set(e, ERR_CONF, "The database string cannot be read: %.*s",
		    words ? (int)strcspn(words, "\n") : 0, words ? words : "");
	for (o = all; o && o->keyword; o++)
		if (o->val && *o->val)
			say(ctx, o->keyword, o->val);
	PQfreemem(words);
	PQconninfoFree(all);
	return all != NULL;
}

/* ---- asking
 * ------------------------------------------------------------------ */

bool
link_run(struct link *l, const char *sql, const char *what, bool script,
    int64_t deadline, struct err *e)
{
	struct asked q = { l, what, script ? sql : NULL, deadline };
	PGresult *res;

	if (!PQsendQuery(l->pg, sql))
		return lost(&q, e);
	res = collect(&q, e);
	PQclear(res);
	return res != NULL;
}

bool
link_commit(struct link *l, int64_t deadline, struct err *e)
{
	if (PQtransactionStatus(l->pg) == PQTRANS_INERROR)
		return err_why(e, ERR_DB,
		    "commit: a statement of this transaction failed");
	return link_run(l, "commit", "commit", false, deadline, e);
}

static void
drop(void *res)
{
	PQclear(res);
}

/* The values stay where libpq put them; the result is the arena's guest. */
static const struct db_rows *
adopt(struct arena *a, PGresult *res)
{
	struct db_rows *to = arena_get(a, sizeof *to);
	int rows = PQntuples(res), cols = PQnfields(res), r, c;
	const char **names;
	struct db_cell *v;

	arena_adopt(a, res, drop);
	names = arena_get(a, (size_t)(cols + 1) * sizeof *names);
	v = arena_get(a, ((size_t)rows * (size_t)cols + 1) * sizeof *v);
	*to = (struct db_rows){ (size_t)rows, (size_t)cols, names, v };
	for (c = 0; c < cols; c++)
		names[c] = PQfname(res, c);
	for (r = 0; r < rows; r++)
		for (c = 0; c < cols; c++, v++) {
			v->type = PQftype(res, c);
			if (!PQgetisnull(res, r, c))
				v->bytes = (struct str){ PQgetvalue(res, r, c),
					(size_t)PQgetlength(res, r, c) };
		}
	return to;
}

const struct db_rows *
link_ask(struct link *l, struct arena *a, const char *statement,
    const struct db_bound *args, size_t n, int64_t deadline, struct err *e)
{
	struct asked q = { l, statement, NULL, deadline };
	PGresult *res;

	if (!PQsendQueryPrepared(l->pg, statement, (int)n, args->at, args->len,
		args->format, 1)) {
		lost(&q, e);
		return NULL;
	}
	res = collect(&q, e);
	return res ? adopt(a, res) : NULL;
}

/* ---- several in one go
 * -------------------------------------------------------- */

static bool
send_all(struct asked *q, const struct db_ask *all, const struct db_bound *args,
    size_t n, struct err *e)
{
	PGconn *pg = q->l->pg;
	size_t i;

	if (!PQenterPipelineMode(pg))
		return lost(q, e);
	for (i = 0; i < n; i++)
		if (!PQsendQueryPrepared(pg, all[i].statement, (int)all[i].n,
			args[i].at, args[i].len, args[i].format, 1))
			return lost(q, e);
	return PQpipelineSync(pg) ? flushed(q, e) : lost(q, e);
}

/* One result of the statement that is asked; NULL: it failed, or one before it
 * did, of which e tells already. */
static const struct db_rows *
one_of_all(struct asked *q, struct arena *a, PGresult *res, struct err *e)
{
	if (good(res))
		return adopt(a, res);
	if (PQresultStatus(res) != PGRES_PIPELINE_ABORTED) {
		q->l->broken |= PQresultStatus(res) != PGRES_FATAL_ERROR ||
		                PQstatus(q->l->pg) != CONNECTION_OK;
		failed(q, res, e);
	}
	PQclear(res);
	return NULL;
}

/* The server ends each statement with NULL, and all of them with one more
 * result. */
static bool
collect_all(struct asked *q, struct arena *a, const struct db_ask *all,
    size_t n, const struct db_rows **rows, struct err *e)
{
	const struct db_rows *told;
	PGresult *res;
	bool fine = true;
	size_t i = 0;

	while (!q->l->broken && i <= n) {
		q->what = i < n ? all[i].statement : "commit";
		if (!next(q, &res, e))
			return false;
		if (!res) {
			i++;
			continue;
		}
		if (PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
			PQclear(res);
			return (PQexitPipelineMode(q->l->pg) || lost(q, e)) &&
			       fine;
		}
		told = one_of_all(q, a, res, e);
		fine &= told && i < n;
		if (i < n)
			rows[i] = told;
	}
	return lost(q, e);
}

bool
link_ask_all(struct link *l, struct arena *a, const struct db_ask *all,
    const struct db_bound *args, size_t n, const struct db_rows **rows,
    int64_t deadline, struct err *e)
{
	struct asked q = { l, "several at once", NULL, deadline };

	return send_all(&q, all, args, n, e) &&
	       collect_all(&q, a, all, n, rows, e);
}

uint32_t
link_oid(struct link *l, const char *type, int64_t deadline, struct err *e)
{
	static const char sql[] = "select $1::text::regtype::oid";
	struct asked q = { l, type, NULL, deadline };
	PGresult *res;
	uint32_t oid;

	if (!PQsendQueryParams(l->pg, sql, 1, NULL, &type, NULL, NULL, 0)) {
		lost(&q, e);
		return 0;
	}
	if (!(res = collect(&q, e)))
		return 0;
	oid = (uint32_t)strtoul(PQgetvalue(res, 0, 0), NULL, 10);
	PQclear(res);
	return oid;
}

/* The timeline is that of what is written now: the control file tells it
 * later. */
bool
link_asks_lineage(
    struct link *l, struct link_lineage *is, int64_t deadline, struct err *e)
{
	static const char sql[] =
	    "select s.system_identifier, case when not pg_is_in_recovery() "
	    "then left(pg_walfile_name(pg_current_wal_lsn()), 8) end "
	    "from pg_control_system() as s";
	struct asked q = { l, "lineage", NULL, deadline };
	PGresult *res;

	if (!PQsendQuery(l->pg, sql))
		return lost(&q, e);
	if (!(res = collect(&q, e)))
		return false;
	snprintf(is->system, sizeof is->system, "%s", PQgetvalue(res, 0, 0));
	is->timeline = (unsigned)strtoul(PQgetvalue(res, 0, 1), NULL, 16);
	PQclear(res);
	return true;
}
