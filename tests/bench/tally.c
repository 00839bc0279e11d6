/* tally.c - what came back, and how long each unit of work took
 * SPDX-License-Identifier: Apache-2.0 */
#include "tally.h"

#include <stdio.h>
#include <stdlib.h>

void
tally_answer(struct tally *t, int status, size_t body_bytes, bool right)
{
	bool known = status >= 0 && status < TALLY_STATUSES;

	t->status[known ? status : 0]++;
	t->body_bytes += body_bytes;
	t->unexpected += !right;
}

void
tally_unit(struct tally *t, int64_t took_us)
{
	if (t->count == t->room) {
		t->room = t->room ? t->room * 2 : 1 << 16;
		t->took_us = realloc(t->took_us, t->room * sizeof *t->took_us);
		if (t->took_us == NULL) {
			fprintf(stderr, "load: out of memory\n");
			exit(1);
		}
	}
	t->took_us[t->count++] = (uint32_t)took_us;
}

static int
smaller(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static unsigned
percentile(const struct tally *t, unsigned percent)
{
	return t->count ? t->took_us[(t->count - 1) * percent / 100] : 0;
}

void
tally_print(struct tally *t, int64_t whole_us)
{
	double seconds = (double)whole_us / 1e6;
	const char *comma = "";
	int i;

	if (t->count)
		qsort(t->took_us, t->count, sizeof *t->took_us, smaller);
	printf("{\"units\":%zu,\"seconds\":%.6f,\"rate\":%.1f,", t->count,
	    seconds, seconds > 0 ? (double)t->count / seconds : 0.0);
	printf("\"p50_us\":%u,\"p99_us\":%u,\"max_us\":%u,", percentile(t, 50),
	    percentile(t, 99), percentile(t, 100));
	printf("\"body_bytes\":%lu,\"unexpected\":%lu,\"broken\":%lu,",
	    t->body_bytes, t->unexpected, t->broken);
	printf("\"reconnects\":%lu,\"ran_out\":%s,\"status\":{", t->reconnects,
	    t->ran_out ? "true" : "false");
	for (i = 0; i < TALLY_STATUSES; i++) {
		if (t->status[i] == 0)
			continue;
		printf("%s\"%d\":%lu", comma, i, t->status[i]);
		comma = ",";
	}
	printf("}}\n");
}
