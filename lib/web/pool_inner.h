/* pool_inner.h - what the acceptor and the workers of web/pool have in common
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WEB_POOL_INNER_H
#define WEB_POOL_INNER_H

#include <pthread.h>
#include <stdint.h>

#include "web/park.h"
#include "web/pool.h"

#define QUEUE_MAX 1024u /* connections that wait for a worker */

struct worker;

struct waiting {
	int fd;
	int64_t until_ms;
};

struct pool {
	struct pool_plan plan; /* a copy: workers may outlive the caller's */
	/* the acceptor's alone */
	struct worker *workers;
	unsigned started;
	struct park *park;
	int signals;
	int64_t short_ms; /* when want of descriptors was last told */

	pthread_mutex_t lock; /* guards everything below */
	pthread_cond_t ended;
	struct worker *sleeper; /* top of the stack */
	unsigned asleep;        /* in it */
	struct waiting queue[QUEUE_MAX];
	unsigned head, waiting;
	struct pool_held *called, **last; /* what waits for a worker to go on */
	unsigned held;                    /* is finished or called some day */
	unsigned home;                    /* workers that have ended */
	bool ending;
};

/* The process has one: workers may outlive an end that took too long. */
extern struct pool pool;

/* ---- workers (pool_worker.c), for the acceptor alone -------------------------- */

/* pool_start_workers - as many of the plan as can be had. false: none.
 * pool_end_workers - nothing new; what waits and what runs is finished. false:
 * not in time. */
bool pool_start_workers(struct pool *p);
bool pool_end_workers(struct pool *p);

/* pool_hand_over - to a sleeper, else into the queue; false: the queue is full.
 * pool_spared - to a sleeper if three in four still sleep then; else false. */
bool pool_hand_over(struct pool *p, int fd);
bool pool_spared(struct pool *p, int fd);

/* pool_expire - turns away those who waited too long. Returns ms until the next
 * one has, -1 if nobody waits. */
int pool_expire(struct pool *p);

#endif
