/* pool.c - one acceptor, and an honest "busy"
 * SPDX-License-Identifier: Apache-2.0 */
#include "web/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "web/pool_inner.h"

#define BURST    64   /* accepted in a row before looking around */
#define SHORT_MS 1000 /* between lines about want of descriptors */

struct pool pool;

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

/* While most workers sleep one of them may wait for what a peer says, and
 * mostly it is said by then; after that only who has spoken gets a worker. */
static void
take_in(struct pool *p, int fd)
{
	char c;
	ssize_t got;

	if (pool_spared(p, fd))
		return;
	got = recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT);
	if (got > 0) {
		if (!pool_hand_over(p, fd))
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
		park_wait(p->park, pool_expire(p));
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
		int64_t left = until - now, soonest = pool_expire(p);

		park_wait(
		    p->park, soonest >= 0 && soonest < left ? soonest : left);
		while ((fd = park_ready(p->park)) >= 0)
			take_in(p, fd);
	}
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
	pool = (struct pool){ .plan = *plan, .last = &pool.called };
	if (!set_up(&pool) || !pool_start_workers(&pool))
		return POOL_UNSTARTED;
	log_event(LOG_INFO, "ready", LOG_COUNT, (long)pool.started, LOG_END);
	accept_until_signal(&pool);
	log_event(LOG_INFO, "ending", LOG_END);
	hear_the_last(&pool);
	park_free(pool.park);
	close(pool.signals);
	return pool_end_workers(&pool) ? POOL_ENDED : POOL_STUCK;
}
