/* test_relay_fanout.c - all jobs are done, some at once, none too late
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "relay/fanout.h"

#define CREW       4
#define JOBS       40
#define INNER      3
#define WATCHDOG_S 60

static struct fanout *crew;
static atomic_uint inside, inside_most;

struct task {
	atomic_uint runs;
	pthread_t by;
	sem_t *begun, *let;     /* tells that it began; ends when it is let */
	pthread_barrier_t *all; /* ends when all who meet there are there */
	int64_t until_ms;       /* ends then */
	struct task *inner;     /* fans out INNER of them itself */
};

static int
start(void **state)
{
	struct err e = { .kind = ERR_NONE };

	(void)state;
	alarm(WATCHDOG_S);
	atomic_store(&inside_most, 0);
	crew = fanout_start(CREW, &e);
	return crew ? 0 : -1;
}

static int
stop(void **state)
{
	(void)state;
	fanout_stop(crew);
	return 0;
}

static void run_task(void *ctx);

static void
fan_out(struct fanout *f, struct fanout_job *jobs, struct task *tasks, size_t n,
    unsigned at_most, int64_t deadline_ms)
{
	size_t i;

	for (i = 0; i < n; i++)
		jobs[i] =
		    (struct fanout_job){ .run = run_task, .ctx = &tasks[i] };
	fanout_run(f, NULL, jobs, n, at_most, deadline_ms);
}

static void
note_inside(void)
{
	unsigned now = atomic_fetch_add(&inside, 1) + 1;
	unsigned most = atomic_load(&inside_most);

	while (now > most &&
	       !atomic_compare_exchange_weak(&inside_most, &most, now))
		;
}

static void
wait_as_told(struct task *t)
{
	if (t->begun)
		sem_post(t->begun);
	if (t->let)
		while (sem_wait(t->let))
			;
	if (t->all)
		pthread_barrier_wait(t->all);
	while (clock_mono_ms() < t->until_ms)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
}

static void
run_task(void *ctx)
{
	struct task *t = ctx;
	struct fanout_job jobs[INNER];

	note_inside();
	t->by = pthread_self();
	wait_as_told(t);
	if (t->inner)
		fan_out(crew, jobs, t->inner, INNER, INNER, 0);
	atomic_fetch_add(&t->runs, 1);
	atomic_fetch_sub(&inside, 1);
}

static void
assert_each_once(struct fanout_job *jobs, struct task *tasks, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		assert_true(!jobs || jobs[i].ran);
		assert_int_equal(atomic_load(&tasks[i].runs), 1);
	}
}

static void
every_job_runs_once(void **state)
{
	static const unsigned at_most[] = { 0, 1, 2, 5, 1000 };
	size_t i, n;

	(void)state;
	for (i = 0; i < COUNT(at_most); i++)
		for (n = 0; n <= JOBS; n++) {
			struct task tasks[JOBS] = { 0 };
			struct fanout_job jobs[JOBS];

			fan_out(crew, jobs, tasks, n, at_most[i], 0);
			assert_each_once(jobs, tasks, n);
		}
}

static void
as_many_run_at_once_as_may(void **state)
{
	struct task tasks[CREW + 1] = { 0 };
	struct fanout_job jobs[CREW + 1];
	pthread_barrier_t all;
	size_t i;

	(void)state;
	pthread_barrier_init(&all, NULL, CREW + 1);
	for (i = 0; i < CREW + 1; i++)
		tasks[i].all = &all; /* fewer at once would wait for ever */
	fan_out(crew, jobs, tasks, CREW + 1, CREW + 1, 0);
	assert_each_once(jobs, tasks, CREW + 1);
	pthread_barrier_destroy(&all);
}

static void
never_more_run_at_once_than_may(void **state)
{
	struct task tasks[JOBS] = { 0 };
	struct fanout_job jobs[JOBS];

	(void)state;
	fan_out(crew, jobs, tasks, JOBS, 3, 0);
	assert_each_once(jobs, tasks, JOBS);
	assert_in_range(atomic_load(&inside_most), 1, 3);
}

static void
without_a_crew_the_caller_does_all(void **state)
{
	struct task tasks[JOBS] = { 0 };
	struct fanout_job jobs[JOBS];
	size_t i;

	(void)state;
	fan_out(NULL, jobs, tasks, JOBS, 8, 0);
	assert_each_once(jobs, tasks, JOBS);
	for (i = 0; i < JOBS; i++)
		assert_true(pthread_equal(tasks[i].by, pthread_self()));
}

/* A caller whose jobs, and with them the whole crew, are held. */
struct holder {
	pthread_t thread;
	struct task tasks[CREW + 1];
	struct fanout_job jobs[CREW + 1];
	sem_t begun, let;
};

static void *
hold(void *ctx)
{
	struct holder *h = ctx;

	fan_out(crew, h->jobs, h->tasks, CREW + 1, CREW + 1, 0);
	return NULL;
}

static void
hold_crew(struct holder *h)
{
	size_t i;

	sem_init(&h->begun, 0, 0);
	sem_init(&h->let, 0, 0);
	for (i = 0; i < CREW + 1; i++) {
		h->tasks[i].begun = &h->begun;
		h->tasks[i].let = &h->let;
	}
	pthread_create(&h->thread, NULL, hold, h);
	for (i = 0; i < CREW + 1; i++)
		sem_wait(&h->begun);
}

