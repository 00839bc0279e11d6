/* db.h - the one door to libpq: named statements, typed values, deadlines
 * SPDX-License-Identifier: Apache-2.0
 *
 * A program's whole SQL vocabulary stands in sql/prepare/PROGRAM.sql; every
 * connection runs that text when it opens, and C calls the statements by name.
 * No call here waits past its deadline, connecting included, with one
 * exception: libpq resolves host names without one, so settings should name
 * the server by socket folder or address (host=/run/postgresql, hostaddr=).
 *
 * Values travel in PostgreSQL's binary format both ways. A statement takes
 * only the parameter types, and answers only with the column types, in this
 * table; anything else is cast in the prepare file:
 *
 *     parameter   text  bigint  boolean  bytea  uuid  timestamptz  (raw)
 *     column      text  smallint integer bigint boolean bytea uuid
 *                 timestamptz text[]
 *
 * Errors: ERR_DB when the database does not answer in time, is gone or fails;
 * `why` carries SQLSTATE, statement name and our words, never a value.
 * ERR_MALFORMED before anything is sent: text that is not UTF-8 or holds NUL.
 * ERR_CONF where the role is a superuser and a plain one was wanted.
 * Refusals raised by our own SQL functions carry a sentence in `said`:
 * SQLSTATE WG400 is ERR_MALFORMED, WG404 ERR_MISSING, WG409 ERR_CONFLICT.
 *
 * Where the string names several servers, the newest primary is believed
 * (ext/db_choice.h). When a session breaks, those from before it are replaced
 * before they are used again: they may have died in silence, too.
 *
 * Threads: struct db is shared, with one lock for its slots; a struct db_conn
 * and a struct db_rows belong to one thread at a time. */
#ifndef EXT_DB_H
#define EXT_DB_H

#include "base/arena.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/str.h"
#include "ext/db_rows.h"  /* db_count(), db_text() and their sisters */
#include "ext/db_value.h" /* db_arg_text() and its sisters */

struct db;
struct db_conn;

#define DB_CONNECTIONS_MAX 8  /* per process; the design asks for three */
#define DB_ASKS_MAX        24 /* in one go */

struct db_opts {
	const char *conninfo; /* libpq string or URI, without password */
	const char *role;     /* connects as this user, whatever conninfo says;
	                         NULL: as conninfo says */
	bool plain;           /* a superuser is refused: no grant binds it */
	const char *passfile; /* NULL or "": none */
	const char *application_name; /* shown in pg_stat_activity */
	const char *prepare_sql;      /* run at each connect; NULL: nothing. Not
	                                 copied: must outlive the struct db */
	unsigned connections;         /* at most; held ones count */
	int64_t wait_ms;              /* one ask, connect and queue included;
	                                 0: as long as it takes (operator's tools) */
};

/* db_open - owned; db_close. Connects nothing yet: the first ask does.
 * NULL: ERR_CONF when conninfo cannot be read or holds a password, or when
 * libpq would ignore the password file. */
struct db *db_open(const struct db_opts *o, struct err *e);

/* db_close - all connections closed, none may be in use. NULL is fine. */
void db_close(struct db *db);

/* ---- asking ----------------------------------------------------------------
 */

/* db_ask - run the prepared statement on any free connection, within wait_ms.
 * An ask is not repeated when the connection breaks after sending: whether it
 * took effect is then unknown to us. An idle connection that broke earlier is
 * noticed before sending and reopened. While the database is away, one thread
 * at a time tries to connect and the others fail with its error.
 *
 * Returns: rows borrowed from a (a statement without result has none).
 * NULL: see the top of this file. */
const struct db_rows *db_ask(struct db *db, struct arena *a,
    const char *statement, const struct db_arg *args, size_t n, struct err *e);

/* db_ask_all - like db_ask, several statements in one go, there and back once:
 * at most DB_ASKS_MAX. They are one transaction, in which each sees what those
 * before it did; rows[i] receives what all[i] answered. false: e tells of the
 * first that failed. Nothing they did holds then; rows[i] from that one on is
 * NULL. */
bool db_ask_all(struct db *db, struct arena *a, const struct db_ask *all,
    size_t n, const struct db_rows **rows, struct err *e);

/* db_take - one connection for this thread alone, until db_give; it counts
 * against `connections`. Need not be connected yet: asks on it (re)connect.
 * NULL: ERR_DB when all were in use until the deadline. */
struct db_conn *db_take(struct db *db, struct err *e);
void db_give(struct db_conn *c);

/* db_ask_on - like db_ask, on a held connection. */
const struct db_rows *db_ask_on(struct db_conn *c, struct arena *a,
    const char *statement, const struct db_arg *args, size_t n, struct err *e);

/* db_session - a number that differs for each session that c has had; 0 while
 * not connected. What was looked up in one session (the OID of a type) does
 * not hold in the next. */
uint64_t db_session(const struct db_conn *c);

/* db_connect - make sure c is connected, within the deadline. */
bool db_connect(struct db_conn *c, struct err *e);

/* db_oid - OID of a type by qualified name, such as "wardgate.audit_row",
 * asked once per session and type (up to four types are remembered).
 * 0: ERR_DB. */
uint32_t db_oid(struct db_conn *c, const char *type, struct err *e);

/* A transaction on a held connection. A session that broke in between fails
 * the commit: asks never reconnect inside a transaction. */
bool db_begin(struct db_conn *c, struct err *e);
bool db_commit(struct db_conn *c, struct err *e);
void db_rollback(struct db_conn *c); /* fine after any failure */

/* db_run_script - several statements as one text, all or nothing unless the
 * text itself says begin and commit. For the operator's command: its `why`
 * holds the server's message and the line number, so the text must be ours. */
bool db_run_script(struct db_conn *c, const char *sql, struct err *e);

#endif
