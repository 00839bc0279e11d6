/* pool_worker.c - workers that sleep, are called, and go home at the end
 * SPDX-License-Identifier: Apache-2.0 */
#include "web/pool_inner.h"

#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

#define STACK_BYTES ((size_t)1024 * 1024)

struct worker {
	pthread_t thread;
	sem_t called;         /* a sleeper's own: who wakes up needs no lock */
	struct worker *below; /* in the stack of sleepers */
	struct pool *pool;
	/* what it is called for; neither: the pool ends */
	int fd;
	struct pool_held *held;
};

static int
queue_pop(struct pool *p)
{
	int fd = p->queue[p->head].fd;

	p->head = (p->head + 1) % QUEUE_MAX;
	p->waiting--;
	return fd;
}

/* Under the lock. */
static void
lie_down(struct pool *p, struct worker *w)
{
	w->below = p->sleeper;
	p->sleeper = w;
	p->asleep++;
}

/* Under the lock; NULL: nobody sleeps. */
static struct worker *
rouse(struct pool *p)
{
	struct worker *w = p->sleeper;

	if (w) {
		p->sleeper = w->below;
		p->asleep--;
	}
	return w;
}

/* Outside the lock, or who is called would wake up to wait for it. */
static void
call(struct worker *w, int fd)
{
	w->fd = fd;
	sem_post(&w->called);
}

static struct pool_held *
called_pop(struct pool *p)
{
	struct pool_held *held = p->called;

	if (held && !(p->called = held->next))
		p->last = &p->called;
	return held;
}

/* What is held may need a worker until the very end. */
static bool
all_over(const struct pool *p)
{
	return p->ending && !p->held;
}

/* What this worker does next; false: the pool ends. */
static bool
next_work(struct worker *w)
{
	struct pool *p = w->pool;
	bool sleeps = false;

	w->fd = -1;
	pthread_mutex_lock(&p->lock);
	if (!(w->held = called_pop(p))) {
		if (p->waiting)
			w->fd = queue_pop(p);
		else if ((sleeps = !all_over(p)))
			lie_down(p, w);
	}
	pthread_mutex_unlock(&p->lock);
	while (sleeps && sem_wait(&w->called))
		;
	return w->held || w->fd >= 0;
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->pool;

	while (next_work(w))
		if (w->held)
			p->plan.go_on(w->held);
		else
			p->plan.work(w->fd);
	pthread_mutex_lock(&p->lock);
	p->home++;
	pthread_cond_signal(&p->ended);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* At the end, when nothing is held any more: everybody who sleeps may go. */
static void
send_home(struct pool *p)
{
	struct worker *w;

	while (all_over(p) && (w = rouse(p)))
		call(w, -1);
}

bool
pool_hold(void)
{
	struct pool *p = &pool;
	bool room;

	pthread_mutex_lock(&p->lock);
	if ((room = p->held < p->plan.held_max))
		p->held++;
	pthread_mutex_unlock(&p->lock);
	return room;
}

void
pool_call(struct pool_held *which)
{
	struct pool *p = &pool;
	struct worker *w;

	which->next = NULL;
	pthread_mutex_lock(&p->lock);
	p->held--;
	if ((w = rouse(p))) {
		w->held = which;
	} else {
		*p->last = which;
		p->last = &which->next;
	}
	send_home(p);
	pthread_mutex_unlock(&p->lock);
	if (w)
		call(w, -1);
}

void
pool_done(void)
{
	struct pool *p = &pool;

	pthread_mutex_lock(&p->lock);
	p->held--;
	send_home(p);
	pthread_mutex_unlock(&p->lock);
}

bool
pool_hand_over(struct pool *p, int fd)
{
	struct worker *w;
	bool queued = false;

	pthread_mutex_lock(&p->lock);
	w = rouse(p);
	if (!w && p->waiting < QUEUE_MAX) {
		p->queue[(p->head + p->waiting) % QUEUE_MAX] =
		    (struct waiting){ fd,
			    clock_mono_ms() + p->plan.busy_wait_ms };
		p->waiting++;
		queued = true;
	}
	pthread_mutex_unlock(&p->lock);
	if (w)
		call(w, fd);
	return w || queued;
}

bool
pool_spared(struct pool *p, int fd)
{
	struct worker *w = NULL;

	pthread_mutex_lock(&p->lock);
	if (p->asleep && 4 * (p->asleep - 1) >= 3 * p->plan.threads)
		w = rouse(p);
	pthread_mutex_unlock(&p->lock);
	if (w)
		call(w, fd);
	return w != NULL;
}

int
pool_expire(struct pool *p)
{
	int64_t left;

	for (;;) {
		int fd = -1;

		pthread_mutex_lock(&p->lock);
		left = p->waiting ? p->queue[p->head].until_ms - clock_mono_ms()
		                  : -1;
		if (p->waiting && left <= 0)
			fd = queue_pop(p);
		pthread_mutex_unlock(&p->lock);
		if (fd < 0)
			return (int)left;
		p->plan.turn_away(fd);
	}
}

bool
pool_start_workers(struct pool *p)
{
	pthread_attr_t attr;
	unsigned i;

	if (!(p->workers = calloc(p->plan.threads, sizeof *p->workers)))
		return false;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	for (i = 0; i < p->plan.threads; i++) {
		struct worker *w = &p->workers[i];

		w->pool = p;
		w->fd = -1;
		sem_init(&w->called, 0, 0);
		if (pthread_create(&w->thread, &attr, worker_main, w))
			break;
	}
	pthread_attr_destroy(&attr);
	return (p->started = i) > 0;
}

static struct timespec
after_ms(int64_t ms)
{
	int64_t at = clock_mono_ms() + ms;

	return (struct timespec){ .tv_sec = at / 1000,
		.tv_nsec = at % 1000 * 1000000 };
}

/* Have all of them gone home by then? */
static bool
gone(struct pool *p)
{
	struct timespec until = after_ms(p->plan.end_wait_ms);
	bool all;

	pthread_mutex_lock(&p->lock);
	p->ending = true;
	send_home(p);
	while (p->home < p->started)
		if (pthread_cond_timedwait(&p->ended, &p->lock, &until))
			break;
	all = p->home == p->started;
	pthread_mutex_unlock(&p->lock);
	return all;
}

bool
pool_end_workers(struct pool *p)
{
	unsigned i;

	if (!gone(p))
		return false;
	for (i = 0; i < p->started; i++)
		pthread_join(p->workers[i].thread, NULL);
	free(p->workers);
	return true;
}
