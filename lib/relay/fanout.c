/* fanout.c - several questions of one request, asked at the same time
 * SPDX-License-Identifier: Apache-2.0 */
#include "relay/fanout.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define STACK_BYTES ((size_t)1024 * 1024)

/* What one caller wants done; lives on its stack, in the list while there are
 * jobs to begin, and among all until the last has ended. */
struct call {
	struct call *prev, *next;
	struct call *before, *after; /* among all */
	const struct guid *owner;
	struct fanout_job *jobs;
	size_t n, begun;
	unsigned helpers, helpers_max; /* of the crew, at its jobs just now */
	int64_t deadline_ms;
	pthread_cond_t left; /* the last helper has left */
};

struct fanout {
	pthread_mutex_t lock; /* guards everything below, and all calls */
	pthread_cond_t wanted;
	struct call *first, *last;
	struct call *all;
	bool ending;
	unsigned crew;
	unsigned helping; /* of the crew */
	pthread_t thread[];
};

/* ---- the list of callers; the lock is held ---------------------------------- */

static void
enlist(struct fanout *f, struct call *c)
{
	c->next = NULL;
	c->prev = f->last;
	if (f->last)
		f->last->next = c;
	else
		f->first = c;
	f->last = c;
}

static void
strike_off(struct fanout *f, struct call *c)
{
	if (c->prev)
		c->prev->next = c->next;
	else
		f->first = c->next;
	if (c->next)
		c->next->prev = c->prev;
	else
		f->last = c->prev;
}

static void
come(struct fanout *f, struct call *c)
{
	c->before = NULL;
	c->after = f->all;
	if (f->all)
		f->all->before = c;
	f->all = c;
}

static void
go(struct fanout *f, struct call *c)
{
	if (c->after)
		c->after->before = c->before;
	if (c->before)
		c->before->after = c->after;
	else
		f->all = c->after;
}

/* May the owner of this call have one more of the crew? */
static bool
share_left(const struct fanout *f, const struct call *c)
{
	unsigned left = f->crew - f->helping, n = 0;
	const struct call *i;

	if (!c->owner)
		return true;
	for (i = f->all; i; i = i->after)
		if (i->owner && guid_eq(i->owner, c->owner))
			n += i->helpers;
	return n < left;
}

/* ---- jobs; the lock is held but while one runs --------------------------------- */

/* The next job of a caller; NULL: it has none to begin, now or ever. */
static struct fanout_job *
next_job(struct call *c)
{
	struct fanout_job *job;

	if (c->deadline_ms && clock_mono_ms() >= c->deadline_ms)
		c->n = c->begun;
	if (c->begun == c->n)
		return NULL;
	job = &c->jobs[c->begun++];
	job->ran = true;
	return job;
}

static void
run_unlocked(struct fanout *f, struct fanout_job *job)
{
	pthread_mutex_unlock(&f->lock);
	job->run(job->ctx);
	pthread_mutex_lock(&f->lock);
}

/* Who has waited longest for help and may have more of it. */
static struct call *
find_call(struct fanout *f)
{
	struct call *c = f->first;

	while (c && (c->begun == c->n || c->helpers == c->helpers_max ||
			!share_left(f, c)))
		c = c->next;
	return c;
}

static void
help(struct fanout *f, struct call *c)
{
	struct fanout_job *job;

	strike_off(f, c);
	enlist(f, c); /* the others first, next time */
	if (!(job = next_job(c)))
		return;
	c->helpers++;
	f->helping++;
	run_unlocked(f, job);
	f->helping--;
	/* the caller is still there: it waits for its helpers */
	if (!--c->helpers && c->begun == c->n)
		pthread_cond_signal(&c->left);
}

static void *
crew_main(void *ctx)
{
	struct fanout *f = ctx;
	struct call *c;

	pthread_mutex_lock(&f->lock);
	while (!f->ending) {
		if ((c = find_call(f)))
			help(f, c);
		else
			pthread_cond_wait(&f->wanted, &f->lock);
	}
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

/* ---- the caller -------------------------------------------------------------------- */

/* Who is called looks for every caller, so a call too many costs a look. */
static void
call_helpers(struct fanout *f, const struct call *c)
{
	size_t i, most = c->n - 1;

	if (most > c->helpers_max)
		most = c->helpers_max;
	for (i = 0; i < most; i++)
		pthread_cond_signal(&f->wanted);
}

static void
work_through(struct fanout *f, struct call *c)
{
	struct fanout_job *job;

	while ((job = next_job(c)))
		run_unlocked(f, job);
	strike_off(f, c);
	while (c->helpers)
		pthread_cond_wait(&c->left, &f->lock);
}

static void
run_alone(struct call *c)
{
	struct fanout_job *job;

	while ((job = next_job(c)))
		job->run(job->ctx);
}

void
fanout_run(struct fanout *f, const struct guid *owner, struct fanout_job *jobs,
    size_t n, unsigned at_most, int64_t deadline_ms)
{
	struct call c = { .owner = owner,
		.jobs = jobs,
		.n = n,
		.helpers_max = at_most ? at_most - 1 : 0,
		.deadline_ms = deadline_ms };
	size_t i;

	for (i = 0; i < n; i++)
		jobs[i].ran = false;
	if (!f || n < 2 || !c.helpers_max) {
		run_alone(&c);
		return;
	}
	pthread_cond_init(&c.left, NULL);
	pthread_mutex_lock(&f->lock);
	come(f, &c);
	enlist(f, &c);
	call_helpers(f, &c);
	work_through(f, &c);
	go(f, &c);
	pthread_mutex_unlock(&f->lock);
	pthread_cond_destroy(&c.left);
}

/* ---- birth and end -------------------------------------------------------------- */

static int
start_thread(struct fanout *f)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int why;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	why = pthread_create(&f->thread[f->crew], &attr, crew_main, f);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return why;
}

struct fanout *
fanout_start(unsigned crew, struct err *e)
{
	struct fanout *f = calloc(1, sizeof *f + crew * sizeof f->thread[0]);
	int why = 0;

	if (!f)
		abort(); /* no memory */
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->wanted, NULL);
	while (f->crew < crew && !(why = start_thread(f)))
		f->crew++;
	if (!why)
		return f;
	err_why(e, ERR_BROKEN, "no thread for the crew: %s", strerror(why));
	fanout_stop(f);
	return NULL;
}

void
fanout_stop(struct fanout *f)
{
	unsigned i;

	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	f->ending = true;
	pthread_cond_broadcast(&f->wanted);
	pthread_mutex_unlock(&f->lock);
	for (i = 0; i < f->crew; i++)
		pthread_join(f->thread[i], NULL);
	pthread_cond_destroy(&f->wanted);
	pthread_mutex_destroy(&f->lock);
	free(f);
}
