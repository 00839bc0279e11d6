/* param.c - search parameters of each version, and where they look
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/param.h"

#include <string.h>

/* clang-format off */
#define S_  PARAM_STRING
#define T_  PARAM_TOKEN
#define D_  PARAM_DATE
#define R_  PARAM_REFERENCE
#define OLD FHIR_BIT(FHIR_DSTU2)
#define MID FHIR_BIT(FHIR_STU3)
#define NEW FHIR_BIT(FHIR_R4)
#define ALL FHIR_ALL
#define ADDRESSES(type) \
	{ type, "address", S_, ALL, "address", 0 }, \
	{ type, "address-city", S_, ALL, "address.city", 0 }, \
	{ type, "address-country", S_, ALL, "address.country", 0 }, \
	{ type, "address-postalcode", S_, ALL, "address.postalCode", 0 }, \
	{ type, "address-state", S_, ALL, "address.state", 0 }

static const struct param params[] = {
	{ "", "_id", T_, ALL, "id", 0 },
	{ "", "_lastUpdated", D_, ALL, "meta.lastUpdated", 0 },
	{ "", "_tag", T_, ALL, "meta.tag", 0 },
	{ "", "_security", T_, ALL, "meta.security", 0 },

	{ "AllergyIntolerance", "patient", R_, ALL, "patient", 0 },
	{ "AllergyIntolerance", "identifier", T_, ALL, "identifier", 0 },
	{ "AllergyIntolerance", "category", T_, ALL, "category", 0 },
	{ "AllergyIntolerance", "criticality", T_, ALL, "criticality", 0 },
	{ "AllergyIntolerance", "type", T_, ALL, "type", 0 },
	{ "AllergyIntolerance", "substance", T_, OLD,
	    "substance|reaction.substance", 0 },
	{ "AllergyIntolerance", "code", T_, MID | NEW,
	    "code|reaction.substance", 0 },
	{ "AllergyIntolerance", "status", T_, OLD, "status", 0 },
	{ "AllergyIntolerance", "clinical-status", T_, MID | NEW,
	    "clinicalStatus", 0 },
	{ "AllergyIntolerance", "verification-status", T_, MID | NEW,
	    "verificationStatus", 0 },
	{ "AllergyIntolerance", "date", D_, OLD | NEW, "recordedDate", 0 },
	{ "AllergyIntolerance", "date", D_, MID, "assertedDate", 0 },
	{ "AllergyIntolerance", "last-date", D_, ALL,
	    "lastOccurence|lastOccurrence", 0 },
	{ "AllergyIntolerance", "onset", D_, ALL, "reaction.onset", 0 },
	{ "AllergyIntolerance", "manifestation", T_, ALL,
	    "reaction.manifestation", 0 },
	{ "AllergyIntolerance", "severity", T_, ALL, "reaction.severity", 0 },
	{ "AllergyIntolerance", "route", T_, ALL, "reaction.exposureRoute", 0 },
	{ "AllergyIntolerance", "recorder", R_, ALL, "recorder", 0 },
	{ "AllergyIntolerance", "reporter", R_, OLD, "reporter", 0 },
	{ "AllergyIntolerance", "asserter", R_, MID | NEW, "asserter", 0 },

	{ "Condition", "patient", R_, OLD, "patient", 0 },
	{ "Condition", "patient", R_, MID | NEW, "subject", 0 },
	{ "Condition", "subject", R_, MID | NEW, "subject", 0 },
	{ "Condition", "identifier", T_, ALL, "identifier", 0 },
	{ "Condition", "code", T_, ALL, "code", 0 },
	{ "Condition", "category", T_, ALL, "category", 0 },
	{ "Condition", "severity", T_, ALL, "severity", 0 },
	{ "Condition", "body-site", T_, ALL, "bodySite", 0 },
	{ "Condition", "evidence", T_, ALL, "evidence.code", 0 },
	{ "Condition", "clinicalstatus", T_, OLD, "clinicalStatus", 0 },
	{ "Condition", "clinical-status", T_, MID | NEW, "clinicalStatus", 0 },
	{ "Condition", "verification-status", T_, MID | NEW,
	    "verificationStatus", 0 },
	{ "Condition", "date-recorded", D_, OLD, "dateRecorded", 0 },
	{ "Condition", "asserted-date", D_, MID, "assertedDate", 0 },
	{ "Condition", "recorded-date", D_, NEW, "recordedDate", 0 },
	{ "Condition", "onset", D_, OLD, "onsetDateTime|onsetPeriod", 0 },
	{ "Condition", "onset-date", D_, MID | NEW,
	    "onsetDateTime|onsetPeriod", 0 },
	{ "Condition", "abatement-date", D_, MID | NEW,
	    "abatementDateTime|abatementPeriod", 0 },
	{ "Condition", "encounter", R_, OLD | NEW, "encounter", 0 },
	{ "Condition", "encounter", R_, MID, "context", 0 },
	{ "Condition", "context", R_, MID, "context", 0 },
	{ "Condition", "asserter", R_, ALL, "asserter", 0 },

	{ "Coverage", "patient", R_, OLD, "subscriber", OLD },
	{ "Coverage", "patient", R_, MID | NEW, "beneficiary", MID },
	{ "Coverage", "beneficiary", R_, MID | NEW, "beneficiary", 0 },
	{ "Coverage", "subscriber", R_, MID | NEW, "subscriber", 0 },
	{ "Coverage", "policy-holder", R_, MID | NEW, "policyHolder", 0 },
	{ "Coverage", "issuer", R_, OLD, "issuer", 0 },
	{ "Coverage", "payor", R_, MID | NEW, "payor", 0 },
	{ "Coverage", "identifier", T_, ALL, "identifier", 0 },
	{ "Coverage", "type", T_, ALL, "type", 0 },
	{ "Coverage", "status", T_, NEW, "status", 0 },
	{ "Coverage", "plan", T_, OLD, "plan", 0 },
	{ "Coverage", "group", T_, OLD, "group", 0 },
	{ "Coverage", "subplan", T_, OLD, "subPlan", 0 },
	{ "Coverage", "sequence", T_, OLD, "sequence", 0 },
	{ "Coverage", "dependent", T_, OLD, "dependent", 0 },
	{ "Coverage", "plan", S_, MID, "grouping.plan", 0 },
	{ "Coverage", "group", S_, MID, "grouping.group", 0 },
	{ "Coverage", "class-type", T_, NEW, "class.type", 0 },
	{ "Coverage", "class-value", S_, NEW, "class.value", 0 },

	{ "Encounter", "patient", R_, OLD, "patient", 0 },
	{ "Encounter", "patient", R_, MID | NEW, "subject", 0 },
	{ "Encounter", "subject", R_, MID | NEW, "subject", 0 },
	{ "Encounter", "identifier", T_, ALL, "identifier", 0 },
	{ "Encounter", "status", T_, ALL, "status", 0 },
	{ "Encounter", "class", T_, MID | NEW, "class", 0 },
	{ "Encounter", "type", T_, ALL, "type", 0 },
	{ "Encounter", "date", D_, ALL, "period", 0 },
	{ "Encounter", "location", R_, ALL, "location.location", 0 },
	{ "Encounter", "location-period", D_, ALL, "location.period", 0 },
	{ "Encounter", "participant", R_, ALL, "participant.individual", 0 },
	{ "Encounter", "practitioner", R_, ALL, "participant.individual", 0 },
	{ "Encounter", "participant-type", T_, ALL, "participant.type", 0 },
	{ "Encounter", "part-of", R_, ALL, "partOf", 0 },
	{ "Encounter", "reason", T_, OLD | MID, "reason", 0 },
	{ "Encounter", "reason-code", T_, NEW, "reasonCode", 0 },
	{ "Encounter", "service-provider", R_, MID | NEW, "serviceProvider",
	    0 },
	{ "Encounter", "diagnosis", R_, MID | NEW, "diagnosis.condition", 0 },
	{ "Encounter", "indication", R_, OLD, "indication", 0 },

	{ "Location", "name", S_, OLD, "name", 0 },
	{ "Location", "name", S_, MID | NEW, "name|alias", 0 },
	{ "Location", "identifier", T_, ALL, "identifier", 0 },
	{ "Location", "status", T_, ALL, "status", 0 },
	{ "Location", "type", T_, ALL, "type", 0 },
	{ "Location", "partof", R_, ALL, "partOf", 0 },
	{ "Location", "organization", R_, ALL, "managingOrganization", 0 },
	ADDRESSES("Location"),

	{ "Medication", "code", T_, ALL, "code", 0 },
	{ "Medication", "form", T_, OLD, "product.form", 0 },
	{ "Medication", "form", T_, MID | NEW, "form", 0 },
	{ "Medication", "status", T_, MID | NEW, "status", 0 },
	{ "Medication", "identifier", T_, NEW, "identifier", 0 },
	{ "Medication", "manufacturer", R_, ALL, "manufacturer", 0 },

	{ "MedicationOrder", "patient", R_, OLD, "patient", 0 },
	{ "MedicationOrder", "identifier", T_, OLD, "identifier", 0 },
	{ "MedicationOrder", "status", T_, OLD, "status", 0 },
	{ "MedicationOrder", "datewritten", D_, OLD, "dateWritten", 0 },
	{ "MedicationOrder", "prescriber", R_, OLD, "prescriber", 0 },
	{ "MedicationOrder", "encounter", R_, OLD, "encounter", 0 },
	{ "MedicationOrder", "code", T_, OLD, "medicationCodeableConcept", 0 },
	{ "MedicationOrder", "medication", R_, OLD, "medicationReference", 0 },

	{ "MedicationRequest", "patient", R_, MID | NEW, "subject", 0 },
	{ "MedicationRequest", "subject", R_, MID | NEW, "subject", 0 },
	{ "MedicationRequest", "identifier", T_, MID | NEW, "identifier", 0 },
	{ "MedicationRequest", "status", T_, MID | NEW, "status", 0 },
	{ "MedicationRequest", "intent", T_, MID | NEW, "intent", 0 },
	{ "MedicationRequest", "priority", T_, MID | NEW, "priority", 0 },
	{ "MedicationRequest", "category", T_, MID | NEW, "category", 0 },
	{ "MedicationRequest", "authoredon", D_, MID | NEW, "authoredOn", 0 },
	{ "MedicationRequest", "date", D_, MID | NEW,
	    "dosageInstruction.timing.event", 0 },
	{ "MedicationRequest", "requester", R_, MID, "requester.agent", 0 },
	{ "MedicationRequest", "requester", R_, NEW, "requester", 0 },
	{ "MedicationRequest", "context", R_, MID, "context", 0 },
	{ "MedicationRequest", "encounter", R_, NEW, "encounter", 0 },
	{ "MedicationRequest", "code", T_, MID | NEW,
	    "medicationCodeableConcept", 0 },
	{ "MedicationRequest", "medication", R_, MID | NEW,
	    "medicationReference", 0 },

	{ "Observation", "patient", R_, ALL, "subject", 0 },
	{ "Observation", "subject", R_, ALL, "subject", 0 },
	{ "Observation", "identifier", T_, ALL, "identifier", 0 },
	{ "Observation", "status", T_, ALL, "status", 0 },
	{ "Observation", "category", T_, ALL, "category", 0 },
	{ "Observation", "code", T_, ALL, "code", 0 },
	{ "Observation", "component-code", T_, ALL, "component.code", 0 },
	{ "Observation", "combo-code", T_, MID | NEW, "code|component.code",
	    0 },
	{ "Observation", "date", D_, ALL,
	    "effectiveDateTime|effectivePeriod|effectiveInstant|"
	    "effectiveTiming.event", 0 },
	{ "Observation", "encounter", R_, OLD | NEW, "encounter", 0 },
	{ "Observation", "encounter", R_, MID, "context", 0 },
	{ "Observation", "context", R_, MID, "context", 0 },
	{ "Observation", "performer", R_, ALL, "performer", 0 },
	{ "Observation", "device", R_, ALL, "device", 0 },
	{ "Observation", "specimen", R_, ALL, "specimen", 0 },
	{ "Observation", "value-concept", T_, ALL, "valueCodeableConcept", 0 },
	{ "Observation", "value-string", S_, ALL, "valueString", 0 },
	{ "Observation", "data-absent-reason", T_, ALL, "dataAbsentReason",
	    0 },

	{ "Organization", "name", S_, OLD, "name", 0 },
	{ "Organization", "name", S_, MID | NEW, "name|alias", 0 },
	{ "Organization", "identifier", T_, ALL, "identifier", 0 },
	{ "Organization", "active", T_, ALL, "active", 0 },
	{ "Organization", "type", T_, ALL, "type", 0 },
	{ "Organization", "partof", R_, ALL, "partOf", 0 },
	ADDRESSES("Organization"),

	{ "Patient", "identifier", T_, ALL, "identifier", 0 },
	{ "Patient", "family", S_, ALL, "name.family", 0 },
	{ "Patient", "given", S_, ALL, "name.given", 0 },
	{ "Patient", "name", S_, ALL, "name", 0 },
	{ "Patient", "birthdate", D_, ALL, "birthDate", 0 },
	{ "Patient", "gender", T_, ALL, "gender", 0 },
	{ "Patient", "active", T_, ALL, "active", 0 },
	{ "Patient", "telecom", T_, ALL, "telecom", 0 },
	{ "Patient", "language", T_, ALL, "communication.language", 0 },
	{ "Patient", "deathdate", D_, OLD, "deceasedDateTime", 0 },
	{ "Patient", "death-date", D_, MID | NEW, "deceasedDateTime", 0 },
	{ "Patient", "careprovider", R_, OLD, "careProvider", 0 },
	{ "Patient", "general-practitioner", R_, MID | NEW,
	    "generalPractitioner", 0 },
	{ "Patient", "organization", R_, ALL, "managingOrganization", 0 },
	{ "Patient", "link", R_, ALL, "link.other", 0 },
	ADDRESSES("Patient"),

	{ "Practitioner", "identifier", T_, ALL, "identifier", 0 },
	{ "Practitioner", "family", S_, ALL, "name.family", 0 },
	{ "Practitioner", "given", S_, ALL, "name.given", 0 },
	{ "Practitioner", "name", S_, ALL, "name", 0 },
	{ "Practitioner", "gender", T_, ALL, "gender", 0 },
	{ "Practitioner", "active", T_, MID | NEW, "active", 0 },
	{ "Practitioner", "telecom", T_, ALL, "telecom", 0 },
	ADDRESSES("Practitioner"),
};
/* clang-format on */

