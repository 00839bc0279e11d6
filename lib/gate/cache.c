/* cache.c - entries by key, oldest out, dropped by change number
 * SPDX-License-Identifier: Apache-2.0
 *
 * A change costs one entry in `changes`, whatever it touches: an entry is
 * compared with the changes to its ids when it is looked up. Nothing is ever
 * searched for what a change might concern. */
#include "gate/cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define CHANGES_MAX ((size_t)65536) /* then everything is forgotten */

struct value {
	atomic_uint holders;
	void (*ends)(void *bytes); /* NULL: nothing else to free */
	_Alignas(16) char bytes[];
};

struct entry {
	struct entry *next;          /* in its bucket */
	struct entry *older, *newer; /* by use */
	struct cache_key key;
	void *value;
	int64_t n;
};

struct changed {
	struct changed *next;
	struct guid first, second;
	int64_t n;
};

struct cache {
	pthread_mutex_t lock; /* guards everything below */
	struct entry **bucket;
	size_t buckets, count, most;
	struct entry *newest, *oldest;
	struct changed **change; /* CHANGES_MAX buckets */
	size_t changes;
	int64_t forgotten; /* entries read before this are gone */
};

static const struct guid none;

void *
cache_value(size_t n)
{
	struct value *v = calloc(1, sizeof *v + n);

	if (!v)
		abort();
	atomic_init(&v->holders, 1);
	return v->bytes;
}

static struct value *
value_of(void *bytes)
{
	return (struct value *)(void *)((char *)bytes -
					offsetof(struct value, bytes));
}

void
cache_let_go(void *bytes)
{
	struct value *v = value_of(bytes);

	if (atomic_fetch_sub(&v->holders, 1) > 1)
		return;
	if (v->ends)
		v->ends(bytes);
	free(v);
}

void
cache_value_ends(void *bytes, void (*ends)(void *))
{
	value_of(bytes)->ends = ends;
}

static void *
hold(void *bytes)
{
	atomic_fetch_add(&value_of(bytes)->holders, 1);
	return bytes;
}

static uint64_t
mix(uint64_t h, const struct guid *g)
{
	uint64_t half[2];

	memcpy(half, g->at, sizeof half);
	h = (h ^ half[0]) * 0x9e3779b97f4a7c15u;
	h = (h ^ (h >> 29) ^ half[1]) * 0xbf58476d1ce4e5b9u;
	return h ^ (h >> 32);
}

static struct entry **
place(struct cache *c, const struct cache_key *k)
{
	uint64_t h = mix(mix(k->kind, &k->first), &k->second);

	return &c->bucket[h & (c->buckets - 1)];
}

static struct changed **
change_place(
    struct cache *c, const struct guid *first, const struct guid *second)
{
	return &c->change[mix(mix(0, first), second) & (CHANGES_MAX - 1)];
}

