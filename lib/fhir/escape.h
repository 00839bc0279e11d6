/* escape.h - escapes in JSON strings: what may stand there, what it means
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FHIR_ESCAPE_H
#define FHIR_ESCAPE_H

#include "base/str.h"

/* escape_check - one escape, its backslash at p (RFC 8259 7). NULL: good, *n
 * bytes long. Else what is wrong, in a few words: not JSON, \u0000, or a
 * surrogate without its other half. */
const char *escape_check(const char *p, const char *end, size_t *n);

/* escape_decode - the text that a string means; borrowed from a.
 *   raw  what stands between the quotes; every escape passed escape_check */
const struct str *escape_decode(struct arena *a, struct str raw);

#endif
