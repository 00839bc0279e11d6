/* fanout.h - several questions of one request, asked at the same time
 * SPDX-License-Identifier: Apache-2.0
 *
 * A request thread that has n jobs works through them itself, and threads of
 * the process's crew help it. Because the caller never waits for a helper to
 * come, a job may fan out again: with the whole crew busy, or without any, it
 * only takes longer. Those who fan out at the same time are helped in turn, and
 * those of one owner together never have more helpers than are left for others:
 * jobs that hang leave some of the crew to the jobs of everybody else.
 *
 * Shared between threads: the list of callers and where each of them stands,
 * under one lock (fanout.lock), let go while a job runs. */
#ifndef RELAY_FANOUT_H
#define RELAY_FANOUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/enc.h"
#include "base/err.h"

struct fanout;

/* One job. It has its own arena, if it needs any: the caller's belongs to the
 * thread that it runs on. What it writes is seen by the caller afterwards. */
struct fanout_job {
	void (*run)(void *ctx);
	void *ctx;
	bool ran; /* set by fanout_run; false: its deadline had passed */
};

/* fanout_start - a crew of so many threads, which sleep until they are needed;
 * signals are blocked in them. Once per process, before its first request.
 * Owned; fanout_stop. NULL: ERR_BROKEN, threads could not be made. */
struct fanout *fanout_start(unsigned crew, struct err *e);

/* fanout_stop - when nobody fans out any more. NULL is fine. */
void fanout_stop(struct fanout *f);

/* fanout_run - runs the jobs, in their order as far as they are begun one
 * after the other.
 *   f            NULL: no crew; the caller runs one job after the other
 *   owner        whose share of the crew it is, a tenant say; kept until then;
 *                NULL: nobody's, without such a bound
 *   at_most      so many at once, the caller's own included; 0 counts as 1
 *   deadline_ms  clock_mono_ms; no job is begun after it; 0: none
 * Returns when every job that was begun has ended: jobs keep their own
 * deadlines. None of them runs afterwards. */
void fanout_run(struct fanout *f, const struct guid *owner,
    struct fanout_job *jobs, size_t n, unsigned at_most, int64_t deadline_ms);

#endif
