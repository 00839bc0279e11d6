/* shared.h - memory that the processes of one host have in common
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file in a folder on a memory file system, mapped by every process that
 * opens it. It outlives them all, up to the next start of the host. Nothing
 * in it is ever locked: whoever uses it does so with atomic operations, each
 * of which leaves it right, so any process may be killed at any instant.
 *
 * Others write there too: what is read from it is a number and never an
 * address, a length or an index that would be used unchecked. */
#ifndef BASE_SHARED_H
#define BASE_SHARED_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct shared_plan {
	const char *dir;  /* must exist; its group is who may use the file */
	const char *name; /* of the file */
	uint64_t layout;  /* what the bytes mean: a file of another layout or
	                   * size is left to those who use it, and replaced */
	size_t bytes;

	/* Zeroed memory, before anybody else sees it; NULL: zeros will do. */
	void (*fill)(void *at);
};

/* shared_open - the memory, aligned for every type, as others left it; new
 * memory if there is none yet, with rights for its owner and the folder's
 * group. Opening waits up to 5 s for others who open. NULL: ERR_CONF. */
void *shared_open(const struct shared_plan *plan, struct err *e);

/* shared_close - this process needs it no longer; at may be NULL. */
void shared_close(void *at, size_t bytes);

/* shared_mix - a layout made of everything that decides what the bytes mean:
 * call it for each number and each word, starting with layout 0. */
uint64_t shared_mix(uint64_t layout, uint64_t number);
uint64_t shared_mix_text(uint64_t layout, const char *word);

#endif
