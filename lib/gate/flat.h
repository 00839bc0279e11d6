/* flat.h - one flat JSON object, in the one spelling that is ours
 * SPDX-License-Identifier: Apache-2.0
 *
 * Knows only what gate/token writes: one object without blanks, of plain ASCII
 * text without escapes and of integers, no member twice. What is spelled
 * otherwise was not made here. It costs a tenth of a general parser, on every
 * request. */
#ifndef GATE_FLAT_H
#define GATE_FLAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct flat_value {
	bool there;
	struct str text; /* text.at == NULL: it is an integer */
	int64_t n;
};

/* What is looked for, and in which order the values are wanted. */
struct flat_wanted {
	const char *const *names;
	size_t n;
	bool only; /* no other member is allowed */
};

/* flat_read - the members that are wanted, in their order; text borrowed from
 * json. values: zeroed, w->n of them. false: ERR_TOKEN_MALFORMED; _CLAIMS for a
 * value that is neither text nor an integer. */
bool flat_read(struct str json, const struct flat_wanted *w,
    struct flat_value *values, struct err *e);

#endif
