/* rehearsal_statement.h - what a ward says it can do, from its own tables
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_REHEARSAL_STATEMENT_H
#define APP_REHEARSAL_STATEMENT_H

#include "base/buf.h"
#include "fhir/version.h"
#include "rehearsal/rehearsal_fault.h"

/* rehearsal_statement - Conformance (DSTU2) or CapabilityStatement.
 *   base  absolute URL of the ward
 *   ward  its name
 *   token absent, or where SMART clients get tokens
 *   f     what it refuses is left out */
void rehearsal_statement(struct buf *b, enum fhir_version v, struct str base,
    struct str ward, struct str token, const struct rehearsal_faults *f);

#endif
