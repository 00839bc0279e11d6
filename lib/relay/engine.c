/* engine.c - the process's one loop of transfers, and how threads wait for it
 * SPDX-License-Identifier: Apache-2.0 */
#include "relay/engine.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define GRACE_MS 250 /* after its deadline the loop is reminded of a job */

/* A sleeping thread's place, on its stack. The loop's thread writes `state`
 * last and then knows the seat no more. */
struct seat {
	struct fetch_job *job;
	struct seat *next; /* in the inbox, later among those given up */
	atomic_uint state; /* also the futex word */
};
enum { RUNS, RUNS_AND_SLEEPS, DONE };

struct engine {
	pthread_mutex_t lock;      /* of all down to `leave` */
	struct seat *first, *last; /* inbox */
	struct seat *given_up;
	bool asleep; /* the loop waits: wake it */
	bool stop;
	unsigned inside; /* threads between engine_enter and engine_leave */
	pthread_cond_t leave;

	pthread_t thread;
	struct fetch *fetch; /* the loop's own */
	struct resolve *names;
	struct fetch_limits limits;
	unsigned connect_ms, total_ms;
};

/* ---- one futex per sleeper ---------------------------------------------------- */

static void
futex_sleep(atomic_uint *word, unsigned while_it_is, int64_t ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, while_it_is,
	    ms < 0 ? NULL : &t, NULL, 0);
}

/* The word may be gone already, its thread having seen DONE: then the call
 * wakes nobody, or somebody who looks again and sleeps on. */
