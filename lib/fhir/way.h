/* way.h - who does what a face serves: the hospital, the gateway, or nobody
 * SPDX-License-Identifier: Apache-2.0
 *
 * Found by planning a search of each kind (fhir/search_plan), so a statement
 * says what the next request will do. Sentences begin with the word for it:
 *
 *   Native    the hospital's server does it
 *   Emulated  the gateway does it, or a part of it; then how, and what it costs
 *   Missing   it cannot be had there
 *
 * Without such a word nobody knows yet: the server is asked first, and the
 * gateway does what it refuses. */
#ifndef FHIR_WAY_H
#define FHIR_WAY_H

#include "fhir/ability.h"
#include "fhir/capability.h"

struct way_ask {
	enum fhir_version face;
	/* the provider, its operator's word included */
	const struct ability *can;
	const char *tenant;   /* what people call the hospital */
	const char *own_face; /* URL of the face of the provider's version */
	bool links;      /* records pass as they are: no face but that one */
	bool extensions; /* what the face has no place for is kept in them */
	unsigned left_out[IFACE_ACTION__MAX]; /* bits 1u << enum iface_type
	                                       * that the caller may not read,
	                                       * may not search */
	struct str mrn_system; /* of its record numbers; empty: not known */
	unsigned pages;        /* the gateway looks through at most so many */
};

/* way_tell - what the statement of that face says for that hospital; borrowed
 * from a and from what ask points to. */
const struct capability_truth *way_tell(
    struct arena *a, const struct way_ask *ask);

#endif
