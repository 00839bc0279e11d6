/* rehearsal_type.c - the resource types that a ward holds
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_type.h"

#include <string.h>

static const char *const types_dstu2[] = { "AllergyIntolerance", "Condition",
	"Coverage", "Encounter", "Location", "Medication", "MedicationOrder",
	"Observation", "Organization", "Patient", "Practitioner", NULL };
static const char *const types_later[] = { "AllergyIntolerance", "Condition",
	"Coverage", "Encounter", "Location", "Medication", "MedicationRequest",
	"Observation", "Organization", "Patient", "Practitioner", NULL };

const char *const *
rehearsal_types(enum fhir_version v)
{
	return v == FHIR_DSTU2 ? types_dstu2 : types_later;
}

const char *
rehearsal_type(enum fhir_version v, struct str name)
{
	const char *const *t;

	for (t = rehearsal_types(v); *t; t++)
		if (str_is(name, *t))
			return *t;
	return NULL;
}
