/* engine.c - the process's one loop of transfers, and how threads wait for it
 * SPDX-License-Identifier: Apache-2.0 */
#include "relay/engine.h"

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

#define GRACE_MS 250  /* after its deadline a thread ends its job itself */
#define TURN_MS  1000 /* longest wait of whoever turns the loop */
#define IDLE_S   5    /* between two looks of the keeper */
#define LEAVE_MS 5    /* between two looks whether all have left */

/* A waiting thread's place: on its stack and, under the lock, in a list. Who
 * writes DONE knows the seat no more. */
struct seat {
	struct engine *en;
	struct seat *prev, *next;
	atomic_uint state; /* also the futex word */
};
enum { WAITS, SLEEPS, TURNS, DONE };

struct engine {
	pthread_mutex_t lock; /* of these five */
	struct fetch *fetch;
	struct seat *seats;
	bool turning; /* a thread turns the loop */
	bool closed;  /* the keeper and new jobs see this */
	pthread_cond_t closes;

	atomic_bool stop;
	atomic_uint inside; /* threads between engine_enter and engine_leave */
	pthread_t keeper;
	struct resolve *names;
	struct breakers *breakers;
	struct fetch_limits limits;
	unsigned connect_ms, total_ms;
};

/* ---- seats -------------------------------------------------------------------- */

static void
sit_down(struct engine *en, struct seat *s)
{
	s->en = en;
	s->next = en->seats;
	if (s->next)
		s->next->prev = s;
	en->seats = s;
}

static void
stand_up(struct seat *s)
{
	if (s->next)
		s->next->prev = s->prev;
	if (s->prev)
		s->prev->next = s->next;
	else
		s->en->seats = s->next;
}

/* The seat may be gone once its thread has seen DONE: then the call wakes
 * nobody, or somebody who looks again and sleeps on. */
