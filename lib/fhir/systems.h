/* systems.h - the URL of a code system as each FHIR version writes it
 * SPDX-License-Identifier: Apache-2.0
 *
 * Between STU3 and R4 702 code systems moved: the v2 and v3 tables and many of
 * FHIR's own. DSTU2 spells as STU3 does. Data carries either spelling in every
 * version, so both are read everywhere; what is written is the target's.
 * Source: code systems of hl7.fhir.core 1.0.2, 3.0.1 and 4.0.1. */
#ifndef FHIR_SYSTEMS_H
#define FHIR_SYSTEMS_H

#include "base/arena.h"
#include "base/str.h"
#include "fhir/version.h"

/* `system` and `version` of a Coding or an Identifier; each may be absent. */
struct system {
	struct str url;
	struct str version;
};

/* systems_for - spells s as version `to` does. true: s changed, and its parts
 * are borrowed from a or from what s was.
 *
 * Cheap where nothing changes (LOINC, SNOMED CT, OIDs, vendors): a comparison
 * of the first bytes, no memory. Of a v2 table in a certain edition R4 tells
 * the edition apart: v2/0360/2.7 is v2-0360 with version 2.7, and back; when
 * s has another version already, it stays in the URL (v2-0360|2.7). */
bool systems_for(struct arena *a, struct system *s, enum fhir_version to);

/* systems_same - do both URLs name one system, in any version's spelling? An
 * edition counts when both tell one. An absent one names none. */
bool systems_same(struct str one, struct str other);

/* systems_url - how version v writes the system whose R4 URL ends in name:
 * "v3-ActCode", "v2-0203", "condition-clinical". A name that did not move is
 * http://hl7.org/fhir/NAME. NUL-terminated, borrowed from a or for ever. */
const char *systems_url(struct arena *a, const char *name, enum fhir_version v);

#endif
