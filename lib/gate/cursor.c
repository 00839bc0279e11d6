/* cursor.c - page handles that nobody else can use, read or alter
 * SPDX-License-Identifier: Apache-2.0
 *
 * Outside: base64url of  kind (1) | day (4, big endian) | seal
 * Sealed:  format, expiry, revision, total, offset, search, path, query, end,
 *          one per line. */
#include "gate/cursor.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "ext/crypt.h"

#define DAY_S     86400
#define HEAD      ((size_t)5)
#define PLAIN_MAX ((size_t)60 * 1024) /* what the table takes, sealed */
#define HANDLE    ((size_t)16)        /* bytes of a number in the database */

enum { INLINE = 1, STORED = 2 };

/* Of what is sealed: a handle of another one is no handle. */
#define FORMAT "3"

#define LOOK_MS 1000 /* between two looks at the files */

/* The key of the day that was needed last: an answer has up to four links, and
 * they are all made on one day. */
struct cursor_day {
	bool known;
	unsigned char day[4];
	unsigned char key[CRYPT_KEY_BYTES];
};

/* In the order in which they are looked at: a key that moves from NEXT to USED
 * and from USED to OLD meanwhile is seen at least once. */
enum { NEXT, USED, OLD, MASTERS };
static const char *const suffixes[MASTERS] = { ".next", "", ".old" };

struct master {
	bool there;
	ino_t ino; /* these tell that the file is another one */
	struct timespec written;
	unsigned char key[CRYPT_KEY_BYTES];
	struct cursor_day last;
};

struct cursor_keys {
	pthread_mutex_t lock; /* of the masters */
	struct master master[MASTERS];
	int64_t looked_ms;
	struct db *db;
	char *file;
	int64_t life_s;
	size_t bytes_max;
};

/* ---- master keys --------------------------------------------------------------- */

/* A used key stays when its file is away or spoilt: somebody is at work there,
 * and it is still right. */
static bool
look_at(struct master *m, const char *path, bool keep, struct err *e)
{
	unsigned char key[CRYPT_KEY_BYTES];
	struct stat st;

	if (stat(path, &st)) {
		if (!keep && m->there) {
			crypt_wipe(m, sizeof *m);
			m->there = false;
		}
		return m->there;
	}
	if (m->there && st.st_ino == m->ino &&
	    st.st_mtim.tv_sec == m->written.tv_sec &&
	    st.st_mtim.tv_nsec == m->written.tv_nsec)
		return true;
	if (!crypt_key_file(path, key, e))
		return m->there;
	memcpy(m->key, key, sizeof key);
	crypt_wipe(key, sizeof key);
	m->last.known = false;
	m->ino = st.st_ino;
	m->written = st.st_mtim;
	return m->there = true;
}

/* Under the lock. false: there is no key to seal with. */
static bool
look(struct cursor_keys *k, struct err *e)
{
	char path[4096];
	size_t i;

	for (i = 0; i < MASTERS; i++) {
		struct err why = { .kind = ERR_NONE };

		snprintf(path, sizeof path, "%s%s", k->file, suffixes[i]);
		if (!look_at(
			&k->master[i], path, i == USED, i == USED ? e : &why) &&
		    why.kind != ERR_NONE)
			log_event(LOG_ERROR, "cursor_key_refused", LOG_WHY,
			    why.said, LOG_END);
	}
	k->looked_ms = clock_mono_ms();
	return k->master[USED].there;
}

static void
look_when_due(struct cursor_keys *k)
{
	struct err e = { .kind = ERR_NONE };

	pthread_mutex_lock(&k->lock);
	if (clock_mono_ms() - k->looked_ms >= LOOK_MS)
		look(k, &e);
	pthread_mutex_unlock(&k->lock);
}

struct cursor_keys *
cursor_open(struct db *db, const struct conf *conf, struct err *e)
{
	struct cursor_keys *k = calloc(1, sizeof *k);

	if (!k || !(k->file = strdup(conf->cursor_key_file)))
		abort();
	pthread_mutex_init(&k->lock, NULL);
	k->db = db;
	k->life_s = conf->cursor_life_s;
	k->bytes_max = (size_t)conf->cursor_bytes;
	if (crypt_key_file(k->file, k->master[USED].key, e) && look(k, e))
		return k;
	cursor_close(k);
	return NULL;
}

