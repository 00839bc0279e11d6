/* capability.h - the statement at <face>/metadata, from the contract's tables
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FHIR_CAPABILITY_H
#define FHIR_CAPABILITY_H

#include "base/buf.h"
#include "fhir/iface.h"

/* What the tables do not know. Text is UTF-8, NUL-terminated; all URLs come
 * from the settings, none from a request. */
struct capability {
	const char *face_url;  /* absolute URL of the face itself */
	const char *token_url; /* OAuth endpoints, absolute */
	const char *authorize_url;
	const char *publisher; /* who runs this gateway */
	const char *contact;   /* mail address, URL or telephone; "": none */
	const char *software;  /* version of this software */
};

/* capability_write - Conformance (DSTU2) or CapabilityStatement (STU3, R4) as
 * JSON: what fhir/iface serves on a face of that version, and nothing else. */
void capability_write(
    struct buf *b, enum fhir_version v, const struct capability *c);

#endif
