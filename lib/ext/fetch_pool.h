/* fetch_pool.h - what transfers of one provider credential share
 * SPDX-License-Identifier: Apache-2.0
 *
 * Of ext/fetch alone: the pools of one loop, their sockets in its epoll and
 * their timers in its list. */
#ifndef EXT_FETCH_POOL_H
#define EXT_FETCH_POOL_H

#include "ext/fetch_run.h"

#define FETCH_POOLS_MAX    256 /* kept; the longest idle goes first */
#define FETCH_POOL_IDLE_MS (3 * 60 * 1000)
#define FETCH_BUCKETS      256u
#define FETCH_SLOTS        1024u /* pools that can live at all, all of them busy */
#define FETCH_SPARE_MAX    16    /* idle handles a pool keeps */

#define FETCH_KEPT_MAX 64 /* connections a pool keeps */

/* A connection that has carried an answer and may carry another. */
struct fetch_kept {
	int fd;
	int port; /* these two name our end of it */
	char ip[FETCH_ADDR_TEXT];
};

struct fetch_pool {
	struct fetch_pools *all;
	void *multi; /* libcurl's; one cache of connections */
	struct guid owner;
	int64_t revision;
	unsigned slot;
	bool old; /* a newer revision has been seen */
	unsigned running;
	int64_t idle_since_ms;
	int64_t due_ms; /* of curl's timer; meaningful while armed */
	bool armed;
	struct fetch_pool *armed_prev, *armed_next;
	struct fetch_pool *same; /* next in the bucket */
	void *spare[FETCH_SPARE_MAX];
	unsigned spares;
	struct fetch_kept kept[FETCH_KEPT_MAX];
	unsigned kept_n;
};

struct fetch_pools {
	int epoll; /* event data: slot << 32 | descriptor */
	struct fetch_pool *slot[FETCH_SLOTS];
	struct fetch_pool *bucket[FETCH_BUCKETS];
	struct fetch_pool *armed; /* those whose timer runs */
	unsigned n;
};

/* fetch_pool_for - the pool of a job's owner and revision, made if need be.
 * NULL: every slot is taken by a busy pool. */
struct fetch_pool *fetch_pool_for(
    struct fetch_pools *all, const struct fetch_job *job);

/* fetch_pool_lend, fetch_pool_back - a handle for a run, and its return. */
void fetch_pool_lend(
    struct fetch_pool *p, struct fetch_run *r, const char *ca_dir);
void fetch_pool_back(struct fetch_run *r);

/* fetch_pool_remember - the connection that a transfer leaves behind; to be
 * called when it ended well, before libcurl's handle is removed. If bytes
 * wait on it by the time it is used again, nobody asked for them (libcurl
 * 7.88 takes them for the next answer): then a new connection is made. */
void fetch_pool_remember(struct fetch_pool *p, void *handle);

/* fetch_pool_disarm - its timer has been seen to. */
void fetch_pool_disarm(struct fetch_pool *p);

/* fetch_pools_sweep - drop idle pools that are superseded, or have been idle
 * for FETCH_POOL_IDLE_MS. */
void fetch_pools_sweep(struct fetch_pools *all, int64_t now_ms);

/* fetch_pools_clear - drop them all; none may be running. */
void fetch_pools_clear(struct fetch_pools *all);

#endif
