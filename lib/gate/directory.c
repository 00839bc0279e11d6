/* directory.c - clients, tenants and what links them, close at hand
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/directory.h"

#include <stdlib.h>
#include <string.h>

#include "gate/cache.h"
#include "gate/meter.h"

struct directory {
	struct db *db;
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
	struct directory *d = directory_alone(db);

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
directory_alone(struct db *db)
{
	struct directory *d = calloc(1, sizeof *d);

	if (!d)
		abort();
	d->db = db;
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

/* How rows become values of one kind. */
struct source {
	const char *statement;
	size_t args;
	const void *unknown; /* the value of what is not at hand */
	/* A value (cache_value); *n receives the change number of the rows'
	 * snapshot, *keep whether the value can decide success. */
	void *(*fill)(const struct db_rows *rows, struct arena *a, int64_t *n,
	    bool *keep);
};

static const char *
put_text(char **at, struct str s)
{
	char *start = *at;

	memcpy(start, s.at ? s.at : "", s.len);
	start[s.len] = '\0';
	*at += s.len + 1;
	return start;
}

static int64_t
end_of(const struct db_rows *rows, size_t r, size_t c)
{
	int64_t us = db_null(rows, r, c) ? INT64_MAX : db_time(rows, r, c);

	return us == INT64_MAX ? us : us / 1000000;
}

static void
copy_text(char *to, size_t room, struct str s)
{
	size_t n = s.len < room ? s.len : room - 1;

	memcpy(to, s.at ? s.at : "", n);
	to[n] = '\0';
}

/* Columns of client_for_token. */
enum { C_N, C_STATE, C_KEY, C_HASH, C_PEPPER, C_START, C_END, C_DEAD };

static void
fill_secret(struct secret *s, const struct db_rows *rows)
{
	struct str hash = db_bytes(rows, 0, C_HASH);

	copy_text(s->key_id, sizeof s->key_id, db_text(rows, 0, C_KEY));
	if (hash.len == sizeof s->hash)
		memcpy(s->hash, hash.at, hash.len);
	else
		s->dead = true; /* not of our making: never matches */
	s->pepper = (int)db_int(rows, 0, C_PEPPER);
	s->start_s = db_time(rows, 0, C_START) / 1000000;
	s->end_s = end_of(rows, 0, C_END);
	s->dead |= db_bool(rows, 0, C_DEAD);
}

static void *
fill_client(const struct db_rows *rows, struct arena *a, int64_t *n, bool *keep)
{
	struct directory_client *c = cache_value(sizeof *c);

	(void)a;
	*n = c->change = db_int(rows, 0, C_N);
	c->known = !str_is(db_text(rows, 0, C_STATE), "unknown");
	c->disabled = !str_is(db_text(rows, 0, C_STATE), "live");
	c->has = !db_null(rows, 0, C_KEY);
	fill_secret(&c->secret, rows);
	*keep = c->known && !c->disabled && !c->secret.dead;
	return c;
}

/* Columns of client_keys_for_token. */
enum { K_N, K_STATE, K_JWKS, K_URL };

static void
forget_keys(void *value)
{
	struct directory_keys *k = value;

	jwk_set_free((struct jwk_set *)(uintptr_t)k->set);
}

/* A set that cannot be read was stored by other ways than ours: no keys. */
static void *
fill_keys_of(
    const struct db_rows *rows, struct arena *a, int64_t *n, bool *keep)
{
	struct str url = db_text(rows, 0, K_URL);
	struct directory_keys *k = cache_value(sizeof *k + url.len + 1);
	char *at = (char *)(k + 1);
	struct err e = { .kind = ERR_NONE };

	(void)a;
	cache_value_ends(k, forget_keys);
	*n = k->change = db_int(rows, 0, K_N);
	k->known = !str_is(db_text(rows, 0, K_STATE), "unknown");
	k->disabled = !str_is(db_text(rows, 0, K_STATE), "live");
	k->url = db_null(rows, 0, K_URL) ? NULL : put_text(&at, url);
	if (!db_null(rows, 0, K_JWKS))
		k->set = jwk_set_read(db_text(rows, 0, K_JWKS), &e);
	*keep = k->known && !k->disabled && k->set;
	return k;
}

