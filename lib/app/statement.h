/* statement.h - GET <face>/metadata: what a face serves
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_STATEMENT_H
#define APP_STATEMENT_H

#include "web/serve.h"

/* statement_start - makes the statements of all faces, in a. */
bool statement_start(struct arena *a, const struct conf *conf, struct err *e);

/* statement_get - the statement of the face in the path. On the default face a
 * fhirVersion in Accept or _format chooses another version's. A good token
 * makes it that of one hospital, for its owner alone; any other token, and a
 * database that is away, change nothing. ERR_NOT_ACCEPTED. */
bool statement_get(struct work *w);

#endif
