/* pool.h - one acceptor, sleeping workers, and an honest "busy"
 * SPDX-License-Identifier: Apache-2.0
 *
 * Idle workers sleep on conditions of their own and cost nothing; the one that
 * slept last is woken first, its caches are warm. Connections that have not said
 * anything yet cost a quarter of the workers at most; the others are parked
 * (web/park) and cost a descriptor. Work may be held: it goes on without a
 * worker, until somebody ends it or calls one. One lock, inside pool.c. */
#ifndef WEB_POOL_H
#define WEB_POOL_H

#include <stdbool.h>

/* Lies in what is held. */
struct pool_held {
	struct pool_held *next;
};

struct pool_plan {
	int listen_fd; /* listening socket, shared with siblings */
	unsigned threads;
	unsigned silent_ms;    /* who says nothing for so long is cut off */
	unsigned busy_wait_ms; /* a connection waits that long for a worker */
	unsigned end_wait_ms;  /* running work is given that long at the end */
	unsigned held_max;     /* so much work may be held */

	void (*work)(int fd);                   /* fd is taken */
	void (*go_on)(struct pool_held *which); /* a worker was called for it */
	void (*turn_away)(int fd); /* fd is taken; must not block */
};

/* How pool_run came back. */
enum pool_end {
	POOL_ENDED, /* asked to, and all work is finished */
	POOL_STUCK, /* asked to, but work still runs: nothing that it may
	                 touch can be freed; the process has to go */
	POOL_UNSTARTED
};

/* pool_signals - blocks SIGTERM, SIGINT and SIGHUP for this thread and all it
 * will start, ignores SIGPIPE. Call before any thread exists. */
void pool_signals(void);

/* pool_run - serves until SIGTERM or SIGINT, then accepts nothing new, lets
 * running work finish, and what is held, and what had been accepted. Once per
 * process. */
enum pool_end pool_run(const struct pool_plan *plan);

/* pool_hold - for a worker: there is work that is not finished when it returns.
 * false: so much is held already, or no pool runs.
 * pool_call - a worker goes on with it, before any connection that waits.
 * pool_done - it is finished. One of the two for each that is held; on any
 * thread, and neither blocks. */
bool pool_hold(void);
void pool_call(struct pool_held *which);
void pool_done(void);

#endif