static void
on_done(struct fetch_job *job)
{
	struct seat *s = job->ctx;
	atomic_uint *word = &s->state;

	if (atomic_exchange_explicit(word, DONE, memory_order_acq_rel) ==
	    RUNS_AND_SLEEPS)
		syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* until_ms -1: as long as it takes. false: the time is up. */
static bool
wait_done(struct seat *s, int64_t until_ms)
{
	unsigned was = RUNS;

	atomic_compare_exchange_strong_explicit(&s->state, &was,
	    RUNS_AND_SLEEPS, memory_order_acq_rel, memory_order_acquire);
	while (atomic_load_explicit(&s->state, memory_order_acquire) != DONE) {
		int64_t ms = until_ms < 0 ? -1 : until_ms - clock_mono_ms();

		if (until_ms >= 0 && ms <= 0)
			return false;
		futex_sleep(&s->state, RUNS_AND_SLEEPS, ms);
	}
	return true;
}

/* ---- the loop's thread -------------------------------------------------------- */

/* The lock is held throughout: a seat stays valid while it is in the list,
 * because its thread takes it out before it leaves. */
static void
end_given_up(struct engine *en)
{
	struct seat *s;

	pthread_mutex_lock(&en->lock);
	while ((s = en->given_up)) {
		en->given_up = s->next;
		fetch_end(en->fetch, s->job, ERR_UPSTREAM_TIMEOUT,
		    "the deadline has passed");
	}
	pthread_mutex_unlock(&en->lock);
}

/* What has come since the last time. Whoever was given up by then has been
 * begun by the time the list is gone through. */
static struct seat *
take_inbox(struct engine *en, bool *given_up, bool *stop)
{
	struct seat *s;

	pthread_mutex_lock(&en->lock);
	s = en->first;
	en->first = en->last = NULL;
	*given_up = en->given_up != NULL;
	*stop = en->stop;
	en->asleep = !s && !*given_up && !*stop;
	pthread_mutex_unlock(&en->lock);
	return s;
}

static void *
loop(void *ctx)
{
	struct engine *en = ctx;
	struct seat *s, *next;
	bool stop, given_up, some;

	do {
		s = take_inbox(en, &given_up, &stop);
		some = s != NULL;
		for (; s; s = next) {
			next = s->next;
			fetch_begin(en->fetch, s->job);
		}
		if (given_up)
			end_given_up(en);
		if (!stop)
			fetch_turn(en->fetch, some || given_up ? 0 : -1);
	} while (!stop);
	fetch_end_all(en->fetch);
	return NULL;
}

/* ---- threads that ask ---------------------------------------------------------- */

bool
engine_enter(struct engine *en, struct err *e)
{
	bool stop;

	pthread_mutex_lock(&en->lock);
	stop = en->stop;
	en->inside += !stop;
	pthread_mutex_unlock(&en->lock);
	return !stop || err_why(e, ERR_BUSY, "the process stops");
}

void
engine_leave(struct engine *en)
{
	pthread_mutex_lock(&en->lock);
	if (!--en->inside && en->stop)
		pthread_cond_signal(&en->leave);
	pthread_mutex_unlock(&en->lock);
}

static bool
hand_over(struct engine *en, struct seat *s)
{
	bool wake, stop;

	pthread_mutex_lock(&en->lock);
	stop = en->stop;
	if (!stop) {
		if (en->first)
			en->last->next = s;
		else
			en->first = s;
		en->last = s;
	}
	wake = en->asleep;
	en->asleep = false;
	pthread_mutex_unlock(&en->lock);
	if (wake)
		fetch_wake(en->fetch);
	return !stop;
}

static void
remind(struct engine *en, struct seat *s)
{
	pthread_mutex_lock(&en->lock);
	s->next = en->given_up;
	en->given_up = s;
	en->asleep = false;
	pthread_mutex_unlock(&en->lock);
	fetch_wake(en->fetch);
}

static void
take_back(struct engine *en, struct seat *s)
{
	struct seat **at = &en->given_up;

	pthread_mutex_lock(&en->lock);
	while (*at && *at != s)
		at = &(*at)->next;
	if (*at)
		*at = s->next;
	pthread_mutex_unlock(&en->lock);
}

bool
engine_run(struct engine *en, struct fetch_job *job, int64_t deadline_ms)
{
	struct seat s = { .job = job };

	job->ctx = &s;
	job->done = on_done;
	if (!hand_over(en, &s))
		return err_why(&job->e, ERR_BUSY, "the process stops");
	if (!wait_done(&s, deadline_ms + GRACE_MS)) {
		remind(en, &s);
		wait_done(&s, -1);
		take_back(en, &s);
	}
	return !job->e.kind;
}

/* ---- birth and end -------------------------------------------------------------- */

static bool
start_loop(struct engine *en, struct err *e)
{
	sigset_t all, old;
	int why;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	why = pthread_create(&en->thread, NULL, loop, en);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return !why || err_why(e, ERR_BROKEN, "no thread for transfers: %s",
			   strerror(why));
}

static void
read_conf(struct engine *en, const struct conf *c)
{
	en->limits = (struct fetch_limits){
		.body_bytes = (size_t)c->answer_bytes,
		.header_bytes = (size_t)c->answer_header_bytes,
		.headers = (unsigned)c->answer_headers,
		.slow_bytes_s = (unsigned)c->provider_slow_bytes_s,
		.slow_s = (unsigned)c->provider_slow_s,
	};
	en->connect_ms = (unsigned)c->provider_connect_ms;
	en->total_ms = (unsigned)c->provider_wait_ms;
}

static void
engine_free(struct engine *en)
{
	fetch_free(en->fetch);
	resolve_stop(en->names);
	pthread_cond_destroy(&en->leave);
	pthread_mutex_destroy(&en->lock);
	free(en);
}

struct engine *
engine_start(
    const struct conf *c, const struct engine_doors *doors, struct err *e)
{
	static const struct engine_doors system;
	struct engine *en = calloc(1, sizeof *en);

	if (!en)
		abort(); /* no memory */
	if (!doors)
		doors = &system;
	read_conf(en, c);
	pthread_mutex_init(&en->lock, NULL);
	pthread_cond_init(&en->leave, NULL);
	if (fetch_init(e) &&
	    (en->names = resolve_start(doors->lookup, doors->lookup_ctx, e)) &&
	    (en->fetch = fetch_new(doors->ca_dir, e)) && start_loop(en, e))
		return en;
	engine_free(en);
	return NULL;
}

void
engine_stop(struct engine *en)
{
	if (!en)
		return;
	pthread_mutex_lock(&en->lock);
	en->stop = true;
	pthread_mutex_unlock(&en->lock);
	fetch_wake(en->fetch);
	pthread_join(en->thread, NULL);
	resolve_close(en->names);
	pthread_mutex_lock(&en->lock);
	while (en->inside)
		pthread_cond_wait(&en->leave, &en->lock);
	pthread_mutex_unlock(&en->lock);
	engine_free(en);
}

struct resolve *
engine_resolver(struct engine *en)
{
	return en->names;
}

const struct fetch_limits *
engine_limits(const struct engine *en)
{
	return &en->limits;
}

unsigned
engine_connect_ms(const struct engine *en)
{
	return en->connect_ms;
}

unsigned
engine_total_ms(const struct engine *en)
{
	return en->total_ms;
}