void
cursor_close(void *keys)
{
	struct cursor_keys *k = keys;

	if (k) {
		crypt_wipe(k->master, sizeof k->master);
		pthread_mutex_destroy(&k->lock);
		free(k->file);
		free(k);
	}
}

/* false: there is no such master key. */
static bool
day_key(struct cursor_keys *k, size_t which, const unsigned char head[HEAD],
    unsigned char key[CRYPT_KEY_BYTES])
{
	struct master *m = &k->master[which];
	struct cursor_day *last = &m->last;
	bool there;

	pthread_mutex_lock(&k->lock);
	there = m->there;
	if (there &&
	    (!last->known || memcmp(last->day, head + 1, sizeof last->day))) {
		crypt_hkdf(last->key, CRYPT_KEY_BYTES,
		    (struct str){ (const char *)m->key, sizeof m->key },
		    (struct str){ (const char *)head + 1, 4 },
		    STR("wardgate page cursor"));
		memcpy(last->day, head + 1, sizeof last->day);
		last->known = true;
	}
	memcpy(key, last->key, CRYPT_KEY_BYTES);
	pthread_mutex_unlock(&k->lock);
	return there;
}

/* ---- sealing -------------------------------------------------------------------- */

static struct str
bound_to(struct arena *a, const struct cursor_for *to, int kind)
{
	struct buf b = buf_new(a, 512);

	buf_fmt(&b, "%d|", kind);
	buf_put(&b, to->tenant.at, sizeof to->tenant.at);
	buf_put(&b, to->client.at, sizeof to->client.at);
	buf_fmt(&b, "%.*s|%.*s", STR_FMT(to->face), STR_FMT(to->type));
	return (struct str){ b.at, b.len };
}

static void
write_head(unsigned char head[HEAD], int kind, int64_t now_s)
{
	int64_t day = now_s / DAY_S;
	int i;

	head[0] = (unsigned char)kind;
	for (i = 4; i > 0; i--, day >>= 8)
		head[i] = (unsigned char)day;
}

/* head | seal(plain) */
static struct str
seal(struct cursor_keys *k, struct arena *a, const struct cursor_for *to,
    int kind, struct str plain, int64_t now_s)
{
	size_t n = HEAD + plain.len + CRYPT_SEAL_MORE;
	unsigned char *out = arena_raw(a, n), key[CRYPT_KEY_BYTES];

	write_head(out, kind, now_s);
	day_key(k, USED, out, key);
	crypt_seal(out + HEAD, key, plain.at, plain.len, bound_to(a, to, kind));
	crypt_wipe(key, sizeof key);
	return (struct str){ (char *)out, n };
}

static bool
unseal(struct cursor_keys *k, struct arena *a, const struct cursor_for *to,
    struct str sealed, struct str *plain)
{
	static const size_t order[MASTERS] = { USED, OLD, NEXT };
	const unsigned char *in = (const unsigned char *)sealed.at;
	unsigned char key[CRYPT_KEY_BYTES];
	char *out;
	bool fine = false;
	size_t i;

	if (sealed.len < HEAD + CRYPT_SEAL_MORE)
		return false;
	plain->len = sealed.len - HEAD - CRYPT_SEAL_MORE;
	plain->at = out = arena_raw(a, plain->len + 1);
	for (i = 0; i < MASTERS && !fine; i++)
		fine = day_key(k, order[i], in, key) &&
		       crypt_open(out, key, in + HEAD, sealed.len - HEAD,
			   bound_to(a, to, in[0]));
	crypt_wipe(key, sizeof key);
	return fine;
}

static struct str
encoded(struct arena *a, struct str bytes)
{
	char *to = arena_raw(a, ENC_B64_LEN(bytes.len));

	return (struct str){ to, enc_b64url(to, bytes.at, bytes.len) };
}

/* Too long for a URL: sealed into a row, and the row's random number sealed
 * into the handle. */
static bool
store(struct cursor_keys *k, struct arena *a, const struct cursor_for *to,
    struct str *sealed, int64_t now_s, struct err *e)
{
	struct db_arg args[] = { db_arg_guid(&to->client),
		db_arg_guid(&to->tenant), db_arg_bytes(*sealed),
		db_arg_time((now_s + k->life_s) * 1000000) };
	const struct db_rows *rows =
	    db_ask(k->db, a, "cursor_handle_put", args, COUNT(args), e);
	struct guid id;

