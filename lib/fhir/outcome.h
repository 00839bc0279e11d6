/* outcome.h - writes OperationOutcome, whatever it is about
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FHIR_OUTCOME_H
#define FHIR_OUTCOME_H

#include "base/buf.h"
#include "fhir/version.h"

enum outcome_severity {
	OUTCOME_FATAL,
	OUTCOME_ERROR,
	OUTCOME_WARNING,
	OUTCOME_INFORMATION
};

/* One issue. Text is UTF-8; NULL leaves an element out. It is escaped here. */
struct outcome_issue {
	enum outcome_severity severity;
	const char *code;        /* issue-type; R4's list, see outcome_write */
	const char *text;        /* details.text: the sentence for people */
	const char *system;      /* details.coding: system of reason ... */
	const char *reason;      /* ... and our stable reason code */
	const char *diagnostics; /* for support: trace id and the like */
	const char *where;       /* location, and expression from STU3 on */
};

/* outcome_write - one OperationOutcome resource as JSON.
 *   issues  n of them; n at least 1, for an outcome without issue is invalid
 * Codes that only R4 has (deleted, multiple-matches) are written as their
 * parents below it. */
void outcome_write(struct buf *b, enum fhir_version v,
    const struct outcome_issue *issues, size_t n);

#endif
