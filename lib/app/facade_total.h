/* facade_total.h - Bundle.total for every search, whatever the provider says
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_FACADE_TOTAL_H
#define APP_FACADE_TOTAL_H

#include "app/visit.h"
#include "fhir/bundle.h"
#include "fhir/search_plan.h"

/* total_settle - b, the first page of p, gets its total: what the provider
 * said; else what it says when asked for the number alone; else what is
 * counted page by page, at most pages_walked of them, a record that comes twice
 * as one. A count that had to stop early is a lower bound, and an outcome entry
 * says so. */
bool total_settle(
    struct visit *v, const struct search_plan *p, struct bundle *b);

/* total_of_page - the same for a later page whose cursor knows no total: the
 * provider's word, else a lower bound. */
bool total_of_page(struct visit *v, struct bundle *b);

#endif
