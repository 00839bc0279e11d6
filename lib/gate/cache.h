/* cache.h - entries by key, oldest out, dropped by change number
 * SPDX-License-Identifier: Apache-2.0
 *
 * Holds read-only values with counted holders, so a value outlives its place
 * in the cache while a request uses it. One lock, inside. */
#ifndef GATE_CACHE_H
#define GATE_CACHE_H

#include "base/arena.h"
#include "base/enc.h"

struct cache;

/* A key: what kind of value, for which two ids (zeros where only one). */
struct cache_key {
	unsigned kind;
	struct guid first, second;
};

/* cache_new - owned; cache_free. Holds at most `entries`. */
struct cache *cache_new(size_t entries);
void cache_free(struct cache *c);

/* cache_value - n zeroed bytes for a value that will be put; owned, and freed
 * if it never is: adopt it with cache_let_go. */
void *cache_value(size_t n);
void cache_let_go(void *value);

/* cache_value_ends - ends(value) is called when nobody holds it any more, in
 * whatever thread. */
void cache_value_ends(void *value, void (*ends)(void *value));

/* cache_put - value is now held by the cache too.
 *   n  change number of the snapshot that it was read from */
void cache_put(
    struct cache *c, const struct cache_key *key, void *value, int64_t n);

/* cache_get - the value, held for the life of arena a; NULL: not there, or
 * older than the last change to what it depends on. */
const void *cache_get(
    struct cache *c, struct arena *a, const struct cache_key *key);

/* cache_changed - entries whose key holds this id (second: NULL), or both ids
 * (then only those with exactly both), and that were read before change n, are
 * gone. cache_forget - everything, and what is read before n as well: also when
 * n went back, as in a restored database. */
void cache_changed(struct cache *c, const struct guid *first,
    const struct guid *second, int64_t n);
void cache_forget(struct cache *c, int64_t n);

size_t cache_count(struct cache *c);

#endif
