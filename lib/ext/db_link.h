/* db_link.h - one session with the server, never waiting past a deadline
 * SPDX-License-Identifier: Apache-2.0
 *
 * Only ext/db uses this; it is apart because it alone knows libpq. Deadlines
 * are clock_mono_ms() times. A link that failed or was late is of no more use:
 * link_up says so, link_close ends it. A link belongs to one thread at a
 * time. */
#ifndef EXT_DB_LINK_H
#define EXT_DB_LINK_H

#include "ext/db_rows.h"
#include "ext/db_value.h"

#include "base/err.h"

#define LINK_PARAMS_MAX 64
#define LINK_SYSTEM_MAX 24

struct link;

/* link_settings - calls back with each setting that conninfo gives. false:
 * ERR_CONF, it is neither a libpq string nor a URI. */
bool link_settings(const char *conninfo,
    void (*say)(void *ctx, const char *key, const char *value), void *ctx,
    struct err *e);

/* link_dial - owned; link_close. keys and values end with NULL. NULL: ERR_DB
 * with libpq's words. */
struct link *link_dial(const char *const *keys, const char *const *values,
    int64_t deadline, struct err *e);

void link_close(struct link *l); /* NULL is fine */

/* link_superuser - does this session's role stand above all rights? */
bool link_superuser(const struct link *l);

/* What a server says of itself: which cluster's it is, in decimal digits, and
 * the timeline it writes; 0 while it only follows. */
struct link_lineage {
	unsigned timeline;
	char system[LINK_SYSTEM_MAX];
};

/* link_asks_lineage - false: ERR_DB. */
bool link_asks_lineage(
    struct link *l, struct link_lineage *is, int64_t deadline, struct err *e);

/* link_up - does the session still stand? Notices one that ended while it was
 * idle. NULL is not up. */
bool link_up(struct link *l);

/* link_run - one or several statements as text, results dropped.
 *   what    names them in errors
 *   script  the text is ours: errors carry the server's message and line */
bool link_run(struct link *l, const char *sql, const char *what, bool script,
    int64_t deadline, struct err *e);

/* link_commit - like link_run of "commit", which alone would succeed as a
 * rollback when a statement before it failed. */
bool link_commit(struct link *l, int64_t deadline, struct err *e);

/* link_ask - the prepared statement with its parameters. Rows borrowed from
 * a. NULL: ERR_DB, or a refusal of our own functions (see db.h). */
const struct db_rows *link_ask(struct link *l, struct arena *a,
    const char *statement, const struct db_bound *args, size_t n,
    int64_t deadline, struct err *e);

/* link_ask_all - several in one go; see db_ask_all. args[i] is bound to all[i];
 * rows are NULL before. */
bool link_ask_all(struct link *l, struct arena *a, const struct db_ask *all,
    const struct db_bound *args, size_t n, const struct db_rows **rows,
    int64_t deadline, struct err *e);

/* link_oid - of the type with this qualified name; 0: ERR_DB. */
uint32_t link_oid(
    struct link *l, const char *type, int64_t deadline, struct err *e);

#endif
