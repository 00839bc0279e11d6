/* rehearsal_load.h - fills a ward, from a folder of NDJSON or made up
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_REHEARSAL_LOAD_H
#define APP_REHEARSAL_LOAD_H

#include "rehearsal/rehearsal_store.h"

struct rehearsal_load {
	struct str ward; /* [a-z0-9][a-z0-9-]{0,39} */
	enum fhir_version version;
	const char *folder; /* of <Type>.ndjson files; NULL: made up */
	unsigned seed;      /* of what is made up, 1 and up */
};

struct rehearsal_loaded {
	unsigned resources;
	unsigned terms; /* values that they can be found by */
};

/* rehearsal_load - the ward's records are replaced by these, all at once;
 * requests see the old ones or the new ones. A line of a file is kept byte for
 * byte as the resource's text; a byte order mark at a file's start and a CR at
 * a line's end are not part of it.
 * false: ERR_CONF names file and line; ERR_DB; nothing has changed then. */
bool rehearsal_load(struct db *db, const struct rehearsal_load *load,
    struct rehearsal_loaded *done, struct err *e);

#endif
