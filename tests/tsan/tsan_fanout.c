/* tsan_fanout.c - many callers fan out, some of their jobs too, some in a hurry
 * SPDX-License-Identifier: Apache-2.0
 *
 * What must hold: each job runs once or, past its caller's deadline, never;
 * none runs when its caller has gone on; what a job wrote without any lock is
 * there for its caller. Meant for -fsanitize=thread. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "relay/fanout.h"

#define CREW      6
#define CALLERS   12
#define ROUNDS    1500
#define JOBS      9
#define INNER     3
#define LONGEST_S 180

static const struct guid nobody;
static struct fanout *crew;
static atomic_uint wrong;

struct task {
	unsigned runs; /* no atomic: the room's lock must be enough */
	bool fans_out;
	unsigned inner[INNER];
};

static void
count(void *ctx)
{
	unsigned *n = ctx;

	++*n;
}

static void
run(void *ctx)
{
	struct task *t = ctx;
	struct fanout_job jobs[INNER];
	size_t i;

	t->runs++;
	if (!t->fans_out)
		return;
	for (i = 0; i < INNER; i++)
		jobs[i] =
		    (struct fanout_job){ .run = count, .ctx = &t->inner[i] };
	fanout_run(crew, &nobody, jobs, INNER, INNER, 0);
	for (i = 0; i < INNER; i++)
		if (t->inner[i] != 1)
			atomic_fetch_add(&wrong, 1);
}

/* Tasks and jobs lie on a stack that the next round writes over. */
static void
one_round(unsigned n)
{
	struct task tasks[JOBS];
	struct fanout_job jobs[JOBS];
	int64_t deadline = n % 4 ? 0 : clock_mono_ms() + n % 3;
	size_t i;

	memset(tasks, 0, sizeof tasks);
	for (i = 0; i < JOBS; i++) {
		tasks[i].fans_out = (n + i) % 5 == 0;
		jobs[i] = (struct fanout_job){ .run = run, .ctx = &tasks[i] };
	}
	fanout_run(crew, &nobody, jobs, JOBS, 1 + n % (JOBS + 1), deadline);
	for (i = 0; i < JOBS; i++)
		if (tasks[i].runs != jobs[i].ran || (!deadline && !jobs[i].ran))
			atomic_fetch_add(&wrong, 1);
}

static void *
caller(void *ctx)
{
	unsigned n, first = *(unsigned *)ctx;

	for (n = 0; n < ROUNDS; n++)
		one_round(first + n);
	return NULL;
}

int
main(void)
{
	pthread_t thread[CALLERS];
	unsigned i, first[CALLERS], lives;
	struct err e = { .kind = ERR_NONE };

	alarm(LONGEST_S);
	for (lives = 0; lives < 3; lives++) {
		if (!(crew = fanout_start(CREW, &e)))
			return 1;
		for (i = 0; i < CALLERS; i++) {
			first[i] = i * 7 + lives;
			pthread_create(&thread[i], NULL, caller, &first[i]);
		}
		for (i = 0; i < CALLERS; i++)
			pthread_join(thread[i], NULL);
		fanout_stop(crew);
	}
	printf("tsan_fanout: %d calls, %u wrong\n", 3 * CALLERS * ROUNDS,
	    atomic_load(&wrong));
	return atomic_load(&wrong) ? 1 : 0;
}
