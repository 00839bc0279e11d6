/* jwks.c - the public keys that our tokens are verified with, as published
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/jwks.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "app/document.h"
#include "base/clock.h"
#include "base/log.h"

#define LOOK_MS 250

/* What is published is immutable. It changes as often as an operator changes
 * keys, so every version of it stays until the end. */
static struct {
	pthread_mutex_t lock; /* guards ring, but for reading it, and a */
	/* NULL: the folder could not be read yet; then it stays the same. */
	_Atomic(struct keyring *) ring;
	struct arena *a;
	const char *folder;
	struct keyring_wish wish; /* signs nothing; borrowed from a */
	_Atomic int64_t looked_ms;
	_Atomic(const struct document *) now; /* NULL: nothing yet */
} room = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Under the lock. What did not change is not published again: nothing would be
 * freed for it. */
static void
publish(void)
{
	const struct keys *keys = keyring_hold(room.ring);
	const struct document *old = atomic_load(&room.now);
	struct arena *a = arena_new();
	const char *text = keys_jwks(a, keys);
	struct buf b = buf_new(room.a, strlen(text));
	struct err e = { .kind = ERR_NONE };
	struct document *p;

	if (!old || !str_is(old->body, text)) {
		p = arena_get(room.a, sizeof *p);
		buf_str(&b, text);
		if (document_make(
			p, room.a, "application/jwk-set+json", &b, &e))
			atomic_store(&room.now, p);
	}
	keys_release(keys);
	arena_free(a);
}

/* Under the lock. */
static bool
open_ring(struct err *e)
{
	room.ring = keyring_open(room.folder, NULL, &room.wish, e);
	if (!room.ring)
		log_event(LOG_ERROR, "public_keys_unusable", LOG_FILE,
		    room.folder, LOG_WHY, e->why[0] ? e->why : e->said,
		    LOG_END);
	return room.ring != NULL;
}

/* Under the lock. */
static void
look(void)
{
	struct err e = { .kind = ERR_NONE };

	if (room.ring ? keyring_refresh(room.ring) : open_ring(&e))
		publish();
}

/* Whoever comes first looks; the others take what is there. */
static void
look_when_due(void)
{
	int64_t now = clock_mono_ms();

	if (now - atomic_load(&room.looked_ms) < LOOK_MS ||
	    pthread_mutex_trylock(&room.lock))
		return;
	look();
	atomic_store(&room.looked_ms, clock_mono_ms());
	pthread_mutex_unlock(&room.lock);
}

void
jwks_start(const struct conf *conf)
{
	room.a = arena_new();
	room.folder = conf->public_key_dir;
	look();
	atomic_store(&room.looked_ms, clock_mono_ms());
}

void
jwks_stop(void)
{
	atomic_store(&room.now, NULL);
	keyring_free(room.ring);
	arena_free(room.a);
	room.ring = NULL;
	room.a = NULL;
	room.wish = (struct keyring_wish){ NULL, NULL, 0 };
}

bool
jwks_get(struct work *w)
{
	const struct document *p;

	look_when_due();
	if (!(p = atomic_load(&room.now)))
		return err_why(&w->err, ERR_BUSY, "no public key can be read");
	return document_serve(w, p);
}

struct keyring *
jwks_ring(void)
{
	look_when_due();
	return atomic_load(&room.ring);
}

static bool
refused_already(const struct keyring_wish *wish)
{
	size_t i = 0;

	if (wish->withdrawn_n != room.wish.withdrawn_n)
		return false;
	while (i < wish->withdrawn_n &&
	       !strcmp(wish->withdrawn[i], room.wish.withdrawn[i]))
		i++;
	return i == wish->withdrawn_n;
}

/* Under the lock. */
static void
refuse(const struct keyring_wish *wish)
{
	size_t i, n = wish->withdrawn_n;
	const char **kept = arena_get(room.a, (n + 1) * sizeof *kept);
	struct err e = { .kind = ERR_NONE };

	for (i = 0; i < n; i++)
		kept[i] = arena_dup(
		    room.a, wish->withdrawn[i], strlen(wish->withdrawn[i]));
	room.wish = (struct keyring_wish){ NULL, kept, n };
	if (!room.ring)
		return;
	if (!keyring_reload(room.ring, &room.wish, &e))
		log_event(
		    LOG_ERROR, "keys_not_reloaded", LOG_WHY, e.said, LOG_END);
	publish();
}

void
jwks_refuse(const struct keyring_wish *wish)
{
	pthread_mutex_lock(&room.lock);
	if (!refused_already(wish))
		refuse(wish);
	pthread_mutex_unlock(&room.lock);
}

static bool
is_published(const char *kid)
{
	const struct keys *keys = keyring_hold(room.ring);
	bool there = keys_find(keys, str_of(kid)) != NULL;

	keys_release(keys);
	return there;
}

/* What is in force stays when the folder breaks; that it broke is told here,
 * by reading it anew. */
bool
jwks_ready(const char *in_use, const char **why)
{
	struct err e = { .kind = ERR_NONE };
	bool good;

	pthread_mutex_lock(&room.lock);
	good = room.ring ? keyring_reload(room.ring, &room.wish, &e)
	                 : open_ring(&e);
	*why = good ? "public keys are there" : "no public key can be read";
	if (good)
		publish();
	if (good && in_use && !(good = is_published(in_use)))
		*why = "the key that signs is not published on this host";
	pthread_mutex_unlock(&room.lock);
	return good;
}
