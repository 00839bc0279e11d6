/* pool.c - one acceptor, sleeping workers, and an honest "busy"
 * SPDX-License-Identifier: Apache-2.0 */
#include "web/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define STACK_BYTES ((size_t)1024 * 1024)
#define QUEUE_MAX   1024u /* connections that wait for a worker */
#define BURST       64    /* accepted in a row before looking around */

struct worker {
	pthread_t thread;
	pthread_cond_t wake;
	struct worker *below; /* in the stack of sleepers */
	struct pool *pool;
	int fd; /* handed over; -1: none */
};

struct waiting {
	int fd;
	int64_t until_ms;
};

struct pool {
	const struct pool_plan *plan;
	pthread_mutex_t lock; /* guards everything below */
	pthread_cond_t ended;
	struct worker *sleeper; /* top of the stack */
	struct waiting queue[QUEUE_MAX];
	unsigned head, waiting;
	unsigned alive;
	bool ending;
};

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

/* The next connection for this worker; -1: the pool ends. */
static int
next_fd(struct worker *w)
{
	struct pool *p = w->pool;
	int fd = -1;

	pthread_mutex_lock(&p->lock);
	if (p->waiting) {
		fd = queue_pop(p);
	} else if (!p->ending) {
		w->fd = -1;
		w->below = p->sleeper;
		p->sleeper = w;
		while (w->fd < 0 && !p->ending)
			pthread_cond_wait(&w->wake, &p->lock);
		fd = w->fd;
	}
	pthread_mutex_unlock(&p->lock);
	return fd;
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->pool;
	void *bench = p->plan->bench_new();
	int fd;

	while ((fd = next_fd(w)) >= 0)
		p->plan->work(bench, fd);
	p->plan->bench_free(bench);
	pthread_mutex_lock(&p->lock);
	p->alive--;
	pthread_cond_signal(&p->ended);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* To a sleeper, else into the queue; false: the queue is full. */
static bool
hand_over(struct pool *p, int fd)
{
	struct worker *w;
	bool taken = true;

	pthread_mutex_lock(&p->lock);
	if ((w = p->sleeper)) {
		p->sleeper = w->below;
		w->fd = fd;
		pthread_cond_signal(&w->wake);
	} else if (p->waiting < QUEUE_MAX) {
		p->queue[(p->head + p->waiting) % QUEUE_MAX] =
		    (struct waiting){ fd,
			    clock_mono_ms() + p->plan->busy_wait_ms };
		p->waiting++;
	} else {
		taken = false;
	}
	pthread_mutex_unlock(&p->lock);
	return taken;
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
		p->plan->turn_away(fd);
	}
}

static void
accept_burst(struct pool *p)
{
	int i, fd;

	for (i = 0; i < BURST; i++) {
		fd = accept4(p->plan->listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0) {
			if (!hand_over(p, fd))
				p->plan->turn_away(fd);
		} else if (errno == EMFILE || errno == ENFILE) {
			log_event(LOG_ERROR, "out_of_descriptors", LOG_END);
			nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return;
		}
	}
}

static void
accept_until_signal(struct pool *p, int signals)
{
	struct pollfd on[2] = { { .fd = signals, .events = POLLIN },
		{ .fd = p->plan->listen_fd, .events = POLLIN } };
	struct signalfd_siginfo got;

	for (;;) {
		int wait = expire(p);

		if (poll(on, 2, wait) < 0 && errno != EINTR)
			return;
		if (on[0].revents &&
		    read(signals, &got, sizeof got) == sizeof got &&
		    got.ssi_signo != SIGHUP)
			return;
		if (on[1].revents)
			accept_burst(p);
	}
}

static bool
start_workers(struct pool *p, struct worker *workers)
{
	pthread_attr_t attr;
	unsigned i;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	for (i = 0; i < p->plan->threads; i++) {
		workers[i].pool = p;
		workers[i].fd = -1;
		pthread_cond_init(&workers[i].wake, NULL);
		if (pthread_create(
			&workers[i].thread, &attr, worker_main, &workers[i]))
			break;
		p->alive++;
	}
	pthread_attr_destroy(&attr);
	return i > 0;
}

/* Nothing new; what waits and what runs is finished. */
static bool
end_workers(struct pool *p)
{
	struct timespec until;
	struct worker *w;
	bool all;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += p->plan->end_wait_ms / 1000 + 1;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	for (w = p->sleeper; w; w = w->below)
		pthread_cond_signal(&w->wake);
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
	return signalfd(-1, &set, SFD_CLOEXEC);
}

bool
pool_run(const struct pool_plan *plan)
{
	static struct pool pool; /* workers may outlive a timed-out end */
	struct worker *workers = calloc(plan->threads, sizeof *workers);
	int signals = signal_fd();
	bool fine;
	unsigned i, started;

	if (!workers || signals < 0)
		return false;
	pool = (struct pool){ .plan = plan };
	pthread_mutex_init(&pool.lock, NULL);
	pthread_cond_init(&pool.ended, NULL);
	fcntl(plan->listen_fd, F_SETFL,
	    fcntl(plan->listen_fd, F_GETFL) | O_NONBLOCK);
	if (!start_workers(&pool, workers)) {
		close(signals);
		free(workers);
		return false;
	}
	started = pool.alive;
	log_event(LOG_INFO, "ready", LOG_COUNT, (long)started, LOG_END);
	accept_until_signal(&pool, signals);
	log_event(LOG_INFO, "ending", LOG_END);
	fine = end_workers(&pool);
	close(signals);
	if (!fine)
		return false; /* the process exits; memory goes with it */
	for (i = 0; i < started; i++)
		pthread_join(workers[i].thread, NULL);
	free(workers);
	return true;
}