	if (!rows || !db_count(rows))
		return err_why(e, ERR_DB, "no handle for a page cursor");
	id = db_guid(rows, 0, 0);
	*sealed = seal(k, a, to, STORED,
	    (struct str){ (const char *)id.at, sizeof id.at }, now_s);
	return true;
}

static bool
fetch(struct cursor_keys *k, struct arena *a, const struct cursor_for *to,
    struct str number, struct str *sealed, struct err *e)
{
	const struct db_rows *rows;
	struct db_arg args[3];
	struct guid id;

	if (number.len != HANDLE)
		return err_set(e, ERR_CURSOR, NULL);
	memcpy(id.at, number.at, sizeof id.at);
	args[0] = db_arg_guid(&id);
	args[1] = db_arg_guid(&to->client);
	args[2] = db_arg_guid(&to->tenant);
	rows = db_ask(k->db, a, "cursor_handle_get", args, COUNT(args), e);
	if (!rows)
		return false;
	if (!db_count(rows))
		return err_set(e, ERR_CURSOR_EXPIRED, NULL);
	*sealed = db_bytes(rows, 0, 0);
	return true;
}

struct str
cursor_make(struct cursor_keys *k, struct arena *a, const struct cursor_for *to,
    const struct cursor *c, int64_t now_s, struct err *e)
{
	struct buf b = buf_new(a, PLAIN_MAX);
	struct str sealed;

	buf_fmt(&b, FORMAT "\n%lld\n%lld\n%lld\n%lld\n",
	    (long long)(now_s + k->life_s), (long long)c->revision,
	    (long long)c->total, (long long)c->offset);
	buf_fmt(&b, "%.*s\n%.*s\n%.*s\n%.*s", STR_FMT(c->search),
	    STR_FMT(c->path), STR_FMT(c->query), STR_FMT(c->end));
	if (b.failed) {
		err_why(e, ERR_BROKEN, "page link over %zu bytes", PLAIN_MAX);
		return STR_NONE;
	}
	look_when_due(k);
	sealed = seal(k, a, to, INLINE, (struct str){ b.at, b.len }, now_s);
	if (ENC_B64_LEN(sealed.len) > k->bytes_max &&
	    !store(k, a, to, &sealed, now_s, e))
		return STR_NONE;
	return encoded(a, sealed);
}

static bool
read_int(struct str *rest, int64_t *n)
{
	struct str line = str_cut(*rest, '\n', rest);
	uint64_t v;

	bool below = line.len && line.at[0] == '-';

	if (!str_number(
		(struct str){ line.at + below, line.len - below }, 18, &v))
		return false;
	*n = below ? -(int64_t)v : (int64_t)v;
	return true;
}

static bool
read_plain(struct str plain, int64_t now_s, struct cursor *c, struct err *e)
{
	int64_t end_s;

	if (!str_is(str_cut(plain, '\n', &plain), FORMAT) ||
	    !read_int(&plain, &end_s) || !read_int(&plain, &c->revision) ||
	    !read_int(&plain, &c->total) || !read_int(&plain, &c->offset))
		return err_set(e, ERR_CURSOR, NULL);
	c->search = str_cut(plain, '\n', &plain);
	c->path = str_cut(plain, '\n', &plain);
	c->query = str_cut(plain, '\n', &plain);
	c->end = plain.len ? plain : STR_NONE;
	return now_s < end_s || err_set(e, ERR_CURSOR_EXPIRED, NULL);
}

bool
cursor_read(struct cursor_keys *k, struct arena *a, const struct cursor_for *to,
    struct str text, int64_t now_s, struct cursor *c, struct err *e)
{
	size_t n = ENC_B64_ROOM(text.len);
	char *bytes;
	struct str plain, sealed;

	if (text.len > k->bytes_max)
		return err_set(e, ERR_CURSOR, NULL);
	bytes = arena_raw(a, n);
	if (!dec_b64url(bytes, &n, text))
		return err_set(e, ERR_CURSOR, NULL);
	sealed = (struct str){ bytes, n };
	look_when_due(k);
	if (!unseal(k, a, to, sealed, &plain))
		return err_set(e, ERR_CURSOR, NULL);
	if (bytes[0] == STORED && (!fetch(k, a, to, plain, &sealed, e) ||
				      !unseal(k, a, to, sealed, &plain)))
		return err_set(e, ERR_CURSOR, NULL);
	return read_plain(plain, now_s, c, e);
}
