/* revoked.c - the tokens that count for nothing any more, all of them, at hand
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/revoked.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define BUCKETS_MIN  ((size_t)1024)
#define SWEEP_S      60
#define SECOND_US    1000000
#define KEY_BYTES    48
#define SECONDS_LONG 18 /* digits */

enum kind { TOKEN, SECRET, CLIENT, GRANT, TENANT, EVERYTHING, KIND__MAX };

static const char *const kinds[KIND__MAX] = { "token", "secret", "client",
	"grant", "tenant", "everything" };

/* GUIDs as their 16 bytes, all else as its text, zeros behind. */
struct key {
	enum kind kind;
	char bytes[KEY_BYTES];
};

struct entry {
	struct entry *next;
	struct key key;
	int64_t n;     /* tokens with a lower change number are dead */
	int64_t end_s; /* no token that it bears on lives then */
};

struct table {
	struct entry **bucket;
	size_t buckets, count;
};

struct revoked {
	struct db *db;
	pthread_rwlock_t lock; /* guards the table */
	struct table table;
	atomic_bool loaded;
	int64_t swept_s; /* the poller's own */
};

/* ---- keys ------------------------------------------------------------------ */

static uint64_t
hash(const struct key *k)
{
	uint64_t h = (uint64_t)k->kind + 1, part;
	size_t i;

	for (i = 0; i < KEY_BYTES; i += sizeof part) {
		memcpy(&part, k->bytes + i, sizeof part);
		h = (h ^ part) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	return h;
}

static bool
text_key(struct key *k, enum kind kind, struct str text)
{
	*k = (struct key){ .kind = kind };
	if (text.len > KEY_BYTES)
		return false;
	if (text.len)
		memcpy(k->bytes, text.at, text.len);
	return true;
}

static void
guid_key(struct key *k, enum kind kind, const struct guid *first,
    const struct guid *second)
{
	*k = (struct key){ .kind = kind };
	memcpy(k->bytes, first->at, sizeof first->at);
	if (second)
		memcpy(
		    k->bytes + sizeof first->at, second->at, sizeof second->at);
}

/* One credential may be several clients' own: they may share a key. */
static bool
secret_key(struct key *k, const struct guid *client, struct str cred)
{
	guid_key(k, SECRET, client, NULL);
	if (!cred.len || cred.len > KEY_BYTES - sizeof client->at)
		return false;
	memcpy(k->bytes + sizeof client->at, cred.at, cred.len);
	return true;
}

/* As the table wardgate.revocation spells it. */
static bool
key_read(struct key *k, struct str kind, struct str text)
{
	struct guid first, second;
	struct str rest, id = str_cut(text, '/', &rest);
	size_t i;

	for (i = 0; i < KIND__MAX && !str_is(kind, kinds[i]); i++)
		;
	switch (i) {
	case TOKEN:
	case EVERYTHING:
		return text_key(k, (enum kind)i, text);
	case SECRET:
		return guid_read(&first, id) && secret_key(k, &first, rest);
	case CLIENT:
	case TENANT:
		if (rest.at || !guid_read(&first, id))
			return false;
		guid_key(k, (enum kind)i, &first, NULL);
		return true;
	case GRANT:
		if (!guid_read(&first, id) || !guid_read(&second, rest))
			return false;
		guid_key(k, GRANT, &first, &second);
		return true;
	default:
		return false;
	}
}

/* ---- the table ----------------------------------------------------------------- */

static void
table_new(struct table *t, size_t entries)
{
	*t = (struct table){ .buckets = BUCKETS_MIN };
	while (t->buckets < entries)
		t->buckets *= 2;
	if (!(t->bucket = calloc(t->buckets, sizeof *t->bucket)))
		abort();
}

static struct entry **
place(const struct table *t, const struct key *k)
{
	struct entry **at = &t->bucket[hash(k) & (t->buckets - 1)];

	while (*at && ((*at)->key.kind != k->kind ||
			  memcmp((*at)->key.bytes, k->bytes, KEY_BYTES)))
		at = &(*at)->next;
	return at;
}

/* Drops what ended before a time; INT64_MAX: all. */
static void
table_sweep(struct table *t, int64_t before_s)
{
	struct entry **at, *e;
	size_t i;

	for (i = 0; i < t->buckets; i++)
		for (at = &t->bucket[i]; (e = *at);) {
			if (e->end_s >= before_s) {
				at = &e->next;
				continue;
			}
			*at = e->next;
			t->count--;
			free(e);
		}
}

static void
table_free(struct table *t)
{
	table_sweep(t, INT64_MAX);
	free(t->bucket);
}

static void
table_grow(struct table *t)
{
	struct table wide;
	struct entry *e, **to;
	size_t i;

	table_new(&wide, t->buckets * 2);
	for (i = 0; i < t->buckets; i++)
		while ((e = t->bucket[i])) {
			t->bucket[i] = e->next;
			to = &wide.bucket[hash(&e->key) & (wide.buckets - 1)];
			e->next = *to;
			*to = e;
		}
	wide.count = t->count;
	free(t->bucket);
	*t = wide;
}

static bool
table_put(struct table *t, const struct key *k, int64_t n, int64_t end_s)
{
	struct entry **at = place(t, k), *e = *at;

	if (!e) {
		if (t->count >= REVOKED_MAX)
			return false;
		if (t->count >= t->buckets) {
			table_grow(t);
			at = place(t, k);
		}
		if (!(e = calloc(1, sizeof *e)))
			abort();
		e->key = *k;
		*at = e;
		t->count++;
	}
	if (n > e->n)
		e->n = n;
	if (end_s > e->end_s)
		e->end_s = end_s;
	return true;
}

/* ---- taking in ----------------------------------------------------------------- */

struct revoked *
revoked_new(struct db *db)
{
	struct revoked *r = calloc(1, sizeof *r);

	if (!r)
		abort();
	r->db = db;
	pthread_rwlock_init(&r->lock, NULL);
	table_new(&r->table, 0);
	return r;
}

void
revoked_free(struct revoked *r)
{
	if (!r)
		return;
	table_free(&r->table);
	pthread_rwlock_destroy(&r->lock);
	free(r);
}

/* Columns of the statement revocations. */
enum { R_KIND, R_KEY, R_N, R_END };

static bool
read_rows(struct table *t, const struct db_rows *rows, struct err *e)
{
	struct key k;
	size_t i;

	for (i = 0; i < db_count(rows); i++)
		if (!key_read(
			&k, db_text(rows, i, R_KIND), db_text(rows, i, R_KEY)))
			return err_why(e, ERR_BROKEN, "odd revocation");
		else if (!table_put(t, &k, db_int(rows, i, R_N),
			     db_time(rows, i, R_END) / SECOND_US))
			return err_why(e, ERR_BROKEN, "too many revocations");
	return true;
}

/* A new table takes the place of the old one when it is complete. Both are
 * filled on this thread alone, so nothing that was told falls between. */
bool
revoked_load(struct revoked *r, struct err *e)
{
	struct arena *a = arena_new();
	const struct db_rows *rows =
	    db_ask(r->db, a, "revocations", NULL, 0, e);
	struct table fresh, old;
	bool fine;

	table_new(&fresh, rows ? db_count(rows) : 0);
	fine = rows && read_rows(&fresh, rows, e);
	if (fine) {
		pthread_rwlock_wrlock(&r->lock);
		old = r->table;
		r->table = fresh;
		pthread_rwlock_unlock(&r->lock);
		fresh = old;
		atomic_store(&r->loaded, true);
	}
	table_free(&fresh);
	arena_free(a);
	return fine;
}

/* kind/seconds of its end/key */
static bool
told_read(struct key *k, int64_t *end_s, struct str told)
{
	struct str rest, kind = str_cut(told, '/', &rest);
	struct str end = str_cut(rest, '/', &rest);
	uint64_t s;

	if (!rest.at || !str_number(end, SECONDS_LONG, &s))
		return false;
	*end_s = (int64_t)s;
	return key_read(k, kind, rest);
}

static bool
put(struct revoked *r, struct str told, int64_t n)
{
	int64_t end_s, now_s = clock_now_s();
	struct key k;
	bool fine;

	if (!told_read(&k, &end_s, told))
		return false;
	pthread_rwlock_wrlock(&r->lock);
	if (now_s - r->swept_s >= SWEEP_S || now_s < r->swept_s) {
		table_sweep(&r->table, now_s);
		r->swept_s = now_s;
	}
	fine = table_put(&r->table, &k, n, end_s);
	pthread_rwlock_unlock(&r->lock);
	return fine;
}

bool
revoked_changed(struct revoked *r, const char *kind, struct str key, int64_t n)
{
	struct err e = { .kind = ERR_NONE };

	if (kind && strcmp(kind, "revocation"))
		return true;
	if (!atomic_load(&r->loaded))
		return false; /* all is being read, perhaps just before */
	if (kind ? put(r, key, n) : revoked_load(r, &e))
		return true;
	log_event(LOG_ERROR, "revocations_not_taken_in", LOG_WHY,
	    e.why[0] ? e.why : "odd, or too many", LOG_END);
	return false;
}

/* ---- looking -------------------------------------------------------------------- */

static bool
has(const struct table *t, const struct key *k, int64_t change)
{
	const struct entry *e = *place(t, k);

	return e && (k->kind == TOKEN || change < e->n);
}

bool
revoked_holds(struct revoked *r, const struct claims *c)
{
	struct key k[KIND__MAX];
	bool found = false;
	size_t i;

	text_key(&k[TOKEN], TOKEN, str_of(c->jti));
	secret_key(&k[SECRET], &c->client, str_of(c->cred));
	guid_key(&k[CLIENT], CLIENT, &c->client, NULL);
	guid_key(&k[GRANT], GRANT, &c->client, &c->tenant);
	guid_key(&k[TENANT], TENANT, &c->tenant, NULL);
	text_key(&k[EVERYTHING], EVERYTHING, STR(""));
	pthread_rwlock_rdlock(&r->lock);
	if (r->table.count)
		for (i = 0; i < KIND__MAX && !found; i++)
			found = has(&r->table, &k[i], c->change);
	pthread_rwlock_unlock(&r->lock);
	return found;
}

bool
revoked_asks(struct db *db, struct arena *a, const struct claims *c, bool *yes,
    struct err *e)
{
	const struct db_arg args[] = { db_arg_guid(&c->client),
		db_arg_guid(&c->tenant), db_arg_text(str_of(c->cred)),
		db_arg_text(str_of(c->jti)), db_arg_int(c->change) };
	const struct db_rows *rows =
	    db_ask(db, a, "token_revoked", args, COUNT(args), e);

	if (!rows)
		return false;
	*yes = !db_count(rows) || db_null(rows, 0, 0) || db_bool(rows, 0, 0);
	return true;
}

size_t
revoked_count(struct revoked *r)
{
	size_t n;

	pthread_rwlock_rdlock(&r->lock);
	n = r->table.count;
	pthread_rwlock_unlock(&r->lock);
	return n;
}