struct cache *
cache_new(size_t entries)
{
	struct cache *c = calloc(1, sizeof *c);

	if (!c)
		abort();
	for (c->buckets = 16; c->buckets < entries; c->buckets *= 2)
		;
	c->most = entries;
	c->bucket = calloc(c->buckets, sizeof *c->bucket);
	c->change = calloc(CHANGES_MAX, sizeof *c->change);
	if (!c->bucket || !c->change)
		abort();
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

static void
unlink_use(struct cache *c, struct entry *e)
{
	*(e->newer ? &e->newer->older : &c->newest) = e->older;
	*(e->older ? &e->older->newer : &c->oldest) = e->newer;
	e->newer = e->older = NULL;
}

static void
link_newest(struct cache *c, struct entry *e)
{
	e->older = c->newest;
	e->newer = NULL;
	if (c->newest)
		c->newest->newer = e;
	c->newest = e;
	if (!c->oldest)
		c->oldest = e;
}

static bool
key_eq(const struct cache_key *a, const struct cache_key *b)
{
	return a->kind == b->kind && guid_eq(&a->first, &b->first) &&
	       guid_eq(&a->second, &b->second);
}

static struct entry **
find(struct cache *c, const struct cache_key *key)
{
	struct entry **at = place(c, key);

	while (*at && !key_eq(&(*at)->key, key))
		at = &(*at)->next;
	return at;
}

static void
drop(struct cache *c, struct entry **at)
{
	struct entry *e = *at;

	*at = e->next;
	unlink_use(c, e);
	c->count--;
	cache_let_go(e->value);
	free(e);
}

static int64_t
changed_at(struct cache *c, const struct guid *first, const struct guid *second)
{
	const struct changed *p = *change_place(c, first, second);

	while (p && !(guid_eq(&p->first, first) && guid_eq(&p->second, second)))
		p = p->next;
	return p ? p->n : -1;
}

static bool
current(struct cache *c, const struct cache_key *k, int64_t n)
{
	return n >= c->forgotten && n >= changed_at(c, &k->first, &none) &&
	       (guid_eq(&k->second, &none) ||
		   (n >= changed_at(c, &k->second, &none) &&
		       n >= changed_at(c, &k->first, &k->second)));
}

void
cache_put(struct cache *c, const struct cache_key *key, void *value, int64_t n)
{
	struct entry **at, *e;

	pthread_mutex_lock(&c->lock);
	at = find(c, key);
	if (*at)
		drop(c, at);
	if (current(c, key, n) && (e = calloc(1, sizeof *e))) {
		if (c->count >= c->most)
			drop(c, find(c, &c->oldest->key));
		at = place(c, key);
		*e = (struct entry){ .next = *at, .key = *key, .n = n };
		e->value = hold(value);
		*at = e;
		link_newest(c, e);
		c->count++;
	}
	pthread_mutex_unlock(&c->lock);
}

const void *
cache_get(struct cache *c, struct arena *a, const struct cache_key *key)
{
	struct entry **at;
	void *value = NULL;

	pthread_mutex_lock(&c->lock);
	at = find(c, key);
	if (*at && current(c, key, (*at)->n)) {
		value = hold((*at)->value);
		if (*at != c->newest) {
			struct entry *e = *at;

			unlink_use(c, e);
			link_newest(c, e);
		}
	} else if (*at) {
		drop(c, at);
	}
	pthread_mutex_unlock(&c->lock);
	return arena_adopt(a, value, cache_let_go);
}

static void
forget_changes(struct cache *c)
{
	size_t i;

	for (i = 0; i < CHANGES_MAX && c->changes; i++) {
		struct changed *p;

		while ((p = c->change[i])) {
			c->change[i] = p->next;
			c->changes--;
			free(p);
		}
	}
}

static void
forget(struct cache *c, int64_t n)
{
	while (c->oldest)
		drop(c, find(c, &c->oldest->key));
	c->forgotten = n;
	forget_changes(c);
}

void
cache_forget(struct cache *c, int64_t n)
{
	pthread_mutex_lock(&c->lock);
	forget(c, n);
	pthread_mutex_unlock(&c->lock);
}

void
cache_changed(struct cache *c, const struct guid *first,
    const struct guid *second, int64_t n)
{
	struct changed **at, *p;

	if (!second)
		second = &none;
	pthread_mutex_lock(&c->lock);
	if (c->changes >= CHANGES_MAX)
		forget(c, n);
	at = change_place(c, first, second);
	for (p = *at; p; p = p->next)
		if (guid_eq(&p->first, first) && guid_eq(&p->second, second))
			break;
	if (!p && (p = calloc(1, sizeof *p))) {
		p->first = *first;
		p->second = *second;
		p->next = *at;
		*at = p;
		c->changes++;
	}
	if (!p)
		forget(c, n);
	else if (n > p->n)
		p->n = n;
	pthread_mutex_unlock(&c->lock);
}

size_t
cache_count(struct cache *c)
{
	size_t n;

	pthread_mutex_lock(&c->lock);
	n = c->count;
	pthread_mutex_unlock(&c->lock);
	return n;
}

void
cache_free(struct cache *c)
{
	if (!c)
		return;
	forget(c, 0);
	free(c->bucket);
	free(c->change);
	free(c);
}
