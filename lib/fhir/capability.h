/* capability.h - the statement at <face>/metadata, from the contract's tables
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FHIR_CAPABILITY_H
#define FHIR_CAPABILITY_H

#include "base/buf.h"
#include "fhir/iface.h"

#define CAPABILITY_PARAMS_MAX 32 /* of one type */

/* What one hospital makes of a type; sentences for people, NULL: none. */
struct capability_type {
	bool served;        /* else it is not listed */
	unsigned withheld;  /* bits 1u << enum iface_action that are not */
	const char *read;   /* about reading, with the word for it first */
	const char *search; /* about searching */
	/* For the i-th parameter of iface_resource. One that is not served is
	 * not listed. */
	struct {
		bool served;
		const char *how;
	} params[CAPABILITY_PARAMS_MAX];
};

/* What one hospital makes of a face. */
struct capability_truth {
	const char *description; /* of the implementation: whose records */
	const char *note;        /* about all types and searches */
	const char *batch;       /* about batches */
	struct capability_type types[IFACE__MAX];
};

/* What the tables do not know. Text is UTF-8, NUL-terminated; all URLs come
 * from the settings, none from a request. */
struct capability {
	const char *face_url;  /* absolute URL of the face itself */
	const char *token_url; /* OAuth endpoints, absolute */
	const char *authorize_url;
	const char *publisher; /* who runs this gateway */
	const char *contact;   /* mail address, URL or telephone; "": none */
	const char *software;  /* version of this software */
	/* NULL: the statement that everybody gets */
	const struct capability_truth *truth;
};

/* capability_write - Conformance (DSTU2) or CapabilityStatement (STU3, R4) as
 * JSON: what fhir/iface serves on a face of that version, and nothing else; of
 * that, with a truth, what one hospital can. Such a statement has no url: it
 * is no other edition of the one that has. */
void capability_write(
    struct buf *b, enum fhir_version v, const struct capability *c);

#endif
