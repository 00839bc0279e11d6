/* facade_fill.h - the displays that people see and the provider left out
 * SPDX-License-Identifier: Apache-2.0
 *
 * What fhir/display cannot settle within an answer is asked of the tenant's
 * provider: at most fill_references records for one answer, fill_parallel at a
 * time, each record once, for all entries of a batch together (app/names).
 * They have fill_wait_ms, and half of what is left of the request's time: a
 * name that is slow, wrong or not there costs its display and never the
 * answer. What stays without one is counted in the request's log line (bare).
 *
 * A look-up is a read of a Location, Practitioner, PractitionerRole,
 * Organization or Medication, of which only the name is shown: no record of a
 * patient. It has no audit row of its own; the row of the request holds how
 * many there were (lookups) and their time (in upstream_ms). */
#ifndef APP_FACADE_FILL_H
#define APP_FACADE_FILL_H

#include "app/visit.h"

/* fill_displays - root, an answer in the version of the face with the
 * provider's references still in it, gets what can be found out.
 *   called  what the provider calls itself beside its base; NULL: no other
 *   aside   entries that came with it and do not leave with it, or NULL */
void fill_displays(struct visit *v, struct tree_node *root,
    const struct links *called, const struct tree_node *aside);

#endif
