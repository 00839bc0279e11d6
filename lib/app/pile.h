/* pile.h - the answers of a batch, kept below one ceiling together
 * SPDX-License-Identifier: Apache-2.0
 *
 * Entries end in any order and in any thread. Whenever what they leave is more
 * than the ceiling, the largest answer gives way (of equal ones the last), so
 * that small answers survive a large one and memory is bounded all the time.
 * Which ones give way does not depend on the order in which they come.
 *
 * Shared between the threads of one batch: the pile, under its own lock
 * (pile.lock), never held while an answer is copied. */
#ifndef APP_PILE_H
#define APP_PILE_H

#include <pthread.h>

#include "base/arena.h"
#include "base/str.h"

struct pile_slot {
	struct str text; /* absent: nothing was kept here */
	bool gave_way;   /* it would have been too much */
	struct arena *a; /* the pile's own */
};

struct pile {
	pthread_mutex_t lock;
	size_t max, held; /* bytes */
	size_t n;
	struct pile_slot *slot;
};

/* pile_open - n empty slots, borrowed from a.  max  bytes of all texts. */
void pile_open(struct pile *p, struct arena *a, size_t n, size_t max);

/* pile_keep - slot i gets a copy of text. Once per slot, from any thread. */
void pile_keep(struct pile *p, size_t i, struct str text);

/* pile_close - frees all texts. */
void pile_close(struct pile *p);

#endif
