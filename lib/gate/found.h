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
 *                             "subject": false } },
 *     "passed": { "Patient": { "birthdate": 20777 } },
 *     "probed": 20777 }
 *
 * "passed" are parameters that were seen to be passed over, each with the day
 * of that, counted from 1970-01-01: the next day it is still believed, then it
 * is to be seen again. The facade's own processes tell each other that way,
 * for it takes a record that does not fit to see it. "probed" is the day on
 * which `wardgate probe` asked the provider: as long as that is believed, so is
 * all that was seen.
 * What the operator's switches say is not in it: they stand beside it. */
#ifndef GATE_FOUND_H
#define GATE_FOUND_H

#include "ext/db.h"
#include "fhir/ability.h"

#define FOUND_BYTES_MAX ((size_t)16384)

#define FOUND_PARAMS_MAX 32 /* per type, as bits in ability_type */

/* The day on which a parameter was seen to be passed over; 0: it was not. */
struct found_days {
	int64_t probed; /* the day of the last probe; 0: none */
	int64_t of[IFACE__MAX][FOUND_PARAMS_MAX];
};

/* found_write - the object; what can says of parameters that are passed over
 * is taken from days. b has failed if it is over FOUND_BYTES_MAX. */
void found_write(
    struct buf *b, const struct ability *can, const struct found_days *days);

/* found_read - adds what the object says to *can, which has been started for a
 * version, where *can does not know it better; the operator's switches come
 * after it.
 *   now_s  seconds since 1970 UTC: what is too old is left out
 * false: not as found_write writes it, or of another version; then nothing has
 * changed. */
bool found_read(
    struct ability *can, struct arena *a, struct str json, int64_t now_s);

/* found_put - adds it to what is kept for other programs, if the tenant's
 * provider is still at that revision; if not, nothing happens. Several
 * processes find out several things: what another one has kept stays, unless
 * this one knows it as well or better. Call it when something was learned, not
 * with every request: it asks the database twice (statements found_get and
 * found_put). false: ERR_DB. */
bool found_put(struct db *db, struct arena *a, const struct guid *tenant,
    int64_t revision, const struct ability *can, int64_t now_s, struct err *e);

/* found_get - what is kept of the tenant's provider at that revision, added to
 * *can as found_read does. false: ERR_DB. */
bool found_get(struct db *db, struct arena *a, const struct guid *tenant,
    int64_t revision, struct ability *can, int64_t now_s, struct err *e);

#endif
