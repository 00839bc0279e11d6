/* directory_entry.c - clients, tenants and what links them, as the database says
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/directory_entry.h"

#include <stdlib.h>
#include <string.h>

#include "gate/cache.h"

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
fill_client(const struct directory_asked *q, const struct db_rows *rows,
    int64_t *n, bool *keep)
{
	struct directory_client *c = cache_value(sizeof *c);

	(void)q;
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
fill_keys_of(const struct directory_asked *q, const struct db_rows *rows,
    int64_t *n, bool *keep)
{
	struct str url = db_text(rows, 0, K_URL);
	struct directory_keys *k = cache_value(sizeof *k + url.len + 1);
	char *at = (char *)(k + 1);

	(void)q;
	cache_value_ends(k, forget_keys);
	*n = k->change = db_int(rows, 0, K_N);
	k->known = !str_is(db_text(rows, 0, K_STATE), "unknown");
	k->disabled = !str_is(db_text(rows, 0, K_STATE), "live");
	k->url = db_null(rows, 0, K_URL) ? NULL : put_text(&at, url);
	*keep = k->known && !k->disabled && !db_null(rows, 0, K_JWKS);
	return k;
}

/* Whoever names a client may have its keys asked for; reading them would cost
 * us milliseconds each time. A set that cannot be read was stored by other ways
 * than ours: no keys. */
static void
finish_keys(void *value, const struct db_rows *rows, const void *at_hand)
{
	const struct directory_keys *old = at_hand;
	struct directory_keys *k = value;
	struct str text = db_text(rows, 0, K_JWKS);
	struct err e = { .kind = ERR_NONE };

	if (db_null(rows, 0, K_JWKS))
		return;
	crypt_sha256(k->digest, text.at, text.len);
	if (old && old->set &&
	    !memcmp(old->digest, k->digest, sizeof k->digest))
		k->set = jwk_set_hold(old->set);
	else
		k->set = jwk_set_read(text, &e);
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
fill_link(const struct directory_asked *q, const struct db_rows *rows,
    int64_t *n, bool *keep)
{
	struct directory_link *l = cache_value(sizeof *l);

	*n = l->change = db_int(rows, 0, L_N);
	l->tenant = tenant_state(db_text(rows, 0, L_TENANT));
	l->grant = grant_state(db_text(rows, 0, L_GRANT));
	l->grant_end_s = end_of(rows, 0, L_GRANT_END);
	l->may = granted(rows, q->a, L_TYPES);
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
	R_SLUG,
	R_NETWORKS,
	R_REQUESTS,
	R_RATE,
	R_AUTH /* from here on: gate/directory_credential */
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

/* First behind the value, where they are aligned. One that cannot be read
 * opens nothing. */
static void
fill_nets(
    struct directory_route *r, char **at, const struct str *nets, size_t n)
{
	struct fetch_net *to = (void *)*at;
	size_t i;

	r->nets = to;
	for (i = 0; i < n; i++)
		r->nets_n += fetch_net_read(&to[r->nets_n], nets[i]);
	*at += n * sizeof *to;
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

static void
forget_route(void *value)
{
	struct directory_route *r = value;

	directory_credential_forget(&r->credential);
}

/* What cannot be opened is told when the provider is to be asked. It is not
 * kept: a key file that is put in its place works at once. */
static void
fill_credential(struct directory_route *r, const struct directory_asked *q,
    const struct db_rows *rows, bool *keep)
{
	const struct credential_for of = { .tenant = *q->tenant,
		.base_url = r->base_url };

	cache_value_ends(r, forget_route);
	if (r->grant == GRANT_LIVE && r->tenant != TENANT_UNKNOWN &&
	    r->tenant != TENANT_SUSPENDED && /* else nobody is sent there */
	    !directory_credential_fill(
		&r->credential, q->sealing_dir, of, rows, R_AUTH))
		*keep = false;
}

static void *
fill_route(const struct directory_asked *q, const struct db_rows *rows,
    int64_t *n, bool *keep)
{
	struct str *keys, *nets;
	size_t n_keys = db_texts(rows, q->a, 0, R_KEYS, &keys);
	size_t n_nets = db_texts(rows, q->a, 0, R_NETWORKS, &nets);
	struct directory_route *r =
	    cache_value(sizeof *r + n_nets * sizeof *r->nets +
			n_keys * (SECRET_KEY_ID_LEN + 1) + texts_room(rows));
	char *at = (char *)(r + 1);

	fill_nets(r, &at, nets, n_nets);
	*n = db_int(rows, 0, R_N);
	r->client_known = !str_is(db_text(rows, 0, R_CLIENT), "unknown");
	r->client_disabled = !str_is(db_text(rows, 0, R_CLIENT), "live");
	fill_keys(r, &at, keys, n_keys);
	r->grant = grant_state(db_text(rows, 0, R_GRANT));
	r->grant_end_s = end_of(rows, 0, R_GRANT_END);
	r->may = granted(rows, q->a, R_TYPES);
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
	r->requests_max = db_int(rows, 0, R_REQUESTS);
	r->calls_per_s = db_int(rows, 0, R_RATE);
	r->http2 = db_bool(rows, 0, R_HTTP2);
	r->mrn_system = put_text(&at, db_text(rows, 0, R_MRN_SYSTEM));
	r->slug = put_text(&at, db_text(rows, 0, R_SLUG));
	fill_abilities(r, &at, rows);
	*keep = r->client_known && !r->client_disabled &&
	        r->grant == GRANT_LIVE && r->tenant == TENANT_ACTIVE;
	fill_credential(r, q, rows, keep);
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

static const struct directory_source sources[] = {
	[METER_CLIENT] = { "client_for_token", 2, &unknown_client, fill_client,
	    NULL },
	[METER_KEYS] = { "client_keys_for_token", 1, &unknown_keys,
	    fill_keys_of, finish_keys },
	[METER_LINK] = { "route_for_token", 2, &unknown_link, fill_link, NULL },
	[METER_ROUTE] = { "route_for_facade", 2, &unknown_route, fill_route,
	    NULL },
};

const struct directory_source *
directory_source(enum meter_lookup kind)
{
	return &sources[kind];
}
