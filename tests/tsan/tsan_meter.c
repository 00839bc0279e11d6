/* tsan_meter.c - many threads count at once, for more tenants than have cells
 * SPDX-License-Identifier: Apache-2.0
 *
 * What must hold: every request is counted once, for its own tenant or with the
 * others; no two tenants share cells but those; all that ask for the cells of
 * one tenant get the same. Meant for -fsanitize=thread. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/meter_cells.h"

#define THREADS 8
#define ROUNDS  5000
#define TENANTS 30
#define CELLS   20

static atomic_uint wrong;
static _Atomic unsigned cells_of[TENANTS];

static void
one(unsigned n)
{
	struct meter_request r = { .kind = ERR_NONE, .status = 200 };
	char slug[16];
	unsigned none = 0;

	snprintf(slug, sizeof slug, "ward-%u", n);
	r.tenant = meter_tenant(slug);
	if (!atomic_compare_exchange_strong(&cells_of[n], &none, r.tenant) &&
	    none != r.tenant)
		wrong++;
	meter_request(&r);
	meter_upstream(r.tenant, ERR_UPSTREAM_BUSY, (int64_t)n);
	meter_lookup(METER_ROUTE, n % 2);
	meter_waiting(n);
}

static void *
count(void *arg)
{
	unsigned i, me = (unsigned)(size_t)arg;

	for (i = 0; i < ROUNDS; i++)
		one((i * 7 + me) % TENANTS);
	return NULL;
}

static void
look_through(const struct meter_cells *c)
{
	uint64_t requests = 0, calls = 0;
	char slug[METER_SLUG_BYTES];
	size_t i, named = 0;

	for (i = 0; i < meter_tenants(); i++) {
		requests += c->tenant[i].request[ERR_NONE];
		calls += c->tenant[i].upstream[ERR_UPSTREAM_BUSY];
		named += meter_slug(&c->tenant[i], slug);
	}
	wrong += requests != THREADS * ROUNDS;
	wrong += calls != THREADS * ROUNDS;
	wrong += named != CELLS;
	wrong += c->request[METER_FACADE][METER_NONE][1][ERR_NONE] !=
	         THREADS * ROUNDS;
}

static int
run(void)
{
	pthread_t t[THREADS];
	size_t i;

	for (i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, count, (void *)i);
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	look_through(meter_cells());
	printf("meter: %d requests, %u wrong\n", THREADS * ROUNDS, wrong);
	return wrong ? 1 : 0;
}

int
main(void)
{
	char dir[] = "/tmp/wg-meter-XXXXXX", path[64];
	struct conf c = { .metric_tenants = CELLS };
	struct err e = { .kind = ERR_NONE };
	int status;

	c.shared_dir = mkdtemp(dir);
	if (!c.shared_dir || !meter_open(&c, "facade", &e)) {
		fprintf(stderr, "meter: %s\n", e.said);
		return 1;
	}
	status = run();
	meter_close();
	snprintf(path, sizeof path, "%s/metrics", dir);
	unlink(path);
	rmdir(dir);
	return status;
}
