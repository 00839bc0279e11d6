/* db_link.c - one session with the server, never waiting past a deadline
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/db_link_parts.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* ---- failing
 * ----------------------------------------------------------------- */

static bool
late(struct asked *q, struct err *e)
{
	q->l->broken = true;
	return err_why(
	    e, ERR_DB, "%s: no answer from the database in time", q->what);
}

bool
link_lost(struct asked *q, struct err *e)
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
bool
link_failed(const struct asked *q, const PGresult *res, struct err *e)
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

bool
link_flushed(struct asked *q, struct err *e)
{
	PGconn *pg = q->l->pg;
	int n;

	while ((n = PQflush(pg)) > 0) {
		/* The server may want us to read before it reads on. */
		if (!ready(PQsocket(pg), POLLIN | POLLOUT, q->deadline))
			return late(q, e);
		if (!PQconsumeInput(pg))
			return link_lost(q, e);
	}
	return n == 0 || link_lost(q, e);
}

/* The next result; *res is NULL after the last. */
bool
link_next(struct asked *q, PGresult **res, struct err *e)
{
	PGconn *pg = q->l->pg;

	while (PQisBusy(pg)) {
		if (!ready(PQsocket(pg), POLLIN, q->deadline))
			return late(q, e);
		if (!PQconsumeInput(pg))
			return link_lost(q, e);
	}
	*res = PQgetResult(pg);
	return true;
}

bool
link_good(const PGresult *res)
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
	bool ok = link_flushed(q, e);

	while (ok || !q->l->broken) {
		if (!link_next(q, &res, e)) {
			ok = false;
			break;
		}
		if (!res)
			break;
		if (!link_good(res)) {
			/* COPY would wait for us for ever */
			q->l->broken =
			    PQresultStatus(res) != PGRES_FATAL_ERROR ||
			    PQstatus(q->l->pg) != CONNECTION_OK;
			ok = link_failed(q, res, e);
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
		return link_lost(&q, e);
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
const struct db_rows *
link_adopt(struct arena *a, PGresult *res)
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
		link_lost(&q, e);
		return NULL;
	}
	res = collect(&q, e);
	return res ? link_adopt(a, res) : NULL;
}

uint32_t
link_oid(struct link *l, const char *type, int64_t deadline, struct err *e)
{
	static const char sql[] = "select $1::text::regtype::oid";
	struct asked q = { l, type, NULL, deadline };
	PGresult *res;
	uint32_t oid;

	if (!PQsendQueryParams(l->pg, sql, 1, NULL, &type, NULL, NULL, 0)) {
		link_lost(&q, e);
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
		return link_lost(&q, e);
	if (!(res = collect(&q, e)))
		return false;
	snprintf(is->system, sizeof is->system, "%s", PQgetvalue(res, 0, 0));
	is->timeline = (unsigned)strtoul(PQgetvalue(res, 0, 1), NULL, 16);
	PQclear(res);
	return true;
}
