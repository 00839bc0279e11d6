/* pool.c - one acceptor, sleeping workers, and an honest "busy"
 * SPDX-License-Identifier: Apache-2.0 */
#include "web/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "web/park.h"

#define STACK_BYTES ((size_t)1024 * 1024)
#define QUEUE_MAX   1024u /* connections that wait for a worker */
#define BURST       64    /* accepted in a row before looking around */
#define SHORT_MS    1000  /* between lines about want of descriptors */

struct worker {
	pthread_t thread;
	sem_t called;         /* a sleeper's own: who wakes up needs no lock */
	struct worker *below; /* in the stack of sleepers */
	struct pool *pool;
	/* what it is called for; neither: the pool ends */
	int fd;
	struct pool_held *held;
};

struct waiting {
	int fd;
	int64_t until_ms;
};

struct pool {
	struct pool_plan plan; /* a copy: workers may outlive the caller's */
	/* the acceptor's alone */
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
	unsigned alive;
	bool ending;
};

static struct pool pool; /* workers may outlive a timed-out end */

void
pool_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

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
	p->alive--;
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

/* To a sleeper, else into the queue; false: the queue is full. */
static bool
hand_over(struct pool *p, int fd)
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

/* To a sleeper if three in four still sleep then; else false. */
static bool
spared(struct pool *p, int fd)
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

/* Turns away those who waited too long. Returns ms until the next one has,
 * -1 if nobody waits. */
static int
expire(struct pool *p)
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

/* While most workers sleep one of them may wait for what a peer says, and
 * mostly it is said by then; after that only who has spoken gets a worker. */
static void
take_in(struct pool *p, int fd)
{
	char c;
	ssize_t got;

	if (spared(p, fd))
		return;
	got = recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT);
	if (got > 0) {
		if (!hand_over(p, fd))
			p->plan.turn_away(fd);
	} else if (got < 0 && errno == EAGAIN) {
		park_add(p->park, fd);
	} else {
		close(fd);
	}
}

/* No descriptor or no memory for one more: silent connections make room, else
 * those that wait for us have to wait on. */
static bool
made_room(struct pool *p)
{
	int64_t now = clock_mono_ms();

	if (!p->short_ms || now - p->short_ms >= SHORT_MS) {
		log_event(LOG_ERROR, "out_of_descriptors", LOG_COUNT,
		    (long)park_count(p->park), LOG_END);
		p->short_ms = now;
	}
	if (park_drop(p->park))
		return true;
	nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	return false;
}

static void
accept_burst(struct pool *p)
{
	int i, fd;

	for (i = 0; i < BURST; i++) {
		fd = accept4(p->plan.listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			take_in(p, fd);
		else if (errno == EMFILE || errno == ENFILE ||
			 errno == ENOBUFS || errno == ENOMEM) {
			if (!made_room(p))
				return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return;
		}
	}
}

/* SIGHUP means nothing here: settings are read at start. */
static bool
asked_to_end(struct pool *p)
{
	struct signalfd_siginfo got;

	return read(p->signals, &got, sizeof got) == sizeof got &&
	       got.ssi_signo != SIGHUP;
}

static void
accept_until_signal(struct pool *p)
{
	bool end = false;
	int fd;

	while (!end) {
		park_wait(p->park, expire(p));
		while ((fd = park_ready(p->park)) >= 0) {
			if (fd == p->signals)
				end = asked_to_end(p);
			else if (fd == p->plan.listen_fd)
				accept_burst(p);
			else
				take_in(p, fd);
		}
	}
}

/* Who was accepted a moment ago has asked us, and nobody else will answer: a
 * request that is on its way is waited for as long as a worker would be. */
static void
hear_the_last(struct pool *p)
{
	int64_t now = clock_mono_ms();
	int64_t until = now + p->plan.busy_wait_ms;
	int fd;

	park_leave(p->park, p->plan.listen_fd);
	park_leave(p->park, p->signals);
	for (; park_count(p->park) && now < until; now = clock_mono_ms()) {
		int64_t left = until - now, soonest = expire(p);

		park_wait(
		    p->park, soonest >= 0 && soonest < left ? soonest : left);
		while ((fd = park_ready(p->park)) >= 0)
			take_in(p, fd);
	}
}

static bool
start_workers(struct pool *p, struct worker *workers)
{
	pthread_attr_t attr;
	unsigned i;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	for (i = 0; i < p->plan.threads; i++) {
		workers[i].pool = p;
		workers[i].fd = -1;
		sem_init(&workers[i].called, 0, 0);
		if (pthread_create(
			&workers[i].thread, &attr, worker_main, &workers[i]))
			break;
		p->alive++;
	}
	pthread_attr_destroy(&attr);
	return i > 0;
}

static struct timespec
after_ms(int64_t ms)
{
	int64_t at = clock_mono_ms() + ms;

	return (struct timespec){ .tv_sec = at / 1000,
		.tv_nsec = at % 1000 * 1000000 };
}

/* Nothing new; what waits and what runs is finished. */
static bool
end_workers(struct pool *p)
{
	struct timespec until = after_ms(p->plan.end_wait_ms);
	bool all;

	pthread_mutex_lock(&p->lock);
	p->ending = true;
	send_home(p);
	while (p->alive)
		if (pthread_cond_timedwait(&p->ended, &p->lock, &until))
			break;
	all = !p->alive;
	pthread_mutex_unlock(&p->lock);
	return all;
}

static int
signal_fd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool
set_up(struct pool *p)
{
	pthread_condattr_t attr;
	int listen_fd = p->plan.listen_fd;

	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->ended, &attr);
	pthread_condattr_destroy(&attr);
	fcntl(listen_fd, F_SETFL, fcntl(listen_fd, F_GETFL) | O_NONBLOCK);
	return (p->signals = signal_fd()) >= 0 &&
	       (p->park = park_new(p->plan.silent_ms)) &&
	       park_watch(p->park, p->signals) &&
	       park_watch(p->park, listen_fd);
}

enum pool_end
pool_run(const struct pool_plan *plan)
{
	struct worker *workers = calloc(plan->threads, sizeof *workers);
	unsigned i, started;

	pool = (struct pool){ .plan = *plan, .last = &pool.called };
	if (!workers || !set_up(&pool) || !start_workers(&pool, workers))
		return POOL_UNSTARTED;
	started = pool.alive;
	log_event(LOG_INFO, "ready", LOG_COUNT, (long)started, LOG_END);
	accept_until_signal(&pool);
	log_event(LOG_INFO, "ending", LOG_END);
	hear_the_last(&pool);
	park_free(pool.park);
	close(pool.signals);
	if (!end_workers(&pool))
		return POOL_STUCK;
	for (i = 0; i < started; i++)
		pthread_join(workers[i].thread, NULL);
	free(workers);
	return POOL_ENDED;
}
