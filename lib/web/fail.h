/* fail.h - turns an error into a status and a body; nothing else does
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WEB_FAIL_H
#define WEB_FAIL_H

#include "base/err.h"
#include "web/req.h"
#include "web/resp.h"

/* How the addressed program speaks. */
enum fail_face {
	FAIL_OAUTH, /* RFC 6749 5.2 JSON */
	FAIL_JSON,  /* {"error": reason, "error_description": sentence} */
	FAIL_DSTU2, /* OperationOutcome of that version */
	FAIL_STU3,
	FAIL_R4,
	FAIL__MAX
};

/* System of the reason codes in details.coding of an OperationOutcome. */
#define FAIL_REASON_SYSTEM "urn:wardgate:reason"

/* fail_write - the answer for e. Kinds that a stranger must not tell apart
 * give the same bytes, whatever e->said holds. */
void fail_write(struct resp *resp, struct arena *a, const struct req *req,
    enum fail_face face, const struct err *e);

/* fail_status - HTTP status of a kind at a face. */
unsigned fail_status(enum fail_face face, enum err_kind kind);

/* fail_reason - stable reason code of a kind, for audit and log; "ok" for
 * ERR_NONE. fail_shown - the code that a stranger may see. */
const char *fail_reason(enum err_kind kind);
const char *fail_shown(enum err_kind kind);

/* fail_said - the sentence a stranger reads. */
const char *fail_said(const struct err *e);

/* fail_codes - OAuth error code (NULL: none) and FHIR issue code of a kind. */
const char *fail_oauth_code(enum err_kind kind);
const char *fail_issue_code(enum err_kind kind);

#endif