static enum tenant_state
tenant_state(struct str word)
{
	return str_is(word, "active")        ? TENANT_ACTIVE
	       : str_is(word, "suspended")   ? TENANT_SUSPENDED
	       : str_is(word, "maintenance") ? TENANT_MAINTENANCE
	                                     : TENANT_UNKNOWN;
}

static enum grant_state
grant_state(struct str word)
{
	return str_is(word, "live")    ? GRANT_LIVE
	       : str_is(word, "ended") ? GRANT_ENDED
	                               : GRANT_NONE;
}

/* Columns of route_for_token. */
enum { L_N, L_TENANT, L_NOTICE_END, L_GRANT, L_GRANT_END, L_TYPES };

static uint32_t
granted(const struct db_rows *rows, struct arena *a, size_t column)
{
	struct str *types;
	size_t n = db_texts(rows, a, 0, column, &types);

	return scope_granted(types, n);
}

static void *
fill_link(const struct db_rows *rows, struct arena *a, int64_t *n, bool *keep)
{
	struct directory_link *l = cache_value(sizeof *l);

	*n = l->change = db_int(rows, 0, L_N);
	l->tenant = tenant_state(db_text(rows, 0, L_TENANT));
	l->grant = grant_state(db_text(rows, 0, L_GRANT));
	l->grant_end_s = end_of(rows, 0, L_GRANT_END);
	l->may = granted(rows, a, L_TYPES);
	*keep = l->grant == GRANT_LIVE && l->tenant != TENANT_UNKNOWN &&
	        l->tenant != TENANT_SUSPENDED;
	return l;
}

/* Columns of route_for_facade. */
enum {
	R_N,
	R_CLIENT,
	R_KEYS,
	R_GRANT,
	R_GRANT_END,
	R_TENANT,
	R_NOTICE,
	R_NOTICE_END,
	R_RETRY,
	R_MRN_SYSTEM,
	R_PROVIDER,
	R_REVISION,
	R_BASE_URL,
	R_VERSION,
	R_MODE,
	R_SEARCH_POST,
	R_HTTP2,
	R_CONNECT,
	R_WAIT,
	R_CONTAINS,
	R_SORT,
	R_TOTAL,
	R_BATCH,
	R_COVERAGE_PERSON,
	R_EXTENSIONS,
	R_TYPES,
	R_SLUG
};

static const int route_texts[] = { R_NOTICE, R_BASE_URL, R_VERSION, R_MODE,
	R_MRN_SYSTEM, R_CONTAINS, R_SORT, R_TOTAL, R_BATCH, R_COVERAGE_PERSON,
	R_SLUG };

static size_t
texts_room(const struct db_rows *rows)
{
	size_t i, room = 0;

	for (i = 0; i < COUNT(route_texts); i++)
		room += db_text(rows, 0, (size_t)route_texts[i]).len + 1;
	return room;
}

/* Each of them is put behind the value, at its full length. */
static void
fill_keys(
    struct directory_route *r, char **at, const struct str *keys, size_t n)
{
	char(*to)[SECRET_KEY_ID_LEN + 1] = (void *)*at;
	size_t i;

	r->keys = (const char(*)[SECRET_KEY_ID_LEN + 1]) to;
	for (i = 0; i < n; i++)
		copy_text(to[r->n_keys++], sizeof to[0], keys[i]);
	*at += n * sizeof to[0];
}

static void
fill_abilities(struct directory_route *r, char **at, const struct db_rows *rows)
{
	r->can_contains = put_text(at, db_text(rows, 0, R_CONTAINS));
	r->can_sort = put_text(at, db_text(rows, 0, R_SORT));
	r->can_total = put_text(at, db_text(rows, 0, R_TOTAL));
	r->can_batch = put_text(at, db_text(rows, 0, R_BATCH));
	r->coverage_person = put_text(at, db_text(rows, 0, R_COVERAGE_PERSON));
	r->write_extensions = db_bool(rows, 0, R_EXTENSIONS);
}

