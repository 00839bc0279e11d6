/* form.h - the parameters of an OAuth request, each at most once
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_FORM_H
#define APP_FORM_H

#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"

/* Absent when not sent or sent empty (RFC 6749 3.2). Decoded. */
struct form {
	struct str grant_type;
	struct str client_id;
	struct str client_secret;
	struct str scope;
	struct str client_assertion_type; /* these two: RFC 7521 4.2 */
	struct str client_assertion;
	struct str token; /* to be looked at, or revoked */
};

/* form_read - application/x-www-form-urlencoded. Line ends next to an & are
 * trimmed, as a published example breaks its lines there. `grant-type` counts
 * as grant_type. ERR_MALFORMED, ERR_REPEATED, ERR_TOO_MANY. */
bool form_read(struct form *f, struct arena *a, struct str body,
    const struct conf *conf, struct err *e);

/* form_read_json - the same parameters as members of one JSON object. */
bool form_read_json(struct form *f, struct arena *a, struct str body,
    const struct conf *conf, struct err *e);

/* form_in_query - does a query string hold any parameter of a token request?
 * Percent-encoded names count too. */
bool form_in_query(struct arena *a, struct str query);

/* form_basic - client_id and secret of an HTTP Basic field (RFC 6749 2.3.1:
 * both form-encoded before base64). false: ERR_MALFORMED. Only for fields
 * whose scheme is Basic. */
bool form_basic(struct arena *a, struct str field, struct str *id,
    struct str *secret, struct err *e);

#endif
