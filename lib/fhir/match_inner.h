/* match_inner.h - what matching and sorting read from a record alike
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FHIR_MATCH_INNER_H
#define FHIR_MATCH_INNER_H

#include "fhir/date.h"
#include "fhir/tree.h"

/* match_span - a date, a time, or a Period, which may be open at either end.
 * false: it says nothing that is a date. */
bool match_span(struct tree_node *n, struct date_span *span);

/* match_texts - hands over a text, or every part of a HumanName. */
typedef void match_text(void *ctx, struct str text);
void match_texts(struct tree_node *n, match_text *seen, void *ctx);

#endif
