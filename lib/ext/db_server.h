/* db_server.h - a database string taken apart: which servers, which settings
 * SPDX-License-Identifier: Apache-2.0
 *
 * libpq tries several servers one after the other, but without a limit of its
 * own when it must not block: a silent first one would use up all the time. So
 * each server becomes a set of settings of its own. Only ext/db uses this. */
#ifndef EXT_DB_SERVER_H
#define EXT_DB_SERVER_H

#include "base/arena.h"
#include "base/err.h"
#include "ext/db_link.h"

#define DB_SERVERS_MAX 16

/* What we say about ourselves, whatever the string says; NULL or "": as the
 * string says (application name: nothing). */
struct db_own {
	const char *role, *passfile, *application_name;
};

/* Settings as PQconnectStartParams takes them, ended by NULL. */
struct db_servers {
	size_t count;
	const char *keys[LINK_PARAMS_MAX + 1];
	const char *values[DB_SERVERS_MAX][LINK_PARAMS_MAX + 1];
};

/* db_servers - borrowed from a. NULL: ERR_CONF for a string that cannot be
 * read, holds a password, or names more than DB_SERVERS_MAX servers; for a
 * password file that libpq would ignore. */
const struct db_servers *db_servers(struct arena *a, const char *conninfo,
    const struct db_own *own, struct err *e);

#endif
