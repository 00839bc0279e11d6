/* pair.h - one name=value of a query string or a form body, decoded
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FHIR_PAIR_H
#define FHIR_PAIR_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define PAIR_NAME_BYTES_MAX 128 /* decoded, modifier included */

/* Slices are NUL-free UTF-8 without control characters, borrowed from the
 * arena. */
struct pair {
	struct str name;     /* before the first colon, never empty */
	struct str modifier; /* behind it; absent without colon */
	struct str value;    /* without blanks around it; empty without = */
};

/* pair_read - decodes first, then splits.
 *   text  what stands between two &: not empty
 * false: ERR_PARAM: bad encoding, bad name, control characters. */
bool pair_read(struct arena *a, struct str text, struct pair *p, struct err *e);

/* pair_once - a value that may come twice only if it is the same. false:
 * ERR_REPEATED, with the name in the sentence. */
bool pair_once(
    struct str *held, struct str value, const char *name, struct err *e);

#endif
