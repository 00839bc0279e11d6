/* db_server.c - a database string taken apart: which servers, which settings
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/db_server.h"

#include <string.h>
#include <sys/stat.h>

#include "base/str.h"

struct reading {
	struct arena *a;
	struct db_servers *to;
	size_t params;
	struct db_own own;
	bool password;
};

static bool
one_of(const char *key, const char *const *names)
{
	while (*names && strcmp(key, *names))
		names++;
	return *names != NULL;
}

/* Settings that hold one entry per server. */
static bool
is_list(const char *key)
{
	static const char *const lists[] = { "host", "hostaddr", "port", NULL };

	return one_of(key, lists);
}

static size_t
entries(const char *list)
{
	size_t n = 1;

	for (; *list; list++)
		n += *list == ',';
	return n;
}

/* Entry i of a comma-separated list; its last one if it has fewer. */
static const char *
entry(struct arena *a, const char *list, size_t i)
{
	struct str rest = str_of(list), s = str_cut(rest, ',', &rest);

	while (i-- && rest.at)
		s = str_cut(rest, ',', &rest);
	return str_text(a, s);
}

static void
put(struct reading *r, const char *key, const char *value)
{
	size_t i, n = r->params;

	if (!value || !*value || n == LINK_PARAMS_MAX)
		return;
	r->to->keys[n] = str_text(r->a, str_of(key));
	value = str_text(r->a, str_of(value));
	for (i = 0; i < DB_SERVERS_MAX; i++)
		r->to->values[i][n] =
		    is_list(key) ? entry(r->a, value, i) : value;
	r->params++;
}

/* Ours wins over the string's; the string's over nothing. */
static void
own(struct reading *r, const char **ours, const char *value)
{
	if (!*ours || !**ours)
		*ours = str_text(r->a, str_of(value));
}

static void
read_one(void *ctx, const char *key, const char *value)
{
	static const char *const fixed[] = { "application_name",
		"client_encoding", NULL };
	struct reading *r = ctx;

	if (!strcmp(key, "password"))
		r->password = true;
	else if (!strcmp(key, "user"))
		own(r, &r->own.role, value);
	else if (!strcmp(key, "passfile"))
		own(r, &r->own.passfile, value);
	else if (!one_of(key, fixed))
		put(r, key, value);
	if (is_list(key) && entries(value) > r->to->count)
		r->to->count = entries(value);
}

/* libpq goes on without a password then, and nobody would know why. */
static bool
passfile_counts(const char *path, struct err *e)
{
	struct stat st;

	if (!path || !*path || stat(path, &st) ||
	    !(st.st_mode & (S_IRWXG | S_IRWXO)))
		return true;
	return err_set(e, ERR_CONF,
	    "%s: a password file that others than its owner have rights to is "
	    "ignored by libpq. Give each account a file of its own, and run "
	    "`chmod 600 %s`.",
	    path, path);
}

const struct db_servers *
db_servers(struct arena *a, const char *conninfo, const struct db_own *mine,
    struct err *e)
{
	struct db_servers *to = arena_get(a, sizeof *to);
	struct reading r = { .a = a, .to = to, .own = *mine };

	to->count = 1;
	if (!link_settings(conninfo, read_one, &r, e))
		return NULL;
	if (r.password) {
		err_set(e, ERR_CONF,
		    "The database string must not hold a password; put it into "
		    "the file that database_passfile names.");
		return NULL;
	}
	if (to->count > DB_SERVERS_MAX) {
		err_set(e, ERR_CONF,
		    "The database string names more than %d servers.",
		    DB_SERVERS_MAX);
		return NULL;
	}
	if (!passfile_counts(r.own.passfile, e))
		return NULL;
	put(&r, "user", r.own.role);
	put(&r, "passfile", r.own.passfile);
	put(&r, "application_name", r.own.application_name);
	put(&r, "client_encoding", "UTF8");
	return to;
}