static void *
fill_route(const struct db_rows *rows, struct arena *a, int64_t *n, bool *keep)
{
	struct str *keys;
	size_t n_keys = db_texts(rows, a, 0, R_KEYS, &keys);
	struct directory_route *r = cache_value(
	    sizeof *r + n_keys * (SECRET_KEY_ID_LEN + 1) + texts_room(rows));
	char *at = (char *)(r + 1);

	*n = db_int(rows, 0, R_N);
	r->client_known = !str_is(db_text(rows, 0, R_CLIENT), "unknown");
	r->client_disabled = !str_is(db_text(rows, 0, R_CLIENT), "live");
	fill_keys(r, &at, keys, n_keys);
	r->grant = grant_state(db_text(rows, 0, R_GRANT));
	r->grant_end_s = end_of(rows, 0, R_GRANT_END);
	r->may = granted(rows, a, R_TYPES);
	r->tenant = tenant_state(db_text(rows, 0, R_TENANT));
	r->notice = put_text(&at, db_text(rows, 0, R_NOTICE));
	r->maintenance_end_s = end_of(rows, 0, R_NOTICE_END);
	r->retry_after_s = db_int(rows, 0, R_RETRY);
	r->revision = db_int(rows, 0, R_REVISION);
	r->base_url = put_text(&at, db_text(rows, 0, R_BASE_URL));
	r->fhir_version = put_text(&at, db_text(rows, 0, R_VERSION));
	r->mode = put_text(&at, db_text(rows, 0, R_MODE));
	r->search_post = db_bool(rows, 0, R_SEARCH_POST);
	r->connect_ms = db_int(rows, 0, R_CONNECT);
	r->wait_ms = db_int(rows, 0, R_WAIT);
	r->http2 = db_bool(rows, 0, R_HTTP2);
	r->mrn_system = put_text(&at, db_text(rows, 0, R_MRN_SYSTEM));
	r->slug = put_text(&at, db_text(rows, 0, R_SLUG));
	fill_abilities(r, &at, rows);
	*keep = r->client_known && !r->client_disabled &&
	        r->grant == GRANT_LIVE && r->tenant == TENANT_ACTIVE;
	return r;
}

static const struct directory_client unknown_client;
static const struct directory_keys unknown_keys;
static const struct directory_link unknown_link;
static const struct directory_route unknown_route = {
	.notice = "",
	.base_url = "",
	.fhir_version = "",
	.mode = "",
	.can_contains = "",
	.can_sort = "",
	.can_total = "",
	.can_batch = "",
	.coverage_person = "",
	.mrn_system = "",
	.slug = "",
};

static const struct source sources[] = {
	[METER_CLIENT] = { "client_for_token", 2, &unknown_client,
	    fill_client },
	[METER_KEYS] = { "client_keys_for_token", 1, &unknown_keys,
	    fill_keys_of },
	[METER_LINK] = { "route_for_token", 2, &unknown_link, fill_link },
	[METER_ROUTE] = { "route_for_facade", 2, &unknown_route, fill_route },
};

/* ---- looking up ------------------------------------------------------------- */

static const void *
at_hand(struct directory *d, struct arena *a, const struct cache_key *key)
{
	const void *hit = NULL;

	if (directory_confirmed(d))
		hit = cache_get(d->cache, a, key);
	meter_lookup(key->kind, hit != NULL);
	return hit ? hit : sources[key->kind].unknown;
}

/* args: of the statement, as many as it takes. */
static const void *
look_up(struct directory *d, struct arena *a, const struct cache_key *key,
    const struct db_arg *args, enum directory_how how, struct err *e)
{
	const struct source *s = &sources[key->kind];
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
	value = arena_adopt(a, s->fill(rows, a, &n, &keep), cache_let_go);
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
