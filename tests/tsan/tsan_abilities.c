/* tsan_abilities.c - many threads find out about a few providers at once
 * SPDX-License-Identifier: Apache-2.0
 *
 * What must hold: what is known is always of one revision, whole, and never
 * what an older revision refused. Meant for -fsanitize=thread. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "relay/abilities.h"

#define THREADS   8
#define ROUNDS    20000
#define PROVIDERS 5

static struct abilities *s;
static atomic_uint turn, wrong;

static const char text[] =
    "{\"resourceType\":\"CapabilityStatement\",\"rest\":[{\"interaction\":["
    "{\"code\":\"batch\"}],\"resource\":[{\"type\":\"Coverage\","
    "\"searchParam\":"
    "[{\"name\":\"beneficiary\"}]}]}]}";

/* Even revisions sort, odd ones do not; only even ones have a statement. */
static void
one_round(unsigned n, const struct tree_node *statement)
{
	struct upstream_target to = { .revision = n / 1000 };
	const struct abilities_of of = { &to, FHIR_R4, 1000 };
	bool even = to.revision % 2 == 0;
	struct ability can;

	to.provider.at[0] = (unsigned char)(n % PROVIDERS);
	if (n % 3 == 0)
		abilities_seen(s, &of, ABILITY_SORT, even);
	if (n % 7 == 0 && abilities_due(s, &of))
		abilities_told(s, &of, even ? statement : NULL);
	abilities_get(s, &of, &can);
	if (ability_can(&can, ABILITY_SORT) ==
		(even ? ABILITY_NO : ABILITY_YES) ||
	    (can.told &&
		(!even || ability_can(&can, ABILITY_BATCH) != ABILITY_YES ||
		    can.person != ABILITY_BENEFICIARY)))
		atomic_fetch_add(&wrong, 1);
}

static void *
rounds(void *ctx)
{
	struct arena *a = arena_new();
	const struct tree_limits lim = { .object = true };
	struct err e = { .kind = ERR_NONE };
	const struct tree_node *statement =
	    tree_read(a, str_of(text), &lim, &e);
	unsigned n;

	(void)ctx;
	while ((n = atomic_fetch_add(&turn, 1)) < ROUNDS)
		one_round(n, statement);
	arena_free(a);
	return NULL;
}

int
main(void)
{
	pthread_t t[THREADS];

	s = abilities_new();
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, rounds, NULL))
			return 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	abilities_free(s);
	printf("%d rounds, %u wrong\n", ROUNDS, atomic_load(&wrong));
	return atomic_load(&wrong) != 0;
}
