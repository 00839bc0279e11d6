/* command_shape.h - what a verb said, written as JSON or as text
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_COMMAND_SHAPE_H
#define APP_COMMAND_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define SAID_COLUMNS_MAX 64

enum said_kind { SAID_VALUE, SAID_LIST, SAID_ROW, SAID_LIST_END };

/* What was said, in order. */
struct said {
	struct said *next;
	enum said_kind kind;
	const char *name;
	char *text; /* NULL: null */
	size_t len;
	bool quoted; /* text in JSON; otherwise a number or truth value */
};

/* A table that goes on over several writes keeps its shape. */
struct said_table {
	char headed[64]; /* name of the list whose head is written */
	size_t width[SAID_COLUMNS_MAX];
};

/* said_json - one object, and a line's end.
 * said_text - a line for each value, a table for each list. */
void said_json(struct buf *b, const struct said *p);
void said_text(struct said_table *t, struct buf *b, const struct said *p);

#endif
