/* tsan_limit.c - many draw on the same buckets: never more pass than may
 * SPDX-License-Identifier: Apache-2.0
 *
 * What must hold: of one bucket that everybody draws on, at one and the same
 * instant, exactly its burst passes; and when strangers begin in the places
 * around it, one more or less for each who draws just then. Meant for
 * -fsanitize=thread. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/limit.h"

#define THREADS 8
#define ROUNDS  200
#define DRAWS   100
#define BURST   200
#define SECOND  INT64_C(1000000)

static struct limits *l;
static atomic_uint passed;
static _Atomic int64_t now_us;
static atomic_bool strangers;
static pthread_barrier_t together;

/* Half of them bring strangers, who come for the first time and once. */
static void *
draw(void *arg)
{
	unsigned me = (unsigned)(size_t)arg, round, i, n = me << 24;

	for (round = 0; round < ROUNDS; round++) {
		pthread_barrier_wait(&together);
		for (i = 0; i < DRAWS; i++) {
			struct guid one = { { 1 } }, other = { { 2 } };
			struct err e = { .kind = ERR_NONE };

			n++;
			memcpy(other.at + 8, &n, sizeof n);
			passed +=
			    limit_draw(l, LIMIT_CLIENT, &one, 1, now_us, &e);
			if (strangers && me % 2)
				limit_draw(
				    l, LIMIT_CLIENT, &other, 1, now_us, &e);
		}
		pthread_barrier_wait(&together);
	}
	return NULL;
}

static int
run(void)
{
	pthread_t t[THREADS];
	size_t i, round, wrong = 0;

	pthread_barrier_init(&together, NULL, THREADS + 1);
	for (i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, draw, (void *)i);
	for (round = 0; round < ROUNDS; round++) {
		now_us += 60 * SECOND;
		passed = 0;
		strangers = round % 2;
		pthread_barrier_wait(&together);
		pthread_barrier_wait(&together);
		wrong += strangers ? passed + THREADS < BURST ||
		                         passed > BURST + THREADS
		                   : passed != BURST;
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	printf("limit: %d rounds of %d, wrong in %zu\n", ROUNDS,
	    THREADS * DRAWS, wrong);
	return wrong ? 1 : 0;
}

int
main(void)
{
	char dir[] = "/tmp/wg-limit-XXXXXX", path[64];
	struct conf c = {
		.client_rate = 10, .client_burst = BURST, .limit_places = 4096
	};
	struct err e = { .kind = ERR_NONE };
	int status;

	c.shared_dir = mkdtemp(dir);
	if (!c.shared_dir || !(l = limits_open(&c, &e))) {
		fprintf(stderr, "limit: %s\n", e.said);
		return 1;
	}
	status = run();
	limits_close(l);
	snprintf(path, sizeof path, "%s/limits", dir);
	unlink(path);
	rmdir(dir);
	return status;
}
