/* found.h - what was found out about a provider, kept for other programs
 * SPDX-License-Identifier: Apache-2.0
 *
 * The facade learns what a provider can (fhir/ability); metadata tells it to
 * whoever shows a token. Between them stands wardgate.provider_found: one JSON
 * object per tenant, in words of our own:
 *
 *   { "version": "STU3", "told": true,
 *     "facts": { "sort": { "works": false, "by": "seen" } },
 *     "person": { "is": "beneficiary", "by": "statement" },
 *     "types": { "Patient": { "params": ["family"], "contains": ["family"],
 *                             "subject": false } } }
 *
 * What the operator's switches say is not in it: they stand beside it. */
#ifndef GATE_FOUND_H
#define GATE_FOUND_H

#include "ext/db.h"
#include "fhir/ability.h"

#define FOUND_BYTES_MAX ((size_t)16384)

/* found_write - the object. b has failed if it is over FOUND_BYTES_MAX. */
void found_write(struct buf *b, const struct ability *can);

/* found_read - adds what the object says to *can, which has been started for a
 * version, where *can does not know it better; the operator's switches come
 * after it. false: not as found_write
 * writes it, or of another version; then nothing has changed. */
bool found_read(struct ability *can, struct arena *a, struct str json);

/* found_put - adds it to what is kept for other programs, if the tenant's
 * provider is still at that revision; if not, nothing happens. Several
 * processes find out several things: what another one has kept stays, unless
 * this one knows it as well or better. Call it when something was learned, not
 * with every request: it asks the database twice (statements found_get and
 * found_put). false: ERR_DB. */
bool found_put(struct db *db, struct arena *a, const struct guid *tenant,
    int64_t revision, const struct ability *can, struct err *e);

#endif