const struct param *
param_next(enum fhir_version v, const char *type, const struct param *p)
{
	for (p = p ? p + 1 : params; p < params + COUNT(params); p++)
		if ((p->versions & FHIR_BIT(v)) &&
		    (!*p->type || !strcmp(p->type, type)))
			return p;
	return NULL;
}

const struct param *
param_find(enum fhir_version v, const char *type, struct str name)
{
	const struct param *p = NULL;

	while ((p = param_next(v, type, p)))
		if (str_is(name, p->name))
			return p;
	return NULL;
}

const char *
param_kind_name(enum param_kind k)
{
	static const char *const names[] = { "string", "token", "date",
		"reference" };

	return names[k];
}

static void
follow(struct tree_node *n, struct str path, param_seen *seen, void *ctx)
{
	struct str rest, name;
	struct tree_node *c;

	if (tree_is(n, TREE_ARRAY)) {
		tree_each(c, n) follow(c, path, seen, ctx);
	} else if (!path.len) {
		if (n && !tree_is(n, TREE_NULL))
			seen(ctx, n);
	} else if (tree_is(n, TREE_OBJECT)) {
		name = str_cut(path, '.', &rest);
		follow(tree_member(n, name), rest, seen, ctx);
	}
}

void
param_each(const struct param *p, const struct tree_node *resource,
    param_seen *seen, void *ctx)
{
	struct str paths = str_of(p->paths), rest;

	while (paths.at) {
		struct str path = str_cut(paths, '|', &paths);
		struct str name = str_cut(path, '.', &rest);

		follow(tree_member(resource, name), rest, seen, ctx);
	}
}
