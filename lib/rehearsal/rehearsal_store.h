/* rehearsal_store.h - the wards in the database, asked
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_REHEARSAL_STORE_H
#define APP_REHEARSAL_STORE_H

#include "rehearsal/rehearsal_query.h"
#include "base/conf.h"
#include "ext/db.h"

struct rehearsal_ward {
	struct str name;
	enum fhir_version version;
};

/* Slices live as long as the arena of the call. */
struct rehearsal_resource {
	struct str id;
	struct str body;         /* as it was loaded, byte for byte */
	struct str version_id;   /* absent where meta has none */
	struct str last_updated; /* likewise */
};

struct rehearsal_found {
	uint64_t total;
	const struct rehearsal_resource *page; /* id and body only */
	size_t n;
};

/* rehearsal_store_open - owned; db_close. wait_ms 0: as long as it takes. */
struct db *rehearsal_store_open(
    const struct conf *conf, int64_t wait_ms, struct err *e);

/* rehearsal_store_ward - the ward of a name. ERR_MISSING, and says which there
 * are. A thread remembers a few for a second unless `fresh`: what was a ward
 * of this version and is none any more is noticed by the calls below, which
 * fail with ERR_MISSING. */
bool rehearsal_store_ward(struct db *db, struct arena *a, struct str name,
    bool fresh, struct rehearsal_ward *ward, struct err *e);

/* rehearsal_store_read - one resource. ERR_UPSTREAM_NOT_FOUND. */
bool rehearsal_store_read(struct db *db, struct arena *a,
    const struct rehearsal_ward *ward, const char *type, struct str id,
    struct rehearsal_resource *found, struct err *e);

/* rehearsal_store_search - one page of a search, in one statement. */
bool rehearsal_store_search(struct db *db, struct arena *a,
    const struct rehearsal_ward *ward, const char *type,
    const struct rehearsal_query *q, struct rehearsal_found *found,
    struct err *e);

/* rehearsal_store_keys - the JWK Set (RFC 7517 5) that the gateway publishes for
 * the hospital of this tenant; absent: no key. false: ERR_DB. */
bool rehearsal_store_keys(struct db *db, struct arena *a,
    const struct guid *tenant, struct str *set, struct err *e);

/* rehearsal_store_first - is this jti of that client new? It is kept until
 * end_s, seconds since 1970. false: ERR_ASSERTION_SEEN, it was there already;
 * ERR_DB. */
bool rehearsal_store_first(struct db *db, struct arena *a,
    const struct guid *client, struct str jti, int64_t end_s, struct err *e);

/* rehearsal_store_wards - "dstu2 (DSTU2), r4 (R4)". NULL: ERR_DB. */
const char *rehearsal_store_wards(
    struct db *db, struct arena *a, struct err *e);

#endif
