/* rehearsal_batch.h - a Bundle of requests, each answered on its own
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_REHEARSAL_BATCH_H
#define APP_REHEARSAL_BATCH_H

#include "rehearsal/rehearsal_visit.h"

#define REHEARSAL_BATCH_BYTES   ((size_t)1024 * 1024)
#define REHEARSAL_BATCH_ENTRIES 100

/* rehearsal_batch - runs a batch (FHIR http, 3.1.0.11): reads and searches;
 * one answer per entry, in order, whatever becomes of the others. A body that
 * is no batch is refused as a whole. */
void rehearsal_batch(const struct rehearsal_visit *v, struct str body,
    struct rehearsal_reply *reply);

#endif
