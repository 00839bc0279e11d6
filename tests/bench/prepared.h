/* prepared.h - requests written beforehand, with a hole for what changes
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_PREPARED_H
#define BENCH_PREPARED_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	const char *at;
	size_t len;
};

struct prepared {
	struct text before, after; /* what stands around the hole */
	bool hole;                 /* false: all of it is in `before` */
};

/* text_map - the file at path, for good. Ends the program if it cannot. */
struct text text_map(const char *path);

/* text_line - the next line, taken off *t; false when none is left. */
bool text_line(struct text *t, struct text *line);

/* prepared_load - the request in the file at path; its hole is `{}`. */
struct prepared prepared_load(const char *path);

#endif