static void
tell(struct seat *s, unsigned state)
{
	atomic_uint *word = &s->state;

	if (atomic_exchange_explicit(word, state, memory_order_acq_rel) ==
	    SLEEPS)
		syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void
on_done(struct fetch_job *job)
{
	struct seat *s = job->ctx;

	stand_up(s);
	tell(s, DONE);
}

static unsigned
state_of(struct seat *s)
{
	return atomic_load_explicit(&s->state, memory_order_acquire);
}

/* Until told something, or until_ms. Returns the state then. */
static unsigned
sleep_on(struct seat *s, int64_t until_ms)
{
	unsigned state = WAITS;

	atomic_compare_exchange_strong_explicit(&s->state, &state, SLEEPS,
	    memory_order_acq_rel, memory_order_acquire);
	while ((state = state_of(s)) == SLEEPS) {
		int64_t ms = until_ms - clock_mono_ms();
		struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

		if (ms <= 0)
			break;
		syscall(SYS_futex, &s->state, FUTEX_WAIT_PRIVATE, SLEEPS, &t,
		    NULL, 0);
	}
	return state;
}

/* ---- turning the loop; the lock is held ------------------------------------------ */

static void
turn(struct engine *en, int wait_ms)
{
	en->turning = true;
	fetch_turn(en->fetch, wait_ms, &en->lock);
	en->turning = false;
}

/* To be called before the lock is let go for good: while seats are taken,
 * somebody turns the loop or has been told to. The newest seat is told, its
 * thread is the likeliest to be still awake. */
static void
hand_on(struct engine *en)
{
	if (!en->turning && en->seats)
		tell(en->seats, TURNS);
}

/* Turns the loop if nobody does, sleeps otherwise; lets go of the lock. */
static void
wait_done(
    struct engine *en, struct seat *s, struct fetch_job *job, int64_t until_ms)
{
	while (state_of(s) != DONE && clock_mono_ms() < until_ms) {
		if (!en->turning) {
			turn(en, TURN_MS);
			continue;
		}
		atomic_store_explicit(&s->state, WAITS, memory_order_relaxed);
		pthread_mutex_unlock(&en->lock);
		if (sleep_on(s, until_ms) == DONE)
			return;
		pthread_mutex_lock(&en->lock);
	}
	if (state_of(s) != DONE)
		fetch_end(en->fetch, job, ERR_UPSTREAM_TIMEOUT,
		    "the deadline has passed");
	hand_on(en);
	pthread_mutex_unlock(&en->lock);
}

bool
engine_run(struct engine *en, struct fetch_job *job, int64_t deadline_ms)
{
	struct seat s = { 0 };

	job->ctx = &s;
	job->done = on_done;
	pthread_mutex_lock(&en->lock);
	if (en->closed) {
		pthread_mutex_unlock(&en->lock);
		return err_why(&job->e, ERR_BUSY, "the process stops");
	}
	sit_down(en, &s);
	fetch_begin(en->fetch, job);
	wait_done(en, &s, job, deadline_ms + GRACE_MS);
	return !job->e.kind;
}

/* With no request under way nobody turns the loop, but connections and pools
 * grow old all the same. */
static void *
keep(void *ctx)
{
	struct engine *en = ctx;
	struct timespec t;

	pthread_mutex_lock(&en->lock);
	while (!en->closed) {
		clock_gettime(CLOCK_MONOTONIC, &t);
		t.tv_sec += IDLE_S;
		pthread_cond_timedwait(&en->closes, &en->lock, &t);
		if (!en->turning && !en->closed)
			turn(en, 0);
		hand_on(en);
	}
	pthread_mutex_unlock(&en->lock);
	return NULL;
}

/* ---- birth and end -------------------------------------------------------------- */

bool
engine_enter(struct engine *en, struct err *e)
{
	atomic_fetch_add(&en->inside, 1);
	if (!atomic_load(&en->stop))
		return true;
	engine_leave(en);
	return err_why(e, ERR_BUSY, "the process stops");
}

void
engine_leave(struct engine *en)
{
	atomic_fetch_sub(&en->inside, 1);
}

static bool
start_keeper(struct engine *en, struct err *e)
{
	sigset_t all, old;
	int why;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	why = pthread_create(&en->keeper, NULL, keep, en);
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
	pthread_cond_destroy(&en->closes);
	pthread_mutex_destroy(&en->lock);
	free(en);
}

struct engine *
engine_start(
    const struct conf *c, const struct engine_doors *doors, struct err *e)
{
	static const struct engine_doors system;
	struct engine *en = calloc(1, sizeof *en);
	pthread_condattr_t attr;

	if (!en)
		abort(); /* no memory */
	if (!doors)
		doors = &system;
	read_conf(en, c);
	pthread_mutex_init(&en->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&en->closes, &attr);
	pthread_condattr_destroy(&attr);
	if (fetch_init(e) &&
	    (en->names = resolve_start(doors->lookup, doors->lookup_ctx, e)) &&
	    (en->fetch = fetch_new(doors->ca_dir, e)) && start_keeper(en, e))
		return en;
	engine_free(en);
	return NULL;
}

void
engine_stop(struct engine *en)
{
	struct timespec t = { 0, LEAVE_MS * 1000000 };

	if (!en)
		return;
	atomic_store(&en->stop, true);
	resolve_close(en->names);
	pthread_mutex_lock(&en->lock);
	en->closed = true;
	fetch_end_all(en->fetch);
	pthread_cond_signal(&en->closes);
	pthread_mutex_unlock(&en->lock);
	fetch_wake(en->fetch);
	pthread_join(en->keeper, NULL);
	while (atomic_load(&en->inside))
		nanosleep(&t, NULL);
	engine_free(en);
}

void
engine_heed(struct engine *en, struct breakers *b)
{
	en->breakers = b;
}

struct breakers *
engine_breakers(struct engine *en)
{
	return en->breakers;
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
