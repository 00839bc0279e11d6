/* tally.h - what came back, and how long each unit of work took
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_TALLY_H
#define BENCH_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TALLY_STATUSES 600

struct tally {
	unsigned long status[TALLY_STATUSES]; /* answers by status */
	unsigned long unexpected; /* not 200, or without the expected text */
	unsigned long broken;     /* no whole answer */
	unsigned long reconnects; /* the server ended an idle connection */
	unsigned long body_bytes;
	bool ran_out;      /* the prepared values were used up */
	uint32_t *took_us; /* one per finished unit of work */
	size_t count, room;
};

/* tally_answer - one answer of this status; right: it was what was hoped. */
void tally_answer(struct tally *t, int status, size_t body_bytes, bool right);

/* tally_unit - one unit of work is done. Ends the program without memory. */
void tally_unit(struct tally *t, int64_t took_us);

/* tally_print - all of it as one JSON object on standard output. */
void tally_print(struct tally *t, int64_t whole_us);

#endif
