/* db_link_parts.h - what db_link.c and db_link_all.c have of each other
 * SPDX-License-Identifier: Apache-2.0
 *
 * Others use ext/db_link.h. */
#ifndef EXT_DB_LINK_PARTS_H
#define EXT_DB_LINK_PARTS_H

#include <libpq-fe.h>

#include "ext/db_link.h"

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

/* link_lost, link_failed - say so in e: the connection is gone; res is of a
 * statement that failed. Both return false. */
bool link_lost(struct asked *q, struct err *e);
bool link_failed(const struct asked *q, const PGresult *res, struct err *e);

/* link_flushed - all that was sent has left. link_next - the next result, owned;
 * *res is NULL after the last. false: too late, or lost. */
bool link_flushed(struct asked *q, struct err *e);
bool link_next(struct asked *q, PGresult **res, struct err *e);

bool link_good(const PGresult *res);

/* link_adopt - its rows; res is taken. */
const struct db_rows *link_adopt(struct arena *a, PGresult *res);

#endif
