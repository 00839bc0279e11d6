/* keyring.c - which keys sign and verify our access tokens just now
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/keyring.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"

#define SETTLED_S 2 /* a folder's time stamp is coarse */
#define NEVER     ((struct timespec){ -1, 0 })

/* A wish of our own, so that it outlives the call that brought it. */
struct kept_wish {
	struct keyring_wish wish;
	char (*kids)[JWS_KID_LEN + 1]; /* sign, then the withdrawn ones */
	const char **withdrawn;
};

struct keyring {
	pthread_mutex_t lock; /* guards now */
	struct keys *now;
	pthread_mutex_t loading; /* guards the rest, and reading */
	struct kept_wish kept;
	struct timespec read_at; /* the public folder's mtime */
	int64_t refreshed_ms;
	const char *public_dir, *signing_dir; /* borrowed from a */
	struct arena *a;
};

bool
keyring_refused(struct db *db, struct arena *a, int64_t outlived_s,
    struct keyring_wish *wish, struct err *e)
{
	const struct db_arg grace = db_arg_int(outlived_s);
	const struct db_rows *rows =
	    db_ask(db, a, "signing_keys_refused", &grace, 1, e);
	const char **kids;
	size_t i;

	if (!rows)
		return false;
	kids = arena_get(a, (db_count(rows) + 1) * sizeof *kids);
	for (i = 0; i < db_count(rows); i++)
		kids[i] = str_text(a, db_text(rows, i, 0));
	*wish = (struct keyring_wish){ NULL, kids, i };
	return true;
}

/* A folder that changed a moment ago may change again without a new time
 * stamp, so its stamp is not believed yet. */
static struct timespec
stamp(const struct keyring *r)
{
	struct stat st;

	if (stat(r->public_dir, &st) ||
	    clock_now_s() - st.st_mtim.tv_sec < SETTLED_S)
		return NEVER;
	return st.st_mtim;
}

static void
forget(struct kept_wish *w)
{
	free(w->kids);
	free(w->withdrawn);
	*w = (struct kept_wish){ 0 };
}

/* What is not a kid is kept cut or whole, and then fits no file. */
static void
keep(struct kept_wish *to, const struct keyring_wish *wish)
{
	struct kept_wish w = { 0 };
	size_t i, n = wish ? wish->withdrawn_n : 0;

	w.kids = calloc(n + 1, sizeof *w.kids);
	w.withdrawn = calloc(n + 1, sizeof *w.withdrawn);
	if (!w.kids || !w.withdrawn)
		abort();
	if (wish && wish->sign) {
		snprintf(w.kids[0], sizeof w.kids[0], "%s", wish->sign);
		w.wish.sign = w.kids[0];
	}
	for (i = 0; i < n; i++) {
		snprintf(
		    w.kids[i + 1], sizeof w.kids[0], "%s", wish->withdrawn[i]);
		w.withdrawn[i] = w.kids[i + 1];
	}
	w.wish.withdrawn = w.withdrawn;
	w.wish.withdrawn_n = n;
	forget(to);
	*to = w;
}

static bool
still_good(const struct keys *s, const struct keyring_wish *wish)
{
	size_t i;

	for (i = 0; s && i < wish->withdrawn_n; i++)
		if (keys_find(s, str_of(wish->withdrawn[i])))
			return false;
	return s != NULL;
}

static void
swap(struct keyring *r, struct keys *s)
{
	struct keys *old;

	pthread_mutex_lock(&r->lock);
	old = r->now;
	r->now = s;
	pthread_mutex_unlock(&r->lock);
	keys_release(old);
}

/* A folder that cannot be read just now takes no key away, unless one is
 * withdrawn: then no token is believed until it can be read again. The caller
 * holds `loading`. */
static bool
load(struct keyring *r, bool strict, struct err *e)
{
	const struct keyring_wish *wish = &r->kept.wish;
	struct keys *s = keys_new();
	bool signs;

	r->read_at = stamp(r);
	if (!keys_read(s, r->public_dir, wish, strict, e)) {
		r->read_at = NEVER;
		if (still_good(r->now, wish)) /* only we write it */
			keys_release(s);
		else
			swap(r, s);
		return false;
	}
	signs =
	    !wish->sign || keys_read_signing(s, r->signing_dir, wish->sign, e);
	swap(r, s);
	return signs;
}

struct keyring *
keyring_open(const char *public_dir, const char *signing_dir,
    const struct keyring_wish *wish, struct err *e)
{
	struct arena *a = arena_new();
	struct keyring *r = arena_get(a, sizeof *r);

	r->a = a;
	r->public_dir = arena_dup(a, public_dir, strlen(public_dir));
	if (signing_dir)
		r->signing_dir = arena_dup(a, signing_dir, strlen(signing_dir));
	pthread_mutex_init(&r->lock, NULL);
	pthread_mutex_init(&r->loading, NULL);
	keep(&r->kept, wish);
	if (load(r, true, e))
		return r;
	keyring_free(r);
	return NULL;
}

void
keyring_free(void *keyring)
{
	struct keyring *r = keyring;

	if (!r)
		return;
	keys_release(r->now);
	forget(&r->kept);
	pthread_mutex_destroy(&r->lock);
	pthread_mutex_destroy(&r->loading);
	arena_free(r->a);
}

bool
keyring_reload(
    struct keyring *r, const struct keyring_wish *wish, struct err *e)
{
	bool good;

	pthread_mutex_lock(&r->loading);
	keep(&r->kept, wish);
	good = load(r, false, e);
	pthread_mutex_unlock(&r->loading);
	return good;
}

static bool
changed(const struct keyring *r)
{
	struct timespec now = stamp(r);

	return now.tv_sec < 0 || now.tv_sec != r->read_at.tv_sec ||
	       now.tv_nsec != r->read_at.tv_nsec;
}

bool
keyring_refresh(struct keyring *r)
{
	int64_t now_ms = clock_mono_ms();
	struct err why = { 0 };
	bool loaded = false;

	pthread_mutex_lock(&r->loading);
	if ((!r->refreshed_ms ||
		now_ms - r->refreshed_ms >= KEYRING_REFRESH_MS) &&
	    changed(r)) {
		r->refreshed_ms = now_ms;
		loaded = load(r, false, &why);
		if (!loaded)
			log_event(LOG_ERROR, "keys_not_reloaded", LOG_WHY,
			    why.said[0] ? why.said : why.why, LOG_END);
	}
	pthread_mutex_unlock(&r->loading);
	return loaded;
}

const struct keys *
keyring_hold(struct keyring *r)
{
	struct keys *s;

	pthread_mutex_lock(&r->lock);
	s = r->now;
	keys_share(s);
	pthread_mutex_unlock(&r->lock);
	return s;
}
