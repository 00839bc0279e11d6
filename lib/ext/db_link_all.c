/* db_link_all.c - several statements in one go, by libpq's pipeline mode
 * SPDX-License-Identifier: Apache-2.0
 *
 * PostgreSQL runs all that comes before a sync as one transaction (its manual,
 * "Pipelining" in Message Flow, and "Pipeline Mode" of libpq). */
#include "ext/db_link_parts.h"

static bool
send_all(struct asked *q, const struct db_ask *all, const struct db_bound *args,
    size_t n, struct err *e)
{
	PGconn *pg = q->l->pg;
	size_t i;

	if (!PQenterPipelineMode(pg))
		return link_lost(q, e);
	for (i = 0; i < n; i++)
		if (!PQsendQueryPrepared(pg, all[i].statement, (int)all[i].n,
			args[i].at, args[i].len, args[i].format, 1))
			return link_lost(q, e);
	return PQpipelineSync(pg) ? link_flushed(q, e) : link_lost(q, e);
}

/* One result of the statement that is asked; NULL: it failed, or one before it
 * did, of which e tells already. */
static const struct db_rows *
one_of_all(struct asked *q, struct arena *a, PGresult *res, struct err *e)
{
	if (link_good(res))
		return link_adopt(a, res);
	if (PQresultStatus(res) != PGRES_PIPELINE_ABORTED) {
		q->l->broken |= PQresultStatus(res) != PGRES_FATAL_ERROR ||
		                PQstatus(q->l->pg) != CONNECTION_OK;
		link_failed(q, res, e);
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
		if (!link_next(q, &res, e))
			return false;
		if (!res) {
			i++;
			continue;
		}
		if (PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
			PQclear(res);
			return (PQexitPipelineMode(q->l->pg) ||
				   link_lost(q, e)) &&
			       fine;
		}
		told = one_of_all(q, a, res, e);
		fine &= told && i < n;
		if (i < n)
			rows[i] = told;
	}
	return link_lost(q, e);
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