static void
let_crew(struct holder *h)
{
	size_t i;

	for (i = 0; i < CREW + 1; i++)
		sem_post(&h->let);
	pthread_join(h->thread, NULL);
	assert_each_once(h->jobs, h->tasks, CREW + 1);
	sem_destroy(&h->begun);
	sem_destroy(&h->let);
}

/* Two of four help, which leaves two to others. */
struct owned {
	pthread_t thread;
	struct guid owner;
	struct task tasks[CREW + 1];
	struct fanout_job jobs[CREW + 1];
};

static void *
run_owned(void *ctx)
{
	struct owned *o = ctx;
	size_t i;

	for (i = 0; i < CREW + 1; i++)
		o->jobs[i] =
		    (struct fanout_job){ .run = run_task, .ctx = &o->tasks[i] };
	fanout_run(crew, &o->owner, o->jobs, CREW + 1, CREW + 1, 0);
	return NULL;
}

static void
one_owner_leaves_helpers_to_others(void **state)
{
	struct owned hangs[2] = { { .owner = { { 1 } } },
		{ .owner = { { 1 } } } };
	struct owned well = { .owner = { { 2 } } };
	pthread_barrier_t two;
	sem_t begun, let;
	size_t i;
	int n;

	(void)state;
	sem_init(&begun, 0, 0);
	sem_init(&let, 0, 0);
	for (i = 0; i < 2 * (CREW + 1); i++) {
		struct task *t = &hangs[i / (CREW + 1)].tasks[i % (CREW + 1)];

		t->begun = &begun;
		t->let = &let;
	}
	pthread_create(&hangs[0].thread, NULL, run_owned, &hangs[0]);
	pthread_create(&hangs[1].thread, NULL, run_owned, &hangs[1]);
	for (i = 0; i < 2 + CREW / 2; i++) /* two callers, half the crew */
		sem_wait(&begun);
	pthread_barrier_init(&two, NULL, 2);
	well.tasks[0].all = well.tasks[1].all = &two; /* alone: for ever */
	run_owned(&well);
	assert_each_once(well.jobs, well.tasks, CREW + 1);
	sem_getvalue(&begun, &n);
	assert_int_equal(n, 0);
	for (i = 0; i < 2 * (CREW + 1); i++)
		sem_post(&let);
	for (i = 0; i < 2; i++) {
		pthread_join(hangs[i].thread, NULL);
		assert_each_once(hangs[i].jobs, hangs[i].tasks, CREW + 1);
	}
	pthread_barrier_destroy(&two);
	sem_destroy(&begun);
	sem_destroy(&let);
}

static void
nobody_waits_for_a_busy_crew(void **state)
{
	struct holder h = { 0 };
	struct task tasks[JOBS] = { 0 }, inner[JOBS][INNER] = { 0 };
	struct fanout_job jobs[JOBS];
	size_t i;

	(void)state;
	hold_crew(&h);
	for (i = 0; i < JOBS; i++)
		tasks[i].inner = inner[i];
	fan_out(crew, jobs, tasks, JOBS, 8, 0);
	assert_each_once(jobs, tasks, JOBS);
	for (i = 0; i < JOBS; i++)
		assert_true(pthread_equal(tasks[i].by, pthread_self()));
	let_crew(&h);
}

static void
jobs_that_fan_out_again_all_end(void **state)
{
	struct task tasks[JOBS] = { 0 }, inner[JOBS][INNER] = { 0 };
	struct fanout_job jobs[JOBS];
	size_t i;

	(void)state;
	for (i = 0; i < JOBS; i++)
		tasks[i].inner = inner[i];
	fan_out(crew, jobs, tasks, JOBS, 8, 0);
	assert_each_once(jobs, tasks, JOBS);
	for (i = 0; i < JOBS; i++)
		assert_each_once(NULL, inner[i], INNER);
}

static void
after_the_deadline_no_job_is_begun(void **state)
{
	static const unsigned at_most[] = { 1, 3 };
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(at_most); i++) {
		int64_t deadline = clock_mono_ms() + 30;
		struct task tasks[JOBS] = { 0 };
		struct fanout_job jobs[JOBS];
		size_t ran = 0;

		for (j = 0; j < JOBS; j++)
			tasks[j].until_ms = deadline;
		fan_out(crew, jobs, tasks, JOBS, at_most[i], deadline);
		for (j = 0; j < JOBS; j++) {
			ran += jobs[j].ran;
			assert_int_equal(
			    atomic_load(&tasks[j].runs), jobs[j].ran);
		}
		assert_in_range(ran, 0, at_most[i]);
		fan_out(crew, jobs, tasks, JOBS, at_most[i], deadline);
		for (j = 0; j < JOBS; j++)
			assert_false(jobs[j].ran);
	}
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(every_job_runs_once),
		STORY(as_many_run_at_once_as_may),
		STORY(never_more_run_at_once_than_may),
		STORY(without_a_crew_the_caller_does_all),
		STORY(one_owner_leaves_helpers_to_others),
		STORY(nobody_waits_for_a_busy_crew),
		STORY(jobs_that_fan_out_again_all_end),
		STORY(after_the_deadline_no_job_is_begun),
	};

	return cmocka_run_group_tests_name("relay/fanout", tests, NULL, NULL);
}
