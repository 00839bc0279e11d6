/* directory.c - clients, tenants and what links them, close at hand
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/directory.h"

#include <stdlib.h>
#include <string.h>

#include "gate/cache.h"
#include "gate/meter.h"

struct directory {
	struct db *db;
	const char *sealing_dir;
	struct cache *cache; /* NULL, both: alone */
	struct change *change;
	change_seen *also;
	void *ctx;
};

static void
changed_ids(struct directory *d, struct str key, int64_t n)
{
	struct guid first, second;
	struct str rest, id = str_cut(key, '/', &rest);

	if (!guid_read(&first, id))
		return; /* of no kind that is cached here */
	if (!rest.at)
		cache_changed(d->cache, &first, NULL, n);
	else if (guid_read(&second, rest))
		cache_changed(d->cache, &first, &second, n);
}

/* On the poller's thread. */
static bool
changed(void *ctx, const char *kind, struct str key, int64_t n)
{
	struct directory *d = ctx;

	if (kind)
		changed_ids(d, key, n);
	else
		cache_forget(d->cache, n);
	return !d->also || d->also(d->ctx, kind, key, n);
}

struct directory *
directory_new(struct db *db, const struct conf *conf, change_seen *also,
    void *ctx, struct err *e)
{
	struct directory *d = directory_alone(db, conf->sealing_key_dir);

	d->also = also;
	d->ctx = ctx;
	d->cache = cache_new((size_t)conf->directory_entries);
	d->change = change_start(db, conf, changed, d, e);
	if (!d->change) {
		directory_free(d);
		return NULL;
	}
	return d;
}

struct directory *
directory_alone(struct db *db, const char *sealing_dir)
{
	struct directory *d = calloc(1, sizeof *d);

	if (!d)
		abort();
	d->db = db;
	d->sealing_dir = sealing_dir;
	return d;
}

void
directory_free(struct directory *d)
{
	if (!d)
		return;
	change_stop(d->change);
	cache_free(d->cache);
	free(d);
}

int64_t
directory_number(const struct directory *d)
{
	return d->change ? change_number(d->change) : 0;
}

bool
directory_confirmed(const struct directory *d)
{
	return d->change && change_trusted(d->change);
}

/* ---- looking up ------------------------------------------------------------- */

static const void *
at_hand(struct directory *d, struct arena *a, const struct cache_key *key)
{
	const void *hit = NULL;

	if (directory_confirmed(d))
		hit = cache_get(d->cache, a, key);
	meter_lookup(key->kind, hit != NULL);
	return hit ? hit : directory_source(key->kind)->unknown;
}

/* args: of the statement, as many as it takes. */
static const void *
look_up(struct directory *d, struct arena *a, const struct cache_key *key,
    const struct db_arg *args, enum directory_how how, struct err *e)
{
	const struct directory_asked q = { a, &key->second, d->sealing_dir };
	const struct directory_source *s = directory_source(key->kind);
	const struct db_rows *rows;
	void *value;
	int64_t n = 0;
	bool keep = false;

	if (how == DIRECTORY_CACHED)
		return at_hand(d, a, key);
	if (!(rows = db_ask(d->db, a, s->statement, args, s->args, e)))
		return NULL;
	if (!db_count(rows)) {
		err_why(e, ERR_DB, "%s returned no row", s->statement);
		return NULL;
	}
	value = arena_adopt(a, s->fill(&q, rows, &n, &keep), cache_let_go);
	if (s->finish)
		s->finish(
		    value, rows, d->cache ? cache_get(d->cache, a, key) : NULL);
	if (keep && d->cache)
		cache_put(d->cache, key, value, n);
	return value;
}

const struct directory_client *
directory_client(struct directory *d, struct arena *a,
    const struct guid *client, const char key_id[SECRET_KEY_ID_LEN + 1],
    enum directory_how how, struct err *e)
{
	const struct db_arg args[] = { db_arg_guid(client),
		db_arg_text(str_of(key_id)) };
	struct cache_key key = { .kind = METER_CLIENT, .first = *client };

	memcpy(key.second.at, key_id, SECRET_KEY_ID_LEN);
	return look_up(d, a, &key, args, how, e);
}

const struct directory_keys *
directory_keys(struct directory *d, struct arena *a, const struct guid *client,
    enum directory_how how, struct err *e)
{
	const struct cache_key key = { .kind = METER_KEYS, .first = *client };
	const struct db_arg arg = db_arg_guid(client);

	return look_up(d, a, &key, &arg, how, e);
}

static const void *
look_up_pair(struct directory *d, struct arena *a, enum meter_lookup kind,
    const struct guid *client, const struct guid *tenant,
    enum directory_how how, struct err *e)
{
	const struct cache_key key = { kind, *client, *tenant };
	const struct db_arg args[] = { db_arg_guid(client),
		db_arg_guid(tenant) };

	return look_up(d, a, &key, args, how, e);
}

const struct directory_link *
directory_link(struct directory *d, struct arena *a, const struct guid *client,
    const struct guid *tenant, enum directory_how how, struct err *e)
{
	return look_up_pair(d, a, METER_LINK, client, tenant, how, e);
}

const struct directory_route *
directory_route(struct directory *d, struct arena *a, const struct guid *client,
    const struct guid *tenant, enum directory_how how, struct err *e)
{
	return look_up_pair(d, a, METER_ROUTE, client, tenant, how, e);
}

enum tenant_state
directory_tenant_now(const struct directory_route *r, int64_t now_s)
{
	return r->tenant == TENANT_MAINTENANCE && now_s >= r->maintenance_end_s
	           ? TENANT_ACTIVE
	           : r->tenant;
}

size_t
directory_count(struct directory *d)
{
	return d->cache ? cache_count(d->cache) : 0;
}
